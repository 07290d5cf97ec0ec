"""The values that intrinsic functions take: each check turns a JSON value into an argument, or refuses it.

Numbers: a function that needs a whole number drops the fraction (``(int) 2.6`` is 2 in Java); only States.MathAdd
rounds. AWS runs: ``States.ArrayPartition($.a, 2.6)`` makes pairs, ``States.ArrayRange(5.4, -0.6, -2.4)`` is
``[5, 3, 1]``. Text in place of a number is refused everywhere (recorded).
"""

import math
from typing import Final, NoReturn

from asl import java
from asl.values import Json, is_number

MAX_CHARACTERS: Final = 10_000
"""The most characters that Base64Encode, Base64Decode, and Hash take."""


class RefusedError(Exception):
    """A call that fails; ``beginning`` and ``detail`` are AWS's words before and after the function's name."""

    def __init__(self, detail: str = "", *, beginning: str = "Invalid arguments in") -> None:
        super().__init__(detail)
        self.beginning = beginning
        self.detail = detail


def refuse() -> NoReturn:
    """Raises the error of a value that a function cannot take."""
    raise RefusedError


def anything(value: Json) -> Json:
    """Any JSON value."""
    return value


def array(value: Json) -> list[Json]:
    """An array."""
    return value if isinstance(value, list) else refuse()


def json_object(value: Json) -> dict[str, Json]:
    """An object."""
    return value if isinstance(value, dict) else refuse()


def string(value: Json) -> str:
    """A string."""
    return value if isinstance(value, str) else refuse()


def short_string(value: Json) -> str:
    """A string of at most ``MAX_CHARACTERS``."""
    text = string(value)
    return text if len(text) <= MAX_CHARACTERS else refuse()


def truncated(value: Json) -> int:
    """A number without its fraction."""
    return int(value) if isinstance(value, int | float) and is_number(value) else refuse()


def truncated_32_bit(value: Json) -> int:
    """A number that is a Java ``int`` without its fraction."""
    number = truncated(value)
    return number if java.is_int(number) else refuse()


def rounded_32_bit(value: Json) -> int:
    """An integer that is a Java ``int``, or ``(int) Math.round(value)`` of a number with a fraction.

    Halves go up (recorded: ``test_math_add``). AWS runs: an integer outside of 32 bits is refused, a double is not
    (``-1e309`` is a number).
    """
    if not isinstance(value, int | float) or not is_number(value):
        refuse()
    if isinstance(value, int):
        return value if java.is_int(value) else refuse()
    whole = math.floor(value)
    nearest = whole + (value - whole >= 0.5)
    return java.signed(max(-(1 << 63), min(nearest, (1 << 63) - 1)))


def not_true(value: Json) -> bool:
    """JsonMerge's third argument: anything but ``true``, the mode that AWS does not have (AWS run: ``"false"``)."""
    return False if value is not True else refuse()
