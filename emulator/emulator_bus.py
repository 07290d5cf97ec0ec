"""EventBridge as a test sees it: the entries that were put, the events that were not delivered, and why."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from asl.problems import did_you_mean
from emulator.assembly import Assembly
from emulator.aws.regions import checked_region
from emulator.errors import EmulatorError

if TYPE_CHECKING:
    from asl.values import Json
    from emulator.eventbridge.delivery import Undelivered


class EmulatorBus:
    """What was put on EventBridge, and what did not reach its targets."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly

    @property
    def entries(self) -> "list[dict[str, Json]]":
        """All entries that this process put on a bus and EventBridge accepted, as they were sent, in order."""
        return self._assembly.others.bus.entries

    @property
    def undelivered(self) -> "list[Undelivered]":
        """All events of rules and schedules that did not reach a target, in order. On AWS nothing tells of them."""
        return self._assembly.others.bus.undelivered

    def explain(
        self, event: "Mapping[str, Any]", bus: str | None = None, region: str | None = None
    ) -> dict[str, list[str]]:
        """Why the rules of a bus do not match ``event``: name of the rule -> reasons.

        ``event`` is an entry as PutEvents takes it (``emulator.bus.entries[0]``), or an event's whole envelope. A rule
        that matches has an empty list. Rules that are disabled are left out. ``bus`` is the one that the entry names,
        else ``default``, unless given; ``region`` is the emulator's unless given. Raises ``EmulatorError`` for any
        other shape, for a bus that does not exist, and for an entry that PutEvents refuses.
        """
        from emulator.eventbridge.given import read_event

        if not isinstance(bus, str | None):
            raise EmulatorError(f"bus={bus!r}: give the name of a bus, as text")

        assembly = self._assembly
        where = assembly.region if region is None else checked_region(region)
        given = read_event(event, account=assembly.account_id, region=where, now=self._assembly.now())
        name = (bus or given.bus or "default").rpartition("/")[2]
        self._check_bus(name, where)
        return assembly.others.bus.explain(given.event, name, where)

    def _check_bus(self, name: str, region: str) -> None:
        names = self._assembly.others.bus.bus_names(region)
        if name not in names:
            hint = did_you_mean(name, names) or f"The buses are: {', '.join(names)}."
            raise EmulatorError(f"there is no bus {name} in {region}. {hint}")
