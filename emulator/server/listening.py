"""A gateway on a port: listen, answer until a signal comes, close."""

import signal
import socket
from collections.abc import Callable

import uvicorn

from emulator.errors import EmulatorError
from emulator.server.gateway import Gateway


class Server(uvicorn.Server):
    """uvicorn for a gateway; tells its URL once it answers."""

    def __init__(self, gateway: Gateway, listener: socket.socket, ready: Callable[[str], None]) -> None:
        super().__init__(
            uvicorn.Config(
                gateway.app,
                log_config=None,
                log_level="warning",
                access_log=False,
                ws="none",
                lifespan="on",
                timeout_graceful_shutdown=2,
            )
        )
        self._gateway = gateway
        self._listener = listener
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        self._ready(url(self._listener))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: first those who wait are answered."""
        self._gateway.stop_polls()
        await super().shutdown(sockets)

    def answer_requests(self) -> None:
        """Answer until a signal comes, or until ``should_exit`` is set."""
        self.run(sockets=[self._listener])


def serve(gateway: Gateway, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Answer until SIGTERM; Ctrl-C raises ``KeyboardInterrupt`` when all is closed. Raises what ``listen`` raises."""
    listener = listen(host, port)
    before = signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn stops at it, then passes it on to this
    try:
        Server(gateway, listener, ready).answer_requests()
    finally:
        signal.signal(signal.SIGTERM, before)


def listen(host: str, port: int) -> socket.socket:
    """A socket on which clients can connect; raises ``EmulatorError`` with what to do instead."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        bound = socket.create_server((host, port), family=family)
        # asyncio sends at once only on sockets that say they are TCP; else each answer waits 40 ms for an ACK
        return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=bound.detach())
    except OSError as error:
        reason = error.strerror or str(error)
        raise EmulatorError(
            f"cannot listen on {host}, port {port}: {reason.lower()}\n"
            "    fix: --port 0 takes any free port, --port N another one, --host 127.0.0.1 this machine's own address"
        ) from None


def url(listener: socket.socket) -> str:
    """Where clients of this machine reach the listener."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
