"""The virtual time of one call of a Lambda function.

It starts at the clock's time and moves only when the handler sleeps, so an hour's sleep costs nothing, and the
handler's speed does not affect results.
"""

import operator
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from time import sleep  # noqa: TID251 - the basis of a handler's sleep
from typing import Any

from emulator.clock import EPOCH, aware

_MICROSECOND = timedelta(microseconds=1)


class HandlerTimedOut(BaseException):
    """The handler's time reached its deadline; a handler's ``except Exception`` does not catch it."""


class HandlerTime:
    """One call's own time: starts at ``start`` (aware) and moves by sleeping, never by CPU time, up to ``deadline``.

    The sleeps of a call's threads add up, in whatever order the threads run.
    """

    __slots__ = ("_elapsed", "_lock", "_start", "_timeout", "loop_base", "older_threads", "owner", "slept", "suspended")

    def __init__(self, start: datetime, timeout: timedelta, slept: Callable[[], None] | None = None) -> None:
        self._start = aware(start, "HandlerTime(start)")
        self._timeout = timeout // _MICROSECOND
        self._elapsed = 0
        self._lock = threading.Lock()
        self.loop_base = 0
        self.older_threads: frozenset[threading.Thread] = frozenset()
        self.owner = ""
        """What runs in this time, for people: ``in function charge``."""
        self.slept = slept
        """Called after each sleep that took time, so that the rest of the emulator can catch up."""
        self.suspended: Callable[[], AbstractContextManager[None]] = nullcontext
        """A block in which the process has neither the call's variables nor the modules of its folder."""

    @property
    def deadline(self) -> datetime:
        """When the function's timeout ends the call."""
        return self._start + timedelta(microseconds=self._timeout)

    @property
    def elapsed(self) -> timedelta:
        """The time since the start of the call."""
        return timedelta(microseconds=self._elapsed)

    @property
    def expired(self) -> bool:
        """Whether the call has reached its deadline; the time then stays there, even if the handler continues."""
        return self._elapsed >= self._timeout

    def now(self) -> datetime:
        """The time: aware, UTC."""
        return self._start + timedelta(microseconds=self._elapsed)

    def time_ns(self) -> int:
        """The time in nanoseconds since 1970."""
        return ((self._start - EPOCH) // _MICROSECOND + self._elapsed) * 1000

    def elapsed_microseconds(self) -> int:
        """``elapsed`` in microseconds."""
        return self._elapsed

    def remaining_milliseconds(self) -> int:
        """The time until the deadline, in whole milliseconds as Lambda counts them; never below 0."""
        start = (self._start - EPOCH) // _MICROSECOND
        return max(0, (start + self._timeout) // 1000 - (start + self._elapsed) // 1000)

    def sleep(self, seconds: float) -> None:
        """Move by ``seconds``; raises ``HandlerTimedOut`` at the deadline. Bad values raise what ``time.sleep`` raises.

        >>> handler_time = HandlerTime(datetime(2030, 1, 1, tzinfo=UTC), timedelta(seconds=3))
        >>> handler_time.sleep(2.5)
        >>> handler_time.now().isoformat(), handler_time.remaining_milliseconds()
        ('2030-01-01T00:00:02.500000+00:00', 500)
        """
        given: Any = seconds
        number: float = given if isinstance(given, float) else operator.index(given)
        if not 0 <= number < 2**63 / 1e9:
            sleep(seconds)  # raises its own error
        with self._lock:
            moved = max(round(number * 1_000_000), number > 0)
            self._elapsed = min(self._elapsed + moved, self._timeout)
        if self.expired:
            raise HandlerTimedOut
        if moved and self.slept is not None:
            self.slept()
        if threading.active_count() > 1:
            sleep(0)  # lets the other threads of the handler run, as any sleep does

    def leave(self, milliseconds: int) -> None:
        """Bring the deadline forward, so that at most ``milliseconds`` remain."""
        with self._lock:
            self._timeout = min(self._timeout, self._elapsed + milliseconds * 1000)

    def sleep_to_deadline(self) -> None:
        """Wait for something that never happens: raises ``HandlerTimedOut``."""
        with self._lock:
            self._elapsed = self._timeout
        raise HandlerTimedOut
