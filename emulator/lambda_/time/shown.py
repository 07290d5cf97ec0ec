"""The time that this process and its threads see: a handler's while one runs, otherwise the system's.

``process_time`` shows a handler's time to the process, and only while the handler runs.
"""

import threading
from contextlib import AbstractContextManager
from typing import Any, Final

from emulator.clock import real_time_ns, stopwatch_ns
from emulator.lambda_.time.current import apart, current_handler_time, here, off_handler_time
from emulator.lambda_.time.handler_time import HandlerTime
from emulator.lambda_.time.threads import Threads
from emulator.shared_change import SharedChange, Undo

__all__ = ["apart", "current_handler_time", "off_handler_time", "process_time"]


_open: list[HandlerTime] = []
"""The handlers' times that are active in the process, latest last."""
_loop_floor = 0


def _shown_handler_time() -> HandlerTime | None:
    times = here.entered or _open
    return times[-1] if times else None


def _shown_ns() -> int:
    handler_time = _shown_handler_time()
    if handler_time is None:
        return real_time_ns()
    if here.entered:
        handler_time.read()
    return handler_time.time_ns()


class process_time:  # noqa: N801 - a block, like a function that gives one
    """Show a handler's time to the process: ``datetime``, ``date``, ``time.time`` and kin.

    The handler's own threads also get its clocks (``clocks``), sleeps and waits; all others keep theirs. botocore
    signs with the real time; the local time zone is UTC, as on Lambda.
    ``namespaces`` are globals of the code to run that are not in a loaded module. Blocks nest,
    in one thread or in several; the real time returns when the outermost ends.
    """

    __slots__ = ("_end", "_namespaces", "_outer", "_time")

    def __init__(self, handler_time: HandlerTime, *namespaces: dict[str, Any]) -> None:
        self._time, self._namespaces = handler_time, namespaces
        self._outer: AbstractContextManager[None] | None = None

    def __enter__(self) -> None:
        global _loop_floor
        if here.entered and (outer := _outer_threads()) is not None:
            self._outer = outer.keeps_turn()
            self._outer.__enter__()
        handler_time = self._time
        with _SHOWN.lock:
            handler_time.ident = threading.get_ident()
            handler_time.loop_base = _loop_floor = max(_loop_floor, stopwatch_ns() // 1000)
            self._end = _SHOWN.use_in_stretch()
            _open.append(handler_time)
            here.entered.append(handler_time)
            _bring(*self._namespaces)

    def __exit__(self, *_: object) -> None:
        global _loop_floor
        handler_time = self._time
        try:
            handler_time.finish()
        finally:
            with _SHOWN.lock:
                _bring()
                here.leave(handler_time)
                _open.remove(handler_time)
                _loop_floor = max(_loop_floor, handler_time.loop_base + handler_time.elapsed_microseconds())
                self._end()
            if self._outer is not None:
                self._outer.__exit__(None, None, None)


def _outer_threads() -> Threads | None:
    """The threads of the call in which this thread's next one begins."""
    for each in reversed(here.entered):
        if each is not None:
            return each.threads
    return None


def _bring(*_namespaces: dict[str, Any]) -> None:
    """``patches.places.bring``, once it is loaded."""


def _start_showing() -> Undo:
    global _bring
    from emulator.lambda_.time import clocks, locks, loops, outside, patches, signals  # only for a handler
    from emulator.lambda_.time import starts, zone  # isort: skip

    _bring = patches.places.bring
    functions = [*locks.REPLACED, *signals.REPLACED, *outside.REPLACED]
    undo: list[Undo] = []

    def put_back() -> None:
        while undo:
            undo.pop()()

    try:
        undo.append(zone.show_utc())
        undo.append(patches.open_backend(_shown_ns, real_time_ns, clocks.REPLACED, functions))
        undo.append(loops.open_loops(current_handler_time))
        undo.append(patches.put([*outside.methods(), *starts.methods()]))
    except BaseException:
        put_back()
        raise
    return put_back


_SHOWN: Final = SharedChange(_start_showing)
