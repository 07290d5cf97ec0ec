"""The functions a path may call: ``$.items.length()``, ``$.numbers.max()``, ``$.list.append(9)``."""

import math
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from asl.jsonpath.errors import PathNotApplicable
from asl.values import Json, encode, is_number

Function: TypeAlias = Callable[[Json, Sequence[Json]], Json]
"""(the value that the path found, arguments) -> value."""


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
    """The item at an index; from the end when negative."""
    if not arguments or not is_number(arguments[0]):
        raise PathNotApplicable("Arguments to function: 'index' must be one number")
    return _item(value, int(arguments[0]))  # type: ignore[arg-type]  # it is a number


def append(value: Json, arguments: Sequence[Json]) -> Json:
    """The array with the arguments after its items; anything else unchanged."""
    return [*value, *arguments] if isinstance(value, list) else value


def concat(value: Json, arguments: Sequence[Json]) -> Json:
    """The texts of an array, then those of the arguments, in one text."""
    items = value if isinstance(value, list) else []
    texts = [item for item in items if isinstance(item, str)]
    texts += [argument if isinstance(argument, str) else encode(argument) for argument in arguments]
    return "".join(texts)


def _aggregate(of: Callable[[list[float]], float]) -> Function:
    """``of`` the numbers of an array and of the arguments, as a double."""

    def aggregate(value: Json, arguments: Sequence[Json]) -> Json:
        items = [*(value if isinstance(value, list) else []), *arguments]
        try:
            numbers = [float(item) for item in items if isinstance(item, int | float) and is_number(item)]
            if numbers:
                return _finite(of(numbers))
        except OverflowError:
            raise PathNotApplicable("Aggregation function calculated a value too large for a double") from None
        raise PathNotApplicable("Aggregation function attempted to calculate value using empty array")

    return aggregate


def _finite(number: float) -> float:
    if math.isfinite(number):
        return number
    raise OverflowError


def _stddev(numbers: list[float]) -> float:
    mean = sum(numbers) / len(numbers)
    return math.sqrt(sum(number * number for number in numbers) / len(numbers) - mean * mean)


def _item(value: Json, at: int) -> Json:
    if not isinstance(value, list):
        return None
    if -len(value) <= at < len(value):
        return value[at]
    raise PathNotApplicable(f"Target index:{at} larger than object count:{len(value)}")


FUNCTIONS: Final[dict[str, Function]] = {
    "append": append,
    "avg": _aggregate(lambda numbers: sum(numbers) / len(numbers)),
    "concat": concat,
    "first": first,
    "index": index,
    "keys": keys,
    "last": last,
    "length": length,
    "max": _aggregate(max),
    "min": _aggregate(min),
    "size": length,
    "stddev": _aggregate(_stddev),
    "sum": _aggregate(sum),
}
