"""Histories in AWS's form: from a ``Record`` to the event in GetExecutionHistory.

Names of types and details: service model ``stepfunctions/2016-11-23``; which details are present: AWS's recordings.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from asl.effects import Record
from asl.values import Payload

EVENT_LIMIT: Final = 25_000
"""The most events in a history; an execution that needs more fails (quotas of the developer guide)."""

MOST_EVENTS: Final[Mapping[str, int]] = {"STANDARD": EVENT_LIMIT, "EXPRESS": 250_000}
"""Type of a state machine -> the events after which its executions do nothing more. A Standard one fails then.

AWS does not count the events of an Express execution: its five minutes end one that goes round without waiting. A
state takes no time here, so such an execution stops at our own number, and the five minutes end it.
"""

_NOT_TRUNCATED: Final = {"truncated": False}


@cache
def details_key(type_: str) -> str:
    """The member that holds an event type's details: ``stateEnteredEventDetails``, ``taskFailedEventDetails``."""
    for shared in ("StateEntered", "StateExited"):
        if type_.endswith(shared):
            type_ = shared
    return f"{type_[0].lower()}{type_[1:]}EventDetails"


def render(record: Record) -> dict[str, Any]:
    """The event as in the API: ``timestamp`` an aware UTC datetime, inputs and outputs as JSON text."""
    event: dict[str, Any] = {
        "timestamp": record.at,
        "type": record.type,
        "id": record.id,
        "previousEventId": record.previous_event_id,
    }
    if record.details is not None:
        event[details_key(record.type)] = render_details(record.details)
    return event


def render_details(details: Mapping[str, Any]) -> dict[str, Any]:
    """Details with payloads as text, and with the ``...Details`` which say that nothing was truncated."""
    rendered: dict[str, Any] = {}
    for key, value in details.items():
        rendered[key] = value.text if isinstance(value, Payload) else value
        if key in ("input", "output", "assignedVariables"):
            rendered[f"{key}Details"] = _NOT_TRUNCATED
    return rendered
