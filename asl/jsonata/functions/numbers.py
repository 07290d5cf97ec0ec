"""Functions of numbers and of arrays of numbers."""

import math
import re
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Final

from asl.jsonata.callables import BuiltInCall, Native
from asl.jsonata.errors import InternalError, JsonataError
from asl.jsonata.integer_picture import format_integer, parse_integer
from asl.jsonata.number_picture import format_number
from asl.jsonata.values import UNDEFINED, Value

_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[Ee][-+]?[0-9]+)?")
_RADIX: Final = re.compile(r"0(?:[xX][0-9A-Fa-f]+|[oO][0-7]+|[bB][01]+)")
_EXACT: Final = 2**53
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_FINEST: Final = 400
"""No double has more digits than these after or before the point."""


def _tidy(number: float) -> float:
    """A whole double as an integer, within the range in which doubles are exact."""
    if number.is_integer() and abs(number) <= _EXACT and number:
        return int(number)
    return number


def _number(value: Value) -> Value:
    """A number from text as in an expression (also ``0x1F``), or from a boolean; raises D3030."""
    if value is UNDEFINED or type(value) in (int, float):
        return value
    if isinstance(value, bool):
        return int(value)
    if _NUMBER.fullmatch(value):
        number = float(value)
        if math.isfinite(number):
            return _tidy(number)
    elif _RADIX.fullmatch(value):
        exact = int(value, 0)
        return exact if exact <= _EXACT else float(exact)
    raise JsonataError("D3030", value=value, index=1)


def _abs(number: Value) -> Value:
    return UNDEFINED if number is UNDEFINED else abs(number)


def _floor(number: Value) -> Value:
    return number if number is UNDEFINED or not math.isfinite(number) else math.floor(number)


def _ceil(number: Value) -> Value:
    return number if number is UNDEFINED or not math.isfinite(number) else math.ceil(number)


def _round(number: Value, precision: Value) -> Value:
    """To ``precision`` decimal places, halves to the even neighbour, based on the number's shortest text."""
    if number is UNDEFINED or not math.isfinite(number):
        return number
    places = 0 if precision is UNDEFINED or precision != precision else precision
    places = max(-_FINEST, min(_FINEST, math.trunc(places) if math.isfinite(places) else places))
    if isinstance(number, int) and places >= 0:
        return number
    with localcontext() as context:
        context.prec = 2 * _FINEST + 400
        rounded = Decimal(repr(number)).quantize(Decimal(1).scaleb(-int(places)), rounding=ROUND_HALF_EVEN)
    return _tidy(float(rounded))


def _sqrt(number: Value) -> Value:
    if number is UNDEFINED:
        return UNDEFINED
    if number < 0:
        raise JsonataError("D3060", value=number, index=1)
    return _tidy(math.sqrt(number))


def _power(base: Value, exponent: Value) -> Value:
    if base is UNDEFINED:
        return UNDEFINED
    power = math.nan if exponent is UNDEFINED else exponent
    try:
        result = math.pow(base, power)
    except (ValueError, OverflowError):
        result = math.nan
    if not math.isfinite(result):
        fields = {} if exponent is UNDEFINED else {"exp": exponent}
        raise JsonataError("D3061", value=base, index=1, **fields)
    return _tidy(result)


def _format_base(number: Value, radix: Value) -> Value:
    if number is UNDEFINED:
        return UNDEFINED
    base = 10 if radix is UNDEFINED else _whole(radix)
    if not 2 <= base <= 36:
        raise JsonataError("D3100", value=base)
    rest = abs(_whole(number))
    digits = ""
    while rest or not digits:
        rest, digit = divmod(int(rest), int(base))
        digits = _DIGITS[digit] + digits
    return "-" + digits if number < 0 and digits != "0" else digits


def _whole(number: float) -> float:
    """The nearest integer, halves to the even one."""
    rounded: float = _round(number, UNDEFINED)
    return rounded


def _given(picture: Value) -> str:
    """``picture``, which may be UNDEFINED only if the number is."""
    if picture is UNDEFINED:
        raise InternalError("Cannot read properties of undefined (reading 'length')")
    return str(picture)


def _format_number(number: Value, picture: Value, options: Value) -> Value:
    if number is UNDEFINED:
        return UNDEFINED
    return format_number(number, _given(picture), {} if options is UNDEFINED else options)


def _format_integer(number: Value, picture: Value) -> Value:
    return UNDEFINED if number is UNDEFINED else format_integer(number, _given(picture))


def _parse_integer(text: Value, picture: Value) -> Value:
    return UNDEFINED if text is UNDEFINED else parse_integer(text, _given(picture))


def _sum(numbers: Value) -> Value:
    if numbers is UNDEFINED:
        return UNDEFINED
    total: float = 0
    for number in numbers:
        total += number
        if isinstance(total, int) and not -_EXACT <= total <= _EXACT:
            total = float(total)
    return total


def _maximum(numbers: Value) -> Value:
    if numbers is UNDEFINED or not numbers:
        return UNDEFINED
    return math.nan if any(n != n for n in numbers) else max(numbers)


def _minimum(numbers: Value) -> Value:
    if numbers is UNDEFINED or not numbers:
        return UNDEFINED
    return math.nan if any(n != n for n in numbers) else min(numbers)


def _average(numbers: Value) -> Value:
    if numbers is UNDEFINED or not numbers:
        return UNDEFINED
    return _tidy(_sum(numbers) / len(numbers))


def _random(call: BuiltInCall) -> Value:
    return call.run.runtime.chance.fraction()


FUNCTIONS: Final = [
    Native("number", "<(nsb)-:n>", _number, 1),
    Native("abs", "<n-:n>", _abs, 1),
    Native("floor", "<n-:n>", _floor, 1),
    Native("ceil", "<n-:n>", _ceil, 1),
    Native("round", "<n-n?:n>", _round, 2),
    Native("sqrt", "<n-:n>", _sqrt, 1),
    Native("power", "<n-n:n>", _power, 2),
    Native("random", "<:n>", _random, 0, with_call=True),
    Native("formatBase", "<n-n?:s>", _format_base, 2),
    Native("formatNumber", "<n-so?:s>", _format_number, 3),
    Native("formatInteger", "<n-s:s>", _format_integer, 2),
    Native("parseInteger", "<s-s:n>", _parse_integer, 2),
    Native("sum", "<a<n>:n>", _sum, 1),
    Native("max", "<a<n>:n>", _maximum, 1),
    Native("min", "<a<n>:n>", _minimum, 1),
    Native("average", "<a<n>:n>", _average, 1),
]
