"""From nothing: imports in fresh processes, and the command line."""

import json
import statistics
import tempfile
from pathlib import Path

from benchmarks import bars
from benchmarks.machines import four_states
from benchmarks.measure import Effort, Figure, python, seconds

CLOCKED = """
import sys, time
before = set(sys.modules)
began = time.perf_counter()
{statement}
taken = (time.perf_counter() - began) * 1000
loaded = set(sys.modules) - before
print(taken, len(loaded), ','.join(loaded & {heavy}) or 'none')
"""

HEAVY = {"boto3", "botocore", "moto"}


def figures(effort: Effort) -> list[Figure]:
    """Milliseconds of imports, and of whole processes; the first of each only fills the cache of bytecode."""
    repetitions = effort.times(9)
    bare = statistics.median(seconds(lambda: python("-c", "pass"), repetitions, per=1e-3))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "small.asl.json")
        file.write_text(json.dumps(four_states(wait_seconds=60)), encoding="utf-8")
        command = ("-c", "from emulator.cli import main; main()", "run", str(file), "--quiet")
        run = seconds(lambda: python(*command), repetitions, per=1e-3)
    peer = ("process", 1000.0, "from their own start on, with boto3, waits of 0 s")
    return [
        _import("import asl", repetitions, bars.ASL_IMPORT_MS),
        _import("import emulator", repetitions),
        _import("from emulator import Emulator", repetitions),
        Figure("emulate run, whole process", "ms", run, bars.EMULATE_RUN_MS, bare, peer, "bare is `python -c pass`"),
    ]


def _import(statement: str, repetitions: int, bar: float | None = None) -> Figure:
    program = CLOCKED.format(statement=statement, heavy=HEAVY)
    cached = {"PYTHONDONTWRITEBYTECODE": ""}  # else every import compiles
    _, modules, heavy = python("-c", program, **cached).stdout.split()
    samples = [float(python("-c", program, **cached).stdout.split()[0]) for _ in range(repetitions)]
    return Figure(statement, "ms", samples, bar, note=f"loads {modules} modules; of boto3, botocore and moto: {heavy}")
