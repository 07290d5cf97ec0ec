"""The state of an execution between two events: branches, forks, calls, and the meaning of tokens.

**Which event the next one follows.** An event of a history names the event that it follows (``previousEventId``), so
a history is a tree. A branch keeps four places in it. This is a Task ``A`` that is tried twice (``<-2`` follows 2)::

    1 ExecutionStarted                        The execution's first state follows 0, not this event.
    2 TaskStateEntered <-0                    entered_after = 0, entered_event = 2
    3 LambdaFunctionScheduled <-2
    4 LambdaFunctionStarted <-3
    5 LambdaFunctionFailed <-4                The retry continues from here.
    6 LambdaFunctionScheduled <-5             last_event = 6

- ``last_event`` is the end of the branch's chain: each new event of the branch follows it and replaces it.
- ``entered_event`` is the StateEntered of this visit, which error texts name ("entered at the event id #2").
- ``entered_after`` is the event that it followed. An EvaluationFailed follows ``entered_after`` (or, in a few cases,
  ``entered_event``: ``EvaluationError.after_entered``), as if the state had not been entered.

A fork's branches begin at the owner's last event. When all have ended, the owner continues from the end of the branch
that ended last, and two events follow that one: ``Succeeded`` is not part of a chain, ``Exited`` continues it::

    3 ParallelStateStarted ---+--- 4 PassStateEntered <-3 --- 5 PassStateExited <-4
                              |
                              +--- 6 PassStateEntered <-3 --- 7 PassStateExited <-6
                                                              |
                                                              +--- 8 ParallelStateSucceeded <-7
                                                              |
                                                              +--- 9 ParallelStateExited <-7 ---

When a branch fails, ``failing`` is the end of its chain. The events that end the branches all follow ``failing``, and
the owner continues from there, with a retry, a catcher or its own failure. A Map that tolerates the failure starts its
next iteration there; without a failure, an iteration starts at the event that MapIterationSucceeded follows::

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
from asl.map_run import MapRunState
from asl.outcomes import Call
from asl.states.common import Block, ForkBranches, ForkItems, State
from asl.states.task import Task
from asl.tokens import task_token
from asl.tolerance import Tolerated
from asl.values import Json, Payload, instant_text

FAMILIES: Final[Mapping[str, str]] = {"lambda": "LambdaFunction", "activity": "Activity", "service": "Task"}
"""Kind of resource -> the beginning of its event types."""


NOTHING: Final[Mapping[Any, Any]] = {}
"""Shared by all that have nothing; a ``MappingProxyType`` would take longer to read."""


class Running(Protocol):
    """The parts of an execution that its branches use."""

    now: datetime
    chance: Chance
    execution_arn: str

    @property
    def context(self) -> Mapping[str, Json]: ...


class PendingCall:
    """A call that a branch waits for. ``target`` is the effect sent to the driver, once it was sent.

    ``early`` is a worker's report that arrived before the target's own answer. ``scheduled`` says whether the history
    has its Scheduled event: an activity's task has one once its activity is known to exist, a task that is held once it
    is known to run.
    """

    __slots__ = ("call", "details", "early", "family", "scheduled", "started", "submitted", "target")

    def __init__(self, call: Call) -> None:
        resource = call.resource
        self.call = call
        self.family: str = FAMILIES[resource.kind]
        """The beginning of the call's event types."""
        self.details: Mapping[str, Any] = NOTHING
        """The details that every event of the call has."""
        if resource.kind == "service":
            self.details = {
                "resourceType": resource.service,
                "resource": f"{resource.action}{resource.pattern}",
            }
        self.scheduled = False
        self.started = False
        self.submitted = False
        self.early: TaskSucceeded | TaskFailed | None = None
        self.target: CallTarget | None = None

    @property
    def awaits_answer(self) -> bool:
        """Whether a service has not yet accepted the request of a task that a worker or job ends."""
        return self.call.resource.kind == "service" and self.call.resource.waits and not self.submitted


class Branch:
    """One running sequence of states: the execution's own, a branch of a Parallel, an iteration of a Map.

    It is also the scope of its states (``asl.scope.StateScope``). Variables are never changed in place: an inner branch
    starts with those of its outer branch and keeps its own assignments to itself; ``sizes`` are the bytes of those.
    Neither are the other mappings: most branches of a Map need none, and a Map makes a thousand at once.
    ``done`` branches do nothing more, but keep the state in which they ended.
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
        "result",
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
        self.result: Payload | None = None
        self.outer = outer
        self.index = index
        self.variables: dict[str, Json] = {} if outer is None else outer.owner.variables
        self.sizes: Mapping[str, int] = NOTHING
        self.item: dict[str, Json] | None = None if outer is None else outer.owner.item
        self.state: State = block.states[block.start_at]
        self.last_event = 0
        self.entered_event = 0
        self.entered_after = 0
        self.entered_at: datetime = run.now
        self.retries: Mapping[int, int] = NOTHING
        self.retry_count = 0
        self.token: Token = 0
        self.call: PendingCall | None = None
        self.fork: Fork | None = None
        self.map_run: MapRunState | None = None
        self.timers: Mapping[str, Token] = NOTHING
        self.done = False

    @property
    def now(self) -> datetime:
        """The time of the current event."""
        return self.run.now

    @property
    def chance(self) -> Chance:
        """The execution's only random generator."""
        return self.run.chance

    def context(self) -> Json:
        """The context object (``$$``), in AWS's order."""
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
        """The cause of ``error`` in AWS's words, with the state in front if ``prefixed``."""
        if not error.prefixed:
            return error.cause
        return (
            f"An error occurred while executing the state '{self.state.name}' "
            f"(entered at the event id #{self.entered_event}). {error.cause}"
        )


class Fork:
    """The branches that the state of ``owner`` waits for, and their outputs so far.

    A failed fork stays with its owner, with the outputs of the branches that had ended, until the owner leaves or
    retries the state.
    """

    __slots__ = ("branches", "failed", "iterates", "outputs", "owner", "remaining", "spec", "tolerated")

    def __init__(self, owner: Branch, spec: ForkBranches | ForkItems) -> None:
        self.owner = owner
        self.spec = spec
        self.iterates = isinstance(spec, ForkItems)
        """Whether the branches are the iterations of a Map."""
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
        """Whether the state tolerates the failures so far."""
        return self.tolerated is not None and not self.tolerated.exceeded(self.failed, len(self.outputs))


class Position(NamedTuple):
    """Where in its execution a call is made."""

    items: tuple[int, ...]
    """The index of the item in each Map around the state, the outermost first."""
    retries: int
    """How often the state was retried in this visit before the call."""
    entered_event: int
    """The number of the StateEntered event of this visit."""


def position(branch: Branch) -> Position:
    """Where the branch is."""
    items: list[int] = []
    inner = branch
    while (fork := inner.outer) is not None:
        if fork.iterates:
            items.insert(0, inner.index)
        inner = fork.owner
    return Position(tuple(items), branch.retry_count, branch.entered_event)


class Waiting(NamedTuple):
    """The meaning of a token: a timer of this ``kind``, due ``at``, or a ``call`` or ``map run`` of this branch.

    ``passive`` as in ``SetTimer``.
    """

    kind: str
    branch: Branch
    at: datetime | None = None
    passive: bool = False
