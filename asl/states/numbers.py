"""The numeric fields of a Map: a literal, an expression, or a path in ``...Path``.

Texts recorded on AWS: ``test_max_concurrency_path``, ``test_map_state_tolerated_failure_count_path``,
``test_map_state_tolerated_failure_percentage_path``, ``test_map_item_reader_csv_max_items_paths``. A string that holds
a number counts as that number (``test_reference_in_map_state_max_items_path``).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, cast

from asl.bounds import LARGEST_ITEMS
from asl.errors import StateError, runtime_error
from asl.evaluation import as_reader, compile_integer, compile_typed
from asl.flow import field_reader
from asl.paths import Reader, Scope
from asl.states.forms import Forms, constant
from asl.tolerance import Count, Share
from asl.values import Json, encode, is_integer, is_number


def parse_count(raw: Mapping[str, Any], field: str, within: str = "", *, is_bounded: bool = True) -> Count | None:
    """``field`` or ``fieldPath`` of ``raw`` as an integer; ``None`` if it has neither.

    ``within`` is the place of the field in its state, for AWS's text about a failed expression. Without
    ``is_bounded``, the number that an expression gives has no maximum.
    """
    forms = Forms(
        constant,
        lambda value: as_reader(compile_integer(value, within + field, 0, LARGEST_ITEMS, is_bounded=is_bounded)),
        lambda path: _number_path(path, f"{field}Path", _INTEGER),
    )
    return cast("Count | None", forms.parse(raw, field))


def parse_share(raw: Mapping[str, Any], field: str) -> Share | None:
    """``field`` or ``fieldPath`` of ``raw`` as a number; ``None`` if it has neither."""
    forms = Forms(
        constant,
        lambda value: as_reader(compile_typed(value, field, "number")),
        lambda path: _number_path(path, f"{field}Path", _FLOAT),
    )
    return cast("Share | None", forms.parse(raw, field))


class _Kind(NamedTuple):
    """A kind of number: its name in AWS's texts, its form as a string, the parser of that, and a test of values."""

    name: str
    text: re.Pattern[str]
    read: Callable[[str], Any]
    holds: Callable[[Json], bool]


_INTEGER: Final = _Kind("integer", re.compile(r"-?\d{1,19}", re.ASCII), int, is_integer)
_FLOAT: Final = _Kind("float", re.compile(r"-?\d{1,18}(?:\.\d{1,18})?", re.ASCII), float, is_number)


def _number_path(path: str, field: str, kind: _Kind) -> Reader:
    """The number at ``path``, or the number in the string at ``path``."""
    read = field_reader(path)

    def number(document: Json, scope: Scope) -> Any:
        value = read(document, scope)
        if isinstance(value, str) and kind.text.fullmatch(value):
            return kind.read(value)
        if not kind.holds(value):
            raise _not_a(value, field, kind.name, path)
        return value

    return number


def _not_a(value: Json, field: str, wanted: str, path: str) -> StateError:
    shown = value if isinstance(value, str) else encode(value)
    return runtime_error(f'The {field} field refers to value "{shown}" which is not a valid {wanted}: {path}')
