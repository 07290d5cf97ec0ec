"""Functions that Step Functions adds to jsonata or changes; sources: its developer guide, and third-party
measurements on AWS (August 2026)."""

import hashlib
import json
import math
import re
from collections.abc import Callable
from typing import Any, Final, NoReturn
from urllib.parse import unquote_to_bytes

from asl.java import Random
from asl.jsonata.callables import BuiltInCall, Native
from asl.jsonata.errors import MEMORY, BoundError, JsonataError
from asl.jsonata.functions.encoding import RESERVED
from asl.jsonata.functions.strings import substring
from asl.jsonata.values import UNDEFINED, Sequence, Value, characters, units

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


_STRING: Final = re.compile(r""" "(?:[^"\\]|\\.)*" | '((?:[^'\\]|\\.)*)' """, re.VERBOSE | re.DOTALL)
"""A string of JSON; the group is what is between single quotes."""
_QUOTE: Final = re.compile(r'\\.|"', re.DOTALL)
_ESCAPES: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


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
    """The value of JSON text, in which strings may have single quotes (measured on AWS, September 2026).

    Refuses duplicate keys and numbers too large for a double (D3137).
    """
    if text is UNDEFINED:
        return UNDEFINED
    try:
        if "'" in text:
            text = _STRING.sub(_double_quoted, text)
        return _decoder.decode(text) if text.strip() else _refuse(text)
    except (ValueError, RecursionError):
        raise _refused("Invalid JSON") from None


def _double_quoted(string: re.Match[str]) -> str:
    if string[1] is None:
        return _QUOTE.sub(lambda found: "'" if found[0] == "\\'" else found[0], string[0])
    inside = _QUOTE.sub(lambda found: {"\\'": "'", '"': '\\"'}.get(found[0], found[0]), string[1])
    return f'"{inside}"'


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


def _decoder_of_urls(function: str, kept: frozenset[str]) -> Callable[[Value], Value]:
    """``+`` is a blank, and bytes that are not UTF-8 are U+FFFD, as in Java's ``URLDecoder``.

    Measured on AWS for ``$decodeUrlComponent``. ``$decodeUrl`` is taken to be alike, but for the characters ``kept``
    escaped, as jsonata keeps them.
    """

    def decoded(escapes: re.Match[str]) -> str:
        plain = unquote_to_bytes(escapes[0]).decode("utf-8", "replace")
        return "".join(f"%{ord(c):02X}" if c in kept else c for c in plain) if kept else plain

    def decode(text: Value) -> Value:
        if text is UNDEFINED:
            return UNDEFINED
        if "%" in _ESCAPES.sub("", text):
            raise JsonataError("D3140", value=text, functionName=function)
        return _ESCAPES.sub(decoded, text.replace("+", " "))

    return decode


def _substring(text: Value, start: Value, length: Value) -> Value:
    """A negative start counts UTF-16 units (measured on AWS); a start from 0 on counts characters."""
    if text is UNDEFINED or start is UNDEFINED or start >= 0:
        return substring(text, start, length)
    return characters(substring(units(text), start, length))


FUNCTIONS: Final = [
    Native("partition", "<a<x>n?:a>", _partition, 2),
    Native("range", "<nnn?:a>", _range, 3),
    Native("hash", "<ss?:s>", _hash, 2),
    Native("random", "<n?:n>", _random, 1, with_call=True),
    Native("uuid", "<:s>", _uuid, 0, with_call=True),
    Native("parse", "<s-:x>", _parse, 1),
    Native("decodeUrlComponent", "<s-:s>", _decoder_of_urls("decodeUrlComponent", frozenset()), 1),
    Native("decodeUrl", "<s-:s>", _decoder_of_urls("decodeUrl", RESERVED), 1),
    Native("substring", "<s-nn?:s>", _substring, 3),
]
