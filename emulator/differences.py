"""Where a JSON value differs from the expected one, by JSON path; and ``contains``, for a part of it.

``True`` is not ``1``, as in JSON; ``1`` is ``1.0``. An expected value that is not JSON is asked by ``==``, at any
depth: ``unittest.mock.ANY``, ``pytest.approx(0.3)``, a class of dirty-equals.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from emulator.errors import EmulatorError
from emulator.wrong_types import given

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST: Final = 80
_MOST: Final = 8


class Difference(NamedTuple):
    """One place: its JSON path, ``$.items[2].id``; what is there and what was expected, as text."""

    path: str
    there: str | None
    """``None`` for nothing, here and below."""
    wanted: str | None

    def __str__(self) -> str:
        if self.wanted is None:
            return f"{self.path}: {self.there}, not expected"
        return f"{self.path}: {'missing' if self.there is None else self.there}, expected {self.wanted}"


class Contains:
    """See ``contains``."""

    __slots__ = ("part",)
    __hash__ = None  # type: ignore[assignment]  # it equals values that are not equal to each other

    def __init__(self, part: Any) -> None:
        self.part = part

    def __eq__(self, value: object) -> bool:
        return next(differences(value, self), None) is None

    def __repr__(self) -> str:
        return f"contains({self.part!r})"


def contains(part: Mapping[str, Any] | str) -> Contains:
    """Equal to each object that has at least these members, at any depth; of a text, to each text that it is part of.

    ``run.assert_succeeded(output=contains({"order": {"id": 7}}))``. It stands for any expected value, also within one:
    ``[contains({"id": 1}), contains({"id": 2})]``. Arrays in it have as many items as the value's.

    Raises ``EmulatorError`` for anything but an object or text.
    """
    if not isinstance(part, Mapping | str):
        raise EmulatorError(
            f"contains({given('part', part).removeprefix('part=')}): it takes an object, or text\n"
            '    fix: contains({"id": 7}); for the items of an array, [contains({"id": 7}), contains({"id": 8})]'
        )
    return Contains(part)


def differences(value: Any, expected: Any, path: str = "$", *, partial: bool = False) -> Iterator[Difference]:
    """Every difference, in the order of ``expected``; with ``partial`` objects may have more members."""
    if isinstance(expected, Contains):
        if isinstance(expected.part, str):
            if not (isinstance(value, str) and expected.part in value):
                yield Difference(path, shown(value), f"a text with {shown(expected.part)}")
            return
        expected, partial = expected.part, True
    if isinstance(expected, Mapping) and isinstance(value, dict):
        yield from _of_objects(value, expected, path, partial)
    elif isinstance(expected, list | tuple) and isinstance(value, list):
        yield from _of_arrays(value, expected, path, partial)
    elif not _is_same(value, expected):
        yield Difference(path, shown(value), shown(expected))


def _of_objects(value: dict[str, Any], expected: Mapping[str, Any], path: str, partial: bool) -> Iterator[Difference]:
    for name, each in expected.items():
        at = _member(path, name)
        if name in value:
            yield from differences(value[name], each, at, partial=partial)
        else:
            yield Difference(at, None, shown(each))
    for name in value:
        if not partial and name not in expected:
            yield Difference(_member(path, name), shown(value[name]), None)


def _of_arrays(
    value: list[Any], expected: list[Any] | tuple[Any, ...], path: str, partial: bool
) -> Iterator[Difference]:
    for index, (each, other) in enumerate(zip(value, expected, strict=False)):
        yield from differences(each, other, f"{path}[{index}]", partial=partial)
    for index in range(len(value), len(expected)):
        yield Difference(f"{path}[{index}]", None, shown(expected[index]))
    for index in range(len(expected), len(value)):
        yield Difference(f"{path}[{index}]", shown(value[index]), None)


def _is_same(value: Any, expected: Any) -> bool:
    if isinstance(expected, bool) or (isinstance(value, bool) and isinstance(expected, int | float)):
        return value is expected
    return bool(value == expected)


def lines_of(found: Iterable[Difference]) -> list[str]:
    """The differences as indented lines, at most eight."""
    lines = [f"    {each}" for each in found]
    return lines if len(lines) <= _MOST else [*lines[:_MOST], f"    ... {len(lines) - _MOST} more"]


def shown(value: Any) -> str:
    """A value as JSON, or as Python writes it where it is not JSON; at most 80 characters."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _member(path: str, name: object) -> str:
    text = str(name)
    return f"{path}.{text}" if _NAME.fullmatch(text) else f"{path}[{json.dumps(text, ensure_ascii=False)}]"
