"""What both kinds of Map read alike: numbers (a literal, an expression, or a path in ``...Path``) and ItemSelector.

Texts recorded on AWS: ``test_max_concurrency_path``, ``test_map_state_tolerated_failure_count_path``,
``test_map_state_tolerated_failure_percentage_path``, ``test_map_item_reader_csv_max_items_paths``. A text that holds a
number is taken for it (``test_reference_in_map_state_max_items_path``).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, cast

from asl.errors import StateError, runtime_error
from asl.evaluation import as_reader, compile_integer, compile_typed, is_jsonata
from asl.expressions import is_expression
from asl.flow import field_reader
from asl.paths import Reader, Scope
from asl.templates import compile_template
from asl.tolerance import Count, Share, Tolerance
from asl.values import Json, encode, is_integer, is_number

LARGEST: Final = 100_000_000


def parse_selector(raw: Mapping[str, Any]) -> Reader | None:
    """ItemSelector, or Parameters as it was called before: what an iteration gets; ``None`` gives it the item."""
    field = "ItemSelector" if "ItemSelector" in raw else "Parameters"
    if field not in raw:
        return None
    return (
        as_reader(compile_typed(raw[field], field, "object"))
        if is_jsonata(raw)
        else compile_template(raw[field], field)
    )


def parse_count(raw: Mapping[str, Any], field: str, within: str = "") -> Count | None:
    """``field`` or ``fieldPath`` of ``raw`` as an integer; ``None`` when it has neither.

    ``within`` is where the field stands in its state, for what AWS says of a failed expression.
    """
    if is_expression(raw.get(field)):
        return cast("Count", as_reader(compile_integer(raw[field], within + field, 0, LARGEST)))
    return _parse_number(raw, field, _INTEGER)


def parse_share(raw: Mapping[str, Any], field: str) -> Share | None:
    """``field`` or ``fieldPath`` of ``raw`` as a number; ``None`` when it has neither."""
    if is_expression(raw.get(field)):
        return cast("Share", as_reader(compile_typed(raw[field], field, "number")))
    return _parse_number(raw, field, _FLOAT)


class _Kind(NamedTuple):
    """A kind of number: its name in AWS's texts, its form as a text, how that is read, which values are one."""

    name: str
    text: re.Pattern[str]
    read: Callable[[str], Any]
    holds: Callable[[Json], bool]


_INTEGER: Final = _Kind("integer", re.compile(r"-?\d{1,18}", re.ASCII), int, is_integer)
_FLOAT: Final = _Kind("float", re.compile(r"-?\d{1,18}(?:\.\d{1,18})?", re.ASCII), float, is_number)


def _parse_number(raw: Mapping[str, Any], field: str, kind: _Kind) -> Callable[[Json, Scope], Any] | None:
    """The literal of ``field``, or the number, or the text of one, where ``fieldPath`` points to."""
    if field in raw:
        literal = raw[field]
        return lambda _document, _scope: literal
    if f"{field}Path" not in raw:
        return None
    path = raw[f"{field}Path"]
    read = field_reader(path)

    def number(document: Json, scope: Scope) -> Any:
        value = read(document, scope)
        if isinstance(value, str) and kind.text.fullmatch(value):
            return kind.read(value)
        if not kind.holds(value):
            raise _not_a(value, f"{field}Path", kind.name, path)
        return value

    return number


def _not_a(value: Json, field: str, wanted: str, path: str) -> StateError:
    shown = value if isinstance(value, str) else encode(value)
    return runtime_error(f'The {field} field refers to value "{shown}" which is not a valid {wanted}: {path}')


def parse_max_concurrency(raw: Mapping[str, Any]) -> Count:
    """MaxConcurrency: 0, the default, sets no limit. AWS stalls on a negative value; here it fails the state."""
    count = parse_count(raw, "MaxConcurrency")
    if count is None:
        return lambda _document, _scope: 0

    def max_concurrency(document: Json, scope: Scope) -> int:
        value = count(document, scope)
        if value < 0:
            path = raw.get("MaxConcurrencyPath")
            raise runtime_error(f"The MaxConcurrencyPath field refers to a negative value: {path} == {value}")
        return value

    return max_concurrency


def parse_tolerance(raw: Mapping[str, Any]) -> Tolerance | None:
    """The tolerance of the Map ``raw``; ``None`` when it has none of the fields."""
    count, percentage = parse_count(raw, "ToleratedFailureCount"), parse_share(raw, "ToleratedFailurePercentage")
    return None if count is None and percentage is None else Tolerance(count, percentage)
