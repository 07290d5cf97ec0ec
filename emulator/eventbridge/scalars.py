"""What one value of an event is to a pattern: equal, between two numbers, in a block of addresses, the same but case.

EventBridge's matcher reads values as texts and gives two kinds of text a second meaning:

* a *number* whose double is exactly itself is compared as a number, so ``300``, ``300.0`` and ``3.0e2`` are equal
  (recorded). Any other number (``1e309``, ``9007199254740993``, ``0.10000000000000001``) is a text of its own: it is
  equal to the same digits, and neither above nor below anything;
* a text that is an *address* is its bytes in hexadecimal digits, four for IPv4 and sixteen for IPv6. Blocks are
  compared digit by digit from the left and decided at the first digit that differs, so that ``32.0.0.0/8`` holds
  ``2001:db8::1``.

Source: event-ruler, run; its answers agree with what was recorded on AWS.
"""

import ipaddress
import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import Any, Final, NamedTuple, NoReturn, TypeAlias

from asl.values import Json, encode

Scalar: TypeAlias = "str | int | float | bool | None"
Test: TypeAlias = Callable[[Any], bool]
"""Whether one alternative accepts a scalar."""

_INTEGER: Final = re.compile(r"-?\d+", re.ASCII)
_SAFE: Final = 2**53
"""Every integer up to here has a double of its own."""


class InexactNumber(float):
    """A number of an event whose double is not exactly itself; ``text`` is how it was written."""

    text: str

    def __new__(cls, text: str) -> "InexactNumber":
        number = super().__new__(cls, text)
        number.text = text
        return number


def read_fraction(text: str) -> float:
    """The number that ``text`` (with a fraction or an exponent) writes."""
    number = float(text)
    return number if _is_exact(text, number) else InexactNumber(text)


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a JSON number")


_events = json.JSONDecoder(parse_float=read_fraction, parse_constant=_refuse_constant)


def read_event(text: str) -> Json:
    """The JSON value of an event, with the text of numbers that no double holds; raises ``ValueError``."""
    value: Json = _events.decode(text)
    return value


def event_text(value: Json) -> str:
    """The compact text of an event: numbers that no double holds as they came, doubles without Java's exponents."""
    if isinstance(value, InexactNumber):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join([f"{encode(key)}:{event_text(item)}" for key, item in value.items()]) + "}"
    if isinstance(value, list):
        return "[" + ",".join([event_text(item) for item in value]) + "]"
    return repr(value) if value.__class__ is float else encode(value)


def _is_exact(text: str, number: float) -> bool:
    return isfinite(number) and (number != 0 or float(text) == 0) and Decimal(repr(number)) == Decimal(text)


@lru_cache(maxsize=256)
def _is_exact_integer(value: int) -> bool:
    try:
        return _is_exact(str(value), float(value))
    except OverflowError:
        return False


def comparable(value: Any) -> bool:
    """Whether ``value`` is a number that its double holds exactly."""
    if value.__class__ is int:
        return -_SAFE <= value <= _SAFE or _is_exact_integer(value)
    return value.__class__ is float and isfinite(value)


class Number(NamedTuple):
    """A number of a pattern: its text, and its double if that is exactly the number."""

    text: str
    value: int | float | None

    @classmethod
    def read(cls, text: str) -> "Number":
        """The number that ``text`` writes in JSON."""
        number = int(text) if _INTEGER.fullmatch(text) else read_fraction(text)
        return cls(text, number if comparable(number) else None)


# -- equality


def equal_to(values: list[Any]) -> Test:
    """Whether a scalar is one of ``values``: texts, ``Number``, booleans, ``None``."""
    texts = frozenset(value for value in values if isinstance(value, str))
    others = frozenset(_pattern_key(value) for value in values if not isinstance(value, str))
    rounded = frozenset(_roundings(values))
    if not others:
        return lambda value: isinstance(value, str) and value in texts
    if rounded:
        return lambda value: (
            value in texts
            if isinstance(value, str)
            else _key(value) in others or (value.__class__ is float and value in rounded)
        )
    return lambda value: value in texts if isinstance(value, str) else _key(value) in others


