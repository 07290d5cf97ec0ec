"""Frames outlive a failure and the end; what is open can be seen at any moment."""

from datetime import timedelta

import pytest

from asl import Machine, compile  # noqa: A004 - the word of the field
from asl.effects import Finish, SetTimer
from asl.events import CallFailed, CallSucceeded, Stop, TimersFired
from asl.frames import Branch, Fork
from asl.validate import MachineType
from asl.values import Json
from tests.asl.driving import BEGIN, Error, Ok, Run, begin, machine, map_, parallel, pass_, play, run, start_event, task

WAIT: Json = {"Type": "Wait", "Seconds": 100, "End": True}
FAIL: Json = {"Type": "Fail", "Error": "E"}


def root(played: Run) -> Branch:
    assert played.machine.root is not None
    return played.machine.root


def fork(played: Run) -> Fork:
    found = root(played).fork
    assert found is not None
    return found


def outputs(found: Fork) -> list[Json]:
    return [None if each is None else each.value for each in found.outputs]


# The end is a value --------------------------------------------------------------------------------------------------


def test_a_machine_has_no_root_before_it_starts_and_keeps_it_when_it_is_over() -> None:
    fresh = Machine(compile(machine(A=pass_(Result=1, Next="F"), F=FAIL)))
    assert (fresh.root, fresh.ended, fresh.open_timers, fresh.open_calls) == (None, None, (), ())
    fresh.receive(start_event())
    assert fresh.ended == Finish("FAILED", None, "E", None)
    assert fresh.root is not None
    assert (fresh.root.state.name, fresh.root.input.value) == ("F", 1)


def test_an_execution_that_is_stopped_keeps_the_states_that_it_was_in() -> None:
    played = begin(machine(P=parallel(machine(A=WAIT), machine(B=task()))))
    played.receive(Stop(BEGIN))
    assert [branch.state.name for branch in fork(played).branches] == ["A", "B"]
    assert (played.machine.open_timers, played.machine.open_calls) == ((), ())


def test_timers_of_one_instant_end_an_execution_once() -> None:
    """The first iteration fails with States.Runtime, which ends all; the second was due at the same time."""
    body = machine(W={"Type": "Wait", "Seconds": 3, "OutputPath": "$.nothing", "End": True})
    played = run(machine(M=map_(body)), [{}, {}])
    assert (played.end.error, played.types.count("ExecutionFailed")) == ("States.Runtime", 1)


# A failed fork -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("iterates", [False, True])
def test_a_failed_fork_keeps_the_outputs_of_the_branches_that_had_ended(iterates: bool) -> None:
    state = map_(machine(T=task())) if iterates else parallel(*(machine(**{name: task()}) for name in "BCD"))
    played = run(
        machine(A=state),
        [1, 2, 3],
        [Ok("7", after=1), Error("E", after=2), Ok("9", after=3)],
    )
    assert played.end.error == "E"
    assert outputs(fork(played)) == [7, None, None]
    assert [branch.done for branch in fork(played).branches] == [True, True, True]


def test_a_failed_fork_inside_of_a_failed_fork_stays_as_well() -> None:
    inner = parallel(machine(Done=pass_(Result=1)), machine(T=task()))
    played = run(machine(Outer=parallel(machine(Inner=inner), machine(W=WAIT))), {}, [Error("E", after=5)])
    nested = fork(played).branches[0].fork
    assert nested is not None
    assert outputs(nested) == [1, None]


def test_a_failed_fork_stays_while_its_state_waits_to_be_tried_again_and_makes_room_for_the_next() -> None:
    retry: Json = [{"ErrorEquals": ["E"], "MaxAttempts": 1, "IntervalSeconds": 10}]
    played = begin(machine(P=parallel(machine(Done=pass_(Result=1)), machine(T=task()), Retry=retry)))
    failed = fork(played)
    played.receive(CallFailed(BEGIN, played.calls[0].token, "E", None))
    assert fork(played) is failed
    assert outputs(failed) == [1, None]
    played.fire()
    assert fork(played) is not failed


