"""Storage that fails: cases O 172-176 of the original, and that no failure leaves half a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulator.tasks import TaskStatus

if TYPE_CHECKING:
    from tests.emulator.tasks.conftest import World


class CodedError(Exception):
    def __init__(self, message: str, code: str | None = None, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


@pytest.fixture
def hooks() -> list[str]:
    return []


def start(world: World, hooks: list[str], answer: Any) -> Any:
    definition = world.define(lambda ctx: answer(ctx))
    for name in ("on_done", "on_error"):
        getattr(definition, name)(lambda name=name: hooks.append(name))
    return world.tasks.trigger("probe", {"a": 1})


@pytest.mark.case(172)
def test_success_that_cannot_be_written(world: World, hooks: list[str]) -> None:
    made = start(world, hooks, lambda ctx: ctx.response.done("fine", {"o": 1}))
    world.fail_writes(CodedError("no success"), status="success")
    response = world.run(made)
    assert response["status"] == "done"
    assert response["message"] == "Task done, but failed to update task log. (no success)"
    assert response["output"] == {"o": 1}
    assert (world.task(made).status, world.task(made).output) == ("running", None)
    assert hooks == []


@pytest.mark.case(173)
def test_a_log_that_cannot_be_written(world: World, hooks: list[str]) -> None:
    made = start(world, hooks, lambda ctx: ctx.response.done("fine"))
    world.fail_writes(CodedError("no log"), field="items")
    assert world.run(made)["message"] == "Task done, but failed to update task log. (no log)"
    assert world.task(made).status == "success"
    assert hooks == ["on_done"]


@pytest.mark.case(174)
@pytest.mark.parametrize(("code", "expected"), [("UC", "UC"), (None, "TASK_UPDATE_ERROR")])
def test_an_input_that_cannot_be_written(world: World, hooks: list[str], code: str | None, expected: str) -> None:
    made = start(world, hooks, lambda ctx: ctx.response.continue_({"b": 2}))
    world.fail_writes(CodedError("too big", code), field="input")
    stored = {"message": "Failed to update task input: too big", "code": expected}
    assert world.run(made)["error"] == {**stored, "data": {"input": {"a": 1}}}
    ended = world.task(made)
    assert (ended.status, ended.input, ended.output) == ("failed", {"a": 1}, {"error": stored})
    assert world.messages(made) == [["Failed to update task input: too big"]]
    assert hooks == []


@pytest.mark.case(175)
def test_continuing_a_vanished_task(world: World, hooks: list[str]) -> None:
    def run(ctx: Any) -> Any:
        world.tasks.delete(ctx.store.get_task().id)
        return ctx.response.continue_({"b": 2})

    made = start(world, hooks, run)
    assert world.run(made)["error"] == {
        "message": f'Entry "{made.id}#0001" of model "webinyTask" was not found.',
        "code": "NOT_FOUND",
        "data": {"input": {"a": 1}},
    }
    assert world.tasks.get(made.id) is None
    assert world.messages(made) == [[]]


@pytest.mark.case(176)
def test_a_failure_that_cannot_be_written(world: World, hooks: list[str]) -> None:
    made = start(world, hooks, lambda ctx: ctx.response.error("boom", code="C", data={"mine": 1}))
    world.fail_writes(CodedError("no failure", "FU", {"its": 2}), status="failed")
    assert world.run(made)["error"] == {
        "message": "no failure",
        "code": "FU",
        "data": {"mine": 1, "its": 2, "input": {"a": 1}},
    }
    assert world.task(made).status == "running"
    assert hooks == []


def test_unsaved_values_that_are_refused_do_not_keep_a_failed_task_running(world: World, hooks: list[str]) -> None:
    def run(ctx: Any) -> Any:
        ctx.store.update_input({"big": "x" * 500_000})
        return ctx.response.done()

    made = start(world, hooks, run)
    response = world.run(made)
    assert "Item size" in response["error"]["message"]
    assert world.task(made).status == "failed"
    assert world.task(made).input == {"a": 1}
    assert hooks == ["on_error"]


def test_a_save_that_failed_is_made_up_for(world: World, hooks: list[str]) -> None:
    def run(ctx: Any) -> Any:
        world.fail_writes(CodedError("throttled"), field="input")
        with pytest.raises(CodedError):
            ctx.store.update_input({"b": 2})
        world.fault = lambda _operation, _arguments: None
        return ctx.response.done()

    made = start(world, hooks, run)
    assert world.run(made)["status"] == "done"
    assert world.task(made).input == {"a": 1, "b": 2}


ANSWERS = {
    "done": lambda ctx: ctx.response.done("fine", {"o": 1}),
    "continue": lambda ctx: ctx.response.continue_({"b": 2}),
    "error": lambda ctx: ctx.response.error("boom"),
    "aborted": lambda ctx: ctx.response.aborted(),
}


@pytest.mark.parametrize("times", ["once", "from then on"])
@pytest.mark.parametrize("answer", ANSWERS)
def test_whatever_call_fails_every_record_stays_whole(world: World, hooks: list[str], answer: str, times: str) -> None:
    """Each call to DynamoDB fails in turn; afterwards both records read well and say a state that was reached."""

    def run(ctx: Any) -> Any:
        ctx.store.update_input({"seen": True})
        ctx.store.add_info_log("one")
        ctx.store.add_info_log("two")
        return ANSWERS[answer](ctx)

    def call_fails(number: int) -> bool:
        """Whether there was a call of that number to fail."""
        made = start(world, hooks, run)
        count = 0

        def fault(_operation: str, _arguments: dict[str, Any]) -> Exception | None:
            nonlocal count
            count += 1
            hit = count == number if times == "once" else count >= number
            return CodedError("down") if hit else None

        world.fault = fault
        response = world.run(made)
        world.fault = lambda _operation, _arguments: None
        assert response["status"] in ("done", "continue", "error", "aborted")
        task = world.task(made)
        assert task.status in set(TaskStatus)
        assert {"a": 1}.items() <= (task.input or {}).items()
        assert (task.started_on is None) == (task.iterations == 0)
        ended = task.status in ("success", "failed", "aborted")
        assert (task.finished_on is not None) == ended
        if task.status == "success":
            assert task.output == {"o": 1}
        if task.status == "failed":
            assert task.output is not None
            assert set(task.output) == {"error"}
        for log in world.logs(made):
            messages = [item.message for item in log.items]
            assert len(messages) == len(set(messages))
            assert messages[:1] != ["two"], "a batch is written whole and in order"
        return count >= number

    number = 1
    while call_fails(number):
        number += 1
    assert number > 5


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_a_trigger_that_fails_leaves_nothing_or_everything(world: World, number: int) -> None:
    world.define(lambda ctx: ctx.response.done())
    count = 0

    def fault(_operation: str, _arguments: dict[str, Any]) -> Exception | None:
        nonlocal count
        count += 1
        return CodedError("down") if count == number else None

    world.fault = fault
    failed = False
    try:
        world.tasks.trigger("probe")
    except Exception as error:
        failed = "down" in str(error)
    world.fault = lambda _operation, _arguments: None
    assert failed == (count >= number)
    assert [task.event_response is not None for task in world.tasks.list()] == ([] if failed else [True])


def test_a_record_that_cannot_be_deleted_again_is_reported(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.define(lambda ctx: ctx.response.done())
    world.fault = lambda operation, _: CodedError("down") if operation in ("put_events", "delete_item") else None
    with pytest.raises(Exception, match="down"):
        world.tasks.trigger("probe")
    assert "its record could not be deleted" in caplog.text


def test_a_deleted_task_is_not_brought_back_by_its_run(world: World, hooks: list[str]) -> None:
    def run(ctx: Any) -> Any:
        world.tasks.delete(ctx.store.get_task().id)
        return ctx.response.done()

    made = start(world, hooks, run)
    assert world.run(made)["status"] == "done"
    assert world.tasks.get(made.id) is None
    assert world.run(made)["error"]["code"] == "TASK_NOT_FOUND"


def test_what_fails_outside_the_run_is_an_answer_too(
    world: World, hooks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = start(world, hooks, lambda ctx: ctx.response.done())

    def broken(id: str) -> None:
        raise CodedError("broken registry", "REG")

    monkeypatch.setattr(world.tasks.registry, "get", broken)
    assert world.run(made)["error"] == {"message": "broken registry", "code": "REG"}
    assert world.task(made) == made


def test_lists_larger_than_a_page_of_the_database_are_whole(world: World) -> None:
    world.define(lambda ctx: ctx.response.done())
    made = [world.tasks.create("probe", name=f"{n}", input={"big": "x" * 300_000}) for n in range(5)]
    assert [task.id for task in world.tasks.list(sort="createdOn_ASC")] == [task.id for task in made]
