"""Iterations: the calls of the handler that a task's machine made, and what came of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

Ending: TypeAlias = Literal["answered", "raised", "timed out", "exited", "throttled"]


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
    ``ended`` says how: only a call that ``answered`` has a ``result``; one that was ``throttled`` never began.
    ``reads`` and ``writes`` count its DynamoDB calls to the tasks' table, ``execution_name`` says for which execution
    it was made.
    """

    number: int
    started_at: datetime
    ended_at: datetime
    remaining_ms_at_end: int
    result: IterationResult | None
    ended: Ending = "answered"
    execution_name: str = ""
    reads: int = 0
    writes: int = 0

    @property
    def duration(self) -> timedelta:
        """How long the call took, in virtual time."""
        return self.ended_at - self.started_at


def parse_result(answer: Any) -> IterationResult | None:
    """What the handler answered, ``None`` when it is no answer for a state machine."""
    if not isinstance(answer, Mapping):
        return None
    fields = ("message", "input", "output", "error", "wait")
    return IterationResult(str(answer.get("status")), **{name: answer.get(name) for name in fields})
