"""One invocation: cases E 65-78, F 79-90, G 91-109, H 111-121, I 122-125, J 126-130, K 131-137 of the reference.

Not possible in Python: 98's ``undefined`` (there is only ``None``), 104 (only exceptions can be raised),
115's and 120's invalid dates (a ``datetime`` is valid; anything else is refused).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from emulator.tasks import (
    Done,
    FunctionTask,
    Identity,
    NoHandlerError,
    Task,
    TaskError,
    Tasks,
    make_handler,
    run_event,
    task,
)

if TYPE_CHECKING:
    from tests.emulator.tasks.conftest import World

REQUIRED = (
    "webinyTaskId",
    "webinyTaskDefinitionId",
    "tenant",
    "locale",
    "stateMachineId",
    "endpoint",
    "executionName",
)


class CodedError(Exception):
    def __init__(self, message: str, code: str | None = None, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


def required(*fields: str) -> dict[str, Any]:
    invalid = {field: {"code": "invalid_type", "message": "Required", "data": {"path": [field]}} for field in fields}
    return {
        "message": "Validation failed.",
        "code": "VALIDATION_FAILED_INVALID_FIELDS",
        "data": {"invalidFields": invalid},
    }


def done(ctx: Any) -> Any:
    return ctx.response.done()


# E: the event


@pytest.mark.case(66, 67, 68, 69, 70, 71)
@pytest.mark.parametrize("field", REQUIRED)
def test_every_field_of_the_event_is_required(world: World, field: str) -> None:
    world.define(done)
    event = world.event("some-task")
    del event[field]
    response = run_event(world.tasks, event)
    echoed = {key: event[key] for key in REQUIRED[:4] if key in event}
    assert response == {"status": "error", **echoed, "error": required(field)}
    assert world.calls == []


@pytest.mark.case(72)
def test_an_empty_event(world: World) -> None:
    world.define(done)
    assert run_event(world.tasks, {}) == {"status": "error", "error": required(*REQUIRED)}


@pytest.mark.case(73)
def test_wrong_types_are_named_and_echoed(world: World) -> None:
    world.define(done)
    response = world.run("some-task", tenant=1, locale=None)
    assert (response["tenant"], response["locale"]) == (1, None)
    invalid = response["error"]["data"]["invalidFields"]
    assert {field: entry["message"] for field, entry in invalid.items()} == {
        "tenant": "Expected string, received number",
        "locale": "Expected string, received null",
    }
    assert world.calls == []


@pytest.mark.case(65, 74)
def test_extra_keys_and_empty_texts_are_fine(world: World) -> None:
    world.define(done)
    made = world.tasks.trigger("probe")
    assert world.run(made, extra=True, endpoint="", stateMachineId="")["status"] == "done"


@pytest.mark.case(75, 76, 78)
@pytest.mark.parametrize(
    ("delay", "known"),
    [
        pytest.param(10, True, id="case 75"),
        pytest.param(10, False, id="case 76"),
        pytest.param(40_000_000, True, id="case 78"),
        pytest.param("10", True, id="text"),
        pytest.param(True, True, id="boolean"),
        pytest.param(1.5, True, id="fraction"),
    ],
)
def test_a_delay_is_handed_back_as_a_wait(world: World, delay: Any, *, known: bool) -> None:
    world.define(done)
    made = world.tasks.trigger("probe")
    world.calls.clear()
    id_ = made.id if known else "f" * 24
    assert world.run(id_, delay=delay) == {
        "status": "continue",
        "delay": -1,
        "webinyTaskId": id_,
        "webinyTaskDefinitionId": "any",
        "tenant": "root",
        "locale": "en-US",
        "input": {},
        "wait": delay,
    }
    assert world.calls == []
    assert world.task(made) == made
    assert world.logs(made) == []


@pytest.mark.case(77)
@pytest.mark.parametrize("delay", [0, -1, None, "", "soon", [5]])
def test_without_a_positive_delay_the_task_runs(world: World, delay: Any) -> None:
    world.define(done)
    assert world.run(world.tasks.trigger("probe"), delay=delay)["status"] == "done"


@pytest.mark.case(62)
@pytest.mark.parametrize("event", [{"name": "x", "payload": {}}, {"webinyTaskId": "flat"}, {"payload": 5}, None])
def test_an_event_that_names_no_task_has_no_handler(world: World, event: Any) -> None:
    world.define(done)
    with pytest.raises(NoHandlerError, match=r"^There is no handler for the event: "):
        world.handler(event, None)


def test_the_text_of_an_event_without_handler(world: World) -> None:
    world.define(done)
    with pytest.raises(NoHandlerError) as refused:
        world.handler({"name": "x", "payload": {}}, None)
    assert str(refused.value) == 'There is no handler for the event: {"name":"x","payload":{}}'


def test_an_application_that_cannot_be_made(world: World) -> None:
    def boot() -> Tasks:
        raise CodedError("no table", "BOOT", {"k": 1})

    event = {"name": "background-task", "payload": world.event("some-task")}
    assert make_handler(boot)(event, None) == {
        "error": {"message": "no table", "code": "BOOT", "data": {"k": 1}},
        "status": "error",
    }
    world.define(done)
    error: Any = make_handler(lambda: world.tasks)(event, None)["error"]
    assert error["code"] == "TASK_NOT_FOUND"


# F: before the run


@pytest.mark.case(79)
def test_an_unknown_task(world: World) -> None:
    world.define(done)
    assert world.run("unknownTaskId")["error"] == {
        "message": 'Task "unknownTaskId" cannot be executed because it does not exist.',
        "code": "TASK_NOT_FOUND",
    }


@pytest.mark.case(80)
@pytest.mark.parametrize("code", ["DBX", None])
def test_a_task_that_cannot_be_read(world: World, code: str | None) -> None:
    world.define(done)
    made = world.tasks.trigger("probe")
    world.fault = lambda operation, _: CodedError("unreadable", code, {"k": 1}) if operation == "query" else None
    error = world.run(made)["error"]
    assert (error["message"], error["code"], error["data"]) == ("unreadable", code or "TASK_ERROR", {"k": 1})
    assert "CodedError: unreadable" in error["stack"]


@pytest.mark.case(81)
def test_a_definition_that_is_gone(world: World) -> None:
    world.define(done)
    made = world.tasks.trigger("probe")
    world.build()
    assert world.run(made)["error"] == {
        "message": f'Task "{made.id}" cannot be executed because there is no "probe" definition plugin.',
        "code": "TASK_DEFINITION_ERROR",
        "data": {"definitionId": "probe"},
    }
    assert world.task(made) == made
    assert world.logs(made) == []


@pytest.mark.case(82)
def test_a_log_that_cannot_be_created_nests_its_error(world: World) -> None:
    world.define(done)
    made = world.tasks.trigger("probe")
    world.fault = lambda operation, _: CodedError("full", "LG") if operation == "put_item" else None
    response = world.run(made)
    inner = response["error"]
    assert inner == {**response, "error": {"message": "full", "code": "LG"}}
    assert world.task(made) == made


@pytest.mark.case(83)
def test_an_aborted_task_does_not_run(world: World) -> None:
    world.define(lambda ctx: 1 / 0)
    made = world.tasks.abort(world.tasks.trigger("probe").id)
    assert world.run(made) == {
        "status": "aborted",
        "webinyTaskId": made.id,
        "webinyTaskDefinitionId": "probe",
        "tenant": "root",
        "locale": "en-US",
    }
    assert world.task(made) == made
    assert world.messages(made) == [["Task aborted."], []]


@pytest.mark.case(84, 85)
@pytest.mark.parametrize(
    ("status", "message"),
    [
        pytest.param("success", "Task is already done, cannot run it again.", id="case 84"),
        pytest.param("failed", "Task has failed, cannot run it again.", id="case 85"),
    ],
)
def test_ended_tasks_do_not_run_again(world: World, status: str, message: str) -> None:
    world.define(lambda ctx: 1 / 0)
    made = world.tasks.update(world.tasks.trigger("probe").id, {"taskStatus": status})
    assert world.run(made)["error"] == {"message": message}
    assert world.task(made) == made
    assert world.messages(made) == [[]]


@pytest.mark.case(86)
def test_the_record_names_the_definition(world: World) -> None:
    other = task(id="other", title="Other")(lambda ctx: 1 / 0)
    world.build(task(id="mine", title="Mine")(lambda ctx: ctx.response.done("mine")), other)
    response = world.run(world.tasks.trigger("mine"), webinyTaskDefinitionId="other")
    assert (response["message"], response["webinyTaskDefinitionId"]) == ("mine", "other")


@pytest.mark.case(87)
def test_a_task_deleted_between_two_runs(world: World) -> None:
    made, _ = world.once(lambda ctx: ctx.response.continue_({}))
    world.tasks.delete(made.id)
    assert world.run(made)["error"]["code"] == "TASK_NOT_FOUND"


@pytest.mark.case(88)
def test_the_event_names_tenant_and_locale(world: World) -> None:
    definition = task(id="where", title="Where")(
        lambda ctx: ctx.response.done(f"{ctx.tasks.tenant} {ctx.app.tasks.locale}")
    )
    world.build(definition, tenants=["aCustomTenantId"], locales=["de-DE"])
    there = world.tasks.scoped(tenant="aCustomTenantId", locale="de-DE")
    made = there.trigger("where")
    response = world.run(made, tenant="aCustomTenantId", locale="de-DE")
    assert (response["status"], response["tenant"], response["locale"]) == ("done", "aCustomTenantId", "de-DE")
    assert response["message"] == "aCustomTenantId de-DE"


def test_an_unknown_tenant_or_locale_changes_nothing(world: World) -> None:
    """Recorded from the original: the task is found where the application is, and the event's words are echoed."""
    world.define(done)
    response = world.run(world.tasks.trigger("probe"), tenant="other", locale="xx-XX")
    assert (response["status"], response["tenant"], response["locale"]) == ("done", "other", "xx-XX")


