"""What a call costs that a stub answers, beside one that a function answers, in executions of one emulator.

The machine is often shared, so the figures to compare are the ratios: all sides are measured in turns, and the least
disturbed of each count.
"""

from benchmarks.machines import TASK, echo, over_items
from benchmarks.measure import Effort, Figure, seconds
from emulator import Emulator

CALLS = 100_000
TASKS = 1000
"""Calls of one execution."""


def figures(effort: Effort) -> list[Figure]:
    """Seconds of as many calls, answered by a function, by a stub, and by one that has answers for items and inputs."""
    tasks = effort.size(TASKS)
    runs, rounds = max(1, effort.size(CALLS) // tasks), effort.times(1)
    return [_figure(name, tasks, runs, rounds) for name in ("a function", "a stub", "a stub with narrower answers")]


def _figure(name: str, tasks: int, runs: int, rounds: int) -> Figure:
    items = [{"item": number} for number in range(tasks)]
    definition = over_items(TASK)
    with Emulator(unused_stubs="allow") as emulator:
        machine = emulator.state_machine(definition)
        if name == "a function":
            emulator.lambda_function("work", echo)
        else:
            state = machine.program.tasks[0].name
            stub = emulator.task(state)
            stub.returns({"item": 0})
            if name != "a stub":
                stub.for_item(tasks).returns({"item": 1})
                stub.when(input={"item": -1}).returns({"item": 2})

        def work() -> None:
            for _ in range(runs):
                emulator.run(machine, items).assert_succeeded()

        samples = [each for _ in range(rounds) for each in seconds(work, 1)]
    return Figure(f"{tasks * runs:,} calls, answered by {name}", "s", samples)
