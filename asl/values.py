"""JSON as Step Functions sees it: values, their text, and which ASL type a value is.

Python's ``int`` is an exact integer and ``float`` a number with a fraction or exponent, so ``1`` and ``1.0`` stay
different, as on AWS. Text is written as Java writes it: compact, non-ASCII characters unescaped, doubles from 10^7
up and below 10^-3 in exponent form (``1.0E7``). Refused when reading: NaN, Infinity, numbers too large for a double,
and nesting deeper than ``MAX_DEPTH``. The last of duplicate keys wins.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from json.encoder import c_make_encoder, encode_basestring, encode_basestring_ascii  # type: ignore[attr-defined]
from typing import Any, Final, NoReturn, TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
"""A JSON value. Values are never changed in place after reading: states share them."""

MAX_DEPTH: Final = 400
"""The most levels of arrays and objects in a payload; deeper text is refused with a clear error."""

PAYLOAD_LIMIT: Final = 262_144
"""The most bytes of UTF-8 in a state's input or output."""


class JsonTextError(ValueError):
    """Text that AWS does not accept as JSON; ``line`` and ``column`` start at 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is too large for a JSON number")
    return number


def reader(decoder: json.JSONDecoder) -> Callable[[str], Any]:
    """``decoder.decode``, without its two looks for white space: most texts begin and end with the value itself."""
    scan: Callable[[str, int], tuple[Any, int]] = decoder.scan_once  # type: ignore[attr-defined]

    def read(text: str) -> Any:
        try:
            value, end = scan(text, 0)
        except StopIteration:  # it does not begin with a value
            return decoder.decode(text)
        return value if end == len(text) else decoder.decode(text)

    return read


_read = reader(json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite))
TOO_DEEP: Final = f"JSON is nested deeper than {MAX_DEPTH} levels"


def is_json(text: str) -> bool:
    """Whether ``text`` is JSON that ``decode`` reads."""
    try:
        decode(text)
    except JsonTextError:
        return False
    return True


def decode(text: str) -> Json:
    """The value of ``text``; raises ``JsonTextError`` with the place if it is not JSON."""
    try:
        value: Json = _read(text)
    except json.JSONDecodeError as error:
        said = "Unexpected text after the end" if error.msg == "Extra data" else error.msg
        raise JsonTextError(said, error.lineno, error.colno) from None
    except RecursionError:
        raise JsonTextError(TOO_DEEP, 1, 1) from None
    except ValueError as error:
        too_long = str(error).startswith("Exceeds the limit")
        raise JsonTextError("a number has too many digits" if too_long else str(error), 1, 1) from None
    if len(text) > MAX_DEPTH and exceeds_depth(value, text):
        raise JsonTextError(TOO_DEEP, 1, 1)
    return value


def depth(value: Json) -> int:
    """The levels of nested arrays and objects: 0 for a scalar, 1 for ``[]``."""
    levels, layer = 0, [value]
    while layer := [item for item in layer if isinstance(item, dict | list)]:
        levels += 1
        layer = [child for item in layer for child in (item.values() if isinstance(item, dict) else item)]
    return levels


def exceeds_depth(value: Json, text: str) -> bool:
    """Whether ``value``, whose text is ``text``, is nested deeper than a payload may be."""
    return text.count("[") + text.count("{") > MAX_DEPTH and depth(value) > MAX_DEPTH


def writer(encoder: json.JSONEncoder) -> Callable[[Any], str]:
    """``encoder.encode`` for values without cycles: it makes an encoder in C at each call, this one only once."""
    if c_make_encoder is None:
        return encoder.encode
    quote = encode_basestring_ascii if encoder.ensure_ascii else encode_basestring
    separators = encoder.key_separator, encoder.item_separator
    options = encoder.sort_keys, encoder.skipkeys, encoder.allow_nan
    write: Any = c_make_encoder(None, encoder.default, quote, None, *separators, *options)
    return lambda value: "".join(write(value, 0))


_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False)
_write = writer(_encoder)
_java_notation = re.compile(r"(?:^|[:,\[])-?(?:\d{8,}\.|0\.000|\d[\d.]*e)")
"""Finds doubles whose Java text may differ from Python's: a cheap test that may also match inside strings."""
_control_escape = re.compile(r"\\(?:u00([01][0-9a-f])|.)")


