"""Lists of records: filters, sorting, limit and cursor.

A filter maps ``field`` or ``field_operator`` to a value; all conditions must hold::

    {"definitionId": "syncArticles", "taskStatus_in": ["pending", "running"], "createdOn_gte": yesterday}

``search`` is text that one of the text fields must contain, ignoring case. ``sort`` is one or more of
``field_ASC`` / ``field_DESC``. Unknown words raise ``ValueError`` with the nearest known one.
"""

import base64
import json
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar, overload

from .plain import Json, JsonObject, did_you_mean, to_milliseconds
from .records import LOG_FIELDS, TASK_FIELDS, Identity

Record = TypeVar("Record")
Test = Callable[[Any, Any], bool]

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Page(Sequence[Record], Generic[Record]):
    """A part of a list; false if empty. ``cursor`` is the value for ``after``, ``None`` on the last page."""

    items: tuple[Record, ...]
    cursor: str | None
    has_more_items: bool
    total_count: int

    @property
    def meta(self) -> JsonObject:
        """``{"cursor", "hasMoreItems", "totalCount"}``."""
        return {
            "cursor": self.cursor,
            "hasMoreItems": self.has_more_items,
            "totalCount": self.total_count,
        }

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | Sequence[Record]:
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)


EQUALITY: Final[Mapping[str, Test]] = {
    "": operator.eq,
    "not": operator.ne,
    "in": lambda value, wanted: value in wanted,
    "not_in": lambda value, wanted: value not in wanted,
}
TEXT: Final[Mapping[str, Test]] = {
    **EQUALITY,
    "contains": lambda value, wanted: value is not None and wanted.lower() in value.lower(),
    "not_contains": lambda value, wanted: value is None or wanted.lower() not in value.lower(),
    "startsWith": lambda value, wanted: value is not None and value.lower().startswith(wanted.lower()),
    "not_startsWith": lambda value, wanted: value is None or not value.lower().startswith(wanted.lower()),
}
ORDER: Final[Mapping[str, Test]] = {
    **EQUALITY,
    "lt": lambda value, wanted: value is not None and value < wanted,
    "lte": lambda value, wanted: value is not None and value <= wanted,
    "gt": lambda value, wanted: value is not None and value > wanted,
    "gte": lambda value, wanted: value is not None and value >= wanted,
}
NUMBER: Final[Mapping[str, Test]] = {
    **ORDER,
    "between": lambda value, wanted: value is not None and wanted[0] <= value <= wanted[1],
}
"""Operators by kind of field; ``""`` stands for a filter without an operator."""

TASK_FILTERS: Final[Mapping[str, Mapping[str, Test]]] = {
    "id": EQUALITY,
    "createdOn": ORDER,
    "savedOn": ORDER,
    "createdBy": EQUALITY,
    "name": TEXT,
    "definitionId": TEXT,
    "parentId": TEXT,
    "taskStatus": TEXT,
    "executionName": TEXT,
    "startedOn": ORDER,
    "finishedOn": ORDER,
    "iterations": NUMBER,
}
LOG_FILTERS: Final[Mapping[str, Mapping[str, Test]]] = {
    "id": EQUALITY,
    "createdOn": ORDER,
    "createdBy": EQUALITY,
    "executionName": TEXT,
    "task": TEXT,
    "iteration": NUMBER,
}
"""Fields for filtering and sorting, with their operators. JSON fields are not included."""


def task_query(where: Mapping[str, Any], search: str | None = None) -> Callable[[Any], bool]:
    """``where`` and ``search`` as a test of a ``Task``."""
    return _test(where, search, TASK_FILTERS, TASK_FIELDS)


def log_query(where: Mapping[str, Any], search: str | None = None) -> Callable[[Any], bool]:
    """``where`` and ``search`` as a test of a ``TaskLog``."""
    return _test(where, search, LOG_FILTERS, LOG_FIELDS)


def task_order(sort: str | Sequence[str]) -> Callable[[list[Any]], list[Any]]:
    """``sort`` as a function that sorts tasks; records that compare equal keep their order."""
    return _order(sort, TASK_FILTERS, TASK_FIELDS)


def log_order(sort: str | Sequence[str]) -> Callable[[list[Any]], list[Any]]:
    """``sort`` as a function that sorts logs; records that compare equal keep their order."""
    return _order(sort, LOG_FILTERS, LOG_FIELDS)


