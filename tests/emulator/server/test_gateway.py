"""HTTP: boto3 and raw requests against a server of this process, and the command in one of its own."""

import asyncio
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

import emulator.server as package
from emulator.aws.http import HttpRequest, aws_request
from emulator.aws.refusals import AwsError
from emulator.cli import main
from emulator.server.gateway import Gateway
from emulator.server.served import ServedEmulator
from tests.emulator.server.served import (
    HEADERS,
    HELLO,
    PATIENCE,
    ROLE,
    ROOT,
    SCOPE,
    WAIT,
    Served,
    Servers,
)
from tests.fakes.signals import interruptible


def create(served: Served, definition: Any, name: str = "machine") -> tuple[Any, str]:
    client = served.client("stepfunctions")
    created = client.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)
    return client, created["stateMachineArn"]


# boto3 over HTTP


def test_an_execution_from_its_start_to_its_history(served: Served) -> None:
    client, machine = create(served, WAIT)
    execution = client.start_execution(stateMachineArn=machine, input='{"x": 1}')["executionArn"]
    assert client.describe_execution(executionArn=execution)["status"] == "RUNNING"
    described = client.describe_execution(executionArn=execution)  # polling is waiting
    assert (described["status"], described["output"]) == ("SUCCEEDED", '{"x": 1}')
    assert described["stopDate"] - described["startDate"] == timedelta(days=1)
    history = client.get_execution_history(executionArn=execution)["events"]
    assert [event["type"] for event in history] == [
        "ExecutionStarted",
        "WaitStateEntered",
        "WaitStateExited",
        "ExecutionSucceeded",
    ]


def test_an_execution_is_stopped(served: Served) -> None:
    client, machine = create(served, WAIT)
    execution = client.start_execution(stateMachineArn=machine)["executionArn"]
    client.stop_execution(executionArn=execution, error="Enough")
    described = client.describe_execution(executionArn=execution)
    assert (described["status"], described["error"]) == ("ABORTED", "Enough")


def test_an_error_of_the_service_is_its_own_exception(served: Served) -> None:
    client = served.client("stepfunctions")
    with pytest.raises(client.exceptions.StateMachineDoesNotExist, match="State Machine Does Not Exist"):
        client.start_execution(stateMachineArn="arn:aws:states:us-east-1:123456789012:stateMachine:none")


def test_an_event_starts_an_execution(served: Served) -> None:
    client, machine = create(served, HELLO)
    events = served.client("events")
    events.put_rule(Name="orders", EventPattern='{"source": ["shop"]}')
    events.put_targets(Rule="orders", Targets=[{"Id": "1", "Arn": machine, "RoleArn": ROLE, "InputPath": "$.detail"}])
    put = events.put_events(Entries=[{"Source": "shop", "DetailType": "order", "Detail": '{"id": 7}'}])
    assert put["FailedEntryCount"] == 0
    (listed,) = client.list_executions(stateMachineArn=machine)["executions"]
    assert client.describe_execution(executionArn=listed["executionArn"])["output"] == '{"hello": {"id": 7}}'


def test_a_function_is_invoked(served: Served) -> None:
    answer = served.client("lambda").invoke(FunctionName="hello", Payload=b'{"a": 1}')
    assert (answer["StatusCode"], json.loads(answer["Payload"].read())) == (200, {"hello": {"a": 1}})


def test_dynamodb(served: Served) -> None:
    client = served.client("dynamodb")
    client.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.put_item(TableName="orders", Item={"id": {"S": "7"}, "total": {"N": "3"}})
    assert client.get_item(TableName="orders", Key={"id": {"S": "7"}})["Item"]["total"] == {"N": "3"}
    assert served.client("dynamodbstreams").list_streams()["Streams"] == []


def test_s3_keeps_keys_bytes_and_lengths(served: Served) -> None:
    client = served.client("s3")
    client.create_bucket(Bucket="papers")
    client.put_object(Bucket="papers", Key="a b/\u00fc+1", Body=b"\x00\xff" * 10, Metadata={"kind": "x"})
    assert client.get_object(Bucket="papers", Key="a b/\u00fc+1")["Body"].read() == b"\x00\xff" * 10
    head = client.head_object(Bucket="papers", Key="a b/\u00fc+1")
    assert (head["ContentLength"], head["Metadata"]) == (20, {"kind": "x"})
    with pytest.raises(client.exceptions.NoSuchKey):
        client.get_object(Bucket="papers", Key="none")


