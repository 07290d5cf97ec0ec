"""Definitions in files: JSON or YAML, with ``${Substitutions}``, read into the JSON text that AWS would receive.

SAM's ``DefinitionSubstitutions`` and CloudFormation replace substitutions before Step Functions sees the definition.
Problems have the line and column of the file as it is written, before any replacement.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from asl.problems import INVALID_JSON, DefinitionError, Problem, join, placed
from asl.program import Program, check, compile  # noqa: A004 - the word of the field
from asl.source import places, repeated_keys
from asl.values import JsonTextError, decode
from emulator.definitions.substitutions import (
    SUBSTITUTION,
    Cut,
    before_cuts,
    line_and_column,
    line_starts,
    offset_of,
    substitute,
)
from emulator.errors import EmulatorError

if TYPE_CHECKING:
    from asl.validate import MachineType

SUFFIXES: Final = (".asl.json", ".asl.yaml", ".asl.yml")
"""The endings of the files that a folder is searched for."""
UNRESOLVED: Final = "UNRESOLVED_SUBSTITUTION"
NOT_A_DEFINITION: Final = "NOT_A_DEFINITION"
DUPLICATE_KEY: Final = "duplicate-key"


Places = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class DefinitionText:
    """The contents of a file: ``text`` is JSON, ``written`` the file's own text, ``cuts`` the replacements.

    ``places`` are those of YAML, by pointer, and ``repeated`` are its duplicate keys; those of JSON are read later.
    ``names`` are the substitutions in the file.
    """

    source: str
    text: str
    written: str
    cuts: tuple[Cut, ...]
    names: tuple[str, ...]
    places: Places | None
    refused: tuple[Problem, ...] = ()
    repeated: tuple[str, ...] = ()

    def compile(self, type: "MachineType" = "STANDARD") -> Program:
        """The program; raises ``DefinitionError`` with the problems placed in the file."""
        if self.refused:
            raise DefinitionError(self.refused, self.source)
        try:
            return compile(self.text, self.source, type)
        except DefinitionError as error:
            raise DefinitionError(self._with_substitutions(error.problems), self.source) from None

    def check(self, type: "MachineType" = "STANDARD") -> tuple[Problem, ...]:
        """Every problem: AWS's, the emulator's own, and substitutions without a value, in the order of the file."""
        from asl.lint import lint

        if self.refused:
            return self.refused
        problems = list(check(self.text, self.source, type))
        value = self._value()
        if isinstance(value, dict):
            if is_template(value):
                return (replace(_not_a_definition(), line=1, column=1),)
            problems += lint(value, type)
        problems += self._repeated()
        return tuple(sorted(self._with_substitutions(problems, all_names=True), key=_by_place))

    def _value(self) -> Any:
        try:
            return decode(self.text)
        except JsonTextError:
            return None

    def _with_substitutions(self, problems: "list[Problem] | tuple[Problem, ...]", *, all_names: bool = False) -> Any:
        """``problems`` with the file's lines; those that a missing value may cause are replaced by that problem."""
        value = self._value()
        where = self.places if self.places is not None else {} if value is None else places(self.text)
        missing = {pointer: text for pointer, text in _strings(value) if SUBSTITUTION.search(text)}
        kept = [each for each in problems if each.place not in missing and each.pointer not in missing]
        named = {
            match[1]
            for pointer, text in missing.items()
            for match in SUBSTITUTION.finditer(text)
            if all_names or any(pointer in (each.place, each.pointer) for each in problems)
        }
        if all_names or any(each.code == INVALID_JSON for each in problems):
            named |= {match[1] for match in SUBSTITUTION.finditer(self.written)} - {cut.name for cut in self.cuts}
        return [*(self._in_file(each, where) for each in kept), *self._unresolved(named)]

    def _unresolved(self, names: set[str]) -> Iterator[Problem]:
        found: dict[str, list[int]] = {}
        for match in SUBSTITUTION.finditer(self.written):
            if match[1] in names:
                found.setdefault(match[1], []).append(match.start())
        for name, offsets in found.items():
            line, column = line_and_column(self.written, offsets[0])
            more = f" (in {len(offsets)} places)" if len(offsets) > 1 else ""
            hint = (
                f"Give it one: --set {name}=VALUE, --definition-substitutions FILE, or substitutions={{...}} in Python."
            )
            yield Problem(UNRESOLVED, "", f"${{{name}}} has no value{more}", hint, line=line, column=column)

    def _repeated(self) -> Iterator[Problem]:
        """The duplicate keys, at their last place; AWS accepts them."""
        found: dict[str, tuple[int, int] | tuple[None, None]] = dict.fromkeys(self.repeated, (None, None))
        if self.places is None:
            found = {pointer: line_and_column(self.text, offset) for pointer, offset in repeated_keys(self.text)}
        for pointer, (line, column) in found.items():
            name = pointer.rpartition("/")[2]
            message = f"The key '{name}' is in its object twice; only the last counts"
            yield Problem(DUPLICATE_KEY, pointer, message, severity="WARNING", line=line, column=column)

    def _in_file(self, problem: Problem, where: Places) -> Problem:
        """``problem`` with the line and column of the file as it is written; ``where`` is every pointer's place."""
        if self.places is not None:
            return placed(replace(problem, line=None, column=None), where)
        found = placed(problem, where)
        if found.line is None or found.column is None or not self.cuts:
            return found
        offset = offset_of(self.text, found.line, found.column)
        line, column = line_and_column(self.written, before_cuts(offset, self.cuts))
        return replace(found, line=line, column=column)


