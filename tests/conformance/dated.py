"""What AWS has changed since a case was recorded. This emulator does as the newest recordings have it.

A difference is what the cases' runner reports: ``[kind, path, recorded, ours]``; ``events`` is the recorded history.
A row explains differences by when they were recorded and by what they are, never by the case.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

Difference: TypeAlias = Sequence[Any]
Events: TypeAlias = Sequence[Mapping[str, Any]]


class Dated(NamedTuple):
    """A difference from recordings made from ``since`` on and before ``before`` (ISO dates), and its reason."""

    since: str
    before: str
    explains: Callable[[Difference, Events], bool]
    reason: str


def tells_of_redrive(difference: Difference, events: Events) -> bool:
    """Something about redriving that the recording does not have."""
    kind, path, *_ = difference
    return kind == "unexpected" and re.search(r"\.Redrive(Count|Status|StatusReason)$", path) is not None


def exits_after_map_run_started(difference: Difference, events: Events) -> bool:
    """MapStateExited follows the map run's MapRunStarted here, and its MapRunSucceeded in the recording."""
    _, path, recorded, ours = difference
    if (found := re.fullmatch(r"events\[(\d+)]\.previousEventId", path)) is None:
        return False
    event, by_id = events[int(found[1])], {each["id"]: each for each in events}
    if event["type"] != "MapStateExited" or by_id[recorded]["type"] != "MapRunSucceeded":
        return False
    return by_id[ours]["type"] == "MapRunStarted" and bool(by_id[recorded]["previousEventId"] == ours)


def has_the_blanks_of_the_input(difference: Difference, events: Events) -> bool:
    """The input of the first state is, but for blanks, what was recorded."""
    _, path, recorded, ours = difference
    if path != "events[1].stateEnteredEventDetails.input":
        return False
    return bool(json.loads(recorded) == json.loads(ours))


def tells_of_encryption(difference: Difference, events: Events) -> bool:
    """Something about the encryption of a state machine that the recording does not have."""
    kind, path, *_ = difference
    return bool(kind == "unexpected" and path == "encryptionConfiguration")


DATED: Final = (
    Dated("", "2023-11-15", tells_of_redrive, "executions could not be redriven, and nothing tells of it"),
    Dated("", "2024-11-20", tells_of_encryption, "state machines had no keys of their own, and nothing tells of them"),
    Dated("", "2024-11-13", exits_after_map_run_started, "MapStateExited followed MapRunSucceeded"),
    Dated("2024-07-01", "2024-09-01", has_the_blanks_of_the_input, "two recordings lack the blanks of the input"),
)


def reason(recorded_date: str, difference: Difference, events: Events) -> str | None:
    """Why a case recorded then differs so; ``None`` when nothing that AWS has changed explains it."""
    for row in DATED:
        if row.since <= recorded_date < row.before and row.explains(difference, events):
            return row.reason
    return None
