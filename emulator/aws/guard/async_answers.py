"""aiohttp: a connection to S3 answers here, as ``http.client``'s does; any other to AWS is refused.

The connection is aiohttp's own, over a transport that keeps what is sent. When the request is whole, its answer
arrives; the connection is not used again.
"""

import asyncio
from typing import Any, Final

from emulator.aws.guard.asking import check_moto, refuse
from emulator.aws.guard.hosts import is_aws
from emulator.aws.guard.http_client import AnsweringSocket
from emulator.aws.guard.patches import Patch
from emulator.aws.guard.presigned import is_s3


class _Answering(asyncio.Transport):
    """A transport to the emulator, for requests to ``base`` (scheme and host)."""

    def __init__(self, base: str, protocol: Any) -> None:
        super().__init__()
        self._base = base
        self._to = protocol
        self._sent = bytearray()
        self._is_closing = False
        self._continued = False

    def write(self, data: Any) -> None:
        """Keep what is sent, and answer when it is all."""
        self._sent += data
        head, end, body = bytes(self._sent).partition(b"\r\n\r\n")
        if not end:
            return
        lines = head.lower().split(b"\r\n")
        if b"expect: 100-continue" in lines and not self._continued:
            self._continued = True
            asyncio.get_running_loop().call_soon(self._to.data_received, b"HTTP/1.1 100 Continue\r\n\r\n")
        if not _is_whole(lines, body):
            return
        socket = AnsweringSocket(self._base)
        socket.sendall(self._sent)
        self._sent.clear()
        loop = asyncio.get_running_loop()
        try:
            content = socket.makefile().read()
        except Exception as error:
            loop.call_soon(self._to.set_exception, error)
        else:
            loop.call_soon(self._to.data_received, content)

    def is_closing(self) -> bool:
        """Whether aiohttp has closed it."""
        return self._is_closing

    def close(self) -> None:
        """Tell the protocol, as a transport does."""
        if not self._is_closing:
            self._is_closing = True
            asyncio.get_running_loop().call_soon(self._to.connection_lost, None)

    abort = close

    def pause_reading(self) -> None:
        """The answer is there at once."""

    resume_reading = pause_reading


def _is_whole(lines: list[bytes], body: bytes) -> bool:
    given = dict(line.split(b": ", 1) for line in lines[1:] if b": " in line)
    if b"chunked" not in given.get(b"transfer-encoding", b""):
        return len(body) >= int(given.get(b"content-length", b"0"))
    while True:
        size, end, body = body.partition(b"\r\n")
        if not end:
            return False
        if (length := int(size.partition(b";")[0], 16)) == 0:
            return body.endswith(b"\r\n")
        if len(body) < length + 2:
            return False
        body = body[length + 2 :]


def _connect(original: Any) -> Any:
    async def connect(self: Any, request: Any, *given: Any, **named: Any) -> Any:
        url, what = request.url, f"{request.method} {request.url}"
        if not is_aws(url.host):
            check_moto(what)
            return await original(self, request, *given, **named)
        if not is_s3(str(url)):
            refuse(what)
        from aiohttp.client_proto import ResponseHandler
        from aiohttp.connector import Connection

        loop = asyncio.get_running_loop()
        protocol = ResponseHandler(loop)
        protocol.connection_made(_Answering(str(url.origin()), protocol))
        protocol.force_close()
        return Connection(self, request.connection_key, protocol, loop)

    return connect


PATCHES: Final = (Patch("aiohttp.connector", "BaseConnector", "connect", _connect),)
