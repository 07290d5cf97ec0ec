"""Iterations: the calls of the handler that a task's machine made, and what each answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class IterationResult:
    """What the handler answered; ``status`` is ``done``, ``continue``, ``error`` or ``aborted``.

    The other fields are ``None`` where the answer does not have them.
    """

    status: str
    message: str | None = None
    input: Mapping[str, Any] | None = None
    output: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None
    wait: Any = None


@dataclass(frozen=True, slots=True)
class Iteration:
    """One call of the handler for a task, counted from 1; the call that only hands back a delay counts, too.

    Times are aware, UTC, on the emulator's clock; ``remaining_ms_at_end`` is what was left of the function's timeout.
    ``result`` is ``None`` when the handler did not return: it ran into its timeout, or its process ended.
    """

    number: int
    started_at: datetime
    ended_at: datetime
    remaining_ms_at_end: int
    result: IterationResult | None

    @property
    def duration(self) -> timedelta:
        """How long the call took, in virtual time."""
        return self.ended_at - self.started_at


def parse_result(answer: Any) -> IterationResult | None:
    if not isinstance(answer, Mapping):
        return None
    fields = ("message", "input", "output", "error", "wait")
    return IterationResult(str(answer.get("status")), **{name: answer.get(name) for name in fields})
