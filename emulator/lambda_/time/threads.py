"""The threads of one handler's call, on the call's line of virtual time.

A call's threads are the handler's own and those that it starts, directly or not. Together they are a discrete-event
simulation:

| status | meaning | leaves it |
| --- | --- | --- |
| ``RUNNING`` | has its turn; one thread at most | when it waits or ends |
| ``READY`` | could run | in order of becoming ready |
| ``WAITING`` | waits inside the process, for another thread or until an instant (``due``) | when woken, or at ``due`` |
| ``OUTSIDE`` | waits outside, in real time | when that has ended: it is ``RETURNED`` |
| ``RETURNED`` | back from outside | when no thread is ready |
| ``BLOCKED`` | found waiting where Python has no hook, as for a lock older than the call | at its next wait |
| ``ENDED`` | | |

**One thread runs at a time, until it waits.** A thread that starts another one goes on first. **Time moves only when
every thread waits inside**: to the earliest instant that one of them waits for. Threads that wait for the same instant
go on in the order in which they were created. So neither the machine's speed nor the system's scheduler shows in a
result. If nothing can ever go on, the time moves to the deadline.

Threads that are not the call's (a test's, a server's) have real time. What they may do for the call is unknown, so
before time moves while a thread of the call waits for a lock, they get real time until they, too, are idle (``quiet``).
The same look finds blocked threads. It alone uses the system's clock, to tell waiting from computing.
"""

import _thread
import threading
from _thread import start_new_thread  # the real one, also while a handler has another
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from emulator.clock import stopwatch_ns
from emulator.lambda_.time.alarms import Alarms
from emulator.lambda_.time.call_thread import (
    BLOCKED_LOOKS,
    CHILD_SECONDS,
    CLOSE_SECONDS,
    LOOK_SECONDS,
    SPIN_LOOKS,
    CallEnded,
    CallThread,
    Kind,
    Mutex,
    Status,
)
from emulator.lambda_.time.line import HandlerTimedOut, Line
from emulator.lambda_.time.quiet import OlderThreads, Quiet


