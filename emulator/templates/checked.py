"""What is wrong with a template and with the definitions in it, for a check.

The template is deployed into an emulator that is thrown away, so that what a deployment refuses is found, in its
words. Nothing of a template runs then. A resource that is wrong exists by its name only, so that the others are looked
at, too.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from asl.problems import DefinitionError
from emulator.assembly import Assembly
from emulator.definitions.files import DefinitionText
from emulator.errors import EmulatorError, NotEmulatedError
from emulator.templates.application import make_stacks
from emulator.templates.errors import TemplateError, Wrong, source_and_place
from emulator.templates.formats import Loaded, load
from emulator.templates.properties import Properties, Resource
from emulator.templates.resources.machines import MACHINES, definition_of
from emulator.templates.stack import Stack
from emulator.templates.unmade import Unfit


class Checked(NamedTuple):
    """A state machine of a template: its type and definition, or why the definition cannot be read here."""

    logical_id: str
    type: str
    definition: DefinitionText | None
    unread: str = ""


class Report(NamedTuple):
    """The state machines of an application, what is wrong with its templates, their files, and its functions."""

    machines: list[Checked]
    problems: list[Wrong]
    files: list[Path]
    unfit: list[Unfit]
    """The functions whose code cannot run on this machine; those that cannot run on AWS either are problems."""
    warnings: list[str]
    """What AWS takes and is likely a mistake: keys that are there twice."""


def check_application(
    assembly: Assembly,
    path: Path,
    source: str,
    *,
    parameters: Mapping[str, Any],
    imports: Mapping[str, Any],
    stack_name: str | None,
    leave_out: Collection[str],
    is_one_of_many: bool = False,
) -> Report:
    """What is wrong with the application in ``path``.

    ``is_one_of_many``: ``parameters`` that it does not have are for another one. Raises ``TemplateError`` for a file
    that is no template.
    """
    loaded = load(path, source, parameters, {"region": assembly.region, "accountId": assembly.account_id})
    if is_one_of_many:
        declared = {name for each in loaded.documents for name in each.value.get("Parameters") or {}}
        loaded = Loaded(loaded.documents, {name: each for name, each in loaded.parameters.items() if name in declared})
    found: list[Wrong] = []
    stacks, _ = make_stacks(
        assembly,
        loaded,
        path,
        source=source,
        name=stack_name,
        imports=imports,
        leave_out=leave_out,
        problems=found,
    )
    machines = [each for stack in stacks for each in _machines(stack)]
    read = {each.definition.source for each in machines if each.definition is not None}
    unfit = {each.logical_id: each for stack in stacks for each in stack.unfit.values()}.values()
    mistakes = [each for each in unfit if each.is_mistake]
    found += (TemplateError(f"{each.logical_id}: {each.why}", each.place, each.fix) for each in mistakes)
    files = [each.document.path for each in stacks]
    twice = [
        f"{each.document.place(pointer)}: the key {pointer.rpartition('/')[2]!r} is there twice: the last counts"
        for each in stacks
        for pointer in each.document.repeated
    ]
    return Report(machines, _distinct(found, read), files, [each for each in unfit if not each.is_mistake], twice)


def _machines(stack: Stack) -> Iterator[Checked]:
    for each in stack.resources.values():
        if each.type in MACHINES and each.logical_id not in stack.left_out:
            try:
                if stack.exists(each):
                    yield _checked(stack, each)
            except (EmulatorError, DefinitionError):
                continue  # told when it was made


def _checked(stack: Stack, resource: Resource) -> Checked:
    properties = Properties(stack, resource)
    type_ = str(properties.get("StateMachineType") or properties.get("Type") or "STANDARD")
    try:
        return Checked(resource.logical_id, type_, definition_of(stack, resource, properties))
    except NotEmulatedError as error:
        return Checked(resource.logical_id, type_, None, str(error))


def _distinct(found: list[Wrong], read: Collection[str]) -> list[Wrong]:
    """Each problem once, in the order of the file, also a circle that begins elsewhere; none of what is ``read``."""
    kept: dict[str, Wrong] = {}
    for each in found:
        if not isinstance(each, DefinitionError) or each.source not in read:
            kept.setdefault(_cause(each), each)
    return sorted(kept.values(), key=_place)


def _place(error: Wrong) -> tuple[str, int, int]:
    if not isinstance(error, TemplateError):
        return "", 0, 0
    source, line, column = source_and_place(error.place)
    return source, line or 0, column or 0


def _cause(error: Wrong) -> str:
    """What two problems that have one cause have in common."""
    if isinstance(error, TemplateError):
        if error.message.startswith("No export named "):
            return error.message
        if error.hint is not None and error.hint.startswith("Did you mean "):
            return f"{error.place} {error.hint}"
    return _circle(error) or str(error)


def _circle(error: Wrong) -> str | None:
    """The ids of a circle in order, if the error is one."""
    begin, _, rest = error.message.partition(" between resources: [") if isinstance(error, TemplateError) else ("",) * 3
    return " ".join(sorted(rest.rstrip("]").split(", "))) if begin == "Circular dependency" else None
