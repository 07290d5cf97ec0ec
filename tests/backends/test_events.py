"""Buses at an external backend: any program may put events; a rule's machines and functions get each of them once."""

import json
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator import Emulator, EmulatorError, StuckExecutionError, external
from emulator.clock import DEFAULT_START
from emulator.eventbridge import bus as bus_module
from tests.backends.conftest import Outside, eventually

ROLE = "arn:aws:iam::123456789012:role/r"
PASS: Any = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
OTHER_PROGRAM = """
import json, sys, boto3
url, bus, key = sys.argv[1:]
keys = {"aws_access_key_id": key, "aws_secret_access_key": "test", "region_name": "us-east-1"}
entry = {"EventBusName": bus, "Source": "shop", "DetailType": "placed", "Detail": json.dumps({"order": 8})}
print(boto3.client("events", endpoint_url=url, **keys).put_events(Entries=[entry])["FailedEntryCount"])
"""


def rule(target: str, name: str = "placed", bus: str = "shop", **more: Any) -> None:
    """A rule for events of the source ``shop``, with one target; the bus is made when it is not there."""
    events: Any = boto3.client("events")
    if bus != "default":
        with suppress(events.exceptions.ResourceAlreadyExistsException):
            events.create_event_bus(Name=bus)
    events.put_rule(Name=name, EventPattern=json.dumps({"source": ["shop"]}), EventBusName=bus)
    one = {"Id": "one", "Arn": target, **({"RoleArn": ROLE} if ":states:" in target else {}), **more}
    assert events.put_targets(Rule=name, EventBusName=bus, Targets=[one])["FailedEntryCount"] == 0


def put(detail: Any, bus: str = "shop", **more: Any) -> Any:
    entry: Any = {"EventBusName": bus, "Source": "shop", "DetailType": "placed", "Detail": json.dumps(detail), **more}
    return boto3.client("events").put_events(Entries=[entry])


def test_an_event_of_this_process_starts_an_execution_once(outside: Outside) -> None:
    with Emulator(backend=outside.backends) as emulator:
        rule(emulator.state_machine(PASS, name="order").arn)
        emulator.clock.advance(seconds=5)
        answer = put({"order": 7}, Resources=["arn:aws:s3:::b"])
        emulator.clock.advance(hours=1)
        (run,) = emulator.executions
        event = run.input
        assert event == {
            "version": "0",
            "id": answer["Entries"][0]["EventId"],
            "detail-type": "placed",
            "source": "shop",
            "account": "123456789012",
            "time": "2030-01-01T00:00:05Z",
            "region": "us-east-1",
            "resources": ["arn:aws:s3:::b"],
            "detail": {"order": 7},
        }
        assert (run.status, run.started_at, run.name.startswith(event["id"])) == (
            "SUCCEEDED",
            DEFAULT_START + timedelta(seconds=5),
            True,
        )
        assert emulator.bus.undelivered == []


def test_an_event_that_another_program_puts_starts_an_execution_once(outside: Outside) -> None:
    with Emulator(backend=outside.backends) as emulator:
        rule(emulator.state_machine(PASS, name="order").arn)
        command = [sys.executable, "-c", OTHER_PROGRAM, outside.url, "shop", outside.key]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout == "0\n"
        emulator.await_events()
        emulator.clock.advance(hours=1)
        (run,) = emulator.executions
        assert (run.status, run.input["detail"], run.started_at) == ("SUCCEEDED", {"order": 8}, DEFAULT_START)


@pytest.mark.parametrize(
    ("shape", "given"),
    [
        ({"Input": '{"fixed": 1}'}, {"fixed": 1}),
        ({"InputPath": "$.detail"}, {"order": 7, "who": "Zoë"}),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"order": "$.detail.order", "who": "$.detail.who"},
                    "InputTemplate": '{"number": <order>, "text": "for <who>", "rule": <aws.events.rule-name>}',
                }
            },
            {"number": 7, "text": "for Zoë", "rule": "placed"},
        ),
    ],
    ids=["Input", "InputPath", "InputTransformer"],
)
def test_a_target_shapes_its_input(outside: Outside, shape: Any, given: Any) -> None:
    with Emulator(backend=outside.backends) as emulator:
        rule(emulator.state_machine(PASS, name="order").arn, **shape)
        put({"order": 7, "who": "Zoë"})
        outside.put("shop", {"order": 7, "who": "Zoë"})
        emulator.await_events()
        assert [run.input for run in emulator.executions] == [given, given]