def test_a_consumer_that_waits_does_not_hold_up_its_producer(served: Served) -> None:
    sqs = served.client("sqs")
    queue = sqs.create_queue(QueueName="orders")["QueueUrl"]
    with ThreadPoolExecutor(1) as pool:
        before = requests(served)
        received = pool.submit(served.client("sqs").receive_message, QueueUrl=queue, WaitTimeSeconds=20)
        until(lambda: requests(served) > before)
        served.client("sqs").send_message(QueueUrl=queue, MessageBody="hi")
        assert [message["Body"] for message in received.result(PATIENCE)["Messages"]] == ["hi"]


# What it cannot answer


def test_what_is_not_emulated_is_501(served: Served) -> None:
    with pytest.raises(ClientError, match="RedriveExecution is not emulated") as caught:
        served.client("stepfunctions").redrive_execution(executionArn="arn:x")
    assert caught.value.response["Error"]["Code"] == "NotEmulatedError"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_a_service_that_nobody_has_is_501(served: Served) -> None:
    with pytest.raises(ClientError, match=r"chime.*moto cannot answer") as caught:
        served.client("chime").list_accounts()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert "called at" not in str(caught.value)


def test_a_missing_function_is_told_to_the_client(served: Served) -> None:
    definition = json.loads(json.dumps(HELLO).replace("function:hello", "function:helo"))
    client, machine = create(served, definition)
    with pytest.raises(ClientError, match=r"no handler for .*helo.*\n?.*Did you mean 'hello'") as caught:
        client.start_execution(stateMachineArn=machine)
    assert caught.value.response["Error"]["Code"] == "MissingHandlerError"
    assert caught.value.response["Error"]["Message"].endswith(
        "--handlers MODULE (or file.py) that has the function, "
        "or with --missing-function fail: the task then fails as on AWS"
    )
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    (execution,) = client.list_executions(stateMachineArn=machine)["executions"]
    ended = client.describe_execution(executionArn=execution["executionArn"])
    assert (ended["status"], ended["error"]) == ("ABORTED", "MissingHandlerError")
    assert "Did you mean 'hello'" in ended["cause"]


def test_an_execution_with_a_task_that_is_not_emulated_does_not_run_for_ever(served: Served) -> None:
    job = {"JobName": "n", "JobQueue": "q", "JobDefinition": "d"}
    batch = {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "Parameters": job, "Next": "Hello"}
    definition = {"StartAt": "Batch", "States": {"Batch": batch, **HELLO["States"]}}  # type: ignore[dict-item]
    client, machine = create(served, definition)
    with pytest.raises(ClientError) as caught:
        client.start_execution(stateMachineArn=machine, name="batch")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    (execution,) = client.list_executions(stateMachineArn=machine)["executions"]
    ended = client.describe_execution(executionArn=execution["executionArn"])
    assert (ended["status"], ended["error"]) == ("ABORTED", "NotEmulatedError")
    assert "'Batch'" in ended["cause"]


def states(operation: str) -> dict[str, str]:
    return {"X_Amz_Target": f"AWSStepFunctions.{operation}", "Content_Type": "application/x-amz-json-1.0"}


@pytest.mark.parametrize(
    ("headers", "body", "status", "code", "text"),
    [
        (states("StartExecution"), b"{not", 400, "SerializationException", "not JSON text: Expecting property name"),
        (states("StartExecution"), [1], 400, "SerializationException", "a JSON array; it must be an object"),
        (states("StartExecution"), {}, 400, "ValidationException", "'stateMachineArn' failed to satisfy constraint"),
        (states("StartExecution"), {"stateMachineArn": 7}, 400, "SerializationException", "stateMachineArn must be"),
        (states("StartExecutions"), {}, 400, "UnknownOperationException", "SFN has no operation 'StartExecutions'"),
        (
            {"X_Amz_Target": "AWSEvents.PutEvents"},
            {"Entries": [{"Source": "shop"}, 3]},
            400,
            "SerializationException",
            "Entries.2.member must be a structure, not int",
        ),
        (
            {"X_Amz_Target": "AWSStepFunction.ListActivities"},
            {},
            400,
            "UnknownOperationException",
            "Did you mean AWSStepFunctions.ListActivities?",
        ),
        ({}, {}, 403, "MissingAuthenticationTokenException", "neither an Authorization header nor"),
        ({"Authorization": "Basic eDp5"}, {}, 400, "IncompleteSignatureException", "has no credential scope"),
    ],
)
def test_refusals(served: Served, headers: dict[str, str], body: Any, status: int, code: str, text: str) -> None:
    answered, content, _ = served.send("POST", "/", body, **headers)
    assert (answered, content["__type"]) == (status, code)
    assert text in content["message"]


