"""Step Functions' own events: one when an execution runs, one when it has ended, however it was started.

Developer guide, "Step Functions Execution Status Change"; recorded: ``test_event_bridge_events_base``.
"""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from emulator import Emulator

QUEUE = "arn:aws:sqs:us-east-1:123456789012:changes"
PASS: dict[str, Any] = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
ENDS: dict[str, tuple[dict[str, Any], str]] = {
    "it ends in its first step": (PASS, "SUCCEEDED"),
    "it fails at once": ({"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "No"}}}, "FAILED"),
    "its first path is wrong": (
        {"StartAt": "P", "States": {"P": {"Type": "Pass", "InputPath": "$.x", "End": True}}},
        "FAILED",
    ),
    "it succeeds at once": ({"StartAt": "S", "States": {"S": {"Type": "Succeed"}}}, "SUCCEEDED"),
    "it waits": ({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 5, "End": True}}}, "SUCCEEDED"),
    "it times out": (
        {"StartAt": "W", "TimeoutSeconds": 5, "States": {"W": {"Type": "Wait", "Seconds": 9, "End": True}}},
        "TIMED_OUT",
    ),
}


def by_api(emulator: Emulator, arn: str) -> None:
    boto3.client("stepfunctions").start_execution(stateMachineArn=arn)


def by_rule(emulator: Emulator, arn: str) -> None:
    events = boto3.client("events")
    events.put_rule(Name="start", EventPattern=json.dumps({"source": ["shop"]}))
    events.put_targets(Rule="start", Targets=[{"Id": "1", "Arn": arn, "RoleArn": arn}])
    events.put_events(Entries=[{"Source": "shop", "DetailType": "placed", "Detail": "{}"}])


def by_task(emulator: Emulator, arn: str) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": arn},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "End"}],
        "Next": "End",
    }
    emulator.run({"StartAt": "T", "States": {"T": task, "End": {"Type": "Succeed"}}}, name="parent")


def changes(machine: str) -> list[dict[str, Any]]:
    """The events about the machine's executions so far."""
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="changes")["QueueUrl"]
    found: list[dict[str, Any]] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(message["Body"]) for message in messages]
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [each for each in found if each["detail"]["stateMachineArn"] == machine]


def watch() -> None:
    """A rule that sends every status change to a queue."""
    boto3.client("sqs").create_queue(QueueName="changes")
    events = boto3.client("events")
    events.put_rule(Name="changes", EventPattern=json.dumps({"source": ["aws.states"]}))
    events.put_targets(Rule="changes", Targets=[{"Id": "1", "Arn": QUEUE}])


@pytest.mark.parametrize("start", [by_api, by_rule, by_task])
@pytest.mark.parametrize("end", ENDS)
def test_an_execution_runs_and_then_ends(emulator: Emulator, start: Callable[[Emulator, str], None], end: str) -> None:
    watch()
    definition, status = ENDS[end]
    arn = emulator.state_machine(definition, name="m").arn
    start(emulator, arn)
    emulator.clock.advance(seconds=10)
    told = changes(arn)
    assert [each["detail"]["status"] for each in told] == ["RUNNING", status]
    assert len({each["id"] for each in told}) == 2
    running, ended = (each["detail"] for each in told)
    assert (running["stopDate"], running["output"], running["outputDetails"]) == (None, None, None)
    assert running["redriveStatusReason"] == "Execution is RUNNING and cannot be redriven"
    assert ended["stopDate"] >= ended["startDate"] == running["startDate"]


def test_an_execution_that_is_stopped_before_it_begins_has_run(emulator: Emulator) -> None:
    watch()
    machine = emulator.state_machine(PASS, name="m")
    sfn = boto3.client("stepfunctions")
    with emulator.hold():
        execution = emulator.start(machine)
        sfn.stop_execution(executionArn=execution.arn)
    emulator.clock.advance(seconds=1)
    assert [each["detail"]["status"] for each in changes(machine.arn)] == ["RUNNING", "ABORTED"]


def test_two_rules_for_one_machine_start_it_twice(emulator: Emulator) -> None:
    """Their targets have one Id: the names of the executions differ all the same."""
    arn = emulator.state_machine(PASS, name="m").arn
    events = boto3.client("events")
    for rule in ("a", "b"):
        events.put_rule(Name=rule, EventPattern=json.dumps({"source": ["shop"]}))
        events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": arn, "RoleArn": arn}])
    events.put_events(Entries=[{"Source": "shop", "DetailType": "placed", "Detail": "{}"}])
    assert len({each.name for each in emulator.executions}) == 2
    assert len(boto3.client("stepfunctions").list_executions(stateMachineArn=arn)["executions"]) == 2
