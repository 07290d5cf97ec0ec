"""What a machine keeps of an execution between two events: branches, forks, calls, and what a token stands for.

**Where the next event hangs.** An event of a history names the event that it follows (``previousEventId``), so a
history is a tree. A branch keeps four places in it. This is a Task ``A`` that is tried twice (``<-2`` follows 2)::

    1 ExecutionStarted                        The execution's first state follows 0, not this event.
    2 TaskStateEntered <-0                    entered_after = 0, entered_event = 2
    3 LambdaFunctionScheduled <-2
    4 LambdaFunctionStarted <-3
    5 LambdaFunctionFailed <-4                The retry goes on from here.
    6 LambdaFunctionScheduled <-5             last_event = 6

- ``last_event`` is the end of the branch's chain: each event of the branch follows it and becomes it.
- ``entered_event`` is the StateEntered of this visit, which texts of errors name ("entered at the event id #2").
- ``entered_after`` is what that event followed. An EvaluationFailed follows ``entered_after`` (a few
  ``entered_event``: ``EvaluationError.after_entered``), as if the state had not been entered.

A fork's branches begin at the owner's last event. When all have ended, the owner goes on from the end of the branch
that ended last, and two events follow that one side by side: ``Succeeded`` ends no chain, ``Exited`` goes on::

    3 ParallelStateStarted ---+--- 4 PassStateEntered <-3 --- 5 PassStateExited <-4
                              |
                              +--- 6 PassStateEntered <-3 --- 7 PassStateExited <-6
                                                              |
                                                              +--- 8 ParallelStateSucceeded <-7
                                                              |
                                                              +--- 9 ParallelStateExited <-7 ---

When a branch fails, ``failing`` is the end of its chain. What is said of the end of all branches follows ``failing``
side by side, and the owner goes on from there, with a retry, a catcher or its own failure. A Map that puts up with the
failure starts its next iteration there; otherwise at what MapIterationSucceeded follows::

    3 ParallelStateStarted ---+--- 4 WaitStateEntered <-3
                              |
                              +--- 5 TaskStateEntered <-3 --- ... --- 8 LambdaFunctionFailed <-7      failing = 8
                                                                      |
                                                                      +--- 9 TaskStateAborted <-8     the failed one
                                                                      |
                                                                      +--- 10 WaitStateAborted <-8    the other one
                                                                      |
                                                                      +--- 11 ParallelStateFailed <-8 ---
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from asl.chance import Chance
from asl.effects import CallTarget
from asl.errors import StateError
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
    """What a branch sees of the execution that it is part of."""

    now: datetime
    chance: Chance
    context: dict[str, Json]
    execution_arn: str


class PendingCall:
    """A call that a branch waits for. ``target`` is what the driver was asked for, once it was.

    ``early`` is a worker's report that came before the target's own answer.
    """

    __slots__ = ("call", "early", "started", "submitted", "target")

    def __init__(self, call: Call) -> None:
        self.call = call
        self.started = False
        self.submitted = False
        self.early: TaskSucceeded | TaskFailed | None = None
        self.target: CallTarget | None = None

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
    ``done`` branches do nothing more, but keep the state that they ended in.
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
        "map_run",
        "outer",
        "retries",
        "retry_count",
        "run",
        "sizes",
        "state",
        "timers",
        "token",
        "variables",
    )

    def __init__(self, run: Running, block: Block, payload: Payload, outer: "Fork | None", index: int) -> None:
        self.run = run
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
        self.entered_at: datetime = run.now
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
        return self.run.now

    @property
    def chance(self) -> Chance:
        """The execution's one source of chance."""
        return self.run.chance

    def context(self) -> Json:
        """The context object (``$$``), in the order that AWS writes it."""
        state: dict[str, Json] = {"Name": self.state.name, "EnteredTime": instant_text(self.entered_at)}
        if self.state.type in ("Task", "Parallel", "Map"):
            state["RetryCount"] = self.retry_count
        context: dict[str, Json] = {**self.run.context, "State": state}
        if isinstance(self.state, Task) and self.state.resource.waits:
            context["Task"] = {"Token": task_token(self.run.execution_arn, self.token)}
        if self.item is not None:
            context["Map"] = {"Item": self.item}
        return context

    def cause_of(self, error: StateError) -> str | None:
        """The cause of ``error`` as AWS words it: where it is about the state, with the state in front."""
        if not error.prefixed:
            return error.cause
        return (
            f"An error occurred while executing the state '{self.state.name}' "
            f"(entered at the event id #{self.entered_event}). {error.cause}"
        )


class Fork:
    """The branches that the state of ``owner`` waits for, and what they have given so far.

    It stays with its owner when it has failed, with the outputs of the branches that had ended: until the owner leaves
    the state or tries it again.
    """

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

    @property
    def tolerates(self) -> bool:
        """Whether the state puts up with the branches that have failed so far."""
        return self.tolerated is not None and not self.tolerated.exceeded(self.failed, len(self.outputs))

    @property
    def iterates(self) -> bool:
        """Whether the branches are the iterations of a Map."""
        return isinstance(self.spec, ForkItems)


class Waiting(NamedTuple):
    """What a token stands for: a timer of this ``kind``, due ``at``; or a ``call`` or ``map run`` of this branch.

    ``passive`` as in ``SetTimer``.
    """

    kind: str
    branch: Branch
    at: datetime | None = None
    passive: bool = False