def test_an_unsigned_request_with_a_target_is_answered(served: Served) -> None:
    status, content, _ = served.send("POST", "/", {}, **states("ListStateMachines"))
    assert (status, [machine["name"] for machine in content["stateMachines"]]) == (200, ["prepared"])


def test_a_null_member_is_as_good_as_none(served: Served) -> None:
    _, machine = create(served, HELLO)
    body = {"stateMachineArn": machine, "name": None, "input": None}
    status, content, _ = served.send("POST", "/", body, **states("StartExecution"))
    assert (status, content.keys()) == (200, {"executionArn", "startDate"})


def test_a_null_member_counts_as_missing_at_any_depth(served: Served) -> None:
    client, machine = create(served, HELLO)
    body = {"stateMachineArn": machine, "loggingConfiguration": {"level": None, "destinations": None}}
    status, content, _ = served.send("POST", "/", body, **states("UpdateStateMachine"))
    assert (status, content.keys()) == (200, {"updateDate", "revisionId"})
    described = client.describe_state_machine(stateMachineArn=machine)
    assert described["loggingConfiguration"] == {"level": "OFF", "includeExecutionData": False}


@pytest.mark.parametrize("service", ["states", "events"])
def test_a_request_of_no_operation(served: Served, service: str) -> None:
    for method in ("GET", "POST"):
        status, content, _ = served.send(method, "/", Authorization=SCOPE.format(service))
        assert (status, content["__type"]) == (400, "UnknownOperationException")


@pytest.mark.parametrize("levels", [401, 100_000])
@pytest.mark.parametrize("target", ["AWSStepFunctions.StartExecution", "AWSEvents.PutEvents", "AmazonSQS.SendMessage"])
def test_a_body_nested_too_deep_is_told_in_our_words(served: Served, target: str, levels: int) -> None:
    body = b'{"x": %s%s}' % (b"[" * levels, b"]" * levels)
    status, content, _ = served.send("POST", "/", body, X_Amz_Target=target)
    assert (status, content["__type"]) == (400, "SerializationException")
    assert content["message"] == "The request's body cannot be read: JSON is nested deeper than 400 levels"


def test_an_event_nested_too_deep_is_refused_as_no_event(served: Served) -> None:
    body = {"EventPattern": '{"source": ["x"]}', "Event": "[" * 100_000}
    status, content, _ = served.send("POST", "/", body, X_Amz_Target="AWSEvents.TestEventPattern")
    assert (status, content["message"]) == (400, "Parameter Event is not valid.")


@pytest.mark.parametrize("unknown", [{"": {}}, {"nope": 1}, {"Nope": {"": [None]}}])
@pytest.mark.parametrize(
    ("target", "known"),
    [
        ("AWSStepFunctions.ListActivities", {}),
        ("AWSStepFunctions.CreateActivity", {"name": "a", "tags": [{"key": "k", "value": "v", "nope": 1}]}),
        ("AWSEvents.PutRule", {"Name": "r", "EventPattern": '{"source": ["x"]}'}),
        ("AWSEvents.PutEvents", {"Entries": [{"Source": "x", "DetailType": "x", "Detail": "{}", "Nope": 1}]}),
        ("AmazonSQS.ListQueues", {}),
    ],
)
def test_members_that_no_model_has_are_ignored(served: Served, target: str, known: Any, unknown: Any) -> None:
    status, content, _ = served.send("POST", "/", {**known, **unknown}, X_Amz_Target=target)
    assert status == 200, content


def test_members_of_lambda_that_no_model_has_are_ignored(served: Served) -> None:
    headers = {"Authorization": SCOPE.format("lambda").replace("eu-west-1", "us-east-1")}
    path = "/2015-03-31/functions/hello/versions"
    assert served.send("POST", path, {"": {}, "Nope": 1}, **headers)[0] == 201