def _roundings(values: list[Any]) -> Iterator[float]:
    """What an event that was read without its texts has for a fraction that no double holds: the nearest double.

    Only doubles of 16 digits and more are taken for such: ``0.1`` is rather itself than ``0.10000000000000001``.
    """
    for value in values:
        if isinstance(value, Number) and value.value is None and not _INTEGER.fullmatch(value.text):
            nearest = float(value.text)
            if not isfinite(nearest) or len(Decimal(repr(nearest)).as_tuple().digits) >= 16:
                yield nearest


def _pattern_key(value: Any) -> object:
    if not isinstance(value, Number):
        return (value,)
    return (value.text, "text") if value.value is None else value.value


def _key(value: Any) -> object:
    """A key that equal scalars share: ``300`` and ``300.0`` do, ``1`` and ``true`` do not."""
    if isinstance(value, bool) or value is None:
        return (value,)
    if isinstance(value, InexactNumber):
        return (value.text, "text")
    if isinstance(value, int) and not comparable(value):
        return (str(value), "text")
    return value


# -- addresses

_ADDRESS: Final = re.compile(r"(?=.{1,15}$)[0-9]+(?:\.[0-9]+){3}|[0-9a-fA-F:]*:[0-9a-fA-F:]*")
"""The texts that are taken for addresses."""


def looks_like_address(text: str) -> bool:
    """Whether ``text`` has the form of an address; it may still be none (``300.1.1.1``)."""
    return _ADDRESS.fullmatch(text) is not None


def address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that ``text`` is, as Java reads it: an IPv4 address written in IPv6 is one of IPv4."""
    if not looks_like_address(text):
        return None
    try:
        if ":" not in text:
            return ipaddress.IPv4Address(bytes(map(int, text.split("."))))
        found = ipaddress.IPv6Address(text)
    except ValueError:
        return None
    return found.ipv4_mapped or found


def _digits(number: int, version: int) -> str:
    return f"{number:0{8 if version == 4 else 32}X}"


def same_address(text: str) -> Test | None:
    """Whether a text writes the address ``text``; ``None`` if ``text`` is not one."""
    found = address(text)
    return None if found is None else in_block(found, found.max_prefixlen)


def in_block(base: ipaddress.IPv4Address | ipaddress.IPv6Address, bits: int) -> Test:
    """Whether a text is an address in the block: its digits are compared with those of the first and the last one."""
    size = base.max_prefixlen - bits
    first = int(base) >> size << size
    lowest, highest = (_digits(number, base.version) for number in (first, first | ((1 << size) - 1)))

    def inside(value: Any) -> bool:
        found = address(value) if isinstance(value, str) else None
        if found is None:
            return False
        digits = _digits(int(found), found.version)[: len(lowest)]
        if len(digits) == len(lowest):
            return lowest <= digits <= highest
        return lowest[: len(digits)] < digits < highest[: len(digits)]

    return inside


# -- texts without case


def without_case(text: str, before: str = "", after: str = "") -> Test:
    """Whether a text is ``text`` but for case, between what the expressions ``before`` and ``after`` match.

    Each character by itself is its lower or its upper case (``ß`` is ``SS``, too); characters beyond the basic plane
    have none.
    """
    expression = re.compile(before + "".join(map(_either_case, text)) + after, re.DOTALL)
    return lambda value: isinstance(value, str) and expression.fullmatch(value) is not None


def _either_case(character: str) -> str:
    forms = {character} if character > "\uffff" else {character.lower(), character.upper()}
    return "(?:" + "|".join(map(re.escape, sorted(forms))) + ")" if len(forms) > 1 else re.escape(*forms)
