"""Dates and times formatted and parsed by pictures such as ``[Y0001]-[M01]-[D01]``: jsonata's version of XPath's
fn:format-dateTime.

jsonata's peculiarities are kept, since Step Functions has them: only the 5 of an offset ``+05:30`` is read, as
minutes; the minutes of a negative offset are added; years, weeks and days that together do not make up a date
are refused (D3136).
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from asl.jsonata import calendar
from asl.jsonata.errors import InternalError, JsonataError
from asl.jsonata.integer_picture import (
    WORD_VALUES,
    IntegerPicture,
    read_integer,
    read_integer_picture,
    write_integer,
)

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ISO_8601: Final = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]"
_MOST_YEAR_DIGITS: Final = 20
_LATEST: Final = 8.64e15
"""The limit of JavaScript's dates, on either side of 1970."""

_DEFAULT_PRESENTATIONS: Final = {
    **dict.fromkeys("YMDdWwXxHhf", "1"),
    **dict.fromkeys("FPCE", "n"),
    **dict.fromkeys("ms", "01"),
    **dict.fromkeys("Zz", "01:01"),
}
_INTEGERS: Final = frozenset("YMDdFWwXxHhmsf")
_ZONES: Final = frozenset("Zz")
_INTEGER: Final = re.compile(r"\s*([+-]?\d+)", re.ASCII)


@dataclass(slots=True)
class _Marker:
    """A ``[...]`` of a picture; ``names`` is ``lower``, ``upper`` or ``title`` if it is written as a name."""

    component: str
    presentation: str
    modifier: str
    least: int | None
    most: int | None
    names: str | None = None
    year_digits: int | None = None
    integer: IntegerPicture | None = None


def parse_int(text: str) -> int | None:
    """The integer at the start of ``text``, like JavaScript's ``parseInt``; ``None`` if there is none."""
    found = _INTEGER.match(text)
    return int(found.group(1)) if found else None


@lru_cache(maxsize=256)
def _read(picture: str) -> tuple[str | _Marker, ...]:
    """The picture as literal texts and markers; raises D3132 and D3135."""
    parts: list[str | _Marker] = []
    start = at = 0

    def literal(end: int) -> None:
        if end > start:
            parts.append(picture[start:end].replace("]]", "]"))

    while at < len(picture):
        if picture[at] != "[":
            at += 1
            continue
        literal(at)
        if picture.startswith("[[", at):
            parts.append("[")
            start = at = at + 2
            continue
        closing = picture.find("]", at)
        if closing < 0:
            raise JsonataError("D3135")
        parts.append(_marker("".join(picture[at + 1 : closing].split()), parts))
        start = at = closing + 1
    literal(at)
    return tuple(parts)


def _width(text: str | None) -> int | None:
    return None if text is None or text == "*" else parse_int(text)


def _marker(text: str, before: list[str | _Marker]) -> _Marker:
    component = text[:1]
    presentation, comma, width = text[1:].rpartition(",")
    least: str | None = None
    most: str | None = None
    if comma:
        least, dash, high = width.partition("-")
        most = high if dash else None
    else:
        presentation = text[1:]
    modifier = ""
    if len(presentation) > 1 and presentation[-1] in "atco":
        presentation, modifier = presentation[:-1], presentation[-1]
    presentation = presentation or _DEFAULT_PRESENTATIONS.get(component, "")
    if not presentation:
        raise JsonataError("D3132", value=component)
    marker = _Marker(component, presentation, modifier, _width(least), _width(most))
    if presentation[0] in "nN":
        marker.names = "lower" if presentation[0] == "n" else "title" if presentation[1:2] == "n" else "upper"
    elif component in _INTEGERS:
        _add_integer(marker, before)
    if component in _ZONES:
        marker.integer = read_integer_picture(presentation)
    return marker


def _add_integer(marker: _Marker, before: list[str | _Marker]) -> None:
    pattern = marker.presentation + (f";{marker.modifier}" if marker.modifier else "")
    integer = marker.integer = read_integer_picture(pattern)
    if marker.least is not None:
        integer.digits = max(integer.digits, marker.least)
    if marker.component == "Y":
        if marker.most is not None:
            marker.year_digits = integer.digits = marker.most
        elif integer.digits + integer.optional_digits >= 2:
            marker.year_digits = integer.digits + integer.optional_digits
    last = before[-1] if before else None
    if isinstance(last, _Marker) and last.integer:  # no text between them, so its number of digits is fixed
        last.integer.parse_width = last.integer.digits


# to text


