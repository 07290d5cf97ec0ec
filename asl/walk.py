"""A walk over the raw value of a definition: its states, and the blocks of states inside them.

The definition may have mistakes: a value that is not a block or a state is skipped. The walk over a compiled program is
``asl.states.common.Block.walk``.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from asl.problems import join

Raw: TypeAlias = Mapping[str, Any]

PROCESSORS: Final = ("ItemProcessor", "Iterator")
"""The fields of a Map that hold its block: the current name, and the older one."""


def walk(block: Raw, pointer: str = "") -> Iterator[tuple[str, str, Raw]]:
    """(pointer, name, state) of every state in ``block``, which is at ``pointer``, and in the blocks inside it.

    In document order; the states inside a state follow it.
    """
    for name, state in states_of(block):
        at = join(pointer, "States", name)
        yield at, name, state
        for place, inner in blocks_of(state):
            yield from walk(inner, at + place)


def states_of(block: Raw) -> list[tuple[str, Raw]]:
    """(name, state) of every state of ``block`` itself."""
    states = block.get("States")
    items = states.items() if isinstance(states, dict) else ()
    return [(name, state) for name, state in items if isinstance(state, dict)]


def blocks_of(state: Raw) -> Iterator[tuple[str, Raw]]:
    """(pointer in the state, block) of every branch and item processor of ``state``."""
    branches = state.get("Branches")
    for index, branch in enumerate(branches if isinstance(branches, list) else ()):
        if isinstance(branch, dict):
            yield f"/Branches/{index}", branch
    for field in PROCESSORS:
        if isinstance(state.get(field), dict):
            yield f"/{field}", state[field]


def processor_of(state: Raw) -> Raw:
    """The item processor of the Map ``state``, whose fields have been checked."""
    processor: Raw = next(state[field] for field in PROCESSORS if field in state)
    return processor


def is_distributed(block: Any) -> bool:
    """Whether the item processor ``block`` runs as child executions."""
    return processor_config(block).get("Mode") == "DISTRIBUTED"


def processor_config(block: Any) -> Raw:
    """The ProcessorConfig of an item processor; empty if it has none."""
    config = block.get("ProcessorConfig") if isinstance(block, dict) else None
    return config if isinstance(config, dict) else {}


def language_of(raw: Raw, inherited: str) -> str:
    """The query language of a machine or state; any word but JSONPath counts as JSONata (measured).

    A state without one has the machine's, at any nesting.
    """
    return inherited if "QueryLanguage" not in raw else "JSONPath" if raw["QueryLanguage"] == "JSONPath" else "JSONata"
