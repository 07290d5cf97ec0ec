"""A target's answer to one call of a Task state: its result or error, and the time."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """``output`` is the JSON text of the result; a failed call has ``error`` and ``cause`` instead."""

    output: str | None = None
    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A target's answer and when it arrives; ``exception`` is the one that a handler raised, for people."""

    answer: Answer
    at: datetime
    exception: BaseException | None = None
