"""What a call of a handler has in this process besides its time: variables, and the modules of its folder.

Both are the process's, so they are in force while the handler runs, and not while something else does: in its sleep
(``time.shown.off_handler_time``), and while another function runs that it called.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from threading import Lock
from typing import Protocol


class Part(Protocol):
    """Something of the process that a call changes."""

    def inside(self) -> AbstractContextManager[None]:
        """A block in which the change is in force. It may be entered again, and then finds what the last one left."""
        ...


class Variables:
    """Values in ``os.environ``."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values: dict[str, str | None] = dict(values)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """The variables are set; what the block makes of them is kept for the next block."""
        before = {name: os.environ.get(name) for name in self._values}
        _set(self._values)
        try:
            yield
        finally:
            self._values = {name: os.environ.get(name) for name in self._values}
            _set(before)


class Surroundings:
    """All parts of one call."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._entered = ExitStack()
        self._runs = False
        self._suspended = 0
        self._lock = Lock()

    @contextmanager
    def inside(self) -> Iterator[None]:
        """The block of the call."""
        self._runs = True
        self._enter()
        try:
            yield
        finally:
            with self._lock:
                self._runs = False
                self._entered.close()

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """A block in the call's that is not the call's. Several threads of the call may be in one."""
        with self._lock:
            self._suspended += 1
            self._entered.close()
        try:
            yield
        finally:
            with self._lock:
                self._suspended -= 1
                if self._runs and not self._suspended:  # a thread may sleep on when the handler has ended
                    self._enter()

    def _enter(self) -> None:
        for part in self._parts:
            self._entered.enter_context(part.inside())


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
