"""Executions that their caller waits for: StartSyncExecution returns when the execution has ended.

Who calls decides on which time line it runs:

| the caller | its execution runs | and for the caller |
| --- | --- | --- |
| a test, another thread, a request to a server | on the emulator's own time line | time passes until it has ended |
| a handler | on a line of its own, which begins at the handler's time | the handler has slept until its end |
| other code in the middle of an action | the same | no time passes |
| a caller that reads no answer (a schedule) | on the emulator's own time line | it does not wait |

A handler's own time can be ahead of the clock, and the clock must not pass the limit that the test set. So an execution
on a line of its own runs ahead, as a function does that a handler invokes. The handler sleeps from each step of that
line to the next: then its other threads go on, and so do the other lines, where the limit allows. At its deadline the
caller ends, and its execution goes on with the others, as on AWS.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Final, NamedTuple

from emulator.clock import VirtualClock
from emulator.errors import NotEmulatedError
from emulator.execution import Execution
from emulator.lambda_.time.handler_time import HandlerTime
from emulator.lambda_.time.shown import current_handler_time, off_handler_time
from emulator.timeline import NEVER_ENDS, TimeLine

DEEPEST: Final = 10
"""How many callers may wait for one another: each takes some of Python's stack."""


class StillRuns(BaseException):
    """An execution has not ended whose caller waits in real time, or does not wait for its answer at all."""

    def __init__(self, execution: Execution) -> None:
        super().__init__(execution.arn)
        self.execution = execution


class Entered(NamedTuple):
    """A line whose actions this thread runs, and the deadline of the caller that waits for it."""

    line: TimeLine
    deadline: datetime = NEVER_ENDS


class _Here(threading.local):
    def __init__(self) -> None:
        self.entered: list[Entered] = []
        self.starts_only = False


class Ahead:
    """The lines that run ahead of ``timeline``, the emulator's own."""

    def __init__(self, timeline: TimeLine) -> None:
        self._timeline = timeline
        self._here = _Here()
        self._lock = threading.Lock()
        self._open = 0
        """How many lines are entered, in all threads: ordinary runs pay one comparison."""
        self.on_take_over: list[Callable[[TimeLine, TimeLine], None]] = []
        """Called with a line that has ended, and the one to which the rest of it belongs now."""
        self.in_real_time = False
        """Whether time passes at the pace of the system's clock: ``run`` then raises ``StillRuns``."""

    @property
    def is_inside(self) -> bool:
        """Whether this thread runs an action of a line that runs ahead."""
        return bool(self._open and self._here.entered and self._here.entered[-1].line is not self._timeline)

    def now(self) -> datetime:
        """The time of the line whose action this thread runs; outside of actions the emulator's."""
        if self._open and self._here.entered:
            return self._here.entered[-1].line.clock.now()
        return self._timeline.clock.now()

    def catch_up(self, when: datetime) -> None:
        """A handler of this thread has slept until ``when``: do what is due by then, on all lines."""
        if not (self._open and self._here.entered):
            self._timeline.catch_up(when)
            return
        entered = list(self._here.entered)
        self._follow(entered[::-1], min(when, *(each.deadline for each in entered)))

    def run(self, start: Callable[[TimeLine], Execution]) -> Execution:
        """What ``start`` begins on the line that it is given, when it has ended.

        A handler is told of its deadline instead, by ``HandlerTimedOut``, if that comes first.
        Raises ``EmulatorError`` for a task that nothing can answer, ``NotEmulatedError`` for too many callers that wait
        for one another, and ``StillRuns`` in real time and within ``starting``.
        """
        caller = current_handler_time()
        if caller is None and self._here.starts_only:
            raise StillRuns(start(self._timeline))
        if caller is None and not self._timeline.running and not self.is_inside:
            return self._run_here(start)
        entered = list(self._here.entered)
        if len(entered) >= DEEPEST:
            raise NotEmulatedError(f"StartSyncExecution: {DEEPEST} callers wait for one another; more are not emulated")
        line = TimeLine(VirtualClock(self.now() if caller is None else caller.now()))
        here = Entered(line, NEVER_ENDS if caller is None else caller.deadline)
        with off_handler_time(), self._enter(here):
            execution = start(line)
            line.run_due()
        while execution.finish is None:
            at = line.next_at()
            assert at is not None, "its five minutes end it"
            if caller is not None:
                self._sleep(caller, at, here, entered[-1].line if entered else self._timeline)
            with off_handler_time(), self._enter(here):
                line.clock.move_to(at)
                line.run_due()
        if caller is not None and execution.stopped_at is not None:
            caller.sleep_until(execution.stopped_at)
        return execution

    @contextmanager
    def starting(self) -> Iterator[None]:
        """A block that starts executions and does not wait for their answers: they run on the clock."""
        before, self._here.starts_only = self._here.starts_only, True
        try:
            with suppress(StillRuns):
                yield
        finally:
            self._here.starts_only = before

    def _sleep(self, caller: HandlerTime, at: datetime, here: Entered, outer: TimeLine) -> None:
        """The caller waits until ``at``, as in a sleep: its other threads go on, and so do the other lines.

        When it does not wait on, at its deadline or for an alarm of its own, the rest of its line belongs to ``outer``.
        """
        try:
            caller.sleep_until(at)
        except BaseException:
            self._go_on(here.line, outer)
            raise

    def _go_on(self, line: TimeLine, outer: TimeLine) -> None:
        """What is left of ``line`` belongs to ``outer``: nothing waits for its execution any more."""
        outer.take_over(line)
        for tell in self.on_take_over:
            tell(line, outer)

    def _run_here(self, start: Callable[[TimeLine], Execution]) -> Execution:
        execution = start(self._timeline)
        if not self.in_real_time:
            self._timeline.run_until(lambda: execution.finish is not None)
            return execution
        self._timeline.advance_to(self._timeline.clock.now())
        if execution.finish is None:
            raise StillRuns(execution)
        return execution

    def _follow(self, entered: list[Entered], when: datetime) -> None:
        """Let the lines that this thread has entered, and the emulator's own, follow until ``when``."""
        for line in dict.fromkeys([*(each.line for each in entered), self._timeline]):
            with self._enter(Entered(line)):
                line.catch_up(when)

    @contextmanager
    def _enter(self, entered: Entered) -> Iterator[None]:
        with self._lock:
            self._open += 1
        self._here.entered.append(entered)
        try:
            yield
        finally:
            self._here.entered.pop()
            with self._lock:
                self._open -= 1
