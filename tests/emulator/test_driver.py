"""The driver: from a machine's effects to its events, with targets that answer when they like."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from asl import compile  # noqa: A004 - the word of the field
from asl.decisions import RuleChosen, Unanswered
from asl.effects import CallTarget, Decided
from asl.events import Stop, TaskSucceeded
from emulator.answers import Answer, Reply
from emulator.clock import DEFAULT_START, VirtualClock
from emulator.driver import Driver
from emulator.errors import NotEmulatedError
from emulator.execution import Execution, StateMachine
from emulator.timeline import TimeLine

ROLE = "arn:aws:iam::123456789012:role/r"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
ACTIVITY = "arn:aws:states:us-east-1:123456789012:activity:a"


class Scripted:
    """Targets that give ``reply(call)``, and keep what they were asked."""

    def __init__(self, timeline: TimeLine, reply: Callable[[CallTarget], Reply | None]) -> None:
        self.calls: list[CallTarget] = []
        self.abandoned: list[CallTarget] = []
        self._timeline = timeline
        self._reply = reply

    def call(self, execution: Execution, call: CallTarget) -> Reply | None:
        assert execution.status == "RUNNING"
        self.calls.append(call)
        return self._reply(call)

    def abandon(self, execution: Execution, call: CallTarget) -> None:
        self.abandoned.append(call)


class World:
    """A driver on its own time line, with one execution."""

    def __init__(self, states: Mapping[str, Any], reply: Callable[[CallTarget], Reply | None], **machine: Any) -> None:
        self.timeline = TimeLine(VirtualClock())
        self.targets = Scripted(self.timeline, reply)
        self.driver = Driver(self.timeline)
        self.driver.targets = self.targets
        self.told: list[str] = []
        self.driver.on_status.append(lambda execution: self.told.append(execution.status))
        text = json.dumps({"StartAt": next(iter(states)), "States": states, **machine})
        arn = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
        kept = StateMachine(arn, "m", compile(text), ROLE, DEFAULT_START)
        name = arn.replace("stateMachine", "execution") + ":x"
        self.execution = Execution(name, "x", kept, "{}", DEFAULT_START)
        self.driver.begin(self.execution, region="us-east-1", seed=1)

    def finish(self) -> Execution:
        assert self.timeline.run_until(lambda: self.execution.finish is not None)
        return self.execution


def later(seconds: float, answer: Answer, error: BaseException | None = None) -> Reply:
    return Reply(answer, DEFAULT_START + timedelta(seconds=seconds), error)


def task(resource: str = FUNCTION, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, "End": True, **fields}


def types(execution: Execution) -> list[str]:
    return [event["type"] for event in execution.history]


def test_an_answer_comes_when_the_target_is_done() -> None:
    world = World({"T": task()}, lambda _: later(90, Answer("7")))
    run = world.finish()
    assert (run.output, run.elapsed) == (7, timedelta(seconds=90))
    assert [call.argument.text for call in world.targets.calls] == ["{}"]
    assert world.told == ["RUNNING", "SUCCEEDED"]


def test_what_the_machine_decides_is_kept_beside_the_history() -> None:
    rule = {"Variable": "$", "IsPresent": True, "Next": "F"}
    world = World({"C": {"Type": "Choice", "Choices": [rule]}, "F": {"Type": "Fail", "Error": "E"}}, lambda _: None)
    run = world.finish()
    assert run.decisions == [Decided(2, "C", RuleChosen(0)), Decided(4, "F", Unanswered("E"))]
    assert [event["id"] for event in run.history] == [1, 2, 3, 4, 5]


def test_an_answer_after_the_timeout_changes_nothing() -> None:
    world = World({"T": task(TimeoutSeconds=10)}, lambda _: later(90, Answer("7")))
    run = world.finish()
    assert (run.status, run.error, run.elapsed) == ("FAILED", "States.Timeout", timedelta(seconds=10))
    before = run.history
    world.timeline.advance_to(DEFAULT_START + timedelta(hours=1))
    assert run.history == before


def test_an_answer_at_the_very_instant_of_the_timeout_comes_in_time_when_it_was_asked_for_first() -> None:
    """AWS's own order at one instant is not known; ours is that of asking, the same in every run."""
    world = World({"T": task(TimeoutSeconds=10)}, lambda _: later(10, Answer("7")))
    assert types(world.finish())[-1] in ("ExecutionFailed", "ExecutionSucceeded")
    again = World({"T": task(TimeoutSeconds=10)}, lambda _: later(10, Answer("7")))
    assert types(again.finish()) == types(world.execution)


def test_an_error_is_an_answer_and_its_exception_is_kept_for_people() -> None:
    error = LookupError("no card")
    world = World({"T": task()}, lambda _: later(1, Answer(error="Declined", cause="no card"), error))
    run = world.finish()
    assert (run.status, run.error, run.cause, run.exceptions) == ("FAILED", "Declined", "no card", [("T", error)])


