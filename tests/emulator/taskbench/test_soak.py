"""Long waits, long loops, many children: what comes out of them, at any size the same. Times are for ``benchmarks``."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest

from emulator import Emulator
from emulator.taskbench import FUNCTION_NAME, TaskBench
from emulator.taskbench.usage import usage_of
from emulator.tasks import Result, RunContext, private_task, task

Context = RunContext[dict[str, Any], dict[str, Any]]


@task(title="Loop", max_iterations=2_000)
def loop(ctx: Context) -> Result:
    turn = ctx.input.get("turn", 1)
    if turn == ctx.input["times"]:
        return ctx.response.done("Looped", {"turns": turn})
    return ctx.response.continue_({"turn": turn + 1}, seconds=ctx.input.get("seconds", 60))


@private_task(title="Child")
def child(ctx: Context) -> Result:
    return ctx.response.done(output={"number": ctx.input["number"]})


@task(title="Parent")
def parent(ctx: Context) -> Result:
    if not ctx.input.get("triggered"):
        for number in range(ctx.input["count"]):
            ctx.trigger(child, {"number": number})
        return ctx.response.continue_({"triggered": True}, seconds=60)
    children = ctx.store.list_child_tasks("child")
    return ctx.response.done(output={"done": sum(each.status == "success" for each in children)})


@pytest.fixture
def world() -> Iterator[Emulator]:
    with Emulator() as emulator:
        emulator.tasks.register(loop, child, parent)
        yield emulator


@pytest.fixture
def bench(world: Emulator) -> TaskBench:
    return world.tasks


def test_the_longest_wait_passes_at_once(bench: TaskBench) -> None:
    """Case 112: 355 days, and a wait that is asked for beyond them."""
    run = bench.trigger("loop", {"times": 2, "seconds": 999_999_999}).run_until_waiting()
    assert run.waiting_for == 30_672_000
    run.run_to_end()
    assert (run.task.status, run.execution.elapsed) == ("success", timedelta(days=355))
    finished = run.task.finished_on
    assert finished is not None
    assert finished - run.task.created_on == timedelta(days=355)


def test_every_iteration_costs_the_same_calls(bench: TaskBench) -> None:
    """However long the loop is: five calls of DynamoDB, nine events."""
    run = bench.trigger("loop", {"times": 40}).run_to_end()
    assert run.task.output == {"turns": 40}
    assert {(each.reads, each.writes) for each in run.iterations} == {(1, 4)}
    assert {each.history_events for each in run.usage.iterations[:-1]} == {9}
    assert [log.iteration for log in run.logs] == list(range(1, 41))
    assert run.execution.elapsed == timedelta(minutes=39)


def test_children_run_beside_their_parent(bench: TaskBench) -> None:
    run = bench.trigger("parent", {"count": 25}).run_to_end()
    assert run.task.output == {"done": 25}
    numbers = [tree.task.output and tree.task.output["number"] for tree in run.tree.children]
    assert numbers == list(range(25))
    assert {(child.iterations[0].reads, child.iterations[0].writes) for child in run.children} == {(1, 4)}


EVENT = {"webinyTaskId": "t1", "webinyTaskDefinitionId": "any", "tenant": "root", "locale": "en-US", "delay": 0}


def answering(world: Emulator, continues: int) -> Any:
    """The execution of the deployed machine, whose function continues so often, with a wait, and is then done."""
    world.tasks.list()
    left = iter(range(continues))

    def handler(_event: Any, _context: Any) -> Any:
        more: dict[str, Any] = {"status": "done"} if next(left, None) is None else {"status": "continue", "wait": 1}
        return {**EVENT, "delay": -1, **more}

    world.lambda_function(FUNCTION_NAME, handler, timeout_seconds=900)
    entry = {"Source": "s", "DetailType": "WebinyBackgroundTask", "EventBusName": "background-tasks"}
    detail = '{"webinyTaskId":"t1","webinyTaskDefinitionId":"any","tenant":"root","locale":"en-US","delay":0}'
    boto3.client("events").put_events(Entries=[{**entry, "Detail": detail}])
    return world.finish(world.executions[-1])


def test_2700_iterations_with_a_wait_fit_into_a_history(world: Emulator) -> None:
    execution = answering(world, 2_699)
    usage = usage_of(execution)
    assert (execution.status, len(usage.iterations)) == ("SUCCEEDED", 2_700)
    assert usage.history_events == len(execution.records)
    assert usage.history_events_left == 25_000 - usage.history_events
    assert usage.iterations_left == usage.history_events_left // 9


def test_what_there_is_room_for_does_fit_and_no_more(world: Emulator) -> None:
    """X14: 25,000 events are 2,777 iterations with a wait."""
    execution = answering(world, 10_000)
    assert execution.status == "FAILED"
    usage = usage_of(execution)
    assert (usage.history_events, usage.iterations_left) == (25_000, 0)
    assert sum(each.history_events == 9 for each in usage.iterations) == 2_777
    assert usage.iterations[-1].history_events < 9
