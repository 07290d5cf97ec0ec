"""A hint for an execution that failed with an error which a Retry or Catch of the failing state nearly names."""

import json
from collections.abc import Iterator
from typing import Any, Final

from asl.problems import nearest

_RULES: Final = ("Catch", "Retry")


def near_miss(definition: str, state_names: list[str], error: str | None) -> str | None:
    """``Catch of Charge names "States.TimeOut", not "States.Timeout"``; ``None`` where nothing is near.

    ``state_names``: the states in which the error was not handled, the innermost first. Names of ``ErrorEquals`` are
    compared exactly, capital letters included (Amazon States Language, "Errors"); an exception of a Python handler has
    its class's bare name, without the module.
    """
    if not error:
        return None
    states = dict(_states(json.loads(definition)))
    for name in state_names:
        for kind, names in _named(states.get(name, {})):
            if error in names or "States.ALL" in names:
                continue
            if (near := _nearest(error, names)) is not None:
                return f'{kind} of {name} names "{near}", not "{error}"'
    return None


def _nearest(error: str, names: list[str]) -> str | None:
    alike = [name for name in names if name.lower() == error.lower() or _bare(name).lower() == _bare(error).lower()]
    if alike:
        return alike[0]
    bare = {_bare(name): name for name in names}
    near = nearest(_bare(error), bare)
    return bare[near[0]] if near else None


def _bare(name: str) -> str:
    return name.rpartition(".")[2].removesuffix("Exception").removesuffix("Error")


def _named(state: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for field in _RULES:
        yield field, [name for rule in state.get(field, ()) for name in rule.get("ErrorEquals", ())]


def _states(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state of a definition, those in Parallel and Map included."""
    if isinstance(value, dict):
        for name, state in value.get("States", {}).items() if isinstance(value.get("States"), dict) else ():
            yield name, state
            yield from _states(state)
        for key in ("Branches", "Iterator", "ItemProcessor"):
            yield from _states(value.get(key))
    elif isinstance(value, list):
        for each in value:
            yield from _states(each)
