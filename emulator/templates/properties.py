"""A resource as its template has it, its properties, evaluated when they are asked for, and what it has become."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from asl.problems import join
from emulator.assembly import Assembly
from emulator.aws.promises.by_member import without_effect
from emulator.errors import NotEmulatedError
from emulator.templates.document import Document
from emulator.templates.kinds import KINDS, read
from emulator.templates.resolve import resolved
from emulator.templates.values import NO_VALUE, Values
from emulator.templates.words import is_known


class Template(Protocol):
    """What the properties of a resource ask of the template that is being deployed (``Stack``)."""

    assembly: Assembly
    document: Document
    values: Values
    without_value: dict[str, tuple[str, str]]
    not_enforced: dict[str, list[str]]


class Resource(NamedTuple):
    """A resource as the template has it; ``pointer`` is that of its properties."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    pointer: str
    condition: str | None = None
    depends_on: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = {}
    other_names: tuple[str, ...] = ()
    """Other names that Ref takes for it, such as SAM's ``Function.Alias``."""
    is_wrong: bool = False
    """Whether it has words that AWS does not have. They were told: it exists by its name only."""


class Made(NamedTuple):
    """What a resource has become: its Ref, and its attributes."""

    ref: str
    attributes: Mapping[str, Any] = {}


class Properties:
    """The properties of a resource, evaluated when they are asked for."""

    def __init__(self, template: Template, resource: Resource) -> None:
        self._template = template
        self._resource = resource
        self._asked: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        """The property's value, or ``default`` without one."""
        self._asked.add(name)
        if name not in self._resource.properties:
            return default
        pointer = join(self._resource.pointer, name)
        found = self._template.values.of(self._resource.properties[name], pointer)
        if found is NO_VALUE:
            return default
        found = resolved(self._template.assembly, found, lambda reference: self._missing(reference, pointer))
        if name.endswith("Name") and isinstance(found, int | float):  # CloudFormation takes them for a text
            found = str(found).lower() if isinstance(found, bool) else str(found)
        kind = KINDS.get(self._resource.type, {}).get(name)
        return found if kind is None or found is None else read(self._template.document, kind, found, pointer)

    def _missing(self, reference: str, pointer: str) -> None:
        """Note a dynamic reference that has no value here."""
        self._template.without_value.setdefault(self._resource.logical_id, (reference, pointer))
        told = self._template.not_enforced.setdefault(self._resource.logical_id, [])
        if (text := f"{reference}, which has no value here") not in told:
            told.append(text)

    def chosen(self, *names: str) -> dict[str, Any]:
        """Those of ``names`` that it has, with their values."""
        return {name: value for name in names if (value := self.get(name)) is not None}

    def all(self) -> dict[str, Any]:
        """All properties, with their values."""
        return self.chosen(*self._resource.properties)

    def known(self, *names: str) -> dict[str, Any]:
        """Those of ``names``, without any all, whose values are known: what a macro gives is not."""
        found: dict[str, Any] = {}
        for name in names or self._resource.properties:
            with suppress(NotEmulatedError):
                found |= self.chosen(name)
        return found

    def raw(self, name: str) -> Any:
        """The property as it is written."""
        self._asked.add(name)
        return self._resource.properties.get(name)

    def not_enforced(self) -> list[str]:
        """The properties that nothing has asked for, and those that have no effect."""
        left = (name for name in self._resource.properties if name not in self._asked)
        type_ = self._resource.type
        found = [name if is_known(type_, name) else f"{name}, which {type_} does not have" for name in left]
        return [*found, *(name for name in without_effect(type_, self._resource.properties) if name not in found)]
