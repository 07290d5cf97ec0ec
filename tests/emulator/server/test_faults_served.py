"""Faults over HTTP: what a client in another process gets, in the protocol that it speaks."""

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator
from emulator.aws.http import HttpRequest
from emulator.http_requests import answer
from tests.emulator.server.served import PATIENCE, Served, listening

SCOPE = "AWS4-HMAC-SHA256 Credential=key/20300101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"

KEYS: Any = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


def ask(emulator: Emulator, service: str, target: str, body: bytes = b"{}") -> tuple[int, dict[str, str], bytes]:
    headers = [("Authorization", SCOPE.format(service)), ("Content-Type", "application/x-amz-json-1.0")]
    if target:
        headers.append(("X-Amz-Target", target))
    method, path = ("POST", "/") if target else ("GET", "/files/key")
    response = answer(emulator.assembly, HttpRequest(method, path, "", headers, body))
    return response.status, dict(response.headers), response.body


def test_a_json_client_gets_the_error(emulator: Emulator) -> None:
    emulator.faults.fail("dynamodb:ListTables", "ThrottlingException", times=1)
    status, headers, body = ask(emulator, "dynamodb", "DynamoDB_20120810.ListTables")
    assert (status, json.loads(body)) == (400, {"__type": "ThrottlingException", "message": "Rate exceeded"})
    assert headers["x-amzn-RequestId"]
    assert ask(emulator, "dynamodb", "DynamoDB_20120810.ListTables")[0] == 200


def test_an_xml_client_gets_the_error(emulator: Emulator) -> None:
    emulator.faults.fail("s3:GetObject", "SlowDown", resource="files")
    status, _, body = ask(emulator, "s3", "", b"")
    assert status == 503
    assert b"<Code>SlowDown</Code><Message>Please reduce your request rate.</Message>" in body


def test_a_late_answer_moves_the_clock(emulator: Emulator) -> None:
    emulator.faults.delay("dynamodb:ListTables", seconds=3600)
    began = emulator.clock.now()
    assert ask(emulator, "dynamodb", "DynamoDB_20120810.ListTables")[0] == 200
    assert (emulator.clock.now() - began).total_seconds() == 3600


def test_a_broken_connection_is_refused_by_name(emulator: Emulator) -> None:
    emulator.faults.disconnect("dynamodb:ListTables")
    status, _, body = ask(emulator, "dynamodb", "DynamoDB_20120810.ListTables")
    assert status == 501
    assert b"a connection that breaks is not emulated for a client in another process" in body
    emulator.blocked.clear()


def test_the_error_is_the_same_for_boto3(emulator: Emulator) -> None:
    emulator.faults.fail("dynamodb:ListTables", "ThrottlingException")
    with pytest.raises(ClientError, match="ThrottlingException"):
        emulator.client("dynamodb").list_tables()


