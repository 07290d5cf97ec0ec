"""The scope of a running state: its input, the context object, variables, random numbers, and the time."""

from datetime import datetime
from typing import Protocol

from asl.paths import Scope
from asl.values import Payload


class StateScope(Scope, Protocol):
    """The scope that the machine gives to ``enter`` and ``resume``."""

    @property
    def input(self) -> Payload:
        """The raw input of the state, before InputPath."""

    @property
    def now(self) -> datetime:
        """The time of the current event (aware, UTC)."""
