"""An AWS-compatible endpoint that answers as a test tells it to."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Script:
    """A server that answers as it is told: ``answer`` is status, headers and body, or what makes them of a request."""

    def __init__(self) -> None:
        self.answer: Any = (200, {}, b"{}")
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.url = ""
        self.is_aws = True
        """Whether answers have a request id, as those of AWS."""


class Handler(BaseHTTPRequestHandler):
    script: Script

    def _do(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.script.seen.append((self.command, self.path, dict(self.headers.items()), body))
        answer = self.script.answer
        status, headers, content = answer() if callable(answer) else answer
        if status == 0:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(status)
        own = {"x-amzn-RequestId": "1"} if self.script.is_aws else {}
        for name, value in {"Content-Length": str(len(content)), **own, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the client was told to wait no longer
            self.wfile.write(content)

    do_POST = do_GET = do_PUT = _do  # noqa: N815 - the server's names

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def scripted() -> Iterator[Script]:
    """A server of this process; its ``url`` is known."""
    made = Script()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Told", (Handler,), {"script": made}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
