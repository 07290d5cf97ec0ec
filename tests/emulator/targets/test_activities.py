"""Tasks of activities that do not exist: they fail before they are scheduled, and nothing catches it.

Recorded: ``test_activity_task_on_deleted``.
"""

from typing import Any

import boto3
import pytest

from emulator import Emulator

ACTIVITY = "arn:aws:states:us-east-1:123456789012:activity:pack"
ALL = ["States.ALL"]
TASK: dict[str, Any] = {
    "Type": "Task",
    "Resource": ACTIVITY,
    "Retry": [{"ErrorEquals": ALL}],
    "Catch": [{"ErrorEquals": ALL, "Next": "Z"}],
    "End": True,
}
END: dict[str, Any] = {"Z": {"Type": "Succeed"}}
BRANCH: dict[str, Any] = {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": ACTIVITY, "End": True}}}
PARALLEL: dict[str, Any] = {"Type": "Parallel", "Branches": [BRANCH], "Catch": TASK["Catch"], "End": True}
MAP: dict[str, Any] = {"Type": "Map", "ItemProcessor": BRANCH, "Catch": TASK["Catch"], "End": True}


@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
@pytest.mark.parametrize("was_there", [True, False])
def test_a_task_on_an_activity_that_is_gone_fails_before_it_is_scheduled(
    emulator: Emulator, language: str, was_there: bool
) -> None:
    sfn = boto3.client("stepfunctions")
    if was_there:
        sfn.create_activity(name="pack")
    machine = emulator.state_machine({"QueryLanguage": language, "StartAt": "T", "States": {"T": TASK, **END}})
    sfn.delete_activity(activityArn=ACTIVITY)
    arn = sfn.start_execution(stateMachineArn=machine.arn)["executionArn"]
    described = sfn.describe_execution(executionArn=arn)
    cause = (
        "An error occurred while executing the state 'T' (entered at the event id #2). "
        f"The activity {ACTIVITY} does not exist."
    )
    assert (described["status"], described["error"], described["cause"]) == ("FAILED", "States.Runtime", cause)
    history = sfn.get_execution_history(executionArn=arn)["events"]
    assert [(each["type"], each["previousEventId"]) for each in history] == [
        ("ExecutionStarted", 0),
        ("TaskStateEntered", 0),
        ("ExecutionFailed", 2),
    ]


@pytest.mark.parametrize("state", [PARALLEL, MAP])
def test_nothing_around_the_task_catches_it(emulator: Emulator, state: dict[str, Any]) -> None:
    run = emulator.run({"StartAt": "P", "States": {"P": state, **END}}, [1])
    assert (run.status, run.error, run.path) == ("FAILED", "States.Runtime", ["P", "T"])


def test_a_task_that_waits_for_a_worker_goes_on_when_its_activity_is_deleted(emulator: Emulator) -> None:
    sfn = boto3.client("stepfunctions")
    sfn.create_activity(name="pack")
    run = emulator.start(BRANCH)
    token = sfn.get_activity_task(activityArn=ACTIVITY)["taskToken"]
    sfn.delete_activity(activityArn=ACTIVITY)
    sfn.send_task_success(taskToken=token, output="{}")
    assert run.status == "SUCCEEDED"