@pytest.mark.parametrize("name", ["127.0.0.1:{}", "localhost:{}", "here.localhost:{}"])
def test_a_queue_s_url_has_the_address_that_the_client_asked(served: Served, name: str) -> None:
    host = name.format(served.port)
    wanted = f"http://{host}/123456789012/orders"

    def ask(operation: str, members: Any) -> Any:
        return served.send("POST", "/", members, X_Amz_Target=f"AmazonSQS.{operation}", Host=host)[1]

    assert ask("CreateQueue", {"QueueName": "orders"})["QueueUrl"] == wanted
    assert ask("GetQueueUrl", {"QueueName": "orders"})["QueueUrl"] == wanted
    assert ask("ListQueues", {})["QueueUrls"] == [wanted]
    form = {"Authorization": SCOPE.format("sqs").replace("eu-west-1", "us-east-1"), "Host": host}
    form["Content-Type"] = "application/x-www-form-urlencoded"
    assert f"<QueueUrl>{wanted}</QueueUrl>".encode() in served.send("POST", "/", b"Action=ListQueues", **form)[1]
    assert "MessageId" in ask("SendMessage", {"QueueUrl": wanted, "MessageBody": "hi"})


def test_half_of_a_surrogate_pair_is_refused(served: Served) -> None:
    status, content, _ = served.send("POST", "/", b'{"name": "\\uD83D"}', **states("CreateActivity"))
    assert (status, content["__type"]) == (400, "SerializationException")
    assert served.send("POST", "/", b'{"name": "\\uD83D\\uDE00"}', **states("CreateActivity"))[0] == 200


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("service", "content_type", "begin"),
    [
        ("chime", FORM, b"<ErrorResponse><Error><Type>Receiver</Type><Code>RealAwsBlockedError</Code><Message>Bl"),
        ("ec2", FORM, b"<Response><Errors><Error><Code>"),
        ("s3", "text/plain", b"<Error><Code>"),
    ],
)
def test_errors_are_xml_for_clients_that_read_xml(service: str, content_type: str, begin: bytes) -> None:
    from emulator.aws.http import refusal

    headers = [("Authorization", SCOPE.format(service)), ("Content-Type", content_type)]
    request = HttpRequest("POST", "/", "", headers, b"")
    body = refusal(request, 501, "RealAwsBlockedError", "Blocked: <x>", "id").body
    assert body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n' + begin)
    assert b"Blocked: &lt;x&gt;" in body


def test_errors_in_cbor(served: Served) -> None:
    """botocore speaks it to CloudWatch (``smithy-rpc-v2-cbor``)."""
    with pytest.raises(ClientError) as caught:
        served.client("cloudwatch").delete_anomaly_detector(Namespace="x", MetricName="y", Stat="Sum")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def of(service: str, *, path: str = "/", query: str = "", signed: bool = True, **headers: str) -> Any:
    given = [(name.replace("_", "-"), value) for name, value in headers.items()]
    scope = [("Authorization", SCOPE.format(service))] if signed else []
    return aws_request(HttpRequest("GET", path, query, [*scope, *given], b""))


def test_which_service_a_request_is_for() -> None:
    assert of("states").service == "states"
    assert of("ses").service == "email"
    assert of("dynamodb", X_Amz_Target="DynamoDBStreams_20120810.ListStreams").service == "streams.dynamodb"
    assert of("sqs").region == "eu-west-1"
    assert of("sqs", path="/a%20b", query="x=1").prepared.url == "https://sqs.eu-west-1.amazonaws.com/a%20b?x=1"


def test_a_bucket_in_the_name_of_the_host() -> None:
    at = "https://s3.eu-west-1.amazonaws.com/papers/key"
    assert of("s3", path="/key", Host="papers.localhost:8083").prepared.url == at
    assert of("s3", path="/key", Host="papers.s3.localhost:8083").prepared.url == at
    assert of("s3", path="/key", Host="papers.s3.eu-west-1.localhost:8083").prepared.url == at
    assert of("s3", path="/papers/key", Host="s3.localhost:8083").prepared.url == at
    assert of("s3", path="/papers/key", Host="s3.eu-west-1.localhost:8083").prepared.url == at
    assert of("s3", path="/key", Host="papers.s3.eu-west-1.amazonaws.com").prepared.url == at
    assert of("s3", path="/papers/key", Host="localhost:8083").prepared.url == at


def test_a_presigned_url_says_its_service() -> None:
    query = "X-Amz-Credential=key%2F20300101%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Signature=0"
    assert of("", query=query, signed=False).service == "s3"
    with pytest.raises(AwsError, match="credential scope"):
        of("", query="X-Amz-Credential=key", signed=False)


# The emulator's own paths


