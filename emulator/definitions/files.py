"""Definitions in files: JSON or YAML, with ``${Substitutions}``, read into the JSON text that AWS would receive.

SAM's ``DefinitionSubstitutions`` and CloudFormation replace substitutions before Step Functions sees the definition.
Problems have the line and column of the file as it is written, before any replacement.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from asl.problems import INVALID_JSON, DefinitionError, Problem, did_you_mean, join, placed
from asl.program import Program, check, compile  # noqa: A004 - the word of the field
from asl.source import Lines, places, repeated_keys
from asl.values import JsonTextError, decode, is_json
from emulator.definitions import origins
from emulator.definitions.kinds import Kind, problem_of, recognise, recognise_text
from emulator.definitions.substitutions import (
    SUBSTITUTION,
    Cut,
    before_cuts,
    line_and_column,
    line_starts,
    names_outside_strings,
    offset_of,
    substitute,
)
from emulator.definitions.texts import decoded, excerpt
from emulator.errors import EmulatorError
from emulator.integrations.check import KNOWN

if TYPE_CHECKING:
    from asl.validate import MachineType
    from emulator.definitions.yaml_text import Scalar

UNRESOLVED: Final = "UNRESOLVED_SUBSTITUTION"
DUPLICATE_KEY: Final = "duplicate-key"

Places = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class DefinitionText:
    """The contents of a file: ``text`` is JSON, ``written`` the file's own text, ``cuts`` the replacements.

    ``places`` are those of YAML, by pointer, ``repeated`` are its duplicate keys, ``scalars`` its values without
    quotes; those of JSON are read later. ``names`` are the substitutions in the file, ``bare`` those without a value
    that stand outside of a string of JSON: they were quoted, so that the rest can be checked.
    """

    source: str
    text: str
    written: str
    cuts: tuple[Cut, ...]
    names: tuple[str, ...]
    places: Places | None
    refused: tuple[Problem, ...] = ()
    repeated: tuple[str, ...] = ()
    scalars: "Mapping[str, Scalar]" = field(default_factory=dict)
    bare: tuple[str, ...] = ()
    begin: tuple[int, int] = (0, 0)
    """Lines before the text, and columns before each of its lines, in the file that it is a part of."""
    is_value: bool = False
    """Whether it is a value of a larger file, in which only ``places`` say where its parts are."""
    substituted: tuple[str, ...] | None = None
    """The names of a template's substitutions, if the definition is that of a template."""
    file: Path | None = None
    """The file that it was read from, or that it is a part of; ``None`` for a text."""
    part: str | None = None
    """The logical id of its state machine, if it is a part of a template."""

    def unresolved(self) -> tuple[Problem, ...]:
        """The substitutions without a value. AWS leaves them in the definition as they are written."""
        found = self._moved(self._explained((), "WARNING", all_names=True))
        return tuple(each for each in found if each.code == UNRESOLVED)

    def moved(self, lines: int, columns: int) -> "DefinitionText":
        """The same text as a part of a larger file, after so many lines and indented by so many columns."""
        refused = tuple(_moved(each, (lines, columns)) for each in self.refused)
        return replace(self, begin=(lines, columns), refused=refused)

    def compile(self, type: "MachineType" = "STANDARD") -> Program:
        """The program; raises ``DefinitionError`` with the problems placed in the file."""
        if self.refused:
            raise DefinitionError(self.refused, self.source)
        if self.bare:
            raise DefinitionError(self._moved(self._unresolved(set(self.bare), "ERROR")), self.source)
        if origins.kept is not None and self.file is not None:
            origins.kept[self.source, self.text] = self
        try:
            return compile(self.text, self.source, type, KNOWN, LinesInFile(self))
        except DefinitionError as error:
            if (kind := self._kind()) is not None:
                raise DefinitionError([problem_of(kind)], self.source) from None
            raise DefinitionError(self._moved(self._explained(error.problems, "ERROR")), self.source) from None

    def line(self, pointer: str, where: Places) -> int | None:
        """The line of the file at which the member at ``pointer`` begins; ``where`` is every pointer's place."""
        return _moved(self._in_file(Problem("", pointer, ""), where), self.begin).line

    def check(
        self, type: "MachineType" = "STANDARD", unresolved: Literal["ERROR", "WARNING"] = "WARNING"
    ) -> tuple[Problem, ...]:
        """Every problem: AWS's, the emulator's own, and substitutions without a value, in the order of the file.

        ``unresolved`` is the severity of these. AWS gets their values from CloudFormation, which a check cannot know.
        """
        from asl.lint import lint

        if self.refused:
            return self.refused
        if (kind := self._kind()) is not None:
            return (problem_of(kind),)
        problems = list(check(self.text, self.source, type, KNOWN))
        if isinstance(value := self._value(), dict):
            problems += lint(value, type)
        problems += self._repeated()
        if self.scalars:
            from emulator.definitions.yaml_readings import misread

            problems += misread(self.scalars, problems)
        return tuple(sorted(self._moved(self._explained(problems, unresolved, all_names=True)), key=_by_place))

    def _moved(self, problems: Iterable[Problem]) -> list[Problem]:
        return [_moved(each, self.begin) for each in problems]

    def _kind(self) -> Kind | None:
        """What the file is, if it is something else than a definition."""
        value = self._value()
        return recognise(value) if value is not None else recognise_text(self.text, Path(self.source).suffix.lower())

    def _value(self) -> Any:
        try:
            return decode(self.text)
        except JsonTextError:
            return None

    def _explained(
        self, problems: Sequence[Problem], unresolved: Literal["ERROR", "WARNING"], *, all_names: bool = False
    ) -> list[Problem]:
        """``problems`` with the file's lines; those that a missing value may cause are replaced by that problem."""
        value = self._value()
        if self.scalars:
            from emulator.definitions.yaml_readings import with_quotes

            problems = with_quotes(problems, value, self.scalars)
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
        first: dict[str, str] = {}
        for pointer, text in sorted(missing.items(), key=lambda each: where.get(each[0], (0, 0))):
            for match in SUBSTITUTION.finditer(text):
                first.setdefault(match[1], pointer)
        refused = {
            match[1]
            for each in problems
            if each.severity == "ERROR"
            for match in SUBSTITUTION.finditer(missing.get(each.place) or missing.get(each.pointer) or "")
        }
        return [*(self._in_file(each, where) for each in kept), *self._unresolved(named, unresolved, first, refused)]

    def _unresolved(
        self,
        names: set[str],
        severity: Literal["ERROR", "WARNING"],
        first: Mapping[str, str] = {},
        refused: Collection[str] = (),
    ) -> Iterator[Problem]:
        """A problem for each of ``names``, at the pointer in ``first`` of the first value that has it.

        Of a template's machine all values are known: AWS refuses one of the ``refused`` names as it is written.
        """
        found: dict[str, list[int]] = {}
        for match in SUBSTITUTION.finditer(self.written):
            if match[1] in names:
                found.setdefault(match[1], []).append(match.start())
        for name, offsets in found.items():
            if self.substituted is not None and name in self.substituted:
                continue  # the template has its value
            line, column = line_and_column(self.written, offsets[0])
            if self.is_value and self.places is not None:
                line, column = self.places.get(first.get(name, ""), (line, column))
            more = f" (in {len(offsets)} places)" if len(offsets) > 1 else ""
            hint = (
                f"Give it one: --set {name}=VALUE, --definition-substitutions FILE, or substitutions={{...}} in Python."
            )
            is_refused = self.substituted is not None and name in refused
            if self.substituted is not None:
                near = did_you_mean(name, self.substituted)
                hint = near or f"Give it one: {name} in DefinitionSubstitutions."
            yield Problem(
                UNRESOLVED,
                first.get(name, ""),
                f"${{{name}}} has no value{more}",
                hint,
                "ERROR" if is_refused else severity,
                line=line,
                column=column,
            )

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
        if found.line is None or found.column is None:
            return found
        if self.cuts:
            offset = offset_of(self.text, found.line, found.column)
            line, column = line_and_column(self.written, before_cuts(offset, self.cuts))
            found = replace(found, line=line, column=column)
        return found if found.code != INVALID_JSON else _shown(found, self.written)


