"""What a machine keeps of an execution between two events: branches, forks, calls, and what a token stands for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from asl.chance import Chance
from asl.events import TaskFailed, TaskSucceeded, Token
from asl.map_run import MapRun
from asl.outcomes import Call
from asl.states.common import Block, ForkBranches, ForkItems, State
from asl.states.task import Task
from asl.tokens import task_token
from asl.tolerance import Tolerated
from asl.values import Json, Payload, instant_text

FAMILIES: Final[Mapping[str, str]] = {"lambda": "LambdaFunction", "activity": "Activity", "service": "Task"}
"""Kind of resource -> how the types of its events begin."""


class Running(Protocol):
    """What a branch sees of the machine that it is part of."""

    now: datetime
    chance: Chance
    context: dict[str, Json]
    execution_arn: str


class PendingCall:
    """A call that a branch waits for. ``early`` is a worker's report that came before the target's own answer."""

    __slots__ = ("call", "early", "started", "submitted")

    def __init__(self, call: Call) -> None:
        self.call = call
        self.started = False
        self.submitted = False
        self.early: TaskSucceeded | TaskFailed | None = None

    @property
    def awaits_answer(self) -> bool:
        """Whether a service has yet to say that it took the request of a task that a worker or job ends."""
        return self.call.resource.kind == "service" and self.call.resource.waits and not self.submitted

    @property
    def family(self) -> str:
        """How the types of the call's events begin."""
        return FAMILIES[self.call.resource.kind]

    @property
    def details(self) -> dict[str, Any]:
        """What every event of the call says."""
        resource = self.call.resource
        if resource.kind != "service":
            return {}
        return {"resourceType": resource.service, "resource": f"{resource.action}{resource.pattern}"}


class Branch:
    """One sequence of states being run: the execution's own, a branch of a Parallel, an iteration of a Map.

    It is also what its states see (``asl.scope.StateScope``). Variables are never changed in place: an inner branch
    starts with those of its outer one and keeps its own assignments to itself; ``sizes`` are the bytes of those.
    """

    __slots__ = (
        "block",
        "call",
        "done",
        "entered_after",
        "entered_at",
        "entered_event",
        "fork",
        "index",
        "input",
        "item",
        "last_event",
        "machine",
        "map_run",
        "outer",
        "retries",
        "retry_count",
        "sizes",
        "state",
        "timers",
        "token",
        "variables",
    )

    def __init__(self, machine: "Running", block: Block, payload: Payload, outer: "Fork | None", index: int) -> None:
        self.machine = machine
        self.block = block
        self.input = payload
        self.outer = outer
        self.index = index
        self.variables: dict[str, Json] = {} if outer is None else outer.owner.variables
        self.sizes: dict[str, int] = {}
        self.item: dict[str, Json] | None = None if outer is None else outer.owner.item
        self.state: State = block.states[block.start_at]
        self.last_event = 0
        self.entered_event = 0
        self.entered_after = 0
        self.entered_at: datetime = machine.now
        self.retries: dict[int, int] = {}
        self.retry_count = 0
        self.token: Token = 0
        self.call: PendingCall | None = None
        self.fork: Fork | None = None
        self.map_run: MapRun | None = None
        self.timers: dict[str, Token] = {}
        self.done = False

    @property
    def now(self) -> datetime:
        """When the event that is being worked on happened."""
        return self.machine.now

    @property
    def chance(self) -> Chance:
        """The execution's one source of chance."""
        return self.machine.chance

    def context(self) -> Json:
        """The context object (``$$``), in the order that AWS writes it."""
        state: dict[str, Json] = {"Name": self.state.name, "EnteredTime": instant_text(self.entered_at)}
        if self.state.type in ("Task", "Parallel", "Map"):
            state["RetryCount"] = self.retry_count
        context: dict[str, Json] = {**self.machine.context, "State": state}
        if isinstance(self.state, Task) and self.state.resource.waits:
            context["Task"] = {"Token": task_token(self.machine.execution_arn, self.token)}
        if self.item is not None:
            context["Map"] = {"Item": self.item}
        return context


class Fork:
    """The branches that the state of ``owner`` waits for, and what they have given so far."""

    __slots__ = ("branches", "failed", "outputs", "owner", "remaining", "spec", "tolerated")

    def __init__(self, owner: Branch, spec: ForkBranches | ForkItems) -> None:
        self.owner = owner
        self.spec = spec
        self.remaining = len(spec.blocks if isinstance(spec, ForkBranches) else spec.items)
        self.outputs: list[Payload | None] = [None] * self.remaining
        self.branches: list[Branch] = []
        self.tolerated: Tolerated | None = None
        self.failed = 0

    @property
    def result(self) -> Payload:
        """The array of the outputs; each keeps its own text, as AWS does."""
        outputs = [output for output in self.outputs if output is not None]
        assert len(outputs) == len(self.outputs)
        return Payload([each.value for each in outputs], f"[{','.join(each.text for each in outputs)}]")


class Waiting(NamedTuple):
    """What a token stands for: a timer of this ``kind``, or a call, of this branch."""

    kind: str
    branch: Branch
