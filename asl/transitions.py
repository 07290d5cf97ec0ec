"""The transitions of a block: targets that are missing, blocks that never end, states that are not reachable.

Texts, places and which problem suppresses another: measured on AWS (ValidateStateMachineDefinition), and read from
published runs: this check is separate from that of the schema, and fields that AWS does not read lead nowhere and end
nothing: those of a state without a valid Type and, by analogy, those that a state's Type does not have.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from asl.fields import ALL_TYPES, BY_TYPE
from asl.problems import MISSING_END, MISSING_TARGET, Problem, did_you_mean, join

TERMINAL: Final = ("Succeed", "Fail")


def check_targets(raw: Mapping[str, Any], states: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
    """A problem for each target that does not exist in the block."""
    targets = [(join(pointer, "StartAt"), raw["StartAt"])] if isinstance(raw.get("StartAt"), str) else []
    targets += [each for name, state in states.items() for each in _targets(state, join(pointer, "States", name))]
    for at, target in targets:
        if target not in states:
            yield Problem(MISSING_TARGET, at, f"Missing 'Next' target: {target}", did_you_mean(target, states))


def check_graph(raw: Mapping[str, Any], states: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
    """A problem if the block never ends, which AWS reports without a place, or else for each unreachable state."""
    if not any(_ends(state) for state in states.values()):
        hint = 'Give one state "End": true, or add a Succeed or Fail state.'
        if not all(_is_typed(state) for state in states.values()):
            hint = "A state without a valid Type does not count here: correct its Type first."
        yield Problem(MISSING_END, pointer, "Workflow has no terminal state", hint, aws_location="")
        return
    start = raw.get("StartAt")
    if not isinstance(start, str):
        return
    reached = {start} & states.keys()
    missing = None if start in states else "StartAt"
    frontier = list(reached)
    while frontier:
        name = frontier.pop()
        for at, target in _targets(states[name], name):
            if target not in states:
                missing = at
            elif target not in reached:
                reached.add(target)
                frontier.append(target)
    why = None
    if missing is not None:
        only = "Only" if missing == "StartAt" else "Perhaps only"
        why = f'{only} because "{missing}" names no state: correct that first.'
    for name in states:
        if name not in reached:
            yield Problem(MISSING_TARGET, join(pointer, "States", name), f'State "{name}" is not reachable.', why)


def _is_typed(state: Any) -> bool:
    return isinstance(state, dict) and state.get("Type") in ALL_TYPES


def _ends(state: Any) -> bool:
    """Whether the state may end its block."""
    if not _is_typed(state):
        return False
    return state["Type"] in TERMINAL or ("End" in BY_TYPE[state["Type"]] and state.get("End") is True)


def _targets(state: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """(pointer, name) of every state that ``state`` may go to."""
    if not _is_typed(state):
        return
    known = BY_TYPE[state["Type"]]
    for key in ("Next", "Default"):
        if key in known and isinstance(state.get(key), str):
            yield join(pointer, key), state[key]
    for key in ("Choices", "Catch"):
        entries = state.get(key) if key in known else None
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict) and isinstance(entry.get("Next"), str):
                yield join(pointer, key, index, "Next"), entry["Next"]
