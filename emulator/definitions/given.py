"""Arguments of callers: a definition as a file, text or value, and an execution's input as a value."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from asl.program import Program, compile  # noqa: A004 - the word of the field
from asl.values import JsonTextError, decode, exceeds_limit, size
from emulator.errors import EmulatorError, InputError

Definition: TypeAlias = str | os.PathLike[str] | Mapping[str, Any]
"""A definition: a file's path, its JSON text, or its value."""


class Given(NamedTuple):
    """A definition that was read: its program, its source in messages, and a name for its state machine."""

    program: Program
    source: str = "definition"
    name: str = "StateMachine"


def read_definition(definition: Definition, root: Path, substitutions: Mapping[str, Any]) -> Given:
    """The definition's program; relative paths start at ``root``.

    Raises ``DefinitionError`` with every problem, ``EmulatorError`` for a missing file, ``InputError`` for a value that
    is not JSON.
    """
    from emulator.definitions.files import parse_definition, read_definition_file

    if isinstance(definition, Mapping):
        if not substitutions:
            return Given(compile(_text(definition)))
        definition = _text(definition)
    text = os.fspath(definition)
    if isinstance(definition, str) and text.lstrip().startswith("{"):
        return Given(parse_definition(text, "definition", substitutions).compile())
    path = root / text
    if not path.exists():
        raise EmulatorError(f"there is no definition {text} (looked for {path.resolve()})")
    return Given(read_definition_file(path, text, substitutions).compile(), text, path.name.partition(".")[0])


def input_text(value: Any) -> str:
    """An execution's input as JSON text; raises ``InputError`` for a value that JSON or AWS does not allow."""
    if value is None:
        return "{}"
    text = _text(value)
    if exceeds_limit(text):
        raise InputError(f"the input has {size(text):,} bytes; StartExecution takes 262,144 at most")
    return text


def _text(value: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        decode(text)
    except (TypeError, ValueError, RecursionError) as error:
        reason = error.message if isinstance(error, JsonTextError) else str(error)
        raise InputError(f"not a JSON value: {reason}") from None
    return text
