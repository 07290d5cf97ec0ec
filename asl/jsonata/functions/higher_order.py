"""Functions that call a given function for every item."""

from typing import Final

from asl.jsonata.callables import BuiltInCall, Function, Native
from asl.jsonata.conversions import truth
from asl.jsonata.errors import InternalError, JsonataError
from asl.jsonata.values import UNDEFINED, Sequence, Value


def _offered(function: Function, *arguments: Value) -> list[Value]:
    """As many of ``arguments`` as ``function`` takes, but at least one."""
    return list(arguments[: max(1, function.arity)])


def _map(call: BuiltInCall, items: Value, function: Function) -> Value:
    if items is UNDEFINED:
        return UNDEFINED
    result = Sequence()
    apply, run, depth, arity = function.apply, call.run, call.depth, function.arity
    for index, item in enumerate(items):
        run.step()
        made = apply([item] if arity < 2 else _offered(function, item, index, items), None, run, depth)
        if made is not UNDEFINED:
            result.append(made)
    return result


def _filter(call: BuiltInCall, items: Value, function: Function) -> Value:
    if items is UNDEFINED:
        return UNDEFINED
    result = Sequence()
    for index, item in enumerate(items):
        call.run.step()
        if truth(call.apply(function, *_offered(function, item, index, items))):
            result.append(item)
    return result


def _single(call: BuiltInCall, items: Value, function: Value) -> Value:
    """The only item for which ``function`` is true; raises D3138 and D3139."""
    if items is UNDEFINED:
        return UNDEFINED
    found: list[Value] = []
    for index, item in enumerate(items):
        call.run.step()
        if function is UNDEFINED or truth(call.apply(function, *_offered(function, item, index, items))):
            if found:
                raise JsonataError("D3138", index=index)
            found.append(item)
    if not found:
        raise JsonataError("D3139")
    return found[0]


def _reduce(call: BuiltInCall, items: Value, function: Function, start: Value) -> Value:
    if items is UNDEFINED:
        return UNDEFINED
    if function.arity < 2:
        raise JsonataError("D3050", index=1)
    result, first = start, 0
    if start is UNDEFINED and items:
        result, first = items[0], 1
    for index in range(first, len(items)):
        call.run.step()
        extra = (index, items)[: max(0, function.arity - 2)]
        result = call.apply(function, result, items[index], *extra)
    return result


def _sift(call: BuiltInCall, value: Value, function: Value) -> Value:
    """The fields for which ``function`` is true; UNDEFINED if there are none."""
    if value is UNDEFINED:
        return UNDEFINED
    if value and function is UNDEFINED:
        raise InternalError("Cannot read properties of undefined (reading 'arity')")
    result = {}
    for key, item in value.items():
        call.run.step()
        if truth(call.apply(function, *_offered(function, item, key, value))):
            result[key] = item
    return result or UNDEFINED


FUNCTIONS: Final = [
    Native("map", "<af>", _map, 2, with_call=True),
    Native("filter", "<af>", _filter, 2, with_call=True),
    Native("single", "<af?>", _single, 2, with_call=True),
    Native("reduce", "<afj?:j>", _reduce, 3, with_call=True),
    Native("sift", "<o-f?:o>", _sift, 2, with_call=True),
]
