"""AWS-compatible endpoints: ``emulate serve``, which every machine has, and the one given to the test run.

``--emulator-backend=localstack`` and the like run these tests there, too; without it they skip.
"""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from emulator.aws.backends import VARIABLE, Backends, parse
from emulator.clock import stopwatch_ns

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0
"""Seconds after which a test gives up."""
TARGETS = {"events": "AWSEvents", "sqs": "AmazonSQS", "dynamodb": "DynamoDB_20120810", "states": "AWSStepFunctions"}


@dataclass(frozen=True)
class Outside:
    """A backend as another program sees it: requests go there without botocore, which an emulator answers."""

    backends: Backends
    url: str
    key: str = "test"

    def ask(self, service: str, operation: str, **content: Any) -> Any:
        """The answer to a call of a JSON protocol; raises ``LookupError`` with an error's body."""
        parts = urlsplit(self.url)
        scope = f"AWS4-HMAC-SHA256 Credential={self.key}/20300101/us-east-1/{service}/aws4_request"
        headers = {
            "Authorization": f"{scope}, SignedHeaders=host, Signature=0",
            "X-Amz-Date": "20300101T000000Z",
            "X-Amz-Target": f"{TARGETS[service]}.{operation}",
            "Content-Type": f"application/x-amz-json-1.{int(service == 'events')}",
        }
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=PATIENCE)
        connection.request("POST", "/", json.dumps(content).encode(), headers)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        if response.status >= 300:
            raise LookupError(text)
        return json.loads(text or b"{}")

    def put(self, bus: str, detail: Any, source: str = "shop") -> None:
        """Put an event on a bus."""
        entry = {"EventBusName": bus, "Source": source, "DetailType": "placed", "Detail": json.dumps(detail)}
        answer = self.ask("events", "PutEvents", Entries=[entry])
        assert answer.get("FailedEntryCount", 0) == 0

    def names(self) -> set[str]:
        """Every bus, rule, queue and, where they are there too, table."""
        buses = [bus["Name"] for bus in self.ask("events", "ListEventBuses")["EventBuses"]]
        rules = [
            f"{bus}/{rule['Name']}"
            for bus in buses
            for rule in self.ask("events", "ListRules", EventBusName=bus)["Rules"]
        ]
        queues = [url.rpartition("/")[2] for url in self.ask("sqs", "ListQueues").get("QueueUrls") or []]
        tables = self.ask("dynamodb", "ListTables")["TableNames"] if self.has_tables else []
        return {*buses, *rules, *queues, *tables}

    @property
    def has_tables(self) -> bool:
        """Whether DynamoDB is at the same place."""
        return self.backends.of("dynamodb") == self.backends.of("events")


@contextmanager
def serving(*arguments: str) -> Iterator[str]:
    """The URL of ``emulate serve`` in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "emulator", "serve", "--port", "0", *arguments],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != VARIABLE},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    rest = threading.Thread(target=process.stderr.read, daemon=True)
    with process.stderr:
        try:
            first = process.stderr.readline()
            found = re.search(r"http://\S+", first)
            rest.start()
            assert found, first
            yield found[0]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)
            rest.join(PATIENCE)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a backend that needs nothing but this project."""
    with serving() as url:
        yield url


@pytest.fixture(params=["serve", "given"])
def outside(request: pytest.FixtureRequest) -> Outside:
    """The backend of a test, in turn each that there is."""
    if request.param == "serve":
        url = request.getfixturevalue("server")
        return Outside(parse(url), url)
    backends = parse(None)
    endpoint = backends.of("events")
    if endpoint is None:
        pytest.skip("no backend outside was given: --emulator-backend, make test-localstack, make test-ministack")
    return Outside(backends, endpoint.url, endpoint.access_key)


def eventually(asked: Any) -> Any:
    """What ``asked()`` gives once it gives anything."""
    pause, end = threading.Event(), stopwatch_ns() + PATIENCE * 1e9
    while not (value := asked()):
        assert stopwatch_ns() < end, "nothing came"
        pause.wait(0.02)
    return value
