"""A server in this process, and what tests ask it with.

While a gateway is open this process's boto3 is answered inside of it, so the clients here hand what they would send to
``http.client``, which nobody intercepts.
"""

import asyncio
import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import boto3
from botocore.config import Config

from emulator import Emulator
from emulator.aws.responses import aws_response
from emulator.server.gateway import Gateway
from emulator.server.listening import Server, listen

ROOT = Path(__file__).parents[3]
ROLE = "arn:aws:iam::123456789012:role/r"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"
SCOPE = "AWS4-HMAC-SHA256 Credential=key/20300101/eu-west-1/{}/aws4_request, SignedHeaders=host, Signature=0"
HEADERS = {"Authorization": SCOPE.format("states"), "Content-Type": "application/x-amz-json-1.0"}
PATIENCE = 20.0
"""Seconds after which a test gives up; nothing here takes half a second."""


class Served(NamedTuple):
    """A server that runs, and what came of its executions as it happened."""

    port: int
    over: threading.Event

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, str]:
        """Status, body and content type; the body parsed when it is JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        text = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        connection.request(method, path, text, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        kind, content = response.headers.get("Content-Type", ""), response.read()
        connection.close()
        return response.status, json.loads(content) if "json" in kind else content, kind

    def client(self, service: str, region: str = "us-east-1", *, validates: bool = True, **keys: Any) -> Any:
        """A boto3 client that a program elsewhere would have; it ``validates`` parameters before it sends them."""
        config = Config(inject_host_prefix=False, retries={"total_max_attempts": 1}, parameter_validation=validates)
        client = boto3.client(service, region_name=region, endpoint_url=self.url, config=config, **keys)

        def forward(request: Any, **_: Any) -> Any:
            body = request.body.read() if hasattr(request.body, "read") else request.body
            headers = {name: v.decode() if isinstance(v, bytes) else v for name, v in request.headers.items()}
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            connection.request(request.method, request.url.removeprefix(self.url), body, headers)
            response = connection.getresponse()
            answered = aws_response(request.url, response.status, dict(response.getheaders()), response.read())
            connection.close()
            return answered

        client.meta.events.register("before-send", forward)
        return client


def hello(event: Any, context: Any) -> Any:
    return {"hello": event}


HELLO = {"StartAt": "Hello", "States": {"Hello": {"Type": "Task", "Resource": FUNCTION + "hello", "End": True}}}
WAIT = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 86_400, "End": True}}}


@contextmanager
def serving(*, real_time: bool = False, most_body: int | None = None) -> Iterator[Served]:
    over = threading.Event()

    def make() -> Emulator:
        start = datetime(2031, 5, 4, tzinfo=UTC) + timedelta(seconds=0.8 * real_time)
        world = Emulator(start=start, polling_waits=not real_time)
        world.lambda_function("hello", hello)
        world.state_machine(HELLO, name="prepared")
        world.assembly.driver.on_status.append(lambda execution: over.set() if execution.finish else None)
        return world

    with listening(make, real_time=real_time, most_body=most_body) as port:
        yield Served(port, over)


@contextmanager
def listening(make: Callable[[], Emulator], *, real_time: bool = False, most_body: int | None = None) -> Iterator[int]:
    """The port of a server of this process, which serves what ``make`` creates."""
    ready = threading.Event()
    listener = listen("127.0.0.1", 0)
    server = Server(Gateway(make, real_time=real_time, most_body=most_body), listener, lambda _url: ready.set())
    thread = threading.Thread(target=server.answer_requests, daemon=True)
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        assert not thread.is_alive()


class Servers:
    """The server that runs, if one does: a process's boto3 has one emulator at a time to answer it."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._running: dict[bool, Served] = {}

    def begin(self, *, real_time: bool) -> Served:
        """A server that has just begun again."""
        if real_time not in self._running:
            self.stop()
            self._running[real_time] = self._open.enter_context(serving(real_time=real_time))
        served = self._running[real_time]
        assert served.send("POST", "/_emulator/reset", X_Emulator="1")[0] == 200
        served.over.clear()
        return served

    def stop(self) -> None:
        self._running.clear()
        self._open.close()


class Client:
    """A client of an ASGI application; ``leave`` hangs up."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._left = asyncio.Event()

    def leave(self) -> None:
        self._left.set()

    async def ask(self, target: str, content: Any, kind: str = "application/x-amz-json-1.0") -> tuple[int, bytes]:
        """Status and body of the response to a call of a JSON protocol, or of a form without target."""
        headers = {"Authorization": SCOPE.format("sqs"), "Content-Type": kind}
        if target:
            headers["X-Amz-Target"] = target
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return await self.send("POST", "/", body, headers)

    async def send(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Status and body of the response."""
        path, _, query = target.partition("?")
        messages: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]
        answered: list[Any] = []

        async def receive() -> Any:
            if messages:
                return messages.pop()
            await self._left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            answered.append(message)

        given = {"Host": "localhost:80", **headers}
        pairs = [(name.lower().encode(), text.encode("utf-8", "surrogatepass")) for name, text in given.items()]
        scope = {"type": "http", "method": method, "path": unquote(path), "raw_path": path.encode()}
        scope |= {"query_string": query.encode(), "headers": pairs, "server": ("127.0.0.1", 80)}
        await self._app(scope, receive, send)
        return answered[0]["status"], answered[1]["body"]


async def served_by(gateway: Gateway, call: Any, seconds: float = PATIENCE) -> Any:
    await gateway.served.start()
    try:
        async with asyncio.timeout(seconds):
            return await call(gateway)
    finally:
        gateway.stop_polls()
        await gateway.served.stop()
