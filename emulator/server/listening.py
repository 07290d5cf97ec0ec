"""A gateway on a port: listen, answer until a signal comes, close."""

import signal
import socket
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from emulator.errors import EmulatorError
from emulator.server.connections import Connection
from emulator.server.gateway import Gateway


class Server(uvicorn.Server):
    """uvicorn for a gateway; calls ``ready`` with its URL once it answers."""

    def __init__(self, gateway: Gateway, listener: socket.socket, ready: Callable[[str], None]) -> None:
        super().__init__(
            uvicorn.Config(
                gateway.app,
                http=Connection,
                log_config=None,
                log_level="warning",
                access_log=False,
                ws="none",
                proxy_headers=False,
                lifespan="on",
                timeout_graceful_shutdown=2,
            )
        )
        self._gateway = gateway
        self._listener = listener
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to answer requests."""
        await super().startup(sockets)
        self._ready(url(self._listener))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; waiting clients are answered first."""
        self._gateway.stop_polls()
        await super().shutdown(sockets)

    def answer_requests(self) -> None:
        """Answer requests until a signal, or until ``should_exit`` is set."""
        self.run(sockets=[self._listener])


def serve(gateway: Gateway, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Answer requests until SIGTERM; Ctrl-C raises ``KeyboardInterrupt`` after closing. Raises like ``listen``."""
    _allow_connections()
    listener = listen(host, port)
    before = signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn stops, then raises the signal again, for this
    try:
        Server(gateway, listener, ready).answer_requests()
    finally:
        signal.signal(signal.SIGTERM, before)


def listen(host: str, port: int) -> socket.socket:
    """A socket that clients can connect to; raises ``EmulatorError`` with a fix."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        bound = socket.create_server((host, port), family=family)
        # asyncio sends immediately only on sockets of protocol TCP; otherwise each answer waits 40 ms for an ACK
        return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=bound.detach())
    except OSError as error:
        reason = error.strerror or str(error)
        raise EmulatorError(
            f"cannot listen on {host}, port {port}: {reason.lower()}\n"
            "    fix: --port 0 takes any free port, --port N another one, --host 127.0.0.1 this machine's own address"
        ) from None


def _allow_connections() -> None:
    """Let this process have as many connections as its user may: by default it is often only about 1,000."""
    with suppress(ImportError, OSError, ValueError):  # Windows has no such bound
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def url(listener: socket.socket) -> str:
    """The URL of the listener for clients on this machine."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
