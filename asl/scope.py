"""The scope of a running state: what its paths and templates read, and the time."""

from datetime import datetime
from typing import Protocol

from asl.paths import Scope


class StateScope(Scope, Protocol):
    """The scope that the machine gives to ``enter`` and ``resume``."""

    @property
    def now(self) -> datetime:
        """The time of the current event (aware, UTC)."""
