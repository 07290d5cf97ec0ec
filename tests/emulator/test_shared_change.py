"""A change of the process is made once for all its users, in however many threads they come and go."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import botocore.endpoint
import moto.dynamodb.models.table
import moto.sqs.models
import pytest

from emulator import Emulator
from emulator.shared_change import SharedChange

# Handlers sleep on the virtual clock:
# ruff: noqa: TID251

COLD = """
import threading
from emulator import Emulator

OPERATIONS = [("events", "list_rules"), ("sqs", "list_queues"), ("dynamodb", "list_tables"), ("s3", "list_buckets")]
failed = []
start = threading.Barrier(8)

def work(service, operation):
    start.wait()
    try:
        with Emulator() as emulator:
            getattr(emulator.client(service), operation)()
    except BaseException as error:
        failed.append(f"{service}: {type(error).__name__}: {error}")

threads = [threading.Thread(target=work, args=each) for each in 2 * OPERATIONS]
for each in threads: each.start()
for each in threads: each.join()
print(failed)
"""


@pytest.fixture
def hurried() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def in_threads(work: Callable[[], object], number: int = 4) -> None:
    failed: list[BaseException] = []
    start = threading.Barrier(number)

    def run() -> None:
        start.wait()
        try:
            work()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run) for _ in range(number)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    for error in failed:
        raise error


def test_a_user_that_comes_while_the_change_is_made_waits_for_it() -> None:
    made: list[str] = []
    making, second = threading.Event(), threading.Event()

    def make() -> Callable[[], None]:
        making.set()
        second.wait(0.02)
        made.append("made")
        return lambda: made.append("undone")

    change = SharedChange(make)
    ends: list[Callable[[], None]] = []
    first = threading.Thread(target=lambda: ends.append(change.use()))
    first.start()
    making.wait()
    ends.append(change.use())
    first.join()
    assert made == ["made"]
    ends[0]()
    ends[0]()
    assert change.is_made
    ends[1]()
    assert (made, change.is_made) == (["made", "undone"], False)


def test_a_change_that_cannot_be_made_has_no_user() -> None:
    fails = [ValueError("not now")]

    def make() -> Callable[[], None]:
        if fails:
            raise fails.pop()
        return lambda: None

    change = SharedChange(make)
    with pytest.raises(ValueError, match="not now"):
        change.use()
    change.use()()
    assert not change.is_made


def test_threads_that_open_emulators_and_ask(hurried: None) -> None:
    def replaced() -> tuple[Any, ...]:
        sqs, table = moto.sqs.models, moto.dynamodb.models.table.Table
        return (
            sqs.SQSBackend.receive_message,
            sqs.Message.__dict__["visible"],
            table.all_items,
            botocore.endpoint.Endpoint.__dict__["_send"],
            boto3.DEFAULT_SESSION,
            subprocess.Popen.__init__,
        )

    def work() -> None:
        for _ in range(5):
            with Emulator() as emulator:
                queue = emulator.client("sqs").create_queue(QueueName="q")["QueueUrl"]
                emulator.client("sqs").send_message(QueueUrl=queue, MessageBody="1")
                assert len(emulator.client("sqs").receive_message(QueueUrl=queue)["Messages"]) == 1
                assert emulator.client("dynamodb").list_tables()["TableNames"] == []

    before = replaced()
    in_threads(work)
    assert replaced() == before
    work()
    assert replaced() == before


def test_handlers_in_threads_of_their_own_emulators(hurried: None) -> None:
    def handler(event: Any, context: Any) -> float:
        began = time.time()
        time.sleep(600)
        return round(time.time() - began)

    def work() -> None:
        with Emulator() as emulator:
            function = emulator.lambda_function("f", handler, timeout_seconds=900)
            for _ in range(5):
                assert emulator.run(task(function)).output == 600

    def task(arn: str) -> dict[str, Any]:
        return {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": arn, "End": True}}}

    before = time.sleep, time.time, dict(os.environ)
    in_threads(work)
    assert (time.sleep, time.time, dict(os.environ)) == before


def test_threads_that_load_boto3_and_moto_at_the_same_time() -> None:
    done = subprocess.run([sys.executable, "-c", COLD], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
