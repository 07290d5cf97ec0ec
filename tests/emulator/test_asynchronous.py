"""Asynchronous calls of functions: tries, waits, destinations, dead letters.

Recorded on AWS: ``test_lambda_destinations``, ``test_request_id_async_invoke_with_retry``,
``test_reserved_concurrency``.
"""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest

from emulator import Emulator
from emulator.asynchronous import first_kilobyte
from emulator.clock import DEFAULT_START

# Handlers sleep on the virtual clock:
# ruff: noqa: TID251

ACCOUNT = "us-east-1:123456789012"
QUEUE = f"arn:aws:sqs:{ACCOUNT}:"
FUNCTION = f"arn:aws:lambda:{ACCOUNT}:function:f"
BUS = f"arn:aws:events:{ACCOUNT}:event-bus/default"
FAIL = {"fail": True}


class Shop:
    """A function ``f`` that fails if its event says so, with its calls; and queues."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.functions = boto3.client("lambda")
        self.calls: list[tuple[float, str, Any]] = []
        """Seconds since the start, request id, event."""
        emulator.lambda_function("f", self.handle)
        for name in ("good", "bad", "dead"):
            boto3.client("sqs").create_queue(QueueName=name)

    def handle(self, event: Any, context: Any) -> Any:
        self.calls.append((time.time() - DEFAULT_START.timestamp(), context.aws_request_id, event))
        time.sleep(event.get("sleep", 0))
        if event.get("fail") or event.get("detail", {}).get("fail"):
            raise ValueError("no")
        return {"done": True}

    def invoke(self, event: Any, **more: Any) -> None:
        self.functions.invoke(FunctionName="f", InvocationType="Event", Payload=json.dumps(event), **more)

    def configure(self, **settings: Any) -> None:
        ends = {"OnSuccess": {"Destination": QUEUE + "good"}, "OnFailure": {"Destination": QUEUE + "bad"}}
        self.functions.put_function_event_invoke_config(FunctionName="f", DestinationConfig=ends, **settings)

    def messages(self, queue: str) -> list[Any]:
        sqs = boto3.client("sqs")
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        found: list[Any] = []
        while got := sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages"):
            found += got
            for each in got:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
        return found

    def records(self, queue: str) -> list[Any]:
        return [json.loads(each["Body"]) for each in self.messages(queue)]


@pytest.fixture
def shop(emulator: Emulator) -> Shop:
    return Shop(emulator)


def by_event(shop: Shop) -> None:
    shop.invoke(FAIL)


def by_invoke_async(shop: Shop) -> None:
    shop.functions.invoke_async(FunctionName="f", InvokeArgs=json.dumps(FAIL).encode())


def by_rule(shop: Shop) -> None:
    events = boto3.client("events")
    events.put_rule(Name="r", EventPattern=json.dumps({"source": ["shop"]}))
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": FUNCTION}])
    events.put_events(Entries=[{"Source": "shop", "DetailType": "placed", "Detail": json.dumps(FAIL)}])


def by_task(shop: Shop, resource: str = "lambda:invoke", payload: Any = FAIL) -> None:
    parameters = {"FunctionName": "f", "Payload": payload, "InvocationType": "Event"}
    task = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{resource}",
        "Parameters": parameters,
        "OutputPath": "$.StatusCode",
        "End": True,
    }
    assert shop.emulator.run({"StartAt": "T", "States": {"T": task}}).output == 202


def by_sdk_task(shop: Shop) -> None:
    by_task(shop, "aws-sdk:lambda:invoke")


def by_destination(shop: Shop) -> None:
    shop.emulator.lambda_function("first", lambda event, context: event)
    ends = {"OnSuccess": {"Destination": FUNCTION}}
    shop.functions.put_function_event_invoke_config(FunctionName="first", DestinationConfig=ends)
    shop.handle = None  # type: ignore[assignment, method-assign]

    def fail(event: Any, context: Any) -> None:
        shop.calls.append((time.time() - DEFAULT_START.timestamp(), context.aws_request_id, event))
        raise ValueError("no")

    shop.emulator.lambda_function("f", fail)
    shop.functions.invoke(FunctionName="first", InvocationType="Event")


WAYS = [by_event, by_invoke_async, by_rule, by_task, by_sdk_task, by_destination]


@pytest.mark.parametrize("call", WAYS)
def test_a_function_that_fails_is_called_again_after_one_minute_and_after_two_more(
    shop: Shop, call: Callable[[Shop], None]
) -> None:
    call(shop)
    shop.emulator.clock.advance(days=1)
    assert [at for at, _, _ in shop.calls] == [0, 60, 180]
    assert len({request_id for _, request_id, _ in shop.calls}) == 1
    assert len({json.dumps(event) for _, _, event in shop.calls}) == 1


def test_an_error_that_comes_again_is_told_without_its_lines(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    shop.invoke(FAIL)
    shop.emulator.clock.advance(minutes=5)
    first, *others = [
        record.getMessage() for record in caplog.records if "called asynchronously" in record.getMessage()
    ]
    assert first.startswith("function f, called asynchronously, failed: ValueError: no\n  File ")
    assert others == [
        f"function f, called asynchronously, failed on its {n} attempt: the same error" for n in ("second", "third")
    ]


def test_a_wait_counts_from_the_end_of_the_try(shop: Shop) -> None:
    shop.configure()
    shop.invoke({"fail": True, "sleep": 10})
    shop.emulator.clock.advance(hours=1)
    assert [at for at, _, _ in shop.calls] == [0, 70, 200]
    (record,) = shop.records("bad")
    assert record["timestamp"] == "2030-01-01T00:03:30.000Z"


def test_a_try_that_succeeds_is_the_last(shop: Shop) -> None:
    shop.configure()
    tries: list[int] = []

    def second(event: Any, context: Any) -> str:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("not yet")
        return "done"

    shop.emulator.lambda_function("f", second)
    shop.invoke({})
    shop.emulator.clock.advance(hours=1)
    (record,) = shop.records("good")
    assert (record["requestContext"]["condition"], record["requestContext"]["approximateInvokeCount"]) == ("Success", 2)
    assert (record["responsePayload"], shop.records("bad")) == ("done", [])


def test_the_records_of_destinations(shop: Shop) -> None:
    shop.configure(MaximumRetryAttempts=0)
    shop.invoke({"a": 1})
    shop.invoke(FAIL)
    (good,), (bad,) = shop.records("good"), shop.records("bad")
    ids = [request_id for _, request_id, _ in shop.calls]
    assert good == {
        "version": "1.0",
        "timestamp": "2030-01-01T00:00:00.000Z",
        "requestContext": {
            "requestId": ids[0],
            "functionArn": f"{FUNCTION}:$LATEST",
            "condition": "Success",
            "approximateInvokeCount": 1,
        },
        "requestPayload": {"a": 1},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST"},
        "responsePayload": {"done": True},
    }
    assert list(bad) == list(good)
    assert bad["requestContext"] == {
        "requestId": ids[1],
        "functionArn": f"{FUNCTION}:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 1,
    }
    assert bad["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
    error = bad["responsePayload"]
    assert (error["errorMessage"], error["errorType"], error["requestId"]) == ("no", "ValueError", ids[1])


@pytest.mark.parametrize(("age", "count"), [(60, 1), (90, 2), (180, 2), (181, 3)])
def test_an_event_that_would_be_too_old_is_given_up_at_once(shop: Shop, age: int, count: int) -> None:
    """Recorded for 60 and 90 seconds: a try takes some time on AWS, so the next one would be late."""
    shop.configure(MaximumEventAgeInSeconds=age)
    shop.invoke(FAIL)
    shop.emulator.clock.advance(minutes=10)
    (record,) = shop.records("bad")
    condition = "RetriesExhausted" if count == 3 else "EventAgeExceeded"
    told = record["requestContext"]
    assert (told["condition"], told["approximateInvokeCount"], len(shop.calls)) == (condition, count, count)
    assert record["timestamp"] == f"2030-01-01T00:0{(0, 1, 3)[count - 1]}:00.000Z"


def test_an_event_of_a_function_without_concurrency_is_given_up_untried(shop: Shop) -> None:
    shop.configure()
    shop.functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    shop.invoke({})
    (record,) = shop.records("bad")
    told = record["requestContext"]
    assert (told["condition"], told["approximateInvokeCount"]) == ("ZeroReservedConcurrency", 0)
    assert not record.keys() & {"responseContext", "responsePayload"}
    assert shop.calls == []


def test_a_dead_letter_is_the_event_with_attributes(shop: Shop) -> None:
    shop.functions.update_function_configuration(FunctionName="f", DeadLetterConfig={"TargetArn": QUEUE + "dead"})
    shop.configure(MaximumRetryAttempts=1)
    shop.invoke(FAIL)
    shop.emulator.clock.advance(hours=1)
    (message,) = shop.messages("dead")
    assert json.loads(message["Body"]) == FAIL
    assert {name: tuple(value.values()) for name, value in message["MessageAttributes"].items()} == {
        "RequestID": (shop.calls[0][1], "String"),
        "ErrorCode": ("200", "Number"),
        "ErrorMessage": ("no", "String"),
    }
    assert len(shop.records("bad")) == 1, "both get it"
    shop.functions.update_function_configuration(FunctionName="f", DeadLetterConfig={"TargetArn": ""})
    assert "DeadLetterConfig" not in shop.functions.get_function_configuration(FunctionName="f")
    shop.invoke(FAIL)
    shop.emulator.clock.advance(hours=1)
    assert shop.messages("dead") == []


def test_topics_get_records_and_dead_letters(shop: Shop) -> None:
    sns = boto3.client("sns")
    for name in ("results", "deads"):
        topic = sns.create_topic(Name=name)["TopicArn"]
        queue = QUEUE + ("good" if name == "results" else "dead")
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
    topic = f"arn:aws:sns:{ACCOUNT}:"
    ends = {"OnFailure": {"Destination": topic + "results"}}
    shop.functions.put_function_event_invoke_config(FunctionName="f", DestinationConfig=ends, MaximumRetryAttempts=0)
    shop.functions.update_function_configuration(FunctionName="f", DeadLetterConfig={"TargetArn": topic + "deads"})
    shop.invoke(FAIL)
    (record,), (dead,) = shop.records("good"), shop.messages("dead")
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert (json.loads(dead["Body"]), dead["MessageAttributes"]["ErrorMessage"]["StringValue"]) == (FAIL, "no")


def test_a_dead_letter_has_the_first_kilobyte_of_the_error() -> None:
    """Of UTF-8: a character that does not fit is left out."""
    assert first_kilobyte("é" * 1000) == "é" * 512
    assert first_kilobyte("a" + "é" * 1000) == "a" + "é" * 511


def test_a_bus_gets_events(shop: Shop) -> None:
    events = boto3.client("events")
    events.put_rule(Name="results", EventPattern=json.dumps({"source": ["lambda"]}))
    events.put_targets(Rule="results", Targets=[{"Id": "1", "Arn": QUEUE + "good"}])
    ends = {"OnSuccess": {"Destination": BUS}, "OnFailure": {"Destination": BUS}}
    shop.functions.put_function_event_invoke_config(FunctionName="f", DestinationConfig=ends, MaximumRetryAttempts=0)
    shop.invoke({})
    shop.invoke(FAIL)
    told = shop.records("good")
    kind = "Lambda Function Invocation Result - "
    assert [(each["source"], each["detail-type"]) for each in told] == [
        ("lambda", kind + "Success"),
        ("lambda", kind + "Failure"),
    ]
    assert told[0]["resources"] == [BUS, f"{FUNCTION}:$LATEST"]
    assert told[1]["detail"]["requestContext"]["condition"] == "RetriesExhausted"


def test_a_function_gets_the_record_as_its_event(shop: Shop) -> None:
    got: list[Any] = []
    arn = shop.emulator.lambda_function("after", lambda event, _: got.append(event["requestContext"]["condition"]))
    shop.functions.put_function_event_invoke_config(
        FunctionName="f", DestinationConfig={"OnSuccess": {"Destination": arn}}
    )
    shop.invoke({})
    assert got == ["Success"]


def test_synchronous_calls_have_no_destination_and_are_not_repeated(shop: Shop) -> None:
    shop.configure()
    shop.functions.invoke(FunctionName="f", Payload=json.dumps(FAIL))
    shop.functions.invoke(FunctionName="f", Payload="{}")
    shop.emulator.clock.advance(hours=1)
    assert (len(shop.calls), shop.records("good"), shop.records("bad")) == (2, [], [])


def test_a_qualifier_has_a_configuration_of_its_own(shop: Shop) -> None:
    shop.configure(MaximumRetryAttempts=0)
    shop.functions.publish_version(FunctionName="f")
    shop.functions.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    shop.invoke(FAIL, Qualifier="live")
    shop.emulator.clock.advance(hours=1)
    assert (len(shop.calls), shop.records("bad")) == (3, []), "the defaults"
    ends = {"OnFailure": {"Destination": QUEUE + "bad"}}
    shop.functions.put_function_event_invoke_config(
        FunctionName="f", Qualifier="live", DestinationConfig=ends, MaximumRetryAttempts=0
    )
    shop.invoke(FAIL, Qualifier="live")
    (record,) = shop.records("bad")
    assert record["requestContext"]["functionArn"] == f"{FUNCTION}:live"
    assert record["responseContext"]["executedVersion"] == "1"


def test_an_event_runs_with_the_code_of_its_try(shop: Shop) -> None:
    """Recorded: ``test_async_invoke_queue_upon_function_update``."""
    shop.configure()
    shop.invoke(FAIL)
    shop.emulator.lambda_function("f", lambda event, context: "new")
    shop.emulator.clock.advance(minutes=1)
    (record,) = shop.records("good")
    assert record["responsePayload"] == "new"


def test_a_function_that_was_deleted_gets_no_more(shop: Shop) -> None:
    shop.invoke(FAIL)
    shop.functions.delete_function(FunctionName="f")
    shop.emulator.clock.advance(hours=1)
    assert len(shop.calls) == 1
    assert any("was deleted before it got an event" in each for each in shop.emulator.assembly.functions.failed)


def test_a_destination_that_is_gone_is_told_of(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    sqs = boto3.client("sqs")
    shop.configure()
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="good")["QueueUrl"])
    shop.invoke({})
    lost = f"function f: its record could not be sent to the destination {QUEUE}good: the queue does not exist"
    assert lost in caplog.text


def test_a_dead_letter_queue_that_is_gone_is_told_of_in_one_line(shop: Shop) -> None:
    gone = f"{QUEUE}gone"
    boto3.client("lambda").update_function_configuration(FunctionName="f", DeadLetterConfig={"TargetArn": gone})
    for _ in range(2):
        shop.invoke(FAIL)
        shop.emulator.clock.advance(hours=1)
    told = [each for each in shop.emulator.assembly.functions.failed if "could not be sent" in each]
    assert told == [
        f"function f: its failure record could not be sent to the dead-letter queue {gone}: the queue does not exist"
    ]


def test_an_execution_that_waits_for_a_token_is_ended_by_the_second_try(shop: Shop) -> None:
    tries: list[int] = []

    def answer(event: Any, context: Any) -> None:
        tries.append(1)
        if len(tries) < 2:
            raise ValueError("not yet")
        boto3.client("stepfunctions").send_task_success(taskToken=event["token"], output="1")

    shop.emulator.lambda_function("f", answer)
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {
            "FunctionName": "f",
            "InvocationType": "Event",
            "Payload": {"token.$": "$$.Task.Token"},
        },
        "End": True,
    }
    run = shop.emulator.run({"StartAt": "T", "States": {"T": task}})
    assert (run.status, run.elapsed) == ("SUCCEEDED", timedelta(minutes=1))
