"""What a target says about one call of a Task state: its result, or the error it failed with, and when."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """``output`` is the JSON text of the result; a call that failed has ``error`` and ``cause`` instead."""

    output: str | None = None
    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A target's answer and when it comes; ``exception`` is what a handler raised, for people."""

    answer: Answer
    at: datetime
    exception: BaseException | None = None
