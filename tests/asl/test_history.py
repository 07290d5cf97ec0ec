"""Ids, types, order and ``previousEventId`` of whole histories; the AWS test that recorded one is named beside it."""

import re
from typing import Any

import pytest

from asl.effects import CallTarget, Record
from asl.events import Stop, TaskOffered, TaskStarted, TaskSucceeded
from asl.history import details_key, render
from asl.values import Json
from tests.asl.driving import (
    ACTIVITY,
    BEGIN,
    FUNCTION,
    REGION,
    ROLE,
    SQS_CALLBACK,
    Answers,
    Error,
    Ok,
    Run,
    Submitted,
    begin,
    machine,
    map_,
    parallel,
    pass_,
    play,
    run,
    task,
)

LAMBDA_INVOKE = "arn:aws:states:::lambda:invoke"
RETRY_TWICE: Json = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}]
CATCH_ALL: Json = [{"ErrorEquals": ["States.ALL"], "Next": "Z"}]
FAIL: Json = {"Type": "Fail", "Error": "E", "Cause": "c"}
FAILED = Error("E", "c")


def is_chain(played: Run, expected: str) -> None:
    """``expected`` as the reference writes it, one event a line; ``...`` stands for events that do not matter."""
    wanted = [line.strip() for line in expected.strip().splitlines()]
    if "..." not in wanted:
        assert played.chain == wanted
        return
    cut = wanted.index("...")
    assert played.chain[:cut] == wanted[:cut]
    assert played.chain[len(played.chain) - len(wanted) + cut + 1 :] == wanted[cut + 1 :]


