"""The time that this process and its threads see: a handler's while one runs, otherwise the system's.

``process_time`` shows a handler's time to the process, and only while the handler runs.
"""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any, Final

from emulator.clock import real_time_ns, stopwatch_ns
from emulator.lambda_.time.current import apart, current_handler_time, here, off_handler_time
from emulator.lambda_.time.handler_time import HandlerTime
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


@contextmanager
def process_time(handler_time: HandlerTime, *namespaces: dict[str, Any]) -> Iterator[None]:
    """Show a handler's time to the process: ``datetime``, ``date``, ``time.time`` and kin.

    The handler's own threads also get its clocks (``clocks``), sleeps and waits; all others keep theirs. botocore
    signs with the real time; the local time zone is UTC, as on Lambda.
    ``namespaces`` are globals of the code to run that are not in a loaded module. Blocks nest,
    in one thread or in several; the real time returns when the outermost ends.
    """
    outer = next((each.threads for each in reversed(here.entered) if each is not None), None)
    with nullcontext() if outer is None else outer.keeps_turn(), _shown(handler_time, namespaces):
        yield


@contextmanager
def _shown(handler_time: HandlerTime, namespaces: tuple[dict[str, Any], ...]) -> Iterator[None]:
    global _loop_floor
    from emulator.lambda_.time import patches

    with _SHOWN.lock:
        handler_time.ident = threading.get_ident()
        handler_time.loop_base = _loop_floor = max(_loop_floor, stopwatch_ns() // 1000)
        end = _SHOWN.use()
        _open.append(handler_time)
        here.entered.append(handler_time)
        undo = patches.places.patch_namespaces(namespaces)
    try:
        try:
            yield
        finally:
            handler_time.finish()
    finally:
        with _SHOWN.lock:
            patches.restore(undo)
            here.leave(handler_time)
            _open.remove(handler_time)
            _loop_floor = max(_loop_floor, handler_time.loop_base + handler_time.elapsed_microseconds())
            end()


def _start_showing() -> Undo:
    from emulator.lambda_.time import clocks, locks, loops, outside, patches, signals  # only for a handler
    from emulator.lambda_.time import starts, zone  # isort: skip

    functions = [*locks.REPLACED, *signals.REPLACED, *outside.REPLACED]
    with ExitStack() as opened:
        opened.callback(zone.show_utc())
        opened.callback(patches.open_backend(_shown_ns, real_time_ns, clocks.REPLACED, functions))
        opened.callback(loops.open_loops(current_handler_time))
        opened.callback(patches.put([*outside.methods(), *starts.methods()]))
        return opened.pop_all().close


_SHOWN: Final = SharedChange(_start_showing)
