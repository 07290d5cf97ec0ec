"""The functions a path may call: ``$.items.length()``, ``$.numbers.max()``, ``$.list.append(9)``.

A function gets the value that the path found before it, and its arguments. The functions of numbers and of texts take
an argument that is an array item by item. Source: json-path 2.10.0.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from operator import add
from typing import Final, TypeAlias

from asl.jsonpath.errors import PathNotApplicable
from asl.jsonpath.java import java_text
from asl.values import Json, is_number

Function: TypeAlias = Callable[[Json, Sequence[Json]], Json]
"""(the value that the path found, arguments) -> value."""

_NO_VALUES: Final = "Aggregation function attempted to calculate value using empty array"
_LEAST: Final = 5e-324
"""``Double.MIN_VALUE``, with which json-path's ``max`` begins: no number below it is ever the maximum."""


class OutOfBounds(PathNotApplicable):
    """An array without the item that ``first`` or ``index`` wants."""

    def __init__(self, index: int, length: int) -> None:
        super().__init__(f"Index {index} out of bounds for length {length}")


def length(value: Json, _: Sequence[Json]) -> Json:
    """The number of items of an array or of members of an object; ``null`` for a scalar."""
    return len(value) if isinstance(value, list | dict) else None


def keys(value: Json, _: Sequence[Json]) -> Json:
    """Names of an object's members."""
    return list(value) if isinstance(value, dict) else None


def first(value: Json, _: Sequence[Json]) -> Json:
    """The first item."""
    return _item(value, 0)


def last(value: Json, _: Sequence[Json]) -> Json:
    """The last item."""
    return _item(value, -1)


def index(value: Json, arguments: Sequence[Json]) -> Json:
    """The item at an index, the first number of the arguments; from the end when negative."""
    numbers = list(_numbers(arguments))
    if isinstance(value, list) and not numbers:
        raise OutOfBounds(0, 0)
    return _item(value, int(numbers[0]) if numbers else 0)


def append(value: Json, arguments: Sequence[Json]) -> Json:
    """The array with the arguments after its items; anything else unchanged."""
    return [*value, *arguments] if isinstance(value, list) else value


def concat(value: Json, arguments: Sequence[Json]) -> Json:
    """The texts of an array, then the arguments as texts, in one text. ``null`` is left out."""
    texts = [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
    texts += [java_text(item) for item in _each(arguments) if item is not None]
    return "".join(texts)


def _each(arguments: Sequence[Json]) -> Iterator[Json]:
    for argument in arguments:
        if isinstance(argument, list):
            yield from argument
        else:
            yield argument


def _numbers(arguments: Sequence[Json]) -> Iterator[int | float]:
    return (item for item in _each(arguments) if isinstance(item, int | float) and is_number(item))


def _aggregate(of: Callable[[list[float]], float]) -> Function:
    """``of`` the numbers of an array and of the arguments, as a double."""

    def aggregate(value: Json, arguments: Sequence[Json]) -> Json:
        own = value if isinstance(value, list) else ()
        try:
            numbers = [float(item) for item in (*_numbers((list(own),)), *_numbers(arguments))]
            if numbers:
                return _finite(of(numbers))
        except OverflowError:
            raise PathNotApplicable("Aggregation function calculated a value too large for a double") from None
        raise PathNotApplicable(_NO_VALUES)

    return aggregate


def _finite(number: float) -> float:
    if math.isfinite(number):
        return number
    raise OverflowError


def _sum(numbers: list[float]) -> float:
    """One after another, as Java adds: ``sum`` of newer Pythons keeps what is lost."""
    return reduce(add, numbers, 0.0)


def _stddev(numbers: list[float]) -> float:
    count, total = len(numbers), _sum(numbers)
    return math.sqrt(max(0.0, _sum([number * number for number in numbers]) / count - total * total / count / count))


def _item(value: Json, at: int) -> Json:
    if not isinstance(value, list):
        raise PathNotApplicable(_NO_VALUES)
    if at >= len(value):
        raise OutOfBounds(at, len(value))
    if at < 0 and len(value) + at <= 0:  # json-path never gives the first item for a negative index
        raise PathNotApplicable(f"Target index:{at} larger than object count:{len(value)}")
    return value[at]


FUNCTIONS: Final[dict[str, Function]] = {
    "append": append,
    "avg": _aggregate(lambda numbers: _sum(numbers) / len(numbers)),
    "concat": concat,
    "first": first,
    "index": index,
    "keys": keys,
    "last": last,
    "length": length,
    "max": _aggregate(lambda numbers: max(_LEAST, *numbers)),
    "min": _aggregate(min),
    "size": length,
    "stddev": _aggregate(_stddev),
    "sum": _aggregate(_sum),
}
