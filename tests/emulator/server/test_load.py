"""Many clients, slow clients, clients that leave, and bodies without end hold up no others."""

import asyncio
import http.client
import json
import logging
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from emulator import Emulator
from emulator.server import bodies
from emulator.server.connections import Connection
from emulator.server.gateway import Gateway
from tests.emulator.server.served import HEADERS, PATIENCE, SCOPE, Client, Served, served_by, serving

LIST = {**HEADERS, "X-Amz-Target": "AWSStepFunctions.ListStateMachines"}
S3 = {"Authorization": SCOPE.format("s3")}


@pytest.fixture(scope="module")
def small() -> Iterator[Served]:
    """A server for bodies of at most 1,000 bytes."""
    with serving(most_body=1000) as server:
        yield server


# Bodies


@pytest.mark.parametrize(
    ("headers", "path", "code"),
    [
        (LIST, "/", "RequestEntityTooLargeException"),
        (S3, "/papers/key", "EntityTooLarge"),
        ({}, "/_emulator/clock", ""),
        ({"Content-Type": "application/json"}, "/graphql", ""),
    ],
)
@pytest.mark.parametrize("size", [1001, 300_000])
def test_a_body_over_the_bound_is_refused(
    small: Served, headers: dict[str, str], path: str, code: str, size: int
) -> None:
    status, content, kind = small.send("POST", path, b"x" * size, **headers)
    text = content.decode() if "xml" in kind else json.dumps(content)
    assert status == 413
    assert code in text
    assert "--max-body MIB" in text
    assert small.send("POST", "/", {}, **LIST)[0] == 200


@pytest.mark.parametrize("path", ["/", "/papers/key", "/_emulator/health", "/_emulator/reset", "/graphql", "/none"])
@pytest.mark.parametrize("told", [1001, 99_999_999_999])
def test_a_length_over_the_bound_is_refused_before_anything_is_sent(
    small: Served, path: str, told: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "LINGER_SECONDS", 0.001)
    head = b"POST %s HTTP/1.1\r\nHost: localhost:%d\r\nContent-Length: %d\r\n\r\n"
    assert sent(small, head % (path.encode(), small.port, told)).startswith(b"HTTP/1.1 413 ")