def page(records: Sequence[Any], limit: Any, after: str | None) -> Page[Any]:
    """The ``limit`` records after the cursor's record, or after its position if that record is gone."""
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MAX_LIMIT:
        raise ValueError(f"limit={limit!r} must be a whole number from 1 to {MAX_LIMIT:,}")
    start = 0 if after is None else _position(records, after)
    items = tuple(records[start : start + limit])
    end = start + len(items)
    more = end < len(records)
    return Page(items, _cursor(end, items[-1].id) if more else None, more, len(records))


def _test(
    where: Mapping[str, Any],
    search: str | None,
    filters: Mapping[str, Mapping[str, Test]],
    attributes: Mapping[str, str],
) -> Callable[[Any], bool]:
    conditions = [_condition(key, wanted, filters, attributes) for key, wanted in where.items()]
    if search:
        conditions.append(_search(search, [attributes[name] for name, tests in filters.items() if tests is TEXT]))
    return lambda record: all(holds(record) for holds in conditions)


def _condition(
    key: str, wanted: Any, filters: Mapping[str, Mapping[str, Test]], attributes: Mapping[str, str]
) -> Callable[[Any], bool]:
    field, _, word = key.partition("_")
    if field not in filters or word not in filters[field]:
        known = [f"{name}_{op}".rstrip("_") for name in filters for op in filters[name]]
        raise ValueError(f'where: unknown filter "{key}".{did_you_mean(key, known)}')
    if word in ("in", "not_in", "between") and (isinstance(wanted, str) or not isinstance(wanted, Iterable)):
        raise ValueError(f"where: {key}={wanted!r} needs a list of values")
    test, attribute = filters[field][word], attributes[field]
    values = list(map(_comparable, wanted)) if word in ("in", "not_in", "between") else _comparable(wanted)
    if word == "between" and len(values) != 2:
        raise ValueError(f"where: {key}={wanted!r} needs two values, the lowest and the highest")
    needs_text = word not in ("", "not", "in", "not_in") and filters[field] is TEXT
    if needs_text and not isinstance(values, str):
        raise ValueError(f"where: {key}={wanted!r} needs a string")
    if word in ("lt", "lte", "gt", "gte") and not _is_ordered(field, values):
        raise ValueError(f"where: {key}={wanted!r} needs a {'number' if 'iter' in field else 'datetime'}")
    return lambda record: test(_comparable(getattr(record, attribute)), values)


def _search(text: str, attributes: Sequence[str]) -> Callable[[Any], bool]:
    """Whether any of the attributes contains ``text``, ignoring case."""
    contains = TEXT["contains"]
    return lambda record: any(contains(getattr(record, attribute), text) for attribute in attributes)


def _is_ordered(field: str, value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number if field.startswith("iteration") else isinstance(value, datetime)


def _comparable(value: Any) -> Any:
    if isinstance(value, datetime):
        return to_milliseconds(value)
    return value.id if isinstance(value, Identity) else value


def _order(
    sort: str | Sequence[str], filters: Mapping[str, Any], attributes: Mapping[str, str]
) -> Callable[[list[Any]], list[Any]]:
    steps = [_step(word, filters, attributes) for word in ([sort] if isinstance(sort, str) else sort)]

    def ordered(records: list[Any]) -> list[Any]:
        for key, descending in reversed(steps):
            records = sorted(records, key=key, reverse=descending)
        return records

    return ordered


def _step(word: str, filters: Mapping[str, Any], attributes: Mapping[str, str]) -> tuple[Callable[[Any], Any], bool]:
    field, _, direction = word.partition("_")
    if field not in filters or direction not in ("ASC", "DESC"):
        known = [f"{name}_{way}" for name in filters for way in ("ASC", "DESC")]
        raise ValueError(f'sort: unknown order "{word}".{did_you_mean(word, known)}')
    attribute = attributes[field]

    def key(record: Any) -> tuple[bool, Any]:
        value = _comparable(getattr(record, attribute))
        return (value is not None, value)

    return key, direction == "DESC"


def _cursor(position: int, id: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([position, id]).encode()).decode()


def _position(records: Sequence[Any], cursor: str) -> int:
    try:
        position, id_ = _decoded(cursor)
    except ValueError:
        raise ValueError(f"after={cursor!r} is not a cursor from a list") from None
    for index, record in enumerate(records):
        if record.id == id_:
            return index + 1
    return max(0, position - 1)


def _decoded(cursor: str) -> tuple[int, str]:
    value: Json = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    match value:
        case [int() as position, str() as id_]:
            return position, id_
        case _:
            raise ValueError(cursor)
