"""Which handler's call this thread belongs to, and blocks in which it does not."""

import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final

from emulator.lambda_.time.call_thread import Kind
from emulator.lambda_.time.handler_time import HandlerTime


class _Here(threading.local):
    """The handlers' times that this thread has entered, innermost last; ``None`` marks a block outside all of them."""

    def __init__(self) -> None:
        self.entered: list[HandlerTime | None] = []

    def leave(self, handler_time: HandlerTime | None) -> None:
        """Leave the innermost block of ``handler_time``; a forked child has left all of them."""
        if self.entered and self.entered[-1] is handler_time:
            self.entered.pop()
            return
        for at in range(len(self.entered) - 1, -1, -1):
            if self.entered[at] is handler_time:
                del self.entered[at]
                return


here = _Here()
"""This thread's place."""
NOTHING: Final = nullcontext()
"""A block like any code around it."""


def current_handler_time() -> HandlerTime | None:
    """This thread's handler time: its own, or that of the call that started the thread; None outside handlers.

    Other threads (a server's, a test runner's) have none: their sleeps, waits and clocks stay real.
    """
    return here.entered[-1] if here.entered else None


@contextmanager
def in_call(handler_time: HandlerTime) -> Iterator[None]:
    """A block in which this thread belongs to the call of ``handler_time``."""
    here.entered.append(handler_time)
    try:
        yield
    finally:
        here.leave(handler_time)


@contextmanager
def real_waits() -> Iterator[None]:
    """A block whose waits are short, and real even in a handler's call."""
    here.entered.append(None)
    try:
        yield
    finally:
        here.leave(None)


@contextmanager
def outside(kind: Kind) -> Iterator[None]:
    """A block that waits outside the process: in real time, and for no virtual time."""
    handler_time = current_handler_time()
    if handler_time is None:
        yield
        return
    threads = handler_time.threads
    thread = None if threads is None else threads.here()
    if threads is not None and thread is not None:
        threads.go_outside(thread, kind)
    try:
        with real_waits():
            yield
    finally:
        if threads is not None and thread is not None:
            threads.come_back(thread)


@contextmanager
def off_handler_time() -> Iterator[None]:
    """A block that runs in the middle of a handler's call but is not part of it."""
    with apart():
        here.entered.append(None)
        try:
            yield
        finally:
            here.leave(None)


def apart() -> AbstractContextManager[None]:
    """A block with the time of the handler's call, but without its variables and modules."""
    handler_time = current_handler_time()
    return NOTHING if handler_time is None else handler_time.suspended()


def _in_child() -> None:
    """A forked child is outside: its waits are real, while it goes on showing the date of the fork."""
    here.entered = []


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
