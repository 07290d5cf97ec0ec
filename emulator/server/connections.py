"""Connections of clients that begin a request and do not complete it: they end after a time.

uvicorn waits for ever for the rest of a request. Here a timer runs while the rest is awaited: one for the whole head,
one for each silence within a body, and one for the whole body.
"""

import asyncio
from typing import Any, ClassVar, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

_TOO_SLOW: Final = b"the request was not complete in time\n"
TIMEOUT: Final = (
    b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Type: text/plain\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_TOO_SLOW), _TOO_SLOW)
)


class Connection(H11Protocol):
    """uvicorn's connection, which closes itself when the client does not go on."""

    HEAD_SECONDS: ClassVar[float] = 10.0
    """How long the head of a request may take, and the first byte of a connection."""
    SILENCE_SECONDS: ClassVar[float] = 10.0
    """How long a client may send nothing within a body."""
    BODY_SECONDS: ClassVar[float] = 300.0
    """How long a body may take."""

    _timer: asyncio.TimerHandle | None = None
    _body_began: float | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Go on with the request, and wait for its rest."""
        super().data_received(data)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop()
        super().connection_lost(exc)

    def _wait(self) -> None:
        """Start the timer of what the client still owes."""
        state, now = self.conn.their_state, self.loop.time()
        if state is h11.IDLE:
            self._body_began = None
            if self._timer is None:
                self._timer = self.loop.call_later(self.HEAD_SECONDS, self._end)
            return
        self._stop()
        if state is h11.SEND_BODY:
            self._body_began = self._body_began or now
            left = self._body_began + self.BODY_SECONDS - now
            self._timer = self.loop.call_later(max(0.0, min(self.SILENCE_SECONDS, left)), self._end)
        else:
            self._body_began = None

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        self._timer = None
        if self.transport.is_closing():
            return
        cycle: Any = self.cycle  # ``None`` before the first request
        if cycle is None or cycle.response_complete or not cycle.response_started:
            self.transport.write(TIMEOUT)
        self.transport.close()
