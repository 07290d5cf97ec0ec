"""The table of coverage, as text for a terminal, as Markdown, and as the JSON of ``data``."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from emulator.coverage.data import Count, Covered, Data
from emulator.coverage.goals import Kind

COLUMNS: Final[dict[str, tuple[Kind, ...]]] = {
    "states": ("state",),
    "transitions": ("transition", "map"),
    "rules": ("rule",),
    "catch": ("catch",),
    "retry": ("retry",),
}
"""Heading -> the kinds of goals that it counts. Whether a Map had items is a way that an execution went."""


def row(covered: Covered, folder: Path) -> list[str]:
    """The cells of a definition, without what is missing."""
    return [covered.shown(folder), *(_cell(covered.count(*kinds)) for kinds in COLUMNS.values())]


def _cell(count: Count) -> str:
    return f"{count.taken}/{count.all}" if count.all else "-"


def total(data: Data) -> list[str]:
    """The cells of the last row."""
    sums = []
    for kinds in COLUMNS.values():
        counts = [each.count(*kinds) for each in data.definitions]
        sums.append(_cell(Count(sum(each.taken for each in counts), sum(each.all for each in counts))))
    return ["TOTAL", *sums]


def missing(covered: Covered, folder: Path) -> list[str]:
    """What was not taken, a line each, with its place."""
    if not covered.ran:
        return [f"{covered.shown(folder)} never ran"]
    return [f"{covered.place(goal, folder)} {goal.text}" for goal in covered.missing()]


def term(data: Data, folder: Path) -> str:
    """The table for a terminal; what is missing is in the last column, a line each."""
    rows = [["machine", *COLUMNS, "missing"]]
    for each in data.definitions:
        first, *others = missing(each, folder) or [""]
        rows.append([*row(each, folder), first])
        rows += [["", *("" for _ in COLUMNS), other] for other in others]
    rows.append([*total(data), f"{percent_text(data)} taken"])
    widths = [max(len(line[column]) for line in rows) for column in range(len(rows[0]) - 1)]
    return "\n".join(_line(line, widths) for line in rows)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    name, *counts = (cell for cell in cells[:-1])
    aligned = [name.ljust(widths[0]), *(count.rjust(width) for count, width in zip(counts, widths[1:], strict=True))]
    return "  ".join([*aligned, cells[-1]]).rstrip()


def percent_text(data: Data) -> str:
    """How many goals were taken; 100 % only if it is all of them."""
    return f"{_floor(data.percent):.2f} %"


def _floor(percent: float) -> float:
    return int(percent * 100 + 1e-9) / 100


def markdown(data: Data, folder: Path) -> str:
    """The table in Markdown, for the summary of a job, and below it what is missing."""
    lines = [f"### ASL coverage: {percent_text(data)}", ""]
    lines += [_cells(["machine", *COLUMNS]), _cells(["---", *("--:" for _ in COLUMNS)])]
    lines += [_cells([_code(first), *others]) for first, *others in (row(each, folder) for each in data.definitions)]
    lines.append(_cells(total(data)))
    missed = [line for each in data.definitions for line in missing(each, folder)]
    if missed:
        lines += ["", "Missing:", "", *(f"- {_escaped(line)}" for line in missed)]
    return "\n".join(lines) + "\n"


def _cells(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|").replace("`", "'") + "`"


def _escaped(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "\\`*_<>[]|" else sign for sign in text)


def as_json(data: Data, _folder: Path) -> str:
    """All of it, as JSON."""
    return json.dumps(data.document(), indent=2, ensure_ascii=False) + "\n"
