"""Numbers formatted by pictures such as ``#,##0.00`` and ``0.0e0``: XPath's fn:format-number."""

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any, Final

from asl.jsonata.errors import JsonataError
from asl.jsonata.integer_picture import regular_distance

_DEFAULTS: Final = {
    "decimal-separator": ".",
    "grouping-separator": ",",
    "exponent-separator": "e",
    "infinity": "Infinity",
    "minus-sign": "-",
    "NaN": "NaN",
    "percent": "%",
    "per-mille": "‰",
    "zero-digit": "0",
    "digit": "#",
    "pattern-separator": ";",
}


class _Symbols:
    """The characters with a meaning in pictures; ``options`` may replace them."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        named = {**_DEFAULTS, **options}
        self.decimal = str(named["decimal-separator"])
        self.grouping = str(named["grouping-separator"])
        self.exponent = str(named["exponent-separator"])
        self.minus = str(named["minus-sign"])
        self.percent = str(named["percent"])
        self.per_mille = str(named["per-mille"])
        self.optional = str(named["digit"])
        self.pattern = str(named["pattern-separator"])
        self.zero = str(named["zero-digit"])
        self.digits = (
            [chr(min(ord(self.zero[0]) + i, sys.maxunicode)) for i in range(10)] if self.zero else list("0123456789")
        )
        self.active = {*self.digits, self.decimal, self.exponent, self.grouping, self.optional, self.pattern}

    def count(self, text: str, *, optional: bool = False) -> int:
        """The number of digits in ``text``, including the optional ones if ``optional``."""
        return sum(char in self.digits or (optional and char == self.optional) for char in text)


@dataclass(slots=True)
class _Parts:
    """The parts of a sub-picture; ``exponent`` is ``None`` if it has none."""

    whole: str
    prefix: str
    active: str
    suffix: str
    mantissa: str
    exponent: str | None
    integer: str
    fraction: str


@dataclass(slots=True)
class _Layout:
    """The format that a sub-picture gives: minimum and maximum digits, and the places of separators."""

    prefix: str
    suffix: str
    whole: str
    every: int
    integer_separators: list[int]
    fraction_separators: list[int]
    least_integer: int
    least_fraction: int
    most_fraction: int
    least_exponent: int
    scale: int


def format_number(number: float, picture: str, options: Mapping[str, Any]) -> str:
    """``number`` by ``picture``; raises D3080 to D3093 for an invalid picture."""
    symbols = _Symbols(options)
    pictures = picture.split(symbols.pattern) if symbols.pattern else [picture]
    if len(pictures) > 2:
        raise JsonataError("D3080")
    parts = [_cut(each, symbols) for each in pictures]
    for part in parts:
        _check(part, symbols)
    layouts = [_layout(part, symbols) for part in parts]
    negative = number < 0
    layout = layouts[-1] if negative else layouts[0]
    prefix = symbols.minus + layout.prefix if negative and len(layouts) == 1 else layout.prefix
    return prefix + _write(abs(number), layout, symbols) + layout.suffix


def _cut(whole: str, symbols: _Symbols) -> _Parts:
    marks = [at for at, char in enumerate(whole) if char in symbols.active and char != symbols.exponent]
    if not marks:
        raise JsonataError("D3086" if whole else "D3085")
    first, last = marks[0], marks[-1] + 1
    prefix, active, suffix = whole[:first], whole[first:last], whole[last:]
    at = whole.find(symbols.exponent, first)
    if at < 0 or at > last:
        mantissa, exponent = active, None
    else:
        mantissa, exponent = active[: at - first], active[at - first + 1 :]
    integer, point, fraction = mantissa.partition(symbols.decimal)
    return _Parts(whole, prefix, active, suffix, mantissa, exponent, integer, fraction if point else suffix)


def _check(parts: _Parts, symbols: _Symbols) -> None:
    whole, grouping, decimal = parts.whole, symbols.grouping, symbols.decimal
    for sign, code in ((decimal, "D3081"), (symbols.percent, "D3082"), (symbols.per_mille, "D3083")):
        if whole.count(sign) > 1:
            raise JsonataError(code)
    rates = symbols.percent in whole or symbols.per_mille in whole
    if symbols.percent in whole and symbols.per_mille in whole:
        raise JsonataError("D3084")
    if not symbols.count(parts.mantissa, optional=True):
        raise JsonataError("D3085")
    if any(char not in symbols.active for char in parts.active):
        raise JsonataError("D3086")
    if decimal in whole:
        at = whole.index(decimal)
        if grouping in (whole[at - 1 : at], whole[at + 1 : at + 2]):
            raise JsonataError("D3087")
    elif parts.integer.endswith(grouping):
        raise JsonataError("D3088")
    if grouping + grouping in whole:
        raise JsonataError("D3089")
    optional = parts.integer.find(symbols.optional)
    if optional >= 0 and symbols.count(parts.integer[:optional]):
        raise JsonataError("D3090")
    optional = parts.fraction.rfind(symbols.optional)
    if optional >= 0 and symbols.count(parts.fraction[optional:]):
        raise JsonataError("D3091")
    if parts.exponent and rates:
        raise JsonataError("D3092")
    if parts.exponent is not None and (
        not parts.exponent or any(char not in symbols.digits for char in parts.exponent)
    ):
        raise JsonataError("D3093")


def _layout(parts: _Parts, symbols: _Symbols) -> _Layout:
    def separators(text: str, *, from_left: bool) -> list[int]:
        places = [at for at, char in enumerate(text) if char == symbols.grouping]
        return [symbols.count(text[:at] if from_left else text[at:], optional=True) for at in places]

    integer = separators(parts.integer, from_left=False)
    least_integer = scale = symbols.count(parts.integer)
    least_fraction = symbols.count(parts.fraction)
    most_fraction = symbols.count(parts.fraction, optional=True)
    if not least_integer and not most_fraction:
        if parts.exponent is not None:
            least_fraction = most_fraction = 1
        else:
            least_integer = 1
    if parts.exponent is not None and not least_integer and symbols.optional in parts.integer:
        least_integer = 1
    if not least_integer and not least_fraction:
        least_fraction = 1
    return _Layout(
        prefix=parts.prefix,
        suffix=parts.suffix,
        whole=parts.whole,
        every=regular_distance(integer),
        integer_separators=integer,
        fraction_separators=separators(parts.fraction, from_left=True),
        least_integer=least_integer,
        least_fraction=least_fraction,
        most_fraction=most_fraction,
        least_exponent=symbols.count(parts.exponent or ""),
        scale=scale,
    )


def _write(number: float, layout: _Layout, symbols: _Symbols) -> str:
    if not math.isfinite(number):
        return "NaN" if number != number else "Infinity"
    if symbols.percent in layout.whole:
        number *= 100
    elif symbols.per_mille in layout.whole:
        number *= 1000
    exponent = 0
    if layout.least_exponent:
        number, exponent = _scaled(number, layout.scale)
    integer, fraction = _digits(number, layout.most_fraction)
    integer = _in_family(integer.rjust(layout.least_integer, "0"), symbols)
    fraction = _in_family(fraction.ljust(layout.least_fraction, "0"), symbols)
    text = _grouped(integer, layout, symbols)
    for at in layout.fraction_separators:
        fraction = fraction[:at] + symbols.grouping + fraction[at:]
    if fraction:
        # without a point in the picture, the reference engine takes the last character for one and cuts it
        text += symbols.decimal + (fraction if symbols.decimal in layout.whole else fraction[:-1])
    if layout.least_exponent:
        power = _in_family(str(abs(exponent)).rjust(layout.least_exponent, "0"), symbols)
        text += symbols.exponent + (symbols.minus if exponent < 0 else "") + power
    return text


def _scaled(number: float, scale: int) -> tuple[float, int]:
    """``number`` as mantissa and power of ten; the mantissa has ``scale`` digits before the point."""
    exponent = 0
    if number:
        while number < 10.0 ** (scale - 1):
            number *= 10
            exponent -= 1
        while number > 10.0**scale:
            number /= 10
            exponent += 1
    return number, exponent


def _digits(number: float, places: int) -> tuple[str, str]:
    """The digits before and after the point, rounded to ``places``, without zeros at either end."""
    with localcontext() as context:
        context.prec = 400 + places
        rounded = Decimal(repr(number)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    integer, _, fraction = f"{rounded:f}".partition(".")
    return integer.lstrip("0"), fraction.rstrip("0")


def _in_family(digits: str, symbols: _Symbols) -> str:
    return "".join(symbols.digits[int(digit)] for digit in digits)


def _grouped(digits: str, layout: _Layout, symbols: _Symbols) -> str:
    places = layout.integer_separators
    if layout.every:
        places = list(range(layout.every, len(digits), layout.every))
    for at in sorted(places, reverse=True):
        place = max(0, len(digits) - at)
        digits = digits[:place] + symbols.grouping + digits[place:]
    return digits
