"""Calls that take time: a team whose executions contend for a lock sees them spread, the same way in every run."""

import json
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from asl.chance import Chance
from asl.resources import parse_resource
from emulator import Emulator, EmulatorError
from emulator.latencies import AS_ON_AWS, Latencies, Latency, read_latencies
from tests.needs import needs_node

PUT = {
    "StartAt": "Put",
    "States": {
        "Put": {
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:putItem",
            "Parameters": {"TableName": "t", "Item": {"id": {"S.$": "$.id"}}},
            "End": True,
        }
    },
}


def call_of(function: str, **more: Any) -> dict[str, Any]:
    task = {"Type": "Task", "Resource": f"arn:aws:lambda:us-east-1:123456789012:function:{function}", "End": True}
    return {"StartAt": "T", "States": {"T": {**task, **more}}}


def make_table(emulator: Emulator) -> None:
    emulator.client("dynamodb").create_table(
        TableName="t",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )


def put(latencies: Any, seed: int = 0) -> timedelta:
    with Emulator(latencies=latencies, seed=seed) as emulator:
        make_table(emulator)
        return emulator.run(PUT, {"id": "a"}).assert_succeeded().elapsed


def test_without_latencies_a_call_is_answered_at_its_instant() -> None:
    assert put("none") == timedelta()


def test_as_on_aws_a_call_takes_a_length_that_the_seed_decides() -> None:
    lengths = [put("aws", seed) for seed in range(4)]
    assert lengths == [put("aws", seed) for seed in range(4)]
    assert len(set(lengths)) > 1
    assert all(timedelta(milliseconds=1) <= length <= timedelta(milliseconds=200) for length in lengths)


@pytest.mark.parametrize(
    ("latencies", "milliseconds"),
    [
        ({"dynamodb:PutItem": 0.3, "dynamodb": 0.2, "*": 0.1}, 300),
        ({"dynamodb:GetItem": 0.3, "dynamodb": 0.2, "*": 0.1}, 200),
        ({"lambda": 0.3, "*": 0.1}, 100),
        ({"lambda": 0.3}, 0),
        ({"dynamodb": 0, "*": 0.1}, 0),
        ({}, 0),
    ],
)
def test_the_most_exact_kind_counts(latencies: Mapping[str, float], milliseconds: int) -> None:
    assert put(latencies) == timedelta(milliseconds=milliseconds)


def test_the_service_acts_halfway(emulator: Emulator) -> None:
    with Emulator(latencies={"dynamodb": 2}) as emulator:
        make_table(emulator)
        execution = emulator.start(PUT, {"id": "a"})
        emulator.clock.advance(milliseconds=999)
        assert emulator.client("dynamodb").scan(TableName="t")["Count"] == 0
        emulator.clock.advance(milliseconds=1)
        assert emulator.client("dynamodb").scan(TableName="t")["Count"] == 1
        emulator.clock.advance(milliseconds=999)
        assert execution.stopped_at is None
        emulator.clock.advance(milliseconds=1)
        assert execution.elapsed == timedelta(seconds=2)
        assert execution.output is not None


def test_a_handlers_time_comes_on_top_and_counts_for_the_timeout() -> None:
    with Emulator(latencies={"lambda": 1.5}) as emulator:
        emulator.lambda_function("f", lambda event, context: time.sleep(2))  # noqa: TID251 - a handler
        assert emulator.run(call_of("f")).elapsed == timedelta(seconds=3.5)
        late = emulator.run(call_of("f", TimeoutSeconds=1, Retry=[]), name="late")
        assert (late.status, late.elapsed) == ("FAILED", timedelta(seconds=1))
        assert late.error == "States.Timeout"


def test_the_calls_of_a_handler_take_time_and_those_of_the_test_none() -> None:
    with Emulator(latencies={"dynamodb": 0.25}) as emulator:
        make_table(emulator)
        emulator.lambda_function("f", lambda event, context: boto3.client("dynamodb").scan(TableName="t")["Count"])
        began = emulator.clock.now()
        emulator.client("dynamodb").put_item(TableName="t", Item={"id": {"S": "a"}})
        assert emulator.clock.now() == began
        execution = emulator.run(call_of("f"))
        assert (execution.output, execution.elapsed) == (1, timedelta(seconds=0.25))


NODE = """
exports.handler = async () => {
  const headers = {
    "X-Amz-Target": "DynamoDB_20120810.ListTables",
    "Content-Type": "application/x-amz-json-1.0",
    Authorization:
      "AWS4-HMAC-SHA256 Credential=a/20300101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=b",
  };
  const before = Date.now();
  const answer = await fetch(process.env.AWS_ENDPOINT_URL, { method: "POST", headers, body: "{}" });
  return [answer.status, Date.now() - before];
};
"""


@needs_node
def test_the_calls_of_a_handler_in_node_take_time(tmp_path: Path) -> None:
    (tmp_path / "app.cjs").write_text(NODE)
    with Emulator(latencies={"dynamodb": 2}, root=tmp_path) as emulator:
        emulator.lambda_function("f", "node:app.handler")
        assert emulator.run(call_of("f")).assert_succeeded().output == [200, 2000]


