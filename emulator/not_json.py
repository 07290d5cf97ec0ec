"""The first part of a Python value that JSON cannot hold: its path, what it is, and what to write instead."""

import math
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any, Final, NamedTuple
from uuid import UUID

DEEPEST: Final = 400
"""Levels that are walked; a deeper value is told as such."""

INSTEAD: Final[tuple[tuple[Any, str], ...]] = (
    (datetime, "its isoformat()"),
    (date, "its isoformat()"),
    (time, "its isoformat()"),
    (timedelta, "its total_seconds()"),
    (Decimal, "int() or float() of it, or str() to keep every digit"),
    (bytes | bytearray, "its decode(), or base64.b64encode(...).decode()"),
    (set | frozenset, "sorted() of it"),
    (UUID, "str() of it"),
    (Enum, "its value"),
    (PurePath, "str() of it"),
    (complex, "a list of its two parts"),
)
"""Type -> what to write instead."""


class NotJson(NamedTuple):
    """``path`` as in ASL (``$.order.items[2].at``), ``what`` is there, and ``instead``: what to write."""

    path: str
    what: str
    instead: str

    def __str__(self) -> str:
        return f"{self.path} is {self.what}; write {self.instead}"


def find_not_json(value: Any) -> NotJson | None:
    """The first part, in the order of the text, that ``json.dumps`` refuses or writes as no JSON; ``None`` without."""
    return _find(value, "$", ())


def _find(value: Any, path: str, within: tuple[tuple[int, str], ...]) -> NotJson | None:
    if value is None or isinstance(value, bool | int):
        return None
    if isinstance(value, str):
        return _text(value, path)
    if isinstance(value, float):
        if math.isfinite(value):
            return None
        return NotJson(path, f"{value!r}, which is not a JSON number", "a finite number or None")
    if not isinstance(value, dict | list | tuple):
        return _foreign(value, path)
    above = next((at for id_, at in within if id_ == id(value)), None)
    if above is not None:
        return NotJson(path, f"{above} itself, in a circle", "a copy, or its id")
    if len(within) >= DEEPEST:
        return NotJson(f"{path[:60]}...", f"nested more than {DEEPEST} levels deep", "a flatter value")
    inside = (*within, (id(value), path))
    if isinstance(value, dict):
        for key, item in value.items():
            if not (key is None or isinstance(key, str | int | float)):
                what = f"an object with the key {key!r}, a {_name(key)}"
                return NotJson(path, what, "keys that are text")
            if (found := _find(item, member(path, key), inside)) is not None:
                return found
        return None
    for number, item in enumerate(value):
        if (found := _find(item, f"{path}[{number}]", inside)) is not None:
            return found
    return None


def member(path: str, key: object) -> str:
    """The path of an object's member: ``$.order``, ``$['at noon']``."""
    text = str(key)
    return f"{path}.{text}" if text.isidentifier() else f"{path}[{text!r}]"


def _text(value: str, path: str) -> NotJson | None:
    try:
        value.encode()
    except UnicodeEncodeError:
        return NotJson(path, "text with half of a surrogate pair, which UTF-8 cannot encode", "whole characters")
    return None


def _foreign(value: Any, path: str) -> NotJson:
    for kind, instead in INSTEAD:
        if isinstance(value, kind):
            return NotJson(path, _kind(value), instead)
    if isinstance(value, Mapping):
        return NotJson(path, _kind(value), "dict() of it")
    if hasattr(value, "__dataclass_fields__"):
        return NotJson(path, _kind(value), "dataclasses.asdict() of it")
    if callable(getattr(value, "model_dump", None)):
        return NotJson(path, _kind(value), "its model_dump(mode='json')")
    if hasattr(value, "__await__"):
        return NotJson(path, _kind(value), "the awaited result")
    if hasattr(value, "__iter__"):
        return NotJson(path, _kind(value), "list() of it")
    return NotJson(path, _kind(value), "a dict, list, str, int, float, bool or None")


_FROZEN: Final = {"FakeDatetime": "datetime", "FakeDate": "date"}
"""freezegun's class -> the class that it replaces."""


def _kind(value: Any) -> str:
    """``a datetime``, ``bytes``, ``a value of type object``."""
    name = _name(value)
    if name in ("bytes", "bytearray"):
        return name
    return f"a value of type {name}" if name == "object" else f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _name(value: Any) -> str:
    name = type(value).__name__
    return _FROZEN.get(name, name)
