"""Bodies of requests: read whole before the request is answered, within a bound of each service.

A client may say that its body is shorter or longer than it is, or not say it at all (chunks). So what arrives is
counted. A body that is too long is refused as soon as that is known. What the client still sends is read and forgotten
for a while: it would not read the response otherwise.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from emulator.access import App, Message, Receive, Refusal, Send, head_of
from emulator.aws.http import HttpRequest, refusal, service_of

log = logging.getLogger(__name__)

MIB: Final = 1 << 20
BOUND: Final = 16 * MIB
"""The most bytes of a body: DynamoDB's largest request (BatchWriteItem), the largest of the services with JSON."""
BOUNDS: Final[Mapping[str, int]] = {
    "s3": 1024 * MIB,  # AWS: 5 GiB; here a body is in memory
    "lambda": 70_167_211,  # CreateFunction with a package of 50 MiB (recorded on AWS)
}
"""Endpoint prefix -> the most bytes of a body."""
READ_ON: Final = 64 * MIB
"""How much more of a body that is too long is read, and forgotten."""
LINGER_SECONDS: Final = 0.5
"""How long such a client may send nothing before its connection is closed."""
CODES: Final[Mapping[str, str]] = {"s3": "EntityTooLarge"}
"""Endpoint prefix -> the error's code, where it is not ``RequestEntityTooLargeException``."""


class Whole:
    """An ASGI application whose requests have their whole body. ``most`` is the most bytes, else ``BOUNDS`` says it."""

    def __init__(self, app: App, most: int | None = None) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Read the body, then answer the request; a client that hangs up before leaves one line in the log."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        head = head_of(scope)
        request = HttpRequest(scope["method"], scope["path"], head.query, head.headers, b"")
        service = service_of(request)
        most = self._most or BOUNDS.get(service, BOUND)
        told = int(request.header("content-length") or 0)
        size, more = 0, True
        chunks: list[bytes] = []
        while more and max(size, told) <= most:
            message = await receive()
            if message["type"] == "http.disconnect":
                log.warning("%s %s: the client hung up before its request was complete", *_line(scope))
                return
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
            chunks.append(message.get("body", b""))
        if max(size, told) > most:
            await _refuse(request, service, most, send)
            if more and not request.header("expect"):  # otherwise the client has waited for permission to send
                await _read_on(receive)
            await send({"type": "http.response.body", "body": b""})
            return
        body = b"".join(chunks)
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)


async def _refuse(request: HttpRequest, service: str, most: int, send: Send) -> None:
    code = CODES.get(service, "RequestEntityTooLargeException")
    message = (
        f"Request must be smaller than {most} bytes{f' for {service}' if service else ''}\n"
        "    fix: emulate serve --max-body MIB, for a larger bound"
    )
    response = refusal(request, *Refusal(413, code, message), "emulator")
    headers = [(name.lower().encode(), text.encode()) for name, text in response.headers.items()]
    headers += [(b"content-length", str(len(response.body)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": response.body, "more_body": True})


async def _read_on(receive: Receive) -> None:
    """Read what the client still sends; it has the response, but not yet the connection's end."""
    size, more = 0, True
    with suppress(TimeoutError):
        while more and size <= READ_ON:
            message = await asyncio.wait_for(receive(), LINGER_SECONDS)
            size += len(message.get("body", b""))
            more = message.get("more_body", False)


def _line(scope: Message) -> tuple[str, str]:
    """Method and path, for one line of a log."""
    return scope["method"], ascii(scope["path"])[1:-1]
