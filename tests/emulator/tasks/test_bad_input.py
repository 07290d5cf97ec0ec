"""Users' mistakes, through the real machine: the error names the mistake, and record and execution agree."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from emulator import Emulator, EmulatorError
from emulator.taskbench import TaskBench
from emulator.tasks import InvalidTaskIdError, TaskDefinitionError, task
from emulator.tasks.errors import TaskError


@dataclass
class Counted:
    count: int


class Unserialisable:
    pass


@pytest.fixture
def open_emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def bench(open_emulator: Emulator) -> TaskBench:
    return open_emulator.tasks


def probe(body: Callable[[Any], Any], **attributes: Any) -> Any:
    return task(id="probe", title="Probe", **attributes)(body)


FAILING: dict[str, tuple[Callable[[Any], Any], dict[str, Any], str]] = {
    "input of the wrong type": (
        lambda ctx: ctx.response.done(),
        {"input_type": Counted},
        "Validation failed.",
    ),
    "output that is not JSON": (
        lambda ctx: ctx.response.done({"at": Unserialisable()}),
        {},
        "done: output.at: Unserialisable is not JSON; pass a mapping, list, string, number, boolean or None",
    ),
    "output that is not a number of JSON": (
        lambda ctx: ctx.response.done({"rate": float("nan")}),
        {},
        "done: output.rate: nan is not a JSON number; pass a finite number or None",
    ),
    "output that is no object": (
        lambda ctx: ctx.response.done("m", [1]),
        {},
        "done: output: needs an object (mapping, dataclass or model), not list",
    ),
    "input to continue with that is no object": (
        lambda ctx: ctx.response.continue_(7),
        {},
        "continue_: input: needs an object (mapping, dataclass or model), not int",
    ),
    "nothing": (
        lambda ctx: None,
        {},
        'Task definition "probe" returned nothing; return response.done() or another response.',
    ),
    "something else": (
        lambda ctx: "done",
        {},
        "Task definition \"probe\" returned str 'done'; return response.done() or another response.",
    ),
    "an error without a message": (
        lambda ctx: ctx.response.error({"code": "C"}),
        {},
        "error: needs a string, an exception, or a mapping with a string as its message",
    ),
    "a wait until a time without zone": (
        lambda ctx: ctx.response.continue_({}, until=datetime(2030, 1, 1)),  # noqa: DTZ001
        {},
        "continue_: until=datetime.datetime(2030, 1, 1, 0, 0) must be a datetime with a time zone",
    ),
    "a wait that is said twice": (
        lambda ctx: ctx.response.continue_({}, seconds=1, until=datetime(2030, 1, 1, tzinfo=UTC)),
        {},
        "continue_: seconds and until cannot be combined; give one",
    ),
    "an input that grows beyond a record": (
        lambda ctx: ctx.response.continue_({"big": "x" * 410_000}),
        {},
        "Failed to update task input: Item size to update has exceeded the maximum allowed size",
    ),
    "a status that there is not": (
        lambda ctx: ctx.store.update_task({"taskStatus": "finished"}),
        {},
        'update_task: there is no status "finished".',
    ),
    "a child of an unknown definition": (
        lambda ctx: ctx.trigger("nobody"),
        {},
        "Task definition was not found!",
    ),
}


@pytest.mark.parametrize("what", FAILING)
def test_the_task_fails_with_the_reason(bench: TaskBench, what: str) -> None:
    body, attributes, message = FAILING[what]
    run = bench.trigger(probe(body, **attributes), {"count": "many"}).run_to_end()
    assert run.task.status == "failed"
    assert run.task.finished_on is not None
    assert run.task.output is not None
    assert isinstance(error := run.task.output["error"], dict)
    assert str(error["message"]).startswith(message)
    assert (run.execution.status, run.states[-1]) == ("FAILED", "Error")
    assert (run.execution.error or "").startswith(message)
    assert run.logs[-1].items[-1].message == error["message"]


def test_an_output_above_the_cap_is_replaced_and_the_task_succeeds(bench: TaskBench) -> None:
    run = bench.trigger(probe(lambda ctx: ctx.response.done({"big": "x" * 240_000}))).run_to_end()
    assert (run.task.status, run.execution.status) == ("success", "SUCCEEDED")
    assert run.task.output == {
        "message": "Output size exceeds the maximum allowed size.",
        "size": 240_010,
        "max": 237_568,
    }
    assert run.execution.output["output"] == run.task.output


def test_an_output_that_no_record_holds_is_not_said_to_be_stored(bench: TaskBench) -> None:
    def run(ctx: Any) -> Any:
        ctx.store.update_output({"big": "x" * 410_000})
        return ctx.response.done()

    failed = bench.trigger(probe(run)).run_to_end()
    assert (failed.task.status, failed.execution.status) == ("failed", "FAILED")
    assert "Item size" in (failed.execution.error or "")


def test_an_input_that_no_record_holds_makes_no_task(open_emulator: Emulator, bench: TaskBench) -> None:
    bench.register(probe(lambda ctx: ctx.response.done()))
    with pytest.raises(TaskError, match=r"Item size has exceeded the maximum allowed size\nAn item of DynamoDB"):
        bench.trigger("probe", {"big": "x" * 410_000})
    assert not bench.list()
    assert not open_emulator.executions


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([1], "trigger: input: needs an object"),
        ({"at": Unserialisable()}, "trigger: input.at: Unserialisable is not JSON"),
        ({1: "one"}, "trigger: input: the key 1 is not a string"),
    ],
)
def test_an_input_that_is_not_json_makes_no_task(bench: TaskBench, given: Any, message: str) -> None:
    bench.register(probe(lambda ctx: ctx.response.done()))
    with pytest.raises(TypeError, match=message):
        bench.trigger("probe", given)
    assert not bench.list()


def test_an_unknown_definition_is_told_with_the_nearest(bench: TaskBench) -> None:
    bench.register(probe(lambda ctx: ctx.response.done()))
    with pytest.raises(EmulatorError, match='there is no task "prob"'):
        bench.trigger("prob")
    with pytest.raises(TaskDefinitionError, match="Task definition was not found!"):
        bench.tasks.trigger("prob")
    assert not bench.list()


def test_a_bad_id_is_refused_where_it_is_written() -> None:
    with pytest.raises(InvalidTaskIdError, match='Task ID "sync-articles" is invalid'):
        task(id="sync-articles", title="Sync")(lambda ctx: ctx.response.done())


def test_a_record_deleted_between_two_runs_ends_the_execution(open_emulator: Emulator, bench: TaskBench) -> None:
    body = probe(lambda ctx: ctx.response.continue_({}, seconds=60))
    run = bench.trigger(body).run_until_waiting()
    bench.tasks.delete(run.id)
    execution = open_emulator.finish(run.execution)
    message = f'Task "{run.id}" cannot be executed because it does not exist.'
    assert (execution.status, execution.error) == ("FAILED", message)
    assert json.loads(execution.cause or "") == {"message": message, "code": "TASK_NOT_FOUND"}
    assert bench.get(run.id) is None


def test_a_record_deleted_during_a_run_is_not_brought_back(open_emulator: Emulator, bench: TaskBench) -> None:
    def run(ctx: Any) -> Any:
        ctx.tasks.delete(ctx.store.get_task().id)
        return ctx.response.continue_({"more": True})

    gone = bench.trigger(probe(run))
    execution = open_emulator.finish(gone.execution)
    assert execution.status == "FAILED"
    assert execution.error == f'Entry "{gone.id}#0001" of model "webinyTask" was not found.'
    assert bench.get(gone.id) is None


def test_an_answer_above_256_kib_ends_the_execution_and_nobody_tells_the_record(bench: TaskBench) -> None:
    """What AWS does: the input is stored, the state machine takes no answer of that size (case 64).

    Recorded: Run's Catch of States.ALL takes it.
    """
    run = bench.trigger(probe(lambda ctx: ctx.response.continue_({"big": "x" * 270_000}))).run_to_end()
    assert (run.execution.status, run.execution.cause) == ("FAILED", "Fatal error - unknown task error.")
    assert run.execution.states["Run"].error == "States.DataLimitExceeded"
    assert run.task.status == "running"
    assert run.task.input is not None
    assert len(str(run.task.input["big"])) == 270_000
