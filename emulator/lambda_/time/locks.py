"""Locks on the line of a handler's call: what all waiting between threads in Python is made of.

``Event``, ``Condition``, ``Semaphore``, ``Barrier``, ``queue.Queue`` and the futures of ``concurrent.futures`` wait for
a lock that ``threading._allocate_lock`` makes at the time of the wait. So it is enough that a call's threads get
``LineLock`` for it: then all of these wait on the line, also those that are older than the call. ``RLock`` and
``SimpleQueue`` are replaced by Python's own versions of them in Python.

A lock that is older than the call is the system's. A thread that waits for one is found blocked (``threads``).
"""

import _thread
import concurrent.futures.thread as pools
import queue
import sys
import threading
from collections import deque
from typing import Any, Final

from emulator.lambda_.time.call_thread import CallThread
from emulator.lambda_.time.current import current_handler_time
from emulator.lambda_.time.line import HandlerTimedOut
from emulator.lambda_.time.threads import Threads

_new_lock: Final = _thread.allocate_lock
_real_lock: Final = threading.Lock
_real_rlock: Final = threading.RLock
_real_queue: Final = queue.SimpleQueue


class LineLock:
    """A lock like ``threading.Lock``. A thread of a handler's call waits for it on the call's line."""

    __slots__ = ("__weakref__", "_lock", "_waiting")

    def __init__(self) -> None:
        self._lock = _new_lock()
        self._waiting: deque[tuple[Threads, CallThread]] = deque()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As ``threading.Lock.acquire``; a time-out is virtual."""
        if not blocking or (timeout < 0 and timeout != -1):
            return self._lock.acquire(blocking, timeout)
        if self._lock.acquire(False):
            return True
        here = threads_here()
        if here is None:
            return self._lock.acquire(True, timeout)
        threads, thread = here
        due = None if timeout == -1 else threads.line.after(timeout)
        return self._wait(threads, thread, due)

    def _wait(self, threads: Threads, thread: CallThread, due: int | None) -> bool:
        me = (threads, thread)
        while True:
            thread.woken = False
            self._waiting.append(me)
            try:
                if self._lock.acquire(False):
                    return True
                woken = threads.wait(thread, due, wakeable=True)
            except HandlerTimedOut:
                if due is not None or not _waits_for_work():
                    raise
                threads.go_outside(thread, "lock")
                self._lock.acquire()
                threads.come_back(thread)
                return True
            finally:
                if me in self._waiting:
                    self._waiting.remove(me)
            if self._lock.acquire(False):
                return True
            if threads.closed:
                return self._lock.acquire(True, -1)
            if not woken:
                return False

    def release(self) -> None:
        """As ``threading.Lock.release``; the thread that has waited longest goes on."""
        self._lock.release()
        if self._waiting:
            try:
                threads, thread = self._waiting.popleft()
            except IndexError:  # it has gone on by itself
                return
            threads.wake(thread)

    def locked(self) -> bool:
        """Whether a thread holds it."""
        return self._lock.locked()

    __enter__ = acquire

    def __exit__(self, *_: object) -> None:
        self.release()

    def _at_fork_reinit(self) -> None:
        self._lock = _new_lock()
        self._waiting.clear()


def threads_here() -> tuple[Threads, CallThread] | None:
    """The threads of the call to which this thread belongs, and it among them."""
    line = current_handler_time()
    if line is None:
        return None
    if line.threads is None:
        if line.ident != threading.get_ident():
            return None
        line.open_threads()
    assert line.threads is not None
    thread = line.threads.here()
    return None if thread is None else (line.threads, thread)


def _waits_for_work() -> bool:
    """Whether this is an idle thread of an executor: it would log an exception, so it goes on waiting."""
    frame = sys._getframe(2)
    while frame.f_back is not None:
        if frame.f_back.f_code is pools._worker.__code__:
            return frame.f_code.co_name == "get"
        frame = frame.f_back
    return False


def _on_a_line() -> bool:
    return current_handler_time() is not None


class _IsInstance(type):
    """The type of a replaced type: its objects are those of both."""

    def __instancecheck__(cls, found: Any) -> bool:
        return isinstance(found, cls.kinds)  # type: ignore[attr-defined]


class Lock(metaclass=_IsInstance):
    """The replacement of ``threading.Lock`` while a handler runs anywhere in this process."""

    kinds = (type(_new_lock()), LineLock)

    def __new__(cls) -> Any:
        return LineLock() if _on_a_line() else _new_lock()


class SimpleQueue(metaclass=_IsInstance):
    """The replacement of ``queue.SimpleQueue``."""

    kinds = (_real_queue, queue._PySimpleQueue)  # type: ignore[attr-defined]

    def __new__(cls) -> Any:
        return queue._PySimpleQueue() if _on_a_line() else _real_queue()  # type: ignore[attr-defined]


def rlock(*args: Any, **kwargs: Any) -> Any:
    """The replacement of ``threading.RLock``."""
    return threading._PyRLock(*args, **kwargs) if _on_a_line() else _real_rlock(*args, **kwargs)  # type: ignore[attr-defined]


REPLACED: Final = ((_new_lock, Lock), (_real_lock, Lock), (_real_rlock, rlock), (_real_queue, SimpleQueue))
"""The real objects and their replacements. In Python 3.11 and 3.12 the first two are the same."""
