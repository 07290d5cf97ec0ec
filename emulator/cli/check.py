"""``emulate check``: print every problem of definitions."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from emulator.cli.options import SET, SUBSTITUTIONS, TYPE, Refused, check_settings, near_file, substitution_values
from emulator.cli.terminal import Terminal, count_text

if TYPE_CHECKING:
    from asl import Problem
    from emulator.definitions.folders import Found


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@SET
@SUBSTITUTIONS
@TYPE
@click.option(
    "--severity",
    type=click.Choice(["ERROR", "WARNING"], case_sensitive=False),
    default="WARNING",
    show_default=True,
    help="The lowest severity to show: ERROR hides warnings.",
)
@click.option(
    "--unresolved",
    type=click.Choice(["WARNING", "ERROR"], case_sensitive=False),
    default="WARNING",
    show_default=True,
    help="The severity of a ${NAME} without a value.",
)
@click.option("--strict", is_flag=True, help="Exit with code 1 for the warnings shown, too.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
def check(
    files: tuple[str, ...],
    settings: tuple[str, ...],
    substitutions_file: str | None,
    type_: Literal["STANDARD", "EXPRESS"],
    severity: str,
    unresolved: str,
    strict: bool,
    as_json: bool,
) -> int:
    """Print every problem of the definitions in FILE..., each with its file, line and column.

    Files are JSON, or YAML if the name ends in .yaml or .yml. A folder means every definition in it: files with StartAt
    and States, and *.asl.json, *.asl.yaml, *.asl.yml and *.asl. Folders such as node_modules, .git, .venv and cdk.out
    are left out unless they are named. AWS rejects errors; warnings are AWS's own, and likely mistakes.

    Exit code 0 without errors, 1 with errors, 2 if a file cannot be read.
    """
    from emulator.definitions.files import read_definition_file
    from emulator.definitions.folders import counted
    from emulator.errors import EmulatorError

    terminal = Terminal()
    values = substitution_values(settings, substitutions_file)
    paths, unreadable, left_out = _definition_paths(files)
    texts = {}
    for path in paths:
        try:
            texts[str(path)] = read_definition_file(path, str(path), values)
        except EmulatorError as error:
            unreadable.append(str(error))
    check_settings(settings, [name for text in texts.values() for name in text.names])
    wanted = ("ERROR",) if severity == "ERROR" else ("ERROR", "WARNING")
    unresolved_as: Any = unresolved
    found = {
        name: [problem for problem in text.check(type_, unresolved_as) if problem.severity in wanted]
        for name, text in texts.items()
    }
    shown = [problem.severity for problems in found.values() for problem in problems]
    errors, warnings = shown.count("ERROR"), shown.count("WARNING")
    if as_json:
        terminal.json([{"file": name, "problems": [_problem_document(p) for p in ps]} for name, ps in found.items()])
    else:
        for name, problems in found.items():
            for problem in problems:
                terminal.data(problem.text(name))
        counts = [count_text(number, what) for number, what in ((errors, "error"), (warnings, "warning")) if number]
        if texts or not unreadable:
            terminal.warn(f"{count_text(len(texts), 'file')}, {', '.join(counts) or 'no problems'}")
        if left_out:
            terminal.warn(f"left out: {', '.join(counted(left_out))}; name a folder to check it")
    for reason in unreadable:
        terminal.warn(f"error: {reason}")
    return 2 if unreadable else 1 if errors or (strict and warnings) else 0


def _definition_paths(names: Sequence[str]) -> tuple[list[Path], list[str], list[Path]]:
    """The files and the definitions in the folders of ``names``, each once; what cannot be read; what is left out."""
    from emulator.definitions.folders import search

    paths: dict[Path, None] = {}
    unreadable: list[str] = []
    left_out: list[Path] = []
    for name in names:
        path = Path(name)
        if path.is_dir():
            found = search(path)
            if not found.definitions and not found.unreadable:
                raise Refused(_nothing_in(name, found))
            paths.update(dict.fromkeys(found.definitions))
            unreadable += found.unreadable
            left_out += found.left_out
        elif path.exists():
            paths[path] = None
        else:
            raise Refused(f"check: there is no file {name}{near_file(name)}")
    return list(paths), unreadable, left_out


def _nothing_in(name: str, found: "Found") -> str:
    """Why a folder has nothing to check: what was looked for, which templates are there, what was left out."""
    from emulator.definitions.folders import ENDINGS, counted
    from emulator.definitions.kinds import problem_of

    wanted = f"no JSON or YAML file with StartAt and States, no *{', no *'.join(ENDINGS)}"
    lines = [f"check: no definitions in the folder {name}: {wanted}"]
    lines += [f"    {problem_of(kind).text(str(path)).splitlines()[0]}" for path, kind in found.others[:10]]
    if len(found.others) > 10:
        lines.append(f"    and {len(found.others) - 10} more such files")
    if found.left_out:
        lines.append(f"    left out: {', '.join(counted(found.left_out))}; name a folder to check it")
    return "\n".join(lines)


def _problem_document(problem: "Problem") -> dict[str, Any]:
    names = ("code", "message", "line", "column", "hint", "severity")
    return {"pointer": problem.place, **{name: getattr(problem, name) for name in names}}
