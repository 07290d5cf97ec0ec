"""The table of ways: each is a function that tries to send something to AWS, and what has to become of it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, NamedTuple

HOST: Final = "sqs.eu-west-1.amazonaws.com"
URL: Final = f"https://{HOST}/?Action=ListQueues"
METADATA: Final = "169.254.169.254"
REFUSED, ANSWERED, CLOSED_PORT = "refused", "answered", "closed port"


class Way(NamedTuple):
    """One way: what has to become of it, the module or program without which it is skipped, and the function."""

    name: str
    becomes: str
    needs: str
    go: Callable[[], Any]


WAYS: Final[list[Way]] = []


def way(becomes: str, needs: str = "") -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Add a function to the table."""

    def add(go: Callable[[], Any]) -> Callable[[], Any]:
        WAYS.append(Way(go.__name__, becomes, needs, go))
        return go

    return add


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)
