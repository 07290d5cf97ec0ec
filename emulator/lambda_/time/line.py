"""The virtual time of one call of a Lambda function.

**A call has a line of virtual time.** It starts at the clock's time and ends with the call, or at its deadline.

| a thread of the call | virtual time | real time |
| --- | --- | --- |
| computes | none | as long as it takes |
| waits inside the process: a sleep, a lock, a queue, another thread, a timer, an alarm | until it may go on | none |
| waits outside: a child process, a socket, a file | none | as long as it takes |

So the speed of the machine never changes a result. How the waits of several threads overlap is in ``threads``; which
functions wait inside and which outside is in ``locks``, ``signals`` and ``outside``.

**All clocks of the handler move with the line**, ``time.monotonic``, ``perf_counter`` and the clocks of the process
included. A loop that waits by reading a clock again and again would never end. So after ``MANY_READS`` reads without a
wait between them, each further read is a wait of a millisecond.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import Final

from emulator.clock import EPOCH, aware

UPTIME_NS: Final = 1_000_000 * 10**9
"""What the monotonic clocks show when the emulator's time begins: those of a machine that has run for some days."""

_MICROSECOND = timedelta(microseconds=1)
"""``n * _MICROSECOND`` is ``timedelta(microseconds=n)``, in a fifth of its time."""


class HandlerTimedOut(BaseException):
    """The handler's time reached its deadline; a handler's ``except Exception`` does not catch it."""


class Line:
    """One call's line: starts at ``start`` (aware), up to ``deadline``. ``HandlerTime`` waits on it.

    ``booted`` (aware) is when the emulator's time began; the monotonic clocks count from there. Default: ``start``.
    """

    __slots__ = (
        "_booted",
        "_elapsed",
        "_nudged",
        "_start",
        "_timeout",
        "ended",
        "ident",
        "loop_base",
        "owner",
        "slept",
        "suspended",
    )

    def __init__(
        self,
        start: datetime,
        timeout: timedelta,
        slept: Callable[[], None] | None = None,
        *,
        booted: datetime | None = None,
    ) -> None:
        self._start = aware(start, "HandlerTime(start)")
        self._booted = self._start if booted is None else booted
        self._timeout = timeout // _MICROSECOND
        self._elapsed = 0
        self._nudged = 0
        self.loop_base = 0
        self.ident = threading.get_ident()
        """The ident of the thread that runs the handler."""
        self.owner = ""
        """What runs in this time, for people: ``in function charge``."""
        self.ended = False
        """Whether the call has ended."""
        self.slept = slept
        """Called after each wait that took time, so that the rest of the emulator can catch up."""
        self.suspended: Callable[[], AbstractContextManager[None]] = nullcontext
        """A block in which the process has neither the call's variables nor the modules of its folder."""

    @property
    def deadline(self) -> datetime:
        """When the function's timeout ends the call."""
        return self._start + self._timeout * _MICROSECOND

    @property
    def elapsed(self) -> timedelta:
        """The time since the start of the call."""
        return self._elapsed * _MICROSECOND

    @property
    def expired(self) -> bool:
        """Whether the call has reached its deadline; the time then stays there, even if the handler continues."""
        return self._elapsed >= self._timeout

    def now(self) -> datetime:
        """The time: aware, UTC."""
        return self._start + self._elapsed * _MICROSECOND

    def time_ns(self) -> int:
        """The time in nanoseconds since 1970."""
        return ((self._start - EPOCH) // _MICROSECOND + self._elapsed) * 1000

    def monotonic_ns(self) -> int:
        """What ``time.monotonic_ns`` and the like show."""
        return UPTIME_NS + ((self._start - self._booted) // _MICROSECOND + self._elapsed) * 1000 + self._nudged

    def elapsed_microseconds(self) -> int:
        """``elapsed`` in microseconds."""
        return self._elapsed

    def timeout_microseconds(self) -> int:
        """The deadline, in microseconds since the start."""
        return self._timeout

    def remaining_milliseconds(self) -> int:
        """The time until the deadline, in whole milliseconds as Lambda counts them; never below 0."""
        start = (self._start - EPOCH) // _MICROSECOND
        return max(0, (start + self._timeout) // 1000 - (start + self._elapsed) // 1000)

    def move_to(self, due: int) -> None:
        """Set the time: to ``due``, in microseconds since the start, and not beyond the deadline."""
        self._elapsed = max(self._elapsed, min(due, self._timeout))

    def caught_up(self) -> None:
        """Let the rest of the emulator do what is due by now."""
        if not self.expired and self.slept is not None:
            self.slept()

    def leave(self, milliseconds: int) -> None:
        """Bring the deadline forward, so that at most ``milliseconds`` remain."""
        self._timeout = min(self._timeout, self._elapsed + milliseconds * 1000)

    def after(self, seconds: float) -> int:
        """When a wait of ``seconds`` is over, in microseconds since the start of the call.

        A wait of less than a microsecond, which the rounding of a clock leaves over, moves the monotonic clocks by a
        nanosecond, so that a loop until their deadline ends.
        """
        moved = round(min(seconds, 2.0**40) * 1_000_000)
        if moved <= 0 < seconds:
            self._nudged = min(self._nudged + 1, 999)
        return self._elapsed + max(moved, 0)
