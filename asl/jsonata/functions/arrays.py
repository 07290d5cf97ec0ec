"""Functions of arrays."""

from typing import Final

from asl.jsonata.callables import BuiltInCall, Function, Native
from asl.jsonata.conversions import truth
from asl.jsonata.errors import JsonataError
from asl.jsonata.steps import merge_sort
from asl.jsonata.values import UNDEFINED, Sequence, Value, append, equal, text_less


def _count(items: Value) -> Value:
    return 0 if items is UNDEFINED else len(items)


def _append(call: BuiltInCall, left: Value, right: Value) -> Value:
    result = append(left, right)
    if isinstance(result, list):
        call.run.check_items(len(result))
    return result


def _reverse(items: Value) -> Value:
    return items if items is UNDEFINED or len(items) < 2 else list(reversed(items))


def _shuffle(call: BuiltInCall, items: Value) -> Value:
    if items is UNDEFINED or len(items) < 2:
        return items
    result: list[Value] = []
    for item in items:  # every item goes to a random place among those before it
        at = call.run.runtime.chance.integer(0, len(result) + 1)
        result.append(item)
        result[at], result[-1] = result[-1], result[at]
    return result


def _distinct(call: BuiltInCall, items: Value) -> Value:
    if not isinstance(items, list) or len(items) < 2:
        return items
    result: list[Value] = Sequence() if type(items) is Sequence else []
    seen: set[tuple[type, Value]] = set()
    odd: list[Value] = []
    for item in items:
        if isinstance(item, str | int | float | bool) or item is None:
            key = (bool if isinstance(item, bool) else str if isinstance(item, str) else float, item)
            if key in seen:
                continue
            seen.add(key)
        else:
            call.run.step(len(odd))
            if any(equal(item, other) for other in odd):
                continue
            odd.append(item)
        result.append(item)
    return result


def _zip(*arrays: Value) -> Value:
    rows = [array if isinstance(array, list) else [] for array in arrays]
    return [list(row) for row in zip(*rows, strict=False)]


def _sort(call: BuiltInCall, items: Value, comparator: Value) -> Value:
    """In order: ``comparator(a, b)`` tells whether ``a`` belongs after ``b``; without it, all items must be of one
    type (D3070).
    """
    if items is UNDEFINED or len(items) < 2:
        return items
    if isinstance(comparator, Function):
        function: Function = comparator
        return merge_sort(list(items), lambda a, b: truth(call.apply(function, a, b)))
    kinds = set(map(type, items))
    if kinds <= {int, float}:
        if any(number != number for number in items):
            return merge_sort(list(items), lambda a, b: bool(a > b))
        return sorted(items)
    if kinds != {str}:
        raise JsonataError("D3070", index=1)
    if all(map(str.isascii, items)):
        return sorted(items)
    return merge_sort(list(items), lambda a, b: text_less(b, a))


FUNCTIONS: Final = [
    Native("count", "<a:n>", _count, 1),
    Native("append", "<xx:a>", _append, 2, with_call=True),
    Native("reverse", "<a:a>", _reverse, 1),
    Native("shuffle", "<a:a>", _shuffle, 1, with_call=True),
    Native("distinct", "<x:x>", _distinct, 1, with_call=True),
    Native("zip", "<a+>", _zip, 0),
    Native("sort", "<af?:a>", _sort, 2, with_call=True),
]
