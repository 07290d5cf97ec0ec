"""A distributed Map: its time, and the peak of its memory, each in a process of its own."""

import importlib.util
import json
import sys
from time import perf_counter

from benchmarks import bars
from benchmarks.machines import echo, one, over_distributed
from benchmarks.measure import Effort, Figure, answer_of, peak_megabytes

ITEMS = 10_000
MANY_ITEMS = 100_000

EXECUTION_TYPES = ("STANDARD", "EXPRESS")


def figures(effort: Effort) -> list[Figure]:
    """Milliseconds, and megabytes of the process as a whole."""
    if importlib.util.find_spec("asl.states.distributed") is None:
        why = "skipped: this tree has no distributed Map (asl/states/distributed.py)"
        return [Figure(f"distributed Map of {ITEMS:,} tasks", "ms", [], bars.DISTRIBUTED_10_000_MS, note=why)]
    found = []
    for execution_type in EXECUTION_TYPES[: effort.times(2)]:
        found += _measured(f"distributed Map of {{:,}} tasks, {execution_type}", execution_type, effort)
    return found


def _measured(title: str, execution_type: str, effort: Effort) -> list[Figure]:
    items, many = effort.size(ITEMS), effort.size(MANY_ITEMS)
    runs = [answer_of("benchmarks.distributed", execution_type, str(items)) for _ in range(effort.times(5))]
    name = title.format(items)
    times, peaks = ([run[part] for run in runs] for part in ("ms", "mb"))
    found = [
        Figure(name, "ms", times, bars.DISTRIBUTED_10_000_MS),
        Figure(f"{name}, peak", "MB", peaks, bars.DISTRIBUTED_MB, note="ru_maxrss"),
    ]
    if not effort.quick:
        run = answer_of("benchmarks.distributed", execution_type, str(many), "from_s3")
        note = "items from an object of S3, in moto, which is in the peak"
        name = title.format(many)
        found += [Figure(name, "ms", [run["ms"]], note=note), Figure(f"{name}, peak", "MB", [run["mb"]], note=note)]
    return found


def main(execution_type: str, items: int, *, from_s3: bool) -> dict[str, float]:
    """Run it once: milliseconds, and the peak of this process in megabytes."""
    from emulator import Emulator

    bucket, key = "items", "items.json"
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON"},
        "Parameters": {"Bucket": bucket, "Key": key},
    }
    with Emulator() as emulator:
        emulator.lambda_function("work", one if from_s3 else echo)
        if from_s3:
            client = emulator.client("s3")
            client.create_bucket(Bucket=bucket)
            client.put_object(Bucket=bucket, Key=key, Body=json.dumps(list(range(items))).encode())
        machine = emulator.state_machine(over_distributed(execution_type, reader if from_s3 else None))
        began = perf_counter()
        execution = emulator.run(machine, {} if from_s3 else list(range(items))).assert_succeeded()
        taken = perf_counter() - began
        assert len(execution.output) == items
    return {"ms": taken * 1000, "mb": peak_megabytes()}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), from_s3=sys.argv[3:] == ["from_s3"])))
