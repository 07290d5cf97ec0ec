"""Recorded runs of the original (5.40.6) against ours: event in, answer out, EventBridge entries, what is stored.

The recordings are not part of the project; without them these tests are skipped. ``DIFFERENCES`` names, with its
reason, everything in which we differ on purpose.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from emulator.tasks import (
    NoHandlerError,
    Registry,
    TaskAbortError,
    TaskError,
    TriggerError,
    private_task,
    run_event,
    task,
)
from emulator.tasks.machine import definition

if TYPE_CHECKING:
    from tests.emulator.tasks.conftest import World

RECORDINGS = Path(__file__).parents[4] / "shared/conformance/background-tasks/v5.40.6"
pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the recordings are not beside the checkout")

DIFFERENCES = {
    "none": "done(null) stores and answers null; Python's None means that nothing is given",
    "text": "continue passes a text on as the wait, which the machine then ignores; ours refuses it",
    "fraction": "a fraction of a second breaks the machine's Wait; ours rounds up",
    "append": "every save replaces the log's earlier entries; ours appends (the documented intent)",
    "platform": "the text of the platform's own exceptions, and its stack",
    "headers": "the HTTP layer in front crashes on a missing tenant, locale or endpoint; ours names the field",
    "null rule": "the description of CheckStatus sends null to UnknownError; the recorded definition has no such rule",
}


def recorded(name: str) -> Any:
    path = RECORDINGS / f"{name}.json"
    if not path.exists():
        pytest.skip(f"{path.name} is not among the recordings")
    return json.loads(path.read_text())


class FailureError(Exception):
    def __init__(self, message: str, code: str | None = None, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


@task(id="countdown", title="Count down")
def countdown(ctx: Any) -> Any:
    if ctx.input["count"] > 0:
        rest = {**ctx.input, "count": ctx.input["count"] - 1}
        return ctx.response.continue_(rest, seconds=ctx.input["seconds"])
    return ctx.response.done("Counted down.", {"counted": ctx.input["from"], "ok": True})


@task(id="endless", title="Never ends", max_iterations=3)
def endless(ctx: Any) -> Any:
    return ctx.response.continue_({"n": ctx.input.get("n", 0) + 1})


@task(id="timeoutAware", title="Works until close to timeout")
def timeout_aware(ctx: Any) -> Any:
    if ctx.is_close_to_timeout():
        return ctx.response.continue_({"position": 0})
    return ctx.response.done({"processed": ctx.input["total"]})


@task(id="waiter", title="Continue with wait options")
def waiter(ctx: Any) -> Any:
    given = ctx.input
    if given.get("waited"):
        return ctx.response.done(given["doneOutput"])
    options: dict[str, Any] = {}
    if given["option"] == "seconds":
        options = {"seconds": given["value"]}
    if given["option"] == "date":
        options = {"date": ctx.app.clock() + timedelta(seconds=given["value"])}
    return ctx.response.continue_({"waited": True, "extra": "from continue"}, **options)


@private_task(id="privateEcho", title="Echo")
def private_echo(ctx: Any) -> Any:
    return ctx.response.done("echo", {"input": ctx.input})


@task(id="thrower", title="Throws in different ways")
def thrower(ctx: Any) -> Any:
    def log_an_error() -> Any:
        ctx.store.add_error_log("an error that is survived", FailureError("logged", "LOG_CODE"))
        return ctx.response.done("survived")

    def fail(error: Exception) -> Any:
        raise error

    ways: dict[str, Any] = {
        "error": lambda: fail(ValueError("plain failure")),
        "typeError": lambda: fail(TypeError("Cannot read properties of undefined (reading 'foo')")),
        "string": lambda: ctx.response.error("string failure"),
        "object": lambda: ctx.response.error(
            {"message": "object failure", "code": "OBJ_CODE", "data": {"b": 2}, "stack": "somewhere"}
        ),
        "errorInstance": lambda: ctx.response.error(FailureError("instance failure", "INST_CODE", {"c": 3})),
        "undefined": lambda: None,
        "errorLog": log_an_error,
    }
    return ways[ctx.input["how"]]()


DEFINITIONS = Registry(countdown, endless, timeout_aware, waiter, private_echo, thrower)


def build(world: World, id: str | None = None) -> None:
    """The application of the recordings; its next task gets the id ``id``."""

    def ids() -> Iterator[str]:
        if id is not None:
            yield id
        while True:
            yield world.new_id()

    source = ids()
    world.build(registry=DEFINITIONS, new_id=lambda: next(source))
    world.tasks.app.clock = lambda: world.clock + timedelta(milliseconds=1)


def timeless(record: dict[str, Any]) -> dict[str, Any]:
    """A task's record with its times only as being there, and without the transport's answer."""
    times = ("createdOn", "savedOn", "startedOn", "finishedOn")
    return {key: key in times or value for key, value in record.items() if key != "eventResponse"}


def entries(logs: list[dict[str, Any]]) -> list[Any]:
    """Logs without ids and times."""
    return [
        (
            log["iteration"],
            log["executionName"],
            log["createdBy"],
            [{key: value for key, value in item.items() if key != "createdOn"} for item in log["items"]],
        )
        for log in logs
    ]


def compare_stored(world: World, task_id: str, stored: dict[str, Any]) -> None:
    assert timeless(world.task(task_id).to_dict()) == timeless(stored["task"]["result"])
    ours = entries([log.to_dict() for log in world.tasks.list_logs({"task": task_id})])
    assert ours == entries(stored["logs"]["result"]["items"])


def replay(world: World, run: Any, *, before_last: Any = None, context: bool = True) -> str:
    """Trigger and run as recorded, comparing entries and answers; the id of the task."""
    result = run["trigger"]["result"]["result"]
    build(world, result["id"])
    if not context:
        world.context = None
    world.tasks.event_bus_name = "bus1"
    params = run["trigger"]["params"]
    made = world.tasks.trigger(params["definition"], params["input"])
    assert timeless(made.to_dict()) == timeless(result)
    [request] = [put["request"]["Entries"] for put in run["trigger"]["put_events"]]
    assert [{**entry, "EventBusName": "webiny-bus"} for entry in world.put_entries()] == request
    for iteration in run["iterations"]:
        if iteration is run["iterations"][-1] and before_last is not None:
            before_last(made.id)
        assert world.handler(iteration["lambda_event"], world.context) == iteration["lambda_response"]
    return made.id


@pytest.mark.parametrize(
    "name",
    [
        "countdown",
        "countdown-cold-process",
        "max-iterations",
        "timeout-default-180s-not-close",
        "fail-error",
        "fail-errorInstance",
        "fail-object",
        "fail-string",
        "fail-typeError",
    ],
)
def test_whole_runs(world: World, name: str) -> None:
    run = recorded(name)
    compare_stored(world, replay(world, run), run["final"])


def test_a_run_without_remaining_time(world: World) -> None:
    run = recorded("timeout-no-getRemainingTimeInMillis")
    compare_stored(world, replay(world, run, context=False), run["final"])


def test_an_abort_between_iterations(world: World) -> None:
    run = recorded("abort-between-iterations")

    def abort(id: str) -> None:
        aborted = world.tasks.abort(id, "Stop it, please.")
        assert timeless(aborted.to_dict()) == timeless(run["abort"]["result"])

    compare_stored(world, replay(world, run, before_last=abort), run["final"])


def test_an_error_that_is_only_logged(world: World) -> None:
    """Difference ``append``: the recorded log has only the last save's entries."""
    run = recorded("fail-errorLog")
    id_ = replay(world, run)
    assert timeless(world.task(id_).to_dict()) == timeless(run["final"]["task"]["result"])
    [log] = entries([log.to_dict() for log in world.tasks.list_logs({"task": id_})])
    [theirs] = entries(run["final"]["logs"]["result"]["items"])
    assert log[:3] == theirs[:3]
    assert log[3][-1:] == theirs[3]
    assert [item["message"] for item in log[3][:-1]] == ["an error that is survived"]