@pytest.mark.case(89, 180)
def test_a_run_acts_as_the_creator(world: World) -> None:
    parent = task(id="parent", title="Parent")(
        lambda ctx: ctx.response.done(output={"child": ctx.trigger("child", {"a": 1}).id})
    )
    world.build(parent, task(id="child", title="A child")(done))
    jane = Identity("u1", "Jane", "editor")
    made = world.tasks.scoped(identity=jane).trigger("parent")
    child = world.task(str(world.run(made)["output"]["child"]))
    assert (child.created_by, child.parent_id, child.name) == (jane, made.id, "A child")
    assert (child.status, child.input) == ("pending", {"a": 1})
    assert list(world.tasks.list_children(made)) == [child]
    assert world.logs(made)[0].created_by == jane


@pytest.mark.case(90)
def test_a_start_that_cannot_be_written(world: World) -> None:
    world.define(lambda ctx: pytest.fail("run was called"))
    made = world.tasks.trigger("probe", {"a": 1})
    world.fail_writes(CodedError("no write", "UPDATE_TASK_ERROR", {"k": 1}), status="running")
    error = world.run(made)["error"]
    assert error == {
        "message": "no write",
        "code": "UPDATE_TASK_ERROR",
        "data": {"k": 1, "input": {"a": 1}},
    }
    assert world.task(made).status == "failed"
    assert world.messages(made) == [["no write"]]


