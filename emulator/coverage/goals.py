"""What can be taken in a definition: its goals, read once from its JSON value.

A goal has the JSON pointer of the member that it is about, and the outcome that a test has to bring:

| kind | pointer | outcomes |
| --- | --- | --- |
| ``state`` | the state | ``entered`` |
| ``transition`` | its ``Next``, ``Default`` or ``End`` | ``taken`` |
| ``rule`` | an entry of ``Choices`` | ``true``, ``false`` |
| ``catch`` | an entry of ``Catch`` | ``caught`` |
| ``retry`` | an entry of ``Retry`` | ``used`` (unless MaxAttempts is 0), ``used up`` |
| ``map`` | a Map | ``items``, ``no items`` |

A rule is an entry of Choices as a whole: And, Or and Not are parts of it. It is false when a later rule, or Default, or
no rule at all was chosen. A Condition in JSONata is a rule. A state that ends a branch without ``End`` (Succeed, Fail)
has no transition.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from asl.problems import join
from asl.walk import walk

Kind: TypeAlias = Literal["state", "transition", "rule", "catch", "retry", "map"]
KINDS: Final[tuple[Kind, ...]] = ("state", "transition", "rule", "catch", "retry", "map")


class Key(NamedTuple):
    """What names a goal in a definition."""

    pointer: str
    outcome: str


class Goal(NamedTuple):
    """One thing that a test can take."""

    key: Key
    kind: Kind
    state: str
    """The name of the state."""
    text: str
    """What is missing as long as it is not taken: ``Charge never went to Alarm``."""
    to: str | None = None
    """Where a transition goes; ``None`` for the end of a branch, and for other goals."""


@dataclass(frozen=True, slots=True)
class Goals:
    """The goals of one definition."""

    all: tuple[Goal, ...]
    """In the order of the definition."""
    pointers: Mapping[str, str]
    """Name of a state -> its pointer; names are unique in a whole machine."""
    rules: Mapping[str, int]
    """Pointer of a Choice -> how many rules it has."""
    keys: frozenset[Key]
    """Those of all goals."""


def read_goals(definition: Mapping[str, Any]) -> Goals:
    """The goals of a definition that has been checked."""
    states = list(walk(definition))
    goals = tuple(goal for pointer, name, state in states for goal in _of_state(pointer, name, state))
    return Goals(
        goals,
        {name: pointer for pointer, name, _ in states},
        {pointer: len(state["Choices"]) for pointer, _, state in states if state["Type"] == "Choice"},
        frozenset(each.key for each in goals),
    )


def _of_state(pointer: str, name: str, state: Mapping[str, Any]) -> Iterator[Goal]:
    yield Goal(Key(pointer, "entered"), "state", name, f"{name} was never entered")
    if state["Type"] == "Choice":
        yield from _of_choice(pointer, name, state)
    elif "Next" in state:
        yield _transition(pointer, "Next", name, state["Next"])
    elif state.get("End") is True:
        yield Goal(Key(join(pointer, "End"), "taken"), "transition", name, f"{name} never ended its branch")
    for index, catcher in enumerate(state.get("Catch", ())):
        at = join(pointer, "Catch", index)
        yield Goal(Key(at, "caught"), "catch", name, f"{name}: Catch {_errors(catcher)} never caught")
        yield _transition(at, "Next", name, catcher["Next"])
    for index, retrier in enumerate(state.get("Retry", ())):
        at, errors = join(pointer, "Retry", index), _errors(retrier)
        if retrier.get("MaxAttempts", 3):
            yield Goal(Key(at, "used"), "retry", name, f"{name}: Retry {errors} was never used")
        yield Goal(Key(at, "used up"), "retry", name, f"{name}: Retry {errors} was never used up")
    if state["Type"] == "Map":
        yield Goal(Key(pointer, "items"), "map", name, f"{name} never had an item")
        yield Goal(Key(pointer, "no items"), "map", name, f"{name} always had items")


def _of_choice(pointer: str, name: str, state: Mapping[str, Any]) -> Iterator[Goal]:
    for index, rule in enumerate(state["Choices"]):
        at = join(pointer, "Choices", index)
        yield Goal(Key(at, "true"), "rule", name, f"{name}: rule {index + 1} was never true")
        yield Goal(Key(at, "false"), "rule", name, f"{name}: rule {index + 1} was never false")
        yield _transition(at, "Next", name, rule["Next"])
    if "Default" in state:
        yield _transition(pointer, "Default", name, state["Default"])


def _transition(pointer: str, field: str, name: str, to: str) -> Goal:
    return Goal(Key(join(pointer, field), "taken"), "transition", name, f"{name} never went to {to}", to)


def _errors(entry: Mapping[str, Any]) -> str:
    return ", ".join(entry["ErrorEquals"])
