"""``emulate check``: print every problem of definitions."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emulator.cli.options import SET, SUBSTITUTIONS, Refused, check_settings, near_file, substitution_values
from emulator.cli.terminal import Terminal, count_text

if TYPE_CHECKING:
    from asl import Problem


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@SET
@SUBSTITUTIONS
@click.option(
    "--type",
    "type_",
    type=click.Choice(["STANDARD", "EXPRESS"], case_sensitive=False),
    default="STANDARD",
    show_default=True,
    help="The type of the state machines.",
)
@click.option(
    "--severity",
    type=click.Choice(["ERROR", "WARNING"], case_sensitive=False),
    default="WARNING",
    show_default=True,
    help="The lowest severity to show: ERROR hides warnings.",
)
@click.option("--strict", is_flag=True, help="Exit with code 1 for the warnings shown, too.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
def check(
    files: tuple[str, ...],
    settings: tuple[str, ...],
    substitutions_file: str | None,
    type_: str,
    severity: str,
    strict: bool,
    as_json: bool,
) -> int:
    """Print every problem of the definitions in FILE..., each with its file, line and column.

    Files are JSON, or YAML if the name ends in .yaml or .yml. A folder means every *.asl.json, *.asl.yaml and *.asl.yml
    in it. AWS rejects errors; warnings are AWS's own, and likely mistakes.

    Exit code 0 without errors, 1 with errors, 2 if a file cannot be read.
    """
    from emulator.definitions.files import read_definition_file

    terminal = Terminal()
    values = substitution_values(settings, substitutions_file)
    texts = {str(path): read_definition_file(path, str(path), values) for path in _definition_paths(files)}
    check_settings(settings, [name for text in texts.values() for name in text.names])
    wanted = ("ERROR",) if severity == "ERROR" else ("ERROR", "WARNING")
    machine_type: Any = type_
    found = {
        name: [problem for problem in text.check(machine_type) if problem.severity in wanted]
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
        terminal.warn(f"{count_text(len(texts), 'file')}, {', '.join(counts) or 'no problems'}")
    return 1 if errors or (strict and warnings) else 0


def _definition_paths(names: Sequence[str]) -> list[Path]:
    """The files and the files in the folders of ``names``, each once."""
    from emulator.definitions.files import SUFFIXES, definition_files

    paths: dict[Path, None] = {}
    for name in names:
        path = Path(name)
        if path.is_dir():
            inside = definition_files(path)
            if not inside:
                raise Refused(f"check: no definitions in the folder {name}: no {', no *'.join(SUFFIXES)}")
            paths.update(dict.fromkeys(inside))
        elif path.exists():
            paths[path] = None
        else:
            raise Refused(f"check: there is no file {name}{near_file(name)}")
    return list(paths)


def _problem_document(problem: "Problem") -> dict[str, Any]:
    names = ("code", "message", "line", "column", "hint", "severity")
    return {"pointer": problem.place, **{name: getattr(problem, name) for name in names}}
