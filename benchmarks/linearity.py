"""Whether the thousandth execution of an emulator costs what its first one does."""

from statistics import median

from benchmarks import bars
from benchmarks.machines import TASK, counting, loop
from benchmarks.measure import Effort, Figure, seconds
from emulator import Emulator

ITERATIONS = 2000
"""In one execution: its 18,000 events stay below the 25,000 that AWS keeps."""
EXECUTIONS = 10


def figures(effort: Effort) -> list[Figure]:
    """20,000 iterations in one emulator, as the multiple of 2,000 in each of ten."""
    iterations = effort.size(ITERATIONS)

    def execute(count: int) -> None:
        with Emulator() as emulator:
            emulator.lambda_function("work", counting(iterations))
            machine = emulator.state_machine(loop(TASK))
            for _ in range(count):
                emulator.run(machine).assert_succeeded()

    def apart() -> None:
        for _ in range(EXECUTIONS):
            execute(1)

    ratios, together = [], []
    for _ in range(effort.times(5)):
        whole = seconds(lambda: execute(EXECUTIONS), 1)[0]
        together.append(whole * 1000)
        ratios.append(whole / seconds(apart, 1)[0])
    total = EXECUTIONS * iterations
    note = f"{EXECUTIONS} executions of {iterations:,} iterations; {median(together):,.0f} ms in one emulator"
    return [Figure(f"loop of {total:,} in one emulator, by ten apart", "x", ratios, bars.LINEAR, note=note)]
