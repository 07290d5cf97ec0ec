"""What ``emulator.bus.explain`` is given: an entry as PutEvents takes it, or an event's whole envelope."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from asl.problems import nearest
from asl.values import Json
from emulator.errors import EmulatorError
from emulator.eventbridge.entries import entry_error, envelope

MEMBERS: Final = ("Source", "DetailType", "Detail", "Resources", "Time", "EventBusName", "TraceHeader")
"""The members of an entry (API reference of PutEvents, PutEventsRequestEntry)."""
FIELDS: Final = (
    "version",
    "id",
    "detail-type",
    "source",
    "account",
    "time",
    "region",
    "resources",
    "detail",
    "replay-name",
)
"""The fields of an envelope (EventBridge user guide, event structure; ``replay-name`` is that of a replayed event)."""
_TYPES: Final[Mapping[str, tuple[type, str]]] = {
    **{name: (str, "text") for name in FIELDS if name not in ("resources", "detail")},
    "resources": (list, "a list of ARNs"),
    "detail": (dict, "an object"),
}


class Given(NamedTuple):
    """An event, and the bus that its entry names."""

    event: dict[str, Json]
    bus: str | None


def read_event(given: object, *, account: str, region: str, now: datetime) -> Given:
    """The event that an entry becomes, or the envelope itself, of which fields may be missing.

    Raises ``EmulatorError`` for any other shape; the text names the nearest member.
    """
    if not isinstance(given, Mapping):
        raise _refusal(f"{_short(given)} is neither an entry of PutEvents nor an event, but {type(given).__name__}")
    if "Entries" in given:
        raise _refusal("it has Entries: give one of them")
    is_entry = any(name in MEMBERS for name in given) or not any(name in FIELDS for name in given)
    known, kind = (MEMBERS, "an entry of PutEvents") if is_entry else (FIELDS, "an event")
    for name in given:
        if name not in known:
            near = nearest(str(name), known) or nearest(str(name).replace("_", "").title(), known)
            hint = f", did you mean {near[0]!r}?" if near else f": it has {', '.join(known)}"
            raise _refusal(f"{name!r} is not a member of {kind}{hint}")
    return _from_entry(given, account, region, now) if is_entry else _from_envelope(given)


def _from_entry(entry: Mapping[str, Any], account: str, region: str, now: datetime) -> Given:
    detail = entry.get("Detail")
    if detail is not None and not isinstance(detail, str):
        raise _refusal(f"Detail is JSON text, not {type(detail).__name__}: write json.dumps(...)")
    if (refused := entry_error(entry)) is not None:
        raise _refusal(f"PutEvents refuses this entry: {refused[0]}: {refused[1]}")
    event = envelope(entry, event_id="00000000-0000-0000-0000-000000000000", account=account, region=region, now=now)
    bus = entry.get("EventBusName")
    return Given(event, None if bus is None else str(bus))


def _from_envelope(event: Mapping[str, Any]) -> Given:
    for name, value in event.items():
        kind, said = _TYPES[name]
        if not isinstance(value, kind):
            raise _refusal(f"{name!r} of an event is {said}, not {_short(value)}")
    return Given(dict(event), None)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


def _refusal(why: str) -> EmulatorError:
    return EmulatorError(
        f"bus.explain: {why}\n"
        "    fix: give what PutEvents took (Source, DetailType, Detail as JSON text, EventBusName), such as "
        "emulator.bus.entries[0], or an event (source, detail-type, detail)"
    )