def test_health(served: Served) -> None:
    _, content, _ = served.send("GET", "/_emulator/health")
    del content["requests"]
    assert content == {
        "status": "ready",
        "time": "skip",
        "now": "2031-05-04T00:00:00.000Z",
        "state_machines": 1,
        "executions": 0,
        "blocked": [],
    }


DRAWS = {
    "StartAt": "Name",
    "States": {
        "Name": {"Type": "Pass", "Parameters": {"id.$": "States.UUID()"}, "Next": "Try"},
        "Try": {
            "Type": "Parallel",
            "Branches": [{"StartAt": "Fail", "States": {"Fail": {"Type": "Fail", "Error": "No"}}}],
            "Retry": [{"ErrorEquals": ["No"], "JitterStrategy": "FULL", "MaxAttempts": 4, "MaxDelaySeconds": 40}],
            "Catch": [{"ErrorEquals": ["No"], "Next": "Roll"}],
            "End": True,
        },
        "Roll": {"Type": "Pass", "Parameters": {"n.$": "States.MathRandom(1, 1000000)"}, "End": True},
    },
}
"""A machine that draws from chance at its beginning, between, and at its end."""

PAGES = ("/_emulator/health", "/_emulator/clock", "/_localstack/health", "/_emulator/nothing", "/graphql")


def test_looks_over_http_leave_the_history_as_it_is(servers: Servers) -> None:
    def history(looks: int) -> str:
        served = servers.begin(real_time=False)
        sfn, arn = create(served, DRAWS)
        tables = served.client("dynamodb")
        execution = sfn.start_execution(stateMachineArn=arn, name="named", input="{}")["executionArn"]
        for _ in range(8):
            for _ in range(looks):
                for page in PAGES:
                    served.send("GET", page)
                sfn.list_state_machines()
                sfn.list_activities()
                sfn.describe_state_machine(stateMachineArn=arn)
                tables.list_tables()
            assert served.send("POST", "/_emulator/clock", {"seconds": 15}, X_Emulator="1")[0] == 200
        return json.dumps(sfn.get_execution_history(executionArn=execution)["events"], default=str)

    assert '"ExecutionSucceeded"' in (bare := history(0))
    assert history(2) == bare


def test_the_clock_moves_when_it_is_told_to(served: Served) -> None:
    client, machine = create(served, WAIT)
    execution = client.start_execution(stateMachineArn=machine)["executionArn"]
    answer = served.send("POST", "/_emulator/clock", {"seconds": 90_000.5}, X_Emulator="1")
    assert answer[:2] == (200, {"time": "skip", "now": "2031-05-05T01:00:00.500Z"})
    assert served.send("GET", "/_emulator/clock")[1]["now"] == "2031-05-05T01:00:00.500Z"
    assert client.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    "body", [b"", b"soon", b"3", b"{}", b'{"seconds": -1}', b'{"seconds": "1"}', b'{"seconds": NaN}', b"[" * 100_000]
)
def test_the_clock_refuses_what_is_no_length(served: Served, body: bytes) -> None:
    status, content, _ = served.send("POST", "/_emulator/clock", body, X_Emulator="1")
    assert (status, content["__type"]) == (400, "ValidationException")
    assert '{"seconds": n}' in content["message"]


def test_the_clock_takes_every_unit_of_a_length(served: Served) -> None:
    answer = served.send("POST", "/_emulator/clock", {"weeks": 1, "hours": 1, "milliseconds": 500}, X_Emulator="1")
    assert answer[:2] == (200, {"time": "skip", "now": "2031-05-11T01:00:00.500Z"})
    status, content, _ = served.send("POST", "/_emulator/clock", {"second": 5}, X_Emulator="1")
    assert (status, content["message"]) == (400, "'second' is not a unit. Did you mean \"seconds\"?")


@pytest.mark.parametrize("seconds", [1e12, 1e30])
def test_the_clock_has_an_end(served: Served, seconds: float) -> None:
    assert served.send("POST", "/_emulator/clock", {"seconds": seconds}, X_Emulator="1")[0] == 400
    assert served.send("GET", "/_emulator/clock")[1]["now"] == "2031-05-04T00:00:00.000Z"


