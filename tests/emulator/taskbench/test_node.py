"""A Lambda function of the user's own behind the machine of background tasks: one in Node.js, one in Python.

"case N" is a case of the behaviour reference of background tasks.
"""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator, EmulatorError, NodeHandler
from emulator.taskbench import TaskRun
from emulator.tasks import RunContext, task
from tests.needs import needs_node

ANSWERS = """
    const runs = {};
    export const handler = async ({ payload }) => {
      const { webinyTaskId: id, webinyTaskDefinitionId: text } = payload;
      runs[id] = (runs[id] ?? 0) + 1;
      const answers = JSON.parse(text);
      const answer = answers[Math.min(runs[id], answers.length) - 1];
      if (answer === 'payload') return { status: 'done', payload };
      if (answer === 'throw') throw new Error('boom');
      if (answer === 'exit') process.exit(1);
      if (answer === 'sleep') await new Promise((done) => setTimeout(done, 901_000));
      if (answer === 'slow') await new Promise((done) => setTimeout(done, 100_000));
      return answer === 'slow' ? { status: 'done' } : answer;
    };"""


TASK_ERROR = "Fatal error - unknown task error."
STATUS_ERROR = "Fatal error - unknown status."
FAILS = ("throw", "exit", "sleep")


@pytest.fixture
def world(emulator: Emulator, tmp_path: Path) -> Emulator:
    (tmp_path / "tasks.mjs").write_text(ANSWERS)
    emulator.tasks.handler = NodeHandler("tasks.handler", root=tmp_path)
    return emulator


def send(world: Emulator, *answers: Any, **given: Any) -> TaskRun:
    """A task whose runs answer so, one after the other."""
    return world.tasks.send(json.dumps(answers), **given)


@needs_node
def test_the_handler_gets_the_event_of_the_machine(world: Emulator) -> None:
    """Cases 50 and 63: eight keys, the delay of the event first, then -1."""
    again = {"status": "continue", "delay": -1, "wait": 5}
    same = {"webinyTaskId": "one", "webinyTaskDefinitionId": "x", "tenant": "t", "locale": "de-DE"}
    run = send(world, {**again, **same, "webinyTaskDefinitionId": json.dumps([0, "payload"])}, tenant="t", id="one")
    run.run_to_end()
    assert run.execution.output["payload"] == {
        **same,
        "webinyTaskDefinitionId": '[0, "payload"]',
        "delay": -1,
        "endpoint": "manage",
        "executionName": run.execution.name,
        "stateMachineId": run.execution.state_machine.arn,
    }
    first = send(world, "payload", delay=0, locale="fr-FR").run_to_end()
    assert (first.execution.output["payload"]["delay"], first.execution.output["payload"]["locale"]) == (0, "fr-FR")


@needs_node
@pytest.mark.parametrize(
    ("answer", "state", "status", "error", "cause"),
    [
        pytest.param({"status": "done", "output": {"a": 1}}, "Done", "SUCCEEDED", None, None, id="case 51"),
        pytest.param({"status": "aborted"}, "Aborted", "SUCCEEDED", None, None, id="case 52"),
        pytest.param(
            {"status": "error", "error": {"message": "boom", "code": "C"}},
            "Error",
            "FAILED",
            "boom",
            '{"message":"boom","code":"C"}',
            id="case 53",
        ),
        pytest.param(None, "UnknownError", "FAILED", None, TASK_ERROR, id="case 58"),
        pytest.param({"status": "weird"}, "UnknownStatus", "FAILED", None, STATUS_ERROR, id="case 59"),
        pytest.param("throw", "UnknownError", "FAILED", None, TASK_ERROR, id="case 61, throws"),
        pytest.param("exit", "UnknownError", "FAILED", None, TASK_ERROR, id="case 61, exits"),
        pytest.param("sleep", "UnknownError", "FAILED", None, TASK_ERROR, id="case 61, sleeps"),
    ],
)
def test_what_the_handler_answers_decides(
    world: Emulator, answer: Any, state: str, status: str, error: str | None, cause: str | None
) -> None:
    run = send(world, answer).run_to_end()
    assert run.states == ["TransformEvent", "Run", *(["CheckStatus"] if answer not in FAILS else []), state]
    assert (run.execution.status, run.execution.error, run.execution.cause) == (status, error, cause)


@needs_node
def test_iterations_are_written_down_with_their_time(world: Emulator) -> None:
    world.tasks.lambda_timeout_seconds = 600
    run = send(world, "slow").run_to_end()
    (iteration,) = run.iterations
    assert (iteration.number, iteration.duration) == (1, timedelta(seconds=100))
    assert iteration.remaining_ms_at_end == 500_000
    assert iteration.result is not None
    assert iteration.result.status == "done"
    failed = send(world, "exit").run_to_end()
    assert [each.result for each in failed.iterations] == [None]


