"""The AWS endpoint of a handler's process: HTTP on its own port, served by the thread that waits for the handler.

A request from the handler is answered like a boto3 call of a Python handler: in the same thread, at the handler's own
time, without waiting. Nothing is answered between calls, while the process is stopped; a web page is never answered.
"""

import socket
from collections.abc import Callable
from http.client import HTTPException, parse_headers
from selectors import EVENT_READ, BaseSelector
from typing import BinaryIO, Final, TypeAlias

from emulator.access import Head, in_json, refused
from emulator.aws.http import HttpRequest
from emulator.aws.responses import HttpResponse

Respond: TypeAlias = Callable[[HttpRequest], HttpResponse]

PATIENCE_SECONDS: Final = 30.0
"""How long a client may take to complete its request, and to read the response; in real seconds."""
LONGEST_LINE: Final = 65_536
OURS: Final = {"connection", "content-length", "keep-alive", "transfer-encoding"}
"""Response headers that the endpoint itself writes."""


class Endpoint:
    """A port on this machine. ``listen`` registers its sockets with a selector; ``ready`` handles a ready socket."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._connections: dict[socket.socket, BinaryIO] = {}

    @property
    def port(self) -> int:
        """The port's number."""
        port: int = self._listener.getsockname()[1]
        return port

    def listen(self, selector: BaseSelector) -> None:
        """Register the sockets with the selector, with this endpoint as their data."""
        for each in (self._listener, *self._connections):
            selector.register(each, EVENT_READ, self)

    def ready(self, selector: BaseSelector, ready: socket.socket, answer: Respond) -> None:
        """Accept a connection, or answer its next request."""
        if ready is self._listener:
            connection, _ = self._listener.accept()
            connection.settimeout(PATIENCE_SECONDS)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections[connection] = connection.makefile("rb")
            selector.register(connection, EVENT_READ, self)
            return
        stays = False
        try:
            request = _read(ready, self._connections[ready])
            if request is not None:
                response = _refusal(request, ready) or answer(request)
                stays = request.header("connection").lower() != "close"
                ready.sendall(_written(request, response, stays=stays))
        except (OSError, HTTPException, ValueError):
            stays = False  # the client is gone or does not speak HTTP
        if not stays:
            selector.unregister(ready)
            self._connections.pop(ready).close()
            ready.close()

    def close(self) -> None:
        """Free the port."""
        for connection, file in self._connections.items():
            file.close()
            connection.close()
        self._connections.clear()
        self._listener.close()


def _refusal(request: HttpRequest, connection: socket.socket) -> HttpResponse | None:
    """The refusal of a request that a web page sent."""
    refusal = refused(Head(request.method, request.query, list(request.headers)), connection.getsockname())
    if refusal is None:
        return None
    kind, body = in_json({}, refusal)
    return HttpResponse(refusal.status, {"Content-Type": kind}, body)


def _read(connection: socket.socket, file: BinaryIO) -> HttpRequest | None:
    """The next request, or ``None`` at the end; raises ``ValueError`` or ``HTTPException`` if it is not HTTP."""
    line = file.readline(LONGEST_LINE).decode("latin-1")
    if not line:
        return None
    method, target, _version = line.split()
    headers = [(name, str(value)) for name, value in parse_headers(file).items()]
    path, _, query = target.partition("?")
    head = HttpRequest(method, path, query, headers, b"")
    if head.header("expect").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    if head.header("transfer-encoding").lower() == "chunked":
        return head._replace(body=b"".join(_chunks(file)))
    return head._replace(body=file.read(int(head.header("content-length") or 0)))


def _chunks(file: BinaryIO) -> list[bytes]:
    chunks = []
    while size := int(file.readline(LONGEST_LINE).partition(b";")[0], 16):
        chunks.append(file.read(size))
        file.readline(LONGEST_LINE)
    while file.readline(LONGEST_LINE).strip():
        pass  # trailers
    return chunks


def _written(request: HttpRequest, response: HttpResponse, *, stays: bool) -> bytes:
    headers = {name: value for name, value in response.headers.items() if name.lower() not in OURS}
    head_only = request.method == "HEAD"
    length = (
        next((v for k, v in response.headers.items() if k.lower() == "content-length"), None) if head_only else None
    )
    headers["Content-Length"] = str(length if length is not None else len(response.body))
    headers["Connection"] = "keep-alive" if stays else "close"
    lines = [f"HTTP/1.1 {response.status} -", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (b"" if head_only else response.body)
