"""Handlers of different emulators that run in threads at the same time leave the process as they found it."""

# What handlers call is what is tested here:
# ruff: noqa: DTZ005, TID251

import ctypes
import locale
import logging
import os
import queue
import select
import signal
import subprocess
import sys
import threading
import time
import types
import warnings
from asyncio import base_events
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator
from emulator.lambda_.outcomes import ProcessExit
from emulator.lambda_.time import patches

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the variables of the C library are read with ctypes")
CHANGED = (
    *(base_events.BaseEventLoop, Future, ThreadPoolExecutor, subprocess.Popen, threading.Event, threading.Thread),
    *(logging, os, queue, select, signal, subprocess, threading, time),
)
"""The classes and modules in which names are replaced."""


@pytest.fixture(params=patches.ORDER, autouse=True)
def _backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(request.param)
    monkeypatch.setattr(patches, "choose", lambda: request.param)


@pytest.fixture(params=[None, "Asia/Tokyo"], ids=["no zone", "a zone"])
def own_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if request.param is None:
        monkeypatch.delenv("TZ", raising=False)
    else:
        monkeypatch.setenv("TZ", request.param)
    tzset()
    yield
    monkeypatch.undo()
    tzset()


def tzset() -> None:
    if hasattr(time, "tzset"):
        time.tzset()


def process_wide() -> dict[str, Any]:
    """All of the process that is changed while handlers run."""
    variable: Any = ctypes.CDLL(None).getenv
    variable.restype = ctypes.c_char_p
    return {
        **{f"{owner.__module__}.{owner.__name__}": {**vars(owner)} for owner in CHANGED if isinstance(owner, type)},
        **{owner.__name__: {**vars(owner)} for owner in CHANGED if not isinstance(owner, type)},
        "this module": {**globals()},
        "variables": {**os.environ},
        "zone": (time.tzname, variable(b"TZ")),
        "warnings": warnings.filters[:],
        "path": sys.path[:],
        "modules": {name: sys.modules.get(name) for name in ("overlapping", "overlapping_too")},
        "streams": (sys.stdin, sys.stdout, sys.stderr),
        "signals": [signal.getsignal(number) for number in sorted(signal.valid_signals())],
        "locale": locale.setlocale(locale.LC_ALL),
        "logs": (logging.root.level, logging.root.handlers[:]),
    }


def overlap(*works: Callable[[Callable[[], None]], Any], order: tuple[int, ...]) -> dict[int, Any]:
    """Each work runs in a thread of its own up to its pause, one after the other; they go on and end in ``order``."""
    began = [threading.Event() for _ in works]
    may_end = [threading.Lock() for _ in works]  # the system's: a handler waits for them in real time
    results: dict[int, Any] = {}

    def run(number: int, work: Callable[[Callable[[], None]], Any]) -> None:
        def pause() -> None:
            began[number].set()
            may_end[number].acquire(timeout=20)

        try:
            results[number] = work(pause)
        except BaseException as error:
            results[number] = error
        finally:
            began[number].set()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(works)]
    for number, thread in enumerate(threads):
        may_end[number].acquire()
        thread.start()
        assert began[number].wait(20)
    for number in order:
        may_end[number].release()
        threads[number].join()
    return results


def task(arn: str) -> dict[str, Any]:
    return {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": arn, "End": True}}}


@pytest.mark.usefixtures("own_zone")
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_handlers_that_overlap_leave_the_process_as_it_was(order: tuple[int, ...]) -> None:
    def work(name: str, pause: Callable[[], None]) -> Any:
        def handler(event: Any, context: Any) -> list[Any]:
            began = f"{datetime.now():%H:%M:%S}"
            pause()
            with pytest.raises(ProcessExit):
                os._exit(3)
            time.sleep(2)
            sys.stdout.write(name)
            return [began, f"{datetime.now():%H:%M:%S}", time.tzname[0]]

        with Emulator(start=datetime.fromisoformat("2030-01-01T12:00:00Z")) as emulator:
            return emulator.run(task(emulator.lambda_function(name, handler, environment={"OWN": name}))).output

    before = process_wide()
    results = overlap(*(partial(work, name) for name in "abc"), order=order)
    assert list(results.values()) == [["12:00:00", "12:00:02", "UTC"]] * 3
    assert process_wide() == before


ROOT = """
import os
import sys
from time import sleep

import overlapping_too
from tests.emulator.lambda_ import test_overlap

NAME = overlapping_too.NAME

def handler(event, context):
    test_overlap.PAUSES[NAME]()
    sleep(60)
    import overlapping_later
    here = [os.path.dirname(__file__), sys.path.index(os.path.dirname(__file__)) < 3]
    return [NAME, overlapping_later.NAME, *here]
"""
PAUSES: dict[str, Callable[[], None]] = {}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_functions_with_folders_that_overlap_leave_the_process_as_it_was(
    order: tuple[int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their modules have the same names, and the process has one of these names, too."""
    own = types.ModuleType("overlapping_too")
    monkeypatch.setitem(sys.modules, "overlapping_too", own)

    def work(name: str, pause: Callable[[], None]) -> Any:
        PAUSES[name] = pause
        folder = tmp_path / name
        folder.mkdir()
        (folder / "overlapping.py").write_text(ROOT)
        for each in ("overlapping_too", "overlapping_later"):
            (folder / f"{each}.py").write_text(f"NAME = {name!r}\n")
        with Emulator() as emulator:
            arn = emulator.lambda_function(name, "overlapping.handler", code=folder)
            return emulator.run(task(arn)).output

    before = process_wide()
    results = overlap(*(partial(work, name) for name in "abc"), order=order)
    after = process_wide()
    PAUSES.clear()
    assert [results[number] for number in range(3)] == [[name, name, str(tmp_path / name), True] for name in "abc"]
    assert after == {**before, "this module": after["this module"]}