SEQUENCES: dict[str, tuple[dict[str, Json], Json, Answers, str]] = {
    # test_pass_result, and the first line of section "Execution history"
    "Pass, then Succeed": (
        machine(A=pass_(Next="B"), B={"Type": "Succeed"}),
        {},
        (),
        """1 ExecutionStarted<-0
        2 PassStateEntered<-0
        3 PassStateExited<-2
        4 SucceedStateEntered<-3
        5 SucceedStateExited<-4
        6 ExecutionSucceeded<-5""",
    ),
    "Pass only": (
        machine(A=pass_()),
        {},
        (),
        """1 ExecutionStarted<-0
        2 PassStateEntered<-0
        3 PassStateExited<-2
        4 ExecutionSucceeded<-3""",
    ),
    # test_state_fail
    "Fail": (
        machine(A=FAIL),
        {},
        (),
        """1 ExecutionStarted<-0
        2 FailStateEntered<-0
        3 ExecutionFailed<-2""",
    ),
    "Choice": (
        machine(
            A={"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "A"}], "Default": "B"},
            B=pass_(),
        ),
        {},
        (),
        """1 ExecutionStarted<-0
        2 ChoiceStateEntered<-0
        3 ChoiceStateExited<-2
        4 PassStateEntered<-3
        5 PassStateExited<-4
        6 ExecutionSucceeded<-5""",
    ),
    "Wait": (
        machine(A={"Type": "Wait", "Seconds": 1, "End": True}),
        {},
        (),
        """1 ExecutionStarted<-0
        2 WaitStateEntered<-0
        3 WaitStateExited<-2
        4 ExecutionSucceeded<-3""",
    ),
    # test_invoke_pipe
    "two Lambda functions by ARN": (
        machine(A=task(Next="B"), B=task()),
        {},
        ("1", "2"),
        """1 ExecutionStarted<-0
        2 TaskStateEntered<-0
        3 LambdaFunctionScheduled<-2
        4 LambdaFunctionStarted<-3
        5 LambdaFunctionSucceeded<-4
        6 TaskStateExited<-5
        7 TaskStateEntered<-6
        8 LambdaFunctionScheduled<-7
        9 LambdaFunctionStarted<-8
        10 LambdaFunctionSucceeded<-9
        11 TaskStateExited<-10
        12 ExecutionSucceeded<-11""",
    ),
    # test_lambda_service_invoke...
    "lambda:invoke": (
        machine(A=task(LAMBDA_INVOKE, Parameters={"FunctionName": "f"})),
        {},
        ("{}",),
        """1 ExecutionStarted<-0
        2 TaskStateEntered<-0
        3 TaskScheduled<-2
        4 TaskStarted<-3
        5 TaskSucceeded<-4
        6 TaskStateExited<-5
        7 ExecutionSucceeded<-6""",
    ),
    # test_retry_interval_features
    "two retries, then the end": (
        machine(A=task(Retry=RETRY_TWICE)),
        {},
        [FAILED] * 3,
        """1 ExecutionStarted<-0
        2 TaskStateEntered<-0
        3 LambdaFunctionScheduled<-2
        4 LambdaFunctionStarted<-3
        5 LambdaFunctionFailed<-4
        6 LambdaFunctionScheduled<-5
        7 LambdaFunctionStarted<-6
        8 LambdaFunctionFailed<-7
        9 LambdaFunctionScheduled<-8
        10 LambdaFunctionStarted<-9
        11 LambdaFunctionFailed<-10
        12 ExecutionFailed<-11""",
    ),
    "two retries, then Catch": (
        machine(A=task(Retry=RETRY_TWICE, Catch=CATCH_ALL), Z=pass_()),
        {},
        [FAILED] * 3,
        """1 ExecutionStarted<-0
        ...
        11 LambdaFunctionFailed<-10
        12 TaskStateExited<-11
        13 PassStateEntered<-12
        14 PassStateExited<-13
        15 ExecutionSucceeded<-14""",
    ),
    # test_raise_exception_catch
    "Catch without Retry": (
        machine(A=task(Catch=CATCH_ALL), Z=pass_()),
        {},
        [FAILED],
        """1 ExecutionStarted<-0
        2 TaskStateEntered<-0
        3 LambdaFunctionScheduled<-2
        4 LambdaFunctionStarted<-3
        5 LambdaFunctionFailed<-4
        6 TaskStateExited<-5
        7 PassStateEntered<-6
        8 PassStateExited<-7
        9 ExecutionSucceeded<-8""",
    ),
    # test_sqs_wait_for_task_token
    "a callback": (
        machine(A=task(SQS_CALLBACK, Parameters={"MessageBody": "m"})),
        {},
        [Submitted(Ok("1", after=5))],
        """1 ExecutionStarted<-0
        2 TaskStateEntered<-0
        3 TaskScheduled<-2
        4 TaskStarted<-3
        5 TaskSubmitted<-4
        6 TaskSucceeded<-5
        7 TaskStateExited<-6
        8 ExecutionSucceeded<-7""",
    ),
    # test_start_execution_sync2
    "startExecution.sync:2": (
        machine(A=task("arn:aws:states:::states:startExecution.sync:2", Parameters={"StateMachineArn": "m"})),
        {},
        [Submitted(Ok("{}", after=5))],
        """1 ExecutionStarted<-0
        2 TaskStateEntered<-0
        3 TaskScheduled<-2
        4 TaskStarted<-3
        5 TaskSubmitted<-4
        6 TaskSucceeded<-5
        7 TaskStateExited<-6
        8 ExecutionSucceeded<-7""",
    ),
    # test_heartbeat_timeout
    "a missed heartbeat": (
        machine(A=task(SQS_CALLBACK, HeartbeatSeconds=5)),
        {},
        [Submitted(Ok("1", after=6))],
        """1 ExecutionStarted<-0
        2 TaskStateEntered<-0
        3 TaskScheduled<-2
        4 TaskStarted<-3
        5 TaskSubmitted<-4
        6 TaskTimedOut<-5
        7 ExecutionFailed<-6""",
    ),
    # test_fixed_timeout_lambda
    "a function that takes too long": (
        machine(A=task(TimeoutSeconds=5)),
        {},
        [None],
        """1 ExecutionStarted<-0
        2 TaskStateEntered<-0
        3 LambdaFunctionScheduled<-2
        4 LambdaFunctionStarted<-3
        5 LambdaFunctionTimedOut<-4
        6 ExecutionFailed<-5""",
    ),
    # test_fixed_timeout_service_lambda
    "a service that takes too long": (
        machine(A=task(LAMBDA_INVOKE, TimeoutSeconds=5)),
        {},
        [None],
        """1 ExecutionStarted<-0
        2 TaskStateEntered<-0
        3 TaskScheduled<-2
        4 TaskStarted<-3
        5 TaskTimedOut<-4
        6 ExecutionFailed<-5""",
    ),
    # test_global_timeout
    "an execution that takes too long": (
        {**machine(A={"Type": "Wait", "Seconds": 9, "End": True}), "TimeoutSeconds": 5},
        {},
        (),
        """1 ExecutionStarted<-0
        2 WaitStateEntered<-0
        3 ExecutionTimedOut<-0""",
    ),
    # test_max_concurrency_path
    "a MaxConcurrencyPath that finds no number": (
        machine(A=map_(machine(B=pass_()), MaxConcurrencyPath="$.n", ItemsPath="$.l")),
        {"n": "x", "l": []},
        (),
        """1 ExecutionStarted<-0
        2 MapStateEntered<-0
        3 ExecutionFailed<-2""",
    ),
    # test_map_state
    "a Map one at a time": (
        machine(P=pass_(Next="A"), A=map_(machine(B=pass_()), MaxConcurrency=1)),
        [1, 2],
        (),
        """1 ExecutionStarted<-0
        2 PassStateEntered<-0
        3 PassStateExited<-2
        4 MapStateEntered<-3
        5 MapStateStarted<-4
        6 MapIterationStarted<-5
        7 PassStateEntered<-6
        8 PassStateExited<-7
        9 MapIterationSucceeded<-8
        10 MapIterationStarted<-8
        11 PassStateEntered<-10
        12 PassStateExited<-11
        13 MapIterationSucceeded<-12
        14 MapStateSucceeded<-13
        15 MapStateExited<-13
        16 ExecutionSucceeded<-15""",
    ),
    # test_map_state_nested
    "a Map in a Map": (
        machine(A=map_(machine(B=map_(machine(C=pass_()), MaxConcurrency=1)), MaxConcurrency=1)),
        [[1], [2]],
        (),
        """1 ExecutionStarted<-0
        2 MapStateEntered<-0
        3 MapStateStarted<-2
        4 MapIterationStarted<-3
        5 MapStateEntered<-4
        6 MapStateStarted<-5
        7 MapIterationStarted<-6
        8 PassStateEntered<-7
        9 PassStateExited<-8
        10 MapIterationSucceeded<-9
        11 MapStateSucceeded<-10
        12 MapStateExited<-10
        13 MapIterationSucceeded<-12
        14 MapIterationStarted<-12
        15 MapStateEntered<-14
        16 MapStateStarted<-15
        17 MapIterationStarted<-16
        18 PassStateEntered<-17
        19 PassStateExited<-18
        20 MapIterationSucceeded<-19
        21 MapStateSucceeded<-20
        22 MapStateExited<-20
        23 MapIterationSucceeded<-22
        24 MapStateSucceeded<-23
        25 MapStateExited<-23
        26 ExecutionSucceeded<-25""",
    ),
    "a Map without items": (
        machine(A=map_(machine(B=pass_()))),
        [],
        (),
        """1 ExecutionStarted<-0
        2 MapStateEntered<-0
        3 MapStateStarted<-2
        4 MapStateSucceeded<-3
        5 MapStateExited<-3
        6 ExecutionSucceeded<-5""",
    ),
    # test_map_state_catch
    "a Map that fails and is caught": (
        machine(P=pass_(Next="A"), A=map_(machine(B=FAIL), MaxConcurrency=1, Catch=CATCH_ALL), Z=pass_()),
        [1, 2],
        (),
        """1 ExecutionStarted<-0
        2 PassStateEntered<-0
        3 PassStateExited<-2
        4 MapStateEntered<-3
        5 MapStateStarted<-4
        6 MapIterationStarted<-5
        7 FailStateEntered<-6
        8 MapIterationFailed<-7
        9 MapStateFailed<-7
        10 MapStateExited<-9
        11 PassStateEntered<-10
        12 PassStateExited<-11
        13 ExecutionSucceeded<-12""",
    ),
    # test_map_state_retry
    "a Map that is tried three times": (
        machine(P=pass_(Next="A"), A=map_(machine(B=FAIL), MaxConcurrency=1, Retry=RETRY_TWICE)),
        [1],
        (),
        """1 ExecutionStarted<-0
        2 PassStateEntered<-0
        3 PassStateExited<-2
        4 MapStateEntered<-3
        5 MapStateStarted<-4
        6 MapIterationStarted<-5
        7 FailStateEntered<-6
        8 MapIterationFailed<-7
        9 MapStateStarted<-7
        10 MapIterationStarted<-9
        11 FailStateEntered<-10
        12 MapIterationFailed<-11
        13 MapStateStarted<-11
        14 MapIterationStarted<-13
        15 FailStateEntered<-14
        16 MapIterationFailed<-15
        17 MapStateFailed<-15
        18 ExecutionFailed<-17""",
    ),
    # test_service_lambda_map_timeout; AWS's own timed-out events come in the order of its clocks
    "four iterations that all take too long": (
        machine(A=map_(machine(B=task(LAMBDA_INVOKE, TimeoutSeconds=5)))),
        [1, 2, 3, 4],
        lambda call: None,
        """1 ExecutionStarted<-0
        2 MapStateEntered<-0
        3 MapStateStarted<-2
        4 MapIterationStarted<-3
        5 MapIterationStarted<-3
        6 MapIterationStarted<-3
        7 MapIterationStarted<-3
        8 TaskStateEntered<-4
        9 TaskScheduled<-8
        10 TaskStateEntered<-5
        11 TaskScheduled<-10
        12 TaskStateEntered<-6
        13 TaskScheduled<-12
        14 TaskStateEntered<-7
        15 TaskScheduled<-14
        16 TaskStarted<-9
        17 TaskStarted<-11
        18 TaskStarted<-13
        19 TaskStarted<-15
        20 TaskTimedOut<-16
        21 TaskTimedOut<-17
        22 TaskTimedOut<-18
        23 TaskTimedOut<-19
        24 MapIterationFailed<-20
        25 TaskStateAborted<-20
        26 MapIterationAborted<-20
        27 TaskStateAborted<-20
        28 MapIterationAborted<-20
        29 TaskStateAborted<-20
        30 MapIterationAborted<-20
        31 TaskStateAborted<-20
        32 MapStateFailed<-20
        33 ExecutionFailed<-32""",
    ),
    # test_parallel_state_nested
    "a Parallel in a Parallel": (
        machine(A=parallel(machine(B=parallel(machine(C=pass_()))))),
        {},
        (),
        """1 ExecutionStarted<-0
        2 ParallelStateEntered<-0
        3 ParallelStateStarted<-2
        4 ParallelStateEntered<-3
        5 ParallelStateStarted<-4
        6 PassStateEntered<-5
        7 PassStateExited<-6
        8 ParallelStateSucceeded<-7
        9 ParallelStateExited<-7
        10 ParallelStateSucceeded<-9
        11 ParallelStateExited<-9
        12 ExecutionSucceeded<-11""",
    ),
    # test_parallel_state_fail
    "a Parallel that fails": (
        machine(A=parallel(machine(B=FAIL))),
        {},
        (),
        """1 ExecutionStarted<-0
        2 ParallelStateEntered<-0
        3 ParallelStateStarted<-2
        4 FailStateEntered<-3
        5 ParallelStateFailed<-4
        6 ExecutionFailed<-5""",
    ),
    # test_parallel_state_catch
    "a Parallel that fails and is caught": (
        machine(A=parallel(machine(B=FAIL), Catch=CATCH_ALL), Z=pass_()),
        {},
        (),
        """1 ExecutionStarted<-0
        2 ParallelStateEntered<-0
        3 ParallelStateStarted<-2
        4 FailStateEntered<-3
        5 ParallelStateFailed<-4
        6 ParallelStateExited<-5
        7 PassStateEntered<-6
        8 PassStateExited<-7
        9 ExecutionSucceeded<-8""",
    ),
    # test_parallel_state_retry
    "a Parallel that is tried three times": (
        machine(A=parallel(machine(B=FAIL), Retry=RETRY_TWICE)),
        {},
        (),
        """1 ExecutionStarted<-0
        2 ParallelStateEntered<-0
        3 ParallelStateStarted<-2
        4 FailStateEntered<-3
        5 ParallelStateStarted<-4
        6 FailStateEntered<-5
        7 ParallelStateStarted<-6
        8 FailStateEntered<-7
        9 ParallelStateFailed<-8
        10 ExecutionFailed<-9""",
    ),
    # SQS_PARALLEL_WAIT_FOR_TASK_TOKEN
    "a callback in a Parallel that fails and is caught": (
        machine(A=parallel(machine(B=task(SQS_CALLBACK)), Catch=CATCH_ALL), Z=pass_()),
        {},
        [Submitted(Error("E", "c", after=1))],
        """1 ExecutionStarted<-0
        2 ParallelStateEntered<-0
        3 ParallelStateStarted<-2
        4 TaskStateEntered<-3
        5 TaskScheduled<-4
        6 TaskStarted<-5
        7 TaskSubmitted<-6
        8 TaskFailed<-7
        9 TaskStateAborted<-8
        10 ParallelStateFailed<-8
        11 ParallelStateExited<-10
        12 PassStateEntered<-11
        13 PassStateExited<-12
        14 ExecutionSucceeded<-13""",
    ),
}


@pytest.mark.parametrize("name", SEQUENCES)
def test_events_are_numbered_ordered_and_chained_as_recorded(name: str) -> None:
    definition, given, answers, expected = SEQUENCES[name]
    is_chain(run(definition, given, answers), expected)


def test_three_branches_start_behind_the_parallel_and_succeeded_and_exited_follow_the_last() -> None:
    """test_parallel_state"""
    branches = [machine(**{f"B{i}": pass_(Next=f"C{i}"), f"C{i}": pass_()}) for i in range(3)]
    played = run(machine(P=pass_(Next="A"), A=parallel(*branches)))
    assert played.chain[3:5] == ["4 ParallelStateEntered<-3", "5 ParallelStateStarted<-4"]
    assert [each.previous_event_id for each in played.records[5:17:4]] == [5, 5, 5]
    assert played.chain[17:] == [
        "18 ParallelStateSucceeded<-17",
        "19 ParallelStateExited<-17",
        "20 ExecutionSucceeded<-19",
    ]


def test_an_activity_is_scheduled_and_starts_when_a_worker_takes_it() -> None:
    """test_activity_task"""
    played = begin(machine(A=task(ACTIVITY)))
    token = played.calls[0].token
    assert played.types == ["ExecutionStarted", "TaskStateEntered"]
    played.receive(TaskOffered(BEGIN, token))
    assert played.types == ["ExecutionStarted", "TaskStateEntered", "ActivityScheduled"]
    played.receive(TaskStarted(BEGIN, token, "w1"))
    played.receive(TaskSucceeded(BEGIN, token, "7"))
    is_chain(
        played,
        """1 ExecutionStarted<-0
        2 TaskStateEntered<-0
        3 ActivityScheduled<-2
        4 ActivityStarted<-3
        5 ActivitySucceeded<-4
        6 TaskStateExited<-5
        7 ExecutionSucceeded<-6""",
    )
    assert played.details("ActivityStarted") == [{"workerName": "w1"}]


def test_an_activity_started_by_a_worker_without_a_name_says_nothing_of_it() -> None:
    played = begin(machine(A=task(ACTIVITY)))
    played.receive(TaskStarted(BEGIN, played.calls[0].token, None))
    assert played.details("ActivityStarted") == [{}]


def test_an_aborted_execution_follows_nothing() -> None:
    """test_stop_execution"""
    played = begin(machine(A={"Type": "Wait", "Seconds": 9, "End": True}))
    played.receive(Stop(BEGIN, "Halt", "no more"))
    assert played.chain == ["1 ExecutionStarted<-0", "2 WaitStateEntered<-0", "3 ExecutionAborted<-0"]
    assert played.details("ExecutionAborted") == [{"error": "Halt", "cause": "no more"}]


def test_only_the_branches_still_open_are_aborted_inner_states_first() -> None:
    open_branches: list[Json] = [
        machine(W={"Type": "Wait", "Seconds": 9, "End": True}),
        machine(T=task()),
        machine(M=map_(machine(N=task()))),
        machine(Q=parallel(machine(V={"Type": "Wait", "Seconds": 9, "End": True}))),
        machine(D=pass_()),
    ]
    failing = machine(W1={"Type": "Wait", "Seconds": 1, "Next": "F"}, F=FAIL)
    played = run(machine(A=parallel(failing, *open_branches)), [1], lambda call: None)
    failed = next(each.id for each in played.records if each.type == "FailStateEntered")
    after = [(each.type, each.previous_event_id) for each in played.records[failed:]]
    assert after == [
        ("WaitStateAborted", failed),
        ("TaskStateAborted", failed),
        ("MapIterationAborted", failed),
        ("TaskStateAborted", failed),
        ("MapStateAborted", failed),
        ("WaitStateAborted", failed),
        ("ParallelStateAborted", failed),
        ("ParallelStateFailed", failed),
        ("ExecutionFailed", failed + len(after) - 1),
    ]


def test_a_later_iteration_follows_the_body_of_the_one_that_made_room() -> None:
    """test_map_state with MaxConcurrency 2: previousEventId is that of the iteration's MapIterationSucceeded."""
    played = run(
        machine(A=map_(machine(B=task()), MaxConcurrency=2)), [1, 2, 3], [Ok("1", after=9), Ok("2", after=1), "3"]
    )
    started = [each for each in played.records if each.type == "MapIterationStarted"]
    succeeded = [each for each in played.records if each.type == "MapIterationSucceeded"]
    assert [each.previous_event_id for each in started[:2]] == [3, 3]
    assert started[2].previous_event_id == succeeded[0].previous_event_id
    assert [each.details for each in succeeded] == [{"name": "A", "index": index} for index in (1, 2, 0)]
    assert played.output == [1, 2, 3]


def test_a_states_runtime_in_a_branch_ends_the_execution_without_parallel_state_failed() -> None:
    """Measured on AWS: the developer guide's terminal error skips every Retry and Catch around it."""
    broken = machine(B=pass_(InputPath="$.nope"))
    played = run(machine(A=parallel(broken, Catch=CATCH_ALL, Retry=RETRY_TWICE), Z=pass_()))
    assert played.types[-2:] == ["PassStateEntered", "ExecutionFailed"]
    assert played.end.error == "States.Runtime"


# What events say -----------------------------------------------------------------------------------------------------


def details_of(definition: dict[str, Json], type_: str, given: Json = None, answers: Answers = ()) -> dict[str, Any]:
    (found,) = run(definition, given, answers).details(type_)
    return found


def test_the_first_event_says_input_and_role() -> None:
    """Every recorded ExecutionStarted"""
    assert details_of(machine(A=pass_()), "ExecutionStarted", {"a": 1}) == {
        "input": '{"a":1}',
        "inputDetails": {"truncated": False},
        "roleArn": ROLE,
    }


def test_the_entered_event_shows_the_raw_input_and_the_exited_event_the_output() -> None:
    definition = machine(A=pass_(InputPath="$.a", ResultPath="$.b"))
    given: Json = {"a": 1}
    cut = {"truncated": False}
    assert details_of(definition, "PassStateEntered", given) == {"name": "A", "input": '{"a":1}', "inputDetails": cut}
    assert details_of(definition, "PassStateExited", given) == {
        "name": "A",
        "output": '{"a":1,"b":1}',
        "outputDetails": cut,
    }


def test_assigned_variables_are_shown_as_texts_only_where_something_was_assigned() -> None:
    """test_assign_*"""
    definition = machine(A=pass_(Assign={"x": 42, "s": "str"}))
    assert details_of(definition, "PassStateExited") == {
        "name": "A",
        "output": "{}",
        "outputDetails": {"truncated": False},
        "assignedVariables": {"x": "42", "s": '"str"'},
        "assignedVariablesDetails": {"truncated": False},
    }


def test_a_function_by_arn_shows_its_arn_input_and_timeout() -> None:
    definition = machine(A=task(TimeoutSeconds=9, HeartbeatSeconds=5, Credentials={"RoleArn": ROLE}))
    assert details_of(definition, "LambdaFunctionScheduled", {}, ["1"]) == {
        "resource": FUNCTION,
        "input": "{}",
        "inputDetails": {"truncated": False},
        "timeoutInSeconds": 9,
        "taskCredentials": {"roleArn": ROLE},
    }


def test_a_started_function_has_no_details_at_all() -> None:
    played = run(machine(A=task()), {}, ["1"])
    started = next(each for each in played.records if each.type == "LambdaFunctionStarted")
    assert set(render(started)) == {"timestamp", "type", "id", "previousEventId"}


def test_a_service_task_shows_region_parameters_and_both_bounds() -> None:
    definition = machine(A=task(SQS_CALLBACK, Parameters={"M.$": "$"}, TimeoutSeconds=9, HeartbeatSeconds=5))
    played = run(definition, 1, [Submitted(Ok("2"), response='{"MessageId": "1"}')])
    named = {"resourceType": "sqs", "resource": "sendMessage.waitForTaskToken"}
    assert played.details("TaskScheduled") == [
        {**named, "region": REGION, "parameters": '{"M":1}', "timeoutInSeconds": 9, "heartbeatInSeconds": 5}
    ]
    assert played.details("TaskStarted") == [named]
    cut = {"outputDetails": {"truncated": False}}
    assert played.details("TaskSubmitted") == [{**named, "output": '{"MessageId": "1"}', **cut}]
    assert played.details("TaskSucceeded") == [{**named, "output": "2", **cut}]


@pytest.mark.parametrize(
    ("resource", "answer", "type_", "shown"),
    [
        (FUNCTION, Error("E", "c"), "LambdaFunctionFailed", {"error": "E", "cause": "c"}),
        (FUNCTION, Error("E"), "LambdaFunctionFailed", {"error": "E"}),
        (
            "arn:aws:states:::aws-sdk:dynamodb:query",
            Error("E", "c"),
            "TaskFailed",
            {"resourceType": "aws-sdk:dynamodb", "resource": "query", "error": "E", "cause": "c"},
        ),
        # test_sqs_failure_in_wait_for_task_tok_no_error_field
        (
            SQS_CALLBACK,
            Submitted(Error(None)),
            "TaskFailed",
            {"resourceType": "sqs", "resource": "sendMessage.waitForTaskToken"},
        ),
    ],
)
def test_a_failed_call_says_what_is_known(resource: str, answer: Any, type_: str, shown: dict[str, Any]) -> None:
    assert details_of(machine(A=task(resource)), type_, {}, [answer]) == shown


def test_a_fail_state_without_error_and_cause_says_nothing() -> None:
    """test_state_fail_empty"""
    assert details_of(machine(A={"Type": "Fail"}), "ExecutionFailed") == {}


def test_map_events_say_the_map_and_the_index() -> None:
    played = run(machine(A=map_(machine(B=pass_()))), [5])
    assert played.details("MapStateStarted") == [{"length": 1}]
    assert played.details("MapIterationStarted") == [{"name": "A", "index": 0}]


@pytest.mark.parametrize(
    ("type_", "key"),
    [
        ("PassStateEntered", "stateEnteredEventDetails"),
        ("MapStateExited", "stateExitedEventDetails"),
        ("TaskFailed", "taskFailedEventDetails"),
        ("ExecutionTimedOut", "executionTimedOutEventDetails"),
    ],
)
def test_the_member_with_the_details_is_named_as_in_the_service_model(type_: str, key: str) -> None:
    assert details_key(type_) == key


def test_a_rendered_event_has_its_time_type_and_ids() -> None:
    assert render(Record(2, 1, "WaitStateAborted", BEGIN, None)) == {
        "timestamp": BEGIN,
        "type": "WaitStateAborted",
        "id": 2,
        "previousEventId": 1,
    }


def test_every_type_of_event_and_member_that_we_write_is_in_the_service_model() -> None:
    """stepfunctions/2016-11-23, as botocore carries it"""
    loaders = pytest.importorskip("botocore.loaders")
    shapes = loaders.Loader().load_service_model("stepfunctions", "service-2")["shapes"]
    seen: dict[str, set[str]] = {}
    for definition, given, answers, _ in SEQUENCES.values():
        for record in run(definition, given, _again(answers)).records:
            seen.setdefault(record.type, set()).update(render(record).get(details_key(record.type), ()))
    assert set(seen) <= set(shapes["HistoryEventType"]["enum"])
    for type_, members in seen.items():
        shape = shapes["HistoryEvent"]["members"].get(details_key(type_))
        assert members <= set(shapes[shape["shape"]]["members"] if shape else ()), type_
        assert shape is not None or re.search("Started|Succeeded|Failed|Aborted", type_), type_


def _again(answers: Answers) -> Answers:
    return answers if callable(answers) else list(answers)


def test_a_recorded_time_is_that_of_the_event_that_caused_it() -> None:
    played = run(machine(A={"Type": "Wait", "Seconds": 60, "End": True}))
    assert [(each.at - BEGIN).total_seconds() for each in played.records] == [0, 0, 60, 60]


def test_an_answer_is_asked_for_once_the_call_has_started() -> None:
    played = begin(machine(A=task()))
    types = [effect.type if isinstance(effect, Record) else type(effect).__name__ for effect in played.effects]
    assert types[-2:] == ["LambdaFunctionStarted", "CallTarget"]


def test_a_call_carries_argument_state_token_and_role() -> None:
    definition = machine(A=task(SQS_CALLBACK, Parameters={"a": 1}, Credentials={"RoleArn.$": "$.role"}))
    call: CallTarget = begin(definition, {"role": ROLE}).calls[0]
    assert (call.argument.value, call.state_name, call.role_arn, call.resource.service) == ({"a": 1}, "A", ROLE, "sqs")
    assert call.task_token is not None


def test_playing_on_after_a_finish_changes_nothing() -> None:
    played = run(machine(A=pass_()))
    assert play(played).chain == played.chain
