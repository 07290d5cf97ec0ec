"""Which queues and streams of moto a request has changed, for what reads them.

moto's methods that change one (``queues``, ``streams``) note its ARN. While nothing reads any, nothing is kept.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import local
from typing import Final


class _Here(local):
    """The ARNs that the request of this thread has changed; ``None`` when nothing wants to know."""

    noted: set[str] | None = None


_here: Final = _Here()


def note(arn: str) -> None:
    """The request that is being answered has changed this queue or stream."""
    if _here.noted is not None:
        _here.noted.add(arn)


@contextmanager
def noting() -> Iterator[set[str]]:
    """A block that answers a request; gives the ARNs of what it has changed."""
    before, _here.noted = _here.noted, set()
    try:
        yield _here.noted
    finally:
        _here.noted = before
