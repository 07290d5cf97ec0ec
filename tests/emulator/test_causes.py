"""Work that begins more work without any time passing has an end, with a message that names it."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import boto3
import pytest

from emulator import Emulator, EmulatorError
from emulator.causes import GENERATIONS

ENDLESS = r"began one another at 2030-01-01T00:00:00Z, and no time passed"
START = "arn:aws:states:::states:startExecution"


def machine_arn(name: str) -> str:
    return f"arn:aws:states:us-east-1:123456789012:stateMachine:{name}"


def starts(name: str, *, resource: str = START, wait: int | None = None, times: int = 1, **more: Any) -> dict[str, Any]:
    """A machine that starts executions of the machine ``name``."""
    start = {"Type": "Task", "Resource": resource, "Parameters": {"StateMachineArn": machine_arn(name), **more}}
    states: dict[str, Any] = {f"Start{n}": {**start, "Next": f"Start{n + 1}"} for n in range(times)}
    states[f"Start{times - 1}"] = {**start, "End": True}
    if wait is not None:
        states["Pause"] = {"Type": "Wait", "Seconds": wait, "Next": "Start0"}
    return {"StartAt": "Start0" if wait is None else "Pause", "States": states}


@pytest.mark.parametrize("resource", [START, f"{START}.sync", f"{START}.sync:2"])
def test_a_machine_that_starts_itself_is_named(emulator: Emulator, resource: str) -> None:
    machine = emulator.state_machine(starts("loop", resource=resource), name="loop")
    with pytest.raises(EmulatorError, match=ENDLESS) as caught:
        emulator.run(machine)
    assert re.search(r"begun most often: execution of loop \(1,00\d times\)", str(caught.value))
    assert "fix: let each wait" in str(caught.value)
    assert len(emulator.executions) < GENERATIONS + 10


def test_after_a_machine_that_starts_itself_and_waits_the_others_end(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refused execution fails its parent, and so on: each failure has a bounded cause."""
    monkeypatch.setattr("emulator.causes.GENERATIONS", 60)
    machine = emulator.state_machine(starts("loop", resource=f"{START}.sync:2"), name="loop")
    with pytest.raises(EmulatorError, match=ENDLESS):
        emulator.run(machine)
    emulator.clock.advance(seconds=1)
    assert {each.status for each in emulator.executions} == {"FAILED", "ABORTED"}
    assert max(len(each.cause or "") for each in emulator.executions) == 32_768


def test_the_api_call_that_starts_it_raises(emulator: Emulator) -> None:
    machine = emulator.state_machine(starts("loop"), name="loop")
    with pytest.raises(EmulatorError, match=ENDLESS):
        boto3.client("stepfunctions").start_execution(stateMachineArn=machine.arn)


def test_machines_that_start_each_other_are_named(emulator: Emulator) -> None:
    emulator.state_machine(starts("b"), name="a")
    with pytest.raises(EmulatorError, match=r"begun most often: execution of [ab] \(50\d times\)"):
        emulator.run(emulator.state_machine(starts("a"), name="b"))