def encode(value: Json) -> str:
    """The compact text of ``value``, with doubles in Java's notation, and upper-case digits in escapes (Jackson)."""
    text = _write(value)
    if "\\u00" in text:
        return _control_escape.sub(_upper_case, _encode_slowly(value))
    if "." not in text and "e-" not in text and "e+" not in text:  # a fast test for no doubles
        return text
    return _encode_slowly(value) if _java_notation.search(text) else text


def _upper_case(escape: re.Match[str]) -> str:
    return f"\\u00{escape[1].upper()}" if escape[1] else escape[0]


def _encode_slowly(value: Json) -> str:
    """Uses one frame of the interpreter's stack per level, so that the deepest payload fits."""
    if isinstance(value, dict):
        members = []
        for key, item in value.items():
            members.append(f"{_encoder.encode(key)}:{_encode_slowly(item)}")
        return f"{{{','.join(members)}}}"
    if isinstance(value, list):
        items = []
        for item in value:
            items.append(_encode_slowly(item))  # noqa: PERF401
        return f"[{','.join(items)}]"
    return java_double(value) if isinstance(value, float) else _encoder.encode(value)


def java_double(number: float) -> str:
    """``number`` as Java's ``Double.toString`` writes it (checked with JDK 17): ``1.5``, ``1.0E7``, ``1.0E-4``."""
    if number == 0 or 1e-3 <= abs(number) < 1e7:
        return repr(number)
    digits, _, exponent = repr(number).partition("e")
    sign = "-" if digits.startswith("-") else ""
    whole, _, fraction = digits.lstrip("-").partition(".")
    power = int(exponent or 0) + len(whole) - 1
    significant = (whole + fraction).lstrip("0")
    if whole == "0":
        power = int(exponent or 0) - (len(fraction) - len(fraction.lstrip("0"))) - 1
    significant = significant.rstrip("0") or "0"
    return f"{sign}{significant[0]}.{significant[1:] or '0'}E{power}"


def size(text: str) -> int:
    """Bytes of ``text`` in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def exceeds_limit(text: str) -> bool:
    """Whether ``text`` is larger than a payload may be."""
    return 4 * len(text) > PAYLOAD_LIMIT and size(text) > PAYLOAD_LIMIT


def is_number(value: Any) -> bool:
    """A JSON number; Python counts ``True`` as one, JSON does not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_integer(value: Any) -> bool:
    """A JSON number without fraction or exponent."""
    return isinstance(value, int) and not isinstance(value, bool)


_INSTANT = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII)


def as_instant(value: Any) -> datetime | None:
    """The instant in a string of ASL's RFC 3339 profile (capital T, capital Z or an offset), else ``None``.

    Nanoseconds are truncated to microseconds. Accepted and refused forms: recorded on AWS (``test_wait_timestamp*``).
    """
    if not isinstance(value, str) or not (match := _INSTANT.fullmatch(value)):
        return None
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    fraction, sign, offset_hours, offset_minutes = match.groups()[6:]
    try:
        offset = timedelta(hours=int(offset_hours or 0), minutes=int(offset_minutes or 0))
        zone = timezone(-offset if sign == "-" else offset)
        micros = int((fraction or "").ljust(6, "0")[:6])
        return datetime(year, month, day, hour, minute, second, micros, zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def instant_text(at: datetime) -> str:
    """``at`` as the context object writes it: UTC with ``Z``, 0, 3, or 6 digits of fraction."""
    text = at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
    if micros := at.microsecond:
        text += f".{micros:06d}" if micros % 1000 else f".{micros // 1000:03d}"
    return text + "Z"


class Payload:
    """A JSON value together with its text, which histories show and limits count.

    A payload read from text keeps that text, including whitespace, as long as states pass the value on unchanged; a
    payload that a state built has compact text, written when it is first needed.
    """

    __slots__ = ("_text", "value")

    def __init__(self, value: Json, text: str | None = None) -> None:
        self.value = value
        self._text = text

    @classmethod
    def read(cls, text: str) -> "Payload":
        """The payload of ``text``; raises ``JsonTextError``."""
        return cls(decode(text), text)

    @property
    def text(self) -> str:
        """The JSON text."""
        if self._text is None:
            self._text = encode(self.value)
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Payload) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Payload({self.text})"
