"""The machine as a fold over events: time limits, reports, late and early answers, stops, quotas, nesting, replay."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from asl import Machine, compile, replay  # noqa: A004 - the word of the field
from asl.effects import AbandonCall, CancelTimer, Finish, SetTimer
from asl.events import (
    CallFailed,
    CallSucceeded,
    Event,
    Start,
    Stop,
    TaskFailed,
    TaskHeartbeat,
    TaskStarted,
    TaskSucceeded,
    TimersFired,
)
from asl.history import EVENT_LIMIT, MOST_EVENTS
from asl.integrations import Finding
from asl.limits import LONGEST_EXECUTION
from asl.resources import Resource
from asl.tokens import read_task_token, task_token
from asl.values import MAX_DEPTH, PAYLOAD_LIMIT, Json, JsonTextError
from tests.asl.driving import (
    ACTIVITY,
    BEGIN,
    EXECUTION,
    FUNCTION,
    SQS_CALLBACK,
    Error,
    Ok,
    Submitted,
    begin,
    machine,
    map_,
    parallel,
    pass_,
    play,
    run,
    start_event,
    task,
)

CATCH_ALL: Json = [{"ErrorEquals": ["States.ALL"], "Next": "Z"}]
CATCH_TIMEOUT: Json = [{"ErrorEquals": ["States.Timeout"], "Next": "Z"}]
WAIT: Json = {"Type": "Wait", "Seconds": 100, "End": True}


def later(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


# Time limits ---------------------------------------------------------------------------------------------------------


def test_a_task_over_its_timeout_fails_with_states_timeout_and_no_cause() -> None:
    played = run(machine(A=task(TimeoutSeconds=5)), {}, [None])
    assert played.end == Finish("FAILED", None, "States.Timeout", None)
    assert played.elapsed == 5
    assert AbandonCall(played.calls[0].token) in played.effects


def test_a_caught_timeout_has_an_empty_cause() -> None:
    """test_invoke_timeout"""
    played = run(machine(A=task(TimeoutSeconds=5, Catch=CATCH_TIMEOUT), Z=pass_()), {}, [None])
    assert played.output == {"Error": "States.Timeout", "Cause": ""}


def test_an_answer_within_the_timeout_cancels_its_timer() -> None:
    played = run(machine(A=task(TimeoutSeconds=5)), {}, [Ok("1", after=4)])
    assert (played.output, played.elapsed) == (1, 4)
    timeout = next(effect for effect in played.effects if isinstance(effect, SetTimer) and effect.at == later(5))
    assert CancelTimer(timeout.token) in played.effects


def test_a_cancelled_timeout_does_not_end_the_task_behind() -> None:
    """The end of an execution cancels every timer, so that only a second task shows who cancelled this one."""
    played = run(machine(A=task(TimeoutSeconds=5, Next="B"), B=task()), {}, [Ok("1", after=4), Ok("2", after=4)])
    assert (played.end.status, played.end.output, played.elapsed) == ("SUCCEEDED", "2", 8)
    at = {effect.token: effect.at for effect in played.effects if isinstance(effect, SetTimer)}
    exited = next(n for n, effect in enumerate(played.effects) if getattr(effect, "type", "") == "TaskStateExited")
    assert [at[each.token] for each in played.effects[:exited] if isinstance(each, CancelTimer)] == [later(5)]


def test_a_timeout_by_path_counts_what_the_path_finds() -> None:
    played = run(machine(A=task(TimeoutSecondsPath="$.t")), {"t": 7}, [None])
    assert played.elapsed == 7
    assert played.details("LambdaFunctionScheduled")[0]["timeoutInSeconds"] == 7


def test_each_retry_has_a_new_timeout_and_a_new_token() -> None:
    definition = machine(A=task(SQS_CALLBACK, TimeoutSeconds=5, Retry=[{"ErrorEquals": ["States.Timeout"]}]))
    played = run(definition, {}, [None, None, Submitted(Ok("1", after=4))])
    assert played.elapsed == 5 + 1 + 5 + 2 + 4
    assert len({call.task_token for call in played.calls}) == 3


@pytest.mark.parametrize("name", ["States.Timeout", "States.HeartbeatTimeout", "States.ALL"])
def test_a_missed_heartbeat_answers_to_both_names_and_is_shown_as_states_timeout(name: str) -> None:
    """test_heartbeat_timeout"""
    catch: Json = [{"ErrorEquals": [name], "Next": "Z"}]
    definition = machine(A=task(SQS_CALLBACK, HeartbeatSeconds=5, TimeoutSeconds=50, Catch=catch), Z=pass_())
    played = run(definition, {}, [Submitted(Ok("1", after=6))])
    assert played.output == {"Error": "States.Timeout", "Cause": ""}
    assert played.details("TaskTimedOut")[0]["error"] == "States.Timeout"
    assert played.elapsed == 5


def test_a_timeout_is_not_caught_as_a_heartbeat_timeout() -> None:
    catch: Json = [{"ErrorEquals": ["States.HeartbeatTimeout", "States.TaskFailed"], "Next": "Z"}]
    played = run(machine(A=task(TimeoutSeconds=5, Catch=catch), Z=pass_()), {}, [None])
    assert played.end.error == "States.Timeout"


def test_a_heartbeat_starts_the_clock_anew_and_writes_no_event() -> None:
    """test_multiple_heartbeat_notifications"""
    played = begin(machine(A=task(SQS_CALLBACK, HeartbeatSeconds=5)))
    token = played.calls[0].token
    played.receive(CallSucceeded(BEGIN, token, "{}"))
    before = len(played.records)
    for seconds in (4, 8, 12):
        played.receive(TaskHeartbeat(later(seconds), token))
    assert len(played.records) == before
    play(played)
    assert (played.end.error, played.elapsed) == ("States.Timeout", 17)


def test_the_heartbeat_of_a_callback_counts_from_the_answer_to_its_request() -> None:
    """Developer guide: not while the request is being made; a heartbeat before that changes nothing."""
    played = begin(machine(A=task(SQS_CALLBACK, HeartbeatSeconds=5)))
    token = played.calls[0].token
    assert played.receive(TaskHeartbeat(later(1), token)) == []
    played.receive(CallSucceeded(later(60), token, "{}"))
    play(played)
    assert played.elapsed == 65


def test_the_limits_of_an_activity_count_from_when_a_worker_takes_it() -> None:
    played = begin(machine(A=task(ACTIVITY, TimeoutSeconds=50, HeartbeatSeconds=5)))
    token = played.calls[0].token
    assert played.receive(TaskHeartbeat(later(1), token)) == []
    assert len(played.timers) == 1, "only the execution's own"
    played.receive(TaskStarted(later(1000), token, "w"))
    play(played)
    assert (played.end.error, played.elapsed) == ("States.Timeout", 1005)
    assert "ActivityTimedOut" in played.types


def test_a_worker_that_takes_a_task_again_changes_nothing() -> None:
    played = begin(machine(A=task(ACTIVITY, TimeoutSeconds=50)))
    token = played.calls[0].token
    played.receive(TaskStarted(BEGIN, token, "w"))
    assert played.receive(TaskStarted(later(1), token, "v")) == []


def test_a_timeout_and_a_missed_heartbeat_at_the_same_instant_are_one_failure() -> None:
    played = begin(machine(A=task(SQS_CALLBACK, TimeoutSeconds=6, HeartbeatSeconds=3)))
    played.receive(CallSucceeded(later(3), played.calls[0].token, "{}"))
    play(played)
    assert played.elapsed == 6
    assert played.types.count("TaskTimedOut") == 1


def test_of_two_tasks_that_time_out_at_once_the_first_fails_the_parallel() -> None:
    branches = (machine(B=task(TimeoutSeconds=5)), machine(C=task(TimeoutSeconds=5)))
    played = run(machine(A=parallel(*branches, Catch=CATCH_ALL), Z=pass_()), {}, [None, None])
    assert played.types.count("LambdaFunctionTimedOut") == 2
    assert played.types.count("ParallelStateFailed") == 1
    assert played.output == {"Error": "States.Timeout", "Cause": ""}


def test_an_execution_over_its_timeout_is_timed_out_without_error() -> None:
    """test_global_timeout"""
    definition = {**machine(A=task(Catch=CATCH_ALL), Z=pass_()), "TimeoutSeconds": 5}
    played = run(definition, {}, [None])
    assert played.end == Finish("TIMED_OUT")
    assert played.effects[-2] == AbandonCall(played.calls[0].token)


def test_an_execution_lasts_a_year_at_most() -> None:
    """Quotas of the developer guide"""
    played = run(machine(A={"Type": "Wait", "Seconds": 366 * 86_400, "End": True}))
    assert played.end.status == "TIMED_OUT"
    assert played.elapsed == LONGEST_EXECUTION["STANDARD"].total_seconds() == 365 * 86_400


def test_the_context_object_tells_the_start_and_the_input_of_the_execution_to_a_state_that_asks_late() -> None:
    asks: Json = {
        "started.$": "$$.Execution.StartTime",
        "entered.$": "$$.State.EnteredTime",
        "given.$": "$$.Execution.Input",
    }
    definition = machine(
        A={"Type": "Pass", "Result": "another", "Next": "B"},
        B={"Type": "Wait", "Seconds": 100, "Next": "C"},
        C={"Type": "Pass", "Parameters": asks, "End": True},
    )
    assert run(definition, {"n": 1}).output == {
        "started": "2030-01-01T00:00:00Z",
        "entered": "2030-01-01T00:01:40Z",
        "given": {"n": 1},
    }


def test_waits_that_add_up_to_less_than_a_year_take_as_long_as_they_say() -> None:
    loop = machine(
        A={"Type": "Wait", "Seconds": 86_400, "Next": "B"},
        B={"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "Next": "C"},
        C={"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 364, "Next": "A"}], "Default": "D"},
        D={"Type": "Succeed"},
    )
    played = run(loop, {"n": 0})
    assert (played.output, played.elapsed) == ({"n": 364}, 364 * 86_400)


# Reports of workers --------------------------------------------------------------------------------------------------


def test_a_report_before_the_answer_to_the_request_is_recorded_behind_it() -> None:
    """A fast worker may report before SQS has answered."""
    played = begin(machine(A=task(SQS_CALLBACK)))
    token = played.calls[0].token
    assert played.receive(TaskSucceeded(BEGIN, token, "7")) == []
    played.receive(CallSucceeded(BEGIN, token, "{}"))
    assert played.types[-4:] == ["TaskSubmitted", "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded"]
    assert played.output == 7


def test_a_failure_before_the_answer_to_the_request_waits_as_well() -> None:
    played = begin(machine(A=task(SQS_CALLBACK)))
    token = played.calls[0].token
    assert played.receive(TaskFailed(BEGIN, token, "E", "c")) == []
    played.receive(CallSucceeded(BEGIN, token, "{}"))
    assert played.types[-3:] == ["TaskSubmitted", "TaskFailed", "ExecutionFailed"]


def test_a_request_that_is_refused_fails_the_task_whatever_a_worker_said() -> None:
    played = begin(machine(A=task(SQS_CALLBACK)))
    token = played.calls[0].token
    played.receive(TaskSucceeded(BEGIN, token, "7"))
    played.receive(CallFailed(BEGIN, token, "SQS.Broken", "c"))
    assert played.types[-2:] == ["TaskSubmitFailed", "ExecutionFailed"]


def test_a_second_answer_to_the_request_changes_nothing() -> None:
    played = begin(machine(A=task(SQS_CALLBACK)))
    token = played.calls[0].token
    played.receive(CallSucceeded(BEGIN, token, "{}"))
    assert played.receive(CallSucceeded(BEGIN, token, "{}")) == []


def test_a_failure_without_a_name_is_caught_by_states_all_and_shown_as_nulls() -> None:
    """test_sqs_failure_in_wait_for_task_tok_no_error_field"""
    definition = machine(A=task(SQS_CALLBACK, Catch=CATCH_ALL), Z=pass_())
    assert run(definition, {}, [Submitted(Error(None))]).output == {"Error": None, "Cause": None}


@pytest.mark.parametrize("early", [True, False])
def test_a_report_that_is_not_json_is_refused_and_changes_nothing(early: bool) -> None:
    played = begin(machine(A=task(SQS_CALLBACK)))
    token = played.calls[0].token
    if not early:
        played.receive(CallSucceeded(BEGIN, token, "{}"))
    with pytest.raises(JsonTextError):
        played.receive(TaskSucceeded(BEGIN, token, "not json"))
    played.receive(TaskSucceeded(BEGIN, token, "8"))
    if early:
        played.receive(CallSucceeded(BEGIN, token, "{}"))
    assert played.output == 8


def test_an_answer_of_a_target_that_is_not_json_is_handed_on_as_a_string() -> None:
    played = run(machine(A=task()), {}, ["NaN"])
    assert played.output == "NaN"


def test_a_call_that_cannot_be_made_at_all_ends_the_execution_with_awss_prefix() -> None:
    """test_activity_task_on_deleted"""
    gone = Error("States.Runtime", "It is gone.", refused=True)
    played = run(machine(A=task(ACTIVITY, Catch=CATCH_ALL), Z=pass_()), {}, [gone])
    assert played.end.error == "States.Runtime"
    assert (
        played.end.cause == "An error occurred while executing the state 'A' (entered at the event id #2). It is gone."
    )
    assert played.chain == ["1 ExecutionStarted<-0", "2 TaskStateEntered<-0", "3 ExecutionFailed<-2"]


def test_a_states_runtime_of_a_function_or_worker_has_its_own_cause() -> None:
    """Only the interpreter's own causes begin with the sentence about the state."""
    own = Error("States.Runtime", "mine")
    assert run(machine(A=task()), {}, [own]).end == Finish("FAILED", None, "States.Runtime", "mine")
    assert run(machine(A=task(SQS_CALLBACK)), {}, [Submitted(own)]).end.cause == "mine"


