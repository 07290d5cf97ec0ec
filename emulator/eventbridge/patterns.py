"""Event patterns: compiled from text to a function from event to bool.

A pattern becomes a list of *rules*, one for each combination of its ``$or`` alternatives; a rule is a table
from the dotted path of a field to the alternatives that the field may have. EventBridge's own matcher works
this way, and most surprises follow from it:

* a field's name is its path joined with dots, so ``{"a.b": ...}`` and ``{"a": {"b": ...}}`` are the same
  field, in patterns and in events;
* only scalars are fields: an object, an empty array and an empty object have no value and do not ``exist``;
* arrays add nothing to a name. A field of an array matches when any element does, and all fields that pass
  through one array must match in the same element (array-consistent matching).

Refused (``InvalidEventPattern``): the patterns that EventBridge refuses, in its words, and nesting deeper than
``MAX_DEPTH``.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from asl.problems import nearest
from asl.values import Json, JsonTextError, decode, encode
from emulator.eventbridge.operators import (
    RESERVED_IN_OR,
    Cursor,
    InvalidEventPattern,
    Scalar,
    Test,
    any_of,
    equal_to,
    read_expression,
)

__all__ = ["InvalidEventPattern", "Pattern", "compile"]

Match: TypeAlias = int
"""``NO``, ``ABSENT`` or ``FOUND``."""
Reader: TypeAlias = Callable[[Any], Match]

NO: Final = 0
ABSENT: Final = 1
"""Satisfied because the field is missing, as ``{"exists": false}`` requires."""
FOUND: Final = 2
"""Satisfied by a value, which in an array ties the other fields to the same element."""

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


@dataclass(frozen=True, slots=True)
class _Field:
    """The alternatives of one field: ``test`` for an existing value, ``absent`` if it may be missing."""

    test: Test
    absent: bool
    text: str


_Rule: TypeAlias = "dict[str, _Field]"


def compile(text: str) -> Pattern:  # noqa: A001 - the name that every language of this project gives it
    """The pattern in ``text`` (a JSON object); raises ``InvalidEventPattern``."""
    rules = _PatternText(text).read_pattern()
    readers = [_reader_of(rule) for rule in rules]
    if len(readers) == 1:
        only = readers[0]

        def matches(event: Json) -> bool:
            return isinstance(event, dict) and only(event) != NO
    else:

        def matches(event: Json) -> bool:
            return isinstance(event, dict) and any(read(event) for read in readers)

    def explain(event: Json) -> list[str]:
        return [] if matches(event) else _explain(rules, event)

    return Pattern(text, matches, explain)


class _PatternText(Cursor):
    """A pattern being read: its objects become rules, its arrays fields."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0

    def read_pattern(self) -> list[_Rule]:
        self.want("{", "Filter is not an object")
        rules = self.read_object((), inside_or=False)
        self.want("end", "Filter is not an object")
        return rules

    def read_object(self, path: tuple[str, ...], *, inside_or: bool) -> list[_Rule]:
        """The rules of the object just opened; of two equal keys the last wins."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.refuse(f"Patterns nested deeper than {MAX_DEPTH} levels are not supported")
        members: dict[str, list[_Rule]] = {}
        while self.next().kind == "name":
            name: str = self.token.value
            if inside_or and name in RESERVED_IN_OR:
                self.refuse(f"{name} is Ruler reserved fieldName which cannot be used inside $or.")
            kind = self.next().kind
            if kind == "{":
                members[name] = self.read_object((*path, name), inside_or=False)
            elif kind == "[" and name == _OR:
                members[name] = self.read_or(path)
            elif kind == "[":
                dotted = ".".join((*path, name))
                if dotted.count(".") >= MAX_DEPTH:
                    self.refuse(f"Patterns nested deeper than {MAX_DEPTH} levels are not supported")
                members[name] = [{dotted: self.read_alternatives()}]
            else:
                self.refuse(f'"{name}" must be an object or an array')
        if not members:
            self.refuse("Empty objects are not allowed")
        rules: list[_Rule] = [{}]
        for choices in members.values():
            if len(rules) * len(choices) > MAX_COMBINATIONS:
                self.refuse(f"$or may give at most {MAX_COMBINATIONS} combinations")
            rules = [rule | choice for rule in rules for choice in choices]
        self.depth -= 1
        return rules

    def read_or(self, path: tuple[str, ...]) -> list[_Rule]:
        """The rules of all alternatives; ``$or`` itself adds nothing to a path."""
        choices: list[_Rule] = []
        objects = 0
        while self.next().kind == "{":
            objects += 1
            choices += self.read_object(path, inside_or=True)
            if len(choices) > MAX_COMBINATIONS:
                self.refuse(f"$or may give at most {MAX_COMBINATIONS} combinations")
        if self.token.kind != "]" or objects < 2:
            self.refuse("There must have at least 2 Objects in $or relationship.")
        return choices

    def read_alternatives(self) -> _Field:
        start = self.token.start
        values: list[Scalar] = []
        tests: list[Test] = []
        absent = False
        while (token := self.next()).kind != "]":
            if token.kind in ("string", "number", "word"):
                values.append(token.value)
            elif token.kind != "{":
                self.refuse("Match value must be String, number, true, false, or null")
            elif (test := read_expression(self)) is None:
                absent = True
            else:
                tests.append(test)
        if values:
            tests.insert(0, equal_to(values))
        elif not tests and not absent:
            self.refuse("Empty arrays are not allowed")
        return _Field(any_of(tests), absent, _compact(self.text[start : self.token.end]))


class _Node:
    """A node in the tree of a rule's paths: the field that ends at it, if any, and the names below."""

    def __init__(self) -> None:
        self.field: _Field | None = None
        self.children: dict[str, _Node] = {}

    def joined(self) -> Iterator[str]:
        """Every dotted path below, as it may appear as a single key of an event."""
        for name, child in self.children.items():
            for rest in (*child.children, *child.joined()):
                yield f"{name}.{rest}"


