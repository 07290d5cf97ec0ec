"""What an expression computes with: JSON values, UNDEFINED, sequences and functions, and how they compare
and join.

JSON is Python's: ``dict list str int float bool None``. Lists of JSON are never changed. Beside them stand
three kinds of list that jsonata tells apart: a ``Sequence`` holds the results of a step and gives way to its
only item, a ``Constructed`` array was written in brackets and is kept whole, ``Tuples`` are the joined
variables of a step.
"""

import math
from typing import TYPE_CHECKING, Any, Final, TypeAlias, final

from asl.jsonata.errors import JsonataError

if TYPE_CHECKING:
    from asl.jsonata.runtime import Run

Value: TypeAlias = Any
"""JSON, UNDEFINED, a ``Function``, or one of the lists below."""


@final
class Undefined:
    """The type of ``UNDEFINED``: nothing was found; apart from ``None``, which is JSON's null."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNDEFINED"

    def __bool__(self) -> bool:
        return False


UNDEFINED: Final = Undefined()


class Sequence(list[Value]):
    """Results of a step: none stands for UNDEFINED, one for itself unless ``keep_singleton``."""

    keep_singleton = False


class Constructed(list[Value]):
    """An array written in brackets as a step of a path: the path does not flatten it."""


class Tuples(list[Value]):
    """Items of a step with the variables bound on the way: ``{"@": item, "name": value, ...}``."""


class Document(list[Value]):
    """The one item is an input document that is an array: a path maps over it as a whole."""


class Function:
    """A value that can be called; ``arity`` is how many arguments a higher-order function offers it."""

    __slots__ = ("_called", "arity")

    def __init__(self, arity: int) -> None:
        self.arity = arity
        self._called: tuple[Any, int | None] | None = None

    def apply(self, arguments: list[Value], context: Value, run: "Run", depth: int) -> Value:
        """The result for ``arguments``; ``context`` stands in for one left out, ``depth`` is that of the
        call.
        """
        raise NotImplementedError

    def note_call(self, run: "Run", token: Any, position: int | None) -> None:
        """Keep where the function was last called: errors inside report the latest call, as jsonata's do."""
        self._called = (token, position)

    def last_call(self, run: "Run") -> tuple[Any, int | None] | None:
        """Token and position that were noted last."""
        return self._called

    def blame(self, error: JsonataError, run: "Run") -> None:
        """Put the last call into an error that came out of it."""
        if called := self.last_call(run):
            token, position = called
            if error.token is None:
                error.token = token
            error.position = position or error.position


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
"""Python type -> the letter that a function signature has for it; every other type is a function, ``f``."""


def unwrap(value: Value) -> Value:
    """``value``, but of a sequence without items UNDEFINED, and of one with one item that item."""
    if type(value) is Sequence:
        if not value:
            return UNDEFINED
        if len(value) == 1 and not value.keep_singleton:
            return value[0]
    return value


def is_number(value: Value) -> bool:
    """A number that can be calculated with; NaN is none, and infinity is an error (D1001)."""
    kind = type(value)
    if kind is int:
        return True
    if kind is not float or value != value:
        return False
    if math.isinf(value):
        raise JsonataError("D1001", value=value)
    return True


def boolean(value: Value) -> bool | Undefined:
    """Whether ``value`` counts as true; UNDEFINED for UNDEFINED, as ``$boolean`` has it."""
    kind = type(value)
    if kind is bool:
        return bool(value)
    if kind is str or kind is dict:
        return len(value) > 0
    if kind is int or kind is float:
        return is_number(value) and value != 0
    if isinstance(value, list):
        if len(value) == 1:
            return boolean(value[0])
        return any(boolean(item) for item in value)
    return UNDEFINED if value is UNDEFINED else False


def truth(value: Value) -> bool:
    """Whether ``value`` counts as true in a condition."""
    return value is True or bool(boolean(value))


def append(left: Value, right: Value) -> Value:
    """Both in one array; UNDEFINED adds nothing."""
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
    """The opposite of ``units``: surrogates that stand together become one character."""
    if text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def text_less(left: str, right: str) -> bool:
    """Whether ``left`` comes before ``right`` by UTF-16 units."""
    return left < right if left.isascii() or right.isascii() else units(left) < units(right)


def never() -> bool:
    """The deadline of an evaluation that has none."""
    return False
