"""Where a handler waits outside the process: for child processes, and for files and sockets with ``select``.

Such a wait takes real time, its time-out too, and no virtual time. Other waits outside, such as reading a socket, have
no hook in Python: a handler with one thread needs none, and among several the waiting one is found (``threads``).

**Waiting while a child runs is waiting for the child first.** ``while child.poll() is None: sleep(1)`` would take
as many virtual seconds as the child is slow. So a handler that has started a child first waits for it in real time
when it waits for anything, for ``POLLED_SECONDS`` at most and once: a child that runs longer is there to stay.
"""

import functools
import os
import select
import selectors
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from emulator.clock import stopwatch_ns
from emulator.lambda_.outcomes import ProcessExit
from emulator.lambda_.time import zone
from emulator.lambda_.time.call_thread import Kind
from emulator.lambda_.time.clocks import real_sleep, sleep
from emulator.lambda_.time.current import current_handler_time, outside, real_waits

_PROCESSES: Final = ("multiprocessing.", "concurrent.futures.process")
POLLED_SECONDS: Final = 10.0
"""How long a handler that has found a child running waits for it, in real time."""

Method: TypeAlias = tuple[Any, str, Any]
"""A class or module, the name of one of its functions, and the replacement."""


def _waiting(real: Callable[..., Any], kind: Kind) -> Callable[..., Any]:
    """``real``, as a wait outside."""

    @functools.wraps(real)
    def wait(*args: Any, **more: Any) -> Any:
        with outside(kind):
            return real(*args, **more)

    return wait


# Child processes ---------------------------------------------------------------------------------------------------


def _runs(child: Any, ended: Callable[[], bool]) -> None:
    """The handler has started ``child``, or found it running: its next wait first waits for it, once."""
    line = current_handler_time()
    if line is None or child in line.children or not _asked_by_the_user():
        return

    def wait() -> None:
        line.children[child] = _nothing
        with outside("child"):
            found = _ends_in(ended, POLLED_SECONDS)
        if found:
            line.children.pop(child, None)

    line.children[child] = wait


def _asked_by_the_user() -> bool:
    """Whether a child is not one that ``multiprocessing`` starts, or asks about, for itself."""
    frame, asked = sys._getframe(3), ""
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).startswith(_PROCESSES):
        frame, asked = frame.f_back, frame.f_code.co_name
    return asked in ("", "is_alive", "exitcode")


def _nothing() -> None:
    """A child that runs on is not waited for again."""


def _ends_in(poll: Callable[[], bool], seconds: float) -> bool:
    """Ask again and again; whether it has ended in so many real seconds."""
    end = stopwatch_ns() + seconds * 1e9
    while not (ended := poll()) and stopwatch_ns() < end:
        real_sleep(0.002)
    return ended


_real_poll: Final = subprocess.Popen.poll
_real_waitpid: Final[Callable[[int, int], tuple[int, int]] | None] = getattr(os, "waitpid", None)


_real_init: Final[Any] = subprocess.Popen.__init__


@functools.wraps(_real_init)
def _init(self: Any, *args: Any, **more: Any) -> None:
    given = more.get("env")
    if given is not None and b"TZ" not in given and current_handler_time() is not None:
        more["env"] = {"TZ": zone.UTC, **given}  # without variables it has this process's, and so this zone
    with outside("child"):
        _real_init(self, *args, **more)
    _runs(self, lambda: _real_poll(self) is not None)


@functools.wraps(_real_poll)
def _poll(self: Any) -> Any:
    code = _real_poll(self)
    if code is None:
        _runs(self, lambda: _real_poll(self) is not None)
    return code


def waitpid(pid: int, options: int, /) -> tuple[int, int]:
    """The replacement of ``os.waitpid``."""
    assert _real_waitpid is not None
    if not options & os.WNOHANG:
        with outside("child"):
            return _real_waitpid(pid, options)
    found = _real_waitpid(pid, options)
    if found == (0, 0) and pid > 0 and hasattr(os, "waitid"):
        how = os.WEXITED | os.WNOWAIT | os.WNOHANG
        _runs(pid, lambda: os.waitid(os.P_PID, pid, how) is not None)
    return found


# The end of the process ---------------------------------------------------------------------------------------------

_real_exit: Final = os._exit


def _exit(status: int) -> None:
    """The replacement of ``os._exit``: on Lambda it ends only the handler's process. A forked child ends for real."""
    if current_handler_time() is None:
        _real_exit(status)
    raise ProcessExit(status)


# Files and sockets -------------------------------------------------------------------------------------------------


