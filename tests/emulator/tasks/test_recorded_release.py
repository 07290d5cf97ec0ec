"""What the recorded release does besides: results that are none, ``done(None)``, headers, exceptions without a text,
and saves of the whole record. Each beside what the documented profile does instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulator.tasks import HeaderError, TaskAbortError, make_handler

if TYPE_CHECKING:
    from tests.emulator.tasks.conftest import World

RELEASES = ["webiny_5_39", "webiny_5_41", "webiny_6"]
EVENTBRIDGE = "webiny_5_39"


def once(world: World, profile: str, body: Any, input: Any = None) -> dict[str, Any]:
    """The answer of one run of ``body`` in that profile; the task is made without a transport."""
    world.define(body, database_logs=True)
    world.tasks = world.tasks.scoped(profile=profile)
    made = world.tasks.create("probe", name="Probe", input=input)
    world.handler = make_handler(world.tasks)
    return world.run(made)


@pytest.mark.parametrize("profile", RELEASES)
def test_a_run_without_a_result_fails_in_the_words_of_javascript(world: World, profile: str) -> None:
    """Case 105, as recorded."""
    error = once(world, profile, lambda ctx: None)["error"]
    assert error["message"] == "Cannot read properties of undefined (reading 'status')"
    assert error["code"] == "TASK_ERROR"
    assert error["stack"].endswith("TypeError: Cannot read properties of undefined (reading 'status')")


def test_a_run_without_a_result_is_told_so(world: World) -> None:
    error = once(world, "documented", lambda ctx: None)["error"]
    assert error["message"] == 'Task definition "probe" returned nothing; return response.done() or another response.'


@pytest.mark.parametrize("returned", ["text", 0, [1], True])
def test_a_result_that_is_no_object_means_done_in_the_releases(world: World, returned: Any) -> None:
    """JavaScript finds no ``status`` in it, and no status means done (case 107)."""
    assert once(world, EVENTBRIDGE, lambda ctx: returned)["status"] == "done"
    assert once(world, "documented", lambda ctx: returned)["status"] == "error"


@pytest.mark.case(107)
@pytest.mark.parametrize("profile", RELEASES)
@pytest.mark.parametrize("returned", [{"status": "weird", "output": {"a": 1}}, {"done": True, "output": {"a": 1}}])
def test_an_object_without_a_known_status_means_done_in_the_releases(world: World, returned: Any, profile: str) -> None:
    answer = once(world, profile, lambda ctx: returned)
    assert (answer["status"], answer["output"]) == ("done", {"a": 1})
    assert once(world, "documented", lambda ctx: returned)["status"] == "error"


def test_done_with_none_answers_null_in_the_releases(world: World) -> None:
    def body(ctx: Any) -> Any:
        ctx.store.update_output({"progress": 50})
        return ctx.response.done(None)

    answer = once(world, EVENTBRIDGE, body)
    assert answer["output"] is None
    [task] = world.tasks.list()
    assert (task.status, task.output) == ("success", None)
    assert "output" not in once(world, "documented", body)
    assert "output" not in once(world, EVENTBRIDGE, lambda ctx: ctx.response.done())
    assert once(world, EVENTBRIDGE, lambda ctx: ctx.response.done(None, {"a": 1}))["output"] == {"a": 1}


def test_an_exception_without_a_text_cannot_be_logged_in_the_releases(world: World) -> None:
    """Case 104 as recorded, with the storage's refusal: the record says failed, the log is empty."""

    def body(ctx: Any) -> Any:
        raise ValueError

    error = once(world, EVENTBRIDGE, body, {"a": 1})["error"]
    missing = {"id": "message", "fieldId": "message", "storageId": "text@message", "error": "Message is required."}
    data = {"0": {**missing, "parents": ["items", "0"]}, "input": {"a": 1}}
    assert error == {"message": "Validation failed.", "code": "VALIDATION_FAILED", "data": data}
    [task] = world.tasks.list()
    assert (task.status, task.output) == ("failed", {"error": {}})
    assert world.messages(task) == [[]]
    assert once(world, "documented", body)["error"]["message"] == "ValueError"


@pytest.mark.parametrize(
    ("field", "header"),
    [("tenant", "x-tenant"), ("endpoint", "x-webiny-cms-endpoint"), ("locale", "x-webiny-cms-locale")],
)
def test_an_event_without_a_header_makes_the_function_raise(world: World, field: str, header: str) -> None:
    world.define(lambda ctx: ctx.response.done())
    made = world.tasks.create("probe", name="Probe")
    event = {key: value for key, value in world.event(made).items() if key != field}
    assert list(world.handler({"payload": event}, None)["error"]["data"]["invalidFields"]) == [field]
    with pytest.raises(HeaderError) as refused:
        make_handler(world.tasks.scoped(profile=EVENTBRIDGE))({"payload": event}, None)
    assert str(refused.value) == f'invalid value "undefined" for header {header}'


