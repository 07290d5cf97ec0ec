"""Python values as plain JSON: the values that tasks may pass as input, output and data, and their stored copies.

Accepted: JSON itself, mappings with string keys, tuples, dataclasses, pydantic models (anything with
``model_dump``), enums, dates. Everything else, including NaN and Infinity, is rejected, and the error names the place.
"""

import copy
import dataclasses
import difflib
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final, TypeAlias
from uuid import UUID

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
JsonObject: TypeAlias = dict[str, Json]

_ANY: Final = "a mapping, list, string, number, boolean or None"
INSTEAD: Final[tuple[tuple[Any, str], ...]] = (
    (Decimal, "int(), float() or str() of it"),
    (bytes | bytearray, "its decode(), or base64.b64encode(...).decode()"),
    (set | frozenset, "sorted() of it"),
    (timedelta, "its total_seconds()"),
    (UUID, "str() of it"),
)
"""Type that is not JSON -> what to pass instead."""
DEEPEST: Final = 150
"""Levels of lists and objects in a value."""


def plain(value: Any, at: str = "value", within: tuple[int, ...] = ()) -> Json:
    """An independent JSON copy of ``value``; raises ``TypeError`` with the place, a path that starts with ``at``.

    ``within``: the ids of the lists and mappings around it.
    """
    if id(value) in within:
        raise TypeError(f"{at}: a {type(value).__name__} that contains itself is not JSON; pass a copy, or its id")
    if len(within) > DEEPEST:
        raise TypeError(f"{at[:60]}...: nested more than {DEEPEST} levels deep; pass a flatter value")
    match value:
        case Enum():
            return plain(value.value, at)
        case None | bool() | int():
            return value
        case str():
            if not value.isascii():
                _check_text(value, at)
            return value
        case float():
            if not math.isfinite(value):
                raise TypeError(f"{at}: {value} is not a JSON number; pass a finite number or None")
            return value
        case datetime():
            return instant_text(value) if value.tzinfo else value.isoformat()
        case date():
            return value.isoformat()
        case list() | tuple():
            inside = (*within, id(value))
            return [plain(item, f"{at}[{index}]", inside) for index, item in enumerate(value)]
        case Mapping():
            inside = (*within, id(value))
            return {_key(key, at): plain(item, f"{at}.{key}", inside) for key, item in value.items()}
        case _:
            return _plain_instance(value, at)


def _plain_instance(value: Any, at: str) -> Json:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: plain(getattr(value, field.name), f"{at}.{field.name}") for field in dataclasses.fields(value)
        }
    if callable(dump := getattr(value, "model_dump", None)) and not isinstance(value, type):
        return plain(dump(mode="json"), at)
    raise TypeError(f"{at}: {type(value).__name__} is not JSON; pass {_instead(value)}")


def _check_text(value: str, at: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise TypeError(f"{at}: the text has half of a surrogate pair, which no database stores") from None


def _instead(value: Any) -> str:
    return next((text for kind, text in INSTEAD if isinstance(value, kind)), _ANY)


def _key(key: Any, at: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"{at}: the key {key!r} is not a string; JSON objects have string keys")
    return key.value if isinstance(key, Enum) else key


def plain_object(value: Any, at: str) -> JsonObject:
    """A JSON copy of ``value``, which must be an object; raises ``TypeError`` otherwise."""
    if isinstance(value, str | bytes) and value[:1] in ("{", b"{"):
        raise TypeError(f"{at}: needs an object (mapping, dataclass or model), not JSON text; give json.loads(text)")
    result = plain(value, at)
    if not isinstance(result, dict):
        raise TypeError(f"{at}: needs an object (mapping, dataclass or model), not {type(value).__name__}")
    return result


def lenient(value: Any) -> Json:
    """A JSON copy in which other values become their ``repr``: for error data, where a failure would hide the error."""
    if isinstance(value, Mapping):
        return {str(key): lenient(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [lenient(item) for item in value]
    try:
        return plain(value)
    except TypeError:
        return repr(value)


def equal(left: Json, right: Json) -> bool:
    """Strict equality of JSON values: ``1`` is neither ``"1"`` nor ``True`` (in Python, ``1 == True``)."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(item, right[key]) for key, item in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    return left == right


def copied(value: Json) -> Any:
    """A deep copy of a JSON value; typed ``Any`` so that callers can declare its shape."""
    return copy.deepcopy(value)


def to_milliseconds(at: datetime) -> datetime:
    """``at`` in UTC, truncated to milliseconds, the precision of records."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone; pass an aware datetime")
    at = at.astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def instant_text(at: datetime) -> str:
    """``at`` in the form of records: UTC, milliseconds, ``Z`` (``2026-01-31T09:30:00.000Z``)."""
    return to_milliseconds(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def as_instant(text: str) -> datetime:
    """The aware UTC time that ``instant_text`` wrote."""
    return datetime.fromisoformat(text).astimezone(UTC)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` Did you mean "x"?`` for the nearest known word; if none is near, a list of all."""
    words = list(known)
    if near := difflib.get_close_matches(word, words, n=1, cutoff=0.5):
        return f' Did you mean "{near[0]}"?'
    return f" Known: {', '.join(words)}."
