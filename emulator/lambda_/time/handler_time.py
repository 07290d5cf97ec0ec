"""The virtual time of one call of a Lambda function: its line, and the ways to wait on it.

``line`` says what moves it, ``threads`` how the waits of several threads overlap. Which functions of Python wait inside
the process and which outside is in ``locks``, ``signals``, ``loops`` and ``outside``.
"""

import operator
from collections.abc import Callable
from datetime import datetime, timedelta
from time import sleep  # noqa: TID251 - the basis of a handler's sleep
from typing import Any, Final

from emulator.lambda_.time.alarms import Alarms
from emulator.lambda_.time.line import HandlerTimedOut, Line
from emulator.lambda_.time.threads import Threads

__all__ = ["MANY_READS", "READ_MICROSECONDS", "HandlerTime", "HandlerTimedOut"]

MANY_READS: Final = 10_000
"""How often a handler may read its clocks before that counts as waiting; ordinary code stays below."""
READ_MICROSECONDS: Final = 1000
"""The length of a wait that is a read of a clock."""

_MICROSECOND = timedelta(microseconds=1)


class HandlerTime(Line):
    """One call's own time: moves by waiting, never by CPU time, up to its deadline."""

    __slots__ = ("_alarms", "_reads", "children", "function_name", "log", "request_id", "threads")

    def __init__(
        self,
        start: datetime,
        timeout: timedelta,
        slept: Callable[[], None] | None = None,
        *,
        booted: datetime | None = None,
    ) -> None:
        super().__init__(start, timeout, slept, booted=booted)
        self._reads = 0
        self.request_id = ""
        self.function_name = ""
        self.log: list[str] | None = None
        """Gets what the handler prints and logs (``lambda_/log.py``)."""
        self.threads: Threads | None = None
        """The threads of the call, once there is more than one or one waits for a lock."""
        self._alarms: Alarms | None = None
        self.children: dict[Any, Callable[[], None]] = {}
        """Child processes that the handler has started, or found running -> wait for one in real time."""

    @property
    def alarms(self) -> Alarms:
        """What ``signal.alarm`` and ``signal.setitimer`` have set."""
        if self._alarms is None:
            self._alarms = Alarms(self)
        return self._alarms

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
        if moved := max(round(number * 1_000_000), number > 0):
            self.wait_until(self._elapsed + moved)
        else:
            self.let_others_run()

    def sleep_until(self, at: datetime) -> None:
        """Sleep until ``at`` (aware), a sleep like any other; a time in the past does nothing."""
        if (due := (at - self._start) // _MICROSECOND) > self._elapsed:
            self.wait_until(due)

    def sleep_to_deadline(self) -> None:
        """Wait for something that never happens: raises ``HandlerTimedOut``."""
        self.wait_until(self._timeout)

    def wait_until(self, due: int) -> None:
        """Wait until ``due``, in microseconds since the start; raises ``HandlerTimedOut`` at the deadline."""
        self._reads = 0
        for wait in list(self.children.values()):  # asking again is waiting
            wait()
        self._wait_until(due)

    def _wait_until(self, due: int) -> None:
        if self.threads is not None:
            self.threads.sleep(due)
            return
        while self._alarms is not None and (alarm := self._alarms.next_due()) is not None and alarm <= due:
            self.move_to(alarm)
            if self.expired:
                raise HandlerTimedOut
            self.caught_up()
            self._alarms.ring()
        self.move_to(due)
        if self.expired:
            raise HandlerTimedOut
        self.caught_up()

    def open_threads(self) -> Threads:
        """The threads of the call; this one has to be the handler's own when there is no other yet."""
        if self.threads is None:
            self.threads = Threads(self, self.alarms)
        return self.threads

    def let_others_run(self) -> None:
        """Let the other threads of the call run, without waiting; counts as a read of a clock."""
        if self.expired:
            raise HandlerTimedOut
        self.read()
        if self.threads is not None and (thread := self.threads.here()) is not None:
            self.threads.let_others_run(thread)

    def read(self) -> None:
        """Count a read of a clock; from ``MANY_READS`` on it is a wait."""
        self._reads += 1
        if self._reads > MANY_READS and not (self.expired or self.ended):
            self._wait_until(self._elapsed + READ_MICROSECONDS)

    def finish(self) -> None:
        """End the call; its threads end where they wait (``threads.Threads.close``)."""
        self.ended = True
        if self.threads is not None:
            self.threads.close()
