"""Values as text, as JavaScript writes them: numbers, JSON, and strings from anything."""

import math
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Final

from asl.jsonata.errors import JsonataError
from asl.jsonata.values import UNDEFINED, Function, Value

_EXPONENT_FROM: Final = 1e21
"""JavaScript writes numbers from here up with an exponent."""
_LONG: Final = 2**63
"""Beyond these integers, AWS has doubles."""
_INFINITE: Final = 2**1024 - 2**970
"""From here up, no double is near."""


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
    """``number`` cut to 15 significant digits, which ``$string`` does to fractions; whole numbers stay as
    they are.
    """
    return number if isinstance(number, int) or number.is_integer() else float(f"{number:.15g}")


def string_text(text: str) -> str:
    """``text`` as a JSON string; lone surrogates are escaped."""
    quoted = encode_basestring(text)
    if quoted.isascii() or not any("\ud800" <= c <= "\udfff" for c in quoted):
        return quoted
    return "".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in quoted)


def write_json(value: Value, *, exact: bool = False, indent: str = "", step: str = "") -> str:
    """``value`` as JSON.

    As ``$string`` writes it: fractions to 15 digits, functions as ``""``, D1001 for infinity and NaN.
    ``exact`` is for texts of errors: all digits, ``null`` for what is no number, ``undefined`` for what is
    no JSON. With ``step`` each entry has a line of its own, ``indent`` being that of the opening bracket.
    """
    kind = type(value)
    if kind is str:
        return string_text(value)
    if kind is bool:
        return "true" if value else "false"
    if value is None:
        return "null"
    if kind is int:
        return "null" if exact and abs(value) >= _INFINITE else number_text(value)
    if kind is float:
        if math.isfinite(value):
            return number_text(value if exact else rounded(value))
        if exact:
            return "null"
        raise JsonataError("D1001", value=value)
    if value is UNDEFINED:
        return "undefined" if exact else "null"
    if isinstance(value, Function):
        return "undefined" if exact else '""'
    inner = indent + step
    entries = []
    if kind is dict:
        opening, closing, colon = "{", "}", ": " if step else ":"
        for key, item in value.items():
            if item is not UNDEFINED and not (exact and isinstance(item, Function)):
                text = write_json(item, exact=exact, indent=inner, step=step)
                entries.append(string_text(key) + colon + text)
    else:
        opening, closing = "[", "]"
        for item in value:
            lost = exact and (item is UNDEFINED or isinstance(item, Function))
            entries.append("null" if lost else write_json(item, exact=exact, indent=inner, step=step))
    if step and entries:
        return f"{opening}\n{inner}" + f",\n{inner}".join(entries) + f"\n{indent}{closing}"
    return opening + ",".join(entries) + closing


def string(value: Value, *, pretty: bool = False) -> Value:
    """``$string``: strings as they are, functions as ``""``, everything else as JSON; UNDEFINED for
    UNDEFINED.
    """
    kind = type(value)
    if kind is str or value is UNDEFINED:
        return value
    if kind is float and not math.isfinite(value):
        raise JsonataError("D3001", value=value)
    if isinstance(value, Function):
        return ""
    return write_json(value, step="  " if pretty else "")
