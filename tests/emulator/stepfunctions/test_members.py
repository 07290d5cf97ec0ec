"""Members of the wrong kind get AWS's errors, also from a client that checks nothing itself."""

import json
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from emulator import BackendError, Emulator

DEFINITION = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:m:e"
CREATE = {"name": "n", "definition": DEFINITION, "roleArn": "arn:aws:iam::123456789012:role/r"}
MANY = [{"key": str(number), "value": "v"} for number in range(51)]
ENUM = "1 validation error detected: Value 'x' at 'includedData' failed to satisfy constraint: Member must satisfy enum"


@pytest.fixture
def sfn(emulator: Emulator) -> Any:
    client = boto3.client("stepfunctions", region_name="us-east-1", config=Config(parameter_validation=False))
    client.create_state_machine(**{**CREATE, "name": "m"})
    return client


@pytest.mark.parametrize(
    ("operation", "members", "code", "text"),
    [
        ("create_state_machine", {**CREATE, "tags": [{}]}, "ValidationException", "Value null at 'tags.1.member.key'"),
        ("create_state_machine", {**CREATE, "tags": MANY}, "TooManyTags", "exceeded the number of tags"),
        ("create_activity", {"name": "a", "tags": MANY}, "TooManyTags", "exceeded the number of tags"),
        ("tag_resource", {"resourceArn": MACHINE, "tags": MANY}, "TooManyTags", "exceeded the number of tags"),
        ("tag_resource", {"resourceArn": MACHINE}, "ValidationException", "Value null at 'tags'"),
        ("create_state_machine", {}, "ValidationException", "3 validation errors detected: Value null at 'name'"),
        ("start_execution", {"stateMachineArn": MACHINE, "input": 5}, "SerializationException", "input must be a"),
        ("start_execution", {"stateMachineArn": MACHINE, "name": 5}, "SerializationException", "name must be a string"),
        ("start_execution", {"stateMachineArn": ""}, "ValidationException", "length greater than or equal to 1"),
        ("describe_state_machine", {"stateMachineArn": MACHINE, "includedData": "x"}, "ValidationException", ENUM),
        ("describe_execution", {"executionArn": EXECUTION, "includedData": "x"}, "ValidationException", ENUM),
        ("stop_execution", {"executionArn": EXECUTION, "error": "e" * 257}, "ValidationException", "or equal to 256"),
        ("list_executions", {"stateMachineArn": MACHINE, "maxResults": -1}, "ValidationException", "or equal to 0"),
        ("list_executions", {"stateMachineArn": MACHINE, "maxResults": 1001}, "ValidationException", "equal to 1000"),
        ("get_activity_task", {"activityArn": MACHINE, "workerName": ""}, "ValidationException", "at 'workerName'"),
        ("send_task_success", {"taskToken": 5, "output": "{}"}, "SerializationException", "taskToken must be a string"),
    ],
)  # fmt: skip
def test_a_wrong_member_is_refused_as_aws_does(sfn: Any, operation: str, members: Any, code: str, text: str) -> None:
    with pytest.raises(ClientError, match=text) as caught:
        getattr(sfn, operation)(**members)
    assert caught.value.response["Error"]["Code"] == code


def test_a_token_is_for_the_list_that_gave_it(sfn: Any) -> None:
    sfn.create_state_machine(**CREATE)
    for name in "ab":
        sfn.start_execution(stateMachineArn=MACHINE, name=name)
    machines = sfn.list_state_machines(maxResults=1)["nextToken"]
    executions = sfn.list_executions(stateMachineArn=MACHINE, maxResults=1)["nextToken"]
    assert sfn.list_state_machines(nextToken=machines)["stateMachines"]
    assert sfn.list_executions(stateMachineArn=MACHINE, nextToken=executions)["executions"]
    other = MACHINE[:-1] + "n"
    for operation, members, token in [
        ("list_state_machines", {}, executions),
        ("list_activities", {}, machines),
        ("list_executions", {"stateMachineArn": MACHINE}, machines),
        ("list_executions", {"stateMachineArn": other}, executions),
        ("list_executions", {"stateMachineArn": MACHINE, "statusFilter": "FAILED"}, executions),
        ("list_state_machines", {}, "cGFnZTox"),
        ("list_state_machines", {}, "1"),
    ]:
        with pytest.raises(ClientError, match="InvalidToken"):
            getattr(sfn, operation)(**members, nextToken=token)


def test_a_failure_of_moto_names_it(emulator: Emulator) -> None:
    events = boto3.client("events", region_name="us-east-1")
    with pytest.raises(BackendError, match="events:PutPermission: moto failed to answer it: "):
        events.put_permission(Policy="null")
    emulator.blocked.clear()
