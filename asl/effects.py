"""What a machine asks of its driver: plain values, no callables, no clients.

``Record`` and the others are tuples because a machine makes thousands of them a second.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias

from asl.events import Token
from asl.resources import Resource
from asl.values import Payload

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


class SetTimer(NamedTuple):
    """Answer with ``TimersFired`` that names ``token``, no earlier than ``at``."""

    token: Token
    at: datetime


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


Effect: TypeAlias = Record | SetTimer | CancelTimer | CallTarget | AbandonCall | Finish