class LinesInFile(Lines):
    """The lines of a definition in the file that it was read from; found when one is first read."""

    def __init__(self, definition: DefinitionText) -> None:
        super().__init__(None)
        self._definition = definition
        self._where: Places | None = definition.places

    def line(self, pointer: str) -> int | None:
        """The line, from 1, at which the member ``pointer`` begins, or what is around it."""
        if self._where is None:
            self._where = places(self._definition.text)
        return self._definition.line(pointer, self._where)


def read_definition_file(
    path: Path, source: str | None = None, substitutions: Mapping[str, Any] | None = None
) -> DefinitionText:
    """The definition in the file ``path``. Raises ``EmulatorError`` when it cannot be read.

    ``source`` names it in messages. ``substitutions`` maps names to text, numbers or booleans.
    """
    source = source or str(path)
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise EmulatorError(f"{source} cannot be read: {reason}") from None
    yaml = path.suffix.lower() in (".yaml", ".yml")
    return replace(parse_definition(decoded(content, source), source, substitutions or {}, yaml=yaml), file=path)


def parse_definition(
    written: str, source: str, substitutions: Mapping[str, Any], *, yaml: bool = False
) -> DefinitionText:
    """``written``, JSON or YAML, as a definition's text. Raises ``EmulatorError`` for YAML without its library."""
    values = {name: _text(name, value) for name, value in substitutions.items()}
    names = tuple(dict.fromkeys(match[1] for match in SUBSTITUTION.finditer(written)))
    text, cuts = substitute(written, values)
    if not written.strip():
        problem = Problem(INVALID_JSON, "", "The file is empty", _NEEDED, line=1, column=1)
        return DefinitionText(source, "", written, cuts, names, {}, (problem,))
    if not yaml:
        bare, quoted, quotes = _quoted(written, text, values)
        if bare:
            return DefinitionText(source, quoted, written, quotes, names, None, bare=bare)
        refused = _refused_json(text, written, source) if not cuts else ()
        return DefinitionText(source, text, written, cuts, names, None, refused)
    from emulator.definitions.yaml_text import YamlError, read_template, read_yaml

    try:
        value, found, repeated, scalars, _ = read_yaml(text)
    except YamlError as error:
        kind = recognise(read_template(text)) or recognise_text(text, Path(source).suffix.lower())
        offset = before_cuts(offset_of(text, error.line, error.column), cuts)
        line, column = line_and_column(written, offset)
        message = f"The definition is not YAML: {error}"
        problem = _shown(Problem(INVALID_JSON, "", message, error.hint, line=line, column=column), written)
        return DefinitionText(source, "", written, cuts, names, {}, (problem_of(kind) if kind else problem,))
    starts = line_starts(text)

    def place(at: tuple[int, int]) -> tuple[int, int]:
        return line_and_column(written, before_cuts(starts[at[0] - 1] + at[1] - 1, cuts))

    written_at = {pointer: place(at) for pointer, at in found.items()}
    scalars = {pointer: each._replace(place=place(each.place)) for pointer, each in scalars.items()}
    try:
        as_json = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError) as error:
        problem = Problem(INVALID_JSON, "", f"The definition cannot be written as JSON: {error}", line=1, column=1)
        return DefinitionText(source, "", written, cuts, names, {}, (problem,))
    return DefinitionText(source, as_json, written, cuts, names, written_at, (), tuple(repeated), scalars)


