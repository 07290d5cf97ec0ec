"""Pages of a list: ``maxResults``, ``nextToken``, and AWS's texts when it refuses them (``test_sfn_api``)."""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any, Final, TypeVar

from emulator.stepfunctions.checks import constraint
from emulator.stepfunctions.errors import aws_error

T = TypeVar("T")

DEFAULT_PAGE: Final = 100
LARGEST_PAGE: Final = 1000


def page(items: Sequence[T], request: dict[str, Any], *, longest_token: int = 1024) -> tuple[list[T], str | None]:
    """The requested page, and the token of the next one if there is one."""
    wanted = request.get("maxResults") or DEFAULT_PAGE
    if wanted > LARGEST_PAGE:
        raise constraint(wanted, "maxResults", f"Member must have value less than or equal to {LARGEST_PAGE}")
    token = request.get("nextToken")
    if token is not None and len(token) > longest_token:
        raise constraint(token, "nextToken", f"Member must have length less than or equal to {longest_token}")
    start = 0 if token is None else _read_token(token)
    rest = start + wanted
    return list(items[start:rest]), _token(rest) if rest < len(items) else None


def next_token(token: str | None) -> dict[str, str]:
    """The member of a response that says where its next page begins."""
    return {} if token is None else {"nextToken": token}


def _token(start: int) -> str:
    return b64encode(f"page:{start}".encode()).decode()


def _read_token(token: str) -> int:
    try:
        kind, _, start = b64decode(token, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise aws_error("InvalidToken", "Invalid token") from None
    if kind != "page" or not start.isdecimal():
        raise aws_error("InvalidToken", "Invalid token")
    return int(start)
