"""Functions that Step Functions adds to jsonata or changes; sources: its developer guide, and third-party
measurements on AWS (August 2026)."""

import hashlib
import json
import math
from typing import Any, Final, NoReturn

from asl.java import Random
from asl.jsonata.callables import BuiltInCall, Native
from asl.jsonata.errors import MEMORY, BoundError, JsonataError
from asl.jsonata.values import UNDEFINED, Sequence, Value

_ALGORITHMS: Final = {
    "SHA-1": "sha1",
    "SHA-384": "sha384",
    "SHA-256": "sha256",
    "SHA-512": "sha512",
    "MD5": "md5",
}
_LONG: Final = 2**63
_LONGEST_LONG: Final = 20
_MOST_IN_RANGE: Final = 360_145
"""Measured: one more item exceeds the memory limit of an evaluation."""


def _refused(message: str) -> JsonataError:
    return JsonataError("D3137", message=message)


def _partition(items: Value, size: Value) -> Value:
    """``items`` in arrays of ``size``; the last one may be shorter."""
    if items is UNDEFINED or not items:
        return UNDEFINED
    if size is UNDEFINED:
        return [list(items)]
    if size <= -1:
        raise _refused("Second argument must be zero or greater")
    count = len(items) if not math.isfinite(size) else math.trunc(size)
    if not count:
        return UNDEFINED
    return [list(items[at : at + count]) for at in range(0, len(items), count)]


def _range(first: Value, last: Value, step: Value) -> Value:
    """The integers from ``first`` to ``last`` in steps of ``step``, all truncated to integers."""
    if UNDEFINED in (first, last, step) or not all(map(math.isfinite, (first, last, step))):
        return UNDEFINED
    start, end, by = math.trunc(first), math.trunc(last), math.trunc(step)
    if not by:
        return UNDEFINED
    if (end - start) // by >= _MOST_IN_RANGE:
        raise BoundError(MEMORY)
    return Sequence(range(start, end + (1 if by > 0 else -1), by))


def _hash(data: Value, algorithm: Value) -> Value:
    """The hexadecimal digest of the text's UTF-8 bytes."""
    if data is UNDEFINED or algorithm is UNDEFINED:
        return UNDEFINED
    if algorithm not in _ALGORITHMS:
        raise _refused(f"Hash algorithm '{algorithm}' must be one of {', '.join(_ALGORITHMS)}")
    raw = data.encode("utf-8", "replace")
    return hashlib.new(_ALGORITHMS[algorithm], raw, usedforsecurity=False).hexdigest()


def _random(call: BuiltInCall, seed: Value) -> Value:
    """From 0 up to 1; with a seed the first number of ``java.util.Random``."""
    if seed is UNDEFINED:
        return call.run.runtime.chance.fraction()
    return Random(math.trunc(seed) if math.isfinite(seed) else 0).next_double()


def _uuid(call: BuiltInCall) -> Value:
    return call.run.runtime.chance.uuid()


def _parse(text: Value) -> Value:
    """The value of JSON text; refuses duplicate keys and numbers too large for a double (D3137)."""
    if text is UNDEFINED:
        return UNDEFINED
    try:
        return _decoder.decode(text) if text.strip() else _refuse(text)
    except (ValueError, RecursionError):
        raise _refused("Invalid JSON") from None


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    return result if len(result) == len(pairs) else _refuse("doubled key")


def _long(text: str) -> float:
    """An integer that fits 64 bits, else a double."""
    number = int(text) if len(text) <= _LONGEST_LONG else _finite(text)
    return number if -_LONG <= number < _LONG else float(number)


_decoder = json.JSONDecoder(
    parse_constant=_refuse, parse_float=_finite, parse_int=_long, object_pairs_hook=_distinct_keys
)

FUNCTIONS: Final = [
    Native("partition", "<a<x>n?:a>", _partition, 2),
    Native("range", "<nnn?:a>", _range, 3),
    Native("hash", "<s-s?:s>", _hash, 2),
    Native("random", "<n?:n>", _random, 1, with_call=True),
    Native("uuid", "<:s>", _uuid, 0, with_call=True),
    Native("parse", "<s-:x>", _parse, 1),
]