def test_a_failed_fork_is_gone_when_what_is_tried_again_fails_before_it_forks() -> None:
    retry: Json = [{"ErrorEquals": ["States.QueryEvaluationError"], "MaxAttempts": 1}]
    items = "{% $states.context.State.RetryCount = 0 ? [1] : $error('gone') %}"
    body = machine(F={"Type": "Fail", "Error": "States.QueryEvaluationError"})
    played = run({**machine(M=map_(body, Items=items, Retry=retry)), "QueryLanguage": "JSONata"})
    assert played.end.status == "FAILED"
    assert root(played).fork is None


@pytest.mark.parametrize("caught", [False, True])
def test_a_fork_is_gone_when_its_owner_has_left_the_state(caught: bool) -> None:
    catch: Json = [{"ErrorEquals": ["E"], "Next": "W"}]
    ending: Json = {"Type": "Fail", "Error": "E"} if caught else {"Type": "Succeed"}
    played = begin(machine(P=parallel(machine(X=ending), Catch=catch, Next="W"), W=WAIT))
    assert root(played).state.name == "W"
    assert root(played).fork is None


# What is open --------------------------------------------------------------------------------------------------------


def test_the_timers_and_calls_that_are_open_can_be_seen() -> None:
    retry: Json = [{"ErrorEquals": ["E"]}]
    definition = machine(P=parallel(machine(W=WAIT), machine(T=task(TimeoutSeconds=5)), machine(R=task(Retry=retry))))
    played = begin(definition)
    first, second = played.calls
    assert list(played.machine.open_calls) == [first, second]
    played.receive(CallFailed(BEGIN, second.token, "E", None))
    assert list(played.machine.open_calls) == [first]
    shown = [(each.kind, each.state_name, (each.at - BEGIN).total_seconds()) for each in played.machine.open_timers]
    assert shown == [("execution", "P", 365 * 86_400), ("wake", "W", 100), ("timeout", "T", 5), ("retry", "R", 1)]
    assert {each.token: each.at for each in played.machine.open_timers} == played.timers
    played.receive(CallSucceeded(BEGIN, first.token, "1"))
    play(played, [None, None, "2"])
    assert played.end.status == "SUCCEEDED"
    assert (played.machine.open_timers, played.machine.open_calls) == ((), ())


def test_a_timer_that_has_fired_is_open_no_more() -> None:
    played = begin(machine(A={"Type": "Wait", "Seconds": 1, "Next": "B"}, B=WAIT))
    (_, wake) = played.machine.open_timers
    played.receive(TimersFired(wake.at, (wake.token,)))
    assert [each.state_name for each in played.machine.open_timers if each.kind == "wake"] == ["B"]


# The bound of the execution ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "type_", "bound"),
    [
        ({}, "STANDARD", (timedelta(days=365), True)),
        ({"TimeoutSeconds": 7}, "STANDARD", (timedelta(seconds=7), False)),
        ({}, "EXPRESS", (timedelta(minutes=5), False)),
        ({"TimeoutSeconds": 7}, "EXPRESS", (timedelta(seconds=7), False)),
        ({"TimeoutSeconds": 301}, "EXPRESS", (timedelta(minutes=5), False)),
    ],
)
def test_only_the_longest_time_of_a_standard_execution_is_passive(
    fields: dict[str, Json], type_: MachineType, bound: tuple[timedelta, bool]
) -> None:
    program = compile({**machine(A=task()), **fields}, type=type_)
    assert program.type == type_
    played = begin(program)
    (timer,) = [each for each in played.effects if isinstance(each, SetTimer)]
    assert (timer.at - BEGIN, timer.passive) == bound
    assert [(each.at - BEGIN, each.passive) for each in played.machine.open_timers] == [bound]


def test_the_timer_of_a_state_is_never_passive() -> None:
    played = begin(machine(A=WAIT))
    assert [each.passive for each in played.effects if isinstance(each, SetTimer)] == [True, False]