def _selecting(real: Callable[..., Any]) -> Callable[..., Any]:
    """A selector's ``select``: a sleep if it has nothing to select from, otherwise a wait outside.

    A time-out in which nothing comes takes real time and then virtual time too: a server's loop lets time pass.
    """

    @functools.wraps(real)
    def select(self: Any, timeout: float | None = None) -> Any:
        line = current_handler_time()
        if line is None or (timeout is not None and timeout <= 0):
            return real(self, timeout)
        if timeout is not None and not self.get_map():
            line.sleep(timeout)
            return []
        with outside("socket"):
            found = real(self, timeout)
        module = sys._getframe(1).f_globals.get("__name__", "")
        if not found and timeout is not None and not module.startswith(("asyncio.", *_PROCESSES)):
            line.sleep(timeout)
        return found

    return select


_real_select: Final = select.select


def _select(rlist: Any, wlist: Any, xlist: Any, timeout: float | None = None, /) -> Any:
    line = current_handler_time()
    if line is None or (timeout is not None and timeout <= 0):
        return _real_select(rlist, wlist, xlist, timeout)
    if timeout is not None and not (rlist or wlist or xlist):
        line.sleep(timeout)
        return [], [], []
    with outside("socket"):
        found = _real_select(rlist, wlist, xlist, timeout)
    if timeout is not None and not any(found):
        line.sleep(timeout)
    return found


def _selecting_classes() -> dict[type, None]:
    """The classes of ``selectors`` that define ``select``."""
    kinds = (kind for kind in vars(selectors).values() if isinstance(kind, type))
    return {kind: None for kind in kinds if "select" in vars(kind) and kind is not selectors.BaseSelector}


_METHODS: Final[tuple[Method, ...]] = (
    (subprocess.Popen, "__init__", _init),
    (subprocess.Popen, "wait", _waiting(subprocess.Popen.wait, "child")),
    (subprocess.Popen, "communicate", _waiting(subprocess.Popen.communicate, "child")),
    (subprocess.Popen, "poll", _poll),
    *((kind, "select", _selecting(vars(kind)["select"])) for kind in _selecting_classes()),
)

REPLACED: Final[tuple[tuple[Any, Any], ...]] = (
    (_real_select, _select),
    (_real_exit, _exit),
    *([(_real_waitpid, waitpid)] if _real_waitpid is not None else []),
    *(
        (getattr(os, name), _waiting(getattr(os, name), "child"))
        for name in ("wait", "wait3", "wait4")
        if hasattr(os, name)
    ),
)
"""Functions and their replacements."""


def methods() -> list[Method]:
    """Methods and their replacements, of modules that are loaded."""
    found = list(_METHODS)
    for module, owner, name, replaced in _LATER:
        if (loaded := sys.modules.get(module)) is not None and (owned := getattr(loaded, owner, None)) is not None:
            found.append((owned, name, replaced(getattr(owned, name))))
    return found


@functools.cache
def _asked(real: Callable[[Any], bool]) -> Callable[[Any], bool]:
    @functools.wraps(real)
    def is_alive(self: Any) -> bool:
        with real_waits():
            alive = real(self)
        if alive:
            _runs(self, lambda: not real(self))
        return alive

    return is_alive


@functools.cache
def _starting(real: Callable[[Any], None]) -> Callable[[Any], None]:
    """``multiprocessing.Process.start``."""

    @functools.wraps(real)
    def start(self: Any) -> None:
        real(self)
        if current_handler_time() is not None:
            _runs(self, lambda: self.exitcode is not None)

    return start


@functools.cache
def _joined(real: Callable[..., Any]) -> Callable[..., Any]:
    return _waiting(real, "child")


@functools.cache
def _scheduling(real: Callable[..., None]) -> Callable[..., None]:
    """``sched.scheduler.__init__``, whose default arguments hold the real clock and sleep."""

    @functools.wraps(real)
    def init(self: Any, *args: Any, **more: Any) -> None:
        if current_handler_time() is None:
            real(self, *args, **more)
        else:
            names = ("timefunc", "delayfunc")
            real(
                self, **{"timefunc": time.monotonic, "delayfunc": sleep, **dict(zip(names, args, strict=False)), **more}
            )

    return init


_LATER: Final = (
    ("sched", "scheduler", "__init__", _scheduling),
    ("multiprocessing.process", "BaseProcess", "start", _starting),
    ("multiprocessing.process", "BaseProcess", "join", _joined),
    ("multiprocessing.process", "BaseProcess", "is_alive", _asked),
    ("multiprocessing.connection", "_ConnectionBase", "poll", _joined),
    ("multiprocessing.connection", "_ConnectionBase", "recv", _joined),
    ("multiprocessing.queues", "Queue", "get", _joined),
    ("multiprocessing.queues", "SimpleQueue", "get", _joined),
)
"""Module, class, method and what makes the replacement, for modules that a handler need not have loaded."""