def test_the_command_serves_the_faults_and_stubs_of_files(tmp_path: Path) -> None:
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sqs:listQueues", "Parameters": {}, "End": True}
    flow = {"StartAt": "List", "States": {"List": {**task, "Retry": [{"ErrorEquals": ["States.ALL"]}]}}}
    (tmp_path / "flow.asl.json").write_text(json.dumps(flow))
    faults = [
        {"fail": "sqs:ListQueues", "error": "RequestThrottled", "times": 1, "state": "List"},
        {"fail": "dynamodb:ListTables", "error": "ThrottlingException", "message": "too fast", "times": 1},
    ]
    (tmp_path / "faults.json").write_text(json.dumps(faults))
    (tmp_path / "stubs.json").write_text(json.dumps({"tasks": {"List": {"returns": {"QueueUrls": ["stubbed"]}}}}))
    words = ["--port", "0", "--state-machine", "flow.asl.json", "--faults", "faults.json", "--stubs", "stubs.json"]
    root = str(Path(__file__).parents[3])
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {root!r}); from emulator.cli import main; main()"]
    process = subprocess.Popen([*command, "serve", *words], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    watchdog = threading.Timer(PATIENCE, process.kill)
    watchdog.start()
    try:
        assert process.stderr is not None
        ready = process.stderr.readline().strip()
        served = Served(int(ready.rpartition(":")[2]), threading.Event())
        with pytest.raises(ClientError, match=r"\(ThrottlingException\).*too fast"):
            served.client("dynamodb", **KEYS).list_tables()
        assert served.client("dynamodb", **KEYS).list_tables()["TableNames"] == []
        client = served.client("stepfunctions", **KEYS)
        arn = client.list_state_machines()["stateMachines"][0]["stateMachineArn"]
        started = client.start_execution(stateMachineArn=arn)["executionArn"]
        answers = (client.describe_execution(executionArn=started) for _ in range(20))
        ended = next(each for each in answers if each["status"] != "RUNNING")
        assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", {"QueueUrls": ["stubbed"]})
        types = [each["type"] for each in client.get_execution_history(executionArn=started)["events"]]
        assert types.count("TaskFailed") == 1
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


def test_a_part_of_a_batch_fails_over_http() -> None:
    def make() -> Emulator:
        emulator = Emulator(unused_faults="allow")
        for operation in ("sns:PublishBatch", "s3:DeleteObjects", "sqs:SendMessageBatch"):
            emulator.faults.fail_entries(operation, "InternalError", "why", entries=[1])
        return emulator

    with listening(make) as port:
        served = Served(port, threading.Event())
        topic = served.client("sns").create_topic(Name="news")["TopicArn"]
        messages: Any = [{"Id": id_, "Message": id_} for id_ in "ab"]
        answer = served.client("sns").publish_batch(TopicArn=topic, PublishBatchRequestEntries=messages)
        assert [each["Id"] for each in answer["Successful"]] == ["a"]
        assert [(each["Id"], each["Message"]) for each in answer["Failed"]] == [("b", "why")]
        s3 = served.client("s3")
        s3.create_bucket(Bucket="files")
        for key in "ab":
            s3.put_object(Bucket="files", Key=key, Body=b"x")
        gone = s3.delete_objects(Bucket="files", Delete={"Objects": [{"Key": "a"}, {"Key": "b"}]})
        assert [each["Key"] for each in gone["Errors"]] == ["b"]
        assert [each["Key"] for each in s3.list_objects_v2(Bucket="files")["Contents"]] == ["b"]


@pytest.mark.parametrize("is_stubbed", [True, False])
def test_a_function_without_a_handler_fails_over_http(is_stubbed: bool) -> None:
    def make() -> Emulator:
        emulator = Emulator(unused_faults="allow", unused_stubs="allow")
        if is_stubbed:
            emulator.task("Charge").returns("paid")
        emulator.faults.fail("lambda:Invoke", "Sandbox.Timedout", resource="charge")
        return emulator

    function = "arn:aws:lambda:us-east-1:123456789012:function:charge"
    flow = {"StartAt": "Charge", "States": {"Charge": {"Type": "Task", "Resource": function, "End": True}}}
    with listening(make) as port:
        client = Served(port, threading.Event()).client("stepfunctions")
        made = client.create_state_machine(
            name="Orders", definition=json.dumps(flow), roleArn="arn:aws:iam::123456789012:role/r"
        )
        started = client.start_execution(stateMachineArn=made["stateMachineArn"])["executionArn"]
        answers = (client.describe_execution(executionArn=started) for _ in range(20))
        ended = next(each for each in answers if each["status"] != "RUNNING")
        assert (ended["status"], ended["error"]) == ("FAILED", "Sandbox.Timedout")
        assert "Task timed out after 3.00 seconds" in ended["cause"]


def test_a_mocked_response_with_too_few_answers_is_told_over_http(tmp_path: Path) -> None:
    busy = {"Throw": {"Error": "Busy", "Cause": "x"}}
    config = {
        "StateMachines": {"Orders": {"TestCases": {"Busy": {"Charge": "Once"}}}},
        "MockedResponses": {"Once": {"0": busy}},
    }
    (tmp_path / "MockConfigFile.json").write_text(json.dumps(config))

    def make() -> Emulator:
        emulator = Emulator(allow_blocked=True)
        emulator.mock_config(tmp_path / "MockConfigFile.json")
        return emulator

    charge = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}}
    retried = {**charge, "Retry": [{"ErrorEquals": ["Busy"]}], "End": True}
    flow = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 5, "Next": "Charge"}, "Charge": retried}}
    told = "the mocked response 'Once' of state 'Charge' has 1 answer, and this is call 2 of test case 'Busy'"
    with listening(make) as port:
        client = Served(port, threading.Event()).client("stepfunctions")
        role = "arn:aws:iam::123456789012:role/r"
        made = client.create_state_machine(name="Orders", definition=json.dumps(flow), roleArn=role)
        started = client.start_execution(stateMachineArn=f"{made['stateMachineArn']}#Busy")["executionArn"]
        statuses: list[str] = []
        with pytest.raises(ClientError, match=told):
            statuses += iter(lambda: client.describe_execution(executionArn=started)["status"], "ABORTED")
        assert {*statuses} <= {"RUNNING"}
        ended = client.describe_execution(executionArn=started)
        assert (ended["status"], ended["error"]) == ("ABORTED", "EmulatorError")
        assert told in ended["cause"]