def test_a_failure_without_a_name_keeps_its_cause() -> None:
    definition = machine(A=task(SQS_CALLBACK, Catch=CATCH_ALL), Z=pass_())
    assert run(definition, {}, [Submitted(Error(None, "c"))]).output == {"Error": None, "Cause": "c"}


class Refusing:
    """Integrations that send the parameters ``{"ok": true}`` alone."""

    def unknown(self, resource: Resource) -> None:
        """Every action is known."""

    def check(self, resource: Resource, argument: Json, language: str) -> Iterator[Finding]:
        """No literal is wrong."""
        return iter(())

    def refuse(self, resource: Resource, argument: Json) -> str | None:
        """Refuse all other parameters."""
        return None if argument == {"ok": True} else "No."


@pytest.mark.parametrize("resource", [SQS_CALLBACK, SQS_CALLBACK.removesuffix(".waitForTaskToken")])
def test_parameters_that_are_not_sent_fail_the_state_before_its_task_is_scheduled(resource: str) -> None:
    """test_invoke_with_headers[singleStringHeader]"""
    retry: Json = [{"ErrorEquals": ["States.ALL"]}]
    fields: dict[str, Json] = {"Parameters": {"ok.$": "$.a"}, "Retry": retry, "Catch": CATCH_ALL}
    definition = compile(machine(A=task(resource, **fields), Z=pass_()), integrations=Refusing())
    played = begin(definition, {"a": False})
    assert played.chain == ["1 ExecutionStarted<-0", "2 TaskStateEntered<-0", "3 ExecutionFailed<-2"]
    prefix = "An error occurred while executing the state 'A' (entered at the event id #2). "
    assert played.end == Finish("FAILED", None, "States.Runtime", f"{prefix}No.")
    assert begin(definition, {"a": True}).types[-2:] == ["TaskScheduled", "TaskStarted"]


