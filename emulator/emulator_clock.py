"""``emulator.clock``: the virtual time as a test reads and moves it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Never

from asl.values import instant_text
from emulator.clock import aware, later, length_of
from emulator.lambda_.time.shown import current_handler_time
from emulator.timeline import Alarm, TimeLine


def coming_text(timeline: TimeLine, *, counts: Callable[[Alarm], bool] = lambda alarm: True) -> str:
    """What is due next on a time line, and when; empty for nothing, and for what does not count."""
    alarm = timeline.next_alarm()
    if alarm is None or not counts(alarm):
        return ""
    return f"{instant_text(alarm.at)}: {alarm.text() or 'a timer'}"


def far_text(timeline: TimeLine) -> str:
    """What a run has not waited for, since much else would come before it, and when; empty for nothing."""
    alarm = timeline.next_awaited()
    return "" if alarm is None else f"{instant_text(alarm.at)}: {alarm.text() or 'a timer'}"


class EmulatorClock:
    """The emulator's virtual time.

    It moves when the test moves it (``advance``, ``advance_to``), when ``run``, ``finish`` and ``run_until`` wait for
    something, and when a client asks again and again for the status of an execution.
    """

    def __init__(self, timeline: TimeLine) -> None:
        self._timeline = timeline

    def now(self) -> datetime:
        """The virtual time: aware, UTC."""
        return self._timeline.clock.now()

    def __repr__(self) -> str:
        coming = self.next_text
        return f"<EmulatorClock at {instant_text(self.now())}, {f'next {coming}' if coming else 'nothing is due'}>"

    @property
    def next_at(self) -> datetime | None:
        """When the next thing is due: a timer, a retry, a schedule (aware, UTC); ``None`` when there is none."""
        return self._timeline.next_at()

    @property
    def next_text(self) -> str:
        """What is due next, and when, for people: ``2030-01-01T00:01:00Z: rule every-minute``; empty for nothing."""
        return coming_text(self._timeline)

    def advance(
        self,
        by: timedelta | None = None,
        *,
        weeks: float = 0,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        milliseconds: float = 0,
        microseconds: float = 0,
        **others: Never,
    ) -> None:
        """Move the clock forward by the sum of the arguments. What is due on the way happens, each thing at its time.

        ``by`` is a ``timedelta``; the others are what ``timedelta`` takes. In a handler this is a sleep of the handler,
        and ends at its timeout. Raises ``ValueError`` for a negative sum, for a number that is not finite and for a
        time after the year 9999, ``TypeError`` for another type.
        """
        units = {
            "weeks": weeks,
            "days": days,
            "hours": hours,
            "minutes": minutes,
            "seconds": seconds,
            "milliseconds": milliseconds,
            "microseconds": microseconds,
            **others,
        }
        length = length_of(by, units)
        if (handler := current_handler_time()) is not None:
            handler.sleep(length.total_seconds())
            self._timeline.catch_up(handler.now())
            return
        self._timeline.advance_to(later(self.now(), length))

    def advance_to(self, when: datetime) -> None:
        """Move the clock forward to ``when`` (aware). What is due on the way happens, each thing at its time.

        Raises ``ValueError`` for a time without a time zone and for one in the past, ``TypeError`` for another type,
        ``EmulatorError`` in a handler that a task or a rule called.
        """
        when = aware(when, "advance_to")
        if when < self.now():
            raise ValueError(f"time cannot go back: it is {self.now().isoformat()}, later than {when.isoformat()}")
        self._timeline.advance_to(when)
