"""Which tasks of a machine nobody can answer, as far as its definition tells before it runs."""

import json
from collections.abc import Iterator
from typing import Any

from asl.resources import parse_resource
from emulator.errors import EmulatorError, NotEmulatedError
from emulator.execution import StateMachine
from emulator.functions import Functions


def unanswerable(machine: StateMachine, functions: Functions) -> Iterator[EmulatorError]:
    """An error for each task whose function is not registered, or whose service is not emulated."""
    for name, state in _tasks(json.loads(machine.definition)):
        resource = parse_resource(state["Resource"])
        assert resource is not None
        where = f"state {name!r} of {machine.source}"
        if resource.kind == "activity":
            continue
        if resource.kind == "lambda":
            if functions.get(resource.text) is None:
                yield functions.missing(resource.text, where)
        elif resource.service == "states":
            continue
        elif resource.service == "lambda":
            reference = state.get("Parameters", {}).get("FunctionName")
            if isinstance(reference, str) and functions.get(reference) is None:
                yield functions.missing(reference, where)
        else:
            from emulator.targets import aws

            if (why := aws.supports(resource)) is not None:
                yield NotEmulatedError(f"{why} ({where})")


def _tasks(block: Any) -> Iterator[tuple[str, Any]]:
    for name, state in block["States"].items():
        if state["Type"] == "Task":
            yield name, state
        for inner in state.get("Branches", []):
            yield from _tasks(inner)
        for field in ("ItemProcessor", "Iterator"):
            if field in state:
                yield from _tasks(state[field])
