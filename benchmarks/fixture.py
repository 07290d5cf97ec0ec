"""What the pytest plugin costs: unused, once in a session, and for each test."""

import tempfile
from pathlib import Path
from time import perf_counter

from benchmarks import bars
from benchmarks.measure import Effort, Figure, python, seconds
from emulator import Emulator

EMPTY = "def test_nothing() -> None:\n    pass\n"
ONE_TEST = """
from emulator import Emulator

TASK = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:work", "Next": "Rest"}
MACHINE = {"StartAt": "Work", "States": {"Work": TASK, "Rest": {"Type": "Wait", "Seconds": 60, "End": True}}}

def test_machine(emulator: Emulator) -> None:
    emulator.lambda_function("work", lambda event, context: {"done": True})
    assert emulator.run(MACHINE).output == {"done": True}
"""


def figures(effort: Effort) -> list[Figure]:
    """Milliseconds of the fixture in this process, and of pytest in processes of its own."""
    _use_moto()
    fresh = seconds(_open_and_close, effort.times(200), per=1e-3)
    used = seconds(_use_moto, effort.times(30), per=1e-3)
    unused = [_plugin_import() for _ in range(effort.times(10))][-9:]
    adds, empty = _one_test(effort.times(8))
    note = f"beyond the fastest empty run, {empty:.0f} ms; the test calls a handler, and waits"
    return [
        Figure("fixture, set-up and tear-down", "ms", fresh, bars.FIXTURE_MS),
        Figure("fixture, with a DynamoDB table made and read in moto", "ms", used),
        Figure("plugin import, unused", "ms", unused, bars.PLUGIN_MS, note="-X importtime, beyond pytest's own"),
        Figure("one test on the fixture, beyond an empty run", "ms", adds, bars.ONE_TEST_MS, note=note),
    ]


def _open_and_close() -> None:
    with Emulator():
        pass


def _use_moto() -> None:
    with Emulator() as emulator:
        client = emulator.client("dynamodb")
        client.create_table(
            TableName="t",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        client.scan(TableName="t")


def _plugin_import() -> float:
    """Milliseconds that Python says it spent in modules loaded for the plugin, when pytest is loaded already."""
    lines = python("-X", "importtime", "-c", "import pytest, emulator.pytest_plugin").stderr.splitlines()
    rows = [line.removeprefix("import time:").split("|") for line in lines if line.startswith("import time:")]
    names = [name.strip() for _, _, name in rows]
    after = names.index("pytest") + 1
    return sum(int(own) for own, _, _ in rows[after:]) / 1000


def _one_test(repetitions: int) -> tuple[list[float], float]:
    """Milliseconds of runs with the test, beyond the fastest of the empty ones run in between; that one.

    The first pair of several only fills the cache of bytecode.
    """
    quiet = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
    whole, empty = [], []
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("empty", EMPTY), ("one", ONE_TEST)):
            Path(folder, f"test_{name}.py").write_text(text, encoding="utf-8")
        for _ in range(repetitions):
            without = _timed(*quiet, f"--rootdir={folder}", f"{folder}/test_empty.py")
            plugin = ("-p", "emulator.pytest_plugin")
            whole.append(_timed(*quiet, *plugin, f"--rootdir={folder}", f"{folder}/test_one.py"))
            empty.append(without)
    fastest = min(empty[-7:])
    return [each - fastest for each in whole[-7:]], fastest


def _timed(*arguments: str) -> float:
    """Milliseconds of a whole process, with no plugin but those it names."""
    began = perf_counter()
    python(*arguments, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", PYTEST_ADDOPTS="")
    return (perf_counter() - began) * 1000
