"""The values of expressions, with comparing and joining: JSON values, UNDEFINED and sequences.

JSON values are Python's: ``dict list str int float bool None``. Lists of JSON are never changed. jsonata
distinguishes three more kinds of list: a ``Sequence`` holds the results of a step and a single item replaces it,
a ``Constructed`` array was written in brackets and is kept whole, ``Tuples`` are the joined variables of a step.
"""

from typing import Any, Final, TypeAlias, final

Value: TypeAlias = Any
"""JSON, UNDEFINED, one of the lists below, or a ``Function`` (``asl.jsonata.callables``)."""


@final
class Undefined:
    """The type of ``UNDEFINED``: nothing was found; different from ``None``, which is JSON's null."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNDEFINED"

    def __bool__(self) -> bool:
        return False


UNDEFINED: Final = Undefined()


class Sequence(list[Value]):
    """Results of a step: no item means UNDEFINED, one item means itself unless ``keep_singleton``."""

    keep_singleton = False


class Constructed(list[Value]):
    """An array written in brackets as a step of a path: the path does not flatten it."""


class Tuples(list[Value]):
    """Items of a step with the variables bound so far: ``{"@": item, "name": value, ...}``."""


class Document(list[Value]):
    """Its one item is an input document that is an array: a path maps over it as a whole."""


SYMBOLS: Final[dict[type, str]] = {
    str: "s",
    int: "n",
    float: "n",
    bool: "b",
    type(None): "l",
    dict: "o",
    list: "a",
    Sequence: "a",
    Constructed: "a",
    Tuples: "a",
    Document: "a",
    Undefined: "m",
}
"""Python type -> its letter in function signatures; every other type is a function, ``f``."""


def unwrap(value: Value) -> Value:
    """``value``; for a sequence without items UNDEFINED, for one with a single item that item."""
    if type(value) is Sequence:
        if not value:
            return UNDEFINED
        if len(value) == 1 and not value.keep_singleton:
            return value[0]
    return value


def append(left: Value, right: Value) -> Value:
    """Both sides in one array; UNDEFINED adds nothing."""
    if left is UNDEFINED:
        return right
    if right is UNDEFINED:
        return left
    return [
        *(left if isinstance(left, list) else (left,)),
        *(right if isinstance(right, list) else (right,)),
    ]


def equal(left: Value, right: Value) -> bool:
    """Deep equality; numbers by value, ``true`` is not 1, functions by identity."""
    if left is right:
        return bool(left == left)  # NaN is not equal to itself
    if isinstance(left, bool) or isinstance(right, bool):
        return False
    if isinstance(left, dict):
        if not isinstance(right, dict) or left.keys() != right.keys():
            return False
        for key, item in left.items():  # noqa: SIM110 - one Python frame for each level of nesting
            if not equal(item, right[key]):
                return False
        return True
    if isinstance(left, list):
        if not isinstance(right, list) or len(left) != len(right):
            return False
        for item, other in zip(left, right, strict=True):  # noqa: SIM110
            if not equal(item, other):
                return False
        return True
    return not isinstance(right, list | dict) and bool(left == right)


def same(left: Value, right: Value) -> bool:
    """JavaScript's ``===``: scalars by value, arrays and objects by identity."""
    if isinstance(left, list | dict | bool) or isinstance(right, list | dict | bool):
        return left is right
    return bool(left == right)


def units(text: str) -> str:
    """``text`` with each character beyond U+FFFF as its two surrogates, as JavaScript counts and compares."""
    if text.isascii() or max(text) <= "\uffff":
        return text
    raw = text.encode("utf-16-le", "surrogatepass")
    return "".join([chr(raw[i] | raw[i + 1] << 8) for i in range(0, len(raw), 2)])


def characters(text: str) -> str:
    """The opposite of ``units``: a surrogate pair becomes one character."""
    if text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def text_less(left: str, right: str) -> bool:
    """Whether ``left`` comes before ``right`` by UTF-16 units."""
    return left < right if left.isascii() or right.isascii() else units(left) < units(right)
