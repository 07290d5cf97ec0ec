"""A WSGI application in this process (PEP 3333): Flask, Django, Bottle, or a function."""

import sys
from collections.abc import Callable, Iterable
from http.client import responses
from io import BytesIO
from typing import Any, Final
from urllib.parse import unquote_to_bytes, urlsplit

from emulator.endpoints.messages import Received, SentRequest

_OWN_NAMES: Final = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


def ask(app: Callable[..., Iterable[bytes]], request: SentRequest) -> Received:
    """The application's response; what it raises is not caught."""
    started: list[tuple[str, list[tuple[str, str]]]] = []
    written: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        if started and exc_info is None:
            raise AssertionError("start_response was called a second time without exc_info")
        started[:] = [(status, list(headers))]
        return written.append

    found = app(_environ(request), start_response)
    try:
        written.extend(found)
    finally:
        if (close := getattr(found, "close", None)) is not None:
            close()
    if not started:
        raise AssertionError("the application did not call start_response")
    code, _, reason = started[0][0].partition(" ")
    return Received(int(code), reason or responses.get(int(code), ""), tuple(started[0][1]), b"".join(written))


def _environ(request: SentRequest) -> dict[str, Any]:
    parts = urlsplit(request.url)
    made: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or (443 if parts.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers:
        key = _OWN_NAMES.get(name.lower()) or f"HTTP_{name.upper().replace('-', '_')}"
        made[key] = f"{made[key]},{value}" if key in made else value
    return made
