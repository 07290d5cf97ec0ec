"""What was taken, definition by definition: collected, written as JSON, merged over processes.

A definition is named by its file, and in a template by the logical id of its machine; one in code by its machine.
A digest of the file's text, or of the JSON in code, goes with the name: a definition that changed meanwhile is another
one, in a row of its own.

The JSON has ``"format": 1``. It has all goals with their places, so that a report needs nothing else.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from emulator.coverage.goals import Goal, Key, Kind, read_goals
from emulator.coverage.places import lines_of
from emulator.errors import EmulatorError

if TYPE_CHECKING:
    from emulator.definitions.files import DefinitionText

FORMAT: Final = 1


class Name(NamedTuple):
    """What names a definition."""

    file: str | None
    """The absolute path of its file; ``None`` for a definition in code."""
    part: str | None
    """The machine's logical id in a template, or its name for a definition in code."""
    digest: str
    """Of the text of the file, or of the JSON in code."""


class Count(NamedTuple):
    """How many goals were taken, of how many."""

    taken: int
    all: int


@dataclass
class Covered:
    """One definition: its goals, their lines, and those that were taken."""

    name: Name
    goals: tuple[Goal, ...]
    lines: Mapping[str, int]
    """Pointer of a goal -> its line in the file; empty for a definition in code."""
    taken: set[Key] = field(default_factory=set)
    ran: bool = False
    """Whether an execution of it was seen."""

    def count(self, *kinds: Kind) -> Count:
        """How many goals were taken: of ``kinds``, or of all."""
        keys = [goal.key for goal in self.goals if not kinds or goal.kind in kinds]
        return Count(sum(key in self.taken for key in keys), len(keys))

    def missing(self) -> list[Goal]:
        """The goals that were not taken, by their lines. Of a state that was never entered, only that."""
        never = {goal.state for goal in self.goals if goal.kind == "state" and goal.key not in self.taken}
        found = [
            goal
            for goal in self.goals
            if goal.key not in self.taken and (goal.kind == "state" or goal.state not in never)
        ]
        return sorted(found, key=lambda goal: self.lines.get(goal.key.pointer, 0))

    def shown(self, folder: Path) -> str:
        """Its name for people, with the path relative to ``folder``."""
        if self.name.file is None:
            return self.name.part or "StateMachine"
        path = shown_path(self.name.file, folder)
        return path if self.name.part is None else f"{path}: {self.name.part}"

    def place(self, goal: Goal, folder: Path) -> str:
        """Where a goal is: ``order.asl.json:41``; the machine and the JSON pointer for a definition in code."""
        line = self.lines.get(goal.key.pointer)
        if self.name.file is None or line is None:
            return f"{self.shown(folder)} at {goal.key.pointer}"
        return f"{shown_path(self.name.file, folder)}:{line}"


def shown_path(file: str, folder: Path) -> str:
    """A path relative to ``folder`` if it is in it, with slashes."""
    path = Path(file)
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


class Data:
    """What was taken of every definition."""

    def __init__(self) -> None:
        self._of: dict[Name, Covered] = {}

    @property
    def definitions(self) -> list[Covered]:
        """Those in files first, by their paths; then those in code, by their names."""
        return sorted(
            self._of.values(), key=lambda each: (each.name.file is None, each.name.file or "", *each.name[1:])
        )

    def of_file(self, text: "DefinitionText") -> Covered:
        """The definition in a file."""
        assert text.file is not None, "it was read from a file"
        content = text.written if text.part is None else text.file.read_text("utf-8", "replace")
        name = Name(str(text.file.resolve()), text.part, digest(content))
        return self._of.get(name) or self._add(name, text.text, lines_of(text))

    def has(self, file: Path, part: str | None) -> bool:
        """Whether it has the definition, with whatever text."""
        return any(name[:2] == (str(file.resolve()), part) for name in self._of)

    def of_code(self, machine: str, text: str) -> Covered:
        """A definition in code: the JSON ``text`` of the machine of this name."""
        name = Name(None, machine, digest(text))
        return self._of.get(name) or self._add(name, text, {})

    def _add(self, name: Name, text: str, lines: Mapping[str, int]) -> Covered:
        goals = read_goals(json.loads(text)).all
        at = {goal.key.pointer: _line(goal.key.pointer, lines) for goal in goals} if lines else {}
        self._of[name] = added = Covered(name, goals, {pointer: line for pointer, line in at.items() if line})
        return added

    def keep(self, paths: Iterable[Path] | None, *, code: bool) -> None:
        """Keep the files that are one of ``paths`` or in one of them (``None``: all), and definitions in ``code``."""
        folders = None if paths is None else [each.resolve() for each in paths]

        def is_kept(name: Name) -> bool:
            if name.file is None:
                return code
            return folders is None or any(Path(name.file).is_relative_to(folder) for folder in folders)

        self._of = {name: each for name, each in self._of.items() if is_kept(name)}

    @property
    def percent(self) -> float:
        """How many of all goals were taken, 0 to 100; 100 if there are none."""
        counts = [each.count() for each in self._of.values()]
        total = sum(each.all for each in counts)
        return 100 * sum(each.taken for each in counts) / total if total else 100.0

    def merge(self, other: "Data") -> None:
        """Add what another process took."""
        for name, each in other._of.items():
            own = self._of.setdefault(name, each)
            own.taken |= each.taken
            own.ran = own.ran or each.ran

    def document(self) -> dict[str, Any]:
        """Itself as a JSON value."""
        return {
            "format": FORMAT,
            "percent": round(self.percent, 2),
            "definitions": [_document(each) for each in self.definitions],
        }


def read_data(text: str, source: str) -> Data:
    """What ``Data.document`` wrote. Raises ``EmulatorError`` for anything else."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise EmulatorError(f"{source} is not JSON: {error}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        found = document.get("format") if isinstance(document, dict) else None
        hint = f"its format is {found!r}, and this version reads format {FORMAT}" if found else "it has no format"
        raise EmulatorError(f"{source} has no coverage of state machines: {hint}")
    data = Data()
    for each in document["definitions"]:
        name = Name(each["file"], each["part"], each["digest"])
        goals, taken, lines = [], set(), {}
        for goal in each["goals"]:
            key = Key(goal["pointer"], goal["outcome"])
            goals.append(Goal(key, goal["kind"], goal["state"], goal["text"], goal["to"]))
            if goal["taken"]:
                taken.add(key)
            if goal["line"] is not None:
                lines[key.pointer] = goal["line"]
        data._of[name] = Covered(name, tuple(goals), lines, taken, each["ran"])
    return data


def _document(covered: Covered) -> dict[str, Any]:
    return {
        "file": covered.name.file,
        "part": covered.name.part,
        "digest": covered.name.digest,
        "ran": covered.ran,
        "taken": covered.count().taken,
        "all": covered.count().all,
        "goals": [
            {
                "kind": goal.kind,
                "state": goal.state,
                "pointer": goal.key.pointer,
                "outcome": goal.key.outcome,
                "to": goal.to,
                "line": covered.lines.get(goal.key.pointer),
                "taken": goal.key in covered.taken,
                "text": goal.text,
            }
            for goal in covered.goals
        ],
    }


def digest(text: str) -> str:
    """Twelve digits that tell texts apart."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _line(pointer: str, lines: Mapping[str, int]) -> int | None:
    """The line of a pointer, or of the nearest one around it that has one."""
    while pointer and pointer not in lines:
        pointer = pointer.rpartition("/")[0]
    return lines.get(pointer)
