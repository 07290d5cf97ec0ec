"""Reading a history: what a look costs, beside the run that it looks at, and a page of a long history."""

import gc
from time import perf_counter
from typing import Any

from benchmarks import bars
from benchmarks.machines import (
    LOOP_ITERATIONS,
    PASS,
    TASK,
    TASKS_THAT_FIT,
    Definition,
    chain,
    counter,
    counting,
    echo,
    loop,
    over_items,
)
from benchmarks.measure import Effort, Figure, seconds
from emulator import Emulator

PAGE_EVENTS = 10
HISTORY_EVENTS = 20_000
PASSES = 200


def figures(effort: Effort) -> list[Figure]:
    """``run.states`` as a share of the run, asked once after it has ended; milliseconds of a page."""
    iterations, items = effort.size(LOOP_ITERATIONS), effort.size(TASKS_THAT_FIT)
    numbers = effort.size(HISTORY_EVENTS // 4)
    return [
        _share(f"run.states, a loop of {iterations:,}", loop(TASK), {}, counting(iterations), effort),
        _share(f"run.states, a Map of {items:,} tasks", over_items(TASK), list(range(items)), echo, effort),
        _share(f"run.states, a count to {numbers:,}", counter(numbers), {"n": 0}, echo, effort),
        _share(
            f"run.states, a chain of {PASSES} Pass states", chain(PASSES), {}, echo, effort, bar=None, repetitions=100
        ),
        *_pages(effort),
    ]


def _share(
    name: str,
    definition: Definition,
    given: Any,
    handler: Any,
    effort: Effort,
    *,
    bar: float | None = bars.STATES_SHARE,
    repetitions: int = 5,
) -> Figure:
    shares, records = [], 0
    for _ in range(effort.times(repetitions) + 1):
        with Emulator() as emulator:
            emulator.lambda_function("work", handler)
            machine = emulator.state_machine(definition)
            began = perf_counter()
            run = emulator.run(machine, given).assert_succeeded()
            ran = perf_counter() - began
            gc.collect()  # what the run has left is not the look's to collect
            began = perf_counter()
            visits = sum(len(state.visits) for state in run.states.values())
            looked = perf_counter() - began
            assert visits == len(run.path)
            shares.append(looked / ran)
            records = len(run.records)
    return Figure(name, "of the run", shares[1:], bar, note=f"{records:,} events; read for the first time")


def _pages(effort: Effort) -> list[Figure]:
    items = effort.size((HISTORY_EVENTS - 6) // 4)
    with Emulator() as emulator:
        run = emulator.run(over_items(PASS), list(range(items))).assert_succeeded()
        client = emulator.client("stepfunctions")

        def page(**request: Any) -> None:
            found = client.get_execution_history(executionArn=run.arn, maxResults=PAGE_EVENTS, **request)["events"]
            assert len(found) == PAGE_EVENTS

        events = f"{PAGE_EVENTS} events of {len(run.records):,}"
        first = seconds(page, effort.times(50), per=1e-3)
        last = seconds(lambda: page(reverseOrder=True), effort.times(50), per=1e-3)
    return [
        Figure(f"GetExecutionHistory, {events}", "ms", first, bars.PAGE_MS, note="by boto3"),
        Figure(f"GetExecutionHistory, {events}, newest first", "ms", last, bars.PAGE_MS, note="by boto3"),
    ]
