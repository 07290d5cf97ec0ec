"""Retry and Catch: who answers, how long a retry waits, what a catcher hands on."""

import json
from itertools import pairwise

import pytest

from asl.chance import Chance
from asl.decisions import Caught, Unanswered
from asl.effects import SetTimer
from asl.retry import answer_error, parse_catchers, parse_retriers
from asl.values import Json
from tests.asl.driving import BEGIN, Error, Ok, machine, map_, parallel, pass_, run, task

FAILED = Error("E", "c")


def retry(**fields: Json) -> Json:
    return [{"ErrorEquals": ["E"], **fields}]


@pytest.mark.parametrize(
    ("fields", "delays"),
    [
        ({}, [1, 2, 4]),
        ({"IntervalSeconds": 3, "BackoffRate": 1.5, "MaxAttempts": 3}, [3, 4.5, 6.75]),
        ({"IntervalSeconds": 2, "BackoffRate": 3, "MaxDelaySeconds": 10, "MaxAttempts": 4}, [2, 6, 10, 10]),
        ({"BackoffRate": 1, "MaxAttempts": 4}, [1, 1, 1, 1]),
        ({"MaxAttempts": 0}, []),
        ({"IntervalSeconds": 0, "MaxAttempts": 3}, [0, 0, 0]),  # AWS takes it: measured
        ({"IntervalSeconds": 0, "MaxAttempts": 2, "MaxDelaySeconds": 5, "JitterStrategy": "FULL"}, [0, 0]),
        ({"JitterStrategy": "NONE", "MaxAttempts": 1}, [1]),
    ],
    ids=json.dumps,
)
def test_the_delays_between_attempts(fields: dict[str, Json], delays: list[float]) -> None:
    """test_retry_interval_features"""
    played = run(machine(A=task(Retry=retry(**fields))), {}, lambda call: FAILED)
    fired = [each.at for each in played.effects if isinstance(each, SetTimer)][1:]
    moments = [BEGIN, *fired]
    assert [(b - a).total_seconds() for a, b in pairwise(moments)] == delays
    assert len(played.calls) == len(delays) + 1
    assert (played.end.error, played.end.cause) == ("E", "c")


def test_an_interval_of_nothing_stays_so_however_large_the_rate() -> None:
    (retrier,) = parse_retriers({"Retry": retry(IntervalSeconds=0, BackoffRate=1e9, MaxAttempts=99_999_999)})
    assert retrier.delay(99_999_999, Chance(0)).total_seconds() == 0


def test_full_jitter_draws_from_nothing_up_to_the_capped_delay() -> None:
    (retrier,) = parse_retriers({"Retry": retry(IntervalSeconds=100, MaxDelaySeconds=50, JitterStrategy="FULL")})
    chance = Chance(3)
    drawn = [retrier.delay(1, chance).total_seconds() for _ in range(300)]
    assert 0 <= min(drawn) < 5
    assert 45 < max(drawn) < 50
    assert retrier.delay(1, Chance(7)) == retrier.delay(1, Chance(7))


@pytest.mark.parametrize("rate", [1e9, 1e308, 10**400, 2])
def test_a_delay_is_never_longer_than_any_execution(rate: float) -> None:
    (retrier,) = parse_retriers({"Retry": retry(BackoffRate=rate, MaxAttempts=99_999_999)})
    assert retrier.delay(1, Chance(0)).total_seconds() == 1
    assert retrier.delay(100_000, Chance(0)).days == 366


def test_three_attempts_more_by_default() -> None:
    """test_lambda_invoke_with_retry_base: MaxAttempts counts retries."""
    played = run(machine(A=task(Retry=retry())), {}, [FAILED, FAILED, FAILED, "1"])
    assert (played.output, len(played.calls)) == (1, 4)


def test_each_retrier_counts_its_own_attempts() -> None:
    retriers: Json = [{"ErrorEquals": ["E"], "MaxAttempts": 1}, {"ErrorEquals": ["F"], "MaxAttempts": 1}]
    played = run(machine(A=task(Retry=retriers)), {}, [Error("E"), Error("F"), Error("E")])
    assert (played.end.error, len(played.calls)) == ("E", 3)


def test_once_the_first_retrier_that_answers_is_exhausted_no_later_one_is_asked() -> None:
    retriers: Json = [{"ErrorEquals": ["E"], "MaxAttempts": 1}, {"ErrorEquals": ["States.ALL"]}]
    assert len(run(machine(A=task(Retry=retriers)), {}, lambda call: FAILED).calls) == 2


