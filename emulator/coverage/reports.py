"""The reports, by their names: what makes each of them, and the file to which it goes."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from asl.problems import nearest
from emulator.coverage import lines, table
from emulator.coverage.data import Data
from emulator.errors import EmulatorError

Make: TypeAlias = Callable[[Data, Path], str]


class Report(NamedTuple):
    """What makes it, from the data and the folder to which paths are relative; and its file, if it is not printed."""

    make: Make
    file: str | None


REPORTS: Final[Mapping[str, Report]] = {
    "term": Report(table.term, None),
    "html": Report(lines.html, "asl-coverage.html"),
    "lcov": Report(lines.lcov, "asl-coverage.lcov"),
    "cobertura": Report(lines.cobertura, "asl-coverage.xml"),
    "json": Report(table.as_json, "asl-coverage.json"),
    "markdown": Report(table.markdown, "asl-coverage.md"),
}


class Wanted(NamedTuple):
    """A report that is asked for."""

    name: str
    file: str | None

    def write(self, data: Data, folder: Path) -> str:
        """Make it. Returns the text to print: itself, or where it is. Raises ``EmulatorError`` for a bad path."""
        text = REPORTS[self.name].make(data, folder)
        if self.file is None:
            return text
        path = folder / self.file
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        except OSError as error:
            raise EmulatorError(f"{path} cannot be written: {error.strerror}") from None
        return f"ASL coverage: {self.name} written to {self.file}"


def read_report(text: str) -> Wanted:
    """``html``, or ``html:FILE`` for another file than its own. Raises ``EmulatorError`` for anything else."""
    name, colon, file = text.partition(":")
    if name not in REPORTS or (colon and (not file or name == "term")):
        near = nearest(name, REPORTS)
        hint = f'Did you mean "{near[0]}"?' if near and name not in REPORTS else f"It is one of: {', '.join(REPORTS)}."
        raise EmulatorError(f"{text!r} is not a report of ASL coverage. {hint} Write html:FILE for another file.")
    return Wanted(name, file or REPORTS[name].file)
