"""Checks of the arguments of ``emulator.faults``; each raises ``EmulatorError`` with what was given."""

from collections.abc import Sequence
from typing import Any

from asl.problems import nearest
from emulator.errors import EmulatorError
from emulator.faults import calls
from emulator.faults.calls import Operations, read_operations
from emulator.faults.function_errors import TEXTS, FunctionFault
from emulator.wrong_types import given


def operations_of(call: object) -> Operations:
    """The operations that ``call`` names."""
    if not isinstance(call, str):
        raise EmulatorError(f"{given('call', call)} is not text\n    fix: {calls.EXAMPLE}")
    return read_operations(call)


def function_fault(operations: Operations, error: str, message: str | None) -> FunctionFault:
    """The error of a function; one whose text is not known here needs a message."""
    if operations.names != ("Invoke",):
        raise EmulatorError(f'{operations.text}: {error} is the error of a function: write "lambda:Invoke"')
    if error not in TEXTS and message is None:
        near = nearest(error, TEXTS)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise EmulatorError(
            f"{error!r} is an error of functions whose text is not known here\n    {hint}fix: give its message="
        )
    return FunctionFault(error, message)


def check_status(status: object) -> None:
    """An HTTP status of an error, or ``None``."""
    if status is not None and not (isinstance(status, int) and 300 <= status < 600):
        raise EmulatorError(f"{given('status', status)} is not the HTTP status of an error, such as 503")


def check_seconds(seconds: object) -> None:
    """A length above 0."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < 10**9:
        raise EmulatorError(f"{given('seconds', seconds)} is not a number of seconds above 0")


def check_count(name: str, value: object) -> None:
    """A number of calls, or ``None``."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise EmulatorError(f"{given(name, value)} is not a number of calls, 1 or more")


def check_probability(value: object) -> None:
    """A probability, or ``None``."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1):
        raise EmulatorError(f"{given('probability', value)} is not a number above 0, at most 1")


def check_entries(entries: Sequence[int]) -> None:
    """Positions in a batch."""
    numbers: Any = entries
    if isinstance(numbers, str) or not all(isinstance(each, int) and each >= 0 for each in numbers) or not numbers:
        raise EmulatorError(f"{given('entries', entries)} is not a list of positions, such as entries=[0, 2]")
