"""asyncio inside a handler: event loops on the handler's time.

A loop that only waits for a timer or for another thread of the call waits on the call's line, like any thread. While
something outside is in progress (a socket, a child process), the loop first waits for it in real time, since a response
that takes no virtual time comes before any timer: for a child as long as it takes, for a socket as many real seconds as
there are virtual ones until the timer. Loops of threads that are not the call's keep real time. Refused: loops other
than asyncio's own (uvloop); they sleep in real time.
"""

import asyncio
from asyncio import base_events, selector_events
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final
from weakref import WeakKeyDictionary

from emulator.lambda_.time.current import NOTHING, outside
from emulator.lambda_.time.handler_time import HandlerTime
from emulator.lambda_.time.locks import LineLock

_Loop: Final[Any] = base_events.BaseEventLoop
_SelectorLoop: Final[Any] = selector_events.BaseSelectorEventLoop
_idle: "WeakKeyDictionary[asyncio.AbstractEventLoop, LineLock]" = WeakKeyDictionary()
"""The lock that each waiting loop waits for; ``call_soon_threadsafe`` releases it."""


def open_loops(current: Callable[[], HandlerTime | None]) -> Callable[[], None]:
    """Make the loops of threads with a handler's time (``current()``) follow it; calling the result undoes this."""
    real_time, real_run_once, real_write = _Loop.time, _Loop._run_once, _SelectorLoop._write_to_self

    def time(loop: Any) -> float:
        handler_time = current()
        seconds: float = real_time(loop) if handler_time is None else _loop_seconds(handler_time)
        return seconds

    def run_once(loop: Any) -> None:
        handler_time = current()
        if handler_time is not None and not loop._ready and not loop._stopping:
            _wait(loop, handler_time)
        real_run_once(loop)

    def write_to_self(loop: Any) -> None:
        real_write(loop)
        if (lock := _idle.pop(loop, None)) is not None:
            lock.release()

    _Loop.time, _Loop._run_once, _SelectorLoop._write_to_self = time, run_once, write_to_self

    def close() -> None:
        _Loop.time, _Loop._run_once, _SelectorLoop._write_to_self = real_time, real_run_once, real_write

    return close


def _loop_seconds(handler_time: HandlerTime) -> float:
    handler_time.read()
    return (handler_time.loop_base + handler_time.elapsed_microseconds()) / 1_000_000


def _wait(loop: Any, handler_time: HandlerTime) -> None:
    """Act as an idle loop: wait for something outside, if any, or else on the line until the next timer."""
    times = [timer.when() for timer in loop._scheduled if not timer.cancelled()]
    gap = min(times) - _loop_seconds(handler_time) if times else None
    if gap is not None and gap <= 0:
        return
    files = _files(loop)
    if files or loop._signal_handlers:
        if gap is None:
            return  # it waits for them itself
        child = any(map(_is_child, files))
        if child or files:
            with outside("child" if child else "socket"):
                found = loop._selector.select(None if child else gap)
            if found or loop._ready:
                return
    _wait_on_line(loop, handler_time, gap)
    while gap is not None and _loop_seconds(handler_time) + loop._clock_resolution <= min(times) and not loop._ready:
        handler_time.sleep(0.000_001)  # it counts whole microseconds


def _wait_on_line(loop: Any, handler_time: HandlerTime, gap: float | None) -> None:
    lock = LineLock()
    lock.acquire()
    _idle[loop] = lock
    try:
        if not loop._ready:
            lock.acquire(True, -1 if gap is None else gap)
    finally:
        _idle.pop(loop, None)


def _files(loop: Any) -> list[Any]:
    """What the loop waits for besides its own pipe: the keys of its selector."""
    selector = loop._selector
    if not hasattr(selector, "get_map"):  # on Windows
        return list(selector._cache.values())[1:]
    return [key for key in (selector.get_map() or {}).values() if key.fd != loop._ssock.fileno()]


def _is_child(key: Any) -> bool:
    """Whether a key of a selector is that of a child process: its output, or its end."""
    reader = key.data[0] if isinstance(key.data, tuple) else None
    owner = getattr(getattr(reader, "_callback", None), "__self__", None)
    return type(owner).__name__ in ("_UnixReadPipeTransport", "PidfdChildWatcher", "_PidfdChildWatcher")


def no_running_loop() -> AbstractContextManager[None]:
    """Hide the event loop of an async test: on Lambda a handler is not inside a loop, so ``asyncio.run`` works."""
    loop = asyncio._get_running_loop()
    return NOTHING if loop is None else _hidden(loop)


@contextmanager
def _hidden(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    task = asyncio.current_task(loop)
    if task is not None:
        asyncio.tasks._leave_task(loop, task)
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(loop)
        if task is not None:
            asyncio.tasks._enter_task(loop, task)
