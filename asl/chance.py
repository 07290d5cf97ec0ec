"""The only random generator: seeded by ``Start``, so that the same execution draws the same numbers.

Used for retry jitter, ``States.UUID`` and ``States.MathRandom`` without a seed. Python's Mersenne Twister is part of
the standard library's stability promise for ``random()``; no other method is used. A UUID is a digest of the seed and
of its own number: the Twister takes longer to begin than the rest of a handler's call that needs a request id.
"""

from collections.abc import Callable
from functools import cache
from random import Random  # noqa: TID251 - this is the place that the ban points to
from typing import Any, Final


class Chance:
    """Numbers drawn in order from ``seed``."""

    __slots__ = ("_drawn", "_seed", "_uuids")

    def __init__(self, seed: int | str) -> None:
        self._seed = seed
        self._drawn: Random | None = None
        self._uuids = 0

    @property
    def _random(self) -> Random:
        """Created at the first draw: it takes 2.5 kB, and most executions draw nothing."""
        if self._drawn is None:
            self._drawn = Random(self._seed)
        return self._drawn

    def fraction(self) -> float:
        """A number from 0 up to but not including 1."""
        return self._random.random()

    def integer(self, low: int, high: int) -> int:
        """An integer from ``low`` up to but not including ``high``; ``low < high``."""
        return low + int(self._random.random() * (high - low))

    def uuid(self) -> str:
        """A version 4 UUID."""
        self._uuids += 1
        text = _sha256()(f"{self._seed}/{self._uuids}".encode()).hexdigest()
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{_VARIANT[text[16]]}{text[17:20]}-{text[20:32]}"


@cache
def _sha256() -> Callable[[bytes], Any]:
    import hashlib  # slow to import, and most machines draw none

    return hashlib.sha256


_VARIANT: Final = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
"""The first digit of the fourth group: its highest bits are 10."""