def test_the_text_of_an_answer_keeps_its_blanks() -> None:
    """Reference 6.7: Python's own spacing survives in LambdaFunctionSucceeded and TaskStateExited."""
    played = run(machine(A=task()), {}, ['{"a": [1,  2]}'])
    assert played.end.output == played.details("TaskStateExited")[0]["output"] == '{"a": [1,  2]}'


def test_a_task_token_names_its_call() -> None:
    call = begin(machine(A=task(SQS_CALLBACK))).calls[0]
    assert call.task_token is not None
    assert read_task_token(call.task_token) == (EXECUTION, call.token)


@pytest.mark.parametrize("text", ["", "x", "é", "AAAA", task_token("arn", 1)[:-4], "YXJuI3g=", "/////w=="])
def test_what_is_no_task_token_is_none(text: str) -> None:
    assert read_task_token(text) is None


# What has no effects -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "event",
    [
        CallSucceeded(later(9), 2, "1"),
        CallFailed(later(9), 2, "E", None),
        TaskStarted(later(9), 2, None),
        TaskSucceeded(later(9), 2, "1"),
        TaskFailed(later(9), 2, None, None),
        TaskHeartbeat(later(9), 2),
        TimersFired(later(9), (2, 3, 99)),
        start_event(at=later(9)),
    ],
    ids=lambda event: type(event).__name__,
)
def test_an_event_that_nobody_waits_for_has_no_effects(event: Event) -> None:
    played = begin(machine(A=task(TimeoutSeconds=5, Next="B", Catch=CATCH_ALL), B=WAIT, Z=WAIT))
    assert played.calls[0].token == 2
    played.fire()
    assert played.types[-1] == "WaitStateEntered"
    assert played.receive(event) == []


