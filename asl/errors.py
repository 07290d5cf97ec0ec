"""The ``States.*`` error names, the exception for a state's error, and the matching of names.

Source: the States Language, "Errors", and AWS's recordings. A Retry or Catch sees an *error name* and a *cause*,
never a Python exception.
"""

from typing import Final

ALL: Final = "States.ALL"
TASK_FAILED: Final = "States.TaskFailed"
TIMEOUT: Final = "States.Timeout"
HEARTBEAT_TIMEOUT: Final = "States.HeartbeatTimeout"
RUNTIME: Final = "States.Runtime"
DATA_LIMIT_EXCEEDED: Final = "States.DataLimitExceeded"
NO_CHOICE_MATCHED: Final = "States.NoChoiceMatched"
QUERY_EVALUATION_ERROR: Final = "States.QueryEvaluationError"
EXCEED_TOLERATED_FAILURE_THRESHOLD: Final = "States.ExceedToleratedFailureThreshold"
ITEM_READER_FAILED: Final = "States.ItemReaderFailed"
RESULT_WRITER_FAILED: Final = "States.ResultWriterFailed"
REFERENCE_PATH_CONFLICT: Final = "States.ReferencePathConflict"

RESERVED: Final = frozenset(
    {
        ALL,
        TASK_FAILED,
        TIMEOUT,
        HEARTBEAT_TIMEOUT,
        RUNTIME,
        DATA_LIMIT_EXCEEDED,
        NO_CHOICE_MATCHED,
        QUERY_EVALUATION_ERROR,
        "States.Permissions",
        "States.BranchFailed",
        EXCEED_TOLERATED_FAILURE_THRESHOLD,
        ITEM_READER_FAILED,
        RESULT_WRITER_FAILED,
        REFERENCE_PATH_CONFLICT,
        "States.ResultPathMatchFailure",
        "States.ParameterPathFailure",
        "States.IntrinsicFailure",
        "States.Http.Socket",
    }
)
"""All error names of the language, and AWS's own for a Reference Path that cannot be followed.

Any other name that begins with ``States.`` is a mistake.
"""


class StateError(Exception):
    """A state failed: ErrorEquals matches ``name``; ``cause`` is the readable text.

    If ``prefixed`` is true, the machine puts AWS's prefix ("An error occurred while executing the state ...") in front
    of ``cause``, because only the machine knows the state's name and the id of its Entered event.
    """

    def __init__(self, name: str | None, cause: str | None, *, prefixed: bool = False) -> None:
        super().__init__(name, cause)
        self.name = name
        self.cause = cause
        self.prefixed = prefixed


class EvaluationError(StateError):
    """An expression failed: a ``States.QueryEvaluationError``, which has a history event of its own.

    ``location`` is the field as AWS names it, absent if no expression is at fault. ``after_entered`` is true if that
    event follows the state's Entered event instead of the event before it (recorded for a Wait's Timestamp).
    """

    def __init__(self, cause: str, location: str | None, *, after_entered: bool = False) -> None:
        super().__init__(QUERY_EVALUATION_ERROR, cause, prefixed=True)
        self.location = location
        self.after_entered = after_entered


def runtime_error(cause: str) -> StateError:
    """A ``States.Runtime`` with AWS's prefix: no Retry or Catch ever sees it."""
    return StateError(RUNTIME, cause, prefixed=True)


def too_large(name: str) -> str:
    """The cause of a States.DataLimitExceeded: ``name`` is that of the state, or of its task's target."""
    return f"The state/task '{name}' returned a result with a size exceeding the maximum number of bytes service limit."


def matches(error_equals: frozenset[str], name: str | None) -> bool:
    """Whether a Retry or Catch with these ``ErrorEquals`` matches the error ``name``.

    ``States.Runtime`` matches nothing, not even itself (recorded on AWS). ``States.DataLimitExceeded`` matches its own
    name only; see ``catches``. ``States.TaskFailed`` matches all errors but ``States.Timeout``; a missed heartbeat is
    reported as ``States.Timeout`` and matches both names (the machine passes ``HEARTBEAT_TIMEOUT`` for it).
    """
    if name == RUNTIME:
        return False
    if name in error_equals or (name == HEARTBEAT_TIMEOUT and TIMEOUT in error_equals):
        return True
    if name == DATA_LIMIT_EXCEEDED:
        return False
    if ALL in error_equals:
        return True
    return TASK_FAILED in error_equals and name not in (None, TIMEOUT, HEARTBEAT_TIMEOUT)


def catches(error_equals: frozenset[str], name: str | None, *, of_result: bool = False) -> bool:
    """Whether a catcher with these ``ErrorEquals`` matches the error ``name``.

    If a task's result is too large (``of_result``), ``States.ALL`` and ``States.TaskFailed`` match the
    ``States.DataLimitExceeded`` as well (recorded on AWS for ``States.ALL``, measured for the other). Retry, and data
    that a state itself makes too large, are neither recorded nor measured: there only its own name matches.
    """
    if of_result and not error_equals.isdisjoint((ALL, TASK_FAILED)):
        return True
    return matches(error_equals, name)
