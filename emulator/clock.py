"""Time: the clocks that drivers read, and the system's clock.

A clock gives the time of the events of executions. The time that a running handler sees is in ``lambda_/time``; only
that folder and this module read the system's time.
"""

import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from asl.problems import nearest

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
DEFAULT_START: Final = datetime(2030, 1, 1, tzinfo=UTC)
"""The default start of a virtual clock: far from any real run, so that a leak of real time shows."""


class SystemClock:
    """The system's time, even while a handler sees another one."""

    def now(self) -> datetime:
        """The system's time: aware, UTC, to the microsecond."""
        return EPOCH + timedelta(microseconds=real_time_ns() // 1000)


class VirtualClock:
    """Time that moves only when it is moved."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = aware(start or DEFAULT_START, "VirtualClock(start)")

    def now(self) -> datetime:
        """The virtual time: aware, UTC."""
        return self._now

    def move_to(self, at: datetime) -> None:
        """Move forward to ``at``; a time in the past does not change the clock."""
        self._now = max(self._now, aware(at, "VirtualClock.move_to(at)"))


UNITS: Final = ("weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds")
"""The units of a length of time: the keyword arguments of ``timedelta``."""


def length_of(by: object, units: Mapping[str, object], call: str = "advance") -> timedelta:
    """The sum of ``by`` and of numbers by their unit (``UNITS``); ``call`` names the call in errors.

    Raises ``TypeError`` for a number without a unit and for other types, ``ValueError`` for a number that is not
    finite, a length that ``timedelta`` cannot hold, and a negative sum.
    """
    if by is not None and not isinstance(by, timedelta):
        is_number = isinstance(by, int | float) and not isinstance(by, bool)
        hint = f"{call}(seconds={by!r})" if is_number else f"{call}(seconds=5) or {call}(timedelta(hours=1))"
        said = "is a number without a unit" if is_number else f"is not a length of time but a {type(by).__name__}"
        raise TypeError(f"{call}({by!r}): {by!r} {said}\n    fix: {hint}")
    length: timedelta = by or timedelta()
    for unit, number in units.items():
        if unit not in UNITS:
            near = nearest(unit, UNITS) or ["seconds"]
            raise TypeError(
                f"{call}({unit}={number!r}): there is no unit {unit}\n    fix: {call}({near[0]}={number!r})"
            )
        if isinstance(number, bool) or not isinstance(number, int | float):
            hint = f"{call}({number!r})" if isinstance(number, timedelta) else f"{call}({unit}=5)"
            raise TypeError(
                f"{call}({unit}={number!r}): {unit} is a number, not {type(number).__name__}\n    fix: {hint}"
            )
        try:
            length += timedelta(**{unit: number})
        except (ValueError, OverflowError):
            finite = number == number and abs(number) != float("inf")
            why = "is longer than a timedelta can be" if finite else "is not a finite number"
            raise ValueError(f"{call}({unit}={number!r}): {number!r:.40} {why}") from None
    if length < timedelta():
        negative = [f"{unit}={number!r}" for unit, number in units.items() if number < 0]  # type: ignore[operator]
        negative += [repr(by)] if isinstance(by, timedelta) and by < timedelta() else []
        raise ValueError(f"time cannot go back: {call}: {', '.join(negative)} is negative")
    return length


def later(now: datetime, length: timedelta, call: str = "advance") -> datetime:
    """``now + length``; raises ``ValueError`` for a time after the year 9999, where clocks end."""
    try:
        return now + length
    except OverflowError:
        raise ValueError(f"{call}({length}): the clock is at {now.isoformat()} and ends with the year 9999") from None


def aware(at: datetime, name: str) -> datetime:
    """``at`` in UTC; the errors about another type and about a missing time zone begin with ``name``."""
    if not isinstance(at, datetime):
        raise TypeError(f"{name}: {at!r} is not a datetime; give datetime(2031, 1, 1, tzinfo=timezone.utc)")
    if at.tzinfo is UTC:
        return at
    if at.utcoffset() is None:
        raise ValueError(f"{name}: {at.isoformat()} has no time zone; give one: tzinfo=timezone.utc")
    return at.astimezone(UTC)


def real_time_ns() -> int:
    """The system's time in nanoseconds since 1970, even while time-machine or freezegun replace it."""
    if (time_machine := sys.modules.get("time_machine")) and time_machine.escape_hatch.is_travelling():
        return int(time_machine.escape_hatch.time.time_ns())
    return int(real_function("time_ns")())


def real_function(name: str) -> Any:
    """``time.<name>``, even within a test's own ``freeze_time``, which replaces it in every module."""
    return getattr(sys.modules.get("freezegun.api"), f"real_{name}", None) or getattr(time, name)


stopwatch_ns: Final[Callable[[], int]] = partial(real_function("monotonic_ns"))
"""The system's monotonic time: shows people how long something really took, and decides no result.

In a ``partial``, because a test's ``freeze_time`` replaces the name of the function in every module.
"""
