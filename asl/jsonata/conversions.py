"""Values converted to numbers, booleans and strings; raises D1001 and D3001."""

import math

from asl.jsonata.callables import Argument, Function
from asl.jsonata.errors import JsonataError
from asl.jsonata.regex import RegexFunction
from asl.jsonata.text import number_text, rounded, write_json
from asl.jsonata.values import UNDEFINED, Undefined, Value


def is_number(value: Value) -> bool:
    """A number to calculate with; NaN is not one, and infinity is an error (D1001)."""
    kind = type(value)
    if kind is int:
        return True
    if kind is not float or value != value:
        return False
    if math.isinf(value):
        raise JsonataError("D1001", value=value)
    return True


def boolean(value: Value) -> bool | Undefined:
    """Whether ``value`` counts as true; UNDEFINED for UNDEFINED, as in ``$boolean``.

    jsonata's functions are objects with members, so they are true; an argument of a built-in function is wrapped
    in a function of JavaScript, and a regular expression is one: those are false.
    """
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
    is_function = isinstance(value, Function) and not isinstance(value, Argument | RegexFunction)
    return UNDEFINED if value is UNDEFINED else is_function


def truth(value: Value) -> bool:
    """Whether ``value`` counts as true in a condition."""
    return value is True or bool(boolean(value))


def string(value: Value, *, pretty: bool = False) -> Value:
    """``$string``: strings unchanged, functions as ``""``, everything else as JSON; UNDEFINED for UNDEFINED."""
    kind = type(value)
    if kind is str or value is UNDEFINED:
        return value
    if kind is float and not math.isfinite(value):
        raise JsonataError("D3001", value=value)
    if isinstance(value, Function):
        return ""
    return write_json(value, _fraction, step="  " if pretty else "")


def _fraction(number: float) -> str:
    if not math.isfinite(number):
        raise JsonataError("D1001", value=number)
    return number_text(rounded(number))
