"""What killed runs leave at a backend: a later run deletes it, ``emulate clean`` shows it, other runs keep theirs."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner, Result

from emulator import Emulator
from emulator.aws import backends, created, runs
from emulator.aws.runs import Run, this_run
from emulator.cli import main
from emulator.eventbridge import bridge
from tests.backends.conftest import ROOT, Outside

PASS: Any = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
ROLE = "arn:aws:iam::123456789012:role/r"
MAKE = """
import os, sys
from tests.backends.test_leftovers import make
from emulator import Emulator

emulator = Emulator(backend=sys.argv[1])
emulator.__enter__()
make(emulator)
os.kill(os.getpid(), 9)
"""
TABLE: Any = {
    "TableName": "orders",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}


def make(emulator: Emulator) -> None:
    """A bus with a rule that leads here, a queue, a topic, a bucket and a table."""
    events: Any = boto3.client("events")
    events.create_event_bus(Name="shop")
    events.put_rule(Name="placed", EventBusName="shop", EventPattern='{"source": ["shop"]}')
    target = {"Id": "1", "Arn": emulator.state_machine(PASS, name="order").arn, "RoleArn": ROLE}
    events.put_targets(Rule="placed", EventBusName="shop", Targets=[target])
    boto3.client("sqs").create_queue(QueueName="orders")
    boto3.client("dynamodb").create_table(**TABLE)


@pytest.fixture
def emulate() -> Callable[..., Result]:
    return lambda *args: CliRunner().invoke(main, args)


@pytest.fixture(autouse=True)
def no_sweep_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process has cleaned nothing yet."""
    monkeypatch.setattr(backends, "_swept", set())


