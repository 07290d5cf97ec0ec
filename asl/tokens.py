"""Task tokens: opaque text for workers that identifies a call of an execution.

Deterministic, so that the same execution gives the same tokens; AWS's are also opaque base64 text.
"""

from base64 import b64decode, b64encode

from asl.events import Token

_SEPARATOR = "#"


def task_token(execution_arn: str, token: Token) -> str:
    """The text that stands for the call ``token`` of an execution."""
    return b64encode(f"{execution_arn}{_SEPARATOR}{token}".encode()).decode()


def read_task_token(text: str) -> tuple[str, Token] | None:
    """The execution's ARN and the call that ``text`` stands for; ``None`` if it is not one of our tokens."""
    try:
        execution_arn, separator, token = b64decode(text, validate=True).decode().rpartition(_SEPARATOR)
        return (execution_arn, int(token)) if separator and token.isdecimal() else None
    except ValueError:
        return None
