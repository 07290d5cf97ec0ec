"""A request of a Task, and the response to it."""

import json
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import parse_qsl, urlsplit

Pairs: TypeAlias = tuple[tuple[str, str], ...]
LONGEST_SECONDS: Final = 60
"""How long an HTTP Task waits (developer guide): virtual time in this process, real time for another host."""


class ForwardTimedOutError(Exception):
    """A host did not answer in time."""


class SentRequest(NamedTuple):
    """A request as it was sent: the whole URL with its query, the headers in their order, the body's bytes."""

    method: str
    url: str
    headers: Pairs = ()
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path, percent-encoded, without the query."""
        return urlsplit(self.url).path or "/"

    @property
    def query(self) -> Pairs:
        """The parameters of the query, decoded."""
        return tuple(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")

    def header(self, name: str) -> str:
        """A header's value, the first of several; empty without one."""
        return next((value for each, value in self.headers if each.lower() == name.lower()), "")

    def json(self) -> Any:
        """The body as a JSON value; raises ``ValueError`` if it is none."""
        return json.loads(self.body)


class Received(NamedTuple):
    """A response. ``reason`` is its text after the status; ``error`` what an application raised instead."""

    status: int
    reason: str
    headers: Pairs = ()
    body: bytes = b""
    error: BaseException | None = None

    def header(self, name: str) -> str:
        """A header's value, the last of several; empty without one."""
        return next((value for each, value in reversed(self.headers) if each.lower() == name.lower()), "")