# G: what run answers


@pytest.mark.case(91)
def test_done_with_message_and_output(world: World) -> None:
    made, response = world.once(lambda ctx: ctx.response.done("Task is done!", {"myCustomOutput": 1}))
    assert response == {
        "status": "done",
        "message": "Task is done!",
        "webinyTaskId": made.id,
        "webinyTaskDefinitionId": "probe",
        "tenant": "root",
        "locale": "en-US",
        "output": {"myCustomOutput": 1},
    }
    assert (made.status, made.output) == ("success", {"myCustomOutput": 1})
    assert [(item.type, item.message) for item in world.logs(made)[0].items] == [("info", "Task is done!")]


@pytest.mark.case(92, 93, 94, 106)
@pytest.mark.parametrize(
    ("answer", "output", "entry"),
    [
        pytest.param(lambda r: r.done(), None, "Task done.", id="case 92"),
        pytest.param(lambda r: r.done({"a": 1}), {"a": 1}, "Task done.", id="case 93"),
        pytest.param(lambda r: r.done("M", {}), None, "M", id="case 94"),
        pytest.param(lambda r: r.done(""), None, "Task done.", id="empty text"),
        pytest.param(lambda r: r.done({}), {}, "Task done.", id="an empty object alone is kept"),
        pytest.param(lambda r: r.done(output={"a": 1}), {"a": 1}, "Task done.", id="keyword"),
        pytest.param(lambda r: {"status": "done", "message": "M", "output": {"a": 1}}, {"a": 1}, "M", id="case 106"),
    ],
)
def test_forms_of_done(world: World, answer: Any, output: Any, entry: str) -> None:
    made, response = world.once(lambda ctx: answer(ctx.response))
    assert response["status"] == "done"
    assert response.get("output") == output
    assert response.get("message", "Task done.") == entry
    assert made.output == output
    assert made.finished_on is not None
    assert world.messages(made) == [[entry]]


