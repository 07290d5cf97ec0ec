"""The runtime of an evaluation, its bounds, and the frames that hold variables.

No clock is read here: ``Runtime.now`` is the time, and ``Bounds.expired`` tells whether an evaluation has taken
too long.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from asl.chance import Chance
from asl.jsonata.errors import MEMORY, STACK_OVERFLOW, TIMEOUT, BoundError
from asl.jsonata.values import Value


def never() -> bool:
    """The ``expired`` of an evaluation without a deadline."""
    return False


_NUMBER_BYTES: Final = 8
_STEPS_BETWEEN_LOOKS: Final = 256


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits of an evaluation; exceeding one raises ``BoundError``.

    ``depth`` and ``memory`` are those of Step Functions, measured on AWS: levels of nested expressions, and bytes
    of one array or string (8 per number, 1 per character). ``expired`` is called now and then and ends the
    evaluation when it is true; ``steps`` limits calls and visited items, so that an endless recursion also ends
    without a clock.
    """

    depth: int = 100
    memory: int = 6_990_256
    steps: int = 500_000
    expired: Callable[[], bool] = never


_AS_ON_AWS: Final = Bounds()


@dataclass(slots=True)
class Runtime:
    """The surroundings of an evaluation: ``now`` (aware) for ``$now`` and ``$millis``, ``chance`` for ``$random``.
    It never changes; it is not frozen, for speed, because every evaluation creates one.
    """

    now: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    chance: Chance = field(default_factory=lambda: Chance(0))
    bounds: Bounds = _AS_ON_AWS


class Run:
    """One evaluation: its runtime, and its usage so far."""

    __slots__ = ("_left", "_until_look", "calls", "depth", "memory", "runtime", "top")

    def __init__(self, runtime: Runtime) -> None:
        bounds = runtime.bounds
        self.runtime = runtime
        self.depth = bounds.depth
        self.memory = bounds.memory
        self.calls: dict[object, tuple[Any, int | None]] = {}
        """Built-in function -> name and position of its last call, which errors inside it report."""
        self.top: Frame | None = None
        """The variables at the start of the evaluation."""
        self._left = bounds.steps
        self._until_look = _STEPS_BETWEEN_LOOKS

    def step(self, count: int = 1) -> None:
        """Count ``count`` calls or items."""
        self._until_look -= count
        if self._until_look < 0:
            self._left -= _STEPS_BETWEEN_LOOKS - self._until_look
            self._until_look = _STEPS_BETWEEN_LOOKS
            if self._left < 0 or self.runtime.bounds.expired():
                raise BoundError(TIMEOUT)

    def check_depth(self, depth: int) -> None:
        """Fail if ``depth`` levels of nested expressions are too many."""
        if depth > self.depth:
            raise BoundError(STACK_OVERFLOW)

    def check_items(self, count: int) -> None:
        """Fail if an array of ``count`` numbers would be too large."""
        if count * _NUMBER_BYTES > self.memory:
            raise BoundError(MEMORY)

    def check_characters(self, count: int) -> None:
        """Fail if a string of ``count`` characters would be too large."""
        if count > self.memory:
            raise BoundError(MEMORY)


class Frame:
    """Variables of a scope; ``depth`` is that of its function body."""

    __slots__ = ("depth", "names", "parent", "run")

    def __init__(self, names: dict[str, Value], parent: "Frame | None", run: Run, depth: int) -> None:
        self.names = names
        self.parent = parent
        self.run = run
        self.depth = depth
