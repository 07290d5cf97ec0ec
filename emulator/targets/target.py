"""The interface of a target, which answers the calls of Task states, and the parts it is built from.

Each target is a class in its own module and a row of ``emulator.targets.registry.ROWS``.
"""

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol, TypeAlias

from asl.chance import Chance
from asl.effects import CallTarget
from asl.events import Token
from asl.resources import Resource
from emulator.answers import Reply
from emulator.asynchronous import AsyncCalls
from emulator.driver import Driver
from emulator.endpoints.endpoints import Endpoints
from emulator.errors import EmulatorError
from emulator.execution import Execution, StateMachine
from emulator.functions import Functions
from emulator.stepfunctions.service import StepFunctions
from emulator.world import World

if TYPE_CHECKING:
    from emulator.apigateway.apis import Api
    from emulator.eventbridge.connections import Connections


class Parts(NamedTuple):
    """The parts of an emulator that targets use."""

    world: World
    driver: Driver
    functions: Functions
    service: StepFunctions
    async_calls: AsyncCalls
    endpoints: Endpoints
    api_at: "Callable[[str], tuple[Api, str] | None]"
    """The emulator's own API at a URL, and the path in it."""
    connections: "Callable[[], Connections]"


class TaskState(Protocol):
    """A Task state of a program, before it runs."""

    @property
    def name(self) -> str:
        """The state's name."""
        ...

    @property
    def resource(self) -> Resource:
        """The resource it calls."""
        ...

    def literal_argument(self, name: str) -> str | None:
        """The constant string value of a member of its argument; ``None`` if the value can vary."""
        ...


class Target(Protocol):
    """Answers calls to the resources of its row."""

    def __init__(self, parts: Parts) -> None: ...

    @staticmethod
    def supports(resource: Resource) -> str | None:
        """``None`` if ``call`` can answer ``resource``; otherwise a sentence that names the gap and the way out."""
        return None

    @classmethod
    def emulated(cls, resource: Resource) -> str:
        """What the docs say of a resource: ``yes``, ``no``, or a condition."""
        return "yes" if cls.supports(resource) is None else "no: takes a stub"

    def missing(self, task: TaskState, machine: StateMachine) -> EmulatorError | None:
        """The error that calling this task of ``machine`` would certainly raise right now, found without calling it."""
        return None

    def call(self, execution: Execution, call: CallTarget) -> Reply | None:
        """The reply; ``None`` when it comes later, through ``Driver.answer`` or from a worker.

        Raises ``EmulatorError`` when the call cannot be answered.
        """
        ...

    def abandon(self, execution: Execution, token: Token) -> None:
        """The execution no longer waits for this call: it timed out or was stopped, perhaps before the call was made.

        A target with nothing to undo does nothing.
        """
        return


class _Passed(Enum):
    PASSED = "passed"


Passed: TypeAlias = Literal[_Passed.PASSED]
PASSED: Final = _Passed.PASSED
"""What a test's own answers say to a call that they leave to its target."""


class Scripted(Protocol):
    """The answers that a test has declared; they come before those of the targets."""

    def answer(self, execution: Execution, call: CallTarget) -> Reply | Passed | None:
        """The reply; ``None`` if it comes later; ``PASSED`` if the target is to answer."""
        ...

    def abandon(self, execution: Execution, call: CallTarget) -> None:
        """The execution no longer waits for this call."""
        ...

    def has_answer(self, execution: Execution, call: CallTarget) -> bool:
        """Whether an answer is declared for a call, used or not."""
        ...

    def is_for(self, machine: StateMachine, task: TaskState) -> bool:
        """Whether anything is declared for a task."""
        ...

    def why_not(self, execution: Execution, call: CallTarget) -> str | None:
        """Why what is declared for a call did not answer it; ``None`` if nothing is."""
        ...

    def near(self, execution: Execution, call: CallTarget) -> str | None:
        """What is declared, was never used, and may be meant for a call; ``None`` if nothing is."""
        ...


def place(machine: StateMachine, state_name: str) -> str:
    """How messages name a state."""
    return f"state {state_name!r} of {machine.source}"


def chance_of(world: World, execution: Execution, call: CallTarget) -> Chance:
    """The random stream of one call, for its request ids; each use starts it from the beginning."""
    return world.chance("call", f"{execution.arn}/{call.token}", once=True)
