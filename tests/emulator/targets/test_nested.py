"""Executions that a Task starts and waits for: what the parent learns about its child.

Recorded: ``test_sfn_start_execution_sync`` (2025-10-28), ``test_start_execution_sync_delegate_failure``.
"""

import json
from typing import Any

import pytest

from emulator import Emulator, NotEmulatedError
from emulator.clock import DEFAULT_START

STARTED = round(DEFAULT_START.timestamp() * 1000)
CHILDREN: dict[str, Any] = {
    "good": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}},
    "bad": {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "No", "Cause": "sold out"}}},
}


def run_parent(emulator: Emulator, child: str, resource: str) -> Any:
    """The execution of a machine that starts ``child`` and waits for it."""
    machine = emulator.state_machine(CHILDREN[child], name=child)
    task = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::states:{resource}",
        "Parameters": {"StateMachineArn": machine.arn, "Name": "nested", "Input": {"n": 1}},
        "End": True,
    }
    return emulator.run({"StartAt": "T", "States": {"T": task}})


@pytest.mark.parametrize(
    ("resource", "text"), [("startExecution.sync", '{"n":1}'), ("startExecution.sync:2", {"n": 1})]
)
def test_a_child_that_succeeds_is_described_to_its_parent(emulator: Emulator, resource: str, text: Any) -> None:
    execution = run_parent(emulator, "good", resource)
    assert execution.output == {
        "ExecutionArn": "arn:aws:states:us-east-1:123456789012:execution:good:nested",
        "Input": text,
        "InputDetails": {"Included": True},
        "Name": "nested",
        "Output": text,
        "OutputDetails": {"Included": True},
        "RedriveCount": 0,
        "RedriveStatus": "NOT_REDRIVABLE",
        "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
        "StartDate": STARTED,
        "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:good",
        "Status": "SUCCEEDED",
        "StopDate": STARTED,
    }


def test_a_child_that_fails_fails_the_task_with_its_description(emulator: Emulator) -> None:
    execution = run_parent(emulator, "bad", "startExecution.sync:2")
    assert execution.error == "States.TaskFailed"
    assert json.loads(execution.cause) == {
        "Cause": "sold out",
        "Error": "No",
        "ExecutionArn": "arn:aws:states:us-east-1:123456789012:execution:bad:nested",
        "Input": '{"n":1}',
        "InputDetails": {"Included": True},
        "Name": "nested",
        "RedriveCount": 0,
        "RedriveStatus": "REDRIVABLE",
        "StartDate": STARTED,
        "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:bad",
        "Status": "FAILED",
        "StopDate": STARTED,
    }


@pytest.mark.parametrize("resource", ["startExecution.sync", "startExecution.sync:2"])
def test_the_cause_of_a_failure_many_levels_down_keeps_its_bound(emulator: Emulator, resource: str) -> None:
    """Each level has the cause of the next one in its own, escaped: without a bound it doubles."""
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:deep"
    ends = {"Variable": "$.n", "NumericEquals": 0, "Next": "No"}
    start = {"StateMachineArn": arn, "Input": {"n.$": "States.MathAdd($.n, -1)"}}
    states = {
        "More": {"Type": "Choice", "Choices": [ends], "Default": "Start"},
        "Start": {"Type": "Task", "Resource": f"arn:aws:states:::states:{resource}", "Parameters": start, "End": True},
        "No": {"Type": "Fail", "Error": "No", "Cause": "sold out"},
    }
    deep = emulator.state_machine({"StartAt": "More", "States": states}, name="deep")
    execution = emulator.run(deep, {"n": 16})
    assert (execution.error, len(execution.cause or "")) == ("States.TaskFailed", 32_768)
    assert max(len(each.cause or "") for each in emulator.executions) == 32_768
    assert execution.cause
    assert execution.cause.startswith('{"Cause":"{\\"Cause\\":')


def test_the_cause_of_a_function_keeps_its_bound(emulator: Emulator) -> None:
    def fails(_event: Any, _context: Any) -> None:
        raise ValueError("x" * 40_000)

    arn = emulator.lambda_function("fails", fails)
    caught = {"ErrorEquals": ["ValueError"], "Next": "Caught"}
    task = {"Type": "Task", "Resource": arn, "Catch": [caught], "End": True}
    states = {"T": task, "Caught": {"Type": "Succeed"}}
    assert len(emulator.run({"StartAt": "T", "States": states}).output["Cause"]) == 32_768


@pytest.mark.parametrize("pattern", ["", ".sync", ".sync:2"])
def test_parameters_known_only_at_run_time_fail_the_task(emulator: Emulator, pattern: str) -> None:
    """In the words with which CreateStateMachine refuses literals."""
    task = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::states:startExecution{pattern}",
        "QueryLanguage": "JSONata",
        "Arguments": "{% $states.input %}",
        "End": True,
    }
    run = emulator.run({"StartAt": "T", "States": {"T": task}}, {"Name": 5, "Foo": 1})
    assert run.error == "States.Runtime"
    assert [each["type"] for each in run.history] == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]
    assert str(run.cause).endswith(
        'The Parameters \'{"Name":5,"Foo":1}\' could not be used to start the Task: '
        '[The field "Foo" is not supported by Step Functions, '
        "The value for the field 'Name' must be a STRING, "
        "The field 'StateMachineArn' is required but was missing]"
    )


# Express children ----------------------------------------------------------------------------------------------------


def run_parent_of_express(emulator: Emulator, resource: str) -> Any:
    machine = emulator.state_machine(CHILDREN["bad"], name="fast", type="EXPRESS")
    task = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::states:{resource}",
        "Parameters": {"StateMachineArn": machine.arn, "Name": "nested", "Input": {"n": 1}},
        "End": True,
    }
    return emulator.run({"StartAt": "T", "States": {"T": task}})


def test_an_express_child_is_started_and_not_waited_for(emulator: Emulator) -> None:
    execution = run_parent_of_express(emulator, "startExecution")
    child = emulator.executions[1]
    assert execution.output["ExecutionArn"] == child.arn
    assert child.arn.startswith("arn:aws:states:us-east-1:123456789012:express:fast:nested:")
    assert (execution.status, child.status, child.input) == ("SUCCEEDED", "FAILED", {"n": 1})


@pytest.mark.parametrize("resource", ["startExecution.sync", "startExecution.sync:2"])
def test_a_task_that_would_wait_for_an_express_child_is_refused_by_name(emulator: Emulator, resource: str) -> None:
    with pytest.raises(NotEmulatedError, match=r"is of type EXPRESS \(state 'T'(.|\n)*startSyncExecution to wait"):
        run_parent_of_express(emulator, resource)
