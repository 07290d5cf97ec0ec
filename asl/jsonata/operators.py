"""The operators on values. Callers add the position that errors report."""

import math
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from asl.jsonata.conversions import is_number, string
from asl.jsonata.errors import JsonataError
from asl.jsonata.runtime import Run
from asl.jsonata.values import UNDEFINED, Sequence, Value, characters, equal, same, text_less

_EXACT: Final = 2**53
"""JavaScript's numbers are exact up to here; a larger result becomes a double."""
_MOST_ITEMS: Final = 10_000_000

Calculate: TypeAlias = Callable[[float, float], float]


def _add(left: float, right: float) -> float:
    return left + right


def _subtract(left: float, right: float) -> float:
    return left - right


def _multiply(left: float, right: float) -> float:
    product = left * right
    return -0.0 if not product and (left < 0) != (right < 0) else product


def _divide(left: float, right: float) -> float:
    if right:
        return left / right
    if not left or left != left:
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1, right)


def _remainder(left: float, right: float) -> float:
    """With the sign of the left side, unlike Python's."""
    if not right:
        return math.nan
    remainder = math.fmod(left, right)
    return int(remainder) if isinstance(left, int) and isinstance(right, int) else remainder


ARITHMETIC: Final[dict[str, Calculate]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "%": _remainder,
}


def calculate(operator: str, left: Value, right: Value) -> Value:
    """A number; UNDEFINED if a side is UNDEFINED. Raises T2001 or T2002 for a side that is not a number."""
    if left is not UNDEFINED and not is_number(left):
        raise JsonataError("T2001", value=left)
    if right is not UNDEFINED and not is_number(right):
        raise JsonataError("T2002", value=right)
    if left is UNDEFINED or right is UNDEFINED:
        return UNDEFINED
    result = ARITHMETIC[operator](left, right)
    if isinstance(result, int) and not -_EXACT <= result <= _EXACT:
        return ARITHMETIC[operator](float(left), float(right))
    return result


def negate(value: Value) -> Value:
    """The opposite number; raises D1002 for anything but a number."""
    if value is UNDEFINED:
        return UNDEFINED
    if not is_number(value):
        raise JsonataError("D1002", value=value)
    return -value if value else -0.0


_COMPARABLE: Final = (int, float, str)


def _ordered(left: Value, right: Value) -> bool:
    """Whether both sides are defined; raises T2010 or T2009 if they cannot be compared."""
    left_kind, right_kind = type(left), type(right)
    if left is not UNDEFINED and left_kind not in _COMPARABLE:
        raise JsonataError("T2010", value=left)
    if right is not UNDEFINED and right_kind not in _COMPARABLE:
        raise JsonataError("T2010", value=right)
    if left is UNDEFINED or right is UNDEFINED:
        return False
    if (left_kind is str) != (right_kind is str):
        raise JsonataError("T2009", value=left, value2=right)
    return True


def _less(left: Value, right: Value) -> Value:
    if not _ordered(left, right):
        return UNDEFINED
    return text_less(left, right) if type(left) is str else left < right


def _greater(left: Value, right: Value) -> Value:
    if not _ordered(left, right):
        return UNDEFINED
    return text_less(right, left) if type(left) is str else left > right


def _at_most(left: Value, right: Value) -> Value:
    if not _ordered(left, right):
        return UNDEFINED
    return not text_less(right, left) if type(left) is str else left <= right


def _at_least(left: Value, right: Value) -> Value:
    if not _ordered(left, right):
        return UNDEFINED
    return not text_less(left, right) if type(left) is str else left >= right


COMPARISONS: Final[dict[str, Callable[[Value, Value], Value]]] = {
    "<": _less,
    "<=": _at_most,
    ">": _greater,
    ">=": _at_least,
}


def is_equal(left: Value, right: Value) -> bool:
    """``=``; false if a side is UNDEFINED."""
    return left is not UNDEFINED and right is not UNDEFINED and equal(left, right)


def is_unequal(left: Value, right: Value) -> bool:
    """``!=``; also false if a side is UNDEFINED."""
    return left is not UNDEFINED and right is not UNDEFINED and not equal(left, right)


def is_in(left: Value, right: Value) -> bool:
    """``in``: whether the right side equals or contains the left; arrays and objects are found only by identity."""
    if left is UNDEFINED or right is UNDEFINED:
        return False
    items = right if isinstance(right, list) else [right]
    return any(same(item, left) for item in items)


def joined(left: Value, right: Value, run: Run) -> str:
    """``&``: both sides as strings, joined; UNDEFINED is an empty string."""
    text = ("" if left is UNDEFINED else string(left)) + ("" if right is UNDEFINED else string(right))
    run.check_characters(len(text))
    return characters(text)


def _is_integer(value: Any) -> bool:
    return type(value) is int or (type(value) is float and value.is_integer())


def span(left: Value, right: Value, run: Run) -> Value:
    """``[left..right]``: the integers from one to the other; raises T2003, T2004 and D2014."""
    if left is not UNDEFINED and not _is_integer(left):
        raise JsonataError("T2003", value=left)
    if right is not UNDEFINED and not _is_integer(right):
        raise JsonataError("T2004", value=right)
    if left is UNDEFINED or right is UNDEFINED or left > right:
        return UNDEFINED
    size = int(right) - int(left) + 1
    if size > _MOST_ITEMS:
        raise JsonataError("D2014", value=size)
    run.check_items(size)
    return Sequence(range(int(left), int(right) + 1))
