"""Arguments of callers: a definition as a file, text or value, and an execution's input as a value."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from asl.problems import DefinitionError, nearest
from asl.program import Program, compile  # noqa: A004 - the word of the field
from asl.validate import MachineType
from asl.values import JsonTextError, decode, exceeds_limit, is_json, size
from emulator.errors import EmulatorError, InputError
from emulator.integrations.check import KNOWN
from emulator.not_json import find_not_json

Definition: TypeAlias = str | os.PathLike[str] | Mapping[str, Any]
"""A definition: a file's path, its JSON text, or its value."""


class Given(NamedTuple):
    """A definition that was read: its program, its source in messages, and its name, if it comes from a file."""

    program: Program
    source: str = "definition"
    name: str | None = None


def read_definition(
    definition: Definition, root: Path, substitutions: Mapping[str, Any], type: MachineType = "STANDARD"
) -> Given:
    """The definition's program for a machine of this ``type``; relative paths start at ``root``.

    Raises ``DefinitionError`` with every problem, ``EmulatorError`` for a missing file, ``InputError`` for a value that
    is not JSON.
    """
    from emulator.definitions.files import parse_definition, read_definition_file

    if isinstance(definition, Mapping):
        if not substitutions:
            return Given(_compiled(definition, type))
        definition = json_text(definition)
    if not isinstance(definition, str | os.PathLike):
        raise InputError(_not_a_definition(definition))
    text = os.fspath(definition)
    if isinstance(definition, str) and text.lstrip(_BLANK).startswith(("{", "[")):
        parsed = parse_definition(text.lstrip(_BLANK), "definition", substitutions)
        _check_used(substitutions, parsed.names, "definition")
        return Given(parsed.compile(type))
    path = root / text
    if not text.strip() or not _exists(path):
        raise EmulatorError(_no_file(text, path))
    parsed = read_definition_file(path, text, substitutions)
    _check_used(substitutions, parsed.names, text)
    return Given(parsed.compile(type), text, path.name.partition(".")[0])


def _check_used(substitutions: Mapping[str, Any], names: Sequence[str], source: str) -> None:
    """Raise ``EmulatorError`` for a substitution whose name is not in the definition."""
    for name in substitutions:
        if name not in names:
            near = nearest(str(name), names)
            there = f"It has: {', '.join(f'${{{each}}}' for each in names)}." if names else "It has no ${Name}."
            hint = f'Did you mean "{near[0]}"?' if near else there
            raise EmulatorError(f"substitutions: {source} has no ${{{name}}}. {hint}")


def _compiled(definition: Mapping[str, Any], type: MachineType) -> Program:
    try:
        return compile(json_text(definition), type=type, integrations=KNOWN)
    except DefinitionError:
        from emulator.definitions.kinds import problem_of, recognise

        if (kind := recognise(definition)) is None:
            raise
    raise DefinitionError([replace(problem_of(kind), line=None, column=None)])


def _not_a_definition(value: Any) -> str:
    what = "a definition is a file's path, JSON text, or a mapping"
    if isinstance(value, bytes | bytearray):
        return f"{what}, not bytes\n    fix: decode them: definition.decode()"
    return f"{what}, not {_shown(value)} ({type(value).__name__})"


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _no_file(text: str, path: Path) -> str:
    """Why ``text`` is no path of a definition: it is a text of another kind, or there is no such file."""
    if text.startswith("arn:"):
        return f"{text} is an ARN, not a definition\n    fix: give what emulator.state_machine(...) returned"
    if "\n" in text.strip():
        return (
            f"the text {_shown(text)} is neither JSON nor the path of a file\n"
            "    fix: give a definition in YAML as a file that ends in .yaml, or as a mapping"
        )
    if not text.strip():
        return "the definition is an empty text; give a file's path, JSON text, or a mapping"
    known = [each.name for each in path.parent.iterdir()] if _exists(path.parent) and path.parent.is_dir() else []
    near = nearest(path.name, known)
    hint = f'. Did you mean "{Path(text).parent / near[0]}"?' if near else ""
    return f"there is no definition {text} (looked for {path.absolute()}){hint}"


def input_text(value: Any, given: str | None = None) -> str:
    """An execution's input as JSON text: that of ``value``, or ``given``, which is JSON text already.

    Raises ``InputError`` for a value or a text that JSON or AWS does not allow, for both, and for a ``value`` that is
    the JSON text of an object or an array: as a value it would become one string.
    """
    if given is not None:
        if value is not None:
            raise InputError("an execution has one input: give input=VALUE or input_text=TEXT, not both")
        text = _checked_text(given)
    elif value is None:
        return "{}"
    else:
        if holds_json(value):
            raise InputError(_JSON_AS_VALUE.format(shown=_shown(value)))
        text = json_text(value)
    if exceeds_limit(text):
        raise InputError(f"the input has {size(text):,} bytes; StartExecution takes 262,144 at most")
    return text


def holds_json(value: Any) -> bool:
    """Whether ``value`` is text or bytes whose content is a JSON object or array."""
    if isinstance(value, bytes | bytearray):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str) or not value.lstrip(_BLANK).startswith(("{", "[")):
        return False
    return is_json(value.strip(_BLANK))


_BLANK: Final = " \t\r\n\ufeff"
_JSON_AS_VALUE: Final = (
    "the input is {shown}, a text that holds JSON; as a value it would become one JSON string\n"
    "    fix: give the value, json.loads(text), or input_text=text. "
    "For a string that holds JSON: input_text=json.dumps(text)"
)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


_TEXT_OR_VALUE: Final = "input_text takes JSON text; input=... takes a Python value"


def _checked_text(text: Any) -> str:
    if not isinstance(text, str):
        hint = "give the value itself as input" if not isinstance(text, bytes) else "decode the bytes: text.decode()"
        raise InputError(f"input_text is JSON text, not {type(text).__name__}\n    fix: {hint}")
    try:
        decode(text.strip(_BLANK))
    except JsonTextError as error:
        place = f"line {error.line}, column {error.column}"
        raise InputError(
            f"input_text {_shown(text)} is not JSON: {place}: {error.message}\n    fix: {_TEXT_OR_VALUE}"
        ) from None
    return text.strip(_BLANK)


def json_text(value: Any) -> str:
    """A JSON value as text; raises ``InputError``, which says what in it is not JSON."""
    if isinstance(value, bytes | bytearray):
        raise InputError(
            f"not a JSON value: {_shown(value)} is {type(value).__name__}\n"
            "    fix: decode it: value.decode() for a string, json.loads(value) for JSON"
        )
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        decode(text)
        text.isascii() or text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        reason = error.message if isinstance(error, JsonTextError) else str(error)
        if (found := find_not_json(value)) is not None:
            reason = f"{found.path} is {found.what}\n    fix: write {found.instead}"
        raise InputError(f"not a JSON value: {reason}") from None
    return text
