"""asyncio inside a handler: event loops on the handler's time.

A loop that only waits for a timer moves the handler's time to that timer. While something real is in progress (a
socket, a subprocess, a thread that the handler started, an executor's job), the loop first waits for it in real time,
since a response that takes no virtual time comes before any timer. Loops of threads older than the call keep real
time. Refused: loops other than asyncio's own (uvloop); they sleep in real time.
"""

import asyncio
import sys
import threading
from asyncio import base_events
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from emulator.lambda_.time.handler_time import HandlerTime

_Loop: Final[Any] = base_events.BaseEventLoop
_jobs: "WeakKeyDictionary[asyncio.AbstractEventLoop, set[asyncio.Future[Any]]]" = WeakKeyDictionary()
"""Each loop's unfinished jobs in executors."""


def open_loops(current: Callable[[], "HandlerTime | None"]) -> Callable[[], None]:
    """Make the loops of threads with a handler's time (``current()``) follow it; calling the result undoes this."""
    real_time, real_run_once, real_run_in_executor = _Loop.time, _Loop._run_once, _Loop.run_in_executor

    def time(loop: Any) -> float:
        handler_time = current()
        seconds: float = real_time(loop) if handler_time is None else _loop_seconds(handler_time)
        return seconds

    def run_once(loop: Any) -> None:
        handler_time = current()
        if handler_time is not None and not loop._ready and not loop._stopping:
            _wait(loop, handler_time)
        real_run_once(loop)

    def run_in_executor(loop: Any, *args: Any) -> Any:
        job = real_run_in_executor(loop, *args)
        jobs = _jobs.setdefault(loop, set())
        jobs.add(job)
        job.add_done_callback(jobs.discard)
        return job

    _Loop.time, _Loop._run_once, _Loop.run_in_executor = time, run_once, run_in_executor

    def close() -> None:
        _Loop.time, _Loop._run_once, _Loop.run_in_executor = real_time, real_run_once, real_run_in_executor

    return close


def _loop_seconds(handler_time: "HandlerTime") -> float:
    return (handler_time.loop_base + handler_time.elapsed_microseconds()) / 1_000_000


def _wait(loop: Any, handler_time: "HandlerTime") -> None:
    """Act as an idle loop: wait for something real, if any, or else move the handler's time to the next timer."""
    times = [timer.when() for timer in loop._scheduled if not timer.cancelled()]
    if not times:
        if not _busy(loop, handler_time):
            handler_time.sleep_to_deadline()
        return
    gap = min(times) - _loop_seconds(handler_time)
    if gap <= 0:
        return
    if _busy(loop, handler_time) and (loop._selector.select(gap) or loop._ready):
        return
    handler_time.sleep(gap)
    while _loop_seconds(handler_time) + loop._clock_resolution <= min(times):  # it counts whole microseconds
        handler_time.sleep(0.000_001)


def _busy(loop: Any, handler_time: "HandlerTime") -> bool:
    """Whether something external may wake the loop: an open file besides its own pipe, a job, another thread."""
    selector = loop._selector
    files = selector.get_map() if hasattr(selector, "get_map") else selector._cache  # the latter on Windows
    if len(files or ()) > 1 or _jobs.get(loop):
        return True
    workers = getattr(sys.modules.get("concurrent.futures.thread"), "_threads_queues", ())
    me = threading.current_thread()
    return any(
        thread is not me and thread not in handler_time.older_threads and thread not in workers
        for thread in threading.enumerate()
    )


@contextmanager
def no_running_loop() -> Iterator[None]:
    """Hide the event loop of an async test: on Lambda a handler is not inside a loop, so ``asyncio.run`` works."""
    loop = asyncio._get_running_loop()
    if loop is None:
        yield
        return
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
