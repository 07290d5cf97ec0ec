"""What a driver tells a machine. Storing these, in order, is storing the execution.

Each event says when it happened (``at``, aware, UTC) and brings every fact from outside that the machine needs:
the machine reads no clock and draws no number that ``Start`` did not seed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

Token: TypeAlias = int
"""Names one timer or one call of one machine; counted from 1 in the order in which they were asked for."""


@dataclass(frozen=True, slots=True)
class Start:
    """Begin: the execution's identity, its ``input`` as JSON text, and the seed of its chance."""

    at: datetime
    input: str
    execution_arn: str
    name: str
    state_machine_arn: str
    state_machine_name: str
    role_arn: str
    region: str
    seed: int | str = 0


@dataclass(frozen=True, slots=True)
class TimersFired:
    """The time of ``tokens`` has come: all timers of this machine that were due at this instant, in their order."""

    at: datetime
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class CallSucceeded:
    """The target answered ``output`` (JSON text): the result, or for a callback task the response to its request."""

    at: datetime
    token: Token
    output: str


@dataclass(frozen=True, slots=True)
class CallFailed:
    """The target answered with an error."""

    at: datetime
    token: Token
    error: str | None
    cause: str | None


@dataclass(frozen=True, slots=True)
class TaskStarted:
    """A worker took the task of an activity (GetActivityTask)."""

    at: datetime
    token: Token
    worker_name: str | None


@dataclass(frozen=True, slots=True)
class TaskSucceeded:
    """A worker reported success (SendTaskSuccess), or a job that ``.sync`` waits for ended well."""

    at: datetime
    token: Token
    output: str


@dataclass(frozen=True, slots=True)
class TaskFailed:
    """A worker reported failure (SendTaskFailure), or a job that ``.sync`` waits for failed."""

    at: datetime
    token: Token
    error: str | None
    cause: str | None


@dataclass(frozen=True, slots=True)
class TaskHeartbeat:
    """A worker is alive (SendTaskHeartbeat): its heartbeat clock starts anew."""

    at: datetime
    token: Token


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody ended the execution (StopExecution)."""

    at: datetime
    error: str | None = None
    cause: str | None = None


Transformation: TypeAlias = Literal["NONE", "COMPACT", "FLATTEN"]
OutputType: TypeAlias = Literal["JSON", "JSONL"]
"""What becomes of the results of a map run's children: the two fields of WriterConfig."""

ChildStatus: TypeAlias = Literal["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING"]
"""How a child of a map run ended; ``PENDING`` when it was stopped before it began."""


@dataclass(frozen=True, slots=True)
class ItemsRead:
    """The next items of a map run, each as JSON text, all of one ``source``; ``more`` says whether others follow.

    ``keys`` are there when the items are the values of an object.
    """

    at: datetime
    token: Token
    items: tuple[str, ...]
    source: str
    keys: tuple[str, ...] | None
    more: bool


@dataclass(frozen=True, slots=True)
class ChildEnded:
    """A child of a map run is over. ``result`` is its part of the run's result; ``None`` when results are exported."""

    at: datetime
    token: Token
    child: int
    status: ChildStatus
    result: str | None


@dataclass(frozen=True, slots=True)
class ResultsWritten:
    """The results of a map run are exported; ``details`` (JSON text) is the state's result."""

    at: datetime
    token: Token
    details: str


@dataclass(frozen=True, slots=True)
class MapRunBroken:
    """The items of a map run could not be read, or its results could not be written."""

    at: datetime
    token: Token
    error: str
    cause: str


@dataclass(frozen=True, slots=True)
class MapRunUpdated:
    """Somebody changed the limits of a map run (UpdateMapRun); ``None`` leaves a limit as it is."""

    at: datetime
    token: Token
    max_concurrency: int | None
    tolerated_failure_count: int | None
    tolerated_failure_percentage: float | None


MapRunEvent: TypeAlias = ItemsRead | ChildEnded | ResultsWritten | MapRunBroken | MapRunUpdated

Event: TypeAlias = (
    Start
    | TimersFired
    | CallSucceeded
    | CallFailed
    | TaskStarted
    | TaskSucceeded
    | TaskFailed
    | TaskHeartbeat
    | Stop
    | MapRunEvent
)
