"""Integers formatted and parsed by pictures such as ``#,##0``, ``I``, ``A`` and ``w;o``: XPath's fn:format-integer."""

import math
import re
import unicodedata
from dataclasses import dataclass, field
from functools import reduce
from typing import Final

from asl.jsonata.errors import MEMORY, BoundError, JsonataError
from asl.jsonata.text import number_text

_FEW: Final = (
    "Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven",
    "Twelve", "Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen",
)  # fmt: skip
_ORDINALS: Final = (
    "Zeroth", "First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth",
    "Tenth", "Eleventh", "Twelfth", "Thirteenth", "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth",
    "Eighteenth", "Nineteenth",
)  # fmt: skip
_TENS: Final = ("Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety")
_MAGNITUDES: Final = ("Thousand", "Million", "Billion", "Trillion")
_ROMAN: Final = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
    (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_ROMAN_LETTERS: Final = {"M": 1000, "D": 500, "C": 100, "L": 50, "X": 10, "V": 5, "I": 1}
_SUFFIXES: Final = {"1": "st", "2": "nd", "3": "rd"}
_STYLES: Final = {
    "A": ("letters", "upper"),
    "a": ("letters", "lower"),
    "I": ("roman", "upper"),
    "i": ("roman", "lower"),
    "W": ("words", "upper"),
    "Ww": ("words", "title"),
    "w": ("words", "lower"),
}
_MOST_DIGITS: Final = 1_000_000
_LARGEST: Final = 1e300
_LARGEST_ROMAN: Final = 1e9
"""Larger numbers would take too many letters and words."""
_EXACT: Final = 2**53
"""Larger counts are doubles, so their words are those of a double."""
_WORD_BREAK: Final = re.compile(r",\s|\sand\s|[\s\\-]")
_LEADING_INTEGER: Final = re.compile(r"\s*([+-]?\d+)", re.ASCII)


def _word_values() -> dict[str, int]:
    values = {word.lower(): number for words in (_FEW, _ORDINALS) for number, word in enumerate(words)}
    for number, word in enumerate(_TENS):
        values[word.lower()] = values[word.lower()[:-1] + "ieth"] = 10 * number + 20
    for power, word in ((100, "hundred"), *((1000 ** (i + 1), w.lower()) for i, w in enumerate(_MAGNITUDES))):
        values[word] = values[word + "th"] = power
    return values


WORD_VALUES: Final = _word_values()


@dataclass(slots=True)
class IntegerPicture:
    """The format of an integer; ``separators`` are (place in digits from the right, character).

    With ``every``, the separator repeats after that many digits; otherwise it occurs only where the picture has it.
    ``parse_width`` is set if another number follows immediately.
    """

    style: str = "decimal"
    case: str = "lower"
    ordinal: bool = False
    zero: int = ord("0")
    digits: int = 0
    optional_digits: int = 0
    separators: list[tuple[int, str]] = field(default_factory=list)
    every: int = 0
    text: str = ""
    parse_width: int | None = None


def digit_zero(char: str) -> int | None:
    """The zero of the decimal digits that ``char`` belongs to."""
    if char > "\uffff" or unicodedata.category(char) != "Nd":
        return None
    return ord(char) - unicodedata.decimal(char)


def read_integer_picture(picture: str) -> IntegerPicture:
    """The parsed picture; raises D3131 for digits of two families."""
    main, semicolon, modifier = picture.rpartition(";")
    if not semicolon:
        main, modifier = picture, ""
    result = IntegerPicture(text=main, ordinal=modifier.startswith("o"))
    if main in _STYLES:
        result.style, result.case = _STYLES[main]
        return result
    zero, places = None, 0
    for char in reversed(main):
        family = digit_zero(char)
        if family is not None:
            result.digits += 1
            if zero not in (None, family):
                raise JsonataError("D3131")
            zero = family
            places += 1
        elif char == "#":
            result.optional_digits += 1
            places += 1
        else:
            result.separators.append((places, char))
    if zero is None:
        result.style = "sequence"
        return result
    result.zero = zero
    result.every = regular_distance([place for place, _ in result.separators])
    if len({char for _, char in result.separators}) > 1:
        result.every = 0
    return result


def regular_distance(places: list[int]) -> int:
    """The distance between places; 0 if they are irregular."""
    factor = reduce(math.gcd, places, 0)
    return factor if factor and all(i * factor in places for i in range(1, len(places) + 1)) else 0


def format_integer(number: float, picture: str) -> str:
    """``number``, rounded down, by ``picture``; raises D3130 and D3131."""
    whole = math.floor(number) if abs(number) <= _EXACT else float(number)
    return write_integer(whole, read_integer_picture(picture))


def write_integer(number: float, picture: IntegerPicture) -> str:
    """The integer ``number`` by ``picture``; raises D3130 for an unsupported numbering."""
    size = abs(number)
    if picture.style != "decimal" and not size <= (_LARGEST_ROMAN if picture.style == "roman" else _LARGEST):
        raise BoundError(MEMORY)
    match picture.style:
        case "letters":
            text = _letters(int(size))
        case "roman":
            text = _roman(int(size))
        case "words":
            text = _words(size if size > _EXACT else int(size), ordinal=picture.ordinal)
        case "decimal":
            text = _decimal(number_text(size), picture)
        case _:
            raise JsonataError("D3130", value=picture.text)
    if picture.style != "decimal" and picture.case != "title":
        text = text.upper() if picture.case == "upper" else text.lower()
    return f"-{text}" if number < 0 else text


def _decimal(text: str, picture: IntegerPicture) -> str:
    if picture.digits > _MOST_DIGITS:
        raise BoundError(MEMORY)
    text = text.rjust(picture.digits, "0")
    if picture.zero != ord("0"):
        text = "".join(chr(ord(char) - 48 + picture.zero) for char in text)
    if picture.every:
        for at in range((len(text) - 1) // picture.every * picture.every, 0, -picture.every):
            place = len(text) - at
            text = text[:place] + picture.separators[0][1] + text[place:]
            # places are counted from the right, so insertions on the left do not move them
    else:
        for at, char in reversed(picture.separators):
            place = len(text) - at
            text = text[: max(0, place)] + char + text[place:]
    if picture.ordinal:
        teen = len(text) > 1 and text[-2] == "1"
        text += "th" if teen else _SUFFIXES.get(text[-1], "th")
    return text


def _letters(number: int) -> str:
    text = ""
    while number > 0:
        number, letter = divmod(number - 1, 26)
        text = chr(97 + letter) + text
    return text


def _roman(number: int) -> str:
    text = ""
    for value, letters in _ROMAN:
        count, number = divmod(number, value)
        text += letters * count
    return text


def _words(number: float, *, ordinal: bool, after: bool = False) -> str:
    """In English words; ``after`` if other words of the same number precede them."""
    if number < 100:
        joint = " and " if after else ""
        if number < 20:
            return joint + (_ORDINALS if ordinal else _FEW)[int(number)]
        tens, units = divmod(int(number), 10)
        text = joint + _TENS[tens - 2]
        if units:
            return f"{text}-{_words(units, ordinal=ordinal)}"
        return text[:-1] + "ieth" if ordinal else text
    rest: float
    if number < 1000:
        hundreds, rest = divmod(int(number), 100)
        text = f"{_FEW[hundreds]} Hundred"
    else:
        magnitude = min((len(number_text(number)) - 1) // 3, len(_MAGNITUDES)) if number < _EXACT else 4
        text, rest = _thousands(number, 1000**magnitude, _MAGNITUDES[magnitude - 1])
    text = (", " if after else "") + text
    if rest > 0:  # the rest of a double may be negative
        return text + _words(rest, ordinal=ordinal, after=True)
    return text + "th" if ordinal else text


def _thousands(number: float, factor: int, name: str) -> tuple[str, float]:
    """The number of times that ``factor`` fits, in words, and the rest."""
    count = number // factor if isinstance(number, int) else float(math.floor(number / factor))
    return f"{_words(count, ordinal=False)} {name}", number - count * factor


def parse_integer(text: str, picture: str) -> float:
    """The integer that ``text`` gives by ``picture``, NaN if it is not one; raises D3130 and D3131."""
    return read_integer(text, read_integer_picture(picture))


def read_integer(text: str, picture: IntegerPicture) -> float:
    """The integer that ``text`` gives, NaN if it is not one."""
    match picture.style:
        case "letters":
            first = ord("A" if picture.case == "upper" else "a")
            total: float = 0
            for char in text:
                total = 26 * total + ord(char) - first + 1
            return total if abs(total) <= _EXACT else float(total)
        case "roman":
            return _from_roman(text if picture.case == "upper" else text.upper())
        case "words":
            return _from_words(text.lower())
        case "decimal":
            return _from_decimal(text, picture)
        case _:
            raise JsonataError("D3130", value=picture.text)


def _from_decimal(text: str, picture: IntegerPicture) -> float:
    digits = text[:-2] if picture.ordinal else text
    for char in [","] if picture.every else [char for _, char in picture.separators]:
        digits = digits.replace(char, "")
    if picture.zero != ord("0"):
        digits = "".join(chr(max(0, ord(char) - picture.zero + 48)) for char in digits)
    found = _LEADING_INTEGER.match(digits)
    if not found:
        return math.nan
    number = float(found.group(1)) if len(found.group(1)) > 15 else int(found.group(1))
    return int(number) if abs(number) <= 2**53 else number


def _from_roman(text: str) -> float:
    total, largest = 0, 1
    for letter in reversed(text):
        value = _ROMAN_LETTERS.get(letter)
        if value is None:
            return math.nan
        if value < largest:
            total -= value
        else:
            largest = value
            total += value
    return total


def _from_words(text: str) -> float:
    segments = [0]
    for word in _WORD_BREAK.split(text):
        value = WORD_VALUES.get(word)
        if value is None:
            return math.nan
        last = segments.pop()
        if value >= 100:
            segments.append(last * value)
        elif last >= 1000:
            segments += [last, value]
        else:
            segments.append(last + value)
    return sum(segments)
