"""Of which kind the parts of a service are: an object, a list, a text."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from asl.problems import join
from emulator.templates.errors import TemplateError
from emulator.templates.serverless.variables import Placed

OBJECT: Final = ((dict,), "an object")
LIST: Final = ((list,), "a list")
EITHER: Final = ((dict, str), "an object or a text")
KINDS: Final[Mapping[str, tuple[tuple[type, ...], str]]] = {
    "custom": OBJECT,
    "functions": OBJECT,
    "functions.*": OBJECT,
    "functions.*.environment": OBJECT,
    "functions.*.events": LIST,
    "functions.*.events.*": EITHER,
    "functions.*.layers": LIST,
    "layers": OBJECT,
    "layers.*": OBJECT,
    "provider": OBJECT,
    "provider.environment": OBJECT,
    "resources": OBJECT,
    "resources.Conditions": OBJECT,
    "resources.Outputs": OBJECT,
    "resources.Parameters": OBJECT,
    "resources.Resources": OBJECT,
    "resources.Resources.*": OBJECT,
    "service": EITHER,
    "stepFunctions": OBJECT,
    "stepFunctions.activities": LIST,
    "stepFunctions.stateMachines": OBJECT,
    "stepFunctions.stateMachines.*": OBJECT,
    "stepFunctions.stateMachines.*.events": LIST,
    "stepFunctions.stateMachines.*.events.*": OBJECT,
    "stepFunctions.stateMachines.*.notifications": OBJECT,
}
"""Part of a service, ``*`` for any member -> its kind; a part may also be empty."""


def check_kinds(service: Placed) -> None:
    """Raise ``TemplateError`` for the first part that is of another kind."""
    for part, (types, kind) in KINDS.items():
        for value, pointer in _parts(service.value, part.split("."), ""):
            if value is not None and not isinstance(value, types):
                name = pointer.lstrip("/").replace("/", ".")
                raise TemplateError(f"{name} is {kind}, not {value!r}", _place(service, pointer))


def _parts(value: Any, names: list[str], pointer: str) -> Iterator[tuple[Any, str]]:
    if not names:
        yield value, pointer
    elif names[0] == "*":
        members = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
        for name, each in members:
            yield from _parts(each, names[1:], join(pointer, name))
    elif isinstance(value, Mapping) and names[0] in value:
        yield from _parts(value[names[0]], names[1:], join(pointer, names[0]))


def _place(service: Placed, pointer: str) -> str:
    while pointer and pointer not in service.marks:
        pointer = pointer.rpartition("/")[0]
    source, line, column = service.marks[pointer]
    return f"{source}:{line}:{column}"
