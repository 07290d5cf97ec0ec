"""The state machine's definition, and the resources that ``deploy`` creates."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from emulator.tasks import deploy
from emulator.tasks.machine import definition

if TYPE_CHECKING:
    from tests.emulator.tasks.conftest import World

LAMBDA = "arn:aws:lambda:eu-central-1:000000000000:function:background-task"


class StepFunctions:
    """The three calls that ``deploy`` makes."""

    def __init__(self) -> None:
        self.machines: dict[str, str] = {}

    def get_paginator(self, name: str) -> Any:
        assert name == "list_state_machines"
        return self

    def paginate(self) -> Any:
        return [{"stateMachines": [{"name": name, "stateMachineArn": f"arn:{name}"}]} for name in self.machines]

    def create_state_machine(self, *, name: str, definition: str, roleArn: str) -> Any:  # noqa: N803 - boto3's
        self.machines[name] = definition
        return {"stateMachineArn": f"arn:{name}"}

    def update_state_machine(self, *, stateMachineArn: str, definition: str, roleArn: str) -> None:  # noqa: N803
        self.machines[stateMachineArn.removeprefix("arn:")] = definition


def test_the_lambda_function_is_the_only_thing_to_fill_in() -> None:
    text = definition(LAMBDA)
    assert "${" not in text
    states = json.loads(text)["States"]
    assert states["Run"]["Resource"] == LAMBDA
    assert list(states) == [
        "TransformEvent",
        "Run",
        "CheckStatus",
        "Waiter",
        "UnknownError",
        "UnknownStatus",
        "Error",
        "Done",
        "Aborted",
    ]


def test_deploy_makes_everything_once(world: World) -> None:
    stepfunctions = StepFunctions()
    world.use_client("stepfunctions", stepfunctions)
    events = world.clients("events")
    made = [deploy(world.clients, lambda_arn=arn, event_bus_name="tasks-bus") for arn in (LAMBDA, LAMBDA + "-2")]
    assert made[0] == made[1]
    assert (made[0].table_name, made[0].event_bus_name) == ("background-tasks", "tasks-bus")
    assert made[0].state_machine_arn == "arn:background-task-sfn"
    assert json.loads(stepfunctions.machines["background-task-sfn"])["States"]["Run"]["Resource"] == LAMBDA + "-2"
    [rule] = events.list_rules(EventBusName="tasks-bus")["Rules"]
    assert json.loads(rule["EventPattern"]) == {"detail-type": ["WebinyBackgroundTask"]}
    assert rule["Arn"] == made[0].rule_arn
    [target] = events.list_targets_by_rule(Rule=rule["Name"], EventBusName="tasks-bus")["Targets"]
    assert target["Arn"] == made[0].state_machine_arn
    assert "Input" not in target
    assert world.clients("dynamodb").list_tables()["TableNames"] == ["background-tasks"]


def test_the_default_bus_is_not_made(world: World) -> None:
    world.use_client("stepfunctions", StepFunctions())
    deploy(world.clients, lambda_arn=LAMBDA, event_bus_name="default")
    assert [rule["EventBusName"] for rule in world.clients("events").list_rules()["Rules"]] == ["default"]


def test_a_refused_target_is_an_error(world: World, stub: Callable[..., Any]) -> None:
    world.use_client("stepfunctions", StepFunctions())
    events = stub(
        put_rule=lambda **_: {"RuleArn": "arn:rule"},
        put_targets=lambda **_: {"FailedEntryCount": 1, "FailedEntries": [{"ErrorCode": "X"}]},
    )
    world.use_client("events", events)
    with pytest.raises(RuntimeError, match="EventBridge rejected arn:background-task-sfn as a target"):
        deploy(world.clients, lambda_arn=LAMBDA, event_bus_name="default")
