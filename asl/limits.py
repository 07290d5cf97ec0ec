"""AWS's limits on a running execution: its length, the size and depth of payloads, and its variables.

Limits: quotas of the developer guide, and "Passing data between states with variables". The texts about variables and
depth are ours; the one about payloads is recorded.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, NoReturn

from asl.errors import DATA_LIMIT_EXCEEDED, StateError, runtime_error, too_large
from asl.values import MAX_DEPTH, PAYLOAD_LIMIT, TOO_DEEP, Json, Payload, encode, exceeds_depth, exceeds_limit, size

LONGEST_EXECUTION: Final[Mapping[str, timedelta]] = {"STANDARD": timedelta(days=365), "EXPRESS": timedelta(minutes=5)}
"""Type of a state machine -> the time after which its executions end TIMED_OUT."""

STORED_LIMIT: Final = 10 * 1024 * 1024
"""The most bytes of all variables of an execution together."""


def check_built(payload: Payload, name: str) -> None:
    """Raises ``StateError`` if the state ``name`` built a payload over the limit."""
    text = payload.text
    if len(text) <= MAX_DEPTH:  # a level takes a character
        return
    if exceeds_limit(text):
        raise StateError(DATA_LIMIT_EXCEEDED, too_large(name))
    if exceeds_depth(payload.value, text):
        raise runtime_error(TOO_DEEP)


def assigned_texts(assigned: Mapping[str, Json], sizes: Mapping[str, int], stored: int) -> dict[str, str]:
    """Variable -> its JSON text, as in ``assignedVariables``; raises ``StateError`` if a limit is exceeded.

    ``sizes`` are the bytes of the scope's variables, ``stored`` those of all variables of the execution.
    """
    texts = {name: encode(value) for name, value in assigned.items()}
    if any(exceeds_depth(assigned[name], text) for name, text in texts.items()):
        raise runtime_error(TOO_DEEP)
    for name, text in texts.items():
        if exceeds_limit(text):
            _refuse(f"The variable '{name}' has {size(text)} bytes", PAYLOAD_LIMIT)
    if (together := sum(map(size, texts.values()))) > PAYLOAD_LIMIT:
        _refuse(f"The variables of one Assign have {together} bytes", PAYLOAD_LIMIT)
    if (after := stored + growth(texts, sizes)) > STORED_LIMIT:
        _refuse(f"The execution's variables would have {after} bytes", STORED_LIMIT)
    return texts


def growth(texts: Mapping[str, str], sizes: Mapping[str, int]) -> int:
    """The number of bytes by which the variables of a scope grow when ``texts`` are assigned."""
    return sum(size(text) - sizes.get(name, 0) for name, text in texts.items())


def _refuse(what: str, limit: int) -> NoReturn:
    raise StateError(DATA_LIMIT_EXCEEDED, f"{what}; the limit is {limit}.", prefixed=True)
