"""The state of the process that a handler may change: it ends with the call.

On Lambda a function has a process of its own. Here it has the test's, so what a handler leaves behind would reach the
test, other functions, and the next test: environment variables, the working folder, signal handlers and alarms, the
locale, the umask, the time zone, ``sys.path``, the recursion limit, the level and the handlers of the root logger,
``logging.disable``, ``sys.argv``, the standard streams, the default timeout of sockets, the context of ``decimal``.
Filters of warnings are left alone: modules that a handler imports set them, too.
On Lambda the later calls of a warm function see such changes; here they do not, so that no result depends on an earlier
call. What a handler's module does when it is imported is done once, like any import, and stays.

The process has one state, whatever its threads do: while handlers run in several threads, they share it, and the last
to end puts back the state that the first one found.
"""

import decimal
import locale
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from threading import Lock
from typing import Any, Final, NamedTuple

from emulator.clock import stopwatch_ns
from emulator.lambda_ import surroundings
from emulator.lambda_.task_root import own_path, set_own_path
from emulator.lambda_.time import zone
from emulator.shared_change import stretch_mark

_NUMBERS: Final = tuple(sorted(int(number) for number in signal.valid_signals() if number < 32))
"""All signals but those of real-time extensions."""
_TIMERS: Final = tuple(
    number for name in ("REAL", "VIRTUAL", "PROF") if (number := getattr(signal, f"ITIMER_{name}", None)) is not None
)
_get_handler: Final[Callable[[int], Any]] = import_module("_signal").getsignal
"""``signal.getsignal`` without the search for the name of each handler, which takes longer than the rest of a call."""
_get_locale: Final[Callable[[int], str]] = import_module("_locale").setlocale
"""``locale.setlocale`` without its look at the type of an argument that is not given."""
_get_timer: Final = getattr(signal, "getitimer", None)
_set_timer: Final = getattr(signal, "setitimer", None)
_NO_TIMER: Final = (0.0, 0.0)
_SLACK_SECONDS: Final = 0.5
"""How much a running alarm may differ from what it should be, before it counts as set anew."""


class State(NamedTuple):
    """What is kept. ``handlers`` are those of ``_NUMBERS``; only the main thread can change them, and its streams.

    ``variables`` and ``path`` are the process's own, without those of the running calls.
    """

    variables: dict[Any, Any]
    folder: str | None
    handlers: list[Any] | None
    timers: list[tuple[float, float]]
    locale: str
    umask: int
    path: list[str]
    recursion_limit: int
    log_level: int
    log_disabled: int
    log_handlers: list[logging.Handler]
    arguments: list[str]
    streams: tuple[Any, ...] | None
    socket_timeout: float | None


_state: Final[Callable[[tuple[Any, ...]], State]] = partial(tuple.__new__, State)
"""``State(*members)``, without the function in Python that a NamedTuple has for it."""


class ProcessState:
    """The state of the process during one call: a part of its surroundings."""

    __slots__ = ("_left", "_numbers", "_numbers_left", "_thread")

    def __init__(self) -> None:
        self._left: State | None = None
        self._thread = threading.get_ident()
        self._numbers: decimal.Context | None = None
        """The context of ``decimal`` that the call found; each thread has its own."""
        self._numbers_left: decimal.Context | None = None

    def enter(self) -> None:
        """From now on changes are undone by ``leave``; those that it has undone are there again."""
        with _shared.lock:
            _shared.users += 1
            if _shared.users == 1:
                _shared.find()
                if self._left is not None:
                    _write(self._left, _shared.before)
        if self._thread == threading.get_ident():
            self._numbers = self._numbers or decimal.getcontext()
            decimal.setcontext(self._numbers_left or self._numbers.copy())

    def leave(self) -> None:
        """Undo what has changed."""
        if self._numbers is not None and self._thread == threading.get_ident():
            self._numbers_left = decimal.getcontext()
            decimal.setcontext(self._numbers)
        self._left = None
        with _shared.lock:
            _shared.users -= 1
            before = _shared.before
            if _shared.users or before is None or (now := _look()) == before:
                return
            now = _kept(now)
            if _write(before, now, since=_shared.at):
                self._left = now
                zone.bring()  # UTC again, if a handler has set another: its time is still shown


class _Shared:
    """The state that the first of the running calls found, at a real time (nanoseconds), and how many run."""

    def __init__(self) -> None:
        self.before: State | None = None
        self.at = 0
        self.users = 0
        self.lock = Lock()
        self._found_in: object = None
        """The stretch in which ``before`` was found."""

    def find(self) -> None:
        """Find the state, before a handler runs.

        Between the calls of a stretch only another thread can change it: while there is none, it is what the call
        before has found.
        """
        mark = stretch_mark()
        if mark is None or mark is not self._found_in or threading.active_count() != 1:
            self.before, self.at, self._found_in = _kept(_look()), stopwatch_ns(), mark


