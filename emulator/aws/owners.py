"""Which of the open emulators answers a request of this process, when several are open.

| who asks | who answers |
| --- | --- |
| a client of ``emulator.client``, and everything that an emulator does itself | that emulator |
| a handler that an emulator calls, and threads that this handler starts | that emulator |
| other code, in a thread that has opened emulators itself | the one that this thread opened last |
| other code | the one that was opened last |

An emulator that a handler opens is opened later than the call began, so it answers the handler until it is closed.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

from emulator.blocked import BlockedCalls

Respond: TypeAlias = Callable[[Any], Any]
"""The response (``botocore.awsrequest.AWSResponse``) to an ``AwsRequest``."""


class Owner:
    """An open emulator, as its requests see it: who answers them, and what was blocked.

    ``knows_key`` says whether an access key was made in this emulator: by its STS, or for one of its users.
    """

    def __init__(self, respond: Respond, blocked: BlockedCalls, knows_key: Callable[[str], bool]) -> None:
        self.respond = respond
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

    def close(self) -> None:
        """Answer no longer; closing again does nothing."""
        with _lock:
            self.is_open = False
            for owners in (opened, self._opened_in):
                if self in owners:
                    owners.remove(self)

    @contextmanager
    def calling(self) -> Iterator[None]:
        """A block in which this emulator runs a handler: it answers this thread, and threads that begin meanwhile."""
        owners, call = _here.owners, (self, frozenset(threading.enumerate()))
        owners.append(self)
        _calls.append(call)
        try:
            yield
        finally:
            _calls.remove(call)
            for at in range(len(owners) - 1, -1, -1):
                if owners[at] is self:
                    del owners[at]
                    break


class _Here(threading.local):
    """The emulators that this thread has opened, or whose handlers it runs, the latest last."""

    def __init__(self) -> None:
        self.owners: list[Owner] = []


opened: Final[list[Owner]] = []
"""The open emulators of this process, the latest last."""
_here = _Here()
_calls: "list[tuple[Owner, frozenset[threading.Thread]]]" = []
"""The running calls of handlers, and the threads that are older than each."""
_lock = threading.Lock()


def current() -> Owner | None:
    """The emulator that answers this thread's requests; ``None`` when none is open."""
    for owner in reversed(_here.owners):
        if owner.is_open:
            return owner
    if _calls and len(opened) > 1:
        thread = threading.current_thread()
        for owner, older in reversed(_calls):
            if owner.is_open and thread not in older:
                return owner
    try:
        return opened[-1]
    except IndexError:
        return None
