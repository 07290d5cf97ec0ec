"""A template of CloudFormation that is built from another format, part by part, each with the place it comes from."""

from collections.abc import Mapping
from typing import Any

from asl.problems import join
from emulator.templates.serverless.variables import Mark


class Built:
    """The parts of a template, and where they were written."""

    def __init__(self, marks: Mapping[str, Mark]) -> None:
        self.value: dict[str, Any] = {"Resources": {}, "Outputs": {}}
        self.places: dict[str, tuple[int, int]] = {}
        self.sources: dict[str, str] = {}
        self.other_names: dict[str, str] = {}
        self.not_read: dict[str, list[str]] = {}
        """What of the format has no effect here -> the names."""
        self._marks = marks

    def resource(
        self,
        logical_id: str,
        type_: str,
        properties: Mapping[str, Any],
        at: str,
        moved: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        """Add a resource, which is written at ``at``; ``moved``: property -> where its value is written."""
        kept = {name: value for name, value in properties.items() if value is not None}
        resource = {"Type": type_, "Properties": kept, **{name: value for name, value in more.items() if value}}
        self.value["Resources"][logical_id] = resource
        pointer = join("/Resources", logical_id)
        self.mark(pointer, at)
        self.mark(join(pointer, "Properties"), at)
        for name, origin in (moved or {}).items():
            self.copy(join(join(pointer, "Properties"), name), origin)

    def mark(self, pointer: str, at: str) -> None:
        """Say that the part at ``pointer`` is written at ``at``."""
        source, line, column = self._at(at)
        self.places[pointer], self.sources[pointer] = (line, column), source

    def copy(self, pointer: str, at: str) -> None:
        """Say that the part at ``pointer``, with all below it, is written at ``at``."""
        for each in [each for each in self._marks if each == at or each.startswith(f"{at}/")]:
            self.mark(f"{pointer}{each.removeprefix(at)}", each)

    def leave(self, kind: str, name: str) -> None:
        """List what has no effect here."""
        self.not_read.setdefault(kind, []).append(name)

    def _at(self, pointer: str) -> Mark:
        while pointer and pointer not in self._marks:
            pointer = pointer.rpartition("/")[0]
        return self._marks.get(pointer, ("", 1, 1))
