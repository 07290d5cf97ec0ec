"""``http.client``, and with it ``urllib.request``: a connection to AWS gets a socket that answers here.

The socket keeps what is sent, and reads the request from it when the response is asked for. So every way of sending is
covered: at once, in pieces, as a file, through a proxy.
"""

from io import BytesIO
from typing import Any, Final
from urllib.parse import urlsplit

from emulator.aws.guard.asking import check_moto
from emulator.aws.guard.hosts import is_aws
from emulator.aws.guard.patches import Patch
from emulator.aws.guard.presigned import answer
from emulator.aws.responses import HttpResponse

_LONGEST_LINE: Final = 1 << 20


class AnsweringSocket:
    """As much of a socket as ``http.client`` uses, for requests to ``base`` (scheme and host)."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._sent = bytearray()

    def sendall(self, data: Any, _flags: int = 0) -> None:
        """Keep what is sent."""
        self._sent += data

    def makefile(self, *_given: Any, **_named: Any) -> BytesIO:
        """The response to what was sent since the last one."""
        from http.client import parse_headers

        file = BytesIO(bytes(self._sent))
        self._sent.clear()
        method, target, _ = file.readline(_LONGEST_LINE).decode("latin-1").split(" ", 2)
        headers = [(name, str(value)) for name, value in parse_headers(file).items()]
        host = next((value for name, value in headers if name.lower() == "host"), "")
        base = f"{self._base.partition('://')[0]}://{host}" if is_aws(host.partition(":")[0]) else self._base
        url = target if "://" in target.partition("?")[0] else f"{base}{target}"
        return BytesIO(_written(answer(method, url, headers, _body(headers, file)), method))

    def settimeout(self, _seconds: float | None) -> None:
        """Nothing waits here."""

    def setsockopt(self, *_given: Any) -> None:
        """There is nothing to set."""

    def close(self) -> None:
        """There is nothing to free."""

    shutdown = settimeout


def _body(headers: list[tuple[str, str]], file: BytesIO) -> bytes:
    if not any(name.lower() == "transfer-encoding" and "chunked" in value.lower() for name, value in headers):
        return file.read()
    pieces = []
    while size := int(file.readline(_LONGEST_LINE).partition(b";")[0].strip() or b"0", 16):
        pieces.append(file.read(size))
        file.readline(_LONGEST_LINE)
    return b"".join(pieces)


def _written(response: HttpResponse, method: str) -> bytes:
    from http.client import responses as reasons

    left_out = {"transfer-encoding", "connection", *(() if method == "HEAD" else ("content-length",))}
    lines = [f"{name}: {value}" for name, value in response.headers.items() if name.lower() not in left_out]
    if method != "HEAD":
        lines.append(f"Content-Length: {len(response.body)}")
    head = [f"HTTP/1.1 {response.status} {reasons.get(response.status, '')}", *lines, "", ""]
    return "\r\n".join(head).encode("latin-1", "replace") + response.body


def _connect(original: Any) -> Any:
    def connect(self: Any) -> None:
        host = self._tunnel_host or self.host
        if is_aws(host):
            self.sock = AnsweringSocket(_base(self))
        else:
            original(self)

    return connect


def _putrequest(original: Any) -> Any:
    def putrequest(self: Any, method: str, url: str, *given: Any, **named: Any) -> None:
        whole = url if "://" in url.partition("?")[0] else f"{_base(self)}{url}"
        if is_aws(urlsplit(whole).hostname):
            if not isinstance(self.sock, AnsweringSocket):
                if self.sock is not None:
                    self.sock.close()
                self.sock = AnsweringSocket(_base(self))
        else:
            check_moto(f"{method} {whole}")
            if isinstance(self.sock, AnsweringSocket):  # the proxy's next request may be for another host
                self.sock = None
        original(self, method, url, *given, **named)

    return putrequest


def _base(connection: Any) -> str:
    scheme = {443: "https", 80: "http"}.get(connection.default_port, "http")
    host = connection._tunnel_host or connection.host
    port = connection._tunnel_port if connection._tunnel_host else connection.port
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}{'' if port in (None, connection.default_port) else f':{port}'}"


PATCHES: Final = (
    Patch("http.client", "HTTPConnection", "connect", _connect),
    Patch("http.client", "HTTPSConnection", "connect", _connect),
    Patch("http.client", "HTTPConnection", "putrequest", _putrequest),
)
