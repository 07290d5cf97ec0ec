"""The fields of one rule of an event pattern, compiled to a function from event to bool.

A field is a dotted name; its values in an event are all scalars of that name, wherever they are. Each value *lies* in
the elements of the arrays above it: ``{"l": [{"a": 1}, {"a": 2}]}`` has two values of ``l.a``, one in element 0 of
that array, one in element 1. A scalar that is an element of an array itself does not lie in it. Two values agree
unless they lie in different elements of one array.

EventBridge's matcher takes the fields in the order of their names, and keeps the elements that it has chosen so far:

* a value satisfies its field if it passes the test and agrees with the elements chosen; its own are then chosen, too;
* ``{"exists": false}`` is satisfied if *no* value of that name agrees with the elements chosen so far. A field that
  comes before all others of its array is thus asked of the whole array, one that comes later only of the element in
  which the others are.

A rule matches if there is one choice that satisfies all fields. Source: event-ruler, read and run. Without objects in
arrays every value agrees with every other, so each field is asked alone, and without ``exists: false`` each element
is; that is what the readers do. ``_Search`` is the whole rule.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from emulator.eventbridge.scalars import Test

_MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Field:
    """The alternatives of one field: ``test`` for an existing value, ``absent`` if it may be missing."""

    test: Test
    absent: bool
    text: str


Rule: TypeAlias = dict[str, Field]
"""Dotted name -> field."""
Match: TypeAlias = Callable[[Any], bool]

_Reader: TypeAlias = Callable[[Any], bool | None]
"""A value -> whether the fields at and below it match; ``None`` where arrays have to be searched."""
_Elements: TypeAlias = tuple[tuple[int, int], ...]
"""Pairs of an array's number and an index in it, in which a value lies, the outermost first."""


def compile_rule(rule: Rule) -> Match:
    """Whether an event, an object, has every field of ``rule``."""
    read = _compile_reader(rule)
    search: _Search | None = None

    def matches(event: Any) -> bool:
        nonlocal search
        found = read(event)
        if found is not None:
            return found
        search = search or _Search(rule)
        return search.matches(event)

    return matches


def elements(value: Any) -> Iterator[Any]:
    """The elements of an array, and of the arrays in it, in order; any other value, and ``[]``, alone."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, list) and item:
            stack.extend(reversed(item))
        else:
            yield item


# -- the readers


class _Node:
    """A name in the tree of a rule's names: the field that ends at it, if any, and the names below."""

    def __init__(self) -> None:
        self.field: Field | None = None
        self.children: dict[str, _Node] = {}
        self.may_be_absent = False
        """Whether a field at or below this name may be missing."""

    def joined(self) -> Iterator[str]:
        """Every dotted name below, as it may be a single key of an event."""
        for name, child in self.children.items():
            for rest in (*child.children, *child.joined()):
                yield f"{name}.{rest}"


def _compile_reader(rule: Rule) -> _Reader:
    root = _Node()
    for path, wanted in rule.items():
        node = root
        for name in path.split("."):
            node = node.children.setdefault(name, _Node())
            node.may_be_absent |= wanted.absent
        node.field = wanted
    return _below(root)


def _at(node: _Node) -> _Reader:
    if node.field is None:
        return _below(node)
    here = _value_reader(node.field)
    if not node.children:
        return here
    below = _below(node)

    def read_both(value: Any) -> bool | None:
        return None if isinstance(value, list) else here(value) and below(value)

    return read_both


def _value_reader(wanted: Field) -> _Reader:
    test, absent = wanted.test, wanted.absent

    def read_value(value: Any) -> bool:
        if isinstance(value, list):
            scalars = [item for item in elements(value) if not isinstance(item, dict | list)]
            return any(map(test, scalars)) if scalars else absent
        return absent if value is _MISSING or isinstance(value, dict) else test(value)

    return read_value