@pytest.mark.case(95, 96)
def test_continue_then_done(world: World) -> None:
    world.context.left = 1000

    def run(ctx: Any) -> Any:
        if ctx.is_close_to_timeout():
            return ctx.response.continue_({**ctx.input, "continuing": True})
        return ctx.response.done()

    made, response = world.once(run, {"a": 1})
    assert response == {
        "status": "continue",
        "delay": -1,
        "webinyTaskId": made.id,
        "webinyTaskDefinitionId": "probe",
        "tenant": "root",
        "locale": "en-US",
        "input": {"a": 1, "continuing": True},
    }
    assert (made.status, made.iterations, made.execution_name) == ("running", 1, "exec-1")
    assert made.started_on is not None
    assert made.finished_on is None
    world.context.left = 600_000
    assert world.run(made, executionName="exec-2")["status"] == "done"
    ended = world.task(made)
    assert (ended.iterations, ended.execution_name, ended.started_on) == (2, "exec-1", made.started_on)
    assert ended.input == {"a": 1, "continuing": True}


@pytest.mark.case(97, 99)
def test_continue_merges_over_the_stored_input(world: World) -> None:
    seen: list[Any] = []

    def run(ctx: Any) -> Any:
        seen.append(ctx.input)
        return ctx.response.continue_({"b": 2})

    made, response = world.once(run, {"a": 1})
    assert response["input"] == {"b": 2}
    assert made.input == {"a": 1, "b": 2}
    world.run(made, input={"ignored": True})
    assert seen == [{"a": 1}, {"a": 1, "b": 2}]


@pytest.mark.case(98)
def test_none_is_stored(world: World) -> None:
    made, _ = world.once(lambda ctx: ctx.response.continue_({"n": None}), {"x": 1, "n": 2})
    assert made.input == {"x": 1, "n": None}


def raising(error: Exception) -> Any:
    def run(ctx: Any) -> Any:
        raise error

    return run


@pytest.mark.case(100, 101, 102, 103)
@pytest.mark.parametrize(
    ("run", "stored"),
    [
        pytest.param(lambda ctx: ctx.response.error("boom"), {"message": "boom"}, id="case 100"),
        pytest.param(
            lambda ctx: ctx.response.error({"message": "boom", "code": "C", "data": {"k": 1}, "stack": "at"}),
            {"message": "boom", "code": "C", "data": {"k": 1}},
            id="case 101",
        ),
        pytest.param(raising(ValueError("boom")), {"message": "boom"}, id="case 102"),
        pytest.param(
            raising(CodedError("boom", "KC", {"k": 1})),
            {"message": "boom", "code": "KC", "data": {"k": 1}},
            id="case 103",
        ),
        pytest.param(
            lambda ctx: ctx.response.error(ValueError("boom"), code="C"),
            {"message": "boom", "code": "C"},
            id="exception",
        ),
        pytest.param(
            lambda ctx: ctx.response.error(TaskError("boom")),
            {"message": "boom", "code": None, "data": None},
            id="an error of ours without code has nulls",
        ),
        pytest.param(
            lambda ctx: {"status": "error", "error": {"message": "boom"}}, {"message": "boom"}, id="plain object"
        ),
        pytest.param(
            lambda ctx: ctx.response.error("boom", data=["x", 2]), {"message": "boom", "data": ["x", 2]}, id="list"
        ),
    ],
)
def test_errors(world: World, run: Any, stored: dict[str, Any]) -> None:
    made, response = world.once(run, {"in": 1})
    data = stored.get("data") or {}
    spread = {str(n): item for n, item in enumerate(data)} if isinstance(data, list) else data
    assert response["status"] == "error"
    assert response["error"] == {**stored, "data": {**spread, "input": {"in": 1}}}
    assert (made.status, made.output) == ("failed", {"error": stored})
    assert made.finished_on is not None
    [entry] = world.logs(made)[0].items
    assert (entry.type, entry.message, entry.error) == ("error", "boom", stored)


