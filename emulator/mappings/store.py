"""The event source mappings of an emulator, by their UUIDs."""

from collections.abc import Iterable
from typing import Any

from emulator.functions import Functions
from emulator.mappings.mapping import Mapping
from emulator.mappings.readers import Readers


class Mappings:
    """The mappings, in the order in which they were made."""

    def __init__(self, readers: Readers, functions: Functions) -> None:
        self.readers = readers
        self._functions = functions
        self._mappings: dict[str, Mapping] = {}

    def create(self, members: dict[str, Any], function_arn: str, role: str) -> Mapping:
        """Make a mapping; it does not read yet."""
        uuid = self.readers.world.chance("event source mapping").uuid()
        mapping = self._mappings[uuid] = Mapping(uuid, self.readers, self._functions, members, function_arn, role)
        return mapping

    def get(self, uuid: str) -> Mapping | None:
        """The mapping of a UUID."""
        return self._mappings.get(uuid)

    def delete(self, uuid: str) -> None:
        """Delete a mapping."""
        self._mappings.pop(uuid).delete()

    def all(self) -> Iterable[Mapping]:
        """Every mapping."""
        return self._mappings.values()