def test_reset_forgets_all_but_what_it_began_with(served: Served) -> None:
    client, _ = create(served, WAIT)
    served.client("s3").create_bucket(Bucket="papers")
    served.send("POST", "/_emulator/clock", {"seconds": 60}, X_Emulator="1")
    status, content, _ = served.send("POST", "/_emulator/reset", X_Emulator="1")
    assert (status, content["status"], content["now"]) == (200, "reset", "2031-05-04T00:00:00.000Z")
    assert [machine["name"] for machine in client.list_state_machines()["stateMachines"]] == ["prepared"]
    assert served.client("s3").list_buckets()["Buckets"] == []


def test_other_paths_and_methods_are_told_in_json(served: Served) -> None:
    status, content, _ = served.send("GET", "/_emulator/clocks")
    assert (status, content["message"].split(";")[0]) == (404, "no page /_emulator/clocks")
    status, content, _ = served.send("GET", "/_emulator/reset")
    assert (status, content["message"]) == (405, "/_emulator/reset does not support GET")


# Real time


def requests(served: Served) -> int:
    count: int = served.send("GET", "/_emulator/health")[1]["requests"]
    return count


def until(done: Callable[[], bool]) -> None:
    """Ask again and again, not for ever."""
    stopped = threading.Event()
    timer = threading.Timer(PATIENCE, stopped.set)
    timer.start()
    while not done():
        assert not stopped.is_set()
    timer.cancel()


def test_real_time_passes_by_itself(real: Served) -> None:
    """The clock begins 0.2 seconds before the time that the state waits for; nobody asks meanwhile."""
    at = "2031-05-04T00:00:01Z"
    definition = json.dumps({"StartAt": "W", "States": {"W": {"Type": "Wait", "Timestamp": at, "End": True}}})
    client = real.client("stepfunctions")
    real.send("POST", "/_emulator/reset", X_Emulator="1")
    machine = client.create_state_machine(name="machine", definition=definition, roleArn=ROLE)["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=machine)["executionArn"]
    assert real.over.wait(PATIENCE)
    described = client.describe_execution(executionArn=execution)
    assert described["status"] == "SUCCEEDED"
    assert described["startDate"] <= described["stopDate"]  # the same on a machine that is slower than the wait
    assert datetime.fromisoformat(at) <= described["stopDate"]


def create_express(served: Served, definition: Any, region: str = "us-east-1") -> tuple[Any, str]:
    client = served.client("stepfunctions", region)
    text = json.dumps(definition)
    created = client.create_state_machine(name="fast", definition=text, roleArn=ROLE, type="EXPRESS")
    return client, created["stateMachineArn"]


def test_a_synchronous_execution_is_answered_when_it_has_ended(served: Served) -> None:
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 100, "End": True}}}
    client, machine = create_express(served, wait)
    answer = client.start_sync_execution(stateMachineArn=machine, input='{"n": 1}')
    assert (answer["status"], answer["output"]) == ("SUCCEEDED", '{"n": 1}')
    assert answer["stopDate"] - answer["startDate"] == timedelta(seconds=100)


def test_a_synchronous_execution_is_asked_for_at_a_host_of_its_own(served: Served) -> None:
    """As SDKs do that cannot be told to leave the prefix out."""
    _, machine = create_express(served, {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}, "eu-west-1")
    target = {"X-Amz-Target": "AWSStepFunctions.StartSyncExecution"}
    host = {"Host": f"sync-localhost:{served.port}"}
    status, answer, _ = served.send("POST", "/", {"stateMachineArn": machine}, **HEADERS, **target, **host)
    assert (status, answer["status"]) == (200, "SUCCEEDED")


def test_in_real_time_a_synchronous_execution_ends_when_it_ends_and_others_are_answered(real: Served) -> None:
    client, machine = create_express(real, WAIT | {"TimeoutSeconds": 200})
    answers: list[Any] = []
    waits = threading.Thread(target=lambda: answers.append(client.start_sync_execution(stateMachineArn=machine)))
    waits.start()
    while not real.send("GET", "/_emulator/health")[1]["executions"]:
        pass
    assert client.list_state_machines()["stateMachines"]
    assert answers == []
    real.send("POST", "/_emulator/clock", {"seconds": 300}, X_Emulator="1")
    waits.join(PATIENCE)
    (answer,) = answers
    assert (answer["status"], answer["billingDetails"]["billedDurationInMilliseconds"]) == ("TIMED_OUT", 200_000)


