"""Integrations ``HTTP_PROXY`` and ``HTTP``: a server of the user's own, which ``emulator.http`` answers.

Source: API Gateway developer guide, "Set up HTTP integrations in API Gateway". A proxy gets the request's method,
query, headers and body; without one, the mapping templates write the body and the answer.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import quote

from emulator.apigateway.answers import LONGEST, too_late
from emulator.apigateway.events import Call
from emulator.apigateway.messages import Response
from emulator.endpoints.messages import ForwardTimedOutError, Received, SentRequest
from emulator.errors import NotEmulatedError
from emulator.lambda_.time.handler_time import HandlerTime, HandlerTimedOut
from emulator.lambda_.time.shown import current_handler_time, process_time
from emulator.world import World

_OWN: Final = ("host", "content-length", "connection")


def is_outside(kind: str, uri: str) -> bool:
    """Whether the integration asks a server of the user's own."""
    return kind.upper() in ("HTTP", "HTTP_PROXY") and uri.startswith(("http://", "https://"))


class Asked(NamedTuple):
    """What a server gets besides the method: values for the names in its URL, headers, the query and the body."""

    path: Mapping[str, str]
    headers: tuple[tuple[str, str], ...]
    query: str
    body: bytes


def ask(world: World, call: Call, asked: Asked) -> Received | None:
    """The server's response; ``None`` when the API waits no longer.

    An application of the test runs on the virtual clock, and its caller waits for it. Raises ``NotEmulatedError`` when
    nothing answers for the server.
    """
    url, request = _url_of(call, asked.path), call.request
    endpoint = world.endpoints.find(url)
    if endpoint is None:
        base = "/".join(url.split("/", 3)[:3])
        raise NotEmulatedError(
            f"API {call.api.name}: {request.method} {request.path} goes to {url}, which is outside of the emulator\n"
            f"    fix: emulator.http({base!r}, app) with an application of WSGI or ASGI"
        )
    method = call.matched.route.integration.method
    headers = [("Host", url.split("/", 3)[2]), *(each for each in asked.headers if each[0].lower() not in _OWN)]
    if asked.body:
        headers.append(("Content-Length", str(len(asked.body))))
    query = f"{'&' if '?' in url else '?'}{asked.query}" if asked.query else ""
    method = request.method if method == "ANY" else method
    time, received = HandlerTime(world.now(), LONGEST[call.api.kind]), None
    time.owner = f"behind API {call.api.name}"
    try:
        with world.calling(), process_time(time):
            received = endpoint.answer(SentRequest(method, f"{url}{query}", tuple(headers), asked.body))
    except (HandlerTimedOut, ForwardTimedOutError):
        received = None
    if (caller := current_handler_time()) is not None:
        caller.sleep_until(time.now())
    return received


def _url_of(call: Call, path: Mapping[str, str]) -> str:
    """The URL that is asked: with the values of the names in its path, and of stage variables."""
    url = call.matched.route.integration.uri
    for name, value in call.variables.items():
        url = url.replace(f"${{stageVariables.{name}}}", value)
    for name, value in {**call.matched.parameters, **path}.items():
        url = url.replace(f"{{{name}}}", quote(value, safe="/"))
    return url


def proxy(world: World, call: Call) -> Response:
    """The server's response, as it is."""
    request = call.request
    received = ask(world, call, Asked({}, request.headers, request.raw_query, request.body))
    if received is None:
        return too_late(call.api.kind)
    headers = [each for each in received.headers if each[0].lower() not in _OWN]
    return Response(received.status, headers, received.body)
