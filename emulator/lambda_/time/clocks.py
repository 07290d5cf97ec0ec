"""``time.sleep`` and the clocks that show a duration, as a handler's threads see them.

All of these clocks move with the call's line, that of the process's CPU time too: CPU time never changes a result. Code
that waits outside the process needs real seconds for its time-outs, so some modules keep the real functions (``REAL``).
"""

import sys
import time
from collections.abc import Callable
from typing import Any, Final

from emulator.clock import real_function
from emulator.lambda_.time.current import current_handler_time
from emulator.lambda_.time.handler_time import HandlerTime

REAL: Final = frozenset(
    {
        "concurrent.futures.process",
        "selectors",
        "socketserver",
        "ssl",
        "subprocess",
        "urllib3.util.timeout",
        "urllib3.util.wait",
    }
)
"""Modules that measure the time of waits outside: for them the clocks and ``time.sleep`` are the real ones."""
REAL_PACKAGE: Final = "multiprocessing."

_WALL: Final = frozenset(
    getattr(time, name) for name in ("CLOCK_REALTIME", "CLOCK_REALTIME_COARSE", "CLOCK_TAI") if hasattr(time, name)
)
_UPTIMES: Final = ("monotonic", "perf_counter", "process_time", "thread_time")


def _line() -> HandlerTime | None:
    """The line on which the caller's caller waits and reads; None if it does so in real time."""
    line = current_handler_time()
    if line is None or line.ended:
        return None
    name = sys._getframe(2).f_globals.get("__name__", "")
    return None if name in REAL or name.startswith(REAL_PACKAGE) else line


def _seconds(real: Callable[[], float]) -> Callable[[], float]:
    def clock() -> float:
        if (line := _line()) is None:
            return real()
        line.read()
        return line.monotonic_ns() / 1e9

    clock.__name__ = clock.__qualname__ = real.__name__
    return clock


def _nanoseconds(real: Callable[[], int]) -> Callable[[], int]:
    def clock() -> int:
        if (line := _line()) is None:
            return real()
        line.read()
        return line.monotonic_ns()

    clock.__name__ = clock.__qualname__ = real.__name__
    return clock


def _gettime_ns(real: Callable[[int], int]) -> Callable[[int], int]:
    def clock_gettime_ns(clk_id: int, /) -> int:
        if (line := _line()) is None:
            return real(clk_id)
        line.read()
        return line.time_ns() if clk_id in _WALL else line.monotonic_ns()

    return clock_gettime_ns


def _gettime(real: Callable[[int], float]) -> Callable[[int], float]:
    def clock_gettime(clk_id: int, /) -> float:
        if (line := _line()) is None:
            return real(clk_id)
        line.read()
        return (line.time_ns() if clk_id in _WALL else line.monotonic_ns()) / 1e9

    return clock_gettime


real_sleep: Final = time.sleep  # noqa: TID251 - the function that is replaced


def sleep(seconds: float, /) -> None:
    """The replacement of ``time.sleep`` while a handler runs anywhere in this process."""
    line = current_handler_time()
    if line is None or (_line() is None and not line.ended):
        real_sleep(seconds)
    else:
        line.sleep(seconds)


_CLOCKS: Final[tuple[tuple[str, Callable[[Any], Any]], ...]] = (
    *((name, _seconds) for name in _UPTIMES),
    *((f"{name}_ns", _nanoseconds) for name in _UPTIMES),
    ("clock_gettime", _gettime),
    ("clock_gettime_ns", _gettime_ns),
)

REPLACED: Final[list[tuple[Any, Any]]] = [
    (real_sleep, sleep),
    *(
        (real_function(name), clock(real_function(name)))
        for name, clock in _CLOCKS
        if hasattr(time, name)  # thread_time and clock_gettime are not everywhere
    ),
]
"""The real functions and their replacements."""
