"""Threads that a handler's call starts: they are threads of the call (``threads``).

Not those of ``multiprocessing``, which wait for other processes all the time; while work is in progress there, no time
passes. An executor that is older than the
call (an attribute of a module, say) has threads that are not the call's. So its jobs run in a second one, made for the
call with the same settings.
"""

import _thread
import functools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final
from weakref import WeakKeyDictionary

from emulator.lambda_.time.call_thread import CallEnded, CallThread
from emulator.lambda_.time.current import current_handler_time, in_call, outside, real_waits
from emulator.lambda_.time.handler_time import HandlerTime, HandlerTimedOut
from emulator.lambda_.time.outside import Method
from emulator.lambda_.time.quiet import Quiet
from emulator.lambda_.time.threads import Threads

_real_join: Final = threading.Thread.join
_real_is_alive: Final = threading.Thread.is_alive
_real_shutdown: Final = ThreadPoolExecutor.shutdown
_real_start_new_thread: Final = _thread.start_new_thread
_pools: Final[Any] = ThreadPoolExecutor

_before: Final[dict[str, Any]] = {}
"""The methods that ``_start`` and ``_submit`` replace: those of other code, such as the guard of an open emulator."""
_started: "WeakKeyDictionary[threading.Thread, tuple[Threads, CallThread]]" = WeakKeyDictionary()
_doubles: "WeakKeyDictionary[ThreadPoolExecutor, tuple[Threads, ThreadPoolExecutor]]" = WeakKeyDictionary()


def _call() -> HandlerTime | None:
    line = current_handler_time()
    return None if line is None or line.ended else line


@functools.wraps(threading.Thread.start)
def _start(self: Any) -> None:
    line = _call()
    if line is None or self.ident is not None:
        _before["start"](self)
        return
    if (works := _serves_processes(self)) is not None:
        line.open_threads().servers.append((self, works, Quiet()))
        with real_waits():
            _before["start"](self)
        return
    threads = line.open_threads()
    thread = threads.started()
    _started[self] = (threads, thread)
    own = vars(self).get("run")
    self.run = functools.partial(_run, self, self.run, own, line, thread)
    with threads.keeps_turn(), real_waits():
        try:
            _before["start"](self)
        except BaseException:
            threads.not_started(thread)
            raise


def _serves_processes(thread: Any) -> Callable[[], bool] | None:
    """For a thread that waits for other processes: whether they have work of this process in progress."""
    target = getattr(thread, "_target", None) or type(thread)
    module = str(getattr(target, "__module__", ""))
    if module == "concurrent.futures.process":
        return lambda: bool(thread.pending_work_items)
    if not module.startswith("multiprocessing."):
        return None
    if target.__name__ == "_handle_results":
        _, _, jobs = thread._args
        return lambda: bool(jobs)
    return lambda: False


def _run(self: Any, run: Callable[[], None], own: Any, line: HandlerTime, thread: CallThread) -> None:
    """In the new thread: what its ``run`` does, with the call's time and in its turn."""
    if own is None:
        del self.run
    else:
        self.run = own
    _in_turn(line, thread, run)


def _in_turn(line: HandlerTime, thread: CallThread, run: Callable[[], object]) -> None:
    threads = line.open_threads()
    try:
        threads.begin(thread)
        with in_call(line):
            run()
    except (HandlerTimedOut, CallEnded):  # the handler's own thread reports the timeout
        pass
    finally:
        threads.end(thread)


def start_new_thread(function: Any, args: Any, kwargs: Any = None, /) -> int:
    """The replacement of ``_thread.start_new_thread``."""
    line = _call()
    run = functools.partial(function, *args, **(kwargs or {}))
    if line is None:
        return _real_start_new_thread(run, ())
    threads = line.open_threads()
    thread = threads.started()
    try:
        return _real_start_new_thread(_in_turn, (line, thread, run))
    except BaseException:
        threads.not_started(thread)
        raise


