"""What a call of a handler in Python adds to the handler itself, beside a request to moto, in one process.

The machine is often shared, so the figures to compare are the ratios: both sides are measured in turns, and the least
disturbed of each count. ``bare`` is a plain loop that reads the event, calls the same handler, and writes the answer.
"""

import json
from collections.abc import Callable
from typing import Any

from benchmarks import bars
from benchmarks.machines import TASK, echo, over_items
from benchmarks.measure import Effort, Figure, seconds
from emulator import Emulator

TASKS = 1000
CALLS = 100


def figures(effort: Effort) -> list[Figure]:
    """Milliseconds of calls in one execution, and of as many calls and requests that the test makes."""
    tasks, calls, rounds = effort.size(TASKS), effort.size(CALLS), effort.times(9)
    items = [{"item": number} for number in range(tasks)]
    with Emulator() as emulator:
        emulator.lambda_function("work", echo)
        emulator.lambda_function("with_variables", echo, environment={"TABLE": "orders"})
        clients = emulator.client("lambda"), emulator.client("sqs")

        def of_map() -> None:
            emulator.run(over_items(TASK), items).assert_succeeded()

        def invoked(name: str) -> Callable[[], object]:
            return lambda: [clients[0].invoke(FunctionName=name, Payload=b"{}") for _ in range(calls)]

        def asked() -> None:
            for _ in range(calls):
                clients[1].list_queues()

        measured = {
            f"Map of {tasks:,} tasks, each a call of a handler": (of_map, tasks),
            f"{calls} calls of Invoke, by boto3": (invoked("work"), calls),
            f"{calls} calls of Invoke, the function has variables": (invoked("with_variables"), calls),
            f"{calls} requests to moto, ListQueues": (asked, calls),
        }
        found = [_figure(name, work, count, rounds) for name, (work, count) in measured.items()]
    return [_against_bare(found[0]), *found]


def _figure(name: str, work: Callable[[], object], count: int, rounds: int) -> Figure:
    events = [json.dumps({"item": number}) for number in range(count)]
    samples, bare = [], []
    for _ in range(rounds):
        samples += seconds(work, 1, per=1e-3)
        bare += seconds(lambda: _bare(events), 1, per=1e-3)
    return Figure(name, "ms", samples, bare=min(bare), note=f"{min(samples) / min(bare):.1f} times the bare loop")


def _against_bare(figure: Figure) -> Figure:
    """The figure with the bar: how often the bare loop fits into it, whatever the machine is."""
    assert figure.bare is not None
    ratios = [sample / figure.bare for sample in figure.samples]
    return Figure(
        f"{figure.name}, by a bare loop", "x", ratios, bars.HANDLER_RATIO, note="the whole Map, not the call alone"
    )


def _bare(events: list[str]) -> list[Any]:
    return [json.dumps(echo(json.loads(event), None)) for event in events]
