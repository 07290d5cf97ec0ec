"""What a machine asks of its driver: plain values, no callables, no clients.

``Record`` and the others are tuples because a machine makes thousands of them a second.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias

from asl.decisions import Decision
from asl.events import OutputType, Token, Transformation
from asl.resources import Resource
from asl.values import Json, Payload

Status: TypeAlias = Literal["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]


class Record(NamedTuple):
    """Append this event to the execution's history; ``asl.history.render`` gives it AWS's form.

    ``details`` holds AWS's field names; inputs and outputs are ``Payload``.
    """

    id: int
    previous_event_id: int
    type: str
    at: datetime
    details: Mapping[str, Any] | None


class Decided(NamedTuple):
    """The visit of ``state_name`` whose StateEntered event is ``event_id`` came to this decision.

    Told of Choice states and of errors only; AWS's history has no such events.
    """

    event_id: int
    state_name: str
    decision: Decision


class SetTimer(NamedTuple):
    """Answer with ``TimersFired`` that names ``token``, no earlier than ``at``.

    A ``passive`` timer is the longest that AWS lets an execution run, where its definition sets no bound: nothing waits
    for it, so it is no reason to let time pass.
    """

    token: Token
    at: datetime
    passive: bool = False


class CancelTimer(NamedTuple):
    """Nobody waits for this timer any more."""

    token: Token


class CallTarget(NamedTuple):
    """Call ``resource`` with ``argument``; answer with ``CallSucceeded`` or ``CallFailed``.

    A task of an activity, or one whose resource waits for a token, is answered by a worker as well: ``TaskStarted``,
    ``TaskHeartbeat``, ``TaskSucceeded``, ``TaskFailed``; ``task_token`` is what the worker is given.
    """

    token: Token
    resource: Resource
    argument: Payload
    state_name: str
    task_token: str | None
    role_arn: str | None


class AbandonCall(NamedTuple):
    """The machine no longer wants the answer to ``token``: it timed out, or its branch was aborted."""

    token: Token


class Finish(NamedTuple):
    """The execution is over; ``output`` is JSON text, present when it succeeded."""

    status: Status
    output: str | None = None
    error: str | None = None
    cause: str | None = None


class OpenMapRun(NamedTuple):
    """A Distributed Map begins; ``program.processors[state_name]`` is what its children run.

    ``total`` is the number of its items, ``None`` while they have yet to be read. ``transformation`` says what a
    child gives to the result; with ``exports`` the results are kept outside, for ``WriteResults``.
    """

    token: Token
    map_run_arn: str
    state_name: str
    label: str
    total: int | None
    max_concurrency: int
    tolerated_failure_count: int | None
    tolerated_failure_percentage: float | None
    transformation: Transformation
    output_type: OutputType
    exports: bool


class ReadItems(NamedTuple):
    """Read on behind the first ``start`` items, up to ``max_items`` in all (0: all there are); answer ``ItemsRead``.

    ``resource`` is ``s3:getObject`` or ``s3:listObjectsV2``, ``config`` the ReaderConfig without MaxItems.
    ``MapRunBroken`` answers what cannot be read.
    """

    token: Token
    resource: str
    argument: Payload
    config: Mapping[str, Json]
    max_items: int
    start: int


class StartChild(NamedTuple):
    """Run the item processor on ``input`` (JSON text), which holds so many ``items``; answer with ``ChildEnded``.

    Children are counted from 0 (``child``); ``name`` is that of the execution.
    """

    token: Token
    child: int
    name: str
    input: str
    items: int


class StopChildren(NamedTuple):
    """Stop every child of the run that is not over; each is answered with ``ChildEnded``."""

    token: Token


class WriteResults(NamedTuple):
    """Export the results, ``pending`` (inputs that no child was started for) included.

    Answer with ``ResultsWritten`` or ``MapRunBroken``.
    """

    token: Token
    argument: Payload
    pending: tuple[str, ...]


class CloseMapRun(NamedTuple):
    """The map run is over; children that still run are to be stopped, and nobody waits for them any more."""

    token: Token
    status: Literal["SUCCEEDED", "FAILED", "ABORTED"]


MapRunEffect: TypeAlias = OpenMapRun | ReadItems | StartChild | StopChildren | WriteResults | CloseMapRun

Effect: TypeAlias = Record | Decided | SetTimer | CancelTimer | CallTarget | AbandonCall | Finish | MapRunEffect
