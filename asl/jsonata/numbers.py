"""The numbers in an evaluation's result.

An integer stays exact if it fits a 64-bit long; whole doubles become integers; numbers that JSON cannot hold
become text (all measured on AWS): ``1.0`` gives 1, ``1/0`` gives ``"Infinity"``.
"""

import math
from typing import Final

from asl.jsonata.callables import Function
from asl.jsonata.text import number_text
from asl.jsonata.values import UNDEFINED, Value

_LONG: Final = 2**63


def leave(value: Value) -> Value:
    """``value`` as JSON, or the first function found in it; UNDEFINED stays, but becomes null in arrays."""
    kind = type(value)
    if kind is str or kind is bool or value is None or value is UNDEFINED:
        return value
    functions: list[Function] = []
    result = _leave(value, functions)
    return functions[0] if functions else result


def _leave(value: Value, functions: list[Function]) -> Value:
    """``value`` itself if nothing in it changes; most values are text and small numbers."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is int:
        return value if -_LONG <= value < _LONG else float(value)
    if kind is float:
        if not math.isfinite(value):
            return number_text(value)
        return int(value) if value.is_integer() and -_LONG <= value < _LONG else value
    if kind is dict:
        return _leave_object(value, functions)
    if isinstance(value, list):
        return _leave_array(value, functions)
    if isinstance(value, Function):
        functions.append(value)
    return value


def _leave_object(value: dict[str, Value], functions: list[Function]) -> Value:
    changed = None
    for key, item in value.items():
        if type(item) is str:
            continue
        left = _leave(item, functions)
        if left is not item or left is UNDEFINED:
            changed = value.copy() if changed is None else changed
            if left is UNDEFINED:
                del changed[key]
            else:
                changed[key] = left
    return value if changed is None else changed


def _leave_array(value: list[Value], functions: list[Function]) -> Value:
    changed = None if type(value) is list else list(value)
    for at, item in enumerate(value):
        if type(item) is str:
            continue
        left = _leave(item, functions)
        if left is not item or left is UNDEFINED:
            changed = value.copy() if changed is None else changed
            changed[at] = None if left is UNDEFINED else left
    return value if changed is None else changed
