"""Tasks that fail before they run: a test drives the five events that AWS has for them.

Where they stand in a history is by analogy with Amazon SWF: ScheduleFailed in place of Scheduled, StartFailed in place
of Started, SubmitFailed in place of Submitted. None is recorded.
"""

from datetime import timedelta

import pytest

from asl import replay
from asl.events import CallFailed, CallStep, CallSucceeded, TaskOffered, TasksHeld
from asl.values import Json
from tests.asl.driving import ACTIVITY, BEGIN, FUNCTION, SQS_CALLBACK, Run, begin, machine, pass_, run, task

CATCH: Json = [{"ErrorEquals": ["X"], "Next": "Z"}]
RETRY: Json = [{"ErrorEquals": ["X"], "IntervalSeconds": 5, "MaxAttempts": 1}]
SQS = SQS_CALLBACK.removesuffix(".waitForTaskToken")


def held(resource: str, **fields: Json) -> Run:
    states = {"A": task(resource, **fields), **({"Z": pass_()} if "Catch" in fields else {})}
    return begin(machine(**states), held=frozenset({"A"}))


def fail(played: Run, step: CallStep) -> None:
    played.receive(CallFailed(played.now, played.calls[-1].token, "X", "why", step=step))


@pytest.mark.parametrize(
    ("resource", "step", "chain", "details"),
    [
        (FUNCTION, "schedule", ["3 LambdaFunctionScheduleFailed<-2"], {}),
        (FUNCTION, "start", ["3 LambdaFunctionScheduled<-2", "4 LambdaFunctionStartFailed<-3"], {}),
        (ACTIVITY, "schedule", ["3 ActivityScheduleFailed<-2"], {}),
        (
            SQS,
            "start",
            ["3 TaskScheduled<-2", "4 TaskStartFailed<-3"],
            {"resourceType": "sqs", "resource": "sendMessage"},
        ),
        (
            SQS_CALLBACK,
            "submit",
            ["3 TaskScheduled<-2", "4 TaskStarted<-3", "5 TaskSubmitFailed<-4"],
            {"resourceType": "sqs", "resource": "sendMessage.waitForTaskToken"},
        ),
    ],
)
def test_the_event_of_a_failure_takes_the_place_of_the_step_s_own(
    resource: str, step: CallStep, chain: list[str], details: dict[str, str]
) -> None:
    played = held(resource, Catch=CATCH)
    assert played.types == ["ExecutionStarted", "TaskStateEntered"]
    fail(played, step)
    assert played.chain[2 : 2 + len(chain)] == chain
    assert not [each for each in played.machine.open_timers if each.kind != "execution"]
    type_ = chain[-1].split()[1].partition("<")[0]
    assert played.details(type_) == [{**details, "error": "X", "cause": "why"}]
    assert played.types[2 + len(chain)] == "TaskStateExited"
    assert played.output == {"Error": "X", "Cause": "why"}


def test_a_retry_follows_the_failure() -> None:
    played = held(FUNCTION, Retry=RETRY)
    fail(played, "schedule")
    played.fire()
    played.receive(TaskOffered(played.now, played.calls[-1].token))
    played.receive(CallSucceeded(played.now, played.calls[-1].token, "{}"))
    assert played.chain[2:6] == [
        "3 LambdaFunctionScheduleFailed<-2",
        "4 LambdaFunctionScheduled<-3",
        "5 LambdaFunctionStarted<-4",
        "6 LambdaFunctionSucceeded<-5",
    ]
    assert played.elapsed == 5


def test_a_held_task_that_runs_has_the_same_history_and_its_timeout_counts_from_its_start() -> None:
    definition = machine(A=task(FUNCTION, TimeoutSeconds=10))
    free = run(definition, {}, ["{}"])
    played = begin(definition, held=frozenset({"A"}))
    assert not [each for each in played.machine.open_timers if each.kind == "timeout"]
    played.receive(TaskOffered(played.now, played.calls[-1].token))
    assert [each.at for each in played.machine.open_timers if each.kind == "timeout"] == [BEGIN + timedelta(seconds=10)]
    played.receive(CallSucceeded(played.now, played.calls[-1].token, "{}"))
    assert played.chain == free.chain


def test_tasks_are_held_from_the_middle_of_an_execution_and_the_journal_gives_it_again() -> None:
    played = begin(machine(A=task(FUNCTION, Next="Z"), Z=task(FUNCTION)))
    played.receive(TasksHeld(played.now, frozenset({"Z"})))
    played.receive(CallSucceeded(played.now, played.calls[-1].token, "{}"))
    fail(played, "start")
    assert played.types[-2:] == ["LambdaFunctionStartFailed", "ExecutionFailed"]
    again, effects = replay(played.machine.program, played.events)
    assert (again.status, effects) == ("FAILED", played.effects)


def test_a_request_that_a_service_refuses_is_not_submitted() -> None:
    played = begin(machine(A=task(SQS_CALLBACK)))
    fail(played, "")
    assert played.types[-3:] == ["TaskStarted", "TaskSubmitFailed", "ExecutionFailed"]
