"""Sizes of outputs, execution info, shapes of answers: cases P 177-179, Q 181-183, S 193 of the reference."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from emulator.tasks import Aborted, Continue, Done, Failed, NotFoundError, TaskError
from emulator.tasks.response import answer, capped, parse_result

if TYPE_CHECKING:
    from tests.emulator.tasks.conftest import World

MAX = 237_568
IDS = {
    "webinyTaskId": "t1",
    "webinyTaskDefinitionId": "probe",
    "tenant": "root",
    "locale": "en-US",
}


def of_size(size: int) -> dict[str, Any]:
    """An output whose JSON has ``size`` bytes: ``{"k":"..."}``."""
    return {"k": "x" * (size - len('{"k":""}'))}


@pytest.mark.case(177)
@pytest.mark.parametrize(("size", "kept"), [(MAX, True), (MAX + 1, False)])
def test_the_largest_output(size: int, *, kept: bool) -> None:
    assert (capped(of_size(size)) == of_size(size)) is kept


def test_sizes_are_bytes_of_utf_8() -> None:
    assert capped({"k": "ä" * 118_780}) == {"k": "ä" * 118_780}
    assert capped({"k": "ä" * 118_781})["size"] == 2 * 118_781 + 8


@pytest.mark.case(178)
def test_an_output_that_is_too_large_is_replaced(world: World) -> None:
    key = "a" * 31
    made, response = world.once(lambda ctx: ctx.response.done("m", {key: "x" * 240_000}))
    replaced = {
        "message": "Output size exceeds the maximum allowed size.",
        "size": 240_038,
        "max": MAX,
    }
    assert response["output"] == made.output == replaced


@pytest.mark.case(179)
def test_stacks_are_dropped_first() -> None:
    stack = "x" * MAX
    assert capped({"stack": stack, "a": 1}) == {"a": 1}
    assert capped({"error": {"stack": stack, "message": "m"}}) == {"error": {"message": "m"}}
    assert capped({"stack": "short"}) == {"stack": "short"}


def test_errors_are_not_capped(world: World) -> None:
    made, response = world.once(lambda ctx: ctx.response.error("boom", data={"big": "x" * 250_000}))
    assert len(response["error"]["data"]["big"]) == 250_000
    assert made.status == "failed"


@pytest.mark.case(193)
@pytest.mark.parametrize(
    ("result", "fields"),
    [
        (Done(), {"status": "done"}),
        (Done("m", {"o": 1}), {"status": "done", "message": "m", "output": {"o": 1}}),
        (Continue({"a": 1}), {"status": "continue", "input": {"a": 1}, "delay": -1}),
        (Continue({}, 5), {"status": "continue", "input": {}, "delay": -1, "wait": 5}),
        (Failed({"message": "m", "code": "C"}), {"status": "error", "error": {"message": "m", "code": "C"}}),
        (Aborted(), {"status": "aborted"}),
    ],
)
def test_the_shapes_of_answers(result: Any, fields: dict[str, Any]) -> None:
    assert answer({**IDS, "delay": 3, "endpoint": "manage"}, result) == {**fields, **IDS}
    assert parse_result(answer(IDS, result)) == result


@pytest.mark.case(181, 183)
def test_execution_info(world: World, stub: Callable[..., Any]) -> None:
    """Asked with the ARN of the event response, if there is one."""
    world.define(lambda ctx: ctx.response.done())
    made = world.tasks.trigger("probe")
    assert world.tasks.fetch_service_info(made) is None, "EventBridge does not tell the execution"
    arn = "arn:aws:states:eu-central-1:000000000000:execution:m:e"
    made = world.tasks.update(made.id, {"eventResponse": {"executionArn": arn}})

    def describe(executionArn: str) -> Any:  # noqa: N803 - boto3's name
        return {"executionArn": executionArn, "status": "RUNNING", "startDate": datetime(2026, 3, 1, tzinfo=UTC)}

    world.use_client("stepfunctions", stub(describe_execution=describe))
    info = {"executionArn": arn, "status": "RUNNING", "startDate": "2026-03-01T00:00:00.000Z"}
    assert world.tasks.fetch_service_info(made) == info
    assert world.tasks.fetch_service_info(made.id) == info
    world.use_client("stepfunctions", stub())
    assert world.tasks.fetch_service_info(made) is None, "a call that raises"


@pytest.mark.case(182)
def test_execution_info_of_nothing(world: World) -> None:
    world.build()
    with pytest.raises(NotFoundError, match=r'^Task "nope" was not found!$'):
        world.tasks.fetch_service_info("nope")
    with pytest.raises(TaskError, match=r"^Task was not found!$") as refused:
        world.tasks.fetch_service_info(None)
    assert (refused.value.code, refused.value.data) == ("TASK_FETCH_ERROR", {"input": None})
