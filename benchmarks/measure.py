"""Figures: repetitions of one thing, in this process or in fresh ones, and what is put beside them."""

import json
import os
import resource
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

PATIENCE_SECONDS: Final = 900
"""How long any process started here may take."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Something measured. All numbers are in ``unit``, and less is better.

    ``bare`` is what a plain Python loop takes that appends as many records; for a process, Python's own start. ``peer``
    is a key of the peers' times (``peer_machines``), what their seconds are multiplied by, and how far their machine
    differs. Without samples it could not be measured, and ``note`` says why.
    """

    name: str
    unit: str
    samples: list[float]
    bar: float | None = None
    bare: float | None = None
    peer: tuple[str, float, str] | None = None
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
    command, shown = [sys.executable, *arguments], " ".join(arguments)[:200]
    environ = {**os.environ, **environment}
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{shown} did not end within {PATIENCE_SECONDS} s") from None
    if done.returncode:
        raise RuntimeError(f"{shown} ended with {done.returncode}:\n{done.stderr}")
    return done


def answer_of(module: str, *arguments: str, **environment: str) -> Any:
    """The JSON that ``python -m module arguments`` prints."""
    return json.loads(python("-m", module, *arguments, **environment).stdout)


def peak_megabytes() -> float:
    """The most memory that this process has had, in megabytes (10^6 bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


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
