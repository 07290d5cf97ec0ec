"""What AWS bounds while an execution runs: its length, the size and depth of payloads, and its variables.

Bounds: quotas of the developer guide, and "Passing data between states with variables". The texts about variables and
depth are ours; that about a payload is recorded.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, NoReturn

from asl.errors import DATA_LIMIT_EXCEEDED, StateError, runtime_error, too_large
from asl.values import PAYLOAD_LIMIT, TOO_DEEP, Json, Payload, encode, exceeds_depth, exceeds_limit, size

LONGEST_EXECUTION: Final[Mapping[str, timedelta]] = {"STANDARD": timedelta(days=365), "EXPRESS": timedelta(minutes=5)}
"""Type of a state machine -> an execution of it that runs longer ends TIMED_OUT."""

STORED_LIMIT: Final = 10 * 1024 * 1024
"""Bytes that all variables of an execution may have together."""


def check_built(payload: Payload, name: str) -> None:
    """Raises ``StateError`` when the state ``name`` built more than a state may hand on."""
    if exceeds_limit(payload.text):
        raise StateError(DATA_LIMIT_EXCEEDED, too_large(name))
    if exceeds_depth(payload.value, payload.text):
        raise runtime_error(TOO_DEEP)


def assigned_texts(assigned: Mapping[str, Json], sizes: Mapping[str, int], stored: int) -> dict[str, str]:
    """Variable -> its JSON text, as ``assignedVariables`` has it; raises ``StateError`` for what is too much.

    ``sizes`` are the bytes of the variables that the scope has, ``stored`` those of all variables of the execution.
    """
    texts = {name: encode(value) for name, value in assigned.items()}
    if any(exceeds_depth(assigned[name], text) for name, text in texts.items()):
        raise runtime_error(TOO_DEEP)
    for name, text in texts.items():
        if exceeds_limit(text):
            _refuse(f"The variable '{name}' has {size(text)} bytes, a variable", PAYLOAD_LIMIT)
    if (together := sum(map(size, texts.values()))) > PAYLOAD_LIMIT:
        _refuse(f"The variables of one Assign have {together} bytes, those of an Assign", PAYLOAD_LIMIT)
    if (after := stored + growth(texts, sizes)) > STORED_LIMIT:
        _refuse(f"The execution's variables would have {after} bytes, those of an execution", STORED_LIMIT)
    return texts


def growth(texts: Mapping[str, str], sizes: Mapping[str, int]) -> int:
    """By how many bytes the variables of a scope grow when these are assigned."""
    return sum(size(text) - sizes.get(name, 0) for name, text in texts.items())


def _refuse(what: str, limit: int) -> NoReturn:
    raise StateError(DATA_LIMIT_EXCEEDED, f"{what} may have {limit} at most.", prefixed=True)