_NEEDED: Final = "Put a JSON object with StartAt and States here."


def _shown(problem: Problem, written: str) -> Problem:
    """``problem`` with the line of its place, and a mark under it."""
    assert problem.line is not None
    assert problem.column is not None
    return replace(problem, excerpt=excerpt(written, problem.line, problem.column) or None)


def _moved(problem: Problem, begin: tuple[int, int]) -> Problem:
    """``problem`` with its place in a larger file."""
    if begin == (0, 0) or problem.line is None or problem.column is None:
        return problem
    return replace(problem, line=problem.line + begin[0], column=problem.column + begin[1])


def _quoted(written: str, text: str, values: Mapping[str, str]) -> tuple[tuple[str, ...], str, tuple[Cut, ...]]:
    """The names without a value outside of JSON's strings, and the text in which each of them is a string.

    There are none where the text is JSON without that, or is not JSON all the same.
    """
    if "${" not in text or is_json(text):
        return (), text, ()
    bare = tuple(name for name in names_outside_strings(text) if name not in values)
    quoted, cuts = substitute(written, values, set(bare))
    return (bare, quoted, cuts) if bare and is_json(quoted) else ((), text, ())


def _refused_json(text: str, written: str, source: str) -> tuple[Problem, ...]:
    """The problem of a text after the definition, in words of its own; YAML in a file that is not named so."""
    try:
        _, end = json.JSONDecoder().raw_decode(text.lstrip())
    except ValueError:
        if _YAML.search(text) and not text.lstrip().startswith("{"):
            hint = "YAML is read from files that end in .yaml or .yml: rename it."
            problem = Problem(INVALID_JSON, "", "The definition is not JSON but YAML", hint, line=1, column=1)
            return (_shown(problem, written),)
        return ()
    except RecursionError:
        return ()
    offset = len(text) - len(text.lstrip()) + end
    rest = text[offset:]
    if not rest.strip():
        return ()
    line, column = line_and_column(written, offset + len(rest) - len(rest.lstrip()))
    message = "The definition is not JSON: text follows its end"
    problem = Problem(INVALID_JSON, "", message, "Keep one definition in a file.", line=line, column=column)
    return (_shown(problem, written),)


_YAML: Final = re.compile(r"^(?:StartAt|States|Comment)\s*:", re.MULTILINE)


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