def test_contenders_for_one_item_do_not_stay_in_lockstep() -> None:
    """Each reads a version and writes the next one if it is still that version: at one instant, one succeeds."""

    def run(latencies: Any) -> tuple[int, int]:
        with Emulator(latencies=latencies) as emulator:
            make_table(emulator)
            table = emulator.client("dynamodb")
            table.put_item(TableName="t", Item={"id": {"S": "v"}, "n": {"N": "0"}})
            machine = emulator.state_machine(INCREMENT)
            with emulator.hold():
                executions = [emulator.start(machine, name=f"c{number}") for number in range(20)]
            for each in executions:
                emulator.finish(each).assert_succeeded()
            item = table.get_item(TableName="t", Key={"id": {"S": "v"}})["Item"]
            return int(item["n"]["N"]), sum(len(each.history) for each in executions)

    at_once, spread = run("none"), run("aws")
    assert (at_once[0], spread[0]) == (20, 20)
    assert spread[1] < at_once[1]
    assert spread == run("aws")


KEY = {"TableName": "t", "Key": {"id": {"S": "v"}}}
INCREMENT = {
    "StartAt": "Read",
    "States": {
        "Read": {
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:getItem",
            "Parameters": KEY,
            "ResultSelector": {"old.$": "$.Item.n.N", "next.$": "States.MathAdd(States.StringToJson($.Item.n.N), 1)"},
            "Next": "Write",
        },
        "Write": {
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:updateItem",
            "Parameters": {
                **KEY,
                "UpdateExpression": "SET n = :next",
                "ConditionExpression": "n = :old",
                "ExpressionAttributeValues": {
                    ":old": {"N.$": "$.old"},
                    ":next": {"N.$": "States.Format('{}', $.next)"},
                },
            },
            "Catch": [{"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "Next": "Wait"}],
            "End": True,
        },
        "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Read"},
    },
}


def test_a_call_that_waits_for_a_token_may_be_answered_before_it_returns() -> None:
    definition = {
        "StartAt": "Ask",
        "States": {
            "Ask": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
                "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}},
                "End": True,
            }
        },
    }

    def ask(event: Any, context: object) -> None:
        boto3.client("stepfunctions").send_task_success(taskToken=event["token"], output='"yes"')

    with Emulator(latencies="aws") as emulator:
        emulator.lambda_function("ask", ask)
        assert emulator.run(definition).assert_succeeded().output == "yes"


def test_a_distribution_has_its_median_and_one_in_a_hundred_above_the_other_number() -> None:
    latency = Latency(0.1, 0.4)
    assert latency.drawn(0.5) == timedelta(milliseconds=100)
    assert latency.drawn(0.99) == timedelta(milliseconds=400)
    assert latency.drawn(1.0) == latency.drawn(0.9995) < timedelta(seconds=1)
    assert latency.drawn(0.0) >= timedelta(milliseconds=1)
    assert Latency(2, 2).drawn(0.999) == timedelta(seconds=2)


@pytest.mark.parametrize(
    ("resource", "seconds"),
    [
        ("arn:aws:lambda:us-east-1:123456789012:function:f", 1),
        ("arn:aws:states:::lambda:invoke", 1),
        ("arn:aws:states:::states:startExecution.sync:2", 2),
        ("arn:aws:states:::aws-sdk:sfn:startExecution", 2),
        ("arn:aws:states:::aws-sdk:eventbridge:putEvents", 3),
        ("arn:aws:states:::events:putEvents", 3),
        ("arn:aws:states:us-east-1:123456789012:activity:a", 0),
    ],
)
def test_a_task_has_the_kind_of_its_call(resource: str, seconds: int) -> None:
    table = {
        "lambda:Invoke": Latency(1, 1),
        "stepfunctions:StartExecution": Latency(2, 2),
        "events:PutEvents": Latency(3, 3),
        "*": Latency(9, 9),
    }
    parsed = parse_resource(resource)
    assert parsed is not None
    ways = Latencies(table, Chance).of_task(parsed, "x")
    assert (timedelta() if ways is None else sum(ways, timedelta())) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("AWS", 'latencies=\'AWS\': write latencies="none", latencies="aws" or latencies={"dynamodb": (0.01, 0.06)'),
        (0.1, "latencies=0.1: write"),
        ({"dynamo": 1}, "boto3 has no service 'dynamo'"),
        ({"dynamodb:PutItems": 1}, "dynamodb has no 'PutItems'\n    Did you mean \"PutItem\"?"),
        ({"dynamodb": "fast"}, "'fast' is neither a number of seconds nor a median"),
        ({"dynamodb": (0.2, 0.1)}, "(0.2, 0.1) is neither"),
        ({"dynamodb": -1}, "-1 is neither"),
        ({"dynamodb": True}, "True is neither"),
    ],
)
def test_what_is_not_a_latency_is_refused_with_what_to_write(given: Any, text: str) -> None:
    with pytest.raises(EmulatorError) as caught:
        Emulator(latencies=given)
    assert text in str(caught.value)


def test_each_kind_as_on_aws_is_a_service_of_boto3() -> None:
    assert read_latencies({kind: tuple(latency) for kind, latency in AS_ON_AWS.items()}) == AS_ON_AWS


@pytest.mark.emulator(latencies={"dynamodb": 0.5})
def test_the_marker_gives_latencies(emulator: Emulator) -> None:
    make_table(emulator)
    assert emulator.run(json.dumps(PUT), {"id": "a"}).elapsed == timedelta(seconds=0.5)