def format_date(at: float, picture: str | None, offset: str | None) -> str:
    """The text of the instant ``at``, in milliseconds, by ``picture``, at the offset (``+0530``) from UTC."""
    parts = _read(ISO_8601 if picture is None else picture)
    number = (parse_int(offset) or 0) if offset is not None else 0
    hours, minutes = number // 100, int(math.fmod(number, 100))
    if not math.isfinite(at) or abs(at) > _LATEST:
        raise InternalError("Invalid time value")
    local = math.trunc(at) + (60 * hours + minutes) * 60_000
    return "".join(part if isinstance(part, str) else _write(part, local, hours, minutes) for part in parts)


def _write(marker: _Marker, at: int, hours: int, minutes: int) -> str:
    component = marker.component
    if component in _ZONES:
        return _write_zone(marker, hours, minutes)
    if component == "P":
        text = "pm" if calendar.moment(at).hour >= 12 else "am"
        return text.upper() if marker.names == "upper" else text
    if component in "CE":
        return "ISO"
    if component not in _COMPONENTS:
        return "undefined"  # jsonata writes this for an unknown letter with a presentation
    number = component_of(at, component)
    if component == "Y" and marker.year_digits is not None:
        number = abs(number) % 10 ** max(0, min(marker.year_digits, _MOST_YEAR_DIGITS)) * (-1 if number < 0 else 1)
    if marker.names:
        return _write_name(marker, number)
    assert marker.integer is not None
    return write_integer(number, marker.integer)


def _write_name(marker: _Marker, number: int) -> str:
    if marker.component not in "MxF":
        raise JsonataError("D3133", value=marker.component)
    name = (DAYS if marker.component == "F" else MONTHS)[number - 1]
    if marker.names != "title":
        name = name.lower() if marker.names == "lower" else name.upper()
    return name[: marker.most] if marker.most else name


def _write_zone(marker: _Marker, hours: int, minutes: int) -> str:
    number, integer = 100 * hours + minutes, marker.integer
    assert integer is not None
    if integer.every:
        text = write_integer(number, integer)
    elif integer.digits in (1, 2):
        text = write_integer(hours, integer)
        if minutes:
            text += ":" + write_integer(minutes, read_integer_picture("00"))
    elif integer.digits in (3, 4):
        text = write_integer(number, integer)
    else:
        raise JsonataError("D3134", value=integer.digits)
    if number >= 0:
        text = "+" + text
    if marker.component == "z":
        text = "GMT" + text
    return "Z" if number == 0 and marker.modifier == "t" else text


def component_of(at: int, component: str) -> int:
    """The number in a date that the letter of a marker stands for."""
    return _COMPONENTS[component](at)


_COMPONENTS: Final[dict[str, Callable[[int], int]]] = {
    "Y": lambda at: calendar.moment(at).year,
    "M": lambda at: calendar.moment(at).month,
    "D": lambda at: calendar.moment(at).day,
    "d": calendar.day_of_year,
    "F": lambda at: calendar.moment(at).weekday,
    "W": calendar.week_of_year,
    "w": calendar.week_of_month,
    "X": calendar.year_of_week,
    "x": calendar.month_of_week,
    "H": lambda at: calendar.moment(at).hour,
    "h": lambda at: calendar.moment(at).hour % 12 or 12,
    "P": lambda at: int(calendar.moment(at).hour >= 12),
    "m": lambda at: calendar.moment(at).minute,
    "s": lambda at: calendar.moment(at).second,
    "f": lambda at: calendar.moment(at).millisecond,
}


# from text

_DATES: Final = (("YMD", "YMD"), ("Yd", "YD"), ("Xxw", "XxwF"), ("XW", "XWF"))
_TIMES: Final = (("Hmsf", "Hmsf"), ("Phmsf", "Phmsf"))


def parse_date(text: str, picture: str, now: int) -> float | None:
    """The instant that ``text`` gives by ``picture``, in milliseconds; ``None`` if it does not match.

    Components larger than the first one given are taken from ``now``; raises D3136 if one in between is missing.
    """
    parts = _read(picture)
    found = _matcher(picture).fullmatch(text)
    if not found:
        return None
    markers = [part for part in parts if isinstance(part, _Marker) and part.component not in "CE"]
    values: dict[str, float] = {}
    for marker, piece in zip(markers, found.groups(), strict=True):
        value = _value(marker, piece)
        if value is not None:
            values[marker.component] = value
    if not values:
        return None
    if any(value != value for value in values.values()):
        return math.nan
    return _instant({key: int(value) for key, value in values.items()}, now)


def _kind(values: dict[str, int], kinds: tuple[tuple[str, str], ...], letters: str) -> str:
    """The components that complete the given ones to a date or time."""
    given = {letter for letter in letters if values.get(letter)}
    for allowed, components in kinds:
        if given and given <= set(allowed):
            return components
    return kinds[0][1]