def _reader_of(rule: Mapping[str, _Field]) -> Reader:
    root = _Node()
    for path, field in rule.items():
        node = root
        for name in path.split("."):
            node = node.children.setdefault(name, _Node())
        node.field = field
    return _object_reader(root)


def _node_reader(node: _Node) -> Reader:
    if node.field is None:
        return _object_reader(node)
    if not node.children:
        return _field_reader(node.field)
    readers = (_field_reader(node.field), _object_reader(node))

    def read_both(value: Any) -> Match:
        answers = [read(value) for read in readers]
        return max(answers) if all(answers) else NO

    return read_both


def _field_reader(field: _Field) -> Reader:
    test, nothing = field.test, ABSENT if field.absent else NO

    def read_field(value: Any) -> Match:
        if isinstance(value, list):
            return _in_array(value, read_field, nothing)
        if value is _MISSING or isinstance(value, dict):
            return nothing
        return FOUND if test(value) else NO

    return read_field


def _object_reader(node: _Node) -> Reader:
    children = tuple((name, _node_reader(child)) for name, child in node.children.items())
    joined = frozenset(node.joined())
    nothing = ABSENT if all(read(_MISSING) for _name, read in children) else NO

    def read_object(value: Any) -> Match:
        if isinstance(value, dict):
            if joined and not value.keys().isdisjoint(joined):
                value = _split_names(value, joined)
            best = NO
            for name, read in children:
                answer = read(value.get(name, _MISSING))
                if not answer:
                    return NO
                best |= answer
            return FOUND if best & FOUND else ABSENT
        if isinstance(value, list):
            return _in_array(value, read_object, nothing)
        return nothing

    return read_object


def _in_array(array: list[Any], read: Reader, nothing: Match) -> Match:
    """FOUND if one element matches; otherwise ``nothing``, unless an element fails to match."""
    answer = nothing
    for element in _elements(array) if array else ():
        found = read(element)
        if found == FOUND:
            return FOUND
        if not found:
            answer = NO
    return answer


def _split_names(value: dict[str, Any], joined: frozenset[str]) -> dict[str, Any]:
    """``value`` with the keys in ``joined`` split at their first dot: ``{"a.b": 1}`` becomes ``{"a": {"b": 1}}``.

    Two objects under one name are merged. Other values under one name become an array of both.
    """
    result = {key: item for key, item in value.items() if key not in joined}
    for key in value.keys() & joined:
        name, _, rest = key.partition(".")
        result[name] = _merge(result[name], {rest: value[key]}) if name in result else {rest: value[key]}
    return result


def _merge(left: Any, right: Any) -> Any:
    if not (isinstance(left, dict) and isinstance(right, dict)):
        return [left, right]
    both = {key: _merge(left[key], right[key]) for key in left.keys() & right.keys()}
    return left | right | both


def _explain(rules: list[_Rule], event: Json) -> list[str]:
    if not isinstance(event, dict):
        return [f"the event: wanted an object, was {_show(event)}"]
    verdicts: dict[tuple[str, int], bool] = {}

    def fails(path: str, field: _Field) -> bool:
        key = (path, id(field))
        if key not in verdicts:
            verdicts[key] = not _reader_of({path: field})(event)
        return verdicts[key]

    failing, rule = min(
        (([path for path, field in rule.items() if fails(path, field)], rule) for rule in rules),
        key=lambda candidate: len(candidate[0]),
    )
    closest = f" (the closest of {len(rules)} $or combinations)" if len(rules) > 1 else ""
    if not failing:
        return [f"{', '.join(rule)}: each matches, but not in the same element of an array{closest}"]
    return [f"{path}: wanted one of {_cut(rule[path].text)}, was {_was(event, path)}{closest}" for path in failing]


def _was(event: dict[str, Any], path: str) -> str:
    names = path.split(".")
    values = list(_values(event, names))
    return _cut(", ".join(map(_show, values))) if values else _why_missing(event, names)


def _values(value: Any, names: list[str]) -> Iterator[Any]:
    """All values at the path ``names``, with arrays opened; an empty array is a value itself."""
    for item in _elements(value):
        if not names:
            yield item
        elif isinstance(item, dict):
            for length in range(1, len(names) + 1):
                key = ".".join(names[:length])
                if key in item:
                    yield from _values(item[key], names[length:])


def _elements(value: Any) -> Iterator[Any]:
    """The elements of an array, and of the arrays in it, in order; any other value, and ``[]``, alone."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, list) and item:
            stack.extend(reversed(item))
        else:
            yield item


def _why_missing(event: dict[str, Any], names: list[str]) -> str:
    """``missing``, with the value where the path ends or the nearest name there."""
    level: list[Any] = [event]
    for depth, name in enumerate(names):
        objects = [item for item in level if isinstance(item, dict)]
        if not objects:
            return f"missing ({'.'.join(names[:depth])} is {_show(level[0])})"
        below = [element for item in objects if name in item for element in _elements(item[name])]
        if not below:
            near = _nearest(name, [key for item in objects for key in item])
            return f'missing (there is "{near}")' if near else "missing"
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
    return _cut(encode(value))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _compact(text: str) -> str:
    try:
        return encode(decode(text))
    except JsonTextError:
        return text
