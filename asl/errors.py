"""The ``States.*`` error names, the exception that carries an error out of a state, and how names match.

Source: the States Language, "Errors", and AWS's recordings; what a Retry or Catch sees is an *error name* and a
*cause*, never a Python exception.
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
        "States.ExceedToleratedFailureThreshold",
        "States.ItemReaderFailed",
        "States.ResultWriterFailed",
        "States.ResultPathMatchFailure",
        "States.ParameterPathFailure",
        "States.IntrinsicFailure",
        "States.Http.Socket",
    }
)
"""Every error name of the language; a name that begins with ``States.`` and is not here is a mistake."""


class StateError(Exception):
    """A state failed: ``name`` is what ErrorEquals matches, ``cause`` is the text for people.

    The machine puts AWS's prefix ("An error occurred while executing the state ...") in front of ``cause`` when
    ``prefixed`` is true, because only the machine knows the state's name and the id of its Entered event.
    """

    def __init__(self, name: str | None, cause: str | None, *, prefixed: bool = False) -> None:
        super().__init__(name, cause)
        self.name = name
        self.cause = cause
        self.prefixed = prefixed


def runtime_error(cause: str) -> StateError:
    """A ``States.Runtime`` with AWS's prefix: no Retry and no Catch ever sees it."""
    return StateError(RUNTIME, cause, prefixed=True)


def matches(error_equals: frozenset[str], name: str | None) -> bool:
    """Whether a Retry or Catch with these ``ErrorEquals`` answers the error ``name``.

    ``States.Runtime`` matches nothing, not even itself; ``States.DataLimitExceeded`` only its own name; both are
    recorded on AWS. ``States.TaskFailed`` matches all but ``States.Timeout``; a missed heartbeat is reported as
    ``States.Timeout`` and answers to both names (the machine passes ``HEARTBEAT_TIMEOUT`` for it).
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
