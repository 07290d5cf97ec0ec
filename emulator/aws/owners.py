"""Which of the open emulators answers a request of this process, when several are open.

| who asks | who answers |
| --- | --- |
| a client of ``emulator.client``, and everything that an emulator does itself | that emulator |
| a handler that an emulator calls, and threads that this handler starts | that emulator |
| an asyncio task, or other code with a ``contextvars`` context, that has opened emulators | the one it opened last |
| a task or a job of an executor that such code has started, such as boto3's transfers | who answers that code |
| other code, in a thread that has opened emulators itself | the one that this thread opened last |
| a thread that another one has started | who answered the other one at that time |
| other code | the one that was opened last |

An emulator that is closed answers none of them; the next row holds then. An emulator that a handler opens is opened
later than the call began, so it answers the handler until it is closed. ``emulator.aws.guard.threads`` says who starts
a thread, and who gives an executor its jobs.
"""

import os
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final, TypeAlias
from weakref import WeakKeyDictionary, ref

from emulator.blocked import BlockedCalls

Respond: TypeAlias = Callable[[Any], Any]
"""The response (``botocore.awsrequest.AWSResponse``) to an ``AwsRequest``."""


class Owner:
    """An open emulator, as its requests see it: who answers them, and what was blocked.

    ``knows_key`` says whether an access key was made in this emulator: by its STS, or for one of its users.
    ``name_of`` names the operation of an ``AwsRequest``: ``service:Operation``.
    """

    def __init__(
        self, respond: Respond, blocked: BlockedCalls, knows_key: Callable[[str], bool], name_of: Callable[[Any], str]
    ) -> None:
        self.respond = respond
        self.name_of = name_of
        self.blocked = blocked
        self.knows_key = knows_key
        self.is_open = False
        self.process = 0
        """The process that opened the emulator, not a forked child of it."""
        self._opened_in: list[Owner] = []

    def open(self) -> None:
        """Answer from now on."""
        self.is_open = True
        self.process = os.getpid()
        self._opened_in = _here.owners
        with _lock:
            opened.append(self)
            self._opened_in.append(self)
        _context.set((*_open_in_context(), self))

    def close(self) -> None:
        """Answer no longer; closing again does nothing."""
        with _lock:
            self.is_open = False
            for owners in (opened, self._opened_in):
                if self in owners:
                    owners.remove(self)
        if self in _context.get():
            _context.set(_open_in_context())

    def calling(self) -> "_Calling":
        """A block in which this emulator runs a handler: it answers this thread, and threads that begin meanwhile."""
        return _Calling(self)


class _Calling:
    """``Owner.calling``."""

    __slots__ = ("_call", "_owner", "_owners", "_token")

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    def __enter__(self) -> None:
        self._owners = _here.owners
        self._owners.append(self._owner)
        self._call = self._owner, frozenset(threading.enumerate())
        _calls.append(self._call)
        self._token = _context.set((*_context.get(), self._owner))

    def __exit__(self, *_: object) -> None:
        _context.reset(self._token)
        _calls.remove(self._call)
        owners = self._owners
        for at in range(len(owners) - 1, -1, -1):
            if owners[at] is self._owner:
                del owners[at]
                break


class _Here(threading.local):
    """The emulators that this thread has opened, or whose handlers it runs, the latest last."""

    def __init__(self) -> None:
        self.owners: list[Owner] = []


opened: Final[list[Owner]] = []
"""The open emulators of this process, the latest last."""
_here = _Here()
_context: Final[ContextVar[tuple[Owner, ...]]] = ContextVar("emulators", default=())
"""The emulators that the running code has opened, or whose handler it is, the latest last; tasks inherit it."""
_started: "Final[WeakKeyDictionary[threading.Thread, ref[Owner]]]" = WeakKeyDictionary()
"""Who answered the starter of a thread."""
_calls: "list[tuple[Owner, frozenset[threading.Thread]]]" = []
"""The running calls of handlers, and the threads that are older than each."""
_lock = threading.Lock()


def current() -> Owner | None:
    """The emulator that answers this code's requests; ``None`` when none is open."""
    if len(opened) > 1:
        for owners in (_context.get(), _here.owners):
            for owner in reversed(owners):
                if owner.is_open:
                    return owner
        thread = threading.current_thread()
        starter = _started.get(thread)
        if starter is not None and (of_starter := starter()) is not None and of_starter.is_open:
            return of_starter
        for owner, older in reversed(_calls):
            if owner.is_open and thread not in older:
                return owner
    try:
        return opened[-1]
    except IndexError:
        return None


def started(thread: threading.Thread) -> None:
    """Note who answers the code that starts ``thread``: the same emulator answers the thread."""
    owner = current()
    if owner is not None:
        _started[thread] = ref(owner)


def answered_alike(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function``, to be called in another thread: answered there by the emulator that answers this code."""
    owner = current()
    if owner is None:
        return function

    def answered(*given: Any, **named: Any) -> Any:
        token = _context.set((owner,))
        try:
            return function(*given, **named)
        finally:
            _context.reset(token)

    return answered


def _open_in_context() -> tuple[Owner, ...]:
    return tuple(owner for owner in _context.get() if owner.is_open)
