"""Faults in a file: a JSON array of objects, each a method of ``emulator.faults`` with its arguments.

``{"fail": "dynamodb:PutItem", "error": "ThrottlingException", "times": 2}`` is
``faults.fail("dynamodb:PutItem", error="ThrottlingException", times=2)``; so are ``delay``, ``time_out``,
``disconnect`` and ``fail_entries``.
"""

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from asl.problems import did_you_mean
from emulator.errors import EmulatorError
from emulator.faults.fault import Fault

EXAMPLE: Final = '[{"fail": "dynamodb:PutItem", "error": "ThrottlingException", "times": 2}]'
METHODS: Final = ("fail", "delay", "time_out", "disconnect", "fail_entries")


def read(file: Path, shown: str, method: Callable[[str], Callable[..., Fault]]) -> list[Fault]:
    """Plan what ``file`` says; ``shown`` names it in messages, ``method(name)`` gives a method of ``Faults``.

    Raises ``EmulatorError`` with the place: for a file that cannot be read or is not such JSON, and what the methods
    raise.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise EmulatorError(f"{shown} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise EmulatorError(f"{shown} is not text in UTF-8") from None
    except ValueError as error:
        raise EmulatorError(f"{shown} is not JSON: {error}") from None
    if not isinstance(content, list):
        raise EmulatorError(
            f'{shown} is not a list of faults\n    fix: [{{"fail": "dynamodb:PutItem", "error": "..."}}]'
        )
    planned: list[Fault] = []
    wrong: list[str] = []
    for number, entry in enumerate(content, 1):
        try:
            planned.append(_plan(entry, f"{shown}: number {number}", method))
        except EmulatorError as error:
            wrong.append(str(error))
    if wrong:
        for fault in planned:
            fault.withdraw()
        raise EmulatorError("\n".join(wrong))
    return planned


def _plan(entry: Any, place: str, method: Callable[[str], Callable[..., Fault]]) -> Fault:
    if not isinstance(entry, dict):
        raise EmulatorError(f"{place} is not an object, but {json.dumps(entry)}")
    found = [name for name in METHODS if name in entry]
    if len(found) != 1:
        near = [hint for name in entry if (hint := did_you_mean(name, METHODS))]
        hint = near[0] if near else f"one of: {', '.join(METHODS)}"
        what = f"has {' and '.join(found)}" if found else "has no kind of fault"
        raise EmulatorError(f"{place} {what}\n    {hint}")
    call = method(found[0])
    parameters = {name: each for name, each in inspect.signature(call).parameters.items() if name != "call"}
    arguments = {name: value for name, value in entry.items() if name != found[0]}
    for name in arguments:
        if name not in parameters:
            hint = did_you_mean(name, parameters) or f"it has {', '.join(parameters)}"
            raise EmulatorError(f"{place}: {found[0]} has no {name!r}\n    {hint}")
    missing = [name for name, each in parameters.items() if each.default is each.empty and name not in arguments]
    if missing:
        raise EmulatorError(f"{place}: {found[0]} needs {' and '.join(missing)}")
    try:
        return call(entry[found[0]], **arguments).at(place)
    except EmulatorError as error:
        raise EmulatorError(f"{place}: {error}") from None
