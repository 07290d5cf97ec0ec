"""A history that AWS gave, as records: what ``aws stepfunctions get-execution-history`` prints, or boto3 returns.

It may be one answer, a list of them, answers one after the other in a file, or the list of events alone, in any order.
Everything has to be there: all pages, from the first event.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from asl.effects import Record
from asl.history import details_key
from emulator.errors import EmulatorError

_ENDS: Final = ("ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut")
_FIX: Final = "fix: give what aws stepfunctions get-execution-history prints, without --max-items"


def read_texts(text: str, shown: str) -> list[Any]:
    """The JSON values in a text, one after the other; ``shown`` is what messages call it. Raises ``EmulatorError``."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while rest := text[at:].lstrip():
        at = len(text) - len(rest)
        try:
            value, end = decoder.raw_decode(rest)
        except ValueError as error:
            line = text.count("\n", 0, at + getattr(error, "pos", 0)) + 1
            raise EmulatorError(f"{shown}:{line}: this is not JSON: {error}\n    {_FIX}") from None
        found.append(value)
        at += end
    return found


def read_records(given: Any, shown: str) -> list[Record]:
    """The records of a history, oldest first. Raises ``EmulatorError`` for what is none, and for one with gaps."""
    events: dict[int, Mapping[str, Any]] = {}
    pages = list(_pages(given))
    for event in (event for page in pages for event in page["events"]):
        if not isinstance(event, Mapping) or not isinstance(event.get("id"), int) or not event.get("type"):
            raise EmulatorError(f"{shown}: {str(event)[:80]} is no event of a history\n    {_FIX}")
        events[event["id"]] = event
    if not events:
        raise EmulatorError(f"{shown}: there are no events in it\n    {_FIX}")
    missing = next((id_ for id_ in range(1, max(events) + 1) if id_ not in events), None)
    if missing is not None:
        raise EmulatorError(f"{shown}: event {missing} of {max(events)} is missing\n    {_FIX}")
    goes_on = any(page.get("nextToken") or page.get("NextToken") for page in pages)
    if goes_on and events[max(events)]["type"] not in _ENDS:
        raise EmulatorError(f"{shown}: it ends with a nextToken: there are more events\n    {_FIX}")
    return [_record(events[id_], shown) for id_ in sorted(events)]


def _pages(given: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(given, Mapping):
        if isinstance(given.get("events"), list):
            yield given
        elif "type" in given:
            yield {"events": [given]}
    elif isinstance(given, list | tuple):
        for each in given:
            yield from _pages(each)


def _record(event: Mapping[str, Any], shown: str) -> Record:
    type_ = str(event["type"])
    details = event.get(details_key(type_))
    return Record(event["id"], int(event.get("previousEventId", 0)), type_, _instant(event, shown), details)


def _instant(event: Mapping[str, Any], shown: str) -> datetime:
    at = event.get("timestamp")
    if isinstance(at, int | float):
        return datetime.fromtimestamp(at, UTC)
    if isinstance(at, str):
        try:
            at = datetime.fromisoformat(at)
        except ValueError:
            raise EmulatorError(f"{shown}: event {event['id']}: {at!r} is no time") from None
    if not isinstance(at, datetime):
        raise EmulatorError(f"{shown}: event {event['id']} has no timestamp")
    return at if at.tzinfo else at.replace(tzinfo=UTC)
