"""The only random generator: seeded by ``Start``, so that the same execution draws the same numbers.

Used for retry jitter, ``States.UUID`` and ``States.MathRandom`` without a seed. Python's Mersenne Twister is part of
the standard library's stability promise for ``random()`` and ``getrandbits()``; no other method is used.
"""

from random import Random  # noqa: TID251 - this is the place that the ban points to


class Chance:
    """Numbers drawn in order from ``seed``."""

    __slots__ = ("_drawn", "_seed")

    def __init__(self, seed: int | str) -> None:
        self._seed = seed
        self._drawn: Random | None = None

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
        bits = self._random.getrandbits(128)
        bits = bits & ~(0xF << 76) | 4 << 76
        bits = bits & ~(3 << 62) | 2 << 62
        text = f"{bits:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