def test_many_events_arrive_in_order_each_at_every_rule_once(outside: Outside) -> None:
    calls: list[Any] = []
    with Emulator(backend=outside.backends) as emulator:
        rule(emulator.state_machine(PASS, name="order").arn)
        rule(emulator.lambda_function("note", lambda event, _: calls.append(event["detail"]["n"])), name="note")
        entries: Any = [
            {"EventBusName": "shop", "Source": "shop", "DetailType": "placed", "Detail": json.dumps({"n": n})}
            for n in range(10)
        ]
        boto3.client("events").put_events(Entries=entries)
        assert [run.input["detail"]["n"] for run in emulator.executions] == list(range(10)) == calls
        for n in range(10, 22):
            outside.put("shop", {"n": n})
        emulator.await_events(24)
        assert sorted(calls) == list(range(22)) == sorted(run.input["detail"]["n"] for run in emulator.executions)


def test_a_handler_puts_an_event_at_its_own_time(outside: Outside) -> None:
    def announce(event: Any, context: Any) -> None:
        import time

        time.sleep(30)  # noqa: TID251 - on the virtual clock
        put({"order": event["order"]})

    with Emulator(backend=outside.backends) as emulator:
        rule(emulator.state_machine(PASS, name="order").arn)
        arn = emulator.lambda_function("announce", announce)
        emulator.run({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": arn, "End": True}}}, {"order": 7})
        _, run = emulator.executions
        assert (run.input["detail"], run.started_at) == ({"order": 7}, DEFAULT_START + timedelta(seconds=30))


def test_a_rule_that_another_program_makes_leads_here_too(outside: Outside) -> None:
    with Emulator(backend=outside.backends) as emulator:
        machine = emulator.state_machine(PASS, name="order").arn
        boto3.client("events").create_event_bus(Name="shop")
        outside.ask("events", "PutRule", Name="theirs", EventBusName="shop", EventPattern='{"source": ["shop"]}')
        target = {"Id": "one", "Arn": machine, "RoleArn": ROLE}
        outside.ask("events", "PutTargets", Rule="theirs", EventBusName="shop", Targets=[target])
        put({"order": 7})
        outside.put("shop", {"order": 8})
        emulator.await_events()
        assert [run.input["detail"]["order"] for run in emulator.executions] == [7, 8]


def test_what_does_not_match_or_is_disabled_does_not_start(outside: Outside) -> None:
    with Emulator(backend=outside.backends) as emulator:
        events = boto3.client("events")
        rule(emulator.state_machine(PASS, name="order").arn)
        put({}, Source="bank")
        events.disable_rule(Name="placed", EventBusName="shop")
        put({"order": 1})
        events.enable_rule(Name="placed", EventBusName="shop")
        put({"order": 2})
        events.put_rule(Name="placed", EventBusName="shop", EventPattern='{"detail": {"order": [3]}}')
        put({"order": 4})
        put({"order": 3})
        assert [run.input["detail"]["order"] for run in emulator.executions] == [2, 3]
        assert [entry["Source"] for entry in emulator.bus.entries] == ["bank", *["shop"] * 4]


def test_an_entry_that_is_refused_is_told_and_the_others_are_put(outside: Outside) -> None:
    with Emulator(backend=outside.backends) as emulator:
        rule(emulator.state_machine(PASS, name="order").arn)
        good: Any = {"EventBusName": "shop", "Source": "shop", "DetailType": "placed", "Detail": "{}"}
        answer = boto3.client("events").put_events(Entries=[{**good, "Detail": "no JSON"}, good])
        assert (answer["FailedEntryCount"], answer["Entries"][0]["ErrorCode"]) == (1, "MalformedDetail")
        assert len(emulator.executions) == 1


def test_a_machine_that_is_not_there_is_told(outside: Outside) -> None:
    with Emulator(backend=outside.backends) as emulator:
        rule("arn:aws:states:us-east-1:123456789012:stateMachine:gone")
        put({"order": 7})
        (lost,) = emulator.bus.undelivered
        assert "there is no state machine arn:aws:states:us-east-1:123456789012:stateMachine:gone" in lost.reason


def test_a_queue_of_the_backend_gets_its_message_from_the_backend(outside: Outside) -> None:
    with Emulator(backend=outside.backends) as emulator:
        sqs = emulator.client("sqs")
        url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        rule("arn:aws:sqs:us-east-1:123456789012:orders", bus="default", name="to-orders")
        put({"order": 7}, bus="default")

        def receive() -> Any:
            return sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages")

        (message,) = eventually(receive)
        assert json.loads(message["Body"])["detail"] == {"order": 7}


def test_a_queue_that_lives_here_is_filled_from_here(outside: Outside) -> None:
    backend = {"events": outside.backends.endpoints[0].text(), "sqs": "moto"}
    with Emulator(backend=backend) as emulator:
        sqs = emulator.client("sqs")
        url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        rule("arn:aws:sqs:us-east-1:123456789012:orders")
        put({"order": 7})
        outside.put("shop", {"order": 8})
        emulator.await_events()
        bodies = [
            json.loads(each["Body"]) for each in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        ]
        assert sorted(body["detail"]["order"] for body in bodies) == [7, 8]


# Time ----------------------------------------------------------------------------------------------------------------

TOKEN: Any = {
    "StartAt": "Wait",
    "States": {
        "Wait": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}},
            "End": True,
        }
    },
}


