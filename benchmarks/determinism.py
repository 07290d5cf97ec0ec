"""The same definition, input and seed: the same history, byte for byte."""

import json
import sys
from datetime import datetime
from hashlib import sha256
from typing import Any

from benchmarks import bars
from benchmarks.machines import FUNCTION
from benchmarks.measure import Effort, Figure, answer_of

RUNS = 1000
HASH_SEEDS = ("0", "1", "2", "3")
"""Python's own chance: each process orders its sets differently."""

_DRAW = {
    "Type": "Pass",
    "Parameters": {"id.$": "States.UUID()", "number.$": "States.MathRandom(1, 1000000)", "item.$": "$"},
    "Next": "Work",
}
_RETRY = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "MaxAttempts": 3, "JitterStrategy": "FULL"}
_WORK = {"Type": "Task", "Resource": FUNCTION, "TimeoutSeconds": 30, "Retry": [_RETRY], "End": True}
_EACH = {"StartAt": "Draw", "States": {"Draw": _DRAW, "Work": _WORK}}
_REST = {"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 7, "End": True}}}
_MAP = {"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemProcessor": _EACH, "End": True}}}
MACHINE = {"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "Branches": [_MAP, _REST], "End": True}}}
"""A Map beside a Wait, with random ids and numbers, a handler that fails at first, and retries with jitter."""


def figures(effort: Effort) -> list[Figure]:
    """How many different histories there are among 1,000, made in processes of their own."""
    runs = effort.size(RUNS) // len(HASH_SEEDS) or 1
    found: set[str] = set()
    seeds = HASH_SEEDS[: effort.times(len(HASH_SEEDS)) + 1]
    for hash_seed in seeds:
        found |= set(answer_of("benchmarks.determinism", str(runs), PYTHONHASHSEED=hash_seed))
    total = runs * len(seeds)
    name = f"distinct histories of {total:,} runs"
    return [Figure(name, "", [float(len(found))], bars.DISTINCT_HISTORIES, note="a Map with UUIDs, jitter and retries")]


def history_hash(seed: int) -> str:
    """The hash of a history, made by an emulator of its own."""
    from emulator import Emulator

    with Emulator(seed=seed) as emulator:
        failed: set[str] = set()

        def fail_once(event: dict[str, Any], context: object) -> dict[str, Any]:
            if event["id"] in failed:
                return event
            failed.add(event["id"])
            raise OSError("the first attempt fails")

        emulator.lambda_function("work", fail_once)
        execution = emulator.run(MACHINE, [3, 1, 2]).assert_succeeded()
        text = json.dumps(execution.history, default=datetime.isoformat)
    return sha256(text.encode()).hexdigest()


def main(runs: int) -> list[str]:
    """The different hashes of ``runs`` runs; another seed has to give another one, or there was no chance in it."""
    found = {history_hash(7) for _ in range(runs)}
    assert history_hash(8) not in found
    return sorted(found)


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
