"""The failures that a Map tolerates: ToleratedFailureCount and ToleratedFailurePercentage."""

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
    """The number and the percentage of items that may fail; ``None`` if the state does not set it.

    The state fails if either is exceeded; if it sets neither, at the first failure. A limit of 0 is one that is not set
    (measured on AWS): beside it, the other one alone decides.
    """

    count: int | None = None
    percentage: float | None = None

    def exceeded(self, failed: int, total: int | None) -> bool:
        """Whether ``failed`` of ``total`` items are too many; the percentage is unknown while ``total`` is ``None``."""
        if not self.count and not self.percentage:
            return failed > 0
        if self.count and failed > self.count:
            return True
        return bool(self.percentage and total) and failed * 100 > (self.percentage or 0) * (total or 0)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """The readers of a state's tolerance; a field that it does not have is ``None``."""

    count: Count | None
    percentage: Share | None

    def read(self, document: Json, scope: Scope) -> Tolerated:
        """The state's tolerance; a value out of range is a States.Runtime."""
        count = None if self.count is None else self.count(document, scope)
        if count is not None and count < 0:
            raise runtime_error("ToleratedFailureCount cannot be negative.")
        percentage = None if self.percentage is None else self.percentage(document, scope)
        if percentage is not None and not 0 <= percentage <= 100:
            raise runtime_error("ToleratedFailurePercentage must be between 0 and 100.")
        return Tolerated(count, percentage)


def tolerated_failure(status: str, error: str | None, cause: str | None) -> dict[str, Json]:
    """What a failed child or iteration that the Map tolerates leaves in its result (measured for children)."""
    members = {"Status": status, "Error": error, "Cause": cause}
    return {name: value for name, value in members.items() if value is not None}


def threshold_exceeded() -> StateError:
    """The error of a Map whose tolerance is exceeded."""
    return StateError(EXCEED_TOLERATED_FAILURE_THRESHOLD, EXCEEDED)