@pytest.mark.parametrize("limit", [{}, {"TimeoutSeconds": 3600}], ids=["for-ever", "an-hour"])
def test_the_clock_stands_while_somebody_outside_is_about_to_answer(outside: Outside, limit: Any) -> None:
    """An execution waits for its token, which a function sends that an event of another program calls."""
    tokens: list[str] = []

    def answer(_event: Any, _context: Any) -> None:
        boto3.client("stepfunctions").send_task_success(taskToken=tokens[0], output='{"by": "outside"}')

    with Emulator(backend=outside.backends) as emulator:
        emulator.lambda_function("ask", lambda event, _: tokens.append(event["token"]))
        rule(emulator.lambda_function("answer", answer))
        later = threading.Timer(0.3, outside.put, ("shop", {}))
        definition = {**TOKEN, "States": {"Wait": {**TOKEN["States"]["Wait"], **limit}}}
        later.start()
        run = emulator.run(definition)
        later.join()
        assert (run.status, run.output, run.elapsed) == ("SUCCEEDED", {"by": "outside"}, timedelta())


def test_waiting_for_somebody_outside_has_an_end(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(external, "GRACE_SECONDS", 0.1)
    with Emulator(backend=outside.backends) as emulator:
        emulator.lambda_function("ask", lambda event, _: None)
        rule(emulator.lambda_function("answer", lambda event, _: None))
        with pytest.raises(StuckExecutionError, match="waits in Wait for an external worker"):
            emulator.run(TOKEN)
        limited = {**TOKEN, "States": {"Wait": {**TOKEN["States"]["Wait"], "TimeoutSeconds": 3600}}}
        run = emulator.run(limited)
        assert (run.error, run.elapsed) == ("States.Timeout", timedelta(hours=1))


def test_awaiting_events_has_an_end(outside: Outside) -> None:
    with Emulator(backend=outside.backends) as emulator:
        rule(emulator.state_machine(PASS, name="order").arn)
        text = r"0 of 1 events arrived within 0.2 s; rules with targets in this process: placed of bus shop"
        with pytest.raises(EmulatorError, match=text):
            emulator.await_events(timeout_seconds=0.2)
        outside.put("shop", {})
        eventually(lambda: emulator.executions)
        emulator.await_events(timeout_seconds=0)
        with pytest.raises(EmulatorError, match="0 of 1 events"):
            emulator.await_events(timeout_seconds=0)


def test_awaiting_events_needs_a_backend_outside() -> None:
    with Emulator(backend="moto") as emulator, pytest.raises(EmulatorError, match="the buses are in this process"):
        emulator.await_events()


def test_an_event_that_the_backend_keeps_is_told(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    """The backend takes the event, and its second rule has been deleted behind the emulator's back."""
    with Emulator(backend=outside.backends) as emulator:
        rule(emulator.state_machine(PASS, name="order").arn)
        put({"order": 1})
        bridge = emulator.assembly.others.bus.bridge
        assert bridge is not None
        (name,) = (name for name in outside.names() if name.startswith(f"shop/{bridge.name}"))
        outside.ask("events", "RemoveTargets", Rule=name.partition("/")[2], EventBusName="shop", Ids=["emulator"])
        monkeypatch.setattr(bus_module, "ARRIVAL_SECONDS", 0.2)
        put({"order": 2})
        (lost,) = emulator.bus.undelivered
        assert lost.reason == (
            f"{outside.url} accepted the event for the bus shop, but did not deliver it within 0.2 s, although the "
            "rule's pattern matches it"
        )


# Side by side, and afterwards ----------------------------------------------------------------------------------------


def test_nothing_is_left_behind_and_what_was_there_stays(outside: Outside) -> None:
    outside.ask("sqs", "CreateQueue", QueueName="theirs")
    outside.ask("events", "PutRule", Name="theirs", EventPattern='{"source": ["theirs"]}')
    before = outside.names()
    try:
        with pytest.raises(ZeroDivisionError):
            _make_everything(outside, before)
        assert outside.names() == before
        with Emulator(backend=outside.backends) as emulator:
            assert emulator.client("s3").list_buckets()["Buckets"] == []
            assert emulator.client("sns").list_topics()["Topics"] == []
    finally:
        outside.ask("events", "DeleteRule", Name="theirs")
        theirs = outside.ask("sqs", "GetQueueUrl", QueueName="theirs")["QueueUrl"]
        outside.ask("sqs", "DeleteQueue", QueueUrl=theirs)


def _make_everything(outside: Outside, before: set[str]) -> None:
    with Emulator(backend=outside.backends) as emulator:
        rule(emulator.state_machine(PASS, name="order").arn)
        rule(emulator.state_machine(PASS, name="order").arn, bus="default")
        put({"order": 7})
        emulator.client("sqs").create_queue(QueueName="theirs")
        emulator.client("sqs").create_queue(QueueName="mine")
        emulator.client("events").put_rule(Name="theirs", EventPattern='{"source": ["theirs"]}')
        emulator.client("dynamodb").create_table(
            TableName="orders",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        emulator.client("sns").create_topic(Name="news")
        s3 = emulator.client("s3")
        s3.create_bucket(Bucket="papers")
        s3.put_object(Bucket="papers", Key="a/b.txt", Body=b"text")
        assert s3.get_object(Bucket="papers", Key="a/b.txt")["Body"].read() == b"text"
        assert len(outside.names() - before) >= 7
        raise ZeroDivisionError


def test_two_emulators_at_one_backend_each_get_what_their_rules_match(outside: Outside) -> None:
    with Emulator(backend=outside.backends) as first:
        rule(first.state_machine(PASS, name="order").arn)
        with Emulator(backend=outside.backends) as second:
            rule(second.state_machine(PASS, name="invoice").arn, name="invoiced")
            outside.put("shop", {"order": 1})
            second.await_events(2)  # the first one's rule names a machine that the second does not have
            assert [run.state_machine.name for run in second.executions] == ["invoice"]
        first.await_events(1)
        outside.put("shop", {"order": 2})
        first.await_events(1)
        assert [run.input["detail"]["order"] for run in first.executions if run.state_machine.name == "order"] == [1, 2]


def test_a_bridge_is_not_to_be_seen(outside: Outside) -> None:
    with Emulator(backend=outside.backends) as emulator:
        machine = emulator.state_machine(PASS, name="order").arn
        rule(machine)
        put({})
        events = boto3.client("events")
        assert [each["Name"] for each in events.list_rules(EventBusName="shop")["Rules"]] == ["placed"]
        assert emulator.client("sqs").list_queues().get("QueueUrls", []) == []
        events.remove_targets(Rule="placed", EventBusName="shop", Ids=["one"])
        events.delete_rule(Name="placed", EventBusName="shop")
        events.delete_event_bus(Name="shop")
        assert outside.names() == {"default"}


def test_errors_of_the_backend_come_as_boto3s_own(outside: Outside) -> None:
    with Emulator(backend=outside.backends) as emulator:
        with pytest.raises(ClientError) as raised:
            emulator.client("sqs").get_queue_url(QueueName="none")
        assert "NonExistentQueue" in raised.value.response["Error"]["Code"]
