"""A handler's surroundings in this process besides its time: its variables, the modules of its folder, its changes.

They belong to the whole process, so they are in place only while the handler runs: not while it sleeps
(``time.shown.off_handler_time``), nor while a function that it called runs.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import Final, Protocol

from emulator.lambda_.time import zone

ZONE: Final = "TZ"
"""The variable of the local time zone; a function may have its own (AWS Lambda, "Using environment variables")."""


class Part(Protocol):
    """A change of the process for the duration of a call."""

    def inside(self) -> AbstractContextManager[None]:
        """A block with the change in place. Entering it again restores the state that the previous block left."""
        ...


class Variables:
    """Variables in ``os.environ``: those of the call that began last, if calls of several threads set the same one."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values: dict[str, str | None] = dict(values)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """A block with the variables set; their values at its end are kept for the next block."""
        with _gate:
            for name in self._values:
                if name not in hidden:
                    hidden[name] = os.environ.get(name)
            _shown.append(self)
            _set(self._values)
        try:
            yield
        finally:
            with _gate:
                if _shown[-1] is self:
                    self._values = {name: os.environ.get(name) for name in self._values}
                _shown.remove(self)
                _set({name: _next_value(name) for name in self._values})


def _next_value(name: str) -> str | None:
    """The variable's value for the calls that go on; the process's own if it is not theirs."""
    for each in reversed(_shown):
        if name in each._values:
            return each._values[name]
    return hidden.pop(name)


hidden: Final[dict[str, str | None]] = {}
"""The process's own values of the variables that running calls have set; ``None`` for none."""
_shown: Final[list[Variables]] = []
"""The variables of the running calls, the latest last."""
_gate: Final = Lock()


class Surroundings:
    """All surroundings of one call."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = [*parts]
        self._entered: list[AbstractContextManager[None]] = []
        self._runs = False
        self._suspended = 0
        self._lock = Lock()

    @contextmanager
    def inside(self) -> Iterator[None]:
        """The block in which the call runs."""
        self._runs = True
        self._enter(self._parts)
        try:
            yield
        finally:
            with self._lock:
                self._runs = False
                self._leave()

    @contextmanager
    def running(self, part: Part) -> Iterator[None]:
        """A block within ``inside``, with one more part."""
        with self._lock:
            self._parts.append(part)
            self._enter([part])
        try:
            yield
        finally:
            with self._lock:
                self._parts.pop()
                if not self._suspended:
                    self._leave(1)

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """A block inside the call, but without its surroundings. Several of its threads may be in one at a time."""
        with self._lock:
            self._suspended += 1
            self._leave()
        try:
            yield
        finally:
            with self._lock:
                self._suspended -= 1
                if self._runs and not self._suspended:  # a thread may still sleep after the handler has ended
                    self._enter(self._parts)

    def _enter(self, parts: Sequence[Part]) -> None:
        for part in parts:
            block = part.inside()
            block.__enter__()
            self._entered.append(block)

    def _leave(self, number: int | None = None) -> None:
        for _ in range(len(self._entered) if number is None else number):
            self._entered.pop().__exit__(None, None, None)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    if ZONE in values:
        zone.set_by_call(values[ZONE] if ZONE in hidden else None)
