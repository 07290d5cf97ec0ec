"""Variables across the scopes of a definition: each block of states is a scope, and reads those around it.

Refused: assigning a variable that a surrounding block assigns, and a path to a variable that no state in scope
assigns. A JSONata expression that reads such a variable fails only when it runs. Source: developer guide, "Passing
data between states with variables".
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from asl.problems import DUPLICATE_VARIABLE, SCHEMA, Problem, did_you_mean, join
from asl.references import assigns, reads
from asl.walk import blocks_of, is_distributed, language_of, states_of

Places: TypeAlias = Mapping[str, str]
"""Variable -> the place of its first assignment."""


def check_variables(raw: Mapping[str, Any]) -> Iterator[Problem]:
    """The problems of the variables of the machine ``raw``."""
    yield from _check_block(raw, "", language_of(raw, "JSONPath"), {}, {})


def _check_block(
    block: Mapping[str, Any], pointer: str, machine_language: str, readable: Places, taken: Places
) -> Iterator[Problem]:
    """``readable`` are the variables of the surrounding blocks, ``taken`` those that this block may not assign.

    Variables that a Parallel or Map itself assigns may also be assigned inside it, which has ended by then
    (``test_parallel_catch_error``).
    """
    states = [
        (join(pointer, "States", name), state, language_of(state, machine_language)) for name, state in states_of(block)
    ]
    own: dict[str, dict[str, str]] = {at: {} for at, _, _ in states}
    for at, state, language in states:
        for place, name in assigns(state, language):
            own[at].setdefault(name, at + place)
            if name in taken:
                message = f"The variable name '{name}' was already defined in a parent scope."
                hint = f"It is assigned at {taken[name]}; choose another name."
                yield Problem(DUPLICATE_VARIABLE, at + place, message, hint)
    visible = {**readable, **_merged(own.values())}
    for at, state, language in states:
        if language == "JSONPath":
            yield from _check_reads(state, at, visible)
        for place, inner in blocks_of(state):
            if is_distributed(inner):
                yield from _check_block(inner, at + place, machine_language, {}, {})
            else:
                others = {**taken, **_merged(names for other, names in own.items() if other != at)}
                yield from _check_block(inner, at + place, machine_language, visible, others)


def _merged(places: Iterable[Places]) -> dict[str, str]:
    return {name: place for names in places for name, place in names.items()}


def _check_reads(state: Mapping[str, Any], at: str, visible: Mapping[str, str]) -> Iterator[Problem]:
    for place, name in reads(state, "JSONPath"):
        if name not in visible:
            message = f"The variable '${name}' is not assigned by any state in scope"
            hint = did_you_mean(name, visible) or 'Assign it in an earlier state: "Assign": {...}.'
            yield Problem(SCHEMA, at + place, message, hint)
