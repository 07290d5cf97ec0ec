"""``emulate check``: print every problem of definitions."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import click

from emulator.cli.options import (
    PARAMETERS,
    SET,
    SUBSTITUTIONS,
    TYPE,
    Refused,
    check_settings,
    named_values,
    near_file,
    substitution_values,
)
from emulator.cli.terminal import Terminal, count_text

if TYPE_CHECKING:
    from asl import Problem
    from emulator.definitions.files import DefinitionText
    from emulator.definitions.folders import Found


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@SET
@SUBSTITUTIONS
@PARAMETERS
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
    parameters: tuple[str, ...],
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

    Of a template every state machine in it is checked, with the values that the template gives; problems have their
    places in the file that holds the definition. Templates in a folder are checked, too.

    Exit code 0 without errors, 1 with errors, 2 if a file cannot be read or a template is wrong.
    """
    from emulator.definitions.files import read_definition_file
    from emulator.definitions.folders import counted, is_template
    from emulator.errors import EmulatorError

    terminal = Terminal()
    values = substitution_values(settings, substitutions_file)
    paths, templates, unreadable, left_out = _definition_paths(files)
    texts: dict[str, Named] = {}
    unchecked: list[str] = []
    given_parameters = named_values("--parameter", parameters)
    for path in [*templates, *(each for each in paths if is_template(each))]:
        try:
            texts |= _in_template(path, given_parameters, terminal)
        except EmulatorError as error:
            (unchecked if path in templates else unreadable).append(str(error))
    of_templates = {Path(each.file).resolve() for each in texts.values()}
    for path in paths:
        if is_template(path) or path.resolve() in of_templates:
            continue
        try:
            text = read_definition_file(path, str(path), values)
            texts[str(path)] = Named(text.source, text, type_)
        except EmulatorError as error:
            unreadable.append(str(error))
    if texts:
        for reason in unchecked:
            terminal.warn(f"not checked: {reason}")
    else:
        unreadable += unchecked
    check_settings(settings, [name for each in texts.values() for name in each.text.names])
    wanted = ("ERROR",) if severity == "ERROR" else ("ERROR", "WARNING")
    unresolved_as: Any = unresolved
    found: dict[str, list[Problem]] = {}
    for each in texts.values():
        machine_type: Any = each.type
        kept = found.setdefault(each.file, [])
        told = each.text.check(machine_type, unresolved_as)
        kept += [problem for problem in told if problem.severity in wanted and problem not in kept]
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
            terminal.warn(f"{count_text(len(found), 'file')}, {', '.join(counts) or 'no problems'}")
        if left_out:
            terminal.warn(f"left out: {', '.join(counted(left_out))}; name a folder to check it")
    for reason in unreadable:
        terminal.warn(f"error: {reason}")
    return 2 if unreadable else 1 if errors or (strict and warnings) else 0


class Named(NamedTuple):
    """A definition: the file that holds it, its text, and the type of its machine."""

    file: str
    text: "DefinitionText"
    type: str


def _in_template(path: Path, parameters: Mapping[str, Any], terminal: Terminal) -> dict[str, Named]:
    """The definitions of a template's machines, by the template and the logical id."""
    from emulator.core import Emulator
    from emulator.templates.checked import machines_of

    found: dict[str, Named] = {}
    machines = machines_of(Emulator().assembly, path, str(path), parameters)
    if not machines:
        terminal.warn(f"{path} has no state machine")
    for each in machines:
        if each.definition is None:
            terminal.warn(f"not checked: {each.logical_id} in {path}: {each.unread}")
        else:
            found[f"{path}: {each.logical_id}"] = Named(each.definition.source, each.definition, each.type)
    return found


def _definition_paths(names: Sequence[str]) -> tuple[list[Path], list[Path], list[str], list[Path]]:
    """Files and definitions of ``names``, templates in its folders, what cannot be read, and what is left out."""
    from emulator.definitions.folders import is_template, search

    paths: dict[Path, None] = {}
    templates: dict[Path, None] = {}
    unreadable: list[str] = []
    left_out: list[Path] = []
    for name in names:
        path = Path(name)
        if path.is_dir() and not is_template(path):
            found = search(path)
            inside = [each for each, kind in found.others if kind.held and is_template(each)]
            if not found.definitions and not found.unreadable and not inside:
                raise Refused(_nothing_in(name, found))
            templates.update(dict.fromkeys(inside))
            paths.update(dict.fromkeys(found.definitions))
            unreadable += found.unreadable
            left_out += found.left_out
        elif path.exists():
            paths[path] = None
        else:
            raise Refused(f"check: there is no file {name}{near_file(name)}")
    return list(paths), list(templates), unreadable, left_out


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