_shared: Final = _Shared()


def _look() -> State:
    """The state as it is: its dictionary and its lists are the process's own, which go on changing."""
    try:
        folder = os.getcwd()  # noqa: PTH109 - Path.cwd() takes longer
    except OSError:  # it was deleted
        folder = None
    os.umask(umask := os.umask(0o022))
    is_main = threading.get_ident() == threading.main_thread().ident
    root = logging.root
    return _state(
        (
            _own_variables(),
            folder,
            list(map(_get_handler, _NUMBERS)) if is_main else None,
            [] if _get_timer is None else list(map(_get_timer, _TIMERS)),
            _get_locale(locale.LC_ALL),
            umask,
            own_path(),
            sys.getrecursionlimit(),
            root.level,
            root.manager.disable,
            root.handlers,
            sys.argv,
            (sys.stdin, sys.stdout, sys.stderr) if is_main else None,
            socket.getdefaulttimeout(),
        )
    )


def _kept(state: State) -> State:
    """A copy that does not change."""
    return state._replace(
        variables=state.variables.copy(),
        path=state.path[:],
        log_handlers=state.log_handlers[:],
        arguments=state.arguments[:],
    )


def _write(wanted: State, now: State | None, *, since: int = 0) -> bool:
    """Make the process's state ``wanted``; ``now`` is its present one. Whether anything but running alarms differed."""
    assert now is not None, "read before"
    changed = now._replace(timers=wanted.timers) != wanted
    if now.variables != wanted.variables:
        _write_variables(wanted.variables, now.variables)
    if now.folder != wanted.folder and wanted.folder is not None:
        with suppress(OSError):
            os.chdir(wanted.folder)
    if now.handlers != wanted.handlers and now.handlers is not None and wanted.handlers is not None:
        for number, before, after in zip(_NUMBERS, wanted.handlers, now.handlers, strict=True):
            if before != after and before is not None:
                signal.signal(number, before)
    changed |= _write_timers(wanted.timers, now.timers, since)
    if now.locale != wanted.locale:
        locale.setlocale(locale.LC_ALL, wanted.locale)
    if now.umask != wanted.umask:
        os.umask(wanted.umask)
    if now.path != wanted.path:
        set_own_path(wanted.path)
    if now.recursion_limit != wanted.recursion_limit:
        sys.setrecursionlimit(wanted.recursion_limit)
    if now.log_level != wanted.log_level:
        logging.root.setLevel(wanted.log_level)
    if now.log_disabled != wanted.log_disabled:
        logging.disable(wanted.log_disabled)
    if now.log_handlers != wanted.log_handlers:
        logging.root.handlers[:] = wanted.log_handlers
    if now.arguments != wanted.arguments:
        sys.argv[:] = wanted.arguments
    if wanted.streams is not None and now.streams is not None:
        sys.stdin, sys.stdout, sys.stderr = wanted.streams
    if now.socket_timeout != wanted.socket_timeout:
        socket.setdefaulttimeout(wanted.socket_timeout)
    return changed


def _own_variables() -> dict[Any, Any]:
    """The process's own variables, without those of the running calls; encoded, as ``os.environ`` keeps them."""
    environ: Any = os.environ
    own: dict[Any, Any] = environ._data
    if not surroundings.hidden:
        return own
    own = own.copy()
    for key, value in surroundings.hidden.items():
        if value is None:
            own.pop(key, None)
        else:
            own[key] = value
    return own


def _write_variables(wanted: dict[Any, Any], now: dict[Any, Any]) -> None:
    zone = [each.get(key) for each in (wanted, now) for key in ("TZ", b"TZ")]
    for key in now.keys() - wanted.keys():
        del os.environ[os.fsdecode(key)]
    for key, value in wanted.items():
        if now.get(key) != value:
            os.environ[os.fsdecode(key)] = os.fsdecode(value)
    if zone[:2] != zone[2:] and hasattr(time, "tzset"):
        time.tzset()


def _write_timers(wanted: list[tuple[float, float]], now: list[tuple[float, float]], since: int) -> bool:
    """Set the alarms as they were, less the real time since then; whether any was set anew."""
    passed = (stopwatch_ns() - since) / 1e9 if since else 0.0
    changed = False
    for number, before, after in zip(_TIMERS, wanted, now, strict=True):
        left = max(before[0] - passed, 0.001) if before != _NO_TIMER else 0.0
        is_same = after == _NO_TIMER if before == _NO_TIMER else abs(after[0] - left) < _SLACK_SECONDS
        if not is_same and _set_timer is not None and (number == signal.ITIMER_REAL or before == _NO_TIMER):
            _set_timer(number, left, before[1])
            changed = True
    return changed
