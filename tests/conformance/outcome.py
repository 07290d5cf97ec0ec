"""A recorded case, and what came of it here."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self


class Case(NamedTuple):
    """A case of a collection: its id, the group that it is counted in, and the data as recorded."""

    id: str
    group: str
    data: dict[str, Any]


class Outcome(NamedTuple):
    """``kind`` is ``pass``, ``fail``, ``error`` (the case could not be run to its end) or ``excluded``.

    ``told`` says what differs, or why; ``dated`` holds what AWS has changed since the recording was made.
    """

    kind: str
    told: Sequence[str] = ()
    dated: frozenset[str] = frozenset()

    @classmethod
    def of(cls, differences: Sequence[str], dated: set[str] | None = None) -> Self:
        """A pass without differences, else a failure."""
        return cls("fail" if differences else "pass", differences, frozenset(dated or ()))

    @classmethod
    def excluded(cls, reason: str) -> Self:
        """A case that cannot be run here, for a ``reason`` that is not the emulator's."""
        return cls("excluded", (reason,))