def _instant(values: dict[str, int], now: int) -> int:
    date = _kind(values, _DATES, "YXMxWwdD")
    time = _kind(values, _TIMES, "PHhmsf")
    started = ended = False
    for component in date + time:
        if component in values:
            started = True
            if ended:
                raise JsonataError("D3136")
        elif started:
            values[component] = 1 if component in "MDd" else 0
            ended = True
        else:
            values[component] = component_of(now, component)
    if date.startswith("X"):
        raise JsonataError("D3136")
    at = (
        calendar.millis(values["Y"], 1, values["d"])
        if date == "YD"
        else calendar.millis(values["Y"], values["M"] or 1, values["D"])
    )
    hour = values["h"] % 12 + 12 * values["P"] if time == "Phmsf" else values["H"]
    at += ((hour * 60 + values["m"]) * 60 + values["s"]) * 1000 + values["f"]
    zone = values.get("Z") or values.get("z") or 0
    return at - zone * 60_000


@lru_cache(maxsize=256)
def _matcher(picture: str) -> re.Pattern[str]:
    pieces = [re.escape(part) if isinstance(part, str) else _pattern(part) for part in _read(picture)]
    return re.compile("".join(pieces), re.IGNORECASE | re.ASCII)


def _pattern(marker: _Marker) -> str:
    component = marker.component
    if component in _ZONES:
        assert marker.integer is not None
        gmt = "GMT" if component == "z" else ""
        separators = marker.integer.separators
        minutes = re.escape(separators[0][1]) + "[0-9]+" if separators else ""
        return f"({gmt}[-+][0-9]+{minutes})"
    if component in "CE":
        return "[a-zA-Z]+"
    if marker.names:
        if component not in "MxFP":
            raise JsonataError("D3133", value=component)
        return "([a-zA-Z]+)"
    integer = marker.integer
    assert integer is not None
    match integer.style:
        case "letters":
            return "([a-z]+)"
        case "roman":
            return "([mdclxvi]+)"
        case "words":
            return "((?:" + "|".join((*sorted(WORD_VALUES, key=len, reverse=True), "and", r"[\-, ]")) + ")+)"
        case "decimal":
            count = f"{{{integer.parse_width}}}" if integer.parse_width else "+"
            return f"([0-9]{count}{'(?:th|st|nd|rd)' if integer.ordinal else ''})"
        case _:
            raise JsonataError("D3130", value=integer.text)


def _value(marker: _Marker, text: str) -> float | None:
    if marker.component in _ZONES:
        return _zone_minutes(marker, text.removeprefix("GMT").removeprefix("gmt"))
    if marker.names:
        if marker.component == "P":
            return {"am": 0, "AM": 0, "pm": 1, "PM": 1}.get(text)
        names = DAYS if marker.component == "F" else MONTHS
        known = [name[: marker.most] if marker.most else name for name in names]
        return known.index(text) + 1 if text in known else None
    assert marker.integer is not None
    if marker.component == "f" and marker.integer.style == "decimal":
        text = text[:3] if len(text) > 3 else text
    return read_integer(text, marker.integer)


def _zone_minutes(marker: _Marker, text: str) -> int:
    assert marker.integer is not None
    separators = marker.integer.separators
    if separators:
        hours, _, minutes = text.partition(separators[0][1])
    elif len(text) <= 3:
        hours, minutes = text, "0"
    else:
        hours, minutes = text[:3], text[3:]
    return int(hours) * 60 + int(minutes)


_ISO_TEXT: Final = re.compile(
    r"(\d{4})((?:-[01]\d)*)((?:-[0-3]\d)*)((?:T[0-2]\d:[0-5]\d:[0-5]\d)*)(\.\d+)?([+-][0-2]\d:?[0-5]\d|Z)?",
    re.ASCII,
)
_ISO_DATE: Final = re.compile(
    r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:?\d\d)?)?(Z)?", re.ASCII
)


def parse_iso_date(text: str) -> float:
    """The instant of an ISO 8601 text, NaN for an impossible date; raises D3110 for any other form."""
    if not _ISO_TEXT.fullmatch(text):
        raise JsonataError("D3110", value=text)
    found = _ISO_DATE.fullmatch(text)
    if not found:
        return math.nan
    year, month, day, hour, minute, second = (
        int(part or default) for part, default in zip(found.groups(), "011000", strict=False)
    )
    fraction, zone = found.group(7) or "", found.group(8) or "Z"
    if not 1 <= month <= 12 or not 1 <= day <= 31 or hour > 24:
        return math.nan
    thousandths = int(fraction[:3].ljust(3, "0"))
    if hour == 24 and (minute or second or thousandths):
        return math.nan
    at = calendar.millis(year, month, day) + ((hour * 60 + minute) * 60 + second) * 1000 + thousandths
    if zone == "Z":
        return at
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return at - (minutes if zone[0] == "+" else -minutes) * 60_000
