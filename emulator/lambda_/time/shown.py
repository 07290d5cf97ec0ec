"""Which time this process and its threads are shown: a handler's while one runs, else the system's.

``process_time`` shows a handler's time to the process, and only while the handler runs.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from time import sleep  # noqa: TID251 - what sleeps where no handler runs
from typing import Any

from emulator.clock import SystemClock, real_time_ns, stopwatch_ns
from emulator.lambda_.time.handler_time import HandlerTime


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
    from emulator.lambda_.time import patches  # what no handler needs is not loaded

    with _gate:
        line.outsiders = frozenset(threading.enumerate()) - {threading.current_thread()}
        line.loop_base = _loop_floor = max(_loop_floor, stopwatch_ns() // 1000)
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
    from emulator.lambda_.time import loops, patches  # asyncio waits until a handler is called

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