def test_a_machine_that_starts_two_of_itself_is_named(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulator.causes.BRANCHES", 200)
    with pytest.raises(EmulatorError, match=r"begun most often: execution of loop \(\d+ times\)"):
        emulator.run(emulator.state_machine(starts("loop", times=2), name="loop"))
    assert len(emulator.executions) < 1000


def test_a_machine_that_waits_before_it_starts_itself_is_no_endless_chain(emulator: Emulator) -> None:
    machine = emulator.state_machine(starts("loop", wait=1), name="loop")
    emulator.start(machine)
    assert emulator.run_until(lambda: len(emulator.executions) > GENERATIONS + 100)
    assert (emulator.clock.now() - emulator.executions[0].started_at).total_seconds() == GENERATIONS + 100


def test_run_until_is_asked_between_works_of_one_instant(emulator: Emulator) -> None:
    machine = emulator.state_machine(starts("loop"), name="loop")
    with emulator.hold():
        emulator.start(machine)
    assert len(emulator.executions) == 1
    assert emulator.run_until(lambda: len(emulator.executions) >= 5)
    assert len(emulator.executions) == 5
    assert emulator.run_until(lambda: len(emulator.executions) >= 50)
    assert len(emulator.executions) == 50


def test_what_is_started_in_a_hold_waits(emulator: Emulator) -> None:
    machine = emulator.state_machine(starts("loop"), name="loop")
    with emulator.hold():
        arn = boto3.client("stepfunctions").start_execution(stateMachineArn=machine.arn)["executionArn"]
    assert [each.arn for each in emulator.executions] == [arn]
    assert emulator.run_until(lambda: len(emulator.executions) > 5)
    assert len(emulator.executions) == 6


def test_the_error_says_how_to_look_into_the_chain(emulator: Emulator) -> None:
    machine = emulator.state_machine(starts("loop"), name="loop")
    with pytest.raises(EmulatorError, match=r"emulator\.hold\(\).*run_until"):
        emulator.start(machine)


def test_a_rule_on_a_machines_own_status_is_named(emulator: Emulator) -> None:
    machine = emulator.state_machine({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}, name="loop")
    events = boto3.client("events")
    events.put_rule(
        Name="again", EventPattern=json.dumps({"source": ["aws.states"], "detail": {"status": ["SUCCEEDED"]}})
    )
    events.put_targets(Rule="again", Targets=[{"Id": "1", "Arn": machine.arn, "RoleArn": machine.role_arn}])
    with pytest.raises(EmulatorError, match=r"begun most often: execution of loop"):
        emulator.run(machine)


def invoke_itself() -> Callable[[Any, Any], None]:
    def handler(event: Any, context: Any) -> None:
        boto3.client("lambda").invoke(FunctionName="f", InvocationType="Event")

    return handler


def swallow() -> Callable[[Any, Any], None]:
    def handler(event: Any, context: Any) -> None:
        with suppress(Exception):
            boto3.client("lambda").invoke(FunctionName="f", InvocationType="Event")

    return handler


def start_itself() -> Callable[[Any, Any], None]:
    def handler(event: Any, context: Any) -> None:
        boto3.client("stepfunctions").start_execution(stateMachineArn=machine_arn("calls"))

    return handler


def put_again() -> Callable[[Any, Any], None]:
    def handler(event: Any, context: Any) -> None:
        boto3.client("events").put_events(Entries=[{"Source": "a", "DetailType": "b", "Detail": "{}"}])

    return handler


@pytest.mark.parametrize("make", [invoke_itself, swallow, start_itself, put_again])
def test_a_handler_that_begins_itself_again_is_named(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, make: Callable[[], Callable[[Any, Any], None]]
) -> None:
    monkeypatch.setattr("emulator.causes.GENERATIONS", 50)
    arn = emulator.lambda_function("f", make())
    calls = emulator.state_machine(
        {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": arn, "End": True}}}, name="calls"
    )
    events = boto3.client("events")
    events.put_rule(Name="r", EventPattern='{"source": ["a"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": arn}])
    with pytest.raises(EmulatorError, match=ENDLESS):
        emulator.run(calls)


def test_a_wide_map_of_executions_is_no_endless_chain(emulator: Emulator) -> None:
    emulator.state_machine({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}, name="child")
    each = starts("child")
    each["States"]["Start0"]["ResultSelector"] = {}
    flow = {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": each, "End": True}}}
    emulator.run(flow, list(range(GENERATIONS + 200))).assert_succeeded()


def test_children_of_a_map_run_that_start_their_parents_machine_are_named(emulator: Emulator) -> None:
    each = {**starts("loop", Input=[1]), "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    flow = {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": each, "End": True}}}
    with pytest.raises(EmulatorError, match=ENDLESS):
        emulator.run(emulator.state_machine(flow, name="loop"), [1])


def test_two_unnamed_machines_are_two(emulator: Emulator) -> None:
    first = emulator.state_machine({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    assert first.name == "StateMachine"
    run = emulator.run(starts("StateMachine")).assert_succeeded()
    assert run.state_machine.name == "StateMachine-2"
    assert [each.state_machine.name for each in emulator.executions] == ["StateMachine-2", "StateMachine"]
    assert emulator.state_machine({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}).arn == first.arn
