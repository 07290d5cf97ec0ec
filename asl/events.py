"""Events, a driver's messages to a machine. Storing these, in order, stores the execution.

Each event says when it happened (``at``, aware, UTC) and carries every external fact that the machine needs: the
machine reads no clock and draws only random numbers seeded by ``Start``.
"""

from datetime import datetime
from typing import Final, Literal, NamedTuple, TypeAlias

Token: TypeAlias = int
"""Names one timer or call of one machine; counted from 1 in the order of requests."""


NO_TASKS: Final[frozenset[str]] = frozenset()
"""The states whose tasks may fail before they run, when there are none."""


class Start(NamedTuple):
    """Begin: the execution's identity, its ``input`` as JSON text, and the seed of its random numbers."""

    at: datetime
    input: str
    execution_arn: str
    name: str
    state_machine_arn: str
    state_machine_name: str
    role_arn: str
    region: str
    seed: int | str = 0
    is_stopped: bool = False
    """Whether a ``Stop`` of the same instant follows: then no state is entered."""
    redrives: int | None = 0
    """``RedriveCount`` of the context object; ``None``: it has none (recorded of synchronous Express executions)."""
    held: frozenset[str] = NO_TASKS
    """What ``TasksHeld`` says, from the start."""


class TasksHeld(NamedTuple):
    """From now on the tasks of the states ``held``, and of no others, may fail before they run.

    Such a task is recorded as scheduled and started when ``TaskOffered`` says so, which comes before its answer.
    """

    at: datetime
    held: frozenset[str]


class TimersFired(NamedTuple):
    """The timers ``tokens`` fired: all timers of this machine that were due at this instant, in order."""

    at: datetime
    tokens: tuple[Token, ...]


CallStep: TypeAlias = Literal["", "schedule", "start", "submit"]


class CallSucceeded(NamedTuple):
    """The target answered ``output`` (JSON text): the result or, for a callback task, the response to its request."""

    at: datetime
    token: Token
    output: str


class CallFailed(NamedTuple):
    """The target answered with an error; ``refused`` is true if Step Functions itself does not make the call.

    ``step`` is the one that failed before the task ran: ``schedule``, ``start`` or ``submit``.
    """

    at: datetime
    token: Token
    error: str | None
    cause: str | None
    refused: bool = False
    step: CallStep = ""


class TaskOffered(NamedTuple):
    """The task of an activity waits for a worker from now on: its activity exists; a task that is held runs."""

    at: datetime
    token: Token


class TaskStarted(NamedTuple):
    """A worker took the task of an activity (GetActivityTask)."""

    at: datetime
    token: Token
    worker_name: str | None


class TaskSucceeded(NamedTuple):
    """A worker reported success (SendTaskSuccess), or a job that ``.sync`` waits for succeeded."""

    at: datetime
    token: Token
    output: str


class TaskFailed(NamedTuple):
    """A worker reported failure (SendTaskFailure), or a job that ``.sync`` waits for failed."""

    at: datetime
    token: Token
    error: str | None
    cause: str | None


class TaskHeartbeat(NamedTuple):
    """A worker is alive (SendTaskHeartbeat): the heartbeat timer restarts."""

    at: datetime
    token: Token


class Stop(NamedTuple):
    """The execution was stopped (StopExecution)."""

    at: datetime
    error: str | None = None
    cause: str | None = None


Transformation: TypeAlias = Literal["NONE", "COMPACT", "FLATTEN"]
OutputType: TypeAlias = Literal["JSON", "JSONL"]
"""The form of the results of a map run's children: the two fields of WriterConfig."""

ChildStatus: TypeAlias = Literal["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING"]
"""How a child of a map run ended; ``PENDING`` if it was stopped before it began."""


class ItemsRead(NamedTuple):
    """The next items of a map run, each as JSON text, all from one ``source``; ``more`` is whether others follow.

    ``keys`` are present if the items are the values of an object.
    """

    at: datetime
    token: Token
    items: tuple[str, ...]
    source: str
    keys: tuple[str, ...] | None
    more: bool


class ChildEnded(NamedTuple):
    """A child of a map run ended. ``result`` is its part of the run's result; ``None`` if results are exported."""

    at: datetime
    token: Token
    child: int
    status: ChildStatus
    result: str | None


class ResultsWritten(NamedTuple):
    """The results of a map run were exported; ``details`` (JSON text) is the state's result."""

    at: datetime
    token: Token
    details: str


class MapRunBroken(NamedTuple):
    """The items of a map run could not be read, or its results could not be written."""

    at: datetime
    token: Token
    error: str
    cause: str


class MapRunUpdated(NamedTuple):
    """The limits of a map run were changed (UpdateMapRun); ``None`` leaves a limit unchanged."""

    at: datetime
    token: Token
    max_concurrency: int | None
    tolerated_failure_count: int | None
    tolerated_failure_percentage: float | None


MapRunEvent: TypeAlias = ItemsRead | ChildEnded | ResultsWritten | MapRunBroken | MapRunUpdated

Event: TypeAlias = (
    Start
    | TasksHeld
    | TimersFired
    | CallSucceeded
    | CallFailed
    | TaskOffered
    | TaskStarted
    | TaskSucceeded
    | TaskFailed
    | TaskHeartbeat
    | Stop
    | MapRunEvent
)
