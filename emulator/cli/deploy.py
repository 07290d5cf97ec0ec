"""``emulate deploy``: list what a template makes here."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emulator.cli.options import ACCEPT_CALL, BACKEND, JSON, Refused, TemplateOptions, near_file, template_options
from emulator.cli.terminal import Terminal, count_text

if TYPE_CHECKING:
    from emulator.templates import Application


@click.command()
@click.argument("template")
@click.option("--list", "listed", is_flag=True, help="List the template's resources, and what has no effect.")
@template_options
@BACKEND
@ACCEPT_CALL
@JSON
def deploy(
    template: str,
    listed: bool,
    of_template: TemplateOptions,
    backend: tuple[str, ...],
    accepted_calls: tuple[str, ...],
    as_json: bool,
) -> int:
    """Deploy TEMPLATE into an emulator of this command, and list its resources with their names and ARNs.

    Resources that are not emulated are listed by type, with the reason. Properties that have no effect are listed too.
    None of the template's code runs. A test deploys it with `emulator.deploy("template.yaml")`. `emulate run TEMPLATE
    MACHINE INPUT` runs a machine.

    Exit code 0, or 2 for a template that is wrong.
    """
    from emulator.core import Emulator

    if not Path(template).exists():
        raise Refused(f"deploy: there is no file {template}{near_file(template)}")
    terminal = Terminal()
    with Emulator(backend=backend or None, accepted_calls=accepted_calls, allow_blocked=True) as emulator:
        app = emulator.deploy(template, **of_template.arguments)
        document = report(app)
    if as_json:
        terminal.json(document)
    else:
        for line in lines_of(document):
            terminal.data(line)
    return 0


def report(app: "Application") -> dict[str, Any]:
    """What the template made: resources with type, Ref and ARN, outputs, and what has no effect."""
    return {
        "stack": app.name,
        "resources": [
            {"logical_id": each.logical_id, "type": each.type, "ref": each.ref, "arn": each.arn}
            for each in app.resources()
        ],
        "outputs": app.outputs,
        "not_emulated": app.not_emulated,
        "made_in_part": app.made_in_part,
        "not_enforced": app.not_enforced,
    }


def lines_of(document: Mapping[str, Any]) -> list[str]:
    """The report for people: one line for each resource, then what has no effect."""
    missing = {name for names in document["not_emulated"].values() for name in names} - {*document["made_in_part"]}
    made = [each for each in document["resources"] if each["logical_id"] not in missing]
    lines = [f"{document['stack']}: {count_text(len(made), 'resource')}"]
    lines += columns([(each["logical_id"], each["type"], _named(each)) for each in made])
    if document["outputs"]:
        lines += ["", "outputs", *columns([(name, str(value)) for name, value in document["outputs"].items()])]
    if document["not_emulated"]:
        lines += ["", *unmade_lines(document)]
    if document["not_enforced"]:
        lines += ["", "not enforced"]
        lines += [f"  {name}: {', '.join(properties)}" for name, properties in document["not_enforced"].items()]
    return lines


def unmade_lines(document: Mapping[str, Any]) -> list[str]:
    """What of a template is not emulated, by type."""
    lines = []
    for type_, names in document["not_emulated"].items():
        first, _, fix = type_.partition("\n")
        lines.append(f"  {first}: {', '.join(names)}")
        lines += [f"    {fix.strip().removesuffix(')')}"] if fix else []
    return (
        [
            "not emulated: a call that asks for one is refused; of what is made, the part in brackets is missing",
            *lines,
        ]
        if lines
        else []
    )


def _named(resource: Mapping[str, str]) -> str:
    ref, arn = resource["ref"], resource["arn"]
    return ref if not arn or arn == ref else f"{ref}  {arn}"


def columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows as lines, their cells below each other."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]) - 1)] if rows else []
    cells = ([text.ljust(width) for text, width in zip(row, widths, strict=False)] + [row[-1]] for row in rows)
    return ["  " + "  ".join(each).rstrip() for each in cells]
