"""Items of DynamoDB tables are removed when their time to live has passed, on the virtual clock.

AWS removes an item "within a few days" of its expiry, and programs see it until then. So here it is removed two days
after it, unless a test wants it at its expiry, or never (``Emulator(dynamodb_ttl=...)``). A run waits for it as for any
one-time event; a table at an external backend is that backend's matter.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from emulator.aws.moto.expiring import Written
from emulator.errors import EmulatorError
from emulator.world import World

Mode: TypeAlias = Literal["within days", "at expiry", "never"]
DELAYS: Final[Mapping[str, timedelta | None]] = MappingProxyType(
    {"within days": timedelta(days=2), "at expiry": timedelta(), "never": None}
)
"""Mode -> how long after its expiry an item is removed."""


class Expiry:
    """Removes the expired items of one emulator.

    ``remove`` removes, in moto, those of the given items whose time to live is not later than the given time.
    """

    def __init__(
        self, world: World, delay: timedelta | None, remove: Callable[[Sequence[Written], datetime], None]
    ) -> None:
        self._world = world
        self._delay = delay
        self._remove = remove
        self._due: dict[datetime, list[Written]] = {}
        """When to look -> at which items."""

    def written(self, items: Sequence[Written]) -> None:
        """Look at these items when they may be removed, unless they never are."""
        delay = self._delay
        if delay is None:
            return
        now = self._world.now()
        for item in items:
            try:
                at = max(now, item.expires_at + delay)
            except OverflowError:
                continue
            if (waiting := self._due.get(at)) is None:
                waiting = self._due[at] = []
                self._world.alarm("removal of expired items", at, partial(self._look, at, delay))
            waiting.append(item)
        self._world.settle()

    def _look(self, at: datetime, delay: timedelta) -> None:
        self._remove(self._due.pop(at), at - delay)


def read_mode(mode: object) -> timedelta | None:
    """How long after its expiry an item is removed; ``None`` for never. Raises ``EmulatorError``."""
    if isinstance(mode, timedelta) and mode >= timedelta():
        return mode
    if isinstance(mode, str) and mode in DELAYS:
        return DELAYS[mode]
    words = " or ".join(f"dynamodb_ttl={each!r}" for each in DELAYS)
    raise EmulatorError(f"dynamodb_ttl={mode!r}: write {words}, or a timedelta: how long after its expiry an item goes")