def test_a_run_that_returns_nothing(world: World) -> None:
    """Difference ``platform``: message and stack."""
    run = recorded("fail-undefined")
    result = run["trigger"]["result"]["result"]
    build(world, result["id"])
    world.tasks.trigger("thrower", run["trigger"]["params"]["input"])
    [iteration] = run["iterations"]
    response = world.handler(iteration["lambda_event"], world.context)
    text = {"message": "", "stack": ""}
    theirs = iteration["lambda_response"]
    assert response["error"].keys() == theirs["error"].keys()
    assert {**response, "error": {**response["error"], **text}} == {**theirs, "error": {**theirs["error"], **text}}
    stored = run["final"]["task"]["result"]
    ours = world.task(result["id"])
    assert (ours.status, ours.output) == (stored["taskStatus"], {"error": response["error"]})


def test_forms_of_done(world: World) -> None:
    for case in recorded("done-forms")["cases"]:
        stored = case["state"]
        task_record = stored["task"]["result"]
        build(world, task_record["id"])
        world.tasks.trigger("waiter", task_record["input"])
        response = world.handler(case["event"], world.context)
        if task_record.get("output", {}) is None:
            assert case["response"].pop("output") is task_record.pop("output"), DIFFERENCES["none"]
        assert response == case["response"]
        compare_stored(world, task_record["id"], stored)


