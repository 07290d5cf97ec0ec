"""An ASGI application in this process (ASGI 3): FastAPI, Starlette, Litestar, Django, or a coroutine function.

Each request runs in an event loop of its own. The application gets no ``lifespan`` events.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import copy_context
from http.client import responses
from inspect import iscoroutinefunction, signature
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

from emulator.endpoints.messages import Received, SentRequest


def is_asgi(app: Callable[..., Any]) -> bool:
    """Whether an application is one of ASGI: a coroutine function, or a callable of three arguments."""
    if iscoroutinefunction(app) or iscoroutinefunction(type(app).__call__):
        return True
    try:
        return len(signature(app).parameters) == 3
    except (TypeError, ValueError):
        return False


def ask(app: Callable[..., Awaitable[None]], request: SentRequest) -> Received:
    """The application's response; what it raises is not caught."""
    return _run(_ask(app, request))


async def _ask(app: Callable[..., Awaitable[None]], request: SentRequest) -> Received:
    sent: list[dict[str, Any]] = []
    events = iter([{"type": "http.request", "body": request.body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        return next(events, {"type": "http.disconnect"})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(_scope(request), receive, send)
    start = next((each for each in sent if each["type"] == "http.response.start"), None)
    if start is None:
        raise AssertionError("the application sent no http.response.start")
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in start.get("headers", ()))
    body = b"".join(each.get("body", b"") for each in sent if each["type"] == "http.response.body")
    return Received(start["status"], responses.get(start["status"], ""), headers, body)


def _scope(request: SentRequest) -> dict[str, Any]:
    parts = urlsplit(request.url)
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": parts.scheme,
        "path": unquote(request.path),
        "raw_path": request.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in request.headers],
        "client": ("127.0.0.1", 0),
        "server": (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)),
        "state": {},
    }


def _run(coroutine: Coroutine[Any, Any, Received]) -> Received:
    """The coroutine's result; in a thread of its own when this one runs an event loop already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    found: list[Received | BaseException] = []

    def run() -> None:
        try:
            found.append(asyncio.run(coroutine))
        except BaseException as error:
            found.append(error)

    thread = Thread(target=copy_context().run, args=(run,))
    thread.start()
    thread.join()
    if isinstance(found[0], BaseException):
        raise found[0]
    return found[0]
