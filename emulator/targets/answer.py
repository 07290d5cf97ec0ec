"""What a target says about one call of a Task state: its result, or the error it failed with."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """``output`` is the JSON text of the result; a call that failed has ``error`` and ``cause`` instead."""

    output: str | None = None
    error: str | None = None
    cause: str | None = None