def test_an_exception_without_text_is_named(world: World) -> None:
    _, response = world.once(raising(KeyError()))
    assert response["error"]["message"] == "KeyError"


@pytest.mark.case(105)
@pytest.mark.parametrize("returned", [pytest.param(None, id="case 105"), 5, "done", ["done"]])
def test_a_run_that_returns_no_answer(world: World, returned: Any) -> None:
    seen: list[Any] = []
    definition = world.define(lambda ctx: returned)
    definition.on_error(lambda task: seen.append(task))
    made = world.tasks.trigger("probe", {"in": 1})
    error = world.run(made)["error"]
    assert error["code"] == "TASK_ERROR"
    assert error["message"].startswith('Task definition "probe" returned ')
    assert "; return response.done() or another response." in error["message"]
    assert "in run" in error["stack"]
    assert error["data"] == {"input": {"in": 1}}
    assert world.task(made).status == "failed"
    assert world.task(made).output == {"error": error}
    assert seen == []


MAY_RETURN = (
    "return response.done() or another response. A run may return response.done(), response.continue_(), "
    'response.error() or response.aborted(), or a mapping whose "status" is done, continue, error or aborted.'
)


@pytest.mark.parametrize(
    ("returned", "meant"),
    [
        ({"done": True}, ' Did you mean {"status": "done"}?'),
        ({"continue": {"a": 1}}, ' Did you mean {"status": "continue"}?'),
        ({}, ""),
        ({"output": {"a": 1}}, ""),
        ({"status": "succes"}, ""),
        ({"status": "DONE"}, ' Did you mean "done"?'),
        ({"status": "abort"}, ' Did you mean "aborted"?'),
        ({"status": None}, ""),
        ({"status": 5}, ""),
        (True, ""),
        ("done", ""),
        ([{"status": "done"}], ""),
        (Done, ""),
    ],
)
def test_what_is_no_response_fails_the_task_and_says_what_a_run_may_return(
    world: World, returned: Any, meant: str
) -> None:
    made, response = world.once(lambda ctx: returned)
    assert made.status == "failed"
    message = response["error"]["message"]
    said = f"{type(returned).__name__} {returned!r}"
    assert message == f'Task definition "probe" returned {said}; {MAY_RETURN}{meant}'


def test_a_response_that_is_not_called_is_named(world: World) -> None:
    _, response = world.once(lambda ctx: ctx.response.done)
    assert response["error"]["message"].endswith(" Did you mean response.done()?")


@pytest.mark.parametrize(
    ("returned", "reason"),
    [
        ({"status": "done", "message": 5}, "the result of run: message must be text, not int"),
        ({"status": "done", "output": [1]}, "the result of run: output: needs an object"),
        ({"status": "done", "outptu": {}}, 'the result of run: "done" has no "outptu". Did you mean "output"?'),
        ({"status": "continue", "input": {}, "seconds": 5}, 'the result of run: "continue" has no "seconds".'),
        ({"status": "continue", "input": '{"a": 1}'}, "the result of run: input: needs an object (mapping, dataclass"),
        ({"status": "error"}, "error: needs an object"),
    ],
)
def test_a_mapping_of_a_known_status_has_only_its_fields(world: World, returned: Any, reason: str) -> None:
    made, response = world.once(lambda ctx: returned)
    assert made.status == "failed"
    assert response["error"]["message"].startswith(reason)


@pytest.mark.case(108)
def test_aborted_without_an_abort_ends_the_record(world: World) -> None:
    made, response = world.once(lambda ctx: ctx.response.aborted())
    assert response["status"] == "aborted"
    assert made.status == "aborted"
    assert made.finished_on is not None
    assert world.messages(made) == [[]]


@pytest.mark.case(109)
def test_changing_the_input_changes_nothing_stored(world: World) -> None:
    def run(ctx: Any) -> Any:
        ctx.input["list"].append(2)
        ctx.store.get_input()["list"].append(3)
        ctx.store.get_task().input["list"].append(4)
        return ctx.response.continue_({"seen": True})

    made, _ = world.once(run, {"list": [1]})
    assert made.input == {"list": [1], "seen": True}


