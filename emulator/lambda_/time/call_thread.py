"""One thread of a handler's call: what it does, and what it waits for (the table is in ``threads``)."""

import _thread
import threading
from enum import Enum, auto
from typing import Final, Literal, TypeAlias

from emulator.lambda_.time.quiet import Quiet

Kind: TypeAlias = Literal["child", "socket", "lock"]
"""What a thread that waits in real time waits for."""

LOOK_SECONDS: Final = 0.002
BLOCKED_LOOKS: Final = 5
"""After so many looks without any progress a thread is blocked."""
IDLE_SECONDS: Final = {"child": 60.0, "socket": 1.0, "lock": 0.0}
"""After so much real time outside, a thread is taken for one that serves others: time moves without it."""
SPIN_LOOKS: Final = 2500
"""After so many looks, 5 seconds, a thread that computes while others wait is taken for one that waits in a loop.

A look that finds it without a processor does not count: on a busy machine a turn takes as long as it takes.
"""
CLOSE_SECONDS: Final = 1.0
"""How much real time the threads that are ready have when the call ends."""
CHILD_SECONDS: Final = 1.0
"""How much real time the child of an earlier thread has to end after that of a later one: they return in order."""


class CallEnded(SystemExit):
    """Ends a thread that waits when the call ends; Lambda would freeze it."""


class Status(Enum):
    """What a thread does."""

    RUNNING = auto()
    READY = auto()
    WAITING = auto()
    OUTSIDE = auto()
    RETURNED = auto()
    BLOCKED = auto()
    ENDED = auto()


class CallThread:
    """A thread of a call."""

    __slots__ = (
        "due",
        "errand",
        "ident",
        "joined",
        "kind",
        "looks",
        "native_id",
        "number",
        "pinned",
        "quiet",
        "since",
        "spins",
        "status",
        "turn",
        "wakeable",
        "woken",
    )

    def __init__(self, number: int) -> None:
        self.number = number
        """Its place in the order of creation; the handler's own thread is 0."""
        self.ident = 0
        self.native_id: int | None = None
        self.turn = _thread.allocate_lock()
        """Released when the thread gets its turn."""
        self.turn.acquire()
        self.status = Status.READY
        self.due: int | None = None
        self.wakeable = False
        """Whether another thread, perhaps not one of the call, can end its wait."""
        self.woken = False
        self.looks = 0
        """How many looks have found it computing since it was given its turn."""
        self.spins = False
        """Whether it computes while the others wait, for so long that it seems to wait for them in a loop."""
        self.errand = False
        """Whether it gets its turn, in the middle of a wait, to do what the new time asks for."""
        self.pinned = False
        """Whether it keeps its turn however long it waits: for the system, or in another call that this thread runs."""
        self.kind: Kind = "lock"
        self.since = 0
        """When it went outside, came back or was found blocked, in real nanoseconds."""
        self.quiet = Quiet()
        self.joined: list[CallThread] = []
        """Threads that wait for its end."""

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.status is Status.ENDED

    def attach(self) -> None:
        """Note that this is the thread."""
        self.ident = threading.get_ident()
        self.native_id = threading.get_native_id()

    def idle_outside(self, now: int) -> bool:
        """Whether it waits in real time, but for nothing that is likely to come."""
        if self.status is Status.BLOCKED and not self.spins and self.quiet.looks < BLOCKED_LOOKS:
            return False
        if not self.is_silent(now):
            return False
        return self.status is not Status.OUTSIDE or self.kind != "socket" or self.quiet.looks >= BLOCKED_LOOKS

    def is_silent(self, now: int) -> bool:
        """Whether it has waited in real time for so long that nothing is likely to come."""
        return now - self.since >= IDLE_SECONDS[self.kind] * 1e9


class Mutex:
    """Guards the state; it knows which thread has it."""

    __slots__ = ("_lock", "_owner")

    def __init__(self) -> None:
        self._lock = _thread.allocate_lock()
        self._owner = 0

    def __enter__(self) -> None:
        self._lock.acquire()
        self._owner = threading.get_ident()

    def __exit__(self, *_: object) -> None:
        self._owner = 0
        self._lock.release()

    def is_mine(self) -> bool:
        """Whether this thread has it."""
        return self._owner == threading.get_ident()
