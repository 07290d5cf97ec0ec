"""A handler's surroundings in this process besides its time: its variables, the modules of its folder, its changes.

They belong to the whole process, so they are in place only while the handler runs: not while it sleeps
(``time.shown.off_handler_time``), nor while a function that it called runs.
"""

import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from threading import Lock
from types import TracebackType
from typing import Any, Final, Protocol

from emulator.lambda_.time import zone


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

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values: dict[Any, Any] = {_key(name): _value(value) for name, value in values.items()}

    def enter(self) -> None:
        """Set the variables."""
        with _gate:
            there = _environ()._data
            for key in self._values:
                if key not in hidden:
                    hidden[key] = there.get(key)
            _shown.append(self)
            _set(self._values)

    def leave(self) -> None:
        """Take them away; their values are kept for the next ``enter``."""
        with _gate:
            if _shown[-1] is self:
                there = _environ()._data
                self._values = {key: there.get(key) for key in self._values}
            _shown.remove(self)
            next_value = _next_value if _shown else hidden.pop
            _set({key: next_value(key) for key in self._values})


def _next_value(key: Any) -> Any:
    """The variable's value for the calls that go on; the process's own if it is not theirs."""
    for each in reversed(_shown):
        if key in each._values:
            return each._values[key]
    return hidden.pop(key)


hidden: Final[dict[Any, Any]] = {}
"""The process's own values of the variables that running calls have set; ``None`` for none.

Names and values are encoded as ``os.environ`` keeps them: a call sets a dozen, and most are the same for each call.
"""
_shown: Final[list[Variables]] = []
"""The variables of the running calls, the latest last."""
_gate: Final = Lock()


def _environ() -> Any:
    return os.environ


@lru_cache(maxsize=1024)
def _key(name: str) -> Any:
    return _environ().encodekey(name)


@lru_cache(maxsize=1024)
def _value(text: str) -> Any:
    return _environ().encodevalue(text)


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
        if self._parts:
            self._enter(self._parts)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._runs = False
            if self._entered:
                self._leave()

    def begin(self, part: Part) -> None:
        """Put one more part in place, until ``end`` or the end of the call."""
        with self._lock:
            self._parts.append(part)
            part.enter()
            self._entered.append(part)

    def end(self) -> None:
        """Take away the part that was put in place last."""
        with self._lock:
            self._parts.pop()
            if not self._suspended:
                self._entered.pop().leave()

    def suspended(self) -> "_Suspended":
        """A block inside the call, but without its surroundings. Several of its threads may be in one at a time."""
        return _Suspended(self)

    def _enter(self, parts: Sequence[Part]) -> None:
        for part in parts:
            part.enter()
            self._entered.append(part)

    def _leave(self) -> None:
        while self._entered:
            self._entered.pop().leave()


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


def _set(values: Mapping[Any, Any]) -> None:
    """Set variables, or take those away whose value is ``None``, as ``os.environ`` does."""
    there = _environ()._data
    for key, value in values.items():
        if there.get(key) == value:
            continue
        if value is None:
            os.unsetenv(key)
            del there[key]
        else:
            os.putenv(key, value)
            there[key] = value
    if (key := _key("TZ")) in values:
        value = values[key] if key in hidden else None
        zone.set_by_call(None if value is None else _environ().decodevalue(value))
