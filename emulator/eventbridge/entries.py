"""PutEvents: refusals of the whole request, refusals of single entries, and the envelope of an accepted entry.

Refusals of the whole request raise ``InvalidRequest``. A bad entry is a value: ``(ErrorCode, ErrorMessage)``
for its place in the response, while the other entries are delivered. A bus that does not exist is not an error: the
event is lost (recorded on AWS).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from asl.values import Json, as_instant, exceeds_depth, is_number, size
from emulator.eventbridge.scalars import event_text, read_event

MAX_ENTRIES: Final = 10
MAX_REQUEST_SIZE: Final = 262_144
"""The most bytes of all entries of one request, counted by ``entry_size``."""
TIME_SIZE: Final = 14
"""The bytes counted for an entry's Time, in any form."""

_REQUIRED: Final = ("Source", "DetailType", "Detail")
_SHOWN: Final = {
    "time": "Time",
    "source": "Source",
    "resources": "Resources",
    "detailType": "DetailType",
    "detail": "Detail",
    "eventBusName": "EventBusName",
    "traceHeader": "TraceHeader",
    "kmsKeyIdentifier": "",
    "internalMetadata": "",
}
"""How AWS prints an entry (recorded): its name for each field, in its order. The last two are no members of the API."""


class InvalidRequest(ValueError):  # noqa: N818 - AWS's manner of naming
    """A PutEvents request that is refused as a whole, with AWS's error ``code`` and ``message``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Refused(NamedTuple):
    """An entry of PutEvents that was not accepted, which only the response says: ``code`` and ``message``."""

    bus: str
    region: str
    entry: Mapping[str, Any]
    code: str
    message: str
    place: str | None
    """The user's own innermost line then, ``file.py:12``."""


def check_request(entries: Sequence[Mapping[str, Any]]) -> None:
    """Raises ``InvalidRequest`` for no entries, too many, or more than ``MAX_REQUEST_SIZE`` bytes of them.

    The texts for too many and too large are recorded on AWS.
    """
    if not entries or len(entries) > MAX_ENTRIES:
        bound = f"less than or equal to {MAX_ENTRIES}" if entries else "greater than or equal to 1"
        shown = ", ".join(map(_show, entries))
        raise InvalidRequest(
            "ValidationException",
            f"1 validation error detected: Value '[{shown}]' at 'entries' failed to satisfy constraint: "
            f"Member must have length {bound}",
        )
    if sum(map(entry_size, entries)) > MAX_REQUEST_SIZE:
        raise InvalidRequest("ValidationException", "Total size of the entries in the request is over the limit.")


def _show(entry: Mapping[str, Any]) -> str:
    fields = ", ".join(f"{name}={_show_field(entry.get(field))}" for name, field in _SHOWN.items())
    return f"PutEventsRequestEntry({fields})"


def _show_field(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(str, value)) + "]"
    return "null" if value is None else str(value)


def entry_size(entry: Mapping[str, Any]) -> int:
    """Bytes of ``entry``: Time 14, and the UTF-8 of Source, DetailType, Detail and each resource."""
    resources = entry.get("Resources")
    texts = [*map(entry.get, _REQUIRED), *(resources if isinstance(resources, list) else ())]
    time_size = TIME_SIZE if entry.get("Time") is not None else 0
    return time_size + sum(size(text) for text in texts if isinstance(text, str))


def entry_error(entry: Mapping[str, Any]) -> tuple[str, str] | None:
    """``(ErrorCode, ErrorMessage)`` of an entry that is not accepted, else ``None``.

    Recorded on AWS: no Source, and a Detail that is not a JSON object. The rest follows their form.
    """
    for field in _REQUIRED:
        if entry.get(field) in (None, ""):
            return _invalid(field, "is a required argument")
        if not isinstance(entry[field], str):
            return _invalid(field, "must be a string")
    resources = entry.get("Resources") or []
    if not (isinstance(resources, list) and all(isinstance(resource, str) for resource in resources)):
        return _invalid("Resources", "must be a list of strings")
    if entry["Source"].startswith("aws."):
        return "NotAuthorizedForSource", "Not authorized for the source."
    if entry.get("Time") is not None and _instant(entry["Time"]) is None:
        return _invalid("Time", "is not a timestamp")
    return None if _detail(entry["Detail"]) is not None else ("MalformedDetail", "Detail is malformed.")


def _invalid(field: str, reason: str) -> tuple[str, str]:
    return "InvalidArgument", f"Parameter {field} is not valid. Reason: {field} {reason}."


def _detail(text: str) -> dict[str, Json] | None:
    """The object that ``text`` writes; half of a surrogate pair in it cannot be delivered, so it is refused, too."""
    try:
        value = read_event(text)
        text.encode()
        if "\\u" in text:
            event_text(value).encode()
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and not exceeds_depth(value, text) else None


def _instant(time: Any) -> datetime | None:
    """An entry's Time, aware: from a datetime (UTC if naive), seconds since 1970, or ISO-8601 text."""
    if isinstance(time, datetime):
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time
    if is_number(time):
        try:
            return datetime.fromtimestamp(time, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    return as_instant(time)


def envelope(entry: Mapping[str, Any], *, event_id: str, account: str, region: str, now: datetime) -> dict[str, Json]:
    """The event that ``entry`` (without ``entry_error``) becomes: AWS's keys in order, ``time`` in seconds.

    ``account`` and ``region`` are the bus's; ``now`` (aware) is the time of an entry without a Time.
    """
    at = _instant(entry["Time"]) if entry.get("Time") is not None else now
    assert at is not None, "entry_error refuses a Time that is not a timestamp"
    return {
        "version": "0",
        "id": event_id,
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": account,
        "time": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": list(entry.get("Resources") or ()),
        "detail": read_event(entry["Detail"]),
    }