def test_branches_wait_at_the_same_time() -> None:
    def reply(call: CallTarget) -> Reply:
        return later({"A": 30, "B": 10}[call.state_name], Answer(f'"{call.state_name}"'))

    branches = [{"StartAt": name, "States": {name: task()}} for name in ("A", "B")]
    world = World({"P": {"Type": "Parallel", "Branches": branches, "End": True}}, reply)
    run = world.finish()
    assert (run.output, run.elapsed) == (["A", "B"], timedelta(seconds=30))


def test_a_worker_outside_is_waited_for_and_can_answer() -> None:
    world = World({"T": task(ACTIVITY)}, lambda _: None)
    world.timeline.run_ready()
    execution, (call,) = world.execution, world.targets.calls
    assert execution.awaited_answers == {call.token: "T"}
    assert world.driver.is_open(execution, call.token)
    assert not world.timeline.run_until(lambda: execution.finish is not None)
    world.driver.close(execution, call.token)
    world.driver.send(execution, lambda at: TaskSucceeded(at, call.token, "[1]"), at=world.timeline.clock.now())
    assert world.finish().output == [1]
    assert execution.awaited_answers == {}


def test_calls_of_branches_that_were_aborted_are_not_made() -> None:
    branches = [
        {"StartAt": "Bad", "States": {"Bad": {"Type": "Fail", "Error": "No"}}},
        {"StartAt": "T", "States": {"T": task()}},
    ]
    world = World({"P": {"Type": "Parallel", "Branches": branches, "End": True}}, lambda _: later(0, Answer("1")))
    assert world.finish().error == "No"
    assert world.targets.calls == []


def test_a_call_that_is_abandoned_at_its_very_instant_is_not_made() -> None:
    world = World({"T": task()}, lambda _: later(0, Answer("1")))
    world.driver.send(world.execution, lambda at: Stop(at), at=DEFAULT_START)
    assert world.finish().status == "ABORTED"
    assert world.targets.calls == []
    assert [call.state_name for call in world.targets.abandoned] == ["T"]


def test_a_target_is_told_of_its_calls_that_are_no_longer_waited_for() -> None:
    world = World({"T": task(ACTIVITY)}, lambda _: None)
    world.timeline.run_ready()
    world.driver.send(world.execution, lambda at: Stop(at), at=DEFAULT_START)
    world.finish()
    assert world.targets.abandoned == world.targets.calls
    assert not world.driver.is_open(world.execution, world.targets.calls[0].token)


def test_a_call_that_was_answered_is_not_abandoned() -> None:
    world = World({"T": task(TimeoutSeconds=10)}, lambda _: later(90, Answer("7")))
    assert world.finish().error == "States.Timeout"
    assert world.targets.abandoned == []


def test_a_call_that_failed_is_no_longer_open() -> None:
    """Its token is worth nothing, and nothing keeps its argument."""
    sent = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    world = World({"T": task(sent, Parameters={})}, lambda _: later(0, Answer(error="No", cause="no queue")))
    assert world.finish().error == "No"
    assert not world.driver.is_open(world.execution, world.targets.calls[0].token)


def test_a_target_that_cannot_answer_is_an_error_for_people() -> None:
    def reply(call: CallTarget) -> Reply:
        raise NotEmulatedError("no such thing here")

    world = World({"T": task()}, reply)
    with pytest.raises(NotEmulatedError):
        world.timeline.run_ready()
    finish = world.execution.finish
    assert finish is not None, "nobody waits for ever"
    assert (finish.status, finish.error, finish.cause) == ("ABORTED", "NotEmulatedError", "no such thing here")


def test_timers_of_one_instant_are_told_together() -> None:
    branches = [
        {"StartAt": name, "States": {name: {"Type": "Wait", "Seconds": 5, "End": True}}} for name in ("A", "B", "C")
    ]
    world = World({"P": {"Type": "Parallel", "Branches": branches, "End": True}}, lambda _: None)
    run = world.finish()
    assert [type(event).__name__ for event in run.events] == ["Start", "TimersFired"]


def test_the_longest_life_of_an_execution_is_nothing_to_wait_for() -> None:
    """An execution may last a year (quotas of the developer guide); that is no reason to let a year pass."""
    world = World({"T": task(ACTIVITY)}, lambda _: None)
    assert not world.timeline.run_until(lambda: world.execution.finish is not None)
    world.timeline.advance_to(DEFAULT_START + timedelta(days=366))
    assert world.execution.status == "TIMED_OUT"
    assert world.execution.elapsed == timedelta(days=365)


def test_real_time_is_kept_apart() -> None:
    world = World({"T": task()}, lambda _: later(3600, Answer("1")))
    assert 0 < world.finish().real_ns < 10**10
