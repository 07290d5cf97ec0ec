"""Peak memory of the Map and of the loop: what Python allocated for it, and the whole process."""

import json
import sys
import tracemalloc

from benchmarks import bars
from benchmarks.machines import (
    LOOP_ITERATIONS,
    PASS,
    PASSES_THAT_FIT,
    TASK,
    TASKS_THAT_FIT,
    counting,
    echo,
    loop,
    over_items,
)
from benchmarks.measure import Effort, Figure, answer_of, peak_megabytes


def figures(effort: Effort) -> list[Figure]:
    """Megabytes (10^6 bytes); each sample is a process of its own, and tracing has one for itself."""
    idle = answer_of("benchmarks.memory", "nothing", "0", "resident")
    subjects = tuple(TITLES)[: effort.times(len(TITLES))]
    return [figure for name in subjects for figure in _peaks(name, effort, idle)]


TITLES = {
    "tasks": ("Map of {:,} tasks", TASKS_THAT_FIT, bars.MAP_MB),
    "passes": ("Map of {:,} Pass items", PASSES_THAT_FIT, bars.MAP_MB),
    "loop": ("loop of {:,}", LOOP_ITERATIONS, None),
}


def _peaks(name: str, effort: Effort, idle: float) -> list[Figure]:
    title, whole, bar = TITLES[name]
    size = effort.size(whole)
    arguments = ("benchmarks.memory", name, str(size))
    resident = [answer_of(*arguments, "resident") for _ in range(effort.times(3))]
    traced = [answer_of(*arguments, "traced")]
    note = f"ru_maxrss; an emulator with nothing to do has {idle:.0f} MB"
    return [
        Figure(f"{title.format(size)}, peak of the process", "MB", resident, bar, note=note),
        Figure(f"{title.format(size)}, peak of what it allocated", "MB", traced, note="tracemalloc"),
    ]


def main(name: str, size: int, how: str) -> float:
    """Run it once; the peak in megabytes."""
    from emulator import Emulator

    with Emulator() as emulator:
        if how == "traced":
            tracemalloc.start()
        if name != "nothing":
            handler = counting(size) if name == "loop" else echo
            emulator.lambda_function("work", handler)
            definition = loop(TASK) if name == "loop" else over_items(PASS if name == "passes" else TASK)
            emulator.run(definition, {} if name == "loop" else list(range(size))).assert_succeeded()
        if how == "traced":
            return tracemalloc.get_traced_memory()[1] / 1e6
    return peak_megabytes()


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), sys.argv[3])))
