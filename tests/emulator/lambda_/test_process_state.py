"""What a handler changes in the process ends with its call."""

import decimal
import io
import locale
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from emulator import Emulator

# Handlers sleep on the virtual clock:
# ruff: noqa: TID251


def state() -> dict[str, Any]:
    umask = os.umask(0o022)
    os.umask(umask)
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_"))}
    return {
        "variables": variables,
        "folder": str(Path.cwd()),
        "handlers": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "alarm": signal.getitimer(signal.ITIMER_REAL) if hasattr(signal, "getitimer") else None,
        "locale": locale.setlocale(locale.LC_ALL),
        "umask": umask,
        "zone": time.tzname,
        "path": [*sys.path],
        "recursion": sys.getrecursionlimit(),
        "level": logging.getLogger().level,
        "disabled": logging.root.manager.disable,
        "arguments": [*sys.argv],
        "streams": [sys.stdin, sys.stdout, sys.stderr],
        "sockets": socket.getdefaulttimeout(),
        "decimal": repr(decimal.getcontext()),
    }


@pytest.fixture(autouse=True)
def before() -> Iterator[dict[str, Any]]:
    saved = state()
    yield saved
    assert state() == saved


def task(arn: str) -> dict[str, Any]:
    return {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": arn, "End": True}}}


def run(emulator: Emulator, handler: Callable[[Any, Any], Any], **options: Any) -> Any:
    return emulator.run(task(emulator.lambda_function("f", handler, **options)))


def zone() -> None:
    os.environ["TZ"] = "Asia/Tokyo"
    if hasattr(time, "tzset"):
        time.tzset()


def on_signal() -> None:
    signal.signal(signal.SIGTERM, lambda *_: None)


CHANGES: dict[str, Callable[[], Any]] = {
    "a variable set": lambda: os.environ.update(OWN="x"),
    "a variable deleted": lambda: os.environ.pop("PATH"),
    "a variable put": lambda: os.environ.__setitem__("HOME", "/nowhere"),
    "all variables deleted": lambda: os.environ.clear(),
    "the working folder": lambda: os.chdir("/"),
    "a signal's handler": on_signal,
    "an alarm": lambda: signal.setitimer(signal.ITIMER_REAL, 300),
    "a timer": lambda: signal.setitimer(signal.ITIMER_PROF, 300),
    "the locale": lambda: locale.setlocale(locale.LC_ALL, "C.UTF-8"),
    "the umask": lambda: os.umask(0o077),
    "the time zone": zone,
    "the path": lambda: sys.path.insert(0, "/nowhere"),
    "the recursion limit": lambda: sys.setrecursionlimit(4321),
    "disabled logs": lambda: logging.disable(logging.ERROR),
    "the arguments": lambda: setattr(sys, "argv", ["other"]),
    "the arguments changed": lambda: sys.argv.append("other"),
    "the output": lambda: setattr(sys, "stdout", io.StringIO()),
    "the errors": lambda: setattr(sys, "stderr", io.StringIO()),
    "the timeout of sockets": lambda: socket.setdefaulttimeout(3),
    "the precision of decimals": lambda: setattr(decimal.getcontext(), "prec", 3),
    "the context of decimals": lambda: decimal.setcontext(decimal.Context(prec=4)),
    "the level of logs": lambda: logging.getLogger().setLevel(logging.DEBUG),
}


@pytest.mark.skipif(sys.platform == "win32", reason="the changes are those of POSIX")
@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("options", [{}, {"environment": {"OWN": "function"}}], ids=["plain", "environment"])
def test_a_change_ends_with_the_call(what: str, options: Any, emulator: Emulator, before: dict[str, Any]) -> None:
    seen: list[dict[str, Any]] = []

    def handler(event: Any, context: Any) -> None:
        CHANGES[what]()
        seen.append(state())

    assert run(emulator, handler, **options).status == "SUCCEEDED"
    assert state() == before
    assert what == "a timer" or seen[0] != before
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)


@pytest.mark.parametrize("how", ["raise", "exit", "time out", "_exit"])
def test_however_the_call_ends(how: str, emulator: Emulator, before: dict[str, Any]) -> None:
    def handler(event: Any, context: Any) -> None:
        os.environ["OWN"] = "x"
        os.chdir("/")
        match how:
            case "raise":
                raise LookupError
            case "exit":
                sys.exit(1)
            case "time out":
                time.sleep(1000)
            case _:
                os._exit(1)

    assert run(emulator, handler, timeout_seconds=5).status == "FAILED"
    assert state() == before


