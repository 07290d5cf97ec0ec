"""The operators of filters: ``[?(@.price < 10 && @.tags contains 'x')]``.

An operand is a JSON value, ``UNDEFINED`` (its path found nothing), or a compiled pattern. Numbers and texts
compare with ``==`` across kinds (``'12' == 12``), with ``<`` only within one kind, as in json-path.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from json import JSONEncoder
from typing import Any, Final, TypeAlias

from asl.values import Json, encode, is_number

UNDEFINED: Final = object()
"""In a filter, the value of a path that finds nothing; not equal to anything, not even itself."""

Operator: TypeAlias = Callable[[Any, Any], bool]

_identity = JSONEncoder(sort_keys=True, check_circular=False, separators=(",", ":")).encode


def identity(value: Json) -> str:
    """A text that two values share when Java's ``equals`` holds: ``1`` is not ``1.0``, nor ``true``."""
    return _identity(value)


def _number(value: Any) -> Decimal | int | float | None:
    """A number, or the number that a text holds."""
    if is_number(value):
        return value  # type: ignore[no-any-return]  # it is a number
    try:
        number = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def equals(left: Any, right: Any) -> bool:
    """``==``: between a number and a text, the kind of the left side decides how they are compared."""
    if left is UNDEFINED or right is UNDEFINED:
        return False
    if is_number(left) and (is_number(right) or isinstance(right, str)):
        return bool(left == _number(right))
    if isinstance(left, str):
        return left == (encode(right) if is_number(right) else right)
    return same_kind(left, right) and identity(left) == identity(right)


def same_kind(left: Any, right: Any) -> bool:
    """Whether both are of the same JSON kind; integers and fractions are one kind."""
    return left.__class__ is right.__class__ or (is_number(left) and is_number(right))


def identical(left: Any, right: Any) -> bool:
    """``===``: equal, and of the same kind."""
    return same_kind(left, right) and equals(left, right)


def _ordered(compare: Callable[[Any, Any], bool]) -> Operator:
    def operator(left: Any, right: Any) -> bool:
        if (is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str)):
            return compare(left, right)
        return False

    return operator


def within(left: Any, right: Any) -> bool:
    """``in``: an item of the array on the right."""
    return isinstance(right, list) and any(equals(left, item) for item in right)


def without(left: Any, right: Any) -> bool:
    """``nin``: not an item of the array on the right; nothing passes where there is neither an array nor an object."""
    return isinstance(right, list | dict) and not within(left, right)


def contains(left: Any, right: Any) -> bool:
    """An item of the array, or a part of the text, on the left."""
    if isinstance(left, str):
        return isinstance(right, str) and right in left
    return within(right, left)


def _between_arrays(compare: Callable[[list[Json], list[Json]], bool]) -> Operator:
    def operator(left: Any, right: Any) -> bool:
        return isinstance(left, list) and isinstance(right, list) and compare(left, right)

    return operator


def size(left: Any, right: Any) -> bool:
    """The number of items or characters of the left side."""
    return isinstance(left, list | str) and is_number(right) and len(left) == right


def empty(left: Any, right: Any) -> bool:
    """``empty``: with ``true``, whether the left side has no items or characters; with ``false``, whether it has."""
    return isinstance(left, list | str) and isinstance(right, bool) and (not left) is right


def never(_left: Any, _right: Any) -> bool:
    """``all`` and ``type``: json-path 2.10 does not take what a path can write on their right, so nothing passes."""
    return False


def matches(left: Any, right: Any) -> bool:
    """``=~``: a pattern on one side matches the whole text of the other, or of any item of an array."""
    pattern, value = (right, left) if isinstance(right, re.Pattern) else (left, right)
    if not isinstance(pattern, re.Pattern):
        return False
    if isinstance(value, list):
        return any(pattern.fullmatch(_text(item)) for item in value)
    return bool(pattern.fullmatch(_text(value)))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return encode(value) if isinstance(value, int | float) else ""


def _not(operator: Operator) -> Operator:
    return lambda left, right: not operator(left, right)


OPERATORS: Final[Mapping[str, Operator]] = {
    "==": equals,
    "!=": _not(equals),
    "===": identical,
    "!==": _not(identical),
    "<": _ordered(lambda left, right: left < right),
    "<=": _ordered(lambda left, right: left <= right),
    ">": _ordered(lambda left, right: left > right),
    ">=": _ordered(lambda left, right: left >= right),
    "=~": matches,
    "in": within,
    "nin": without,
    "contains": contains,
    "subsetof": _between_arrays(lambda left, right: all(within(item, right) for item in left)),
    "anyof": _between_arrays(lambda left, right: any(within(item, right) for item in left)),
    "noneof": _between_arrays(lambda left, right: not any(within(item, right) for item in left)),
    "all": never,
    "size": size,
    "empty": empty,
    "type": never,
}