@functools.wraps(_real_join)
def _join(self: threading.Thread, timeout: float | None = None) -> None:
    line = _call()
    here = None if line is None or line.threads is None else line.threads.here()
    if line is None or line.threads is None or here is None or self is threading.current_thread() or self.ident is None:
        _real_join(self, timeout)
        return
    threads, thread = _started.get(self, (None, None))
    if threads is not line.threads or thread is None:
        with outside("child" if line.threads.serves(self) else "socket"):
            _real_join(self, timeout)
        return
    assert threads is not None
    if threads.join(here, thread, None if timeout is None else line.after(max(timeout, 0))):
        with threads.keeps_turn(), real_waits():  # only the system's part of its end is left
            _real_join(self)


@functools.wraps(_real_is_alive)
def _is_alive(self: threading.Thread) -> bool:
    line = _call()
    threads, thread = _started.get(self, (None, None))
    if line is None or line.threads is not threads or thread is None or self is threading.current_thread():
        return _real_is_alive(self)
    if not thread.ended:
        line.let_others_run()
        return True
    with line.open_threads().keeps_turn(), real_waits():
        _real_join(self)
    return False


# Executors -----------------------------------------------------------------------------------------------------------


@functools.wraps(_pools.submit)
def _submit(self: Any, fn: Any, /, *args: Any, **more: Any) -> Any:
    line = _call()
    if line is None:
        return _before["submit"](self, fn, *args, **more)
    return _before["submit"](_of_the_call(self, line.open_threads()), fn, *args, **more)


def _of_the_call(executor: Any, threads: Threads) -> ThreadPoolExecutor:
    """The executor itself if it is the call's, otherwise its double."""
    owner, double = _doubles.get(executor, (None, None))
    if owner is threads and double is not None:
        return double
    theirs = all(_started.get(thread, (None,))[0] is threads for thread in executor._threads)
    if executor._shutdown or (theirs and isinstance(executor._work_queue, queue._PySimpleQueue)):  # type: ignore[attr-defined]
        threads.at_end[id(executor)] = functools.partial(_cancel, executor)
        return executor  # type: ignore[no-any-return]
    double = ThreadPoolExecutor(
        executor._max_workers,
        executor._thread_name_prefix,
        getattr(executor, "_initializer", None),
        getattr(executor, "_initargs", ()),
    )
    _doubles[executor] = (threads, double)
    threads.at_end[id(executor)] = functools.partial(_real_shutdown, double, wait=False, cancel_futures=True)
    return double


def _cancel(executor: Any) -> None:
    """Cancel the jobs that have not begun when the call ends."""
    left = []
    try:
        while True:
            left.append(executor._work_queue.get_nowait())
    except queue.Empty:
        pass
    for job in left:
        if job is None:
            executor._work_queue.put(None)
        else:
            job.future.cancel()


@functools.wraps(_real_shutdown)
def _shutdown(self: ThreadPoolExecutor, wait: bool = True, *, cancel_futures: bool = False) -> None:
    if _call() is not None and (pair := _doubles.pop(self, None)) is not None:
        _real_shutdown(pair[1], wait, cancel_futures=cancel_futures)
    _real_shutdown(self, wait, cancel_futures=cancel_futures)


def _asked(real: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A question about another thread's work: while the answer is no, the others run."""

    @functools.wraps(real)
    def ask(self: Any) -> Any:
        answer = real(self)
        if not answer and (line := _call()) is not None and line.threads is not None:
            line.let_others_run()
        return answer

    return ask


_METHODS: Final[tuple[Method, ...]] = (
    (threading.Thread, "start", _start),
    (threading.Thread, "join", _join),
    (threading.Thread, "is_alive", _is_alive),
    (_thread, "start_new_thread", start_new_thread),
    (threading.Event, "is_set", _asked(threading.Event.is_set)),
    (Future, "done", _asked(Future.done)),
    (ThreadPoolExecutor, "submit", _submit),
    (ThreadPoolExecutor, "shutdown", _shutdown),
)


def methods() -> tuple[Method, ...]:
    """Methods and their replacements, which are about to be put in place."""
    _before.update(start=threading.Thread.start, submit=ThreadPoolExecutor.submit)
    return _METHODS
