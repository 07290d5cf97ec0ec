"""The state machines of a template with their definitions, for a check: nothing is made, and no backend is asked.

All values are evaluated. A resource has the name and the ARN that its type gives, so that a definition is looked at as
AWS would get it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from emulator.assembly import Assembly
from emulator.definitions.files import DefinitionText
from emulator.errors import NotEmulatedError
from emulator.templates.document import Document
from emulator.templates.formats import load
from emulator.templates.parameters import read_parameters
from emulator.templates.references import check_references
from emulator.templates.resources.machines import MACHINES, definition_of
from emulator.templates.resources.nested import MAKERS as NESTED
from emulator.templates.resources.nested import document_of
from emulator.templates.sam import resources_of
from emulator.templates.stack import Made, Properties, Resource, Stack


class Checked(NamedTuple):
    """A state machine of a template: its type and definition, or why the definition cannot be read here."""

    logical_id: str
    type: str
    definition: DefinitionText | None
    unread: str = ""


def machines_of(assembly: Assembly, path: Path, source: str, parameters: Mapping[str, Any]) -> list[Checked]:
    """The state machines of the template in the file ``path``; raises ``TemplateError`` for a wrong template."""
    loaded = load(path, source, parameters, {"region": assembly.region, "accountId": assembly.account_id})
    return [
        each for document in loaded.documents for each in _machines(assembly, document, loaded.parameters_of(document))
    ]


def _machines(assembly: Assembly, document: Document, parameters: Mapping[str, Any]) -> Iterator[Checked]:
    resources = resources_of(document)
    check_references(document, resources)
    values = read_parameters(document, parameters, lambda name: name)
    stack = _Names(assembly, document, resources, {}, name="stack", parameters=values, imports=_Imports())
    stack.make_all()
    for each in resources.values():
        if not stack.exists(each):
            continue
        if each.type in MACHINES:
            yield _checked(stack, each)
        if each.type in NESTED:
            yield from _nested(stack, each)


def _nested(stack: Stack, resource: Resource) -> Iterator[Checked]:
    """The machines of a nested template, whose parameters without a value have their names as values."""
    properties = Properties(stack, resource)
    try:
        document = document_of(stack, resource, properties)
    except NotEmulatedError:
        return
    declared = document.value.get("Parameters") or {}
    parameters = {name: name for name, each in declared.items() if "Default" not in each}
    given = properties.get("Parameters") or {}
    yield from _machines(stack.assembly, document, {**parameters, **given})


def _checked(stack: Stack, resource: Resource) -> Checked:
    properties = Properties(stack, resource)
    type_ = str(properties.get("StateMachineType") or properties.get("Type") or "STANDARD")
    try:
        return Checked(resource.logical_id, type_, definition_of(stack, resource, properties))
    except NotEmulatedError as error:
        return Checked(resource.logical_id, type_, None, str(error))


class _Names(Stack):
    """A template whose resources have names only."""

    def _make(self, resource: Resource) -> Made:
        made = self._by_name_only(resource)
        if resource.type not in MACHINES:
            Properties(self, resource).all()
        self._check_name(resource, made)
        return made


class _Imports(Mapping[str, Any]):
    """Every export of other stacks, each with its name as the value."""

    def __getitem__(self, name: str) -> Any:
        return name

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0
