"""Collects coverage of executions: when they end, and of those that still run when their emulator closes.

Nothing of it is imported, and no execution is looked at, unless coverage is asked for.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulator import running_test
from emulator.coverage.data import Covered, Data
from emulator.coverage.goals import read_goals
from emulator.coverage.taken import Taken, root_of
from emulator.definitions import origins
from emulator.errors import EmulatorError
from emulator.execution import Execution

if TYPE_CHECKING:
    from emulator.assembly import Assembly
    from emulator.core import Emulator
    from emulator.definitions.files import DefinitionText
    from emulator.templates.checked import Checked


class Collector:
    """Adds what executions take to ``data``."""

    def __init__(self) -> None:
        self.data = Data()
        self._known: dict[tuple[str, str, str], tuple[Covered, Taken]] = {}
        """(source, name of the machine, JSON text) -> its definition in ``data``."""
        self._files: dict[str, DefinitionText] = {}
        """JSON text -> the file that has it: a program reads files and creates machines from their text."""

    def add_files(self, paths: list[Path]) -> list[str]:
        """Add the definitions in ``paths``, files or folders, as never run. Returns why some are not counted."""
        from emulator.definitions.files import read_definition_file
        from emulator.definitions.folders import is_template, search

        refused = []
        for path in paths:
            found = search(path).definitions if path.is_dir() else [] if is_template(path) else [path]
            for file in found:
                try:
                    text = read_definition_file(file)
                except EmulatorError as error:
                    refused.append(f"{error}")
                    continue
                if any(each.severity == "ERROR" for each in text.check()):
                    refused.append(f"{file} has problems: emulate check {file}")
                    continue
                self._files[text.text] = self._files[text.written] = text
                self.data.of_file(text)
        return refused

    def add_templates(self, paths: list[Path]) -> list[str]:
        """Add the machines of the templates in ``paths`` that nothing deployed. Returns why some are not counted."""
        from emulator.core import Emulator
        from emulator.definitions.folders import is_template, search

        refused = []
        for path in paths:
            others = [each for each, _ in search(path).others] if path.is_dir() else [path]
            for file in (each for each in others if is_template(each)):
                with Emulator(allow_blocked=True) as emulator:
                    try:
                        machines = _machines(emulator, file)
                    except EmulatorError as error:
                        refused.append(str(error).partition("\n")[0])
                        continue
                for each in machines:
                    text = each.definition
                    if text is None or text.file is None or self.data.has(text.file, text.part):
                        continue
                    if any(problem.severity == "ERROR" for problem in text.check()):
                        refused.append(f"{each.logical_id} in {file} has problems: emulate check {file}")
                    else:
                        self.data.of_file(text)
        return refused

    def opened(self, assembly: "Assembly") -> None:
        """Collect of the emulator that opens."""
        assembly.driver.on_status.append(self._told)

    def closing(self, assembly: "Assembly") -> None:
        """Collect what still runs in the emulator that closes."""
        for store in (assembly.service.store.executions, assembly.service.store.children):
            for execution in store.list():
                if execution.finish is None:
                    self.add(execution)

    def _told(self, execution: Execution) -> None:
        if execution.finish is not None:
            self.add(execution)

    def add(self, execution: Execution) -> None:
        """Add what an execution took so far."""
        machine = root_of(execution).state_machine
        key = machine.source, machine.name, machine.program.text
        known = self._known.get(key)
        if known is None:
            origin = (origins.kept or {}).get((machine.source, machine.program.text))
            origin = origin or self._files.get(machine.program.text)
            text = machine.program.text
            covered = self.data.of_code(machine.name, text) if origin is None else self.data.of_file(origin)
            known = self._known[key] = covered, Taken(read_goals(json.loads(text)))
        covered, taken = known
        before = len(taken.keys)
        taken.add(execution)
        if len(taken.keys) > before or not covered.ran:
            covered.taken |= taken.keys
            covered.ran = True


def _machines(emulator: "Emulator", file: Path) -> "list[Checked]":
    """The machines of a template. Raises ``EmulatorError`` for one that cannot be read."""
    from emulator.templates.checked import check_application

    none: dict[str, Any] = {"parameters": {}, "imports": {}, "stack_name": None, "leave_out": ()}
    return list(check_application(emulator.assembly, file, str(file), is_one_of_many=True, **none).machines)


@contextmanager
def collecting(collector: Collector) -> Iterator[Collector]:
    """Collect in this process until the block ends."""
    before = running_test.coverage, origins.kept
    running_test.coverage, origins.kept = collector, {}
    try:
        yield collector
    finally:
        running_test.coverage, origins.kept = before