def read_definition_file(
    path: Path, source: str | None = None, substitutions: Mapping[str, Any] | None = None
) -> DefinitionText:
    """The definition in the file ``path``. Raises ``EmulatorError`` when it cannot be read.

    ``source`` names it in messages. ``substitutions`` maps names to text, numbers or booleans.
    """
    source = source or str(path)
    try:
        written = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise EmulatorError(f"{source} is not UTF-8 text") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise EmulatorError(f"{source} cannot be read: {reason}") from None
    return parse_definition(written, source, substitutions or {}, yaml=path.suffix.lower() in (".yaml", ".yml"))


def parse_definition(
    written: str, source: str, substitutions: Mapping[str, Any], *, yaml: bool = False
) -> DefinitionText:
    """``written``, JSON or YAML, as a definition's text. Raises ``EmulatorError`` for YAML without its library."""
    values = {name: _text(name, value) for name, value in substitutions.items()}
    names = tuple(dict.fromkeys(match[1] for match in SUBSTITUTION.finditer(written)))
    text, cuts = substitute(written, values)
    if not yaml:
        return DefinitionText(source, text, written, cuts, names, None)
    from emulator.definitions.yaml_text import YamlError, read_yaml

    try:
        value, found, repeated = read_yaml(text)
    except YamlError as error:
        offset = before_cuts(offset_of(text, error.line, error.column), cuts)
        line, column = line_and_column(written, offset)
        problem = Problem(INVALID_JSON, "", f"The definition is not YAML: {error}", line=line, column=column)
        return DefinitionText(source, "", written, cuts, names, {}, (problem,))
    starts = line_starts(text)
    written_at = {
        pointer: line_and_column(written, before_cuts(starts[line - 1] + column - 1, cuts))
        for pointer, (line, column) in found.items()
    }
    try:
        as_json = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError) as error:
        problem = Problem(INVALID_JSON, "", f"The definition cannot be written as JSON: {error}", line=1, column=1)
        return DefinitionText(source, "", written, cuts, names, {}, (problem,))
    return DefinitionText(source, as_json, written, cuts, names, written_at, repeated=tuple(repeated))


def definition_files(folder: Path) -> list[Path]:
    """The definition files in ``folder`` and its subfolders, recognized by their endings."""
    return sorted(path for path in folder.rglob("*") if path.name.lower().endswith(SUFFIXES) and path.is_file())


def read_substitutions(text: str, source: str) -> dict[str, Any]:
    """Names and values from JSON ``text``. Raises ``EmulatorError``."""
    try:
        values = decode(text)
    except JsonTextError as error:
        raise EmulatorError(
            f"{source} is not JSON: line {error.line}, column {error.column}: {error.message}"
        ) from None
    if not isinstance(values, dict):
        raise EmulatorError(f'{source} must hold a JSON object of names and values, such as {{"Table": "orders"}}')
    for name, value in values.items():
        _text(name, value)
    return values


def is_template(value: Mapping[str, Any]) -> bool:
    """Whether ``value`` is a CloudFormation or SAM template."""
    return isinstance(value.get("Resources"), dict) and not value.keys() & {"States", "StartAt"}


def _not_a_definition() -> Problem:
    hint = "Name the file that its DefinitionUri or DefinitionS3Location names."
    return Problem(NOT_A_DEFINITION, "", "This is a CloudFormation template, not a state machine's definition", hint)


def _by_place(problem: Problem) -> tuple[int, int]:
    return problem.line or 0, problem.column or 0


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise EmulatorError(f"the substitution {name} must be a text, a number or a boolean, not {json.dumps(value)[:60]}")


def _strings(value: Any) -> Iterator[tuple[str, str]]:
    """(pointer, text) of every string in ``value``."""
    rest = [("", value)]
    while rest:
        pointer, each = rest.pop()
        if isinstance(each, str):
            yield pointer, each
        elif isinstance(each, dict):
            rest += [(join(pointer, key), child) for key, child in each.items()]
        elif isinstance(each, list):
            rest += [(join(pointer, index), child) for index, child in enumerate(each)]
