"""What YAML 1.1 reads from values without quotes: ``On`` is true, ``012`` is 10, ``1e3`` is text.

CloudFormation reads YAML in this way. A problem that quotes, or another form of the number, would solve says so; other
readings that surprise are warnings.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from asl.problems import Problem
from asl.program import check
from emulator.definitions.yaml_text import Scalar
from emulator.integrations.check import KNOWN

YAML_VALUE: Final = "yaml-value"
_SURPRISING: Final = re.compile(
    r"(?i:yes|no|on|off)|[-+]?0[0-7_]+|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\\.[0-9_]*)?|[-+]?[0-9]+(?:_[0-9_]*)+"
)
"""Words and numbers that look like text and are not: booleans, octal numbers, base 60, digits in groups."""
_BOOLEANS: Final = frozenset(
    {"End", "BooleanEquals", "IsPresent", "IsNull", "IsBoolean", "IsNumeric", "IsString", "IsTimestamp"}
)
"""Fields that are booleans, in which ``yes`` is as good as ``true``."""


def with_quotes(problems: Sequence[Problem], value: Any, scalars: Mapping[str, Scalar]) -> list[Problem]:
    """``problems``, each with the hint to quote a value, or to write a number, if that would solve it."""
    concerned = {
        each.place: found
        for each in problems
        if each.code != YAML_VALUE and (found := _scalars_at(each.place, scalars))
    }
    if not concerned:
        return list(problems)
    text = json.dumps(value, ensure_ascii=False)
    changed = json.loads(text)
    for found in concerned.values():
        for pointer, scalar in found.items():
            _replace(changed, pointer, _meant(scalar))
    text = json.dumps(changed, ensure_ascii=False)
    left = {(each.place, each.code, each.message) for each in check(text, integrations=KNOWN)}
    return [
        each
        if each.place not in concerned or (each.place, each.code, each.message) in left
        else replace(each, hint=_hint(concerned[each.place]))
        for each in problems
    ]


def misread(scalars: Mapping[str, Scalar], problems: Sequence[Problem]) -> Iterator[Problem]:
    """A warning for each value that surprises, unless it has a problem already."""
    told = {each.place for each in problems}
    for pointer, scalar in scalars.items():
        name = pointer.rpartition("/")[2]
        if isinstance(scalar.value, str) or not _SURPRISING.fullmatch(scalar.written) or name in _BOOLEANS:
            continue
        if not told.isdisjoint({pointer, pointer.rpartition("/")[0]}):
            continue
        reading = json.dumps(scalar.value)
        message = f"YAML reads {scalar.written} as {reading}"
        hint = f'Quote it if it is text: "{scalar.written}". Else write {reading}.'
        yield Problem(YAML_VALUE, pointer, message, hint, "WARNING")


def _scalars_at(place: str, scalars: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """The values that may be meant otherwise: the one at ``place``, or the items of an array there."""
    inside = {place: scalars[place]} if place in scalars else _items(place, scalars)
    return {pointer: each for pointer, each in inside.items() if _meant(each) is not None}


def _items(place: str, scalars: Mapping[str, Scalar]) -> dict[str, Scalar]:
    return {
        pointer: each
        for pointer, each in scalars.items()
        if pointer.startswith(f"{place}/") and pointer[len(place) + 1 :].isdigit()
    }


def _meant(scalar: Scalar) -> Any:
    """The text that is not text, or the number that is; ``None`` if there is no other reading."""
    if not isinstance(scalar.value, str):
        return scalar.written
    try:
        number = float(scalar.written)
    except ValueError:
        return None
    if number != number or number in (float("inf"), float("-inf")):
        return None
    return int(number) if number == int(number) else number


def _replace(value: Any, pointer: str, new: Any) -> None:
    *above, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    for part in above:
        value = value[int(part)] if isinstance(value, list) else value[part]
    value[int(last) if isinstance(value, list) else last] = new


def _hint(found: Mapping[str, Scalar]) -> str:
    scalar = next((each for each in found.values() if not isinstance(each.value, str)), next(iter(found.values())))
    if isinstance(scalar.value, str):
        return f"YAML reads {scalar.written} as text: write {json.dumps(_meant(scalar))}"
    reading = json.dumps(scalar.value)
    if scalar.written == reading:
        return f'{reading} is not text in YAML: quote it: "{reading}"'
    return f'YAML reads {scalar.written or "nothing"} as {reading}: quote it: "{scalar.written}"'