def test_nothing_has_effects_once_the_execution_is_over() -> None:
    played = run(machine(A=pass_()))
    assert played.machine.status == "SUCCEEDED"
    assert played.receive(Stop(BEGIN)) == played.receive(start_event()) == []


def test_nothing_has_effects_before_the_start() -> None:
    fresh = Machine(compile(machine(A=pass_())))
    assert fresh.receive(Stop(BEGIN)) == fresh.receive(TimersFired(BEGIN, (1,))) == []
    assert fresh.status is None
    assert fresh.receive(start_event()) != []


def test_a_call_is_no_timer() -> None:
    played = begin(machine(A=task()))
    assert played.receive(TimersFired(BEGIN, (played.calls[0].token,))) == []


def test_a_start_whose_input_is_not_json_is_refused_and_can_be_made_good() -> None:
    fresh = Machine(compile(machine(A=pass_())))
    with pytest.raises(JsonTextError) as caught:
        fresh.receive(start_event("{not}"))
    assert (caught.value.line, caught.value.column) == (1, 2)
    assert isinstance(fresh.receive(start_event())[-1], Finish)


# Stop ----------------------------------------------------------------------------------------------------------------


def test_a_stop_gives_up_every_call_and_timer() -> None:
    definition = machine(A=parallel(machine(B=task(TimeoutSeconds=5)), machine(C=WAIT)))
    played = begin(definition)
    effects = played.receive(Stop(later(1), "E", "c"))
    assert effects[-1] == Finish("ABORTED", None, "E", "c")
    assert AbandonCall(played.calls[0].token) in effects
    assert played.timers == {}


