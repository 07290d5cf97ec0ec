"""``emulate check``: print every problem of definitions."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import click

from emulator.cli.options import (
    SET,
    SUBSTITUTIONS,
    TYPE,
    Refused,
    TemplateOptions,
    check_settings,
    near_file,
    substitution_values,
    template_options,
)
from emulator.cli.terminal import Terminal, count_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asl import Problem
    from emulator.definitions.files import DefinitionText
    from emulator.definitions.folders import Found
    from emulator.templates.checked import Report


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@SET
@SUBSTITUTIONS
@template_options
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
    of_template: TemplateOptions,
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

    A template is deployed into an emulator of this command, and every problem is printed with its place. None of its
    code runs. Every state machine in it is checked, with the template's values, and its problems have their places in
    the file of the definition. Templates in a folder are checked too.

    Exit code 0 without errors, 1 with errors in definitions, 2 if a file cannot be read or a template is wrong.
    """
    from dataclasses import replace

    from emulator.definitions.beside import substitutions_beside
    from emulator.definitions.files import read_definition_file
    from emulator.definitions.folders import counted, is_template
    from emulator.errors import EmulatorError

    terminal = Terminal()
    values = substitution_values(settings, substitutions_file)
    paths, templates, unreadable, left_out = _definition_paths(files)
    reports = _of_templates([*templates, *(each for each in paths if is_template(each))], of_template)
    wrong = [str(each) for report in reports.values() for each in report.problems]
    texts = _definitions_of(reports, terminal)
    of_templates = {Path(each.file).resolve() for each in texts.values()}
    for path in paths:
        if is_template(path) or path.resolve() in of_templates:
            continue
        try:
            text = read_definition_file(path, str(path), values)
            if (kind := _no_object(path, text)) is not None:
                unreadable.append(f"{path}:1:1: a definition or a template is an object, not {kind}")
                continue
            if text.names and (given := substitutions_beside(path)) is not None:
                text = replace(text, substituted=given)
            texts[str(path)] = Named(text.source, text, type_)
        except EmulatorError as error:
            unreadable.append(str(error))
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
    errors, warnings = shown.count("ERROR") + len(wrong), shown.count("WARNING")
    if as_json:
        documents = [{"file": name, "problems": [_problem_document(p) for p in ps]} for name, ps in found.items()]
        terminal.json([*documents, *_wrong_documents(reports)])
    else:
        for name, problems in found.items():
            for problem in problems:
                terminal.data(problem.text(name))
        counts = [count_text(number, what) for number, what in ((errors, "error"), (warnings, "warning")) if number]
        if texts or reports or not unreadable:
            number = len(found) or sum(1 for each in reports.values() if each.problems)
            terminal.warn(f"{count_text(number, 'file')}, {', '.join(counts) or 'no problems'}")
        if left_out:
            terminal.warn(f"left out: {', '.join(counted(left_out))}; name a folder to check it")
    for reason in [*wrong, *unreadable]:
        terminal.warn(f"error: {reason}")
    return 2 if wrong or unreadable else 1 if errors or (strict and warnings) else 0


def _no_object(path: Path, text: "DefinitionText") -> str | None:
    """What a file of JSON or YAML is that is neither a definition nor a template, if its name promises none."""
    from asl.values import is_json
    from emulator.definitions.folders import ENDINGS

    if path.name.lower().endswith(ENDINGS):
        return None
    if path.suffix.lower() in (".yaml", ".yml") and not text.text.strip().removeprefix("null"):
        lines = path.read_bytes().splitlines()
        return "nothing" if all(not line.strip() or line.startswith(b"#") for line in lines) else None
    if not is_json(text.text):
        return None
    return "a list" if text.text.lstrip().startswith("[") else None


class Named(NamedTuple):
    """A definition: the file that holds it, its text, and the type of its machine."""

    file: str
    text: "DefinitionText"
    type: str


def _of_templates(paths: Sequence[Path], options: TemplateOptions) -> "dict[Path, Report]":
    """What is in the templates and wrong with them, each in an emulator of its own; not of those nested in another."""
    from emulator.core import Emulator
    from emulator.errors import EmulatorError
    from emulator.templates.checked import Report, check_application

    found: dict[Path, Report] = {}
    for path in paths:
        with Emulator(allow_blocked=True) as emulator:
            try:
                found[path] = check_application(
                    emulator.assembly, path, str(path), **options.arguments, is_one_of_many=len(paths) > 1
                )
            except EmulatorError as error:
                found[path] = Report([], [error], [path], [], [])
    inner = {file.resolve() for path, each in found.items() for file in each.files if file.resolve() != path.resolve()}
    return {path: each for path, each in found.items() if path.resolve() not in inner}


def _definitions_of(reports: "Mapping[Path, Report]", terminal: Terminal) -> dict[str, Named]:
    """The definitions of the templates' machines, by the template and the logical id."""
    found: dict[str, Named] = {}
    for path, report in reports.items():
        for told in (*report.warnings, *(each.text() for each in report.unfit)):
            terminal.warn(f"warning: {told}")
        if not report.machines and not report.problems:
            terminal.warn(f"{path} has no state machine")
        for each in report.machines:
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
            inside = [each for each, kind in found.others if (kind.held or _nests(each)) and is_template(each)]
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


def _nests(path: Path) -> bool:
    """Whether a template has others in it, which get their parameters from it."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return "AWS::CloudFormation::Stack" in text or "AWS::Serverless::Application" in text


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


def _wrong_documents(reports: "Mapping[Path, Report]") -> list[dict[str, Any]]:
    """What is wrong with templates, by file: a problem without a pointer or a code of its own."""
    from emulator.templates.errors import TemplateError, source_and_place

    found: dict[str, list[dict[str, Any]]] = {}
    for path, report in reports.items():
        for each in report.problems:
            file, message, hint, line, column = str(path), str(each), None, None, None
            if isinstance(each, TemplateError):
                message, hint = each.message, each.hint
                file, line, column = source_and_place(each.place)
            told = {"pointer": "", "code": TEMPLATE, "message": message, "line": line, "column": column}
            found.setdefault(file, []).append({**told, "hint": hint, "severity": "ERROR"})
    return [{"file": file, "problems": problems} for file, problems in found.items()]


TEMPLATE: Final = "TEMPLATE"
"""The code of what is wrong with a template."""
