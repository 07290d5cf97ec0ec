"""A handler's surroundings in this process besides its time: its variables, the modules of its folder, its changes.

They belong to the whole process, so they are in place only while the handler runs: not while it sleeps
(``time.shown.off_handler_time``), nor while a function that it called runs.
"""

import os
from collections.abc import Mapping, Sequence
from threading import Lock
from types import TracebackType
from typing import Any, Final, Protocol, cast

from emulator.lambda_.time import zone

ZONE: Final = "TZ"
"""The variable of the local time zone; a function may have its own (AWS Lambda, "Using environment variables")."""


class Part(Protocol):
    """A change of the process for the duration of a call."""

    def enter(self) -> None:
        """Put the change in place. Entering again restores the state that ``leave`` found."""
        ...

    def leave(self) -> None:
        """Take the change away."""
        ...


class Variables:
    """Variables in ``os.environ``: those of the call that began last, if calls of several threads set the same one."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values: dict[str, str | None] = dict(values)

    def enter(self) -> None:
        """Set the variables."""
        with _gate:
            before = _present(self._values)
            for name, value in before.items():
                hidden.setdefault(name, value)
            _shown.append(self)
            _set(self._values, before)

    def leave(self) -> None:
        """Take them away; their values are kept for the next ``enter``."""
        with _gate:
            now = _present(self._values)
            if _shown[-1] is self:
                self._values = now
            _shown.remove(self)
            _set({name: _next_value(name) for name in now}, now)


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
    """All surroundings of one call, innermost last: a block in which the call runs."""

    __slots__ = ("_entered", "_lock", "_parts", "_runs", "_suspended")

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = [*parts]
        self._entered: list[Part] = []
        self._runs = False
        self._suspended = 0
        self._lock = Lock()

    def __enter__(self) -> None:
        self._runs = True
        self._enter(self._parts)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._runs = False
            self._leave()

    def running(self, *parts: Part) -> "_Running":
        """A block within the call, with more parts."""
        return _Running(self, parts)

    def suspended(self) -> "_Suspended":
        """A block inside the call, but without its surroundings. Several of its threads may be in one at a time."""
        return _Suspended(self)

    def _enter(self, parts: Sequence[Part]) -> None:
        for part in parts:
            part.enter()
            self._entered.append(part)

    def _leave(self, number: int | None = None) -> None:
        for _ in range(len(self._entered) if number is None else number):
            self._entered.pop().leave()


class _Running:
    """``Surroundings.running``."""

    __slots__ = ("_of", "_parts")

    def __init__(self, of: Surroundings, parts: tuple[Part, ...]) -> None:
        self._of, self._parts = of, parts

    def __enter__(self) -> None:
        of = self._of
        with of._lock:
            of._parts += self._parts
            of._enter(self._parts)

    def __exit__(self, *_: object) -> None:
        of, number = self._of, len(self._parts)
        with of._lock:
            del of._parts[-number:]
            if not of._suspended:
                of._leave(number)


class _Suspended:
    """``Surroundings.suspended``."""

    __slots__ = ("_of",)

    def __init__(self, of: Surroundings) -> None:
        self._of = of

    def __enter__(self) -> None:
        of = self._of
        with of._lock:
            of._suspended += 1
            of._leave()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        of = self._of
        with of._lock:
            of._suspended -= 1
            if of._runs and not of._suspended:  # a thread may still sleep after the handler has ended
                of._enter(of._parts)


def _present(names: Mapping[str, object]) -> dict[str, str | None]:
    """The values of these variables. ``os.environ`` raises and catches an error for each that is missing."""
    environ = cast("Any", os.environ)
    encode, decode, there = environ.encodekey, environ.decodevalue, environ._data
    found = {name: there.get(encode(name)) for name in names}
    return {name: None if value is None else decode(value) for name, value in found.items()}


def _set(values: Mapping[str, str | None], now: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value == now[name]:
            continue
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value
    if ZONE in values:
        zone.set_by_call(values[ZONE] if ZONE in hidden else None)
