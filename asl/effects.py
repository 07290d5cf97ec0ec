"""Effects, a machine's requests to its driver: plain values, no callables, no clients.

They are tuples because a machine creates thousands of them per second.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from asl.decisions import Decision
from asl.events import OutputType, Token, Transformation
from asl.resources import Resource
from asl.values import Json, Payload

Status: TypeAlias = Literal["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]


class Record(NamedTuple):
    """An event to append to the execution's history; ``asl.history.render`` gives it AWS's form."""

    id: int
    """Its number, from 1."""
    previous_event_id: int
    """The number of the event that led to it, in the same branch; 0 for the first."""
    type: str
    """Its type, such as ``TaskStateEntered``."""
    at: datetime
    """When it happened; aware, UTC."""
    details: Mapping[str, Any] | None
    """Its details by AWS's names. Inputs and outputs are ``Payload``: ``payload.text``, ``payload.value``."""


RecordMembers: TypeAlias = tuple[int, int, str, datetime, Mapping[str, Any] | None]
new_record: Final[Callable[[RecordMembers], Record]] = partial(tuple.__new__, Record)
"""``Record(*members)``, without the function in Python that a NamedTuple has for it: a Task in a Map has seven."""


class Decided(NamedTuple):
    """A decision made in a visit to a state. AWS's history has no such events."""

    event_id: int
    """The number of the StateEntered event."""
    state_name: str
    """The state's name."""
    decision: Decision
    """The decision, see below."""


class SetTimer(NamedTuple):
    """Answer with a ``TimersFired`` that names ``token``, no earlier than ``at``.

    A ``passive`` timer is AWS's limit on an execution whose definition sets none: nothing waits for it, so it is not
    a reason to let time pass.
    """

    token: Token
    at: datetime
    passive: bool = False


class CancelTimer(NamedTuple):
    """This timer is no longer needed."""

    token: Token


class CallTarget(NamedTuple):
    """Call ``resource`` with ``argument``; answer with ``CallSucceeded`` or ``CallFailed``.

    For an activity's task, or a resource that waits for a token, a worker reports as well: ``TaskOffered``,
    ``TaskStarted``, ``TaskHeartbeat``, ``TaskSucceeded``, ``TaskFailed``; ``task_token`` is for the worker.
    """

    token: Token
    resource: Resource
    argument: Payload
    state_name: str
    task_token: str | None
    role_arn: str | None


class AbandonCall(NamedTuple):
    """The machine no longer needs the answer to ``token``: the call timed out, or its branch was aborted."""

    token: Token


class Finish(NamedTuple):
    """The execution has ended; ``output`` is JSON text, present if it succeeded."""

    status: Status
    output: str | None = None
    error: str | None = None
    cause: str | None = None


class OpenMapRun(NamedTuple):
    """A Distributed Map begins; its children run ``program.processors[state_name]``.

    ``total`` is the number of its items, ``None`` if they are still to be read. ``transformation`` determines a
    child's part of the result; with ``exports``, the driver keeps the results for ``WriteResults``.
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
    """Read the items after the first ``start``, up to ``max_items`` in all (0: no limit); answer ``ItemsRead``.

    ``resource`` is ``s3:getObject`` or ``s3:listObjectsV2``, ``config`` the ReaderConfig without MaxItems.
    If they cannot be read, answer ``MapRunBroken``.
    """

    token: Token
    resource: str
    argument: Payload
    config: Mapping[str, Json]
    max_items: int
    start: int


class StartChild(NamedTuple):
    """Run the item processor on ``input`` (JSON text), which holds ``items`` items; answer with ``ChildEnded``.

    Children are counted from 0 (``child``); ``name`` is that of the execution.
    """

    token: Token
    child: int
    name: str
    input: str
    items: int


class StopChildren(NamedTuple):
    """Stop every child of the run that has not ended; answer each with ``ChildEnded``."""

    token: Token


class WriteResults(NamedTuple):
    """Export the results, including ``pending``, the inputs for which no child was started.

    Answer with ``ResultsWritten`` or ``MapRunBroken``.
    """

    token: Token
    argument: Payload
    pending: tuple[str, ...]


class CloseMapRun(NamedTuple):
    """The map run has ended; stop the children that still run, without answering."""

    token: Token
    status: Literal["SUCCEEDED", "FAILED", "ABORTED"]


MapRunEffect: TypeAlias = OpenMapRun | ReadItems | StartChild | StopChildren | WriteResults | CloseMapRun

Effect: TypeAlias = Record | Decided | SetTimer | CancelTimer | CallTarget | AbandonCall | Finish | MapRunEffect
