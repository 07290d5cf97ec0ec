"""How time passes for a long poll of SQS, such as ``ReceiveMessage`` with ``WaitTimeSeconds``.

| who polls | how it waits |
| --- | --- |
| a handler | in its own time |
| the thread that made the emulator | virtual time passes, unless ``polling_waits=False`` |
| another thread | a program of its own: in real time |
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import get_ident
from time import sleep  # noqa: TID251 - another thread waits in real time
from typing import Final

from emulator.ahead import Ahead
from emulator.clock import stopwatch_ns
from emulator.errors import NotEmulatedError
from emulator.lambda_.time.shown import current_handler_time
from emulator.timeline import TimeLine
from emulator.world import World

_LOOK_AGAIN_SECONDS: Final = 0.005
"""How often another thread's long poll looks, in real time."""


class LongPolls:
    """The long polls of one emulator, which is made in the thread that makes this."""

    def __init__(self, world: World, timeline: TimeLine, ahead: Ahead, *, waits: bool) -> None:
        self._world = world
        self._timeline = timeline
        self._ahead = ahead
        self._waits = waits
        self._home = get_ident()

    def let_pass(self, until: datetime, arrived: Callable[[], bool]) -> bool:
        """Let time pass until ``until`` or ``arrived()``; ``False`` when none can pass for the caller."""
        handler_time = current_handler_time()
        if handler_time is not None:
            self._world.catch_up()
            while not arrived() and (now := handler_time.now()) < until:
                handler_time.sleep((self._next_after(now, until) - now).total_seconds())
            return True
        if get_ident() != self._home:
            return self._wait_really(until - self._world.now(), arrived)
        if self._timeline.running or self._ahead.is_inside or not self._waits:
            return False
        self._timeline.advance_to(self._world.now())
        while not arrived() and (now := self._world.now()) < until:
            self._timeline.advance_to(self._next_after(now, until))
        return True

    def sleep(self, until: datetime) -> None:
        """Let the caller of a slow service wait until ``until``: a handler in its own time, others on the clock.

        No time passes within an action that is no handler's. Raises ``NotEmulatedError`` where time is real.
        """
        handler_time = current_handler_time()
        if handler_time is not None:
            handler_time.sleep_until(until)
        elif self._ahead.in_real_time:
            raise NotEmulatedError("a delay for a client of a server in real time is not emulated; --time skip has it")
        elif not (self._timeline.running or self._ahead.is_inside):
            self._timeline.advance_to(until)

    def _next_after(self, now: datetime, until: datetime) -> datetime:
        at = self._timeline.next_at()
        return until if at is None or at <= now else min(at, until)

    def _wait_really(self, length: timedelta, arrived: Callable[[], bool]) -> bool:
        end = stopwatch_ns() + length / timedelta(microseconds=1) * 1000
        while self._world.is_open and stopwatch_ns() < end:
            if arrived():
                return True
            sleep(_LOOK_AGAIN_SECONDS)
        return False
