"""Functions of any value: type, truth, and errors."""

from typing import Final

from asl.jsonata.callables import Function, Native
from asl.jsonata.conversions import boolean, truth
from asl.jsonata.errors import JsonataError
from asl.jsonata.values import UNDEFINED, Value


def _not(value: Value) -> Value:
    result = boolean(value)
    return UNDEFINED if result is UNDEFINED else not result


def _exists(value: Value) -> Value:
    return value is not UNDEFINED


def _type(value: Value) -> Value:
    if value is UNDEFINED:
        return UNDEFINED
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    if isinstance(value, list):
        return "array"
    return "function" if isinstance(value, Function) else "object"


def _error(message: Value) -> Value:
    raise JsonataError(
        "D3137", message="$error() function evaluated" if message is UNDEFINED or not message else message
    )


def _assert(condition: Value, message: Value) -> Value:
    if not truth(condition):
        raise JsonataError(
            "D3141", message="$assert() statement failed" if message is UNDEFINED or not message else message
        )
    return UNDEFINED


FUNCTIONS: Final = [
    Native("boolean", "<x-:b>", boolean, 1),
    Native("not", "<x-:b>", _not, 1),
    Native("exists", "<x:b>", _exists, 1),
    Native("type", "<x:s>", _type, 1),
    Native("error", "<s?:x>", _error, 1),
    Native("assert", "<bs?:x>", _assert, 2),
]
