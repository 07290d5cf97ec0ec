"""Aborting: cases L 138-148 of the original, where a user's abort is never overwritten; children 184."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulator.tasks import NotFoundError, TaskAbortError, TaskDefinitionError, task

if TYPE_CHECKING:
    from tests.emulator.tasks.conftest import World


def aborting(world: World, answer: Any) -> Any:
    """A run that does not check for the user's abort, which happens during it."""

    def run(ctx: Any) -> Any:
        world.tasks.abort(ctx.store.get_task().id, "enough")
        return answer(ctx)

    return run


@pytest.mark.case(138)
def test_aborting_a_pending_task(world: World) -> None:
    seen: list[Any] = []
    definition = world.define(lambda ctx: ctx.response.done())
    definition.on_abort(lambda task: seen.append(task))
    made = world.tasks.trigger("probe")
    aborted = world.tasks.abort(made.id)
    assert aborted == world.task(made)
    assert seen == [aborted]
    assert (aborted.status, aborted.finished_on, aborted.output) == ("aborted", None, None)
    [log] = world.logs(made)
    assert (log.iteration, [(item.type, item.message) for item in log.items]) == (1, [("info", "Task aborted.")])


@pytest.mark.case(139)
def test_a_message_goes_to_the_log(world: World) -> None:
    world.define(lambda ctx: ctx.response.done())
    made = world.tasks.abort(world.tasks.trigger("probe").id, "not needed any more")
    assert world.messages(made) == [["not needed any more"]]


@pytest.mark.case(140)
def test_aborting_a_running_task(world: World) -> None:
    made, _ = world.once(lambda ctx: ctx.response.continue_({}))
    world.tasks.abort(made.id)
    assert world.messages(made) == [["Task continuing.", "Task aborted."]]
    assert world.run(made)["status"] == "aborted"
    assert world.messages(made)[1:] == [[]]


@pytest.mark.case(141)
def test_aborting_an_unknown_task(world: World) -> None:
    world.build()
    with pytest.raises(NotFoundError) as refused:
        world.tasks.abort("nope")
    assert (str(refused.value), refused.value.code) == ('Task "nope" was not found!', "NOT_FOUND")


@pytest.mark.case(142)
@pytest.mark.parametrize("status", ["success", "failed", "aborted"])
def test_aborting_an_ended_task(world: World, status: str) -> None:
    world.define(lambda ctx: ctx.response.done())
    made = world.tasks.update(world.tasks.trigger("probe").id, {"taskStatus": status})
    with pytest.raises(TaskAbortError) as refused:
        world.tasks.abort(made.id)
    assert str(refused.value) == "Cannot abort a task that is not pending or running!"
    assert (refused.value.code, refused.value.data) == ("TASK_ABORT_ERROR", {"id": made.id, "status": status})
    assert world.task(made) == made


@pytest.mark.case(143)
def test_aborting_without_definition(world: World) -> None:
    world.define(lambda ctx: ctx.response.done())
    made = world.tasks.trigger("probe")
    world.build()
    with pytest.raises(TaskDefinitionError) as refused:
        world.tasks.abort(made.id)
    assert str(refused.value) == "Task definition was not found!"
    assert (refused.value.code, refused.value.data) == ("TASK_DEFINITION_ERROR", {"id": made.id})


@pytest.mark.case(144)
def test_a_failing_hook_fails_the_abort_but_not_the_record(world: World) -> None:
    definition = world.define(lambda ctx: ctx.response.done())

    @definition.on_abort
    def fail() -> None:
        raise ValueError("hk")

    made = world.tasks.trigger("probe")
    with pytest.raises(TaskAbortError) as refused:
        world.tasks.abort(made.id)
    assert str(refused.value) == "Could not abort the task!"
    assert refused.value.data == {"id": made.id, "message": "hk"}
    assert world.task(made).status == "aborted"


@pytest.mark.case(145)
def test_a_run_sees_the_abort_at_its_next_save(world: World) -> None:
    def look(ctx: Any) -> Any:
        seen = [ctx.is_aborted()]
        ctx.store.add_info_log("a log entry")
        seen.append(ctx.is_aborted())
        ctx.store.update_input({"position": 1})
        seen.append(ctx.is_aborted())
        assert seen == [False, False, True]
        return ctx.response.aborted()

    made, response = world.once(aborting(world, look))
    assert response["status"] == "aborted"
    assert (made.status, made.finished_on, made.input) == ("aborted", None, {"position": 1})
    assert world.messages(made) == [["enough", "a log entry"]]


