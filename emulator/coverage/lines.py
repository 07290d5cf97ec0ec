"""Coverage by lines, for the viewers that know lines and branches: LCOV, Cobertura XML, and a page of HTML.

A state is one line, that of its key; every other goal is a branch of the line at which it is written. Definitions in
code have no lines: only the page of HTML has them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Final

from emulator.coverage.data import Covered, Data, shown_path
from emulator.coverage.goals import Goal
from emulator.coverage.table import COLUMNS, percent_text, row, total


@dataclass
class Line:
    """What a line of a file has."""

    states: list[bool] = field(default_factory=list)
    """Whether the states that begin here were entered."""
    branches: list[tuple[Goal, bool]] = field(default_factory=list)
    """The other goals that are written here, and whether they were taken."""

    @property
    def is_hit(self) -> bool:
        """Whether anything of it was taken."""
        return any(self.states) or any(taken for _, taken in self.branches)


def lines_of_files(data: Data) -> Mapping[str, Mapping[int, Line]]:
    """File -> number of a line -> what it has, in order."""
    found: dict[str, dict[int, Line]] = {}
    for each in data.definitions:
        if each.name.file is None:
            continue
        of_file = found.setdefault(each.name.file, {})
        for goal in each.goals:
            line = of_file.setdefault(each.lines.get(goal.key.pointer, 1), Line())
            taken = goal.key in each.taken
            if goal.kind == "state":
                line.states.append(taken)
            else:
                line.branches.append((goal, taken))
    return {file: dict(sorted(lines.items())) for file, lines in found.items()}


def lcov(data: Data, folder: Path) -> str:
    """LCOV's tracefile (geninfo(1)): ``DA`` for each line, ``BRDA`` for each branch."""
    out = []
    for file, lines in lines_of_files(data).items():
        out += ["TN:", f"SF:{shown_path(file, folder)}"]
        for number, line in lines.items():
            for index, (_, taken) in enumerate(line.branches):
                out.append(f"BRDA:{number},0,{index},{int(taken) if line.is_hit else '-'}")
        branches = [taken for line in lines.values() for _, taken in line.branches]
        out += [f"BRF:{len(branches)}", f"BRH:{sum(branches)}"]
        out += [f"DA:{number},{int(line.is_hit)}" for number, line in lines.items()]
        out += [f"LF:{len(lines)}", f"LH:{sum(line.is_hit for line in lines.values())}", "end_of_record"]
    return "".join(f"{line}\n" for line in out)


def cobertura(data: Data, folder: Path) -> str:
    """Cobertura's XML, as coverage-04.dtd has it; a class is a file."""
    files = lines_of_files(data)
    every = [line for lines in files.values() for line in lines.values()]
    out = ['<?xml version="1.0" encoding="UTF-8"?>']
    out.append(f'<coverage version="asl-emulator" timestamp="0" complexity="0" {_rates(every)} {_totals(every)}>')
    out.append(f"  <sources><source>{escape(folder.as_posix())}</source></sources>")
    out.append(f'  <packages><package name="asl" complexity="0" {_rates(every)}><classes>')
    for file, lines in files.items():
        name = escape(shown_path(file, folder))
        head = f'name="{escape(Path(file).name)}" filename="{name}" complexity="0" {_rates(list(lines.values()))}'
        out.append(f"    <class {head}><methods/><lines>")
        out += [f"      {_line_element(number, line)}" for number, line in lines.items()]
        out.append("    </lines></class>")
    out += ["  </classes></package></packages>", "</coverage>", ""]
    return "\n".join(out)


def _line_element(number: int, line: Line) -> str:
    begin = f'<line number="{number}" hits="{int(line.is_hit)}"'
    if not line.branches:
        return f'{begin} branch="false"/>'
    taken = sum(each for _, each in line.branches)
    share = f"{100 * taken // len(line.branches)}% ({taken}/{len(line.branches)})"
    return f'{begin} branch="true" condition-coverage="{share}"/>'


