"""Step Functions' words for parameters that it does not take, the same at create and at run time.

Sources: the developer guide and a measured run (unknown members), a definition recorded on AWS (missing members), a
user's execution (``must be a STRING``), a recorded execution (``has an invalid format``).
"""

from typing import Final

_TYPES: Final = frozenset({"STRING", "NUMBER", "BOOLEAN"})


def unknown_member(name: str) -> str:
    """A member that the action does not have."""
    return f'The field "{name}" is not supported by Step Functions'


def missing_member(name: str) -> str:
    """A required member that is not there."""
    return f"The field '{name}' is required but was missing"


def misfit(name: str, needed: str) -> str:
    """A member of the wrong type; only of those with one plain type, ``STRING`` seen on AWS, the type is said."""
    if needed in _TYPES:
        return f"The value for the field '{name}' must be a {needed}"
    return f"The value of the field '{name}' has an invalid format"


def not_started(argument: str, refusals: list[str]) -> str:
    """The cause of a task whose parameters, the JSON text ``argument``, Step Functions does not send.

    The frame is recorded on AWS (``test_invoke_with_headers[singleStringHeader]``), and so is its text for a wrong
    value; for unknown or missing fields it holds CreateStateMachine's text.
    """
    return f"The Parameters '{argument}' could not be used to start the Task: [{', '.join(refusals)}]"