@pytest.mark.case(118, 120)
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda r: r.continue_([1]), "continue_: input: needs an object"),
        (lambda r: r.continue_({}, seconds="30"), "continue_: seconds='30' must be a number of seconds"),
        (lambda r: r.continue_({}, seconds=True), "continue_: seconds=True must be a number of seconds"),
        (lambda r: r.continue_({}, until=datetime(2030, 1, 1)), "must be a datetime with a time zone"),  # noqa: DTZ001
        pytest.param(
            lambda r: r.continue_({}, date="2030-01-01"), "continue_: date='2030-01-01' must be", id="case 120"
        ),
        pytest.param(
            lambda r: r.continue_({}, seconds=7, until=datetime(2030, 1, 1, tzinfo=UTC)),
            "continue_: seconds and until cannot be combined; give one",
            id="case 118",
        ),
        (lambda r: r.done(5), "done: output: needs an object"),
        (lambda r: r.done({"a": 1}, {"b": 2}), "done: the message must be text, not dict"),
        (lambda r: r.error({"code": "C"}), "error: needs a string, an exception, or a mapping with a string"),
        (lambda r: r.error("x", data=object()), "error: data: object is not JSON"),
    ],
)
def test_a_wrong_answer_fails_the_task_with_its_reason(world: World, call: Any, message: str) -> None:
    made, response = world.once(lambda ctx: call(ctx.response))
    assert message in response["error"]["message"]
    assert made.status == "failed"


# H: waits


@pytest.mark.case(111, 112, 113, 114)
@pytest.mark.parametrize(
    ("options", "wait"),
    [
        pytest.param({"seconds": 30}, 30, id="case 111"),
        pytest.param({"seconds": 30_672_000}, 30_672_000, id="case 112 the most"),
        pytest.param({"seconds": 30_672_001}, 30_672_000, id="case 112 one more"),
        pytest.param({"seconds": float("inf")}, 30_672_000, id="case 112 for ever"),
        pytest.param({"seconds": 0}, None, id="case 113 zero"),
        pytest.param({"seconds": 0.5}, None, id="case 113 half"),
        pytest.param({"seconds": -5}, None, id="case 113 negative"),
        pytest.param({"seconds": float("nan")}, None, id="case 113 NaN"),
        pytest.param({"seconds": 1.5}, 2, id="case 114"),
        pytest.param({"seconds": None}, None, id="nothing"),
        pytest.param({"seconds": timedelta(minutes=2)}, 120, id="timedelta"),
    ],
)
def test_waits_in_seconds(world: World, options: dict[str, Any], wait: int | None) -> None:
    _, response = world.once(lambda ctx: ctx.response.continue_({}, **options))
    assert response.get("wait") == wait
    assert ("wait" in response) is (wait is not None)


@pytest.mark.case(115, 116, 117)
@pytest.mark.parametrize(
    ("ahead", "wait"),
    [
        pytest.param(timedelta(seconds=-10), None, id="case 115"),
        pytest.param(timedelta(seconds=0.4), None, id="less than a second"),
        pytest.param(timedelta(seconds=12.345), 13, id="case 116"),
        pytest.param(timedelta(seconds=5), 5, id="whole"),
        pytest.param(timedelta(days=355_000), 30_672_000, id="case 117"),
    ],
)
@pytest.mark.parametrize("name", ["until", "date"])
def test_waits_until(world: World, name: str, ahead: timedelta, wait: int | None) -> None:
    frozen = datetime(2026, 3, 1, tzinfo=UTC)
    definition = task(id="wait", title="Wait")(lambda ctx: ctx.response.continue_with({}, **{name: frozen + ahead}))
    world.build(definition, now=lambda: frozen)
    assert world.run(world.tasks.trigger("wait")).get("wait") == wait


@pytest.mark.case(119)
def test_a_date_beside_seconds_of_none_counts(world: World) -> None:
    _, response = world.once(
        lambda ctx: ctx.response.continue_({}, seconds=None, until=datetime(2999, 1, 1, tzinfo=UTC))
    )
    assert response["wait"] == 30_672_000


def test_a_plain_object_may_continue_too(world: World) -> None:
    made, response = world.once(lambda ctx: {"status": "continue", "input": {"b": 2}, "wait": 1.5}, {"a": 1})
    assert (response["input"], response["wait"], made.input) == ({"b": 2}, 2, {"a": 1, "b": 2})


