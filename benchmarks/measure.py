"""Figures: repetitions of one thing, in this process or in fresh ones, and what is put beside them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Figure:
    """Something measured. All numbers are in ``unit``, and less is better.

    ``bare`` is what a plain Python loop takes that appends as many records; for a process, Python's own start. ``moto``
    is a key of ``moto_peer.MACHINES``, what its figure is multiplied by, and how far its machine differs.
    """

    name: str
    unit: str
    samples: list[float]
    bar: float | None = None
    bare: float | None = None
    moto: tuple[str, float, str] | None = None
    note: str = ""

    @property
    def median(self) -> float:
        """Half of the samples are no more than this."""
        return median(self.samples)

    @property
    def best(self) -> float:
        """The least disturbed sample."""
        return min(self.samples)


@dataclass(frozen=True, slots=True)
class Effort:
    """How much to measure. ``quick`` only shows that everything runs; its figures are worth nothing."""

    quick: bool = False

    def times(self, repetitions: int) -> int:
        """So many repetitions, or one."""
        return 1 if self.quick else repetitions

    def size(self, whole: int) -> int:
        """The size to measure, or a hundredth of it."""
        return max(1, whole // 100) if self.quick else whole


def seconds(call: Callable[[], object], repetitions: int, *, per: float = 1.0) -> list[float]:
    """How long each of the calls took, divided by ``per``; a first one, to warm up, is not counted."""
    call()
    samples = []
    for _ in range(repetitions):
        began = perf_counter()
        call()
        samples.append((perf_counter() - began) / per)
    return samples


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a fresh Python in the checkout; raises ``RuntimeError`` with what it wrote to stderr when it fails."""
    command = [sys.executable, *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)[:200]} ended with {done.returncode}:\n{done.stderr}")
    return done


def answer_of(module: str, *arguments: str, **environment: str) -> Any:
    """The JSON that ``python -m module arguments`` prints."""
    return json.loads(python("-m", module, *arguments, **environment).stdout)


class Row(NamedTuple):
    """What the bare loop appends: the members of a history event."""

    id: int
    previous_event_id: int
    type: str
    at: datetime
    details: dict[str, Any]


_NOW: Final = datetime(2030, 1, 1, tzinfo=UTC)


def append_rows(count: int) -> list[Row]:
    """A history of ``count`` records, two a transition, made by nothing but a loop."""
    rows: list[Row] = []
    for number in range(1, count + 1, 2):
        rows.append(Row(number, number - 1, "PassStateEntered", _NOW, {"name": "Pass", "input": "{}"}))
        rows.append(Row(number + 1, number, "PassStateExited", _NOW, {"name": "Pass", "output": "{}"}))
    return rows


def bare_seconds(records: int, *, per: float = 1.0) -> float:
    """The median time of ``append_rows``."""
    return median(seconds(lambda: append_rows(records), 5, per=per))
