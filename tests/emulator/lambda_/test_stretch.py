"""What the process shows to a handler stays for the next one of the same execution, and for nothing else."""

# What handlers call is what is tested here:
# ruff: noqa: TID251

import datetime as datetime_module
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator
from emulator.lambda_.time import patches, shown
from emulator.shared_change import SharedChange, Undo, end_stretch, stretch

REAL = (time.sleep, time.monotonic, time.time, datetime_module.datetime, os.waitpid, threading.Thread.join)
STREAMS = (sys.stdout, sys.stderr)


def seen() -> tuple[Any, ...]:
    return (time.sleep, time.monotonic, time.time, datetime_module.datetime, os.waitpid, threading.Thread.join)


@pytest.fixture(params=patches.ORDER)
def _backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(request.param)
    monkeypatch.setattr(patches, "choose", lambda: request.param)


with_both = pytest.mark.usefixtures("_backend")


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each time that the process begins to show a handler's time."""
    found: list[int] = []
    make = shown._SHOWN._make

    def begin() -> Undo:
        found.append(1)
        return make()

    monkeypatch.setattr(shown._SHOWN, "_make", begin)
    return found


def chain(*arns: str) -> dict[str, Any]:
    states = {
        str(number): {"Type": "Task", "Resource": arn, "Next": str(number + 1)} for number, arn in enumerate(arns)
    }
    return {"StartAt": "0", "States": {**states, str(len(arns)): {"Type": "Succeed"}}}


def elapsed(execution: Any) -> float:
    seconds: float = execution.elapsed.total_seconds()
    return seconds


def folder(at: Path, **modules: str) -> Path:
    at.mkdir()
    for name, text in modules.items():
        (at / f"{name}.py").write_text(text, encoding="utf-8")
    return at


# Changes


def noted(log: list[str]) -> SharedChange:
    def make() -> Undo:
        log.append("made")
        return lambda: log.append("undone")

    return SharedChange(make)


def test_a_change_stays_until_the_outermost_stretch_ends() -> None:
    log: list[str] = []
    change = noted(log)
    with stretch():
        for _ in range(3):
            change.use_in_stretch()()
        with stretch():
            change.use_in_stretch()()
        assert log == ["made"]
    assert log == ["made", "undone"]
    change.use_in_stretch()()
    assert log == ["made", "undone"] * 2


def test_what_is_needed_is_not_undone() -> None:
    log: list[str] = []
    change = noted(log)
    with stretch():
        end = change.use_in_stretch()
        end_stretch()
        assert log == ["made"]
        end()
        end_stretch()
        assert log == ["made", "undone"]


def test_a_change_stays_while_another_thread_needs_it() -> None:
    change = SharedChange(lambda: lambda: None)
    end = change.use()

    def use() -> None:
        with stretch():
            change.use_in_stretch()()

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert change.is_made
    end()


# Handlers


@with_both
def test_the_handlers_of_one_execution_are_shown_their_time_once(emulator: Emulator, begun: list[int]) -> None:
    arn = emulator.lambda_function("f", lambda event, context: time.sleep(60))
    execution = emulator.run(chain(*[arn] * 5))
    assert (len(begun), elapsed(execution)) == (1, 300)
    assert (seen(), (sys.stdout, sys.stderr)) == (REAL, STREAMS)


@with_both
def test_nothing_stays_when_control_returns(emulator: Emulator, begun: list[int]) -> None:
    arn = emulator.lambda_function("f", lambda event, context: None)
    waits = chain(arn)
    waits["States"]["1"] = {"Type": "Wait", "Seconds": 60, "Next": "2"}
    waits["States"]["2"] = {"Type": "Task", "Resource": arn, "End": True}
    emulator.start(waits)
    for _ in range(2):
        assert seen() == REAL
        emulator.clock.advance(seconds=60)
    assert (len(begun), seen()) == (2, REAL)


@with_both
def test_a_module_is_imported_as_it_would_be_outside(emulator: Emulator, tmp_path: Path) -> None:
    """A function's module gets the real classes and functions for good, whatever ran before it."""
    code = "from datetime import datetime\nfrom time import sleep\nclass Own(datetime): pass\n"
    code += "def handler(event, context):\n    sleep(60)\n    return [str(datetime.now()), *map(str, Own.__bases__)]\n"
    first = emulator.lambda_function("first", lambda event, context: None)
    places = [folder(tmp_path / name, code=code) for name in "ab"]
    functions = [emulator.lambda_function(place.name, "code.handler", code=place) for place in places]
    execution = emulator.run(chain(first, *functions, *functions), None)
    real = str(datetime_module.datetime)
    assert execution.output[1:] == [real]
    assert elapsed(execution) == 240


@with_both
def test_a_module_that_a_handler_imports_has_real_names_afterwards(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(folder(tmp_path / "lib", late_module="from time import sleep, monotonic\n"))

    def handler(event: Any, context: Any) -> None:
        import late_module  # type: ignore[import-not-found]

        late_module.sleep(60)

    arn = emulator.lambda_function("f", handler)
    try:
        assert elapsed(emulator.run(chain(arn, arn))) == 120
        module: Any = sys.modules["late_module"]
        assert (module.sleep, module.monotonic) == (time.sleep, time.monotonic) == REAL[:2]
    finally:
        sys.modules.pop("late_module", None)


@with_both
def test_what_one_handler_changes_the_next_does_not_see(emulator: Emulator) -> None:
    def change(event: Any, context: Any) -> None:
        os.environ["OWN"] = "1"
        sys.path.insert(0, "/nowhere")

    def look(event: Any, context: Any) -> list[Any]:
        return [os.environ.get("OWN"), "/nowhere" in sys.path]

    functions = [emulator.lambda_function(each.__name__, each) for each in (change, look)]
    assert emulator.run(chain(*functions)).output == [None, False]


@with_both
def test_the_test_sees_its_own_time_zone_between_calls(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("_posixsubprocess", reason="the system has no local zone to set")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        arn = emulator.lambda_function("f", lambda event, context: time.tzname[0])
        for _ in range(2):
            assert emulator.run(chain(arn, arn)).output == "UTC"
            assert time.tzname[0] == "JST"
    finally:
        monkeypatch.undo()
        time.tzset()