def test_chunks_are_counted(small: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", small.port, timeout=PATIENCE)
    connection.request("POST", "/", (b"x" * 300 for _ in range(4)), LIST, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()
    connection = http.client.HTTPConnection("127.0.0.1", small.port, timeout=PATIENCE)
    connection.request("POST", "/", iter([b"{", b"}"]), LIST, encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()


def test_a_body_without_end_is_read_only_so_far(small: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "READ_ON", 10_000)
    endless = (b"x" * 10_000 for _ in range(100_000))
    connection = http.client.HTTPConnection("127.0.0.1", small.port, timeout=PATIENCE)
    with pytest.raises(ConnectionError):
        connection.request("POST", "/", endless, LIST, encode_chunked=True)
    connection.close()


def test_a_client_that_asks_first_does_not_send(small: Served) -> None:
    head = b"PUT /papers/key HTTP/1.1\r\nHost: localhost:%d\r\nContent-Length: 5000\r\nExpect: 100-continue\r\n\r\n"
    assert sent(small, head % small.port).startswith(b"HTTP/1.1 413 ")


def test_the_services_have_their_bounds() -> None:
    assert bodies.BOUNDS["lambda"] == 70_167_211
    assert bodies.BOUNDS["s3"] > bodies.BOUNDS["lambda"] > bodies.BOUND > 6 * bodies.MIB


def sent(served: Served, content: bytes) -> bytes:
    """What comes back until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", served.port), PATIENCE) as client:
        client.sendall(content)
        return b"".join(iter(lambda: client.recv(65536), b""))


# Half a request


@pytest.mark.parametrize(
    "half",
    [
        b"",
        b"POST / HT",
        b"POST / HTTP/1.1\r\nHost: localhost:PORT\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost:PORT\r\nContent-Length: 10\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost:PORT\r\nContent-Length: 10\r\n\r\n12345",
        b"POST / HTTP/1.1\r\nHost: localhost:PORT\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123",
    ],
)
def test_half_a_request_ends(small: Served, half: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "HEAD_SECONDS", 0.02)
    monkeypatch.setattr(Connection, "SILENCE_SECONDS", 0.02)
    assert sent(small, half.replace(b"PORT", b"%d" % small.port)).startswith(b"HTTP/1.1 408 Request Timeout\r\n")


def test_a_body_that_drips_ends(small: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "BODY_SECONDS", 0.02)
    head = b"POST / HTTP/1.1\r\nHost: localhost:%d\r\nContent-Length: 999\r\n\r\n" % small.port
    answered = b""
    with socket.create_connection(("127.0.0.1", small.port), PATIENCE) as client:
        client.sendall(head)
        client.settimeout(0.005)
        for _ in range(900):
            with suppress(TimeoutError):
                answered = client.recv(100)
                break
            client.sendall(b"x")
    assert answered.startswith(b"HTTP/1.1 408 ")


def test_the_rest_may_come_late(small: Served) -> None:
    with socket.create_connection(("127.0.0.1", small.port), PATIENCE) as client:
        lines = "".join(f"{name}: {value}\r\n" for name, value in {**LIST, "Content-Length": "2"}.items())
        for part in (f"POST / HTTP/1.1\r\nHost: localhost:{small.port}\r\n", lines, "\r\n{", "}"):
            client.sendall(part.encode())
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")


# Clients that leave


def test_a_client_that_hangs_up_leaves_one_line(small: Served, caplog: pytest.LogCaptureFixture) -> None:
    head = b"POST /queue\x7f HTTP/1.1\r\nHost: localhost:%d\r\nContent-Length: 10\r\n\r\n12" % small.port
    with caplog.at_level(logging.WARNING):
        for _ in range(100):
            client = socket.create_connection(("127.0.0.1", small.port), PATIENCE)
            client.sendall(head.replace(b"\x7f", b""))
            client.close()
        for _ in range(100):  # the whole request, but nobody reads the response
            client = socket.create_connection(("127.0.0.1", small.port), PATIENCE)
            client.sendall(b"GET /_emulator/health HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % small.port)
            client.close()
        assert small.send("POST", "/", {}, **LIST)[0] == 200
    line = "{}: the client hung up before its request was complete"
    earlier = line.format("POST /")  # clients of the tests before, which a busy machine notices late
    records = [record for record in caplog.records if record.getMessage() != earlier]
    assert {record.getMessage() for record in records} == {line.format("POST /queue")}
    assert len(records) <= 100
    assert not [record for record in caplog.records if record.exc_info]


# Long polls, without sockets


def counted(gateway: Gateway) -> list[str]:
    """The operations that the emulator's thread answers, as they are answered."""
    operations: list[str] = []
    respond = gateway.served.respond

    def count(asked: Any, request: Any) -> Any:
        operations.append(asked.operation)
        return respond(asked, request)

    gateway.served.respond = count  # type: ignore[method-assign]
    return operations


async def settled(operations: list[str], most: int) -> None:
    while len(operations) < most:
        await asyncio.sleep(0.001)


def test_a_thousand_long_polls_keep_no_request_waiting() -> None:
    """500 workers of one activity, 500 readers of 20 queues: a request costs a look at each of the 21, not at 1,000."""

    async def call(gateway: Gateway) -> None:
        operations = counted(gateway)
        client = Client(gateway.app)
        created = json.loads((await client.ask("AWSStepFunctions.CreateActivity", {"name": "pack"}))[1])
        activity = {"activityArn": created["activityArn"]}
        urls = [
            json.loads((await client.ask("AmazonSQS.CreateQueue", {"QueueName": f"q{n}"}))[1])["QueueUrl"]
            for n in range(20)
        ]
        pollers = [("AWSStepFunctions.GetActivityTask", activity)] * 500
        pollers += [("AmazonSQS.ReceiveMessage", {"QueueUrl": urls[n % 20], "WaitTimeSeconds": 20}) for n in range(500)]
        clients = [Client(gateway.app) for _ in pollers]
        polls = [asyncio.create_task(one.ask(*asked)) for one, asked in zip(clients, pollers, strict=True)]
        await settled(operations, 1021)
        before = len(operations)
        for _ in range(20):
            status, _ = await client.ask("AWSStepFunctions.ListStateMachines", {})
            assert status == 200
        assert len(operations) - before <= 20 * 22 + 3 * 21
        assert not any(poll.done() for poll in polls)

        await client.ask("AmazonSQS.SendMessage", {"QueueUrl": urls[7], "MessageBody": "hello"})
        [found], _ = await asyncio.wait(polls, return_when=asyncio.FIRST_COMPLETED)
        assert b"hello" in found.result()[1]
        assert polls.index(found) == 507

        for one in clients[:100]:
            one.leave()
        gone = await asyncio.gather(*polls[:100])
        assert {status for status, _ in gone} == {200}
        gateway.stop_polls()
        rest = await asyncio.gather(*polls[100:])
        assert {status for status, _ in rest} == {200}

    asyncio.run(served_by(Gateway(lambda: Emulator()), call))


def test_requests_go_before_polls_that_look() -> None:
    """Work of polls waits for all other work."""
    from emulator.server.worker import BEHIND, Worker

    async def call() -> list[str]:
        worker, order, gate = Worker(), list[str](), asyncio.Event()
        loop = asyncio.get_running_loop()

        def hold() -> None:
            asyncio.run_coroutine_threadsafe(gate.wait(), loop).result(PATIENCE)

        held = asyncio.create_task(worker.do(hold))
        await asyncio.sleep(0)
        looks = [asyncio.create_task(worker.do(lambda: order.append("poll"), rank=BEHIND)) for _ in range(3)]
        await asyncio.sleep(0)
        asked = [asyncio.create_task(worker.do(lambda: order.append("request"))) for _ in range(3)]
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(held, *looks, *asked)
        worker.stop()
        return order

    assert asyncio.run(call()) == ["request"] * 3 + ["poll"] * 3


def forms(contents: Iterable[str]) -> list[bytes]:
    return [content.encode() for content in contents]


def test_receive_message_in_the_query_protocol() -> None:
    """SQS's older protocol, with and without a time to wait, and with one that is none."""

    async def call(gateway: Gateway) -> None:
        client = Client(gateway.app)
        form = "application/x-www-form-urlencoded"
        made = await client.ask("AmazonSQS.CreateQueue", {"QueueName": "q"})
        url = json.loads(made[1])["QueueUrl"]
        receive = f"Action=ReceiveMessage&Version=2012-11-05&QueueUrl={url}"
        for content in forms([receive, f"{receive}&WaitTimeSeconds=0"]):
            status, body = await client.ask("", content, form)
            assert (status, b"<ReceiveMessageResult" in body) == (200, True)
        for content in forms([f"{receive}&WaitTimeSeconds={wrong}" for wrong in ("21", "-1", "soon", "1e9", "")]):
            assert (await client.ask("", content, form))[0] < 500
        for content in (
            b"",
            b"Action=",
            b"Action=Nothing",
            b"\xff\xfe=%zz&Action=ReceiveMessage",
            b"Action=ReceiveMessage",
        ):
            status, body = await client.ask("", content, form)
            assert 400 <= status < 500
            assert b"<Code>" in body, content
        poll = asyncio.create_task(client.ask("", f"{receive}&WaitTimeSeconds=20".encode(), form))
        await asyncio.sleep(0.01)
        assert not poll.done()
        sending = f"Action=SendMessage&Version=2012-11-05&QueueUrl={url}&MessageBody=hello".encode()
        assert (await client.ask("", sending, form))[0] == 200
        assert b"<Body>hello</Body>" in (await poll)[1]

    asyncio.run(served_by(Gateway(lambda: Emulator()), call))