def _rates(lines: list[Line]) -> str:
    branches = [taken for line in lines for _, taken in line.branches]
    line_rate, branch_rate = _rate(sum(line.is_hit for line in lines), len(lines)), _rate(sum(branches), len(branches))
    return f'line-rate="{line_rate}" branch-rate="{branch_rate}"'


def _totals(lines: list[Line]) -> str:
    branches = [taken for line in lines for _, taken in line.branches]
    counts = f'lines-covered="{sum(line.is_hit for line in lines)}" lines-valid="{len(lines)}"'
    return f'{counts} branches-covered="{sum(branches)}" branches-valid="{len(branches)}"'


def _rate(part: int, whole: int) -> str:
    return f"{part / whole:.4g}" if whole else "1"


STYLE: Final = """
body{font:14px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#222}
table{border-collapse:collapse}th,td{padding:.2rem .8rem;text-align:right;border-bottom:1px solid #ddd}
th:first-child,td:first-child{text-align:left}pre{border:1px solid #ddd;overflow-x:auto;padding:.5rem 0}
pre span{display:block;padding:0 .8rem;min-height:1.3em}
pre i{color:#999;display:inline-block;width:3.5em;font-style:normal}
.hit{background:#e8f6e8}.miss{background:#fbe3e3}.part{background:#fdf3d7}small{color:#a40000;padding-left:2em}
""".strip()


def html(data: Data, folder: Path) -> str:
    """One page without anything else that it needs: the table, and every definition with what is missing in it."""
    heads = "".join(f"<th>{each}</th>" for each in ("machine", *COLUMNS))
    rows = [
        f'<tr><td><a href="#d{index}">{escape(first)}</a></td>{_cells(others)}</tr>'
        for index, (first, *others) in enumerate(row(each, folder) for each in data.definitions)
    ]
    first, *others = total(data)
    rows.append(f"<tr><td><b>{first}</b></td>{_cells(others)}</tr>")
    bodies = [_definition(index, each, folder) for index, each in enumerate(data.definitions)]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>ASL coverage</title><style>{STYLE}</style>'
        f"<h1>ASL coverage: {percent_text(data)}</h1><table><tr>{heads}</tr>{''.join(rows)}</table>"
        f"{''.join(bodies)}</html>\n"
    )


def _cells(cells: list[str]) -> str:
    return "".join(f"<td>{each}</td>" for each in cells)


def _definition(index: int, covered: Covered, folder: Path) -> str:
    head = f'<h2 id="d{index}">{escape(covered.shown(folder))}</h2>'
    if not covered.ran:
        head += "<p>It never ran.</p>"
    missed = covered.missing()
    text = _text(covered)
    if text is None:
        items = "".join(f"<li>{escape(each.text)} <code>{escape(each.key.pointer)}</code></li>" for each in missed)
        return f"{head}<ul>{items}</ul>"
    notes: dict[int, list[str]] = {}
    kinds: dict[int, set[bool]] = {}
    for goal in covered.goals:
        kinds.setdefault(covered.lines.get(goal.key.pointer, 1), set()).add(goal.key in covered.taken)
    for goal in missed:
        notes.setdefault(covered.lines.get(goal.key.pointer, 1), []).append(goal.text)
    shown = range(1, len(text) + 1)
    if covered.name.part is not None and covered.lines:  # of a template, only the lines of this machine
        shown = range(max(min(covered.lines.values()) - 2, 1), min(max(covered.lines.values()) + 2, len(text)) + 1)
    lines = [_html_line(number, text[number - 1], kinds.get(number), notes.get(number, [])) for number in shown]
    return f"{head}<pre>{''.join(lines)}</pre>"


def _html_line(number: int, text: str, taken: set[bool] | None, notes: list[str]) -> str:
    of = {None: ""} if taken is None else {None: "part" if len(taken) == 2 else "hit" if True in taken else "miss"}
    told = f"<small>{escape('; '.join(notes))}</small>" if notes else ""
    return f'<span class="{of[None]}"><i>{number}</i>{escape(text)}{told}</span>'


def _text(covered: Covered) -> list[str] | None:
    """The lines of its file; ``None`` for a definition in code, and for a file that is gone."""
    if covered.name.file is None:
        return None
    try:
        return Path(covered.name.file).read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
