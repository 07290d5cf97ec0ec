"""The time that this process and its threads see: a handler's while one runs, otherwise the system's.

``process_time`` shows a handler's time to the process, and only while the handler runs.
"""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import sleep  # noqa: TID251 - the sleep outside handlers
from typing import Any, Final

from emulator.clock import real_time_ns, stopwatch_ns
from emulator.lambda_.time.handler_time import HandlerTime
from emulator.shared_change import SharedChange, Undo


class _Here(threading.local):
    """The handlers' times that this thread has entered, innermost last; ``None`` marks a block outside all of them."""

    def __init__(self) -> None:
        self.entered: list[HandlerTime | None] = []


_here = _Here()
_open: list[HandlerTime] = []
"""The handlers' times that are active in the process, latest last."""
_loop_floor = 0


def current_handler_time() -> HandlerTime | None:
    """This thread's handler time: its own, or that of the call that started the thread; None outside handlers.

    Threads older than the call (a server's, a test runner's) have none: their sleeps and event loops stay real.
    """
    if _here.entered:
        return _here.entered[-1]
    if not _open:
        return None
    thread = threading.current_thread()
    return next((handler_time for handler_time in reversed(_open) if thread not in handler_time.older_threads), None)


@contextmanager
def off_handler_time() -> Iterator[None]:
    """A block that runs in the middle of a handler's call but is not part of it."""
    with apart():
        _here.entered.append(None)
        try:
            yield
        finally:
            _here.entered.pop()


def apart() -> AbstractContextManager[None]:
    """A block with the time of the handler's call, but without its variables and modules."""
    handler_time = current_handler_time()
    return nullcontext() if handler_time is None else handler_time.suspended()


def _shown_handler_time() -> HandlerTime | None:
    times = _here.entered or _open
    return times[-1] if times else None


def _shown_ns() -> int:
    handler_time = _shown_handler_time()
    return real_time_ns() if handler_time is None else handler_time.time_ns()


def _sleep(seconds: float, /) -> None:
    """The replacement of ``time.sleep`` while a handler runs anywhere in this process."""
    if (handler_time := current_handler_time()) is None:
        sleep(seconds)
    else:
        handler_time.sleep(seconds)


@contextmanager
def process_time(handler_time: HandlerTime, *namespaces: dict[str, Any]) -> Iterator[None]:
    """Show a handler's time to the process: ``datetime``, ``date``, ``time.time`` and kin, ``time.sleep``, asyncio.

    ``time.monotonic`` and ``time.perf_counter`` are unchanged; botocore signs with the real time; the local time zone
    is UTC, as on Lambda. ``namespaces`` are globals of the code to run that are not in a loaded module. Blocks nest,
    in one thread or in several; the real time returns when the outermost ends.
    """
    global _loop_floor
    from emulator.lambda_.time import patches  # loaded only when a handler runs

    with _SHOWN.lock:
        handler_time.older_threads = frozenset(threading.enumerate()) - {threading.current_thread()}
        handler_time.loop_base = _loop_floor = max(_loop_floor, stopwatch_ns() // 1000)
        end = _SHOWN.use()
        _open.append(handler_time)
        _here.entered.append(handler_time)
        undo = patches.places.patch_namespaces(namespaces)
    try:
        yield
    finally:
        with _SHOWN.lock:
            patches.restore(undo)
            _here.entered.remove(handler_time)
            _open.remove(handler_time)
            _loop_floor = max(_loop_floor, handler_time.loop_base + handler_time.elapsed_microseconds())
            end()


def _start_showing() -> Undo:
    from emulator.lambda_.time import loops, patches  # asyncio is imported only when a handler is called

    close_backend = patches.open_backend(_shown_ns, real_time_ns, _sleep)
    close_loops = loops.open_loops(current_handler_time)

    def close() -> None:
        close_loops()
        close_backend()

    return close


_SHOWN: Final = SharedChange(_start_showing)
