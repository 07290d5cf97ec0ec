"""The part of a resource that an error of its service is about, so that a message has the place of that part.

A service names a member of its request (``Value '50000' at 'batchSize'``) or repeats a value (``Invalid Schedule
Expression cron(0 3 * * *)``). The part of the template with that name or value is the wrong one.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError, ParamValidationError

from asl.problems import join
from emulator.errors import BackendError, EmulatorError
from emulator.eventbridge.schedules import schedule_hint
from emulator.templates.document import Document
from emulator.templates.errors import TemplateError

SHORTEST: Final = 4
"""Letters of a value that is looked for in a message; a shorter one is in many messages by chance."""


MISSING: Final = re.compile("does not exist|not found|NotFound|NonExistent|NoSuch")
"""What services say of another resource that is not there."""


class _Part(NamedTuple):
    pointer: str
    name: str
    value: Any


def refusal(
    document: Document,
    error: Exception,
    *,
    shown: str,
    properties: Mapping[str, Any],
    pointer: str,
    hint: str | None = None,
) -> TemplateError:
    """The error of a resource, ``shown`` as its id and type, that its service or the template's reader refuses.

    ``hint`` says what to do, where that is known before.
    """
    if isinstance(error, ClientError):
        text = str(error.response["Error"].get("Message", error))
        at = part_of(document, text, properties, pointer)
        if "chedule" in text:
            hint = hint or schedule_hint(str(properties.get("ScheduleExpression")))
        if hint is None and (MISSING.search(text) or MISSING.search(error.response["Error"].get("Code", ""))):
            id_ = shown.partition(" ")[0]
            hint = f"leave_out=[{id_!r}]; on the command line --leave-out {id_}"
            hint = f"if another stack has it, make it before with boto3, or leave {id_} out: {hint}"
        return document.error(f"{shown}: {text}", at, hint)
    if isinstance(error, ParamValidationError):
        text = str(error).replace("Parameter validation failed:\n", "")
        return document.error(f"{shown}: {text}", part_of(document, text, properties, pointer), hint)
    if isinstance(error, EmulatorError):
        text, _, fix = str(error).partition("\n    fix: ")
        place = part_of(document, text, properties, pointer)
        return document.error(f"{shown}: {text}", place, fix or hint)
    if hint is not None:
        return document.error(f"{shown}: {error}", pointer, hint)
    text = f"{shown}: its properties are not of the form that the type has"
    return document.error(text, pointer, f"{type(error).__name__}: {error}")


def is_of_values(error: EmulatorError) -> bool:
    """Whether an error without a place is about the values of a resource: not that a backend is down, or lacks it."""
    return type(error) is EmulatorError or (isinstance(error, BackendError) and "moto failed" in str(error))


def part_of(document: Document, text: str, properties: Mapping[str, Any], pointer: str) -> str:
    """The pointer of the part of ``properties`` that ``text`` is about; ``pointer``, theirs, if it names none."""
    written = document.written(pointer)
    parts = [*_parts(written, pointer), *_parts(properties, pointer)]
    repeated = [each for each in parts if isinstance(each.value, str) and _has(text, each.value)]
    if repeated:
        return max(repeated, key=lambda each: len(each.value)).pointer
    named = [each for each in parts if re.search(rf"\b{re.escape(each.name)}\b", text, re.IGNORECASE)]
    return max(named, key=lambda each: each.pointer.count("/")).pointer if named else pointer


def _has(text: str, value: str) -> bool:
    return (len(value) >= SHORTEST and value in text) or f'"{value}"' in text or f"'{value}'" in text


def _parts(value: Any, pointer: str) -> Iterator[_Part]:
    """All members of objects in ``value``, and the items of lists."""
    members = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for name, each in members:
        below = join(pointer, name)
        if isinstance(name, str):
            yield _Part(below, name, each)
        elif isinstance(each, str):
            yield _Part(below, pointer.rpartition("/")[2], each)
        yield from _parts(each, below)