@pytest.mark.parametrize(("profile", "status"), [("documented", "aborted"), (EVENTBRIDGE, "running")])
def test_an_abort_between_reading_and_writing_of_a_save(world: World, profile: str, status: str) -> None:
    """As recorded: the save writes back the whole record as it had read it, so the abort is lost."""
    seen = []

    def body(ctx: Any) -> Any:
        def abort(operation: str, arguments: dict[str, Any]) -> None:
            if operation == "update_item" and ":output" in arguments["ExpressionAttributeValues"]:
                world.fault = lambda *_: None
                world.tasks.abort(ctx.store.get_task().id)

        world.fault = abort
        ctx.store.update_output({"position": 1})
        seen.append((ctx.store.get_status(), ctx.is_aborted()))
        return ctx.response.done() if not ctx.is_aborted() else ctx.response.aborted()

    once(world, profile, body)
    assert seen == [(status, status == "aborted")]
    [task] = world.tasks.list()
    assert task.status == ("success" if status == "running" else "aborted")
    assert task.output == {"position": 1}


@pytest.mark.parametrize(("profile", "output"), [("documented", {"position": 1}), (EVENTBRIDGE, None)])
def test_an_abort_around_a_save(world: World, profile: str, output: Any) -> None:
    """As recorded: the abort had read the record before the save, and writes it back without what was saved."""

    def body(ctx: Any) -> Any:
        def save(operation: str, arguments: dict[str, Any]) -> None:
            if operation == "update_item" and arguments["ExpressionAttributeValues"].get(":taskStatus"):
                world.fault = lambda *_: None
                ctx.store.update_output({"position": 1})

        world.fault = save
        aborted = world.tasks.abort(ctx.store.get_task().id)
        assert (aborted.status, aborted.output) == ("aborted", output)
        return ctx.response.aborted()

    once(world, profile, body)


def test_an_abort_of_a_task_that_ended_meanwhile(world: World) -> None:
    """The releases abort what has just succeeded; the documented profile refuses."""
    for profile, status in (("documented", "success"), (EVENTBRIDGE, "aborted")):
        world.define(lambda ctx: ctx.response.done())
        tasks = world.tasks.scoped(profile=profile)
        made = tasks.create("probe", name="Probe")

        def ends(operation: str, arguments: dict[str, Any], id: str = made.id) -> None:
            if operation == "update_item" and arguments["ExpressionAttributeValues"].get(":taskStatus"):
                world.fault = lambda *_: None
                world.tasks.update(id, {"taskStatus": "success"})

        world.fault = ends
        if status == "success":
            with pytest.raises(TaskAbortError, match="not pending or running"):
                tasks.abort(made.id)
        else:
            tasks.abort(made.id)
        assert world.task(made).status == status


def test_fields_that_a_task_does_not_have_are_dropped_in_the_releases(world: World) -> None:
    """An update with the whole record, times in its texts, changes what may be changed."""

    def body(ctx: Any) -> Any:
        ctx.store.update_task(lambda task: {**task.to_dict(), "name": "Renamed", "nmae": "no field"})
        return ctx.response.done()

    assert once(world, EVENTBRIDGE, body)["status"] == "done"
    [task] = world.tasks.list()
    assert (task.name, task.status) == ("Renamed", "success")
    assert task.started_on is not None
    assert once(world, "documented", body)["status"] == "error"


def test_a_hook_may_leave_in_new_data_what_is_no_field(world: World) -> None:
    definition = world.define(lambda ctx: ctx.response.done())

    @definition.on_before_trigger
    def add(data: dict[str, Any]) -> None:
        data["reason"] = "no field"

    tasks = world.tasks.scoped(profile=EVENTBRIDGE)
    assert "reason" not in tasks.trigger("probe").to_dict()
    with pytest.raises(TypeError, match='a new task has no "reason"'):
        world.tasks.trigger("probe")


@pytest.mark.parametrize("started", ["yesterday", "2026-03-01T12:00:00"])
def test_a_time_in_an_update_is_an_instant(world: World, started: str) -> None:
    world.define(lambda ctx: ctx.response.done())
    task = world.tasks.create("probe", name="Probe")
    with pytest.raises(ValueError, match="update: startedOn="):
        world.tasks.update(task.id, {"startedOn": started})
