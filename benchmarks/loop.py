"""A background task's loop: a handler, a Choice and a Wait, 2,700 times, which AWS's history can just hold."""

import importlib
import json
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks import bars
from benchmarks.machines import LOOP_ITERATIONS, PEER_ITERATIONS, TASK, counting, counting_by_the_clock, loop
from benchmarks.measure import Effort, Figure, answer_of, bare_seconds, seconds
from emulator.lambda_.time import patches

EVENTS_AN_ITERATION = 9
BACKENDS = {"time_machine": "time-machine", "freezegun": "freezegun only"}
"""What shows a handler its time: package -> its name here."""
HANDLERS: tuple[Callable[[int], Callable[[Any, Any], Any]], ...] = (counting, counting_by_the_clock)


def figures(effort: Effort) -> list[Figure]:
    """Milliseconds of the whole loop, by what shows the handler its time; each in a process of its own."""
    many = effort.size(LOOP_ITERATIONS)
    bare = bare_seconds(EVENTS_AN_ITERATION * many, per=1e-3)
    peer = (
        "loop",
        1000.0,
        f"a Pass for the handler, waits of 0 s, {PEER_ITERATIONS} iterations, scaled",
    )
    note = f"{EVENTS_AN_ITERATION} history events an iteration"
    found = []
    for backend, name in BACKENDS.items():
        if backend in patches.installed():
            plain, clock = _measured(backend, many, effort)
            title = f"loop of {many:,}, {name}"
            found.append(Figure(title, "ms", plain, bars.LOOP_MS, bare, peer, note))
            found.append(Figure(f"{title}, handler reads the clock", "ms", clock, bars.LOOP_MS, bare))
    return found


def _measured(backend: str, iterations: int, effort: Effort) -> list[list[float]]:
    """Milliseconds with each of ``HANDLERS``, in a process that has no other backend."""
    preload = "" if effort.quick else "moto.dynamodb.models"
    found: list[list[float]] = answer_of("benchmarks.loop", backend, str(iterations), str(effort.times(7)), preload)
    return found


def main(backend: str, iterations: int, repetitions: int, preload: str) -> list[list[float]]:
    """Run the loops with this backend.

    ``preload`` is a module to load first: showing a handler its time costs more the more modules hold ``datetime``,
    and in a test session moto's are loaded.
    """
    if backend != "time_machine":
        sys.modules["time_machine"] = None  # type: ignore[assignment]  # as if it were not installed
    if preload:
        importlib.import_module(preload)
    from emulator import Emulator

    assert patches.choose() == backend
    definition = loop(TASK)

    def run(handler: Callable[[Any, Any], Any]) -> None:
        with Emulator() as emulator:
            emulator.lambda_function("work", handler)
            execution = emulator.run(definition).assert_succeeded()
            assert execution.elapsed.total_seconds() == 60 * (iterations - 1)
            assert abs(len(execution.records) - EVENTS_AN_ITERATION * iterations) < EVENTS_AN_ITERATION

    return [seconds(partial(run, make(iterations)), repetitions, per=1e-3) for make in HANDLERS]


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])))