@pytest.mark.case(121)
def test_a_parent_waits_for_its_children(world: World) -> None:
    @task(title="Parent")
    def parent(ctx: Any) -> Any:
        if not ctx.store.list_child_tasks("child"):
            ctx.trigger("child")
        if any(child.status in ("pending", "running") for child in ctx.store.list_child_tasks()):
            return ctx.response.continue_({}, seconds=15)
        return ctx.response.done()

    world.build(parent, task(id="child", title="Child")(done))
    made = world.tasks.trigger("parent")
    assert world.run(made)["wait"] == 15
    [child] = world.tasks.list({"parentId": made.id})
    world.run(child)
    assert world.run(made)["status"] == "done"


# I: iterations


@pytest.mark.case(122)
def test_a_task_runs_as_often_as_it_may(world: World) -> None:
    calls: list[int] = []

    def run(ctx: Any) -> Any:
        calls.append(ctx.store.get_task().iterations)
        return ctx.response.continue_({"n": len(calls)})

    made, first = world.once(run, max_iterations=2)
    answers = [first, *(world.run(made) for _ in range(3))]
    assert [answer["status"] for answer in answers] == ["continue", "continue", "error", "error"]
    assert answers[2]["error"] == {"message": "Task reached max iterations.", "data": {"input": {"n": 2}}}
    assert answers[3]["error"] == {"message": "Task has failed, cannot run it again."}
    assert (calls, world.task(made).iterations) == ([1, 2], 2)
    assert world.task(made).output == {"error": {"message": "Task reached max iterations."}}


@pytest.mark.case(123)
def test_the_limit_calls_its_hook_then_on_error(world: World) -> None:
    seen: list[Any] = []
    definition = world.define(lambda ctx: ctx.response.continue_({}), max_iterations=1)
    definition.on_max_iterations(lambda task: seen.append(("max", task.status, task.iterations)))
    definition.on_error(lambda task: seen.append(("error", task.status)))
    made = world.tasks.trigger("probe")
    world.run(made)
    world.run(made)
    assert seen == [("max", "running", 1), ("error", "failed")]


@pytest.mark.case(124)
def test_a_failing_hook_of_the_limit(world: World) -> None:
    definition = world.define(lambda ctx: ctx.response.continue_({}), max_iterations=1)

    @definition.on_max_iterations
    def fail() -> None:
        raise CodedError("hook", "HB", {"k": 1})

    made = world.tasks.trigger("probe", {"a": 1})
    world.run(made)
    assert world.run(made)["error"] == {
        "message": "Failed to execute onMaxIterations handler.",
        "data": {"message": "hook", "code": "HB", "data": {"k": 1}, "input": {"a": 1}},
    }


@pytest.mark.case(125)
def test_every_run_has_its_log(world: World) -> None:
    made, _ = world.once(lambda ctx: ctx.response.continue_({}))
    for name in ("exec-2", "exec-3"):
        world.run(made, executionName=name)
    assert (world.task(made).iterations, world.task(made).execution_name) == (3, "exec-1")
    assert [(log.iteration, log.execution_name) for log in world.logs(made)] == [
        (1, "exec-1"),
        (2, "exec-2"),
        (3, "exec-3"),
    ]


def test_a_negative_limit_refuses_the_second_run(world: World) -> None:
    made, first = world.once(lambda ctx: ctx.response.continue_({}), max_iterations=-1)
    assert first["status"] == "continue"
    assert world.run(made)["error"]["message"] == "Task reached max iterations."


# J: hooks


def with_hooks(world: World, run: Any) -> tuple[FunctionTask, list[tuple[str, Any]]]:
    seen: list[tuple[str, Any]] = []
    definition = world.define(run)
    definition.on_before_trigger(lambda data: seen.append(("on_before_trigger", None)))
    for name in ("on_done", "on_error", "on_abort"):

        def note(task: Task, name: str = name) -> None:
            seen.append((name, (task.status, task.output, world.task(task).status)))

        getattr(definition, name)(note)
    return definition, seen


@pytest.mark.case(126, 130)
def test_on_done_comes_last_with_the_fresh_record(world: World) -> None:
    def run(ctx: Any) -> Any:
        seen.append(("run", None))
        return ctx.response.done("m", {"o": 1})

    _, seen = with_hooks(world, run)
    world.run(world.tasks.trigger("probe"))
    assert seen == [
        ("on_before_trigger", None),
        ("run", None),
        ("on_done", ("success", {"o": 1}, "success")),
    ]