def _below(node: _Node) -> _Reader:
    children = tuple((name, _at(child)) for name, child in node.children.items())
    joined = frozenset(node.joined())
    nothing = all(read(_MISSING) for _name, read in children)
    may_be_absent = node.may_be_absent

    def read_members(value: Any) -> bool | None:
        if isinstance(value, dict):
            if joined and not value.keys().isdisjoint(joined):
                return None
            found: bool | None = True
            for name, read in children:
                answer = read(value.get(name, _MISSING))
                if answer is False:
                    return False
                found = answer and found
            return found
        if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
            return None if may_be_absent else read_elements(value)
        return nothing

    def read_elements(array: list[Any]) -> bool | None:
        """Without ``exists: false`` below, one element that has all fields is a choice."""
        found: bool | None = False
        for element in elements(array):
            if answer := read_members(element):
                return True
            if answer is None:
                found = None
        return found

    return read_members


# -- all events


class _Groups:
    """What values lie in, by the outermost array and its index, so that those that agree are found at once."""

    def __init__(self, places: Iterator[_Elements]) -> None:
        self.groups: dict[int, dict[int, list[_Elements]]] = {}
        self.outside = False
        for place in set(places):
            if place:
                array, index = place[0]
                self.groups.setdefault(array, {}).setdefault(index, []).append(place)
            else:
                self.outside = True

    def agreeing(self, chosen: dict[int, int]) -> Iterator[_Elements]:
        """Those that agree with the elements ``chosen``."""
        if self.outside:
            yield ()
        for array, by_index in self.groups.items():
            inside = by_index.values() if array not in chosen else (by_index.get(chosen[array], ()),)
            for places in inside:
                for place in places:
                    if all(chosen.get(other, index) == index for other, index in place[1:]):
                        yield place


class _Search:
    """The search for a choice of elements that satisfies all fields.

    Choices are kept as sets: the elements of an array are forgotten once no later field has values in it, so the
    work grows with the number of values, not of combinations.
    """

    def __init__(self, rule: Rule) -> None:
        self.fields = sorted(rule.items(), key=lambda item: item[0].encode("utf-16-be", "surrogatepass"))
        self.above = {name[:at] for name in rule for at, letter in enumerate(name) if letter == "."}

    def matches(self, event: dict[str, Any]) -> bool:
        """Whether there is such a choice in ``event``."""
        values = self.values(event)
        last: dict[int, int] = {}
        for number, (name, _wanted) in enumerate(self.fields):
            for _value, place in values[name]:
                for array, _index in place:
                    last[array] = number
        choices: set[_Elements] = {()}
        for number, (name, wanted) in enumerate(self.fields):
            passing = _Groups(place for value, place in values[name] if wanted.test(value))
            existing = _Groups(place for _value, place in values[name]) if wanted.absent else None
            after: set[_Elements] = set()
            for choice in choices:
                chosen = dict(choice)
                for place in passing.agreeing(chosen):
                    after.add(_kept({**chosen, **dict(place)}, last, number))
                if existing is not None and next(existing.agreeing(chosen), None) is None:
                    after.add(_kept(chosen, last, number))
            if not after:
                return False
            choices = after
        return True

    def values(self, event: dict[str, Any]) -> dict[str, list[tuple[Any, _Elements]]]:
        """The values of each field, with the elements in which they lie."""
        found: dict[str, list[tuple[Any, _Elements]]] = {name: [] for name, _wanted in self.fields}
        above, arrays = self.above, 0
        rest: list[tuple[Any, str, _Elements]] = [
            (item, key, ()) for key, item in event.items() if key in found or key in above
        ]
        while rest:
            value, name, place = rest.pop()
            if isinstance(value, dict):
                for key, item in value.items():
                    below = f"{name}.{key}"
                    if below in found or below in above:
                        rest.append((item, below, place))
            elif isinstance(value, list):
                for index, item in enumerate(value):
                    inside = (*place, (arrays, index)) if isinstance(item, dict | list) else place
                    rest.append((item, name, inside))
                arrays += 1
            elif name in found:
                found[name].append((value, place))
        return found


def _kept(chosen: dict[int, int], last: dict[int, int], number: int) -> _Elements:
    """The elements chosen in arrays that fields after ``number`` have values in."""
    return tuple(sorted(pair for pair in chosen.items() if last[pair[0]] > number))