class Threads:
    """The threads of one call."""

    def __init__(self, line: Line, alarms: Alarms) -> None:
        self.line = line
        self._alarms = alarms
        self._mutex = Mutex()
        self._late: deque[CallThread] = deque()
        self._count = 0
        self._by_ident: dict[int, CallThread] = {}
        self._all: list[CallThread] = []
        self._ready: deque[CallThread] = deque()
        self._running: CallThread | None
        self._main = self._running = self._created()
        self._main.attach()
        self._main.status = Status.RUNNING
        self._by_ident[self._main.ident] = self._main
        self._watched = False
        self.closed = False
        self._older = OlderThreads()
        self.at_end: dict[int, Callable[[], None]] = {}
        """What is to be done when the call has ended, by the ``id`` of what it is for."""
        self.servers: list[tuple[threading.Thread, Callable[[], bool], Quiet]] = []
        """Threads that wait for other processes on behalf of the call, and whether work is in progress there."""

    def _created(self) -> CallThread:
        thread = CallThread(self._count)
        self._count += 1
        self._all.append(thread)
        return thread

    def here(self) -> CallThread | None:
        """This thread, if it is one of the call and the call has not ended."""
        return None if self.closed else self._by_ident.get(threading.get_ident())

    def started(self) -> CallThread:
        """A new thread of the call, which runs once the others wait."""
        with self._mutex:
            thread = self._created()
            self._ready.append(thread)
            self._watch()
            return thread

    def serves(self, thread: threading.Thread) -> bool:
        """Whether ``thread`` waits for other processes on behalf of the call; waiting for it is waiting for them."""
        return any(server is thread for server, _, _ in self.servers)

    def not_started(self, thread: CallThread) -> None:
        """The system could not start it."""
        with self._mutex:
            thread.status = Status.ENDED
            self._ready.remove(thread)

    def begin(self, thread: CallThread) -> None:
        """In a new thread: wait for its first turn."""
        with self._mutex:
            thread.attach()
            self._by_ident[thread.ident] = thread
        if not self.closed:
            thread.turn.acquire()
        if self.closed:
            raise CallEnded

    def end(self, thread: CallThread) -> None:
        """It ends: called in the thread itself."""
        with self._mutex:
            thread.status = Status.ENDED
            self._by_ident.pop(thread.ident, None)
            self._all.remove(thread)
            for joiner in thread.joined:
                self._wake(joiner)
            if self._running is thread:
                self._running = None
            if self._running is None:
                self._go_on()

    # Waiting inside ----------------------------------------------------------------------------------------------

    def wait(self, thread: CallThread, due: int | None, *, wakeable: bool = False) -> bool:
        """Wait until woken, or until ``due`` (in microseconds since the start of the call); whether it was woken.

        Raises ``HandlerTimedOut`` at the deadline, ``CallEnded`` if the call ends before ``due``.
        """
        self._enter(thread)
        with self._mutex:
            if self.line.expired:
                raise HandlerTimedOut
            over = thread.woken or (due is not None and due <= self.line.elapsed_microseconds())
            if over or self.closed:
                return thread.woken
            thread.status, thread.due, thread.wakeable = Status.WAITING, due, wakeable
            self._running = None
            self._go_on()
        self._sit(thread)
        if not thread.woken and self.line.elapsed_microseconds() >= self.line.timeout_microseconds():
            raise HandlerTimedOut
        return thread.woken

    def sleep(self, due: int) -> None:
        """Wait until ``due``, in a thread of the call, or in one that the call has left behind: that one ends."""
        if (thread := self.here()) is not None:
            thread.woken = False
            self.wait(thread, due)
        elif self.closed and threading.get_ident() != self.line.ident:
            raise CallEnded

    def _sit(self, thread: CallThread) -> None:
        """Wait for the turn; do the errands that come up meanwhile."""
        while True:
            self._take_turn(thread)
            if self.closed:
                if thread.due is not None and not thread.woken:
                    raise CallEnded
                return
            if not thread.errand:
                return
            thread.errand = False
            with self.keeps_turn():  # handlers may run meanwhile, on lines of their own
                self.line.caught_up()
            self._alarms.ring()
            with self._mutex:
                now = self.line.elapsed_microseconds()
                if thread.woken or self.line.expired or (thread.due is not None and thread.due <= now):
                    return
                thread.status, self._running = Status.WAITING, None
                self._go_on()

    def _take_turn(self, thread: CallThread) -> None:
        try:
            thread.turn.acquire()
        except BaseException:  # a signal's handler has raised, such as Ctrl-C
            self.abandon()
            raise

    def wake(self, thread: CallThread) -> None:
        """End a thread's wait; in any thread of the process, and in a destructor that runs amid this class."""
        if self._mutex.is_mine():
            self._late.append(thread)
            return
        with self._mutex:
            self._wake(thread)
            if self._running is None:
                self._go_on()

    def _wake(self, thread: CallThread) -> None:
        thread.woken = True
        if thread.status is Status.WAITING:
            thread.status = Status.READY
            self._ready.append(thread)

    def let_others_run(self, thread: CallThread) -> None:
        """Wait for the turn again, after the threads that are ready."""
        self._enter(thread)
        with self._mutex:
            if self.closed or not self._ready:
                return
            thread.status, self._running = Status.READY, None
            self._ready.append(thread)
            self._go_on()
        self._take_turn(thread)

    def join(self, thread: CallThread, other: CallThread, due: int | None) -> bool:
        """Wait for the end of another thread, or until ``due``; returns whether it has ended."""
        self._enter(thread)
        with self._mutex:
            if other.ended:
                return True
            thread.woken = False
            other.joined.append(thread)
        self.wait(thread, due)
        with self._mutex:
            if thread in other.joined:
                other.joined.remove(thread)
        return other.ended

    # Waiting outside ---------------------------------------------------------------------------------------------

    def go_outside(self, thread: CallThread, kind: Kind) -> None:
        """Wait in real time from now on; the others run meanwhile, and time does not move."""
        self._enter(thread)
        with self._mutex:
            thread.status, thread.kind, thread.since = Status.OUTSIDE, kind, stopwatch_ns()
            self._running = None
            self._go_on()

    def come_back(self, thread: CallThread) -> None:
        """The wait in real time has ended."""
        with self._mutex:
            if self.closed:
                return
            thread.status, thread.since = Status.RETURNED, stopwatch_ns()
            if self._running is None:
                self._go_on()
        self._take_turn(thread)

    @contextmanager
    def keeps_turn(self) -> Iterator[None]:
        """A block in which this thread keeps its turn, however long it waits."""
        thread = self.here()
        if thread is None or thread.pinned:
            yield
            return
        thread.pinned = True
        try:
            yield
        finally:
            thread.quiet.forget()
            thread.pinned = False

    def _enter(self, thread: CallThread) -> None:
        """A thread that was found blocked and has gone on waits for its turn."""
        if thread.status is Status.BLOCKED:
            self.come_back(thread)

    # Turns and time ----------------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Give the turn to the next thread; if there is none and every thread waits inside, time moves."""
        while not self.closed:
            while self._late:
                self._wake(self._late.popleft())
            if self._ready:
                self._give_turn(self._ready.popleft())
                return
            if (back := self._next_back()) is not None:
                self._give_turn(back)
                return
            if not self._may_move():
                self._watch()
                return
            if not self._move():
                return

    def _give_turn(self, thread: CallThread) -> None:
        thread.status, self._running = Status.RUNNING, thread
        thread.looks, thread.spins = 0, False
        for quiet in (*(each.quiet for each in self._all), *(quiet for _, _, quiet in self.servers)):
            quiet.forget()  # this thread may give the blocked ones what they wait for
        thread.turn.release()

    def _next_back(self) -> CallThread | None:
        """The thread that goes on next after a wait outside: those whose child processes have ended go on in order."""
        for thread in self._all:
            if thread.status is not Status.RETURNED:
                continue
            earlier = self._all[: self._all.index(thread)]
            children = (each.status is Status.OUTSIDE and each.kind == "child" for each in earlier)
            waits = thread.kind == "child" and stopwatch_ns() - thread.since < CHILD_SECONDS * 1e9
            if not (waits and any(children)):
                return thread
        return None

    def _may_move(self) -> bool:
        """Whether every thread waits inside, or for nothing that is likely to come."""
        now, outside = stopwatch_ns(), (Status.OUTSIDE, Status.BLOCKED)
        for thread in self._all:
            if thread.status is Status.RETURNED or (thread.status in outside and not thread.idle_outside(now)):
                return False
        for server, works, quiet in self.servers:
            if server.is_alive() and (works() or quiet.looks < BLOCKED_LOOKS):
                return False
        return self._older_are_idle()

    def _older_are_idle(self) -> bool:
        """Whether the threads that are not the call's do nothing that could end the wait of one that is."""
        blocked = any(thread.status is Status.BLOCKED for thread in self._all)
        if blocked or any(thread.wakeable and thread.status is Status.WAITING for thread in self._all):
            return self._older.are_idle(self._by_ident, only_users=not blocked)
        return True

    def _move(self) -> bool:
        """Move the time to the next instant that a thread or an alarm waits for; whether a thread got ready."""
        line = self.line
        if line.expired:
            return False
        waiting = [thread for thread in self._all if thread.status is Status.WAITING]
        instants = [thread.due for thread in waiting if thread.due is not None]
        if (alarm := self._alarms.next_due()) is not None:
            instants.append(alarm)
        line.move_to(min(instants, default=line.timeout_microseconds()))
        now = line.elapsed_microseconds()
        self._older.forget()
        expired = line.elapsed_microseconds() >= line.timeout_microseconds()
        due = [thread for thread in waiting if expired or (thread.due is not None and thread.due <= now)]
        if self._main.status is Status.WAITING and not expired:
            self._main.errand = True
            due = [self._main, *(thread for thread in due if thread is not self._main)]
        for thread in due:
            thread.status = Status.READY
            self._ready.append(thread)
        return bool(due)

    # Looking at what cannot be known otherwise -------------------------------------------------------------------

    def _watch(self) -> None:
        if not (self._watched or self.closed):
            self._watched = True
            start_new_thread(self._look_again_and_again, ())

    def _look_again_and_again(self) -> None:
        pause = _thread.allocate_lock()
        pause.acquire()
        while not self.closed:
            pause.acquire(True, LOOK_SECONDS)
            with self._mutex:
                if not self.closed:
                    self._look()

    def _look(self) -> None:
        now = stopwatch_ns()
        while self._late:
            self._wake(self._late.popleft())
        for thread in self._all:
            if thread.status is Status.BLOCKED and not thread.spins and not thread.quiet.look(thread.native_id):
                thread.since = now
        if (thread := self._running) is not None:  # type: ignore[assignment]
            self._look_at_running(thread, now)
            return
        for server, _, quiet in self.servers:
            quiet.look(server.native_id)
        for thread in self._all:  # what it waits for may have come from the thread that had the last turn
            if thread.status is Status.OUTSIDE and thread.kind == "socket" and thread.is_silent(now):
                thread.quiet.look(thread.native_id)
        self._older.look()
        self._go_on()

    def _look_at_running(self, thread: CallThread, now: int) -> None:
        if thread.native_id is None or thread.pinned or len(self._all) == 1:
            return
        thread.quiet.look(thread.native_id)
        thread.looks += not thread.quiet.starves
        blocked = thread.quiet.looks >= BLOCKED_LOOKS
        if blocked or thread.looks > SPIN_LOOKS:
            thread.kind = thread.quiet.kind if blocked else "lock"
            thread.status, thread.since = Status.BLOCKED, now
            thread.spins = not blocked
            self._running = None
            self._go_on()

    def close(self) -> None:
        """End the call, in its own thread: threads that are ready run until they wait; then all end where they wait.

        A thread that waits without a time-out goes on waiting, in real time: it may serve later calls.
        """
        began = stopwatch_ns()
        while self._ready and stopwatch_ns() - began < CLOSE_SECONDS * 1e9:
            self.let_others_run(self._main)
        self.abandon()
        for act in self.at_end.values():
            act()

    def abandon(self) -> None:
        """End the call now."""
        with self._mutex:
            self.closed = True
            for thread in self._all:
                if thread.status in (Status.WAITING, Status.READY, Status.RETURNED):
                    thread.turn.release()