def test_a_stop_without_reason_says_nothing() -> None:
    played = begin(machine(A=WAIT))
    played.receive(Stop(BEGIN))
    assert played.details("ExecutionAborted") == [{}]


# Quotas --------------------------------------------------------------------------------------------------------------


def test_an_execution_that_needs_more_than_25000_events_fails() -> None:
    loop = machine(
        A=pass_(Next="B"),
        B={"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "C"}], "Default": "A"},
        C={"Type": "Succeed"},
    )
    played = run(loop)
    assert len(played.records) == EVENT_LIMIT == 25_000
    assert played.records[-1].type == "ExecutionFailed"
    cause = "The execution reached the maximum number of history events (25000)."
    assert played.end == Finish("FAILED", None, "States.Runtime", cause)


def test_an_express_execution_that_goes_round_for_ever_is_ended_by_its_five_minutes() -> None:
    """Express executions have no event limit: it goes round far more often than a Standard one could."""
    loop = compile(
        machine(
            A=pass_(Next="B"),
            B={"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "C"}], "Default": "A"},
            C={"Type": "Succeed"},
        ),
        type="EXPRESS",
    )
    played = run(loop)
    assert played.end == Finish("TIMED_OUT")
    assert played.now - BEGIN == timedelta(minutes=5)
    assert len(played.records) == MOST_EVENTS["EXPRESS"] == 10 * EVENT_LIMIT


def test_the_event_limit_holds_for_aborts_as_well() -> None:
    """A Map that fails over and over, and each time aborts the iterations still open: the last are cut short."""
    body = machine(A={"Type": "Wait", "SecondsPath": "$", "Next": "F"}, F={"Type": "Fail"})
    retry: Json = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 999, "IntervalSeconds": 1, "BackoffRate": 1}]
    played = run(machine(M=map_(body, Retry=retry)), [1, *OPEN])
    assert (len(played.records), played.end.error) == (25_000, "States.Runtime")
    assert played.types[-2].endswith("Aborted")