@pytest.mark.case(127)
def test_on_error_gets_the_fresh_record(world: World) -> None:
    _, seen = with_hooks(world, lambda ctx: ctx.response.error("boom"))
    world.run(world.tasks.trigger("probe"))
    assert seen[1:] == [("on_error", ("failed", {"error": {"message": "boom"}}, "failed"))]


@pytest.mark.case(128)
@pytest.mark.parametrize("answer", [lambda r: r.continue_({}), lambda r: r.aborted()])
def test_continue_and_aborted_call_no_hook(world: World, answer: Any) -> None:
    _, seen = with_hooks(world, lambda ctx: answer(ctx.response))
    world.run(world.tasks.trigger("probe"))
    assert seen == [("on_before_trigger", None)]


@pytest.mark.case(129)
def test_a_failing_hook_is_ignored(world: World) -> None:
    definition = world.define(done)

    @definition.on_done
    async def fail(task: Task) -> None:
        raise CodedError("hook")

    made = world.tasks.trigger("probe")
    assert world.run(made)["status"] == "done"
    assert world.task(made).status == "success"


def test_hooks_share_the_application_with_runs(world: World) -> None:
    definition = world.define(lambda ctx: ctx.response.done(str(ctx.app.counter)))
    world.tasks.app.counter = 5

    @definition.on_done
    def count(app: Any) -> None:
        app.counter += 1

    assert world.run(world.tasks.trigger("probe"))["message"] == "5"
    assert world.tasks.app.counter == 6
    with pytest.raises(AttributeError, match='the application has no "countre"'):
        _ = world.tasks.app.countre


def test_an_application_of_the_users_own_is_passed_as_it_is(world: World) -> None:
    mine = object()
    definition = task(id="mine", title="Mine")(lambda ctx: ctx.response.done(str(ctx.app is mine)))
    world.build(definition, app=mine)
    assert world.run(world.tasks.trigger("mine"))["message"] == "True"


# K: close to the timeout


@pytest.mark.case(131, 132, 133, 134, 135, 136)
@pytest.mark.parametrize(
    ("left", "argument", "minutes", "close"),
    [
        pytest.param(180_000, None, None, False, id="case 131"),
        pytest.param(179_999, None, None, True, id="case 132"),
        pytest.param(60_000, 60, None, False, id="case 133 at"),
        pytest.param(59_999, 60, None, True, id="case 133 below"),
        pytest.param(179_999, 0, None, True, id="case 134 below"),
        pytest.param(180_000, 0, None, False, id="case 134 at"),
        pytest.param(59_999, None, "1", True, id="case 135 below"),
        pytest.param(100_000, None, "1", False, id="case 135 above"),
        pytest.param(60_000, None, "1.9", False, id="case 135 fraction is cut"),
        *(
            pytest.param(left, None, word, left < 180_000, id=f"case 136 {word} {left}")
            for word in ("abc", "-2", "0")
            for left in (179_999, 180_000)
        ),
        pytest.param(59_999, timedelta(minutes=1), None, True, id="timedelta"),
    ],
)
def test_close_to_timeout(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    left: int,
    argument: Any,
    minutes: str | None,
    *,
    close: bool,
) -> None:
    if minutes is not None:
        monkeypatch.setenv("WEBINY_TASKS_TIMEOUT_CLOSE_MINUTES", minutes)
    world.context.left = left
    _, response = world.once(lambda ctx: ctx.response.done(output={"close": ctx.is_close_to_timeout(argument)}))
    assert response["output"] == {"close": close}


@pytest.mark.case(137)
@pytest.mark.parametrize(("seconds", "close"), [(839, False), (841, True)])
def test_without_a_lambda_context_14_minutes_are_assumed(world: World, seconds: int, *, close: bool) -> None:
    world.context = None
    _, response = world.once(lambda ctx: ctx.response.done(output={"close": ctx.is_close_to_timeout(seconds)}))
    assert response["output"] == {"close": close}


def test_virtual_time_that_passes_comes_off_the_14_minutes(world: World) -> None:
    world.context = None

    def run(ctx: Any) -> Any:
        before = ctx.is_close_to_timeout()
        world.clock += timedelta(minutes=12)
        return ctx.response.done(output={"close": [before, ctx.is_close_to_timeout()]})

    _, response = world.once(run)
    assert response["output"] == {"close": [False, True]}
