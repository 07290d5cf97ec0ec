"""Texts for people: durations, times since a start, long texts, errors. Plain ASCII, so any terminal shows them."""

import json
from datetime import timedelta
from typing import Final


def duration_text(length: timedelta) -> str:
    """A duration in its two largest units: ``355 d``, ``2 h 30 min``, ``14 s``, ``250 ms``."""
    microseconds = length // timedelta(microseconds=1)
    parts: list[str] = []
    for unit, name in _UNITS:
        count, rest = divmod(microseconds, unit)
        if count or (parts and rest):
            parts += [f"{count} {name}"] if count else []
            if len(parts) == 2:
                break
        microseconds = rest
    return " ".join(parts) or "0 s"


_UNITS: Final = ((86_400_000_000, "d"), (3_600_000_000, "h"), (60_000_000, "min"), (1_000_000, "s"), (1000, "ms"))


def offset_text(length: timedelta) -> str:
    """The time since the start: ``+00:00:14``, ``+3d 00:00:00.250``."""
    seconds, microseconds = divmod(length // timedelta(microseconds=1), 1_000_000)
    days, seconds = divmod(seconds, 86_400)
    text = f"+{days}d " if days else "+"
    text += f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{text}.{microseconds // 1000:03d}" if microseconds else text


def cut(text: str, width: int) -> str:
    """``text`` on one line of at most ``width`` characters; a text that was cut ends with its full length."""
    line = " ".join(text.split()) if "\n" in text else text
    if len(line) <= width:
        return line
    tail = f"... ({len(text):,} characters)"
    return line[: max(width - len(tail), 8)] + tail


def cause_text(cause: str) -> str:
    """The cause for people: of the JSON text that Lambda creates for an error, the message alone."""
    try:
        value = json.loads(cause)
    except ValueError:
        return cause
    message = value.get("errorMessage") if isinstance(value, dict) else None
    return message if isinstance(message, str) else cause


def error_text(error: str | None, cause: str | None) -> str:
    """Error and cause, whichever exist: ``Payments.Declined: card expired``."""
    return ": ".join(part for part in (error, cause and cause_text(cause)) if part) or "without a name"