OPEN: list[Json] = [50] * 36
LARGE = "x" * (PAYLOAD_LIMIT - 2)


def test_a_result_of_exactly_the_limit_is_taken() -> None:
    assert run(machine(A=task()), {}, [json.dumps(LARGE)]).end.status == "SUCCEEDED"


def size_cause(name: str) -> str:
    return f"The state/task '{name}' returned a result with a size exceeding the maximum number of bytes service limit."


TOO_LARGE = json.dumps("é" * (PAYLOAD_LIMIT // 2), ensure_ascii=False)


def test_a_function_whose_result_is_too_large_fails_with_its_arn() -> None:
    """test_task_lambda_data_limit_exceeded_on_large_utf8_response: bytes of UTF-8 count."""
    played = run(machine(A=task()), {}, [TOO_LARGE])
    assert played.types[-2:] == ["LambdaFunctionFailed", "ExecutionFailed"]
    assert played.end == Finish("FAILED", None, "States.DataLimitExceeded", size_cause(FUNCTION))
    assert played.details("LambdaFunctionFailed") == [
        {"error": "States.DataLimitExceeded", "cause": size_cause(FUNCTION)}
    ]


def test_a_service_whose_result_is_too_large_fails_with_its_name() -> None:
    """test_service_task_lambada_data_limit_exceeded_on_large_utf8_response"""
    played = run(machine(A=task("arn:aws:states:::lambda:invoke")), {}, [json.dumps(LARGE + "x")])
    assert played.end.cause == size_cause("lambda")


@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
@pytest.mark.parametrize("name", ["States.DataLimitExceeded", "States.ALL", "States.TaskFailed"])
@pytest.mark.parametrize("outside", [False, True], ids=["of the task", "of a Parallel around it"])
def test_a_catch_takes_a_result_that_is_too_large(name: str, outside: bool, language: str) -> None:
    """Recorded on AWS: ``LambdaFunctionFailed``, then the catcher; measured for States.TaskFailed."""
    catch: Json = [{"ErrorEquals": [name], "Next": "Z"}]
    state = parallel(machine(A=task()), Catch=catch) if outside else task(Catch=catch)
    definition = {**machine(P=state, Z={"Type": "Succeed"}), "QueryLanguage": language}
    played = run(definition, {}, [TOO_LARGE])
    assert played.output == {"Error": "States.DataLimitExceeded", "Cause": size_cause(FUNCTION)}
    assert "LambdaFunctionFailed" in played.types


def test_a_retry_takes_a_result_that_is_too_large_by_its_own_name_only() -> None:
    """Neither recorded nor measured."""
    for name, calls in (("States.ALL", 1), ("States.TaskFailed", 1), ("States.DataLimitExceeded", 2)):
        retry: Json = [{"ErrorEquals": [name], "MaxAttempts": 1}]
        assert len(run(machine(A=task(Retry=retry)), {}, [TOO_LARGE, TOO_LARGE]).calls) == calls


def test_what_the_state_itself_makes_too_large_is_caught_by_its_own_name_only() -> None:
    """Neither recorded nor measured."""
    for name, status in (("States.ALL", "FAILED"), ("States.DataLimitExceeded", "SUCCEEDED")):
        catch: Json = [{"ErrorEquals": [name], "Next": "Z"}]
        definition = machine(A=task(Parameters={}, ResultPath="$.r", Catch=catch), Z=pass_())
        assert run(definition, {"a": LARGE[:-8]}, ['"zzzz"']).end.status == status


def test_a_state_whose_output_is_too_large_fails_with_its_name() -> None:
    """test_start_large_input"""
    played = run(machine(State_1=pass_(Result="y", ResultPath="$.b")), {"a": LARGE[:-8]})
    assert played.types[-2:] == ["PassStateEntered", "ExecutionFailed"]
    assert played.end == Finish("FAILED", None, "States.DataLimitExceeded", size_cause("State_1"))


def test_the_output_of_a_catcher_counts_too_and_is_not_caught_again() -> None:
    catch: Json = [
        {"ErrorEquals": ["E"], "Next": "Z", "ResultPath": "$.e"},
        {"ErrorEquals": ["States.DataLimitExceeded"], "Next": "Z", "ResultPath": None},
    ]
    retry: Json = [{"ErrorEquals": ["States.DataLimitExceeded"]}]
    definition = machine(A=task(Parameters={}, ResultPath="$.r", Retry=retry, Catch=catch), Z=pass_())
    played = run(definition, {"a": LARGE[:-8]}, [Error("E", "zzzz")])
    assert played.end == Finish("FAILED", None, "States.DataLimitExceeded", size_cause("A"))


GROW: Json = {"a.$": "States.Format('{}{}', $, $)"}


@pytest.mark.parametrize(
    "state",
    [
        task(Parameters=GROW),
        parallel(machine(B=pass_()), Parameters=GROW),
        map_(machine(B=pass_()), ItemsPath="$$.Execution.Input", InputPath="$[0]", ItemSelector=GROW),
    ],
    ids=["Task", "Parallel", "Map"],
)
def test_what_parameters_build_counts_too(state: Json) -> None:
    """Reference 6.7, "After Parameters"."""
    given: Json = ["x" * (PAYLOAD_LIMIT // 2)]
    played = run(machine(A=state), given if isinstance(state, dict) and state["Type"] == "Map" else given[0])  # type: ignore[index]
    assert played.end == Finish("FAILED", None, "States.DataLimitExceeded", size_cause("A"))


def test_a_payload_nested_too_deep_is_refused_when_it_is_read() -> None:
    with pytest.raises(JsonTextError, match=f"nested deeper than {MAX_DEPTH} levels"):
        begin(machine(A=pass_()), text="[" * 1000 + "]" * 1000)


def test_a_payload_that_grows_too_deep_fails_the_execution() -> None:
    """Our own bound: a loop that wraps its input in an object each time."""
    loop = machine(
        A=pass_(Parameters={"a.$": "$"}, Next="B"),
        B={"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "C"}], "Default": "A"},
        C={"Type": "Succeed"},
    )
    played = run(loop)
    assert played.end.error == "States.Runtime"
    assert played.end.cause is not None
    assert played.end.cause.endswith(f"JSON is nested deeper than {MAX_DEPTH} levels")


def test_a_variable_that_grows_too_deep_fails_the_execution() -> None:
    loop = machine(
        A=pass_(Assign={"x": 1}, Next="B"),
        B=pass_(Assign={"x": {"a.$": "$x"}}, Next="C"),
        C={"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "D"}], "Default": "B"},
        D={"Type": "Succeed"},
    )
    assert run(loop).end.error == "States.Runtime"


def test_a_catcher_that_assigns_too_deep_a_variable_fails_the_state() -> None:
    deep: Json = 1
    for _ in range(MAX_DEPTH - 1):
        deep = [deep]
    catch: Json = [{"ErrorEquals": ["States.ALL"], "Next": "Z", "Assign": {"x": [[{"a.$": "$$.Execution.Input"}]]}}]
    played = run(machine(A=task(Catch=catch), Z=pass_()), deep, [Error("E")])
    assert played.end.error == "States.Runtime"


# Nesting -------------------------------------------------------------------------------------------------------------


def nested(depth: int, *, maps: bool) -> dict[str, Json]:
    block = machine(S=pass_())
    for level in range(depth):
        inner = map_(block, MaxConcurrency=1) if maps else parallel(block)
        block = machine(**{f"N{level}": inner})
    return block


@pytest.mark.parametrize("maps", [True, False], ids=["Map", "Parallel"])
def test_twenty_levels_of_forks_run(maps: bool) -> None:
    given: Json = 1
    for _ in range(20):
        given = [given]
    played = run(nested(20, maps=maps), given)
    expected: Json = given
    if not maps:
        for _ in range(20):
            expected = [expected]
    assert played.output == expected


def test_a_failure_at_the_bottom_of_twenty_levels_climbs_to_the_top() -> None:
    block = machine(S={"Type": "Fail", "Error": "Deep"})
    for level in range(20):
        block = machine(**{f"N{level}": parallel(block)})
    played = run(block)
    assert played.types.count("ParallelStateFailed") == 20
    assert played.end.error == "Deep"


def test_an_inner_catch_answers_before_an_outer_one() -> None:
    inner = machine(B=parallel(machine(C={"Type": "Fail", "Error": "E"}), Catch=[{"ErrorEquals": ["E"], "Next": "D"}]))
    inner["States"]["D"] = pass_(Result="inner")  # type: ignore[index, call-overload]
    played = run(machine(A=parallel(inner, Catch=CATCH_ALL), Z=pass_()))
    assert played.output == ["inner"]


# Replay --------------------------------------------------------------------------------------------------------------


def test_replaying_the_events_gives_the_machine_and_all_its_effects() -> None:
    definition = compile(machine(A=task(Retry=[{"ErrorEquals": ["E"]}], Next="B"), B=WAIT))
    played = run(definition, {}, [Error("E"), "1"])
    again, effects = replay(definition, played.events)
    assert effects == played.effects
    assert again.status == "SUCCEEDED"


def test_an_execution_goes_on_after_a_replay_where_it_stood() -> None:
    definition = compile(machine(A=task(Next="B"), B=WAIT))
    stopped = begin(definition)
    stopped.machine, effects = replay(definition, stopped.events)
    assert effects == stopped.effects
    assert play(stopped, ["5"]).output == 5


def test_tokens_are_counted_from_one_in_the_order_of_asking() -> None:
    played = run(machine(A=parallel(machine(B=task()), machine(C=task()))), {}, ["1", "2"])
    tokens = [each.token for each in played.effects if isinstance(each, SetTimer)] + [c.token for c in played.calls]
    assert tokens == [1, 2, 3]


def test_the_seed_decides_what_chance_gives() -> None:
    definition = compile(machine(A=pass_(Parameters={"id.$": "States.UUID()"})))

    def drawn(seed: int | str) -> str:
        effects = Machine(definition).receive(start_event(seed=seed))
        finish = effects[-1]
        assert isinstance(finish, Finish)
        return str(finish.output)

    assert drawn(1) == drawn(1) != drawn(2)
    assert drawn("a name") != drawn("another")


def test_start_is_plain_data() -> None:
    assert start_event() == Start(**start_event()._asdict())


def test_a_time_limit_of_0_of_a_machine_is_none() -> None:
    """AWS takes ``"TimeoutSeconds": 0`` of a machine (measured); what it does there is not known."""
    assert run({**machine(A=pass_()), "TimeoutSeconds": 0}, {}).end.status == "SUCCEEDED"
    wait: Json = {"Type": "Wait", "Seconds": 99, "End": True}
    assert run({**machine(A=wait), "TimeoutSeconds": 0}, {}).end.status == "SUCCEEDED"


def test_a_report_that_is_not_json_leaves_no_gap_before_its_task_is_scheduled() -> None:
    """The task of an activity is scheduled by the first event about it; a report that is refused is none."""
    played = begin(machine(A=task(ACTIVITY)))
    token = played.calls[0].token
    with pytest.raises(JsonTextError):
        played.receive(TaskSucceeded(BEGIN, token, "{"))
    played.receive(TaskSucceeded(BEGIN, token, "1"))
    assert [each.id for each in played.records] == list(range(1, len(played.records) + 1))