@pytest.fixture
def left_by(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Do as ``make`` does as another run, and leave everything there."""

    def leave(outside: Outside, run: Run) -> None:
        for module in (created, bridge):
            monkeypatch.setattr(module, "this_run", lambda: run)
        emulator = Emulator(backend=outside.backends)
        with pytest.MonkeyPatch.context() as kept, emulator:
            make(emulator)
            kept.setattr(created.Created, "delete_all", lambda _: None)
            kept.setattr(bridge.Bridge, "close", lambda _: None)
            emulator.close()
        for module in (created, bridge):
            monkeypatch.setattr(module, "this_run", this_run)

    return leave


ENDED = replace(this_run(), process=4_000_000, began=1)
ELSEWHERE = Run("0badcafe", 7, 1, this_run().expiry)


def test_a_later_run_finds_nothing_of_runs_that_were_killed(outside: Outside) -> None:
    before = outside.names()
    url = outside.backends.text()
    for _ in range(3):
        killed = subprocess.run(
            [sys.executable, "-c", MAKE, url], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert killed.returncode == -9, killed.stderr
    left = outside.names() - before
    assert {"shop", "shop/placed", "orders"} <= left
    assert len([name for name in left if name.startswith("shop/asl-emulator-")]) == 1
    with Emulator(backend=outside.backends) as emulator:
        make(emulator)
        assert len(emulator.assembly.others.bus.bridge.rules) == 1  # type: ignore[union-attr]
        boto3.client("events").put_events(
            Entries=[{"EventBusName": "shop", "Source": "shop", "DetailType": "d", "Detail": "{}"}]
        )
        assert len(emulator.executions) == 1
        names = [name for name in outside.names() - before if "asl-emulator-" in name]
        assert len(names) == 2, "a rule and a queue of this run"
    assert outside.names() == before


def needs_tables(outside: Outside) -> None:
    if outside.backends.of("dynamodb") is None:
        pytest.skip("the backend was given without its DynamoDB, and one of the resources here is a table")


def test_what_another_run_uses_is_never_taken_for_left(outside: Outside, left_by: Callable[..., None]) -> None:
    needs_tables(outside)
    before = outside.names()
    for run in (this_run(), ELSEWHERE):
        left_by(outside, run)
        left = outside.names()
        backends._swept.clear()
        with Emulator(backend=outside.backends):
            with pytest.raises(ClientError) as raised:
                boto3.client("dynamodb").create_table(**TABLE)
            boto3.client("sqs").create_queue(QueueName="orders")
            with pytest.raises(ClientError, match="already exists"):
                boto3.client("events").create_event_bus(Name="shop")
        assert outside.names() == left
        text = str(raised.value)
        assert "ResourceInUseException" in text
        assert (
            f"the table orders, of {run.described()}, at {outside.url}; emulate clean --backend {outside.url} " in text
        )
        shown = CliRunner().invoke(main, ["clean", "--backend", outside.backends.text()])
        assert f"kept: table orders, of {run.described()}\n" in shown.stdout
        assert "0 resources deleted, 6 kept: runs that may go on (--all deletes them, too)\n" in shown.stderr
        assert outside.names() == left
        everything = CliRunner().invoke(main, ["clean", "--all", "--backend", outside.backends.text()])
        assert (everything.exit_code, everything.stderr) == (0, "6 resources deleted\n")
        assert outside.names() == before


def test_clean_shows_and_deletes_what_ended_runs_have_left(
    outside: Outside, left_by: Callable[..., None], emulate: Callable[..., Result]
) -> None:
    needs_tables(outside)
    before = outside.names()
    outside.ask("sqs", "CreateQueue", QueueName="foreign")
    outside.ask("sqs", "CreateQueue", QueueName="asl-emulation")
    left_by(outside, ENDED)
    shown = emulate("clean", "--dry-run", "--backend", outside.backends.text())
    assert (shown.exit_code, shown.stderr) == (0, "6 resources to delete\n")
    assert "found: table orders, of a run that has ended (process 4000000)\n" in shown.stdout
    assert "found: rule placed of bus shop, of a run that has ended (process 4000000)\n" in shown.stdout
    assert "foreign" not in shown.stdout
    cleaned = emulate("clean", "--backend", outside.backends.text())
    assert (cleaned.exit_code, cleaned.stderr) == (0, "6 resources deleted\n")
    assert cleaned.stdout.count("deleted: ") == 6
    assert outside.names() == before | {"foreign", "asl-emulation"}
    assert emulate("clean", "--backend", outside.backends.text()).stderr == "0 resources deleted\n"
    for name in ("foreign", "asl-emulation"):
        url = outside.ask("sqs", "GetQueueUrl", QueueName=name)["QueueUrl"]
        outside.ask("sqs", "DeleteQueue", QueueUrl=url)


def test_a_table_that_was_left_meanwhile_is_made_again(outside: Outside, left_by: Callable[..., None]) -> None:
    """This process has cleaned the backend before the other run was killed."""
    before = outside.names()
    with Emulator(backend=outside.backends):
        boto3.client("dynamodb").create_table(**{**TABLE, "TableName": "first"})
    left_by(outside, ENDED)
    with Emulator(backend=outside.backends):
        boto3.client("dynamodb").create_table(**TABLE)
        boto3.client("dynamodb").put_item(TableName="orders", Item={"id": {"S": "7"}})
    CliRunner().invoke(main, ["clean", "--backend", outside.backends.text()])
    assert outside.names() == before


def test_a_foreign_table_is_named_as_what_it_is_and_kept(outside: Outside) -> None:
    if not outside.has_tables:
        pytest.skip("the tables are elsewhere")
    outside.ask("dynamodb", "CreateTable", **TABLE)
    with Emulator(backend=outside.backends):
        client = boto3.client("dynamodb")
        with pytest.raises(client.exceptions.ResourceInUseException) as raised:
            client.create_table(**TABLE)
        assert "Table already exists: orders" in str(raised.value)
        assert f"(the table orders at {outside.url} was there before, and no run of the emulator made it)" in str(
            raised.value
        )
    assert "orders" in outside.names()
    outside.ask("dynamodb", "DeleteTable", TableName="orders")


def test_a_table_that_the_test_makes_twice_is_refused_in_the_words_of_aws(outside: Outside) -> None:
    with Emulator(backend=outside.backends):
        client = boto3.client("dynamodb")
        client.create_table(**TABLE)
        with pytest.raises(client.exceptions.ResourceInUseException) as raised:
            client.create_table(**TABLE)
        assert "emulate clean" not in str(raised.value)


def test_clean_without_an_external_backend_is_refused(emulate: Callable[..., Result]) -> None:
    result = emulate("clean", "--backend", "moto")
    assert (result.exit_code, "clean needs an external backend: emulate clean --backend" in result.stderr) == (2, True)
    down = emulate("clean", "--backend", "http://127.0.0.1:9")
    assert (down.exit_code, "nothing is listening there" in down.stderr) == (2, True)


# The names of runs ---------------------------------------------------------------------------------------------------


def test_a_run_is_known_by_its_process() -> None:
    run = this_run()
    assert runs.read(run.text()) == run
    assert len(run.text()) <= 40
    assert (run.state(), ENDED.state(), ELSEWHERE.state()) == ("running", "ended", "unknown")
    if run.began:
        assert replace(run, began=run.began + 1).state() == "ended", "another process of the same number"
    assert replace(ELSEWHERE, expiry=1).state() == "ended"
    assert json.loads(json.dumps(run.described())) == "this run"


@pytest.mark.parametrize("text", ["", "a-b", "0badcafe-1-2-x", "0badcaf-1-2-3", "orders-1-2-3", "0badcafe-1-2-3-4"])
def test_other_texts_are_no_runs(text: str) -> None:
    assert runs.read(text) is None
