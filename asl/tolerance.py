"""How many failures a Map puts up with: ToleratedFailureCount and ToleratedFailurePercentage."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from asl.errors import EXCEED_TOLERATED_FAILURE_THRESHOLD, StateError, runtime_error
from asl.paths import Scope
from asl.values import Json

Count: TypeAlias = Callable[[Json, Scope], int]
Share: TypeAlias = Callable[[Json, Scope], float]
"""(effective input, scope) -> the number."""

EXCEEDED: Final = "The specified tolerated failure threshold was exceeded"
"""The cause of States.ExceedToleratedFailureThreshold (recorded: ``test_map_state_failure_count``)."""


@dataclass(frozen=True, slots=True)
class Tolerated:
    """How many items may fail, and how many in a hundred; ``None`` where the state does not say.

    The state fails when either is exceeded; when it says neither, at the first failure.
    """

    count: int | None = None
    percentage: float | None = None

    def exceeded(self, failed: int, total: int | None) -> bool:
        """Whether ``failed`` of ``total`` items are too many; a share cannot be told while ``total`` is ``None``."""
        if failed and self.count is None and self.percentage is None:
            return True
        if self.count is not None and failed > self.count:
            return True
        return self.percentage is not None and bool(total) and failed * 100 > self.percentage * (total or 1)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How a state's tolerance is read; a field that it does not have is ``None``."""

    count: Count | None
    percentage: Share | None

    def read(self, document: Json, scope: Scope) -> Tolerated:
        """What the state puts up with; a value out of range is a States.Runtime."""
        count = None if self.count is None else self.count(document, scope)
        if count is not None and count < 0:
            raise runtime_error("ToleratedFailureCount cannot be negative.")
        percentage = None if self.percentage is None else self.percentage(document, scope)
        if percentage is not None and not 0 <= percentage <= 100:
            raise runtime_error("ToleratedFailurePercentage must be between 0 and 100.")
        return Tolerated(count, percentage)


def threshold_exceeded() -> StateError:
    """What a Map fails with then."""
    return StateError(EXCEED_TOLERATED_FAILURE_THRESHOLD, EXCEEDED)
