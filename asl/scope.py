"""What a running state can see: its input, the context object, variables, chance, and the time."""

from datetime import datetime
from typing import Protocol

from asl.paths import Scope
from asl.values import Payload


class StateScope(Scope, Protocol):
    """A state's surroundings, which the machine gives to ``enter`` and ``resume``."""

    @property
    def input(self) -> Payload:
        """The raw input of the state, before InputPath."""

    @property
    def now(self) -> datetime:
        """When the event that is being worked on happened (aware, UTC)."""
