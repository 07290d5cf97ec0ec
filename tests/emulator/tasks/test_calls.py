"""The calls that background tasks make to DynamoDB, and the table that they create on first use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator import Emulator
from emulator.tasks import task

if TYPE_CHECKING:
    from tests.emulator.tasks.conftest import World

PAGE = Path(__file__).parents[3] / "docs/background-tasks.md"


def calls(world: World) -> list[str]:
    """The calls to DynamoDB since the last look."""
    made = [name for name, arguments in world.calls if "TableName" in arguments]
    world.calls.clear()
    return made


ANSWERS = {
    "continue": lambda ctx: ctx.response.continue_({"b": 2}, seconds=5),
    "done": lambda ctx: ctx.response.done("ready", {"o": 1}),
    "error": lambda ctx: ctx.response.error("boom"),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_run_takes_five_calls(world: World, answer: str) -> None:
    plan = ["continue", answer]
    world.define(lambda ctx: ANSWERS[plan.pop(0)](ctx))
    made = world.tasks.trigger("probe")
    assert len(calls(world)) == 3
    for _ in range(2):
        world.run(made)
        assert calls(world) == ["query", "put_item", "update_item", "update_item", "update_item"]


def test_a_run_without_logs_takes_three(world: World) -> None:
    world.define(ANSWERS["continue"], database_logs=False)
    made = world.tasks.trigger("probe")
    calls(world)
    world.run(made)
    assert calls(world) == ["query", "update_item", "update_item"]


def test_log_entries_of_an_iteration_can_be_one_write(world: World) -> None:
    def run(ctx: Any) -> Any:
        for number in range(100):
            ctx.store.add_info_log(f"{number}", save=False)
            ctx.store.update_input({"number": number}, save=False)
        return ctx.response.done()

    world.define(run)
    made = world.tasks.trigger("probe")
    calls(world)
    world.run(made)
    assert len(calls(world)) == 5
    assert len(world.logs(made)[0].items) == 101


@pytest.mark.parametrize(("ran", "number"), [(False, 4), (True, 3)])
def test_an_abort(world: World, *, ran: bool, number: int) -> None:
    world.define(ANSWERS["continue"])
    made = world.tasks.trigger("probe")
    if ran:
        world.run(made)
    calls(world)
    world.tasks.abort(made.id)
    assert len(calls(world)) == number


def test_an_aborted_task_is_told_in_two(world: World) -> None:
    world.define(ANSWERS["continue"])
    made = world.tasks.trigger("probe")
    world.tasks.abort(made.id)
    calls(world)
    world.run(made)
    assert calls(world) == ["query", "put_item"]


# The table -----------------------------------------------------------------------------------------------------------


def test_the_first_call_makes_the_table(world: World) -> None:
    world.define(ANSWERS["done"])
    world.tasks.table_name = "fresh"
    assert not world.tasks.list()
    made = world.tasks.trigger("probe")
    assert world.run(made)["status"] == "done"
    described = boto3.client("dynamodb", region_name="eu-central-1").describe_table(TableName="fresh")["Table"]
    assert [key["AttributeName"] for key in described["KeySchema"]] == ["PK", "SK"]
    assert sorted(index["IndexName"] for index in described["GlobalSecondaryIndexes"]) == [
        "GSI1",
        "GSI2",
        "GSI3",
        "GSI4",
    ]


def test_the_keys_are_those_that_the_page_tells(world: World) -> None:
    world.define(ANSWERS["continue"])
    parent = world.tasks.trigger("probe")
    made = world.tasks.trigger("probe", parent=parent)
    world.run(made)
    page = PAGE.read_text(encoding="utf-8")
    items = world.clients("dynamodb").scan(TableName="background-tasks")["Items"]
    item = next(each for each in items if each.get("id") == {"S": made.id})
    prefix = "T#root#L#en-US#"
    keys = {key: value["S"] for key, value in item.items() if key.endswith("PK") or key == "SK"}
    assert keys == {
        "PK": f"{prefix}TASK#{made.id}",
        "SK": "TASK",
        "GSI1_PK": f"{prefix}TASKS",
        "GSI2_PK": f"{prefix}STATUS#running",
        "GSI3_PK": f"{prefix}DEFINITION#probe",
        "GSI4_PK": f"{prefix}PARENT#{parent.id}",
    }
    for text in ("`GSI1` `TASKS`, `GSI2` `STATUS#<status>`, `GSI3` `DEFINITION#<id>`, `GSI4` `PARENT#<id>`", "`TASK`"):
        assert text in page
    [entry] = [each for each in items if each["SK"]["S"].startswith("LOG#")]
    assert (entry["SK"]["S"], entry["GSI1_PK"]["S"]) == ("LOG#000000000001", f"{prefix}LOGS")


def refusal(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not you"}}, operation)


def test_a_table_that_may_not_be_made_is_told(world: World) -> None:
    world.define(ANSWERS["done"])
    made = world.tasks.trigger("probe")
    world.tasks.table_name = "forbidden"
    world.fault = lambda operation, _: refusal(operation) if operation == "create_table" else None
    with pytest.raises(ClientError, match="not you"):
        world.tasks.trigger("probe")
    error = world.run(made)["error"]
    assert (error["message"], error["code"]) == ("not you", "TASK_ERROR")


def test_a_table_deleted_between_two_runs_is_a_task_that_does_not_exist() -> None:
    with Emulator() as emulator:
        definition = task(id="probe", title="Probe")(lambda ctx: ctx.response.continue_({}, seconds=60))
        run = emulator.tasks.trigger(definition).run_until_waiting()
        emulator.client("dynamodb").delete_table(TableName="background-tasks")
        execution = emulator.finish(run.execution)
        assert (execution.status, execution.path[-1]) == ("FAILED", "Error")
        assert execution.error == f'Task "{run.id}" cannot be executed because it does not exist.'
        assert not emulator.tasks.list()
