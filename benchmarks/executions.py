"""Many executions at once, in one emulator."""

from benchmarks import bars
from benchmarks.machines import four_states
from benchmarks.measure import Effort, Figure, bare_seconds, seconds
from emulator import Emulator

COUNT = 200


def figures(effort: Effort) -> list[Figure]:
    """Milliseconds until 200 executions are over that were all started before the first had waited."""
    definition = four_states(wait_seconds=1)
    records = 0

    def run() -> None:
        nonlocal records
        with Emulator() as emulator:
            machine = emulator.state_machine(definition)
            executions = [emulator.start(machine) for _ in range(COUNT)]
            assert all(execution.status == "RUNNING" for execution in executions)
            for execution in executions:
                emulator.finish(execution).assert_succeeded()
            records = sum(len(execution.records) for execution in executions)

    samples = seconds(run, effort.times(30), per=1e-3)
    bare = bare_seconds(records, per=1e-3)
    peer = ("executions", 1000.0, "all started, then all awaited; waits of 0 s")
    return [Figure("200 four-state executions", "ms", samples, bars.EXECUTIONS_MS, bare, peer)]
