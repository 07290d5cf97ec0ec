"""What a test may look at: the event, the tree of children, what was used of AWS's limits."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest

from emulator import Emulator, EmulatorError
from emulator.cli.task_report import document, report_lines
from emulator.taskbench import Entry, IterationUsage, TaskBench
from emulator.tasks import Result, RunContext, private_task, task

Context = RunContext[dict[str, Any], dict[str, Any]]


@task(title="Wait", max_iterations=10)
def waits(ctx: Context) -> Result:
    if (left := ctx.input.get("left", 1)) == 0:
        return ctx.response.done("Waited", {"text": "x" * ctx.input.get("output", 10)})
    return ctx.response.continue_(
        {"left": left - 1, "pad": "x" * ctx.input.get("pad_bytes", 0)}, seconds=ctx.input["seconds"]
    )


@private_task(title="Leaf")
def leaf(ctx: Context) -> Result:
    return ctx.response.done()


@private_task(title="Branch")
def branch(ctx: Context) -> Result:
    ctx.trigger(leaf, {}, name="Leaf of branch")
    return ctx.response.done()


@task(title="Root")
def root(ctx: Context) -> Result:
    ctx.trigger(branch, {})
    ctx.trigger(leaf, {}, name="Leaf of root")
    return ctx.response.done()


@pytest.fixture
def world() -> Iterator[Emulator]:
    with Emulator() as emulator:
        emulator.tasks.register(waits, leaf, branch, root)
        yield emulator


@pytest.fixture
def bench(world: Emulator) -> TaskBench:
    return world.tasks


def test_the_entry_is_as_it_was_sent(bench: TaskBench) -> None:
    run = bench.trigger("waits", {"seconds": 5}, delay=7)
    assert run.entry == Entry(
        source="webiny-api-tasks",
        detail_type="WebinyBackgroundTask",
        event_bus_name="background-tasks",
        detail={
            "webinyTaskId": run.id,
            "webinyTaskDefinitionId": "waits",
            "tenant": "root",
            "locale": "en-US",
            "delay": 7,
        },
        detail_text=f'{{"webinyTaskId":"{run.id}","webinyTaskDefinitionId":"waits","tenant":"root","locale":"en-US","delay":7}}',
    )
    assert "input" not in run.entry.detail


def test_entries_are_those_of_tasks_in_order(bench: TaskBench) -> None:
    other = {"Source": "shop", "DetailType": "Order", "Detail": "{}"}
    boto3.client("events").put_events(Entries=[other])
    run = bench.trigger("root").run_to_end()
    assert [entry.task_id for entry in bench.entries] == [run.id, *(child.id for child in bench.runs[1:])]
    assert [entry.detail["webinyTaskDefinitionId"] for entry in bench.entries] == ["root", "branch", "leaf", "leaf"]


def test_a_record_that_was_only_created_has_no_entry(bench: TaskBench) -> None:
    made = bench.tasks.create("waits", name="By hand")
    with pytest.raises(EmulatorError, match=f"no event was put for task {made.id}"):
        _ = bench.find(made.id).entry


def test_children_are_a_tree(bench: TaskBench) -> None:
    run = bench.trigger("root").run_to_end()
    assert str(run.tree) == (
        'root "Root" success, 1 iteration\n'
        '  branch "Branch" success, 1 iteration\n'
        '    leaf "Leaf of branch" success, 1 iteration\n'
        '  leaf "Leaf of root" success, 1 iteration'
    )
    depths = [(depth, tree.task.definition_id, tree.run.id) for depth, tree in run.tree.walk()]
    assert [each[:2] for each in depths] == [(0, "root"), (1, "branch"), (2, "leaf"), (1, "leaf")]
    assert depths[1][2] == run.children[0].id


def test_history_events_are_counted(bench: TaskBench) -> None:
    """Nine events an iteration with a wait, seven without one: the figures of the reference's X14."""
    run = bench.trigger("waits", {"seconds": 60, "left": 3}).run_to_end()
    usage = run.usage
    assert usage.history_events == len(run.execution.history)
    assert [each.history_events for each in usage.iterations] == [9, 9, 9, 7]
    assert usage.history_events_left == 25_000 - usage.history_events
    assert usage.iterations_left == usage.history_events_left // 9
    without = bench.trigger("waits", {"seconds": 0, "left": 3}).run_to_end().usage
    assert [each.history_events for each in without.iterations] == [7, 7, 7, 7]


def test_nothing_is_used_before_the_first_iteration(bench: TaskBench) -> None:
    usage = bench.trigger("waits", {"seconds": 60}).usage
    assert (usage.history_events, usage.iterations, usage.iterations_left, usage.output_share) == (0, (), None, None)
    assert usage.largest_payload_bytes == 0


def test_payloads_are_measured(bench: TaskBench) -> None:
    run = bench.trigger("waits", {"seconds": 60, "pad_bytes": 131_072}).run_to_end()
    first, second = run.usage.iterations
    assert isinstance(first, IterationUsage)
    assert first.result_bytes is not None
    assert 131_072 < first.result_bytes < 131_500
    assert second.event_bytes < 1_000
    assert run.usage.largest_payload_bytes == first.result_bytes
    assert 0.5 < run.usage.payload_share < 0.51
    assert run.usage.output_bytes == len('{"text":"xxxxxxxxxx"}')


@pytest.mark.case(177)
def test_an_output_at_the_cap_is_all_of_it(bench: TaskBench) -> None:
    run = bench.trigger("waits", {"seconds": 60, "output": 237_568 - len('{"text":""}')}).run_to_end()
    assert (run.usage.output_bytes, run.usage.output_share) == (237_568, 1.0)


@pytest.mark.case(64)
def test_a_payload_that_was_too_large_has_no_result(bench: TaskBench) -> None:
    run = bench.trigger("waits", {"seconds": 60, "pad_bytes": 262_144}).run_to_end()
    assert run.execution.states["Run"].error == "States.DataLimitExceeded"
    [iteration] = run.usage.iterations
    assert iteration.result_bytes is None or iteration.result_bytes > 262_144


def test_the_report_and_its_document_tell_what_was_used(bench: TaskBench) -> None:
    run = bench.trigger("waits", {"seconds": 60, "left": 3}).run_to_end()
    lines = report_lines(run, real_seconds=0, width=100)
    events, left = run.usage.history_events, run.usage.iterations_left
    assert f"  history    {events} of 25,000 events, up to 9 an iteration: room for {left:,} more" in lines
    assert any(line.startswith("  payload    at most ") and line.endswith("of 262,144 bytes") for line in lines)
    assert document(run, real_seconds=0)["usage"] == {
        "history_events": events,
        "history_events_left": 25_000 - events,
        "iterations_left": left,
        "largest_payload_bytes": run.usage.largest_payload_bytes,
        "output_bytes": run.usage.output_bytes,
    }


def test_a_long_wait_is_followed_without_reading_all_of_the_history(bench: TaskBench) -> None:
    run = bench.trigger("waits", {"seconds": 30_672_000, "left": 9})
    waits_ = []
    while run.run_until_waiting().waiting_for is not None:
        waits_.append(run.waiting_for)
    assert waits_[0] == 30_672_000
    assert run.execution.elapsed > timedelta(days=355)
