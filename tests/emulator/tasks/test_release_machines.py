"""The state machine of each release, chosen by the profile; and what its errors and sizes do in whole runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from emulator import Emulator
from emulator.taskcompare import compare_profiles
from emulator.tasks import PROFILES, Profile, task
from emulator.tasks.machine import CHANGES, definition

RULE = {"Variable": "$", "IsNull": True, "Next": "UnknownError"}


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as opened:
        yield opened


@task(title="Probe")
def probe(ctx: Any) -> Any:
    return ctx.response.done("m", {"n": 1})


@task(title="Sender")
def sender(ctx: Any) -> Any:
    return ctx.response.done("m", {})


@pytest.mark.parametrize(
    ("machine", "rule", "fields"),
    [
        ("5.39.0", False, {"locale"}),
        ("5.39.3", False, {"locale", "delay"}),
        ("5.41.0", True, {"locale", "delay"}),
        ("6.4.11", True, {"delay"}),
    ],
)
def test_the_definition_of_a_release(machine: str, rule: bool, fields: set[str]) -> None:
    states = json.loads(definition("arn:of:function", machine))["States"]
    assert (RULE in states["CheckStatus"]["Choices"]) is rule
    common = {"webinyTaskId", "webinyTaskDefinitionId", "tenant"}
    assert {name.removesuffix(".$") for name in states["TransformEvent"]["Parameters"]} == common | fields
    handed = {name.removesuffix(".$") for name in states["Run"]["Parameters"]["payload"]}
    assert handed == common | fields | {"endpoint", "executionName", "stateMachineId"}
    assert states["Run"]["Resource"] == "arn:of:function"


def test_each_profile_names_a_machine_that_there_is() -> None:
    assert {profile.machine for profile in PROFILES.values()} < set(CHANGES)
    assert Profile.webiny_5_39().machine == "5.39.3"


@pytest.mark.parametrize(
    ("profile", "states", "error"),
    [
        ("documented", ["CheckStatus", "UnknownError"], None),
        ("webiny_5_39", ["CheckStatus"], "States.Runtime"),
        ("webiny_5_41", ["CheckStatus", "UnknownError"], None),
        ("webiny_6", ["CheckStatus", "UnknownError"], None),
    ],
)
def test_a_function_that_answers_null(emulator: Emulator, profile: str, states: list[str], error: str | None) -> None:
    """Case 58: 5.41.0 brought the rule for it."""
    emulator.tasks.profile = profile
    emulator.tasks.handler = lambda event, context: None
    execution = emulator.tasks.send("probe").run_to_end().execution
    assert execution.path == ["TransformEvent", "Run", *states]
    assert (execution.status, execution.error) == ("FAILED", error)


def test_the_profile_may_change_back_and_forth(emulator: Emulator) -> None:
    emulator.tasks.handler = lambda event, context: None
    errors = []
    for profile in ("webiny_5_39", "documented", "webiny_5_39"):
        emulator.tasks.profile = profile
        errors.append(emulator.tasks.send("probe").run_to_end().execution.error)
    assert errors == ["States.Runtime", None, "States.Runtime"]


def test_a_machine_of_one_s_own_choice(emulator: Emulator) -> None:
    """5.39.0 sends no delay, so the function sees none."""
    seen: list[Any] = []
    emulator.tasks.profile = replace(Profile.webiny_5_39(), machine="5.39.0")

    def handler(event: Any, context: Any) -> Any:
        seen.append(event["payload"])
        return {"status": "done"}

    emulator.tasks.handler = handler
    emulator.tasks.send("probe", delay=60).run_to_end()
    assert [("delay" in payload, payload["locale"]) for payload in seen] == [(False, "en-US")]


def test_the_function_of_the_last_release_gets_no_locale(emulator: Emulator) -> None:
    emulator.tasks.profile = "webiny_6"
    run = emulator.tasks.trigger(probe).run_to_end()
    assert run.execution.status == "SUCCEEDED"
    assert "locale" not in run.execution.output


@pytest.mark.parametrize(("profile", "error"), [("webiny_5_39", "States.Runtime"), ("webiny_5_41", "Task ")])
def test_a_task_that_does_not_exist_ends_its_execution(emulator: Emulator, profile: str, error: str) -> None:
    """Up to 5.40.6 the error holds a whole answer, so the Error state has no message to end with."""
    emulator.tasks.profile = profile
    execution = emulator.tasks.send("probe", id="0" * 24).run_to_end().execution
    assert execution.path[-1] == "Error"
    assert execution.status == "FAILED"
    assert str(execution.error).startswith(error)


@pytest.mark.parametrize("profile", list(PROFILES))
@pytest.mark.parametrize("size", [240_000, 300_000])
def test_a_large_input_is_triggered_and_saved(emulator: Emulator, profile: str, size: int) -> None:
    """An item may have 400 KB; a save that writes the same value again does not count it twice."""
    emulator.tasks.profile = profile
    run = emulator.tasks.trigger(probe, {"x": "y" * size}).run_to_end()
    assert (run.task.status, run.execution.status) == ("success", "SUCCEEDED")
    assert len((run.task.input or {"x": ""})["x"]) == size  # type: ignore[arg-type]


def test_an_update_counts_the_item_as_it_will_be(emulator: Emulator) -> None:
    client = emulator.client("dynamodb")
    client.create_table(
        TableName="large",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )

    def update(name: str, size: int) -> None:
        client.update_item(
            TableName="large",
            Key={"id": {"S": "1"}},
            UpdateExpression="SET #name = :value",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":value": {"S": "y" * size}},
        )

    update("a", 300_000)
    update("a", 350_000)
    with pytest.raises(client.exceptions.ClientError, match="Item size to update has exceeded the maximum"):
        update("b", 100_000)
    assert set(client.get_item(TableName="large", Key={"id": {"S": "1"}})["Item"]) == {"id", "a"}


def test_the_differences_of_the_releases_are_told() -> None:
    def scenario(tasks: Any) -> None:
        tasks.trigger(sender, {"empty": ""}).run_to_end()
        tasks.handler = lambda event, context: None
        tasks.trigger(sender).run_to_end()

    found = {each.what: each.values for each in compare_profiles(scenario).differences}
    assert found["task 1 sender: record input empty"] == {
        "documented": '""',
        "webiny_5_39": "null",
        "webiny_5_41": "null",
        "webiny_6": "null",
    }
    assert found["task 1 sender: answer 1 output"]["webiny_5_39"] == "{}"
    assert found["task 1 sender: answer 1 output"]["webiny_5_41"] == "(nothing)"
    assert found["task 2 sender: execution error"] == {
        "documented": "null",
        "webiny_5_39": '"States.Runtime"',
        "webiny_5_41": "null",
        "webiny_6": "null",
    }
