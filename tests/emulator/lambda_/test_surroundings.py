"""A handler's variables and its folder's modules are in place only while it runs."""

import json
import os
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

SEEN: list[str] = []
"""What was seen of the process, and by what."""

SLEEPER = """
import os
import time

import boto3
import shared

from tests.emulator.lambda_ import test_surroundings as test


def handler(event, context):
    test.look("sleeper begins")
    boto3.client("events").put_events(Entries=[{"Source": "shop", "DetailType": "Order", "Detail": "{}"}])
    os.environ["OWN"] = "changed"
    try:
        time.sleep(event.get("seconds", 1))
    finally:
        test.look("sleeper wakes")
        import shared as again
        assert again is shared
    return shared.NAME
"""


def look(who: str) -> None:
    """Note which variable and which module ``shared`` the process has."""
    shared = sys.modules.get("shared")
    SEEN.append(f"{who}: {os.environ.get('OWN')}, {getattr(shared, 'NAME', None)}")


@pytest.fixture(autouse=True)
def nothing_seen() -> Iterator[None]:
    SEEN.clear()
    yield
    assert "OWN" not in os.environ
    assert "shared" not in sys.modules


def machine_of(arn: str) -> dict[str, Any]:
    return {"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": arn, "End": True}}}


def folder(place: Path, name: str, handler: str) -> Path:
    """A function's folder with its own module ``shared``."""
    (place / name).mkdir()
    (place / name / "shared.py").write_text(f"NAME = {name!r}\n")
    (place / name / "app.py").write_text(handler)
    return place / name


def receive(emulator: Emulator, handler: Callable[[Any, Any], Any], **options: Any) -> None:
    """Have events of the shop call a handler."""
    arn = emulator.lambda_function("receiver", handler, **options)
    events = boto3.client("events")
    events.put_rule(Name="shop", EventPattern='{"source": ["shop"]}')
    events.put_targets(Rule="shop", Targets=[{"Id": "1", "Arn": arn}])


def sleeper(emulator: Emulator, place: Path, *, timeout_seconds: float = 900) -> str:
    return emulator.lambda_function(
        "sleeper",
        "app.handler",
        code=folder(place, "first", SLEEPER),
        environment={"OWN": "sleeper"},
        timeout_seconds=timeout_seconds,
    )


def test_a_receiver_in_the_sleep_of_a_handler_sees_the_tests_process(emulator: Emulator, tmp_path: Path) -> None:
    receive(emulator, lambda event, context: look("receiver"))
    assert emulator.run(machine_of(sleeper(emulator, tmp_path))).output == "first"
    assert SEEN == ["sleeper begins: sleeper, first", "receiver: None, None", "sleeper wakes: changed, first"]


def test_handlers_that_sleep_at_the_same_time_each_have_their_own(emulator: Emulator, tmp_path: Path) -> None:
    def receiver(event: Any, context: Any) -> None:
        look("receiver begins")
        time.sleep(0.1)
        look("receiver wakes")

    receive(emulator, receiver, environment={"OWN": "receiver"})
    emulator.run(machine_of(sleeper(emulator, tmp_path)))
    assert SEEN == [
        "sleeper begins: sleeper, first",
        "receiver begins: receiver, None",
        "receiver wakes: receiver, None",
        "sleeper wakes: changed, first",
    ]


def test_the_same_function_called_in_its_own_sleep(emulator: Emulator, tmp_path: Path) -> None:
    arn = sleeper(emulator, tmp_path)
    each = {"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemProcessor": machine_of(arn), "End": True}}}
    run = emulator.run(each, [{"seconds": 2}, {"seconds": 1}])
    assert run.output == ["first", "first"]
    assert sorted(SEEN) == ["sleeper begins: sleeper, first"] * 2 + ["sleeper wakes: changed, first"] * 2


def test_a_hook_of_the_test_in_the_sleep_of_a_handler(emulator: Emulator, tmp_path: Path) -> None:
    def is_done() -> bool:
        look("hook")
        return execution.status != "RUNNING"

    receive(emulator, lambda event, context: None)
    execution = emulator.start(
        {
            "StartAt": "Wait",
            "States": {
                "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Call"},
                **machine_of(sleeper(emulator, tmp_path))["States"],
            },
        }
    )
    emulator.run_until(is_done)
    assert {text for text in SEEN if text.startswith("hook")} == {"hook: None, None"}
    assert any(
        text.startswith("hook")
        for text in SEEN[SEEN.index("sleeper begins: sleeper, first") : SEEN.index("sleeper wakes: changed, first")]
    )


