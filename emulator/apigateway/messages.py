"""A request of a client to an API, and the response."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from emulator.errors import EmulatorError
from emulator.wrong_types import shown

USER_AGENT: Final = "emulator"
SOURCE_IP: Final = "127.0.0.1"


class Request(NamedTuple):
    """A request: the path without a stage, percent-encoded; the query and headers in the order in which they came."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    raw_query: str = ""
    authorizer: Mapping[str, Any] | None = None
    """What an authorizer would have said of the caller, as ``requestContext.authorizer`` has it."""

    def header(self, name: str) -> str:
        """A header's text, the last of several; empty without one."""
        found = [value for each, value in self.headers if each.lower() == name.lower()]
        return found[-1] if found else ""


class Response:
    """What the client gets. Names of headers are lower case; of several values of one header the text joins them."""

    def __init__(self, status: int, headers: Iterable[tuple[str, str]] = (), body: bytes = b"") -> None:
        self.status_code: int = status
        """The status of HTTP."""
        self.content: bytes = body
        """The body's bytes."""
        self.multi_headers: tuple[tuple[str, str], ...] = tuple((name.lower(), value) for name, value in headers)
        """All headers, each value by itself."""
        self.hint: str = ""
        """Why the API has no route for the request, for people; it is not in what the client gets."""

    @property
    def headers(self) -> dict[str, str]:
        """Name in lower case -> value."""
        found: dict[str, str] = {}
        for name, value in self.multi_headers:
            found[name] = f"{found[name]}, {value}" if name in found else value
        return found

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode(errors="replace")

    def json(self) -> Any:
        """The body as a JSON value; raises ``ValueError`` if it is none."""
        return json.loads(self.content)

    def __repr__(self) -> str:
        return f"<Response {self.status_code}: {self.text[:60]}{f' ({self.hint})' if self.hint else ''}>"


def in_json(status: int, value: Any, **headers: str) -> Response:
    """A response of API Gateway's own."""
    named = [("content-type", "application/json"), *((name.replace("_", "-"), text) for name, text in headers.items())]
    return Response(status, named, json.dumps(value, separators=(",", ":")).encode())


def request_of(
    method: str,
    url: str,
    *,
    json_value: Any = None,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, Any] | None = None,
    authorizer: Mapping[str, Any] | None = None,
) -> Request:
    """The request that a caller describes. Raises ``EmulatorError`` for a body that is neither text nor bytes."""
    parts = urlsplit(url)
    added: list[tuple[str, str]] = []
    for name, value in (query or {}).items():
        added += [(name, str(each)) for each in (value if isinstance(value, list | tuple) else [value])]
    pairs = [*parse_qsl(parts.query, keep_blank_values=True), *added]
    raw = "&".join(each for each in (parts.query, urlencode(added)) if each)
    given = [(str(name), str(value)) for name, value in (headers or {}).items()]
    if json_value is not None:
        if body is not None:
            raise EmulatorError("a request has json= or body=, not both")
        body = json.dumps(json_value)
        if not any(name.lower() == "content-type" for name, _ in given):
            given.append(("Content-Type", "application/json"))
    if not isinstance(body, str | bytes | None):
        raise EmulatorError(f"body={shown(body)} is neither a text nor bytes\n    fix: json= takes any value")
    content = body.encode() if isinstance(body, str) else body or b""
    path = parts.path or "/"
    return Request(method.upper(), path, tuple(pairs), tuple(given), content, raw, authorizer)
