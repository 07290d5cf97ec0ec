"""A target's answer to one call of a Task state: its result or error, and the time."""

from dataclasses import dataclass
from datetime import datetime

from asl.bounds import CAUSE_LIMIT
from asl.events import CallStep


@dataclass(slots=True)  # not frozen: that makes it slowly
class Answer:
    """``output`` is the JSON text of the result; a failed call has ``error`` and ``cause`` instead.

    ``refused`` is true if Step Functions itself does not make the call; the cause then begins with its sentence.
    """

    output: str | None = None
    error: str | None = None
    cause: str | None = None
    refused: bool = False
    step: CallStep = ""
    """The step at which the task failed, before it ran (``asl.events.CallFailed``)."""


@dataclass(slots=True)  # not frozen: that makes it slowly
class Reply:
    """A target's answer and when it arrives; ``exception`` is the one that a handler raised, for people."""

    answer: Answer
    at: datetime
    exception: BaseException | None = None


def bounded(cause: str | None) -> str | None:
    """The part of a cause that an error keeps: its first 32,768 characters. Where AWS cuts is not recorded.

    The cause of a nested execution has the cause of its own child in it, escaped: without a bound it doubles with each
    level.
    """
    return None if cause is None else cause[:CAUSE_LIMIT]
