"""Iterations: the calls of the handler that a task's machine made, and their results."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

Ending: TypeAlias = Literal["answered", "raised", "timed out", "exited", "throttled"]


@dataclass(frozen=True, slots=True)
class IterationResult:
    """The handler's answer; ``status`` is ``done``, ``continue``, ``error`` or ``aborted``.

    Fields are ``None`` when the answer does not have them, or has ``null``; ``names`` are those that it has.
    """

    status: str | None
    message: str | None = None
    input: Mapping[str, Any] | None = None
    output: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None
    wait: Any = None
    names: frozenset[str] = field(default=frozenset(), repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Iteration:
    """One call of the handler for a task, counted from 1; a call that only returns a delay counts, too.

    Times are aware, UTC, on the emulator's clock; ``remaining_ms_at_end`` is the rest of the function's timeout.
    Only a call that ``answered`` has a ``result``; one that was ``throttled`` never began. ``reads`` and ``writes``
    count its DynamoDB calls to the tasks' table, ``execution_name`` is the execution that made the call.
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
    """The handler's answer, ``None`` when a state machine cannot use it."""
    if not isinstance(answer, Mapping):
        return None
    status = answer.get("status")
    given: dict[str, Any] = {name: answer.get(name) for name in ("message", "input", "output", "error", "wait")}
    names = frozenset(name for name in ("status", *given) if name in answer)
    return IterationResult(None if status is None else str(status), **given, names=names)
