"""Time: the clocks that drivers read, and the time line that one Lambda call lives on.

The only module, with the two behind it (``lambda_/time``), that reads the system's time. A clock says
when things happen to executions. A ``HandlerTime`` says what a handler sees while it runs: its call starts at the
clock's time and moves only when the handler sleeps, so a sleep of an hour costs nothing and the handler's own speed
changes no result. ``process_time`` shows such a line to the process, and only while the handler runs.
"""

import operator
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import sleep  # noqa: TID251 - the place that the ban points to
from typing import Any, Final, Protocol

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
DEFAULT_START: Final = datetime(2030, 1, 1, tzinfo=UTC)
"""When a virtual clock starts that is given no time: far from any real run, so that a leak of real time shows."""

_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """What drivers ask for the time."""

    def now(self) -> datetime:
        """The time: aware, UTC."""
        ...


class SystemClock:
    """The system's time, also while a handler is shown another one."""

    def now(self) -> datetime:
        """The system's time: aware, UTC, to the microsecond."""
        return EPOCH + timedelta(microseconds=real_time_ns() // 1000)


class VirtualClock:
    """Time that moves only when it is moved."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = _aware(start or DEFAULT_START, "VirtualClock(start)")

    def now(self) -> datetime:
        """The virtual time: aware, UTC."""
        return self._now

    def move_to(self, at: datetime) -> None:
        """Move forward to ``at``; a time already past leaves the clock where it is."""
        self._now = max(self._now, _aware(at, "VirtualClock.move_to(at)"))


def _aware(at: datetime, name: str) -> datetime:
    """``at`` in UTC; ``name`` says in the error where a time without a zone came from."""
    if at.utcoffset() is None:
        raise ValueError(f"{name}: {at.isoformat()} has no time zone; give one: tzinfo=timezone.utc")
    return at.astimezone(UTC)


def real_time_ns() -> int:
    """The system's time in nanoseconds since 1970, whatever time-machine or freezegun show to everybody else."""
    if (time_machine := sys.modules.get("time_machine")) and time_machine.escape_hatch.is_travelling():
        return int(time_machine.escape_hatch.time.time_ns())
    return _real("time_ns")


def _real(name: str) -> int:
    """``time.<name>()``, also within a test's own ``freeze_time``, which replaces it in every module."""
    frozen = getattr(sys.modules.get("freezegun.api"), f"real_{name}", None)
    nanoseconds: int = (frozen or getattr(time, name))()
    return nanoseconds


def stopwatch_ns() -> int:
    """The system's monotonic time: tells people how long something took in fact, and decides nothing."""
    return _real("monotonic_ns")


class HandlerTimedOut(BaseException):
    """The line reached its deadline; no ``except Exception`` of a handler swallows it."""


class HandlerTime:
    """One call's own time line: from ``start`` (aware) it moves by sleeping, never by CPU time, up to ``deadline``.

    Sleeps of several threads of one call add up, whatever the order in which the threads run.
    """

    __slots__ = ("_elapsed", "_lock", "_start", "_timeout", "loop_base", "outsiders", "slept")

    def __init__(self, start: datetime, timeout: timedelta, slept: Callable[[], None] | None = None) -> None:
        self._start = _aware(start, "HandlerTime(start)")
        self._timeout = timeout // _MICROSECOND
        self._elapsed = 0
        self._lock = threading.Lock()
        self.loop_base = 0
        self.outsiders: frozenset[threading.Thread] = frozenset()
        self.slept = slept
        """Called after each sleep that took time, for what others do meanwhile."""

    @property
    def deadline(self) -> datetime:
        """When the function's timeout ends the call."""
        return self._start + timedelta(microseconds=self._timeout)

    @property
    def elapsed(self) -> timedelta:
        """How far the call has moved."""
        return timedelta(microseconds=self._elapsed)

    @property
    def expired(self) -> bool:
        """Whether the call has reached its deadline; it stays there, even if the handler goes on."""
        return self._elapsed >= self._timeout

    def now(self) -> datetime:
        """The line's time: aware, UTC."""
        return self._start + timedelta(microseconds=self._elapsed)

    def time_ns(self) -> int:
        """The line's time in nanoseconds since 1970."""
        return ((self._start - EPOCH) // _MICROSECOND + self._elapsed) * 1000

    def elapsed_microseconds(self) -> int:
        """``elapsed`` as a number."""
        return self._elapsed

    def remaining_milliseconds(self) -> int:
        """What is left until the deadline, counted in whole milliseconds as Lambda counts; never below 0."""
        start = (self._start - EPOCH) // _MICROSECOND
        return max(0, (start + self._timeout) // 1000 - (start + self._elapsed) // 1000)

    def sleep(self, seconds: float) -> None:
        """Move by ``seconds``; raises ``HandlerTimedOut`` at the deadline. No number: the error of ``time.sleep``.

        >>> line = HandlerTime(DEFAULT_START, timedelta(seconds=3))
        >>> line.sleep(2.5)
        >>> line.now().isoformat(), line.remaining_milliseconds()
        ('2030-01-01T00:00:02.500000+00:00', 500)
        """
        given: Any = seconds
        number: float = given if isinstance(given, float) else operator.index(given)
        if not 0 <= number < 2**63 / 1e9:
            sleep(seconds)  # refuses it in its own words
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
        """Bring the deadline forward, so that no more than this is left until it."""
        with self._lock:
            self._timeout = min(self._timeout, self._elapsed + milliseconds * 1000)

    def sleep_to_deadline(self) -> None:
        """What waiting for something that never comes does: raises ``HandlerTimedOut``."""
        with self._lock:
            self._elapsed = self._timeout
        raise HandlerTimedOut


class _Here(threading.local):
    """The lines that this thread has entered, innermost last; ``None`` is where it has left all of them for a while."""

    def __init__(self) -> None:
        self.lines: list[HandlerTime | None] = []


_here = _Here()
_open: list[HandlerTime] = []
"""The lines in force in the process, latest last."""
_gate = threading.RLock()
_loop_floor = 0
_close: Callable[[], None] | None = None


def current_line() -> HandlerTime | None:
    """The line that this thread is on: its own, or that of the call that started it; None outside of handlers.

    Threads older than the call (a server's, a test runner's) are on none: their sleeps and event loops stay real.
    """
    if _here.lines:
        return _here.lines[-1]
    if not _open:
        return None
    thread = threading.current_thread()
    return next((line for line in reversed(_open) if thread not in line.outsiders), None)


@contextmanager
def off_line() -> Iterator[None]:
    """A block within a handler that is not the handler's: what happens to others in the middle of its call."""
    _here.lines.append(None)
    try:
        yield
    finally:
        _here.lines.pop()


def shown_now() -> datetime:
    """What this process shows as the time (aware, UTC): the handler's line inside of a call, else the system's."""
    line = _shown_line()
    return SystemClock().now() if line is None else line.now()


def _shown_line() -> HandlerTime | None:
    lines = _here.lines or _open
    return lines[-1] if lines else None


def _shown_ns() -> int:
    line = _shown_line()
    return real_time_ns() if line is None else line.time_ns()


def _sleep(seconds: float, /) -> None:
    """``time.sleep`` while a handler runs somewhere in this process."""
    if (line := current_line()) is None:
        sleep(seconds)
    else:
        line.sleep(seconds)


@contextmanager
def process_time(line: HandlerTime, *namespaces: dict[str, Any]) -> Iterator[None]:
    """Show ``line`` to this process: ``datetime``, ``date``, ``time.time`` and their kin, ``time.sleep``, asyncio.

    ``time.monotonic`` and ``time.perf_counter`` go on as they are; botocore signs with the real time; the local time
    zone is UTC, as on Lambda. ``namespaces`` are globals of the code to run that no loaded module holds. Blocks nest,
    in one thread or in several; the real time is back when the outermost is left.
    """
    global _loop_floor
    from emulator.lambda_.time import patches

    with _gate:
        line.outsiders = frozenset(threading.enumerate()) - {threading.current_thread()}
        line.loop_base = _loop_floor = max(_loop_floor, _real("monotonic_ns") // 1000)
        if not _open:
            _start_showing()
        _open.append(line)
        _here.lines.append(line)
        undo = patches.places.patch_namespaces(namespaces)
    try:
        yield
    finally:
        with _gate:
            patches.restore(undo)
            _here.lines.remove(line)
            _open.remove(line)
            _loop_floor = max(_loop_floor, line.loop_base + line.elapsed_microseconds())
            if not _open:
                _stop_showing()


def _start_showing() -> None:
    global _close
    from emulator.lambda_.time import loops, patches

    close_backend = patches.open_backend(_shown_ns, real_time_ns, _sleep)
    close_loops = loops.open_loops(current_line)

    def close() -> None:
        close_loops()
        close_backend()

    _close = close


def _stop_showing() -> None:
    global _close
    close, _close = _close, None
    if close is not None:
        close()