def test_a_handler_that_another_calls_has_only_its_own(emulator: Emulator, tmp_path: Path) -> None:
    """The caller's surroundings are absent during its call, even while it sleeps."""

    def middle(event: Any, context: Any) -> Any:
        look("middle begins")
        answer = boto3.client("lambda").invoke(FunctionName="sleeper")
        look("middle ends")
        return json.load(answer["Payload"])

    receive(emulator, lambda event, context: look("receiver"))
    sleeper(emulator, tmp_path)
    outer = """
import json

import boto3
import shared

from tests.emulator.lambda_ import test_surroundings as test


def handler(event, context):
    test.look("outer begins")
    answer = json.load(boto3.client("lambda").invoke(FunctionName="middle")["Payload"])
    test.look("outer ends")
    return [shared.NAME, answer]
"""
    emulator.lambda_function("middle", middle)
    arn = emulator.lambda_function(
        "outer", "app.handler", code=folder(tmp_path, "second", outer), environment={"OWN": "outer"}
    )
    assert emulator.run(machine_of(arn)).output == ["second", "first"]
    assert SEEN == [
        "outer begins: outer, second",
        "middle begins: None, None",
        "sleeper begins: sleeper, first",
        "receiver: None, None",
        "sleeper wakes: changed, first",
        "middle ends: None, None",
        "outer ends: outer, second",
    ]


def test_what_goes_wrong_in_the_sleep_leaves_both_in_force(emulator: Emulator, tmp_path: Path) -> None:
    def receiver(event: Any, context: Any) -> None:
        pytest.fail("from the receiver")

    receive(emulator, receiver, environment={"OWN": "receiver"})
    with pytest.raises(pytest.fail.Exception, match="from the receiver"):
        emulator.run(machine_of(sleeper(emulator, tmp_path)))
    assert SEEN == ["sleeper begins: sleeper, first", "sleeper wakes: changed, first"]


def test_a_handler_that_times_out_in_its_sleep(emulator: Emulator, tmp_path: Path) -> None:
    run = emulator.run(machine_of(sleeper(emulator, tmp_path, timeout_seconds=1)))
    assert run.status == "FAILED"


def test_a_handlers_own_thread_that_sleeps(emulator: Emulator) -> None:
    def api(event: Any, context: Any) -> None:
        boto3.client("events").put_events(Entries=[{"Source": "shop", "DetailType": "Order", "Detail": "{}"}])
        thread = threading.Thread(target=time.sleep, args=(1,))
        thread.start()
        thread.join()
        look("api")

    receive(emulator, lambda event, context: look("receiver"))
    emulator.lambda_function("api", api, environment={"OWN": "api"})
    boto3.client("lambda").invoke(FunctionName="api")
    assert SEEN == ["receiver: None, None", "api: api, None"]


def test_a_variable_that_a_handler_deleted_stays_deleted(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVEL", "the test's")

    def api(event: Any, context: Any) -> list[str | None]:
        seen = [os.environ.pop("LEVEL")]
        time.sleep(1)
        return [*seen, os.environ.get("LEVEL")]

    arn = emulator.lambda_function("api", api, environment={"LEVEL": "the function's"})
    assert emulator.run(machine_of(arn)).output == ["the function's", None]
    assert os.environ["LEVEL"] == "the test's"


def test_polling_in_a_handler_lets_others_see_the_tests_process(emulator: Emulator) -> None:
    child = emulator.state_machine(
        machine_of(emulator.lambda_function("child", lambda event, context: look("child"))), name="child"
    )

    def api(event: Any, context: Any) -> None:
        sfn = boto3.client("stepfunctions")
        arn = sfn.start_execution(stateMachineArn=child.arn)["executionArn"]
        while sfn.describe_execution(executionArn=arn)["status"] == "RUNNING":
            pass

    emulator.run(machine_of(emulator.lambda_function("api", api, environment={"OWN": "api"})))
    assert SEEN == ["child: None, None"]