@needs_node
def test_something_can_happen_when_an_iteration_begins(world: Emulator) -> None:
    fields = {"webinyTaskId": "one", "webinyTaskDefinitionId": '[0,{"status":"done"}]', "tenant": "t", "locale": "l"}
    run = send(world, {**fields, "status": "continue", "delay": -1, "wait": 60}, id="one")
    seen: list[Any] = []
    run.at(iteration=2, call=lambda: seen.append(world.clock.now()))
    run.run_to_end()
    assert [at.isoformat() for at in seen] == ["2030-01-01T00:01:00+00:00"]


@needs_node
def test_what_a_test_plans_happens_to_it_too(world: Emulator, tmp_path: Path) -> None:
    (tmp_path / "left.mjs").write_text(
        "let calls = 0; export const handler = async ({ payload: { endpoint, ...ids } }, context) => ({ ...ids, "
        "delay: -1, wait: 1, status: ++calls < 3 ? 'continue' : 'done', "
        "input: { left: context.getRemainingTimeInMillis() } });"
    )
    world.tasks.handler = f"node:{tmp_path}/left.mjs#handler"
    run = world.tasks.send("left").remaining(iteration=2, milliseconds=5000).run_to_end()
    assert [each.result and each.result.input for each in run.iterations] == [
        {"left": 900_000},
        {"left": 5_000},
        {"left": 900_000},
    ]
    begins = {"before": "iteration"}
    for plan, where, ended in (
        ("kill", begins, "exited"),
        ("time_out", begins, "timed out"),
        ("throttle", {}, "throttled"),
    ):
        failing = getattr(world.tasks.send("left"), plan)(iteration=1, **where).run_to_end()
        assert [each.ended for each in failing.iterations] == [ended]
        assert failing.states[-1] == "UnknownError"


@needs_node
def test_how_an_iteration_ended_is_written_down(world: Emulator) -> None:
    ends = [send(world, answer).run_to_end().iterations[0].ended for answer in ("throw", "exit", "sleep", "slow")]
    assert ends == ["raised", "exited", "timed out", "answered"]


@needs_node
def test_a_write_to_the_table_of_tasks_is_counted_and_may_be_refused(world: Emulator, tmp_path: Path) -> None:
    (tmp_path / "writes.mjs").write_text(
        "export const handler = async ({ payload: { webinyTaskId } }) => {"
        " const body = JSON.stringify({ TableName: 'background-tasks', Key: { PK: { S: 'x' }, SK: { S: 'x' } } });"
        " const headers = { 'x-amz-target': 'DynamoDB_20120810.DeleteItem' };"
        " const answer = await fetch(process.env.AWS_ENDPOINT_URL, { method: 'POST', headers, body });"
        " return { status: 'done', output: { code: (await answer.json()).__type ?? null } }; };"
    )
    world.tasks.handler = NodeHandler("writes.handler", root=tmp_path)
    refused = world.tasks.send("writes").fail_write(error="ThrottlingException", iteration=1).run_to_end()
    assert refused.execution.output["output"] == {"code": "ThrottlingException"}
    written = world.tasks.send("writes").run_to_end()
    assert [(each.reads, each.writes) for each in written.iterations] == [(0, 1)]


def test_a_handler_by_a_name_in_python_is_refused(emulator: Emulator) -> None:
    with pytest.raises(EmulatorError) as refused:
        emulator.tasks.handler = "shop.tasks:handler"
    assert str(refused.value) == (
        "tasks.handler = 'shop.tasks:handler': give the function itself, or node:folder/file.name"
    )


@needs_node
def test_two_hundred_waits_of_a_handler_in_node_take_no_time(world: Emulator, tmp_path: Path) -> None:
    (tmp_path / "loop.mjs").write_text(
        "let runs = 0; export const handler = async ({ payload: { endpoint, ...ids } }) => "
        "({ ...ids, delay: -1, ...(++runs < 200 ? { status: 'continue', wait: 86400 } : { status: 'done' }) });"
    )
    world.tasks.handler = NodeHandler("loop.handler", root=tmp_path)
    run = world.tasks.send("loop").run_to_end()
    assert (len(run.iterations), run.execution.elapsed) == (200, timedelta(days=199))


def test_a_function_in_python_may_take_its_place_too_and_give_it_back(emulator: Emulator) -> None:
    @task(title="Ours")
    def ours(ctx: RunContext[Any, Any]) -> Any:
        return ctx.response.done("by our own handler")

    bench = emulator.tasks
    own = bench.handler
    bench.handler = lambda event, context: {"status": "done", "message": event["payload"]["webinyTaskDefinitionId"]}
    assert bench.send("anything").run_to_end().execution.output == {"status": "done", "message": "anything"}
    bench.handler = None
    assert bench.handler == own
    run = bench.trigger(ours).run_to_end()
    assert run.execution.output["message"] == "by our own handler"
    assert len(run.iterations) == 1


def test_a_task_that_somebody_else_keeps_has_no_record_here(emulator: Emulator) -> None:
    emulator.tasks.handler = lambda event, context: {"status": "done"}
    run = emulator.tasks.send("anything", id="theirs").run_to_end()
    with pytest.raises(EmulatorError, match='there is no task with the id "theirs"'):
        _ = run.task
    assert run.children == []
