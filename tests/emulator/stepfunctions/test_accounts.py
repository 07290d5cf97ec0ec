"""Two accounts: a machine of one starts a machine of the other, with the Credentials of a role there."""

from typing import Any

import boto3

from emulator import Emulator

OTHER = "222222222222"
ROLE = f"arn:aws:iam::{OTHER}:role/trusted"
PASS = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": 7, "End": true}}}'


def other() -> Any:
    return boto3.client(
        "stepfunctions", region_name="us-east-1", aws_access_key_id=OTHER, aws_secret_access_key="secret"
    )


def test_a_key_of_twelve_digits_is_an_account_of_its_own(emulator: Emulator) -> None:
    own, client = emulator.client("stepfunctions"), other()
    made = client.create_state_machine(name="orders", definition=PASS, roleArn=ROLE)["stateMachineArn"]
    assert made == f"arn:aws:states:us-east-1:{OTHER}:stateMachine:orders"
    emulator.state_machine(PASS, name="orders")
    activity = client.create_activity(name="review")["activityArn"]
    assert [each["stateMachineArn"] for each in client.list_state_machines()["stateMachines"]] == [made]
    assert [each["name"] for each in own.list_state_machines()["stateMachines"]] == ["orders"]
    assert own.list_state_machines()["stateMachines"][0]["stateMachineArn"] != made
    assert [each["activityArn"] for each in client.list_activities()["activities"]] == [activity]
    assert own.list_activities()["activities"] == []
    started = client.start_execution(stateMachineArn=made)["executionArn"]
    assert started.startswith(f"arn:aws:states:us-east-1:{OTHER}:execution:orders:")


def test_a_task_with_credentials_starts_the_other_account_s_machine(emulator: Emulator) -> None:
    made = other().create_state_machine(name="orders", definition=PASS, roleArn=ROLE)["stateMachineArn"]
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": made},
        "Credentials": {"RoleArn.$": "States.Format('arn:aws:iam::{}:role/trusted', $.account)"},
        "End": True,
    }
    run = emulator.run({"StartAt": "A", "States": {"A": task}}, {"account": OTHER}).assert_succeeded()
    assert run.output["Output"] == 7
    assert f":{OTHER}:execution:orders:" in run.output["ExecutionArn"]
    (scheduled,) = (each for each in run.history if each["type"] == "TaskScheduled")
    assert scheduled["taskScheduledEventDetails"]["taskCredentials"] == {"roleArn": ROLE}