def test_during_a_sleep_the_process_has_none_of_it(emulator: Emulator, before: dict[str, Any]) -> None:
    """And after it the handler has all of it again."""
    seen: list[str] = []

    def look(who: str) -> None:
        seen.append(f"{who}: {os.environ.get('OWN')} {str(Path.cwd()) == before['folder']} {decimal.getcontext().prec}")

    def sleeper(event: Any, context: Any) -> None:
        os.environ["OWN"] = "x"
        os.chdir("/")
        decimal.getcontext().prec = 3
        boto3.client("events").put_events(Entries=[{"Source": "shop", "DetailType": "Order", "Detail": "{}"}])
        time.sleep(1)
        look("sleeper")

    receiver = emulator.lambda_function("receiver", lambda event, context: look("receiver"))
    events = emulator.client("events")
    events.put_rule(Name="shop", EventPattern='{"source": ["shop"]}')
    events.put_targets(Rule="shop", Targets=[{"Id": "1", "Arn": receiver}])
    assert run(emulator, sleeper).status == "SUCCEEDED"
    assert seen == ["receiver: None True 28", "sleeper: x False 3"]


def test_a_function_that_a_handler_calls_has_none_of_it(emulator: Emulator) -> None:
    emulator.lambda_function("inner", lambda event, context: os.environ.get("OWN"))

    def outer(event: Any, context: Any) -> list[str | None]:
        os.environ["OWN"] = "x"
        inner = boto3.client("lambda").invoke(FunctionName="inner")["Payload"].read().decode()
        return [inner, os.environ.get("OWN")]

    assert run(emulator, outer).output == ["null", "x"]


def test_a_later_call_of_the_same_function_sees_none_of_it(emulator: Emulator) -> None:
    def handler(event: Any, context: Any) -> str | None:
        seen = os.environ.get("OWN")
        os.environ["OWN"] = "x"
        return seen

    emulator.lambda_function("f", handler)
    assert [run(emulator, handler).output for _ in range(2)] == [None, None]


def test_what_a_module_does_when_it_is_imported_stays(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWN", "")
    text = "import os\nos.environ['OWN'] = 'x'\n\ndef handler(event, context):\n    return os.environ['OWN']\n"
    (tmp_path / "sets_at_import.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    arn = emulator.lambda_function("f", "sets_at_import.handler")
    assert [emulator.run(task(arn)).output for _ in range(2)] == ["x", "x"]
    monkeypatch.undo()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no alarms")
def test_an_alarm_of_the_test_goes_on(emulator: Emulator) -> None:
    """As that of a limit for each test."""
    signal.setitimer(signal.ITIMER_REAL, 600)
    try:
        run(emulator, lambda event, context: None)
        assert 590 < signal.getitimer(signal.ITIMER_REAL)[0] <= 600
        run(emulator, lambda event, context: signal.setitimer(signal.ITIMER_REAL, 0))
        assert 590 < signal.getitimer(signal.ITIMER_REAL)[0] <= 600
        run(emulator, lambda event, context: signal.setitimer(signal.ITIMER_REAL, 5))
        assert 590 < signal.getitimer(signal.ITIMER_REAL)[0] <= 600
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def test_functions_with_variables_that_overlap_in_threads_leave_nothing(before: dict[str, Any]) -> None:
    """Those that begin first end first, and they change the process, too."""
    turns = {name: threading.Event() for name in ("first is in", "second is in", "first is out")}
    values: list[str | None] = []

    def first(event: Any, context: Any) -> None:
        turns["first is in"].set()
        assert turns["second is in"].wait(20)

    def second(event: Any, context: Any) -> None:
        turns["second is in"].set()
        assert turns["first is out"].wait(20)
        values.extend([os.environ.get("OWN"), os.environ.get("OF_FIRST")])
        os.environ["OTHER"] = "x"

    def work() -> None:
        with Emulator() as emulator:
            emulator.lambda_function("f", first, environment={"OWN": "first", "OF_FIRST": "x"})
            emulator.client("lambda").invoke(FunctionName="f")
            turns["first is out"].set()

    thread = threading.Thread(target=work)
    thread.start()
    assert turns["first is in"].wait(20)
    with Emulator() as emulator:
        run(emulator, second, environment={"OWN": "second"})
    thread.join()
    assert values == ["second", None]
    assert state() == before


def test_handlers_that_overlap_in_threads_leave_nothing(before: dict[str, Any]) -> None:
    """They share the process's state; the last to end puts it back."""
    everyone = threading.Barrier(3, timeout=20)

    def handler(event: Any, context: Any) -> None:
        everyone.wait()
        os.environ[f"OWN_{event}"] = "x"
        everyone.wait()

    def work(number: int) -> None:
        with Emulator() as emulator:
            emulator.lambda_function("f", handler)
            emulator.client("lambda").invoke(FunctionName="f", Payload=str(number))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert state() == before