def test_in_real_time_a_synchronous_execution_that_nothing_can_answer_is_refused(real: Served) -> None:
    client, machine = create_express(real, late("function:helo", seconds=100))
    refusals: list[ClientError] = []

    def ask() -> None:
        with pytest.raises(ClientError, match=r"no handler for .*helo") as caught:
            client.start_sync_execution(stateMachineArn=machine)
        refusals.append(caught.value)

    waits = threading.Thread(target=ask)
    waits.start()
    while not real.send("GET", "/_emulator/health")[1]["executions"]:
        pass
    real.send("POST", "/_emulator/clock", {"seconds": 100}, X_Emulator="1")
    waits.join(PATIENCE)
    (refusal,) = refusals
    assert refusal.response["Error"]["Code"] == "MissingHandlerError"
    assert refusal.response["Error"]["Message"].endswith("--missing-function fail: the task then fails as on AWS")
    assert refusal.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def late(function: str, seconds: int) -> dict[str, Any]:
    """A machine that calls a function after a wait."""
    wait = {"Type": "Wait", "Seconds": seconds, "Next": "Call"}
    call = {"Type": "Task", "Resource": f"arn:aws:lambda:us-east-1:123456789012:{function}", "End": True}
    return {"StartAt": "Wait", "States": {"Wait": wait, "Call": call}}


def test_polling_lets_no_real_time_pass(real: Served) -> None:
    client, machine = create(real, WAIT)
    execution = client.start_execution(stateMachineArn=machine)["executionArn"]
    for _ in range(3):
        assert client.describe_execution(executionArn=execution)["status"] == "RUNNING"


def test_real_time_can_be_moved_ahead(real: Served) -> None:
    client, machine = create(real, WAIT)
    client.start_execution(stateMachineArn=machine)
    real.send("POST", "/_emulator/clock", {"seconds": 86_400}, X_Emulator="1")
    assert real.over.is_set()


@pytest.mark.parametrize("world", ["served", "real"])
def test_a_worker_waits_for_its_task(world: str, request: pytest.FixtureRequest) -> None:
    """GetActivityTask is a long poll; the execution starts after it, and the server answers meanwhile."""
    here: Served = request.getfixturevalue(world)
    client = here.client("stepfunctions")
    activity = client.create_activity(name="pack")["activityArn"]
    client, machine = create(
        here, {"StartAt": "Pack", "States": {"Pack": {"Type": "Task", "Resource": activity, "End": True}}}
    )
    with ThreadPoolExecutor(1) as pool:
        before = requests(here)
        polled = pool.submit(here.client("stepfunctions").get_activity_task, activityArn=activity, workerName="w")
        until(lambda: requests(here) > before)
        assert not polled.done()
        execution = client.start_execution(stateMachineArn=machine, input='{"n": 1}')["executionArn"]
        task = polled.result(PATIENCE)
    assert task["input"] == '{"n": 1}'
    client.send_task_success(taskToken=task["taskToken"], output='"packed"')
    assert client.describe_execution(executionArn=execution)["output"] == '"packed"'


def test_stopping_answers_those_who_wait(servers: Servers, served: Served) -> None:
    client = served.client("stepfunctions")
    activity = client.create_activity(name="pack")["activityArn"]
    with ThreadPoolExecutor(1) as pool:
        before = requests(served)
        polled = pool.submit(client.get_activity_task, activityArn=activity)
        until(lambda: requests(served) > before)
        servers.stop()
        assert "taskToken" not in polled.result(PATIENCE)


# The command


def test_a_taken_port_is_said_and_what_to_do(served: Served) -> None:
    result = CliRunner().invoke(main, ["serve", "--port", str(served.port)])
    assert result.exit_code == 2
    assert f"error: cannot listen on 127.0.0.1, port {served.port}: address already in use" in result.stderr
    assert "fix: --port 0 takes any free port" in result.stderr


def test_a_host_that_is_none() -> None:
    result = CliRunner().invoke(main, ["serve", "--host", "256.1.1.1", "--port", "0"])
    assert result.exit_code == 2
    assert "error: cannot listen on 256.1.1.1, port 0: " in result.stderr


def test_what_is_wrong_is_said_before_anybody_can_connect(tmp_path: Path) -> None:
    (tmp_path / "machine.asl.json").write_text(json.dumps(HELLO))
    result = CliRunner().invoke(main, ["serve", "--port", "0", "--state-machine", str(tmp_path / "machine.json")])
    assert (result.exit_code, "Did you mean" in result.stderr) == (2, True)