def test_waits(world: World) -> None:
    for case in recorded("continue-wait-options")["cases"]:
        stored, given = case["task"], (case["option"], case["value"])
        build(world, stored["id"])
        added = ("waited", "extra")
        world.tasks.trigger("waiter", {key: value for key, value in stored["input"].items() if key not in added})
        response = world.handler(case["event"], world.context)
        if given[0] == "seconds" and isinstance(given[1], str):
            assert response["status"] == "error", DIFFERENCES["text"]
            assert f"seconds={given[1]!r} must be a number of seconds" in response["error"]["message"]
            continue
        if isinstance(case["response"].get("wait"), float):
            case["response"]["wait"] = int(case["response"]["wait"]) + 1  # DIFFERENCES["fraction"]
        assert response == case["response"], given
        assert timeless(world.task(stored["id"]).to_dict()) == timeless(stored)


def test_events(world: World) -> None:
    for case in recorded("event-validation")["cases"]:
        event = case["event"]
        payload = event.get("payload", event)
        build(world, payload.get("webinyTaskId"))
        id_ = payload.get("webinyTaskId")
        if id_ is None or world.tasks.get(id_) is None:
            world.tasks.trigger("privateEcho")
        name = case["case"]
        if "no handler" in case.get("error", {}).get("errorMessage", ""):
            with pytest.raises(NoHandlerError) as refused:
                world.handler(event, world.context)
            assert str(refused.value) == case["error"]["errorMessage"], name
            continue
        response = run_event(world.tasks, event, world.context)
        if case["ok"]:
            assert response == case["response"], name
            continue
        assert "header" in case["error"]["errorMessage"], DIFFERENCES["headers"]
        assert response["status"] == "error"
        error = response["error"]
        assert isinstance(error, dict)
        assert error["code"] == "VALIDATION_FAILED_INVALID_FIELDS"


def test_errors_of_abort(world: World) -> None:
    run = recorded("abort-errors")
    done_id = run["done_task"]["error"]["data"]["id"]
    build(world, done_id)
    world.run(world.tasks.trigger("privateEcho"))
    for id_, kind, theirs in (
        (done_id, TaskAbortError, run["done_task"]["error"]),
        ("nope", TaskError, run["missing_task"]["error"]),
    ):
        with pytest.raises(kind) as refused:
            world.tasks.abort(id_)
        error = refused.value
        assert {"message": str(error), "code": error.code, "data": error.data} == {
            key: theirs[key] for key in ("message", "code", "data")
        }


def test_a_bus_that_does_not_exist(world: World) -> None:
    theirs = recorded("event-bus-problems")["no_such_bus"]["result"]["error"]
    build(world, theirs["data"]["event"]["webinyTaskId"])
    world.tasks.event_bus_name = "no-such-bus"
    with pytest.raises(TriggerError) as refused:
        world.tasks.trigger("privateEcho")
    error = refused.value
    assert {"message": str(error), "code": error.code, "data": error.data} == {
        key: theirs[key] for key in ("message", "code", "data")
    }
    assert not world.tasks.list()


def test_the_state_machine() -> None:
    theirs = recorded("state-machine-definition")["definition"]
    ours = json.loads(definition(theirs["States"]["Run"]["Resource"]))
    first = ours["States"]["CheckStatus"]["Choices"].pop(0)
    assert first == {"Variable": "$", "IsNull": True, "Next": "UnknownError"}, DIFFERENCES["null rule"]
    assert ours == theirs
