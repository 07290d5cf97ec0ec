"""Errors of a function itself act on a Task before a stub answers it, and without a handler."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator, MissingHandlerError

ARN = "arn:aws:lambda:us-east-1:123456789012:function:charge"
INVOKE = "arn:aws:states:::lambda:invoke"
SDK_INVOKE = "arn:aws:states:::aws-sdk:lambda:invoke"
TIMED_OUT = "Sandbox.Timedout"


def flow(resource: str = ARN, **fields: Any) -> dict[str, Any]:
    given = {} if resource == ARN else {"Parameters": {"FunctionName": "charge"}}
    state = {"Type": "Task", "Resource": resource, "End": True, **given, **fields}
    return {"StartAt": "Charge", "States": {"Charge": state}}


def paid(resource: str) -> Any:
    return "paid" if resource == ARN else {"Payload": "paid", "StatusCode": 200, "ExecutedVersion": "$LATEST"}


@pytest.mark.parametrize(
    ("error", "cause", "seconds"),
    [
        (TIMED_OUT, "Error: Task timed out after 3.00 seconds", 3),
        ("Runtime.ExitError", "Error: Runtime exited with error: signal: killed", 0),
        ("Lambda.Unknown", "The cause could not be determined because Lambda did not return an error type.", 3),
        ("Function.ResponseSizeTooLarge", "exceeded maximum allowed payload size", 0),
        ("Runtime.ImportModuleError", "Unable to import module 'lambda_function'", 0),
        ("Runtime.HandlerNotFound", "Handler 'lambda_handler' missing on module 'lambda_function'", 0),
    ],
)
@pytest.mark.parametrize("resource", [ARN, INVOKE])
@pytest.mark.parametrize("stubbed", ["no handler", "a stub of the state", "a stub of the function"])
def test_a_function_without_a_handler_fails(
    emulator: Emulator, stubbed: str, resource: str, error: str, cause: str, seconds: int
) -> None:
    if stubbed != "no handler":
        stub = emulator.task("Charge") if stubbed == "a stub of the state" else emulator.stub(ARN)
        stub.returns(paid(resource), check=False)
    fault = emulator.faults.fail("lambda:Invoke", error, times=1, resource="charge")
    retry = [{"ErrorEquals": [error], "MaxAttempts": 1, "IntervalSeconds": 1}]
    if stubbed == "no handler":
        run = emulator.run(flow(resource))
        assert (run.error, run.elapsed) == (error, timedelta(seconds=seconds))
        assert cause in (run.cause or "")
    else:
        run = emulator.run(flow(resource, Retry=retry)).assert_succeeded()
        assert (run.output, run.elapsed) == (paid(resource), timedelta(seconds=seconds + 1))
    assert fault.count == 1


def test_a_stub_in_place_of_a_handler_leaves_its_timeout(emulator: Emulator) -> None:
    called: list[Any] = []
    emulator.lambda_function("charge", lambda event, context: called.append(event), timeout_seconds=20)
    emulator.task("Charge").returns("paid").then.calls_through()
    emulator.faults.fail("lambda:Invoke", TIMED_OUT, times=1)
    first = emulator.run(flow())
    assert (first.error, first.elapsed) == (TIMED_OUT, timedelta(seconds=20))
    assert [emulator.run(flow()).output, emulator.run(flow()).output, len(called)] == ["paid", None, 1]


def test_a_call_is_counted_once_where_a_stub_leaves_it_to_the_handler(emulator: Emulator) -> None:
    emulator.lambda_function("charge", lambda event, context: "handler")
    emulator.task("Charge").calls_through()
    fault = emulator.faults.fail("lambda:Invoke", "Runtime.ExitError", from_call=3)
    runs = [emulator.run(flow(resource)) for resource in (ARN, INVOKE, ARN)]
    assert [run.error for run in runs] == [None, None, "Runtime.ExitError"]
    assert fault.count == 1


def test_the_calls_of_a_stubbed_states_handler_are_counted_too(emulator: Emulator) -> None:
    def charge(event: Any, context: Any) -> Any:
        return emulator.client("lambda").invoke(FunctionName="log")["FunctionError"]

    emulator.lambda_function("charge", charge)
    emulator.lambda_function("log", lambda event, context: None)
    emulator.task("Charge").calls_through()
    emulator.faults.fail("lambda:Invoke", "Runtime.ExitError", from_call=2)
    assert emulator.run(flow()).output == "Unhandled"


@pytest.mark.emulator(unused_stubs="allow")
@pytest.mark.parametrize("is_stubbed", [True, False])
def test_the_sdks_call_gets_lambdas_response(emulator: Emulator, is_stubbed: bool) -> None:
    if is_stubbed:
        emulator.task("Charge").returns(paid(SDK_INVOKE), check=False)
    emulator.faults.fail("lambda:Invoke", "Runtime.ExitError", times=1)
    output = emulator.run(flow(SDK_INVOKE)).output
    assert (output["StatusCode"], output["FunctionError"], output["ExecutedVersion"]) == (200, "Unhandled", "$LATEST")
    assert json.loads(output["Payload"])["errorType"] == "Runtime.ExitError"


@pytest.mark.emulator(unused_stubs="allow")
def test_a_call_with_a_token_fails(emulator: Emulator) -> None:
    emulator.task("Charge").returns("paid")
    emulator.faults.fail("lambda:Invoke", "Runtime.ExitError", times=1)
    parameters = {"FunctionName": "charge", "Payload": {"token.$": "$$.Task.Token"}}
    run = emulator.run(flow(f"{INVOKE}.waitForTaskToken", Parameters=parameters))
    assert run.error == "Runtime.ExitError"


@pytest.mark.emulator(unused_faults="allow")
def test_an_asynchronous_call_is_left_to_the_stub(emulator: Emulator) -> None:
    emulator.task("Charge").returns({"StatusCode": 202, "Payload": ""}, check=False)
    fault = emulator.faults.fail("lambda:Invoke", "Runtime.ExitError")
    run = emulator.run(flow(INVOKE, Parameters={"FunctionName": "charge", "InvocationType": "Event"}))
    assert (run.status, fault.count) == ("SUCCEEDED", 0)


@pytest.mark.emulator(missing_function="fail", unused_faults="allow")
def test_a_function_that_lambda_does_not_find_is_not_found(emulator: Emulator) -> None:
    emulator.faults.fail("lambda:Invoke", TIMED_OUT)
    assert emulator.run(flow()).error == "Lambda.ResourceNotFoundException"


def test_a_function_without_a_handler_is_still_missing_when_the_fault_is_used_up(emulator: Emulator) -> None:
    emulator.faults.fail("lambda:Invoke", TIMED_OUT, times=1)
    retry = [{"ErrorEquals": [TIMED_OUT]}]
    with pytest.raises(MissingHandlerError, match="no handler for"):
        emulator.run(flow(Retry=retry))


@pytest.mark.emulator(unused_stubs="allow")
def test_a_function_of_a_template_whose_code_cannot_run_has_its_timeout(emulator: Emulator, tmp_path: Path) -> None:
    function = {"Runtime": "java21", "Handler": "shop.Charge::run", "Timeout": 25, "FunctionName": "charge"}
    resources = {"Charge": {"Type": "AWS::Serverless::Function", "Properties": {**function, "CodeUri": "src"}}}
    template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": resources}
    (tmp_path / "src").mkdir()
    (tmp_path / "template.json").write_text(json.dumps(template))
    emulator.deploy(tmp_path / "template.json")
    emulator.task("Charge").returns("paid")
    emulator.faults.fail("lambda:Invoke", TIMED_OUT, times=1, resource="Charge")
    run = emulator.run(flow())
    assert (run.error, run.elapsed) == (TIMED_OUT, timedelta(seconds=25))


MACHINE = {"StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:m"}
TOKEN = {"t.$": "$$.Task.Token"}


@pytest.mark.emulator(unused_stubs="allow")
@pytest.mark.parametrize(
    ("resource", "parameters", "call", "code"),
    [
        ("states:startExecution", MACHINE, "states:StartExecution", "ExecutionLimitExceeded"),
        ("states:startExecution.sync:2", MACHINE, "states:StartExecution", "ExecutionLimitExceeded"),
        ("sqs:sendMessage", {"QueueUrl": "q", "MessageBody": "m"}, "sqs:SendMessage", "RequestThrottled"),
        ("sqs:sendMessage.waitForTaskToken", {"QueueUrl": "q", "MessageBody": TOKEN}, "sqs:SendMessage", "OverLimit"),
        ("dynamodb:putItem", {"TableName": "t", "Item": {}}, "dynamodb:PutItem", "RequestLimitExceeded"),
        ("glue:startJobRun.sync", {"JobName": "etl"}, "glue:StartJobRun", "ConcurrentRunsExceededException"),
        ("lambda:invoke", {"FunctionName": "charge"}, "lambda:Invoke", "TooManyRequestsException"),
    ],
)
@pytest.mark.parametrize("is_stubbed", [True, False])
def test_a_services_error_comes_before_what_answers(
    emulator: Emulator, is_stubbed: bool, resource: str, parameters: dict[str, Any], call: str, code: str
) -> None:
    if is_stubbed:
        emulator.task("Charge").returns({}, check=False)
    fault = emulator.faults.fail(call, code, check=False)
    run = emulator.run(flow(f"arn:aws:states:::{resource}", Parameters=parameters))
    assert (run.status, fault.count) == ("FAILED", 1)
    assert code.removesuffix("Exception") in f"{run.error} {run.cause}"