def test_a_task_without_a_handler_is_warned_of_once_and_clients_may_create_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "machine.asl.json"
    file.write_text(json.dumps(HELLO))

    async def open_and_close(served: ServedEmulator) -> None:
        await served.start()
        await served.stop()

    def serve(gateway: Gateway, *_: object) -> None:
        asyncio.run(open_and_close(gateway.served))

    monkeypatch.setattr("emulator.server.listening.serve", serve)
    result = CliRunner().invoke(main, ["serve", "--port", "0", "--state-machine", str(file)])
    assert result.exit_code == 0
    assert result.stderr.count("warning: no handler for") == 1
    assert "fix: --handlers MODULE" in result.stderr


def test_names_of_stubs_and_faults_that_no_machine_has_are_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "greet.asl.json"
    file.write_text(json.dumps(HELLO))
    (tmp_path / "stubs.json").write_text(
        json.dumps({"tasks": {"Helo": {"returns": 1}, "Hello": {"returns": 2}}, "resources": {"helo": {"returns": 1}}})
    )
    (tmp_path / "faults.json").write_text(json.dumps([{"delay": "lambda:Invoke", "seconds": 1, "machine": "gret"}]))

    async def open_and_close(served: ServedEmulator) -> None:
        await served.start()
        await served.stop()

    monkeypatch.setattr(
        "emulator.server.listening.serve", lambda gateway, *_: asyncio.run(open_and_close(gateway.served))
    )
    monkeypatch.chdir(tmp_path)
    words = ["--stubs", "stubs.json", "--faults", "faults.json"]
    result = CliRunner().invoke(main, ["serve", "--port", "0", "--state-machine", str(file), *words])
    assert result.exit_code == 0
    assert result.stderr.count("there is no such Task. Did you mean 'Hello'?") == 1
    assert result.stderr.count("no Task calls it. Did you mean 'hello'?") == 1
    assert result.stderr.count("there is no machine 'gret'. Did you mean machine='greet'?") == 1


def test_without_its_packages_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "emulator.server.listening")
    monkeypatch.delattr(package, "listening", raising=False)
    result = CliRunner().invoke(main, ["serve"])
    assert result.exit_code == 2
    assert result.stderr == "error: emulate serve needs uvicorn\n    fix: pip install 'asl-emulator[server]'\n"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize(("number", "code", "last"), [(signal.SIGTERM, 0, []), (signal.SIGINT, 130, ["stopped"])])
def test_the_command_serves_until_a_signal(tmp_path: Path, number: int, code: int, last: list[str]) -> None:
    (tmp_path / "shop.py").write_text("def hello(event, context):\n    return event\n")
    (tmp_path / "greet.asl.json").write_text(json.dumps(HELLO).replace("us-east-1", "eu-west-1"))
    options = ["--port", "0", "--handlers", "shop", "--state-machine", "greet.asl.json", "--region", "eu-west-1"]
    with interruptible():
        process = subprocess.Popen(
            [sys.executable, "-m", "emulator", "serve", *options],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    watchdog = threading.Timer(PATIENCE, process.kill)
    watchdog.start()
    try:
        assert process.stderr is not None
        ready, *exports = [process.stderr.readline().strip() for _ in range(4)]
        url = ready.removeprefix("Ready on ")
        assert exports == [
            f"export AWS_ENDPOINT_URL={url}",
            "export AWS_DISABLE_HOST_PREFIX_INJECTION=true",
            "export AWS_DEFAULT_REGION=eu-west-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test",
        ]
        connection = http.client.HTTPConnection("127.0.0.1", int(url.rpartition(":")[2]), timeout=PATIENCE)
        connection.request(
            "POST", "/", b"{}", {**HEADERS, "X-Amz-Target": "AWSStepFunctions.ListStateMachines"}
        )  # the connection stays open: stopping does not wait for its client
        machines = json.loads(connection.getresponse().read())["stateMachines"]
        assert [each["stateMachineArn"] for each in machines] == [
            "arn:aws:states:eu-west-1:123456789012:stateMachine:greet"
        ]
        port = int(url.rpartition(":")[2])
        for page, status in [({"Host": "127.0.0.1:1"}, 421), ({"Origin": f"https://127.0.0.1:{port}"}, 403)]:
            assert Served(port, threading.Event()).send("GET", "/_emulator/health", **page)[0] == status
        process.send_signal(number)
        output, errors = process.communicate(timeout=PATIENCE)
        connection.close()
    finally:
        watchdog.cancel()
        process.kill()
        process.wait(PATIENCE)
    assert (process.returncode, output, errors.split()) == (code, "", last)
