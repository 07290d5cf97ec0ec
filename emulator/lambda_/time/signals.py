"""``signal.alarm`` and the like on the line of a handler's call (``alarms``). The timers of CPU time stay real."""

import math
import signal
from collections.abc import Iterable
from typing import Any, Final

from emulator.lambda_.time.current import current_handler_time
from emulator.lambda_.time.handler_time import HandlerTime

_ALL: Final = ("alarm", "setitimer", "getitimer", "pause", "sigwait", "sigwaitinfo", "sigtimedwait")
_REALS: Final = {name: getattr(signal, name) for name in _ALL if hasattr(signal, name)}


def alarm(seconds: int, /) -> int:
    """The replacement of ``signal.alarm``."""
    line = current_handler_time()
    if line is None:
        return int(_REALS["alarm"](seconds))
    left, _ = line.alarms.set(int(seconds), 0)
    return max(1, math.floor(left + 0.5)) if left else 0


def setitimer(which: int, seconds: float, interval: float = 0.0, /) -> tuple[float, float]:
    """The replacement of ``signal.setitimer``."""
    line = current_handler_time()
    if line is None or which != signal.ITIMER_REAL or min(seconds, interval) < 0:
        found: tuple[float, float] = _REALS["setitimer"](which, seconds, interval)
        return found
    return line.alarms.set(seconds, interval)


def getitimer(which: int, /) -> tuple[float, float]:
    """The replacement of ``signal.getitimer``."""
    line = current_handler_time()
    if line is None or which != signal.ITIMER_REAL:
        found: tuple[float, float] = _REALS["getitimer"](which)
        return found
    return line.alarms.left()


def pause() -> None:
    """The replacement of ``signal.pause``: waits for the alarm, or for the deadline if none is set."""
    line = current_handler_time()
    if line is None:
        _REALS["pause"]()
        return
    alarms = line.alarms
    rung = alarms.rung
    while alarms.rung == rung:
        due = alarms.next_due()
        line.wait_until(line.timeout_microseconds() if due is None else due)


def sigtimedwait(sigset: Iterable[int], timeout: float, /) -> Any:
    """The replacement of ``signal.sigtimedwait``: takes an alarm that rings in time without calling its handler."""
    line = current_handler_time()
    if line is None:
        return _REALS["sigtimedwait"](sigset, timeout)
    if timeout < 0 or (found := _REALS["sigtimedwait"](sigset, 0)) is not None:
        return _REALS["sigtimedwait"](sigset, timeout) if timeout < 0 else found
    due = line.after(timeout)
    return _taken(line, set(sigset), due)


def _taken(line: HandlerTime, sigset: set[int], due: int) -> Any:
    alarms = line.alarms
    rings = alarms.next_due()
    if signal.SIGALRM in sigset and rings is not None and rings <= due:
        alarms.take()
        line.wait_until(rings)
        return signal.struct_siginfo((signal.SIGALRM, 0, 0, 0, 0, 0, 0))
    line.wait_until(due)
    return None


def sigwaitinfo(sigset: Iterable[int], /) -> Any:
    """The replacement of ``signal.sigwaitinfo``; without an alarm it waits until the deadline."""
    line = current_handler_time()
    if line is None:
        return _REALS["sigwaitinfo"](sigset)
    found = _REALS["sigtimedwait"](sigset, 0)
    return found if found is not None else _taken(line, set(sigset), line.timeout_microseconds())


def sigwait(sigset: Iterable[int], /) -> Any:
    """The replacement of ``signal.sigwait``."""
    if current_handler_time() is None:
        return _REALS["sigwait"](sigset)
    return signal.Signals(sigwaitinfo(sigset).si_signo)


REPLACED: Final = tuple((real, globals()[name]) for name, real in _REALS.items() if "sigtimedwait" in _REALS)
"""The real functions and their replacements; none on systems without alarms."""
