"""Values as text, as JavaScript writes them: numbers and JSON."""

import math
from collections.abc import Callable
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Final

from asl.jsonata.values import SYMBOLS, UNDEFINED, Value

_EXPONENT_FROM: Final = 1e21
"""JavaScript writes numbers from here on with an exponent."""
_LONG: Final = 2**63
"""On AWS, integers beyond these are doubles."""
_INFINITE: Final = 2**1024 - 2**970
"""From here on, integers are too large for a double."""


def number_text(number: float) -> str:
    """``number`` as JavaScript's ``String(number)``: ``1``, ``0.1``, ``1e+21``, ``1e-7``, ``NaN``."""
    if isinstance(number, int):
        return str(number) if -_LONG <= number < _LONG else number_text(float(number))
    if not math.isfinite(number):
        return "NaN" if number != number else "Infinity" if number > 0 else "-Infinity"
    if number == int(number) and abs(number) < 2**53:
        return str(int(number))
    text = repr(number)
    if "e" not in text:
        return text.removesuffix(".0")
    if 1e-6 <= abs(number) < _EXPONENT_FROM:
        return f"{Decimal(text):f}"
    mantissa, exponent = text.split("e")
    return f"{mantissa.removesuffix('.0')}e{exponent[0]}{exponent[1:].lstrip('0')}"


def rounded(number: float) -> float:
    """``number`` rounded to 15 significant digits, as ``$string`` does to fractions; whole numbers are unchanged."""
    return number if isinstance(number, int) or number.is_integer() else float(f"{number:.15g}")


def string_text(text: str) -> str:
    """``text`` as a JSON string; lone surrogates are escaped."""
    quoted = encode_basestring(text)
    if quoted.isascii() or not any("\ud800" <= c <= "\udfff" for c in quoted):
        return quoted
    return "".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in quoted)


def write_json(
    value: Value, fraction: Callable[[float], str] | None = None, *, indent: str = "", step: str = ""
) -> str:
    """``value`` as JSON.

    With ``fraction``, which writes floats, the form is that of ``$string``: functions are ``""``. Without it, the form
    is that of error messages: all digits, ``null`` for a number that JSON cannot hold, ``undefined`` for any other such
    value. With ``step``, each entry is on its own line; ``indent`` is that of the opening bracket.
    """
    kind = type(value)
    if kind is str:
        return string_text(value)
    if kind is bool:
        return "true" if value else "false"
    if value is None:
        return "null"
    if kind is int:
        return "null" if fraction is None and abs(value) >= _INFINITE else number_text(value)
    if kind is float:
        if fraction is not None:
            return fraction(value)
        return number_text(value) if math.isfinite(value) else "null"
    if value is UNDEFINED:
        return "undefined" if fraction is None else "null"
    if _is_function(value):
        return "undefined" if fraction is None else '""'
    inner = indent + step
    entries = []
    if kind is dict:
        opening, closing, colon = "{", "}", ": " if step else ":"
        for key, item in value.items():
            if item is not UNDEFINED and not (fraction is None and _is_function(item)):
                text = write_json(item, fraction, indent=inner, step=step)
                entries.append(string_text(key) + colon + text)
    else:
        opening, closing = "[", "]"
        for item in value:
            lost = fraction is None and (item is UNDEFINED or _is_function(item))
            entries.append("null" if lost else write_json(item, fraction, indent=inner, step=step))
    if step and entries:
        return f"{opening}\n{inner}" + f",\n{inner}".join(entries) + f"\n{indent}{closing}"
    return opening + ",".join(entries) + closing


def _is_function(value: Value) -> bool:
    return type(value) not in SYMBOLS
