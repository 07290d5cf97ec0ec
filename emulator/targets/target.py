"""What answers the call of a Task state, and what it is made of.

A target is a class of a module of its own and a row of ``emulator.targets.registry.ROWS``.
"""

from typing import NamedTuple, Protocol

from asl.chance import Chance
from asl.effects import CallTarget
from asl.events import Token
from asl.resources import Resource
from emulator.answers import Reply
from emulator.driver import Driver
from emulator.errors import EmulatorError
from emulator.execution import Execution, StateMachine
from emulator.functions import Functions
from emulator.stepfunctions.service import StepFunctions
from emulator.world import World


class Parts(NamedTuple):
    """The parts of an emulator that targets are made of."""

    world: World
    driver: Driver
    functions: Functions
    service: StepFunctions


class TaskState(Protocol):
    """A Task of a program, before it runs."""

    @property
    def name(self) -> str:
        """The state's name."""
        ...

    @property
    def resource(self) -> Resource:
        """What it calls."""
        ...

    def literal_argument(self, name: str) -> str | None:
        """The string that a member of its argument always is; ``None`` when it may differ."""
        ...


class Target(Protocol):
    """Answers the calls of the resources of its row."""

    def __init__(self, parts: Parts) -> None: ...

    @staticmethod
    def supports(resource: Resource) -> str | None:
        """``None`` when ``call`` can answer ``resource``; else a sentence: what is missing, and what to do."""
        return None

    def missing(self, task: TaskState, machine: StateMachine) -> EmulatorError | None:
        """The error that a call of this task of ``machine`` is sure to raise as things are now, before it is made."""
        return None

    def call(self, execution: Execution, call: CallTarget) -> Reply | None:
        """The reply; ``None`` when it comes later, by ``Driver.answer``, or from a worker.

        Raises ``EmulatorError`` when nobody can answer.
        """
        ...

    def abandon(self, execution: Execution, token: Token) -> None:
        """The execution no longer waits for this call, which may not have been made yet: it timed out or was stopped.

        A target that has nothing to take back does nothing.
        """
        return


def place(machine: StateMachine, state_name: str) -> str:
    """A state in messages."""
    return f"state {state_name!r} of {machine.source}"


def chance_of(world: World, execution: Execution, call: CallTarget) -> Chance:
    """The stream of one call, for the ids of its requests; it begins anew each time that it is asked for."""
    return world.chance("call", f"{execution.arn}/{call.token}", once=True)
