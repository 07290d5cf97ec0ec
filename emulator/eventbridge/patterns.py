"""Event patterns: compiled from text to a function from event to bool.

A pattern becomes a list of *rules*, one for each combination of its ``$or`` alternatives; a rule is a table
from the dotted path of a field to the alternatives that the field may have. EventBridge's own matcher works
this way, and most surprises follow from it:

* a field's name is its path joined with dots, so ``{"a.b": ...}`` and ``{"a": {"b": ...}}`` are the same
  field, in patterns and in events;
* only scalars are fields: an object, an empty array and an empty object have no value and do not ``exist``;
* arrays add nothing to a name. A field of an array matches when any element does, and all fields that pass
  through one array must match in the same element (``matching`` has the rule).

Refused (``InvalidEventPattern``): the patterns that EventBridge refuses, in its words, and nesting deeper than
``MAX_DEPTH``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from asl.problems import nearest
from asl.values import Json, JsonTextError, decode, encode
from emulator.eventbridge.cursor import Cursor, InvalidEventPattern
from emulator.eventbridge.matching import Field, Rule, compile_rule, elements
from emulator.eventbridge.operators import RESERVED_IN_OR, any_of, one_of, read_expression
from emulator.eventbridge.scalars import InexactNumber, Test, comparable

__all__ = ["InvalidEventPattern", "Pattern", "compile"]

MAX_DEPTH: Final = 100
"""The most levels of objects, ``$or`` included, and the most names in a dotted path, of a pattern."""
MAX_COMBINATIONS: Final = 1_000
"""The most rules that the ``$or`` alternatives of one pattern may multiply to."""

_OR: Final = "$or"
_MISSING: Final = object()
_SHOWN: Final = 120
"""The most characters of a value that an explanation shows."""


@dataclass(frozen=True)
class Pattern:
    """A compiled pattern. An event matches exactly when ``explain`` gives an empty list.

    ``explain`` gives one line for each field that fails: ``detail.status: wanted one of ["x"], was "y"``.
    With ``$or`` it explains the combination that fails in the fewest fields.
    """

    text: str
    matches: Callable[[Json], bool]
    explain: Callable[[Json], list[str]]


def compile(text: str) -> Pattern:  # noqa: A001 - the name that every language of this project gives it
    """The pattern in ``text`` (a JSON object); raises ``InvalidEventPattern``."""
    rules = _PatternText(text).read_pattern()
    tests = [compile_rule(rule) for rule in rules]
    if len(tests) == 1:
        only = tests[0]

        def matches(event: Json) -> bool:
            return isinstance(event, dict) and only(event)
    else:

        def matches(event: Json) -> bool:
            return isinstance(event, dict) and any(test(event) for test in tests)

    def explain(event: Json) -> list[str]:
        return [] if matches(event) else _explain(rules, event)

    return Pattern(text, matches, explain)


class _PatternText(Cursor):
    """A pattern being read: its objects become rules, its arrays fields."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0

    def read_pattern(self) -> list[Rule]:
        rules: list[Rule] = [{}]
        self.want("{", "Filter is not an object")
        self.read_object(rules, (), inside_or=False)
        self.want("end", "Filter is not an object")
        return rules

    def read_object(self, rules: list[Rule], path: tuple[str, ...], *, inside_or: bool) -> None:
        """Add the fields of the object just opened to all ``rules``; of two equal names the last wins."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.refuse(f"Patterns nested deeper than {MAX_DEPTH} levels are not supported")
        is_empty = True
        while self.next().kind == "name":
            is_empty = False
            name: str = self.token.value
            if inside_or and name in RESERVED_IN_OR:
                self.refuse(f"{name} is Ruler reserved fieldName which cannot be used inside $or.")
            self.next()
            if name == _OR:
                self.read_or(rules, path)
            elif self.token.kind == "{":
                self.read_object(rules, (*path, name), inside_or=inside_or)
            elif self.token.kind == "[":
                self.read_field(rules, ".".join((*path, name)))
            else:
                self.refuse(f'"{name}" must be an object or an array')
        if is_empty:
            self.refuse("Empty objects are not allowed")
        self.depth -= 1

    def read_field(self, rules: list[Rule], dotted: str) -> None:
        if dotted.count(".") >= MAX_DEPTH:
            self.refuse(f"Patterns nested deeper than {MAX_DEPTH} levels are not supported")
        field = self.read_alternatives()
        for rule in rules:
            rule[dotted] = field

    def read_or(self, rules: list[Rule], path: tuple[str, ...]) -> None:
        """Each of ``rules`` with each alternative; ``$or`` itself adds nothing to a path."""
        if self.token.kind != "[":
            self.refuse("It must be an Array followed with $or.")
        before = [dict(rule) for rule in rules]
        rules.clear()
        objects = 0
        while self.next().kind != "]":
            if self.token.kind != "{":
                self.refuse("Only JSON object is allowed in array of $or relationship.")
            objects += 1
            choice = [dict(rule) for rule in before]
            self.read_object(choice, path, inside_or=True)
            rules += choice
            if len(rules) > MAX_COMBINATIONS:
                self.refuse(f"$or may give at most {MAX_COMBINATIONS} combinations")
        if objects < 2:
            self.refuse("There must have at least 2 Objects in $or relationship.")

    def read_alternatives(self) -> Field:
        start = self.token.start
        values: list[Any] = []
        tests: list[Test] = []
        absent = False
        while (token := self.next()).kind != "]":
            if token.kind in ("string", "number", "word"):
                values.append(self.number() if token.kind == "number" else token.value)
            elif token.kind != "{":
                self.refuse("Match value must be String, number, true, false, or null")
            elif (test := read_expression(self)) is None:
                absent = True
            else:
                tests.append(test)
        if values:
            tests.insert(0, one_of(values))
        elif not tests and not absent:
            self.refuse("Empty arrays are not allowed")
        return Field(any_of(tests), absent, _compact(self.text[start : self.token.end]))


_MISSPELT: Final = "there is "
"""Before the nearest name of the event: a key that is misspelt explains most, and is told first."""


def _explain(rules: list[Rule], event: Json) -> list[str]:
    if not isinstance(event, dict):
        return [f"the event: wanted an object, was {_show(event)}"]
    verdicts: dict[tuple[str, int], bool] = {}

    def fails(path: str, field: Field) -> bool:
        key = (path, id(field))
        if key not in verdicts:
            verdicts[key] = not compile_rule({path: field})(event)
        return verdicts[key]

    failing, rule = min(
        (([path for path, field in rule.items() if fails(path, field)], rule) for rule in rules),
        key=lambda candidate: len(candidate[0]),
    )
    closest = f" (the closest of {len(rules)} $or combinations)" if len(rules) > 1 else ""
    if not failing:
        return [f"{', '.join(rule)}: each matches, but not in the same element of an array{closest}"]
    reasons = [f"{path}: wanted one of {_cut(rule[path].text)}, was {_was(event, path)}{closest}" for path in failing]
    return sorted(reasons, key=lambda reason: _MISSPELT not in reason)


def _was(event: dict[str, Any], path: str) -> str:
    names = path.split(".")
    values = list(_values(event, names))
    return _cut(", ".join(map(_show, values))) if values else _why_missing(event, names)


def _values(value: Any, names: list[str]) -> Iterator[Any]:
    """All values at the path ``names``, with arrays opened; an empty array is a value itself."""
    for item in elements(value):
        if not names:
            yield item
        elif isinstance(item, dict):
            for length in range(1, len(names) + 1):
                key = ".".join(names[:length])
                if key in item:
                    yield from _values(item[key], names[length:])


def _why_missing(event: dict[str, Any], names: list[str]) -> str:
    """``missing``, with the value where the path ends or the nearest name there."""
    level: list[Any] = [event]
    for depth, name in enumerate(names):
        objects = [item for item in level if isinstance(item, dict)]
        if not objects:
            return f"missing ({'.'.join(names[:depth])} is {_show(level[0])})"
        below = [element for item in objects if name in item for element in elements(item[name])]
        if not below:
            near = _nearest(name, [key for item in objects for key in item])
            return f'missing ({_MISSPELT}"{near}")' if near else "missing"
        level = below
    raise AssertionError("a path whose names all exist has a value")


def _nearest(name: str, keys: list[str]) -> str | None:
    lowered = {key.lower(): key for key in keys}
    near = nearest(name.lower(), lowered, likeness=0.75)
    return lowered[near[0]] if near else None


def _show(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array" if value else "an empty array"
    if isinstance(value, float) and not comparable(value):
        return value.text if isinstance(value, InexactNumber) else repr(value)
    return _cut(encode(value))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _compact(text: str) -> str:
    try:
        return encode(decode(text))
    except JsonTextError:
        return text
