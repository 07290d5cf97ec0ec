"""A test drives what fails before it runs: a throttled start, an activity that cannot be scheduled, a refused job."""

import json
from typing import Any

import pytest

from emulator import Emulator
from emulator.errors import EmulatorError

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:charge"
INVOKE = "arn:aws:states:::lambda:invoke"
RETRY = [{"ErrorEquals": ["Lambda.TooManyRequestsException"], "IntervalSeconds": 2, "MaxAttempts": 2}]


def machine(resource: str = FUNCTION, **fields: Any) -> dict[str, Any]:
    task = {"Type": "Task", "Resource": resource, "End": True, **fields}
    return {"StartAt": "Charge", "States": {"Charge": task}}


def types(run: Any) -> list[str]:
    return [event["type"] for event in run.history]


def test_a_function_that_could_not_be_scheduled_or_started_is_tried_again(emulator: Emulator) -> None:
    stub = emulator.task("Charge")
    stub.fails_to_schedule("Lambda.TooManyRequestsException", "slow down").then.fails_to_start(
        "Lambda.TooManyRequestsException"
    ).then.calls_through()
    run = emulator.run(machine(emulator.lambda_function("charge", lambda event, context: 1), Retry=RETRY))
    assert run.assert_succeeded().output == 1
    assert types(run)[2:-2] == [
        "LambdaFunctionScheduleFailed",
        "LambdaFunctionScheduled",
        "LambdaFunctionStartFailed",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
    ]
    assert run.history[2]["lambdaFunctionScheduleFailedEventDetails"] == {
        "error": "Lambda.TooManyRequestsException",
        "cause": "slow down",
    }
    assert run.elapsed.total_seconds() == 6
    assert stub.call_count == 3


def test_a_service_that_does_not_start_and_a_job_that_is_not_submitted(emulator: Emulator) -> None:
    emulator.stub("lambda:invoke").fails_to_start("Lambda.AWSLambdaException", "internal")
    run = emulator.run(machine(INVOKE, Parameters={"FunctionName": "charge"}))
    assert types(run)[2:] == ["TaskScheduled", "TaskStartFailed", "ExecutionFailed"]
    assert run.history[3]["taskStartFailedEventDetails"] == {
        "resourceType": "lambda",
        "resource": "invoke",
        "error": "Lambda.AWSLambdaException",
        "cause": "internal",
    }
    emulator.stub("glue:startJobRun.sync").fails_to_submit("Glue.ConcurrentRunsExceededException", "one at a time")
    job = machine("arn:aws:states:::glue:startJobRun.sync", Parameters={"JobName": "j"})
    run = emulator.run(job, name="job")
    assert types(run)[2:] == ["TaskScheduled", "TaskStarted", "TaskSubmitFailed", "ExecutionFailed"]
    assert (run.error, run.cause) == ("Glue.ConcurrentRunsExceededException", "one at a time")


def test_an_activity_that_is_not_scheduled(emulator: Emulator) -> None:
    arn = emulator.client("stepfunctions").create_activity(name="review")["activityArn"]
    emulator.stub("review").fails_to_schedule("States.Runtime", "gone")
    catch = [{"ErrorEquals": ["States.Runtime"], "Next": "Charge"}]
    run = emulator.run({**machine(arn, Catch=catch)})
    assert types(run)[2:] == ["ActivityScheduleFailed", "ExecutionFailed"]


def test_an_execution_that_runs_already_is_told(emulator: Emulator) -> None:
    arn = emulator.lambda_function("charge", lambda event, context: 1)
    wait = {"Type": "Wait", "Seconds": 60, "Next": "Charge"}
    run = emulator.start({"StartAt": "W", "States": {"W": wait, **machine(arn)["States"]}})
    emulator.task("Charge").fails_to_schedule("X", "y")
    emulator.finish(run)
    assert types(run)[-2:] == ["LambdaFunctionScheduleFailed", "ExecutionFailed"]
    with pytest.raises(AssertionError, match="cause    y"):
        run.assert_succeeded()


def test_a_task_that_passes_a_narrow_stub_has_its_own_history(emulator: Emulator) -> None:
    arn = emulator.lambda_function("charge", lambda event, context: event)
    items = {"Type": "Map", "End": True, "ItemProcessor": machine(arn), "ToleratedFailurePercentage": 0}
    del items["ToleratedFailurePercentage"]
    emulator.task("Charge").for_item(1).fails_to_start("X", times=1)
    run = emulator.run({"StartAt": "M", "States": {"M": {**items, "MaxConcurrency": 1}}}, [7, 8])
    assert types(run).count("LambdaFunctionStarted") == 1
    assert "LambdaFunctionStartFailed" in types(run)


def test_the_log_and_the_api_have_the_events(emulator: Emulator) -> None:
    emulator.task("Charge").fails_to_submit("SQS.X", "y")
    resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    run = emulator.run(machine(resource, Parameters={"QueueUrl": "https://sqs/q", "MessageBody": "m"}))
    client = emulator.client("stepfunctions")
    (event,) = (
        each
        for each in client.get_execution_history(executionArn=run.arn)["events"]
        if each["type"] == "TaskSubmitFailed"
    )
    assert json.dumps(event["taskSubmitFailedEventDetails"]) == json.dumps(
        {
            "resourceType": "sqs",
            "resource": "sendMessage.waitForTaskToken",
            "error": "SQS.X",
            "cause": "y",
        }
    )


@pytest.mark.parametrize(
    ("resource", "method", "told"),
    [
        (
            "lambda:invoke",
            "fails_to_schedule",
            "only a task of a function by its ARN, or of an activity fails to sched",
        ),
        ("glue:startJobRun", "fails_to_submit", "only a task of a service with .sync or .waitForTaskToken fails to su"),
    ],
)
def test_a_step_that_the_task_does_not_have_is_refused(
    emulator: Emulator, resource: str, method: str, told: str
) -> None:
    with pytest.raises(EmulatorError, match=r"fix: fails_to_start\(") as raised:
        getattr(emulator.stub(resource), method)("X")
    assert told in str(raised.value)


def test_a_step_is_checked_when_the_machine_of_the_state_is_known(emulator: Emulator) -> None:
    emulator.task("Charge").fails_to_submit("X")
    with pytest.raises(EmulatorError, match=r"only a task of a service with \.sync"):
        emulator.state_machine(machine())
