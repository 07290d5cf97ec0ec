"""Time: the clocks that drivers read, and the system's clock.

A clock gives the time of the events of executions. The time that a running handler sees is in ``lambda_/time``; only
that folder and this module read the system's time.
"""

import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Final

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


def aware(at: datetime, name: str) -> datetime:
    """``at`` in UTC; the error about a missing time zone begins with ``name``."""
    if at.utcoffset() is None:
        raise ValueError(f"{name}: {at.isoformat()} has no time zone; give one: tzinfo=timezone.utc")
    return at.astimezone(UTC)


def real_time_ns() -> int:
    """The system's time in nanoseconds since 1970, even while time-machine or freezegun replace it."""
    if (time_machine := sys.modules.get("time_machine")) and time_machine.escape_hatch.is_travelling():
        return int(time_machine.escape_hatch.time.time_ns())
    return _real("time_ns")


def _real(name: str) -> int:
    """``time.<name>()``, even within a test's own ``freeze_time``, which replaces it in every module."""
    frozen = getattr(sys.modules.get("freezegun.api"), f"real_{name}", None)
    nanoseconds: int = (frozen or getattr(time, name))()
    return nanoseconds


def stopwatch_ns() -> int:
    """The system's monotonic time: shows people how long something really took, and decides nothing."""
    return _real("monotonic_ns")