def test_the_attempts_are_counted_anew_when_the_state_is_entered_again() -> None:
    definition = machine(
        A=task(Retry=retry(MaxAttempts=1), ResultPath=None, Next="B"),
        B={
            "Type": "Choice",
            "Choices": [{"Variable": "$$.Execution.Input.x", "IsPresent": True, "Next": "C"}],
            "Default": "A",
        },
        C=pass_(),
    )
    played = run(definition, {}, [FAILED, "1", FAILED, "1", FAILED, FAILED])
    assert len(played.calls) == 6


def test_the_retry_count_of_the_context_grows_over_all_retriers() -> None:
    """test_lambda_service_invoke_with_retry_extended_input: Parameters are evaluated at each attempt."""
    retriers: Json = [{"ErrorEquals": ["E"]}, {"ErrorEquals": ["F"]}]
    definition = machine(A=task(Retry=retriers, Parameters={"n.$": "$$.State.RetryCount"}))
    played = run(definition, {}, [Error("E"), Error("F"), Error("E"), "1"])
    assert [call.argument.value for call in played.calls] == [{"n": count} for count in range(4)]


def test_empty_lists_mean_none() -> None:
    """test_lambda_empty_retry, test_catch_empty"""
    assert run(machine(A=task(Retry=[], Catch=[])), {}, [FAILED]).end.error == "E"


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({}, {"Error": "E", "Cause": "c"}),
        ({"ResultPath": "$.e"}, {"a": 1, "e": {"Error": "E", "Cause": "c"}}),
        ({"ResultPath": None}, {"a": 1}),
    ],
)
def test_a_catcher_puts_the_error_output_into_the_raw_input(fields: dict[str, Json], output: Json) -> None:
    """test_raise_exception_catch*; InputPath and OutputPath of the state do not apply."""
    catch: Json = [{"ErrorEquals": ["E"], "Next": "Z", **fields}]
    definition = machine(A=task(Catch=catch, InputPath="$.a", OutputPath="$.no.such.path"), Z=pass_())
    assert run(definition, {"a": 1}, [FAILED]).output == output


def test_a_catcher_whose_result_path_does_not_fit_fails_the_state() -> None:
    catch: Json = [{"ErrorEquals": ["E"], "Next": "Z", "ResultPath": "$.a.b"}]
    played = run(machine(A=task(Catch=catch), Z=pass_()), {"a": 1}, [FAILED])
    assert played.end.error == "States.ReferencePathConflict"


def test_a_catcher_assigns_from_the_error_output_and_the_state_does_not() -> None:
    catch: Json = [{"ErrorEquals": ["E"], "Next": "Z", "Assign": {"why.$": "$.Cause"}}]
    definition = machine(A=task(Catch=catch, Assign={"why": "fine"}), Z=pass_(Parameters={"why.$": "$why"}))
    assert run(definition, {}, [FAILED]).output == {"why": "c"}


def test_a_catcher_of_a_parallel_assigns_outside() -> None:
    catch: Json = [{"ErrorEquals": ["E"], "Next": "Z", "Assign": {"v.$": "$.Error"}}]
    branch = machine(B=pass_(Assign={"inner": 1}, Next="F"), F={"Type": "Fail", "Error": "E"})
    definition = machine(A=parallel(branch, Catch=catch), Z=pass_(Parameters={"v.$": "$v"}))
    assert run(definition).output == {"v": "E"}


def test_the_first_catcher_that_answers_wins() -> None:
    catchers = parse_catchers(
        {"Catch": [{"ErrorEquals": ["E"], "Next": "X"}, {"ErrorEquals": ["States.ALL"], "Next": "Y"}]}
    )
    assert [answer_error(name, (), catchers, {}, Chance(0)) for name in ("E", "F", "States.Runtime")] == [
        Caught("E", 0),
        Caught("F", 1),
        Unanswered("States.Runtime"),
    ]
    assert answer_error("F", parse_retriers({"Retry": retry()}), (), {}, Chance(0)) == Unanswered("F")


@pytest.mark.parametrize("fork", [parallel, map_], ids=["Parallel", "Map"])
def test_a_retried_fork_runs_all_of_it_again_on_the_same_input(fork: object) -> None:
    body = machine(B=task())
    assert callable(fork)
    definition = machine(A=fork(body, Retry=retry(MaxAttempts=1)))
    played = run(definition, [5], [FAILED, Ok("2", after=1)])
    assert played.output == [2]
    assert [call.argument.value for call in played.calls] in ([[5], [5]], [5, 5])


def test_a_retry_under_way_in_an_aborted_branch_is_given_up() -> None:
    slow = machine(B=task(Retry=retry(IntervalSeconds=100)))
    failing = machine(W={"Type": "Wait", "Seconds": 5, "Next": "F"}, F={"Type": "Fail", "Error": "X"})
    played = run(machine(A=parallel(slow, failing)), {}, [FAILED])
    assert (played.end.error, played.elapsed, played.timers) == ("X", 5, {})
