"""How a queue or a stream is read: what a mapping and a pipe say alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from emulator.mappings.answers import Answer
from emulator.mappings.filters import Matches, everything
from emulator.mappings.records import Record

FRUITLESS: Final = 20
"""After so many failures in a row the next attempt is not worth waiting for: ``emulator.run`` gives up before it."""
Done: TypeAlias = Callable[[Answer], None]
Deliver: TypeAlias = Callable[[Sequence[Record], Done], None]
"""Hands a batch over, now; calls ``Done`` when it is through, now or later."""


@dataclass(frozen=True, slots=True)
class Settings:
    """``source``: an ARN. ``window``: how long a batch may wait for more records; zero: not at all.

    Of queues: ``most_at_a_time`` batches, ``None`` for any number. Of streams: ``lanes`` for each shard, ``retries``
    (``None``: for ever), ``age`` of the oldest record that is tried (``None``: any), ``bisects`` a batch that fails,
    ``position``: ``TRIM_HORIZON``, ``LATEST`` or ``AT_TIMESTAMP``, with ``position_at``.
    """

    source: str
    batch_size: int
    window: timedelta = timedelta(0)
    matches: Matches = everything
    most_at_a_time: int | None = None
    lanes: int = 1
    retries: int | None = None
    age: timedelta | None = None
    bisects: bool = False
    position: str = "LATEST"
    position_at: datetime | None = None
