"""GraphQL over HTTP: ``POST`` with JSON; a browser's ``GET`` returns the explorer, from the package's own files.

Optional headers describe the caller:

``x-tenant``, ``x-i18n-locale``
    the tenant, and the locale (``en-US``, or in the original's form: ``default:en-US;content:en-US;``)
``x-tasks-permissions``
    permission objects as JSON, ``[{"name": "tasks", "rwd": "r"}]``; without them, everything is allowed
``x-tasks-identity``
    the caller's identity, ``{"id": "7", "displayName": "Jane", "type": "admin"}``

There is no authentication. Requests must have the content type JSON, and come from a program or from the explorer, not
from a page of another site (``emulator.access``).
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.access import Guarded
from emulator.tasks.records import Identity
from emulator.tasks.service import Tasks

from .permissions import FULL_ACCESS, Permissions, check_form
from .schema import execute, printed_schema

log = logging.getLogger(__name__)

T = TypeVar("T")
Asked = Callable[[Callable[[Tasks], T]], Awaitable[T]]
"""Calls a function of the tasks in the right thread, and passes on its result or exception."""

PATH: Final = "/graphql"
SCHEMA_FILE: Final = "schema.graphql"
FILES: Final[Mapping[str, str]] = {
    "explorer.css": "text/css",
    "explorer.js": "text/javascript",
    "examples.js": "text/javascript",
    "page.js": "text/javascript",
    "schema.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
"""The files that the explorer's page loads, and their types."""

HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
PAGE_HEADERS: Final = {
    **HEADERS,
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


class RefusedRequestError(Exception):
    """An invalid request; the text names the problem and the fix."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class Endpoint:
    """Answers requests to ``/graphql`` and paths below it; it reaches the tasks through ``asked``."""

    def __init__(self, asked: "Asked[Any]", *, debug: bool = False) -> None:
        self._asked = asked
        self._debug = debug

    async def __call__(self, http: Request) -> Response:
        """The response to a request of any method."""
        try:
            if http.method in ("GET", "HEAD"):
                return await self._page(http)
            if http.method != "POST" or "path" in http.path_params:
                raise RefusedRequestError(f"{http.url.path} does not support {http.method}; POST to {PATH}", 405)
            query, variables, operation_name = _content(await http.body(), http.headers.get("content-type", ""))
            permissions = _permissions(http.headers.get("x-tasks-permissions"))

            def call(tasks: Tasks) -> dict[str, Any]:
                return execute(
                    _scoped(tasks, http.headers),
                    query,
                    variables,
                    operation_name=operation_name,
                    permissions=permissions,
                    debug=self._debug,
                )

            return JSONResponse(await self._asked(call), headers=HEADERS)
        except RefusedRequestError as error:
            return _refused(str(error), error.status)
        except Exception as error:
            log.exception("%s %s", http.method, http.url.path)
            return _refused(f"{type(error).__name__}: {error}", 500)

    async def _page(self, http: Request) -> Response:
        name = http.path_params.get("path")
        if name is None:
            if "text/html" in http.headers.get("accept", ""):
                return _file("index.html", "text/html")
            raise RefusedRequestError(
                f'POST a JSON object with "query" to {PATH}, or open it in a browser for the explorer. '
                f"The schema is at {PATH}/{SCHEMA_FILE}",
                405,
            )
        if name == SCHEMA_FILE:
            text = await self._asked(printed_schema)
            return Response(text, headers=HEADERS, media_type="text/plain")
        if name not in FILES:
            raise RefusedRequestError(f"{http.url.path} does not exist; {PATH} is the endpoint and the explorer", 404)
        return _file(name, FILES[name])


def _file(name: str, media_type: str) -> Response:
    content = (Path(__file__).parent / "explorer" / name).read_bytes()
    return Response(content, headers=PAGE_HEADERS, media_type=media_type)


def _refused(message: str, status: int) -> Response:
    return JSONResponse({"errors": [{"message": message}]}, status, HEADERS)


def app(tasks: Tasks, *, debug: bool = False, names: Iterable[str] = ()) -> Guarded:
    """An ASGI application with the API and the explorer at ``/graphql``; requests use ``tasks`` one at a time.

    Web pages of other hosts are refused; ``names`` are the server's names besides its address and ``localhost``
    (``emulator.access.refused``).
    """
    turn = asyncio.Lock()

    async def asked(call: Callable[[Tasks], T]) -> T:
        async with turn:
            return await asyncio.to_thread(call, tasks)

    endpoint = Endpoint(asked, debug=debug)
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    routes = [Route(path, endpoint.__call__, methods=methods) for path in (PATH, PATH + "/{path:path}")]
    return Guarded(Starlette(routes=routes), names)


def _content(body: bytes, content_type: str) -> tuple[str, Mapping[str, Any], str | None]:
    """The query, its variables and the operation's name."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise RefusedRequestError(f"the request's Content-Type must be application/json, not {content_type!r}", 415)
    try:
        content = json.loads(body)
    except ValueError as error:
        raise RefusedRequestError(f"the body is not JSON: {error}") from None
    except RecursionError:
        raise RefusedRequestError("the body is nested too deeply") from None
    match content:
        case {"query": str(query), **rest}:
            variables, name = rest.get("variables"), rest.get("operationName")
        case _:
            raise RefusedRequestError('the body must be a JSON object with the string "query"')
    if not isinstance(variables, Mapping | None):
        raise RefusedRequestError('"variables" must be a JSON object')
    if not isinstance(name, str | None):
        raise RefusedRequestError('"operationName" must be a string')
    return query, variables or {}, name


def _permissions(text: str | None) -> Permissions:
    if text is None:
        return FULL_ACCESS
    try:
        return check_form(json.loads(text))
    except ValueError as error:
        raise RefusedRequestError(f"x-tasks-permissions: {error}") from None
    except RecursionError:
        raise RefusedRequestError("x-tasks-permissions: it is nested too deeply") from None


def _scoped(tasks: Tasks, headers: Mapping[str, str]) -> Tasks:
    """The tasks for the tenant, locale and identity in the headers."""
    tenant, locale = headers.get("x-tenant"), _locale(headers.get("x-i18n-locale"))
    try:
        return tasks.scoped(tenant=tenant, locale=locale, identity=_identity(headers.get("x-tasks-identity")))
    except ValueError as error:
        raise RefusedRequestError(str(error)) from None


def _locale(text: str | None) -> str | None:
    """The ``content`` locale of ``default:en-US;content:de-DE;``, else the ``default`` one; plain text unchanged."""
    if not text:
        return None
    if ":" not in text:
        return text
    named = dict(part.partition(":")[::2] for part in text.split(";") if ":" in part)
    return named.get("content") or named.get("default")


def _identity(text: str | None) -> Identity | None:
    if text is None:
        return None
    try:
        match json.loads(text):
            case {"id": str(id_), **rest} if id_:
                return Identity(id_, str(rest.get("displayName") or id_), str(rest.get("type") or "admin"))
    except (ValueError, RecursionError):
        pass
    wanted = '{"id": "7", "displayName": "Jane", "type": "admin"}'
    raise RefusedRequestError(f"x-tasks-identity: {text!r} is not an object such as {wanted}")
