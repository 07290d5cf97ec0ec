"""Functions of objects."""

import json
from typing import Any, Final

from asl.jsonata.callables import BuiltInCall, Function, Native
from asl.jsonata.conversions import string
from asl.jsonata.steps import field
from asl.jsonata.values import UNDEFINED, Sequence, Value, append


def _keys(value: Value) -> Value:
    """The keys of an object, or of all objects in an array."""
    found: dict[str, None] = {}
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(reversed(item))
        elif isinstance(item, dict):
            found.update(dict.fromkeys(item))
    return Sequence(found)


def _lookup(value: Value, key: Value) -> Value:
    """The field of an object, or of every object in an array."""
    if not isinstance(value, list):
        return field(key, value)
    found = Sequence()
    for item in value:
        result = _lookup(item, key)
        if isinstance(result, list):
            found.extend(result)
        elif result is not UNDEFINED:
            found.append(result)
    return found


def _spread(value: Value) -> Value:
    """An object as an array of objects with one field each."""
    if isinstance(value, list):
        result: Value = Sequence()
        for item in value:
            result = append(result, _spread(item))
        return result
    if isinstance(value, dict):
        return Sequence({key: item} for key, item in value.items())
    return "" if isinstance(value, Function) else value


def _merge(objects: Value) -> Value:
    if objects is UNDEFINED:
        return UNDEFINED
    merged: dict[str, Value] = {}
    for each in objects:
        merged.update(each)
    return merged


def _each(call: BuiltInCall, value: Value, function: Function) -> Value:
    if value is UNDEFINED:
        return UNDEFINED
    result = Sequence()
    for key, item in value.items():
        made = call.apply(function, *(item, key, value)[: max(1, function.arity)])
        if made is not UNDEFINED:
            result.append(made)
    return result


def _clone(value: Value) -> Value:
    """A copy by way of JSON text, so fractions keep 15 digits and functions become ``""``."""
    if value is UNDEFINED:
        return UNDEFINED
    copy: Any = json.loads(string(value))
    return copy


FUNCTIONS: Final = [
    Native("keys", "<x-:a<s>>", _keys, 1),
    Native("lookup", "<x-s:x>", _lookup, 2),
    Native("spread", "<x-:a<o>>", _spread, 1),
    Native("merge", "<a<o>:o>", _merge, 1),
    Native("each", "<o-f:a>", _each, 2, with_call=True),
    Native("clone", "<(oa)-:o>", _clone, 1),
]
