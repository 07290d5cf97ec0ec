"""The protocol, AWS JSON 1.0, to the byte (service model ``stepfunctions/2016-11-23``)."""

import json
from datetime import UTC, datetime

import pytest

from emulator import Emulator, NotEmulatedError
from emulator.aws.responses import HttpResponse
from emulator.stepfunctions.wire import answer, respond

PASS = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'


def ask(emulator: Emulator, operation: str, body: bytes) -> HttpResponse:
    target = f"AWSStepFunctions.{operation}"
    return answer(emulator.assembly.service, target, body, region="us-east-1", request_id="id-1")


def test_an_answer_is_compact_json_with_awss_headers(emulator: Emulator) -> None:
    request = {"name": "m", "definition": PASS, "roleArn": "arn:aws:iam::123456789012:role/r"}
    response = ask(emulator, "CreateStateMachine", json.dumps(request).encode())
    assert response.status == 200
    assert response.body == (
        b'{"stateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:m","creationDate":1893456000.0}'
    )
    assert response.headers == {
        "x-amzn-RequestId": "id-1",
        "Content-Type": "application/x-amz-json-1.0",
        "Content-Length": str(len(response.body)),
    }


def test_a_refusal_is_a_400_with_type_and_message(emulator: Emulator) -> None:
    response = ask(emulator, "DescribeActivity", b'{"activityArn": "x"}')
    assert response.status == 400
    assert json.loads(response.body) == {
        "__type": "InvalidArn",
        "message": "Invalid Arn: 'Invalid ARN prefix: x'",
    }


def test_an_empty_body_is_an_empty_request(emulator: Emulator) -> None:
    assert json.loads(ask(emulator, "ListStateMachines", b"").body) == {"stateMachines": []}


def test_points_in_time_are_seconds_with_milliseconds() -> None:
    at = datetime(2030, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)
    assert json.loads(respond(200, {"at": at}, "id").body) == {"at": 1893456000.123}


def test_text_beyond_ascii_comes_through(emulator: Emulator) -> None:
    run = emulator.run(PASS, {"name": "Zoë 🛒"})
    described = emulator.client("stepfunctions").describe_execution(executionArn=run.arn)
    assert json.loads(described["output"]) == {"name": "Zoë 🛒"}


@pytest.mark.parametrize("operation", ["Nonsense", "CreateStateMachineAlias"])
def test_an_operation_that_is_not_emulated_is_named(emulator: Emulator, operation: str) -> None:
    with pytest.raises(NotEmulatedError, match=f"Step Functions operation {operation} is not emulated"):
        ask(emulator, operation, b"{}")
