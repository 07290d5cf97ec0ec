"""Requests: who answers which service, hooks before and after the backend, and what of an emulator is public."""

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator import Emulator
from emulator.aws.interception import AwsRequest
from emulator.aws.refusals import AwsError
from emulator.aws.responses import HttpResponse
from emulator.requests import ROUTES


def test_the_services_that_the_emulator_has_a_part_in() -> None:
    assert sorted(ROUTES) == [
        "an API",
        "apigateway",
        "cloudformation",
        "events",
        "lambda",
        "logs",
        "pipes",
        "s3",
        "scheduler",
        "sns",
        "sqs",
        "states",
        "tagging",
    ]


def test_a_hook_before_may_refuse_a_request_of_any_service(emulator: Emulator) -> None:
    def refuse(request: AwsRequest) -> None:
        if request.operation in ("ListTables", "ListStateMachines"):
            raise ClientError({"Error": {"Code": "Mine", "Message": "not today"}}, request.operation)

    emulator.assembly.requests.before.append(refuse)
    with pytest.raises(ClientError, match="not today"):
        boto3.client("dynamodb").list_tables()
    with pytest.raises(ClientError, match="not today"):
        boto3.client("stepfunctions").list_state_machines()
    assert boto3.client("sqs").list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_hook_after_sees_and_changes_what_moto_answers(emulator: Emulator) -> None:
    seen: list[tuple[str, int]] = []

    def watch(request: AwsRequest, response: HttpResponse) -> HttpResponse:
        seen.append((request.operation, response.status))
        return response._replace(body=response.body.replace(b"before", b"after!"))

    sqs = boto3.client("sqs")
    sqs.create_queue(QueueName="before")
    emulator.assembly.requests.after.append(watch)
    boto3.client("dynamodb").list_tables()
    assert seen == [("ListTables", 200)]
    assert sqs.list_queues()["QueueUrls"][0].endswith("/after!")


def test_a_hook_after_sees_and_changes_what_the_emulator_answers_itself(emulator: Emulator) -> None:
    seen: list[tuple[str, int]] = []

    def watch(request: AwsRequest, response: HttpResponse) -> HttpResponse:
        seen.append((request.operation, response.status))
        return response._replace(body=response.body.replace(b'"FailedEntryCount":0', b'"FailedEntryCount":7'))

    emulator.assembly.requests.after.append(watch)
    states, events = boto3.client("stepfunctions"), boto3.client("events")
    assert states.list_state_machines()["stateMachines"] == []
    with pytest.raises(ClientError):
        states.describe_execution(executionArn="arn:aws:states:us-east-1:000000000000:execution:a:b")
    entry = {"Source": "s", "DetailType": "t", "Detail": "{}"}
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 7
    assert seen == [("ListStateMachines", 200), ("DescribeExecution", 400), ("PutEvents", 200)]


def test_hooks_do_not_see_the_requests_that_the_emulator_makes_for_itself(emulator: Emulator) -> None:
    asked: list[str] = []
    answered: list[str] = []

    def watch(request: AwsRequest, response: HttpResponse) -> HttpResponse:
        answered.append(request.operation)
        return response

    sqs, events = boto3.client("sqs"), boto3.client("events")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    events.put_rule(Name="r", EventPattern='{"source": ["s"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:q"}])
    emulator.assembly.requests.before.append(lambda request: asked.append(request.operation))
    emulator.assembly.requests.after.append(watch)
    events.put_events(Entries=[{"Source": "s", "DetailType": "t", "Detail": "{}"}])
    assert emulator.bus.undelivered == []
    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1
    assert asked == answered == ["PutEvents", "ReceiveMessage"]


def test_hooks_see_the_requests_of_a_machines_tasks(emulator: Emulator) -> None:
    asked: list[str] = []
    emulator.assembly.requests.before.append(lambda request: asked.append(request.operation))
    resource = "arn:aws:states:::aws-sdk:dynamodb:listTables"
    task = {"Type": "Task", "Resource": resource, "Parameters": {}, "End": True}
    emulator.run({"StartAt": "A", "States": {"A": task}}).assert_succeeded()
    assert asked == ["ListTables"]


def test_a_refusal_has_a_code_a_text_and_a_status() -> None:
    error = AwsError("ValidationException", "wrong")
    assert (str(error), error.status) == ("ValidationException: wrong", 400)
    assert AwsError("MissingAuthenticationTokenException", "sign it", 403).status == 403


def test_what_is_public_is_what_a_user_needs(emulator: Emulator) -> None:
    assert sorted(name for name in dir(emulator) if not name.startswith("_")) == [
        "account_id",
        "answered",
        "assembly",
        "await_events",
        "blocked",
        "bus",
        "client",
        "clock",
        "close",
        "deploy",
        "executions",
        "faults",
        "finish",
        "hold",
        "http",
        "is_open",
        "lambda_function",
        "left",
        "mock_config",
        "region",
        "run",
        "run_until",
        "start",
        "state_machine",
        "stub",
        "stubs_from",
        "stubs_from_history",
        "task",
        "tasks",
    ]
