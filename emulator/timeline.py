"""The time line of an emulator: the schedule of all its executions, answers and deliveries.

Nothing here sleeps: when nothing can be done now, the clock jumps to the next scheduled time. Actions of the same
instant run in the order in which they were requested.

**What a call starts begins after the call.** PutEvents, StartExecution, an asynchronous Invoke and SendTaskSuccess only
put an action on the time line; it runs when the caller has finished:

| caller | what it started begins |
| --- | --- |
| a test, or another thread that runs no handler | when the response is ready, before the call returns (``call``) |
| a handler, however it was called | when it ends, or while it sleeps (``catch_up``) |
| a Task | after everything that was ready before it |
| a ``hold``, such as the trigger of a background task | when time passes, or at the next such call |

It begins at the instant of the request: the clock's time, or the handler's own. While a handler sleeps, time passes for
the others, but never beyond the requested limit: a handler within ``advance(seconds=10)`` that sleeps for an hour runs
ahead of the clock, in its own time (``HandlerTime``). One thread runs all handlers, so a handler that begins in the
sleep of another must return before that sleep can end: beyond that end it, too, runs ahead. A
handler's variables and modules leave the process during its sleep (``lambda_/surroundings.py``).

StopExecution starts nothing: it is done when it returns (``now_or_at``).

While actions run nothing of the user's does but handlers: what the process shows to one may stay for the next
(``shared_change.stretch``).

Alarms are of three kinds, by who waits for them:

| kind | such as | ``run``, ``run_until`` | ``advance``, a handler's sleep |
| --- | --- | --- | --- |
| awaited | a Wait, a retry, a one-time schedule | go on to it | happens |
| ``passive`` | an execution's own time limit | happens if something later is awaited | happens |
| ``repeats`` | the next time of a ``rate`` or ``cron`` | the same | happens |

What repeats has no end, so a run that waited for it would never give up. Nor would one whose machine waits for a token,
and which waits for a schedule in 70 years with all the minutes before it: after ``MOST_RECURRENCES`` times of what
repeats a run goes on only for the timers of executions (``at``), no longer for the works of services (``begin``): a
one-time schedule, the removal of an item, a retry of a delivery. A client that polls goes on to the next
alarm that does not repeat (``next_once_at``); the others happen on the way, each at its time.

Each action knows the work in which it was requested (``begin``), so a chain of works that begin one another without any
time passing has an end (``emulator.causes``).
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from heapq import heapify, heappop, heappush
from threading import Lock, get_ident, local
from typing import Any, Final, TypeAlias, TypeVarTuple

from emulator.causes import Causes, Work
from emulator.clock import VirtualClock
from emulator.errors import EmulatorError
from emulator.lambda_.time.shown import current_handler_time, off_handler_time
from emulator.shared_change import stretch

Given = TypeVarTuple("Given")
Action: TypeAlias = Callable[[], None]
Ready: TypeAlias = "tuple[Callable[..., None], tuple[Any, ...], Work | None]"
"""What can be done now, its arguments, and the work that it belongs to."""
What: TypeAlias = str | Callable[[], str]
"""What an alarm is: ``rule every-minute``."""

MANY: Final = 1000
"""Cancelled alarms to tolerate before removing them; most are time limits of executions."""

MOST_RECURRENCES: Final = 5000
"""Times of what repeats, such as three days of minutes, after which a run no longer waits for the works of services."""

DEEPEST: Final = 10
"""How many handlers may sleep at a time, one called in the sleep of another: each takes some of Python's stack.
Nothing else happens in the sleeps of handlers nested deeper."""
NEVER_ENDS: Final = datetime.max.replace(tzinfo=UTC)


def _nothing() -> None:
    """The action of a cancelled alarm."""


def _nothing_external(_idle: bool) -> bool:
    """No other program takes part."""
    return False


def _never() -> bool:
    return False


class _Calls(local):
    """The calls of one thread that are being answered, nested in one another."""

    depth = 0
    settles = False


class Alarm:
    """An action at a time. ``passive`` alarms, such as an execution's time limit, are not worth waiting for.

    ``what`` says for people what it is, or is a function that does.
    """

    __slots__ = ("action", "at", "cancelled", "is_timer", "passive", "repeats", "what", "work")

    def __init__(
        self,
        at: datetime,
        action: Action,
        *,
        passive: bool,
        work: Work | None = None,
        repeats: bool = False,
        what: What = "",
        is_timer: bool = True,
    ) -> None:
        self.at = at
        self.action = action
        self.work = work
        self.passive = passive or repeats
        self.repeats = repeats
        self.what = what
        self.is_timer = is_timer
        self.cancelled = False

    def text(self) -> str:
        """What it is, for people."""
        said = self.what if isinstance(self.what, str) else self.what()
        return said or ("" if self.work is None else self.work.name)


class TimeLine:
    """The actions that can run now, and those scheduled for later.

    One thread at a time runs them. Another thread, such as a worker of an activity, may add actions meanwhile; the
    running thread runs them.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.causes = Causes()
        self._ready: deque[Ready] = deque()
        self._alarms: list[tuple[datetime, int, Alarm]] = []
        self._count = 0
        self._awaited = 0
        self._cancelled = 0
        self._recurrences = 0
        """Times of what repeats in the present run."""
        self._turn = Lock()
        self._owner = 0
        self._calls = _Calls()
        self._limit: datetime | None = None
        """How far time may pass; ``None`` when time is not passing."""
        self._is_done: Callable[[], bool] = _never
        self._asleep = 0
        """Number of handlers in whose sleep actions are running."""
        self._failed: list[Exception] = []
        """Errors of actions in the sleep of a handler, which did not cause them."""
        self.check: Callable[[], None] = _nothing
        """Called before time passes on request; raises ``EmulatorError`` when it must not."""
        self.poll_external: Callable[[bool], bool] = _nothing_external
        """Called before the clock moves, to find work from outside this time line. Its argument says whether nothing is
        scheduled. It does that work, or schedules it ``soon``, and returns whether there was any."""

    @property
    def running(self) -> bool:
        """Whether this thread is in the middle of an action: that of a handler, say, in one of its call's threads."""
        if self._owner == get_ident():
            return True
        handler_time = current_handler_time()
        return handler_time is not None and self._owner == handler_time.ident

    @property
    def has_work(self) -> bool:
        """Whether there is work that takes no time."""
        return bool(self._ready)

    def soon(self, action: Callable[[*Given], None], *given: *Given) -> None:
        """Do ``action(*given)`` after everything requested before it.

        A Map requests a thousand actions at an instant: a function made for each, with what it holds, takes longer.
        """
        self._ready.append((action, given, self.causes.now))

    def begin(self, name: str, when: datetime, action: Action, *, repeats: bool = False) -> Alarm:
        """Do ``action`` at ``when``, as the work ``name``, begun by the work that runs now.

        Raises ``EmulatorError`` for work without end; a handler cannot swallow the error.
        """
        with self.beginning(name, when):
            return self.at(when, action, repeats=repeats, is_timer=False)

    @contextmanager
    def beginning(self, name: str, when: datetime) -> Iterator[None]:
        """A block that requests the actions of the work ``name``; see ``begin``."""
        causes = self.causes
        try:
            work = causes.begin(name, when)
        except EmulatorError as error:
            self._failed.append(error)
            raise
        before, causes.now = causes.now, work
        try:
            yield
        finally:
            causes.now = before

    def at(
        self,
        when: datetime,
        action: Action,
        *,
        passive: bool = False,
        repeats: bool = False,
        what: What = "",
        is_timer: bool = True,
    ) -> Alarm:
        """Do ``action`` at ``when``, or as soon as possible if that is past. ``what`` says what it is, for people.

        ``is_timer``: whether it is an execution's, for which a run waits however often something else repeats.
        """
        work = self.causes.now
        alarm = Alarm(when, action, passive=passive, work=work, repeats=repeats, what=what, is_timer=is_timer)
        self._count += 1
        heappush(self._alarms, (when, self._count, alarm))
        self._awaited += not alarm.passive
        return alarm

    def now_or_at(self, when: datetime, action: Action) -> None:
        """Do ``action`` at once, before what is ready, also in the middle of a handler whose own time is ``when``.

        If another thread runs actions, or something is due before ``when``, it is done at ``when``.
        """
        mine = self.running
        if not mine and not self._turn.acquire(blocking=False):
            self.at(when, action)
            return
        owner, self._owner = self._owner, get_ident()
        try:
            if (due := self.next_at()) is not None and due < when:
                self.at(when, action)
            else:
                action()
        finally:
            self._owner = owner
            if not mine:
                self._turn.release()

    def cancel(self, alarm: Alarm) -> None:
        """Cancel an action; nothing happens if it is already cancelled or done."""
        if not alarm.cancelled:
            alarm.cancelled = True
            alarm.action = _nothing  # the old one may keep an ended execution in memory
            self._awaited -= not alarm.passive
            self._cancelled += 1
            if self._cancelled > MANY and 2 * self._cancelled > len(self._alarms):
                self._alarms = [each for each in self._alarms if not each[2].cancelled]
                heapify(self._alarms)
                self._cancelled = 0

    def run_due(self) -> None:
        """Do what is due now; while a handler sleeps in it, time passes without a limit."""
        with self._our_turn():
            self._limit = NEVER_ENDS
            self._drain()

    def take_over(self, other: "TimeLine") -> None:
        """Do what is scheduled on ``other``, a line that ends, and what is ready there."""
        for at, _, alarm in sorted(other._alarms):
            if not alarm.cancelled:
                self._count += 1
                heappush(self._alarms, (at, self._count, alarm))
                self._awaited += not alarm.passive
        for action, given, _ in other._ready:
            self.soon(action, *given)

    @property
    def awaits(self) -> bool:
        """Whether anything worth waiting for is scheduled."""
        return self._awaited > 0

    def next_at(self) -> datetime | None:
        """When the next alarm is due."""
        while self._alarms and self._alarms[0][2].cancelled:
            heappop(self._alarms)
            self._cancelled -= 1
        return self._alarms[0][0] if self._alarms else None

    def next_alarm(self) -> Alarm | None:
        """The alarm that is due next. Only a look: nothing changes."""
        first = next((alarm for _, _, alarm in self._alarms[:1]), None)
        if first is None or not first.cancelled:
            return first
        return min((each for each in self._alarms if not each[2].cancelled), default=(None, 0, None))[2]

    def next_once_at(self) -> datetime | None:
        """When the next alarm is due that does not repeat."""
        first = self.next_alarm()
        if first is None or not first.repeats:
            return None if first is None else first.at
        return min((at for at, _, each in self._alarms if not (each.repeats or each.cancelled)), default=None)

    def run_ready(self, *, counts_anew: bool = True) -> None:
        """Do everything that can be done without moving the clock, once the caller has finished.

        In the middle of a call, in a handler, or while another thread runs actions, this returns immediately: the work
        is done when the outermost call has been answered, when the handler ends, or by that thread.
        """
        if self._calls.depth:
            self._calls.settles = True
            return
        if self.running or current_handler_time() is not None:
            return
        while (self._ready or self._is_due()) and self._turn.acquire(blocking=False):
            self._owner = get_ident()
            if counts_anew:
                self.causes.forget()
            try:
                with stretch():
                    self._drain()
            finally:
                self._owner = 0
                self._turn.release()
        if self._failed:
            raise self._failed.pop(0)

    def catch_up(self, when: datetime) -> None:
        """In the middle of a handler whose own time has reached ``when``: do what is due until then.

        Time never passes beyond the requested limit. Errors are raised when the handler has ended.
        """
        mine = self.running
        if self._asleep >= DEEPEST or not (mine or self._turn.acquire(blocking=False)):
            return
        owner, self._owner = self._owner, get_ident()
        self._asleep += 1
        now = self.clock.now()
        try:
            with off_handler_time():
                self._pass_to(max(now, min(when, self._limit or now)))
        except Exception as error:
            self._failed.append(error)
            self._calls.settles = True
        finally:
            self._asleep -= 1
            self._owner = owner
            if not mine:
                self._turn.release()

    def _drain(self, done: Callable[[], bool] = _never) -> bool:
        """Do what is ready; stop at ``done()``, which is asked when works have begun others. Whether it stopped."""
        causes = self.causes
        before, asked = causes.now, causes.count
        try:
            while self._ready or self._due():
                if causes.count != asked:
                    if done():
                        return True
                    asked = causes.count
                action, given, causes.now = self._ready.popleft()
                action(*given)
                if self._failed and not self._asleep:
                    raise self._failed[0]
        except Exception as error:
            if error in self._failed:
                self._failed.remove(error)
            raise
        finally:
            causes.now = before
        return False

    def _is_due(self) -> bool:
        at = self.next_at()
        return at is not None and at <= self.clock.now()

    def _due(self) -> bool:
        """Make every due alarm ready; whether anything is ready."""
        now = self.clock.now()
        while (at := self.next_at()) is not None and at <= now:
            alarm = heappop(self._alarms)[2]
            self._awaited -= not alarm.passive
            alarm.cancelled = True
            self._recurrences += alarm.repeats
            self._ready.append((alarm.action, (), alarm.work))
        return bool(self._ready)

    def run_until(self, done: Callable[[], bool], *, leaves_rest: bool = False) -> bool:
        """Do what is due, jumping from one alarm to the next, until ``done()``; whether that was reached.

        Gives up when only passive alarms are left, or when it has waited long for works of services. With
        ``leaves_rest`` the rest of the instant at which ``done()`` was reached is left for the next call.
        """
        with self._our_turn(leaves_rest=leaves_rest):
            self._limit, self._is_done, self._recurrences = NEVER_ENDS, done, 0
            self._drain(done)
            while not done():
                at = self.next_at()
                ahead = at is not None and self.awaits
                if self.poll_external(not ahead):
                    self._drain(done)
                elif at is None or not ahead or self._has_waited_long():
                    return False
                else:
                    self.clock.move_to(at)
                    self._drain(done)
        return True

    def _has_waited_long(self) -> bool:
        """Whether so much has repeated that nothing but a timer of an execution is worth waiting for, and none is set.

        It looks once in ``MOST_RECURRENCES`` times of what repeats.
        """
        if self._recurrences < MOST_RECURRENCES:
            return False
        self._recurrences = 0
        return not any(each.is_timer for _, _, each in self._alarms if not (each.passive or each.cancelled))

    def next_awaited(self) -> Alarm | None:
        """The first alarm that runs wait for."""
        return min((each for each in self._alarms if not (each[2].passive or each[2].cancelled)), default=(0, 0, None))[
            2
        ]

    def advance_to(self, when: datetime) -> None:
        """Do everything due until ``when``, each action at its time, and leave the clock at ``when``."""
        with self._our_turn():
            self._pass_to(when)

    def _pass_to(self, when: datetime) -> None:
        before, self._limit = self._limit, when
        try:
            self._drain()
            while not self._is_done():
                if self._asleep or not self.poll_external(False):
                    at = self.next_at()
                    if at is None or at > when:
                        self.clock.move_to(when)
                        break
                    self.clock.move_to(at)
                self._drain()
        finally:
            self._limit = before

    @contextmanager
    def call(self) -> Iterator[None]:
        """A block that answers a call; what can be done without moving the clock is done after the answer."""
        calls = self._calls
        with self._one_call():
            yield
            settles = calls.settles
        if settles and not calls.depth:
            self.run_ready()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """A block in which this thread starts nothing: its work waits until time passes, or for the next call."""
        with self._one_call():
            yield

    @contextmanager
    def _one_call(self) -> Iterator[None]:
        calls = self._calls
        calls.depth += 1
        try:
            yield
        finally:
            calls.depth -= 1
            if not calls.depth:
                calls.settles = False

    @contextmanager
    def _our_turn(self, *, leaves_rest: bool = False) -> Iterator[None]:
        """Wait until no other thread runs actions; refuse inside an action, which would wait for itself."""
        if self.running:
            raise EmulatorError("a handler cannot let time pass: use time.sleep, or let time pass in the test")
        self.check()
        with self._turn:
            self._owner = get_ident()
            self.causes.forget()
            try:
                with off_handler_time(), stretch():
                    yield
            finally:
                self._owner = 0
                self._limit, self._is_done = None, _never
        if not leaves_rest:
            self.run_ready(counts_anew=False)
