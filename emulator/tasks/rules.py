"""The meaning of a ``Profile``'s settings, as functions of JSON values: equality, unsaved changes, waits."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from .plain import Json, JsonObject, equal

MAX_WAIT_SECONDS: Final = 355 * 24 * 60 * 60
"""The longest wait: 355 days, slightly less than the maximum duration of an execution."""


_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def loosely_equal(left: Json, right: Json) -> bool:
    """Equality with JavaScript's ``==`` for the values in objects and lists: ``1`` and ``"1"``, ``False`` and ``0``."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(loosely_equal(item, right[key]) for key, item in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(loosely_equal, left, right))
    if left is None or right is None or isinstance(left, dict | list) or isinstance(right, dict | list):
        return left is right
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    return _number(left) == _number(right)


def _number(value: Any) -> float:
    """A scalar as a number, as JavaScript reads it; NaN, which equals nothing, if it is not one."""
    if not isinstance(value, str):
        return float(value)
    text = value.strip()
    return float(text or 0) if not text or _NUMBER.fullmatch(text) else math.nan


EQUALITY: Final[Mapping[str, Callable[[Json, Json], bool]]] = {"strict": equal, "loose": loosely_equal}


def richer(old: Any, new: Any) -> Any:
    """The fuller of two values, as the releases' object-merge-advanced 12.1 with ``hardArrayConcat`` has it.

    Two lists are joined and two objects merged. The old value gives way to one that is no poorer: ``FULLER`` has the
    rule of each kind of old value.
    """
    if isinstance(old, dict) and isinstance(new, dict) and old:
        return {**old, **{key: richer(old[key], value) if key in old else value for key, value in new.items()}}
    if isinstance(old, list) and isinstance(new, list):
        return [*old, *new]
    gives_way = FULLER.get(type(old))
    return new if gives_way is None or gives_way(old, new) else old


def _filled(value: Any) -> bool:
    """Whether a value counts as not empty: numbers do, booleans do not."""
    return bool(value) if isinstance(value, str | list | dict) else type(value) in (int, float)


FULLER: Final[Mapping[type, Callable[[Any, Any], bool]]] = {
    list: lambda old, new: not old and _filled(new),
    dict: lambda old, new: isinstance(new, list) and bool(new) if old else isinstance(new, list | dict) or _filled(new),
    str: lambda old, new: isinstance(new, str | list | dict) and bool(new) if old else not isinstance(new, bool | None),
    int: lambda _, new: _filled(new),
    float: lambda _, new: _filled(new),
    bool: lambda old, new: new is not None and not (old and new is False),
}
"""Type of the old value -> whether a new one takes its place, where they are not joined; of others, it always does."""


@dataclass(frozen=True, slots=True)
class PendingMerge:
    """How unsaved changes of a task's fields are combined.

    ``join(earlier, later)`` returns the fields to write; with ``over_unsaved`` a change of the input starts from the
    unsaved input, otherwise from the saved one.
    """

    join: Callable[[JsonObject, JsonObject], JsonObject]
    over_unsaved: bool


PENDING_MERGE: Final[Mapping[str, PendingMerge]] = {
    "last_write": PendingMerge(lambda earlier, later: {**earlier, **later}, over_unsaved=True),
    "richer_value": PendingMerge(richer, over_unsaved=False),
}


def spread(value: Json) -> JsonObject:
    """A value's own properties, as JavaScript spreads it: those of a text or list are its parts, scalars have none."""
    if isinstance(value, dict):
        return value
    return {str(index): part for index, part in enumerate(value)} if isinstance(value, str | list) else {}


def nulled(value: Json) -> Json:
    """``value`` with ``null`` in the place of every empty text."""
    if isinstance(value, dict):
        return {key: nulled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [nulled(item) for item in value]
    return None if value == "" else value


EMPTY_TEXT: Final[Mapping[str, Callable[[Json], Json]]] = {"kept": lambda value: value, "null": nulled}
"""The profile's ``empty_text`` -> a value as it is stored."""


CONTINUED_INPUT: Final[Mapping[str, Callable[[Json, Json], Json]]] = {
    "merge": lambda stored, given: {**spread(stored), **spread(given)},
    "replace": lambda _, given: given,
}
"""The next run's input, from the stored input and the one given to ``continue_``."""

Wait: TypeAlias = int | float | str | None

FRACTIONAL_WAIT: Final[Mapping[str, Callable[[float], int | float]]] = {
    "round_up": math.ceil,
    "keep": lambda seconds: seconds,
}


def wait_of(seconds: float, fractional: str) -> int | float | None:
    """The wait in an answer: none below a second, at most 355 days, fractions according to the profile."""
    if math.isnan(seconds) or seconds < 1:
        return None
    kept = FRACTIONAL_WAIT[fractional](min(seconds, MAX_WAIT_SECONDS))
    return int(kept) if kept == int(kept) else kept
