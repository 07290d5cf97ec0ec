"""Pages of a list: ``maxResults``, ``nextToken``, and AWS's texts when it refuses them (``test_sfn_api``)."""

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final, TypeVar

from emulator.stepfunctions.checks import constraint
from emulator.stepfunctions.errors import aws_error

T = TypeVar("T")

DEFAULT_PAGE: Final = 100
LARGEST_PAGE: Final = 1000


def page(
    items: Sequence[T], request: dict[str, Any], of: str = "", *, longest_token: int = 1024
) -> tuple[list[T], str | None]:
    """The requested page of the operation ``of``, and the token of the next one if there is one.

    A token continues the list that gave it: the same operation with the same members.
    """
    wanted = request.get("maxResults") or DEFAULT_PAGE
    if wanted > LARGEST_PAGE:
        raise constraint(wanted, "maxResults", f"Member must have value less than or equal to {LARGEST_PAGE}")
    token = request.get("nextToken")
    if token is not None and len(token) > longest_token:
        raise constraint(token, "nextToken", f"Member must have length less than or equal to {longest_token}")
    asked = {name: value for name, value in request.items() if name not in ("maxResults", "nextToken")}
    which = sha256(json.dumps([of, asked], sort_keys=True).encode()).digest()[:16]
    start = 0 if token is None else _read_token(token, which)
    rest = start + wanted
    return list(items[start:rest]), _token(rest, which) if rest < len(items) else None


def next_token(token: str | None) -> dict[str, str]:
    """The member of a response that says where its next page begins."""
    return {} if token is None else {"nextToken": token}


def _token(start: int, which: bytes) -> str:
    return b64encode(which + start.to_bytes(8, "big")).decode()


def _read_token(token: str, which: bytes) -> int:
    try:
        content = b64decode(token, validate=True)
    except ValueError:
        content = b""
    if len(content) != len(which) + 8 or not content.startswith(which):
        raise aws_error("InvalidToken", "Invalid token")
    return int.from_bytes(content[len(which) :], "big")