@pytest.mark.case(146, 147)
@pytest.mark.parametrize(
    ("answer", "output", "messages"),
    [
        pytest.param(lambda ctx: ctx.response.continue_({"b": 2}), None, ["enough"], id="case 146"),
        pytest.param(
            lambda ctx: ctx.response.done("finished", {"o": 1}), {"o": 1}, ["enough", "finished"], id="case 147"
        ),
        pytest.param(
            lambda ctx: ctx.response.error("boom"),
            {"error": {"message": "boom"}},
            ["enough", "boom"],
            id="case 147 with an error",
        ),
    ],
)
def test_an_abort_during_a_run_is_never_lost(world: World, answer: Any, output: Any, messages: list[str]) -> None:
    """The record stays aborted, as the answer says; the run's results are kept, and no other hook is called."""
    hooks: list[str] = []
    definition = world.define(aborting(world, answer))
    for name in ("on_abort", "on_done", "on_error"):
        getattr(definition, name)(lambda name=name: hooks.append(name))
    made = world.tasks.trigger("probe", {"a": 1})
    assert world.run(made)["status"] == "aborted"
    ended = world.task(made)
    assert (ended.status, ended.finished_on, ended.output) == ("aborted", None, output)
    assert ended.input == ({"a": 1, "b": 2} if output is None else {"a": 1})
    assert world.messages(made) == [messages]
    assert hooks == ["on_abort"]
    assert world.run(made)["status"] == "aborted"


def test_an_abort_between_reading_and_starting_stops_the_run(world: World) -> None:
    world.define(lambda ctx: pytest.fail("run was called"))
    made = world.tasks.trigger("probe")

    def abort_first(operation: str, arguments: dict[str, Any]) -> None:
        if operation == "put_item":
            world.fault = lambda _operation, _arguments: None
            world.tasks.abort(made.id)

    world.fault = abort_first
    assert world.run(made)["status"] == "aborted"
    assert world.task(made).status == "aborted"
    assert world.task(made).started_on is None


def test_a_status_that_a_run_sets_does_not_undo_an_abort(world: World) -> None:
    def revive(ctx: Any) -> Any:
        ctx.store.update_task({"taskStatus": "running", "name": "Renamed"})
        return ctx.response.aborted()

    made, _ = world.once(aborting(world, revive))
    assert (made.status, made.name) == ("aborted", "Renamed")


def test_a_run_that_ends_first_wins_over_the_abort(world: World) -> None:
    """The task ends between the abort's read and write."""
    world.define(lambda ctx: ctx.response.done())
    made = world.tasks.trigger("probe")

    def finish_first(operation: str, arguments: dict[str, Any]) -> None:
        if operation == "put_item":
            world.fault = lambda _operation, _arguments: None
            world.run(made)

    world.fault = finish_first
    with pytest.raises(TaskAbortError, match="not pending or running") as refused:
        world.tasks.abort(made.id)
    assert refused.value.data == {"id": made.id, "status": "success"}
    assert world.task(made).status == "success"


@pytest.mark.case(184)
def test_children_are_left_alone(world: World) -> None:
    world.build(task(id="one", title="One")(lambda ctx: ctx.response.done()))
    parent = world.tasks.trigger("one")
    child = world.tasks.trigger("one", parent=parent)
    world.tasks.abort(parent.id)
    assert world.task(child) == child


def test_a_hook_may_abort_the_children(world: World) -> None:
    definition = world.define(lambda ctx: ctx.response.done())

    @definition.on_abort
    def stop_children(app: Any, task: Any) -> None:
        for child in app.tasks.list(where={"parentId": task.id, "taskStatus_in": ["pending", "running"]}):
            app.tasks.abort(child.id, message="Parent aborted")

    parent = world.tasks.trigger("probe")
    child = world.tasks.trigger("probe", parent=parent)
    world.tasks.abort(parent.id)
    assert world.task(child).status == "aborted"
    assert world.messages(child) == [["Parent aborted"]]
