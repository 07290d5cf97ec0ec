"""How many failures a Map puts up with: ToleratedFailureCount and ToleratedFailurePercentage."""

from dataclasses import dataclass
from typing import Final

from asl.errors import EXCEED_TOLERATED_FAILURE_THRESHOLD, StateError

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


def threshold_exceeded() -> StateError:
    """What a Map fails with then."""
    return StateError(EXCEED_TOLERATED_FAILURE_THRESHOLD, EXCEEDED)
