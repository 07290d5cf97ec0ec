"""The alarm of a handler's call, as ``signal.alarm`` and ``signal.setitimer`` set it.

It rings when the call's line reaches its instant, in the handler's own thread, which then waits. Where the thread never
waits on the line, because it computes or waits outside the process, the alarm rings after as many real seconds; for a
thread that computes after five at least, since CPU time should not decide.
"""

import _thread
import signal
import sys
import threading
from _thread import start_new_thread  # the real one, also while a handler has another
from typing import Final

from emulator.clock import stopwatch_ns
from emulator.lambda_.outcomes import ProcessExit
from emulator.lambda_.time.line import Line
from emulator.lambda_.time.quiet import Quiet

COMPUTES_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 0.02


class Alarms:
    """The alarm of one call: at most one is set, as in the system."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._due: int | None = None
        self._interval = 0
        self._number = 0
        self.rung = 0
        """How often it has rung."""

    def next_due(self) -> int | None:
        """When it rings, in microseconds since the start of the call."""
        return self._due

    def left(self) -> tuple[float, float]:
        """The seconds until it rings, and then the seconds from ring to ring; 0 for none."""
        due = self._due
        left = 0 if due is None else max(due - self._line.elapsed_microseconds(), 1)
        return left / 1e6, self._interval / 1e6

    def set(self, seconds: float, interval: float) -> tuple[float, float]:
        """Set it, or clear it with 0; returns what ``left`` returned before."""
        before = self.left()
        self._number += 1
        self._interval = round(interval * 1e6)
        self._due = self._line.elapsed_microseconds() + max(1, round(seconds * 1e6)) if seconds else None
        if seconds and threading.current_thread() is threading.main_thread():
            start_new_thread(self._ring_in_real_time, (self._number, seconds, threading.get_native_id()))
        return before

    def take(self) -> int | None:
        """When it rings; it is then set for the next time, without ringing."""
        due = self._due
        if due is not None:
            self._number += 1
            self._due = due + self._interval if self._interval else None
        return due

    def ring(self) -> None:
        """Call the handler of ``SIGALRM`` if the time has come; what it raises ends the wait."""
        while self._due is not None and self._due <= self._line.elapsed_microseconds():
            self.take()
            self.rung += 1
            found = signal.getsignal(signal.SIGALRM)
            if callable(found):
                found(signal.SIGALRM, sys._getframe(1))
            elif found != signal.SIG_IGN:
                raise ProcessExit(-signal.SIGALRM)

    def _ring_in_real_time(self, number: int, seconds: float, native_id: int) -> None:
        pause, quiet = _thread.allocate_lock(), Quiet()
        pause.acquire()
        began, waited, last = stopwatch_ns(), 0, stopwatch_ns()
        while number == self._number and not self._line.ended:
            pause.acquire(True, min(seconds, _PAUSE_SECONDS))
            now = stopwatch_ns()
            waited += now - last if quiet.look(native_id) else 0
            last = now
            if waited >= seconds * 1e9 or now - began >= max(seconds, COMPUTES_SECONDS) * 1e9:
                due = self.take() if number == self._number else None
                if due is not None:
                    self._line.move_to(due)
                    self.rung += 1
                    signal.pthread_kill(self._line.ident, signal.SIGALRM)
                return
