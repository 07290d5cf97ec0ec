"""DeleteStateMachine: the executions go with their machine, and their names are free.

Service model, DeleteStateMachine: while executions run, the machine is DELETING. The text of the refusals is measured.
"""

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator import Emulator
from tests.emulator.stepfunctions.test_service import PASS, ROLE, WAIT, create, refusal

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@pytest.fixture
def sfn(emulator: Emulator) -> "SFNClient":
    client: SFNClient = boto3.client("stepfunctions")
    assert client.meta.region_name == emulator.region
    return client


def start(sfn: "SFNClient", machine: str, name: str = "x") -> str:
    return sfn.start_execution(stateMachineArn=machine, name=name)["executionArn"]


def test_executions_go_with_their_machine_and_their_names_are_free(emulator: Emulator, sfn: "SFNClient") -> None:
    old = start(sfn, create(sfn))
    sfn.delete_state_machine(stateMachineArn=create(sfn))
    for call in (sfn.describe_execution, sfn.get_execution_history, sfn.describe_state_machine_for_execution):
        assert refusal(call, executionArn=old) == ("ExecutionDoesNotExist", f"Execution Does Not Exist: '{old}'")
    machine = create(sfn, definition=WAIT)
    assert sfn.list_executions(stateMachineArn=machine)["executions"] == []
    assert start(sfn, machine) == old
    described = sfn.describe_execution(executionArn=old)
    assert described["status"] == "RUNNING"
    assert [each.status for each in emulator.executions] == ["SUCCEEDED", "RUNNING"], "the test still has both"


def test_a_machine_with_running_executions_is_deleting_until_the_last_has_ended(
    emulator: Emulator, sfn: "SFNClient"
) -> None:
    machine = create(sfn, definition=WAIT)
    first, third = start(sfn, machine, "a"), start(sfn, machine, "c")
    sfn.stop_execution(executionArn=third)
    emulator.clock.advance(seconds=30)
    start(sfn, machine, "b")
    sfn.delete_state_machine(stateMachineArn=machine)
    refused = ("StateMachineDeleting", f"State Machine is being deleted: '{machine}'")
    assert sfn.describe_state_machine(stateMachineArn=machine)["status"] == "DELETING"
    assert refusal(sfn.start_execution, stateMachineArn=machine) == refused
    assert refusal(sfn.create_state_machine, name="m", definition=WAIT, roleArn=ROLE) == refused
    assert refusal(sfn.update_state_machine, stateMachineArn=machine, definition=PASS) == refused
    emulator.clock.advance(seconds=30)
    assert sfn.describe_execution(executionArn=first)["status"] == "SUCCEEDED"
    stopped = sfn.describe_execution(executionArn=third)
    assert (stopped["redriveStatus"], stopped["redriveStatusReason"]) == (
        "NOT_REDRIVABLE",
        "State machine is in DELETING status",
    )
    assert sfn.describe_state_machine(stateMachineArn=machine)["status"] == "DELETING"
    emulator.clock.advance(seconds=30)
    assert refusal(sfn.describe_state_machine, stateMachineArn=machine)[0] == "StateMachineDoesNotExist"
    assert create(sfn) == machine
    assert sfn.list_executions(stateMachineArn=machine)["executions"] == []


def test_map_runs_and_their_children_go_too(emulator: Emulator, sfn: "SFNClient") -> None:
    processor: dict[str, Any] = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "P",
        "States": {"P": {"Type": "Pass", "End": True}},
    }
    machine = emulator.state_machine(
        {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": processor, "End": True}}}, name="m"
    )
    run = emulator.run(machine, [1, 2])
    (map_run,) = sfn.list_map_runs(executionArn=run.arn)["mapRuns"]
    (child, _) = sfn.list_executions(mapRunArn=map_run["mapRunArn"])["executions"]
    sfn.delete_state_machine(stateMachineArn=machine.arn)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        sfn.describe_map_run(mapRunArn=map_run["mapRunArn"])
    with pytest.raises(ClientError, match="ExecutionDoesNotExist"):
        sfn.describe_execution(executionArn=child["executionArn"])


def test_a_nested_execution_of_a_machine_that_is_deleting_fails(emulator: Emulator, sfn: "SFNClient") -> None:
    child = create(sfn, "child", WAIT)
    start(sfn, child)
    sfn.delete_state_machine(stateMachineArn=child)
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution",
        "Parameters": {"StateMachineArn": child},
        "End": True,
    }
    run = emulator.run({"StartAt": "T", "States": {"T": task}})
    assert run.error == "StepFunctions.StateMachineDeletingException"
