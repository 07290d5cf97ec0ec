"""Mappings and pipes over HTTP: another program makes them, and sends what they read."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.emulator.server.served import ROLE, Served

QUEUE = "arn:aws:sqs:us-east-1:123456789012:jobs"
PREPARED = "arn:aws:states:us-east-1:123456789012:stateMachine:prepared"


def test_a_program_maps_a_queue_and_sends_a_message(served: Served) -> None:
    sqs, functions = served.client("sqs"), served.client("lambda")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    uuid = functions.create_event_source_mapping(FunctionName="hello", EventSourceArn=QUEUE)["UUID"]
    assert functions.get_event_source_mapping(UUID=uuid)["State"] == "Enabled"
    sqs.send_message(QueueUrl=url, MessageBody="one")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    assert set(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()) == {"0"}
    with pytest.raises(ClientError, match=f"already exists. Please update or delete .* {uuid}"):
        functions.create_event_source_mapping(FunctionName="hello", EventSourceArn=QUEUE)


def test_a_program_makes_a_pipe_that_starts_a_machine(served: Served) -> None:
    sqs, states = served.client("sqs"), served.client("stepfunctions")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    served.client("pipes").create_pipe(
        Name="p",
        RoleArn=ROLE,
        Source=QUEUE,
        Target=PREPARED,
        TargetParameters={
            "StepFunctionStateMachineParameters": {"InvocationType": "FIRE_AND_FORGET"},
            "InputTemplate": '{"id": <$.body.id>}',
        },
    )
    sqs.send_message(QueueUrl=url, MessageBody='{"id": 7}')
    [listed] = states.list_executions(stateMachineArn=PREPARED)["executions"]
    described = states.describe_execution(executionArn=listed["executionArn"])
    assert json.loads(described["input"]) == [{"id": 7}]
