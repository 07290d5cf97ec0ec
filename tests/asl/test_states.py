"""Each type of state: what its fields do, and the error texts of AWS when they cannot."""

import json
from datetime import timedelta
from typing import Any

import pytest

from asl import compile  # noqa: A004 - the word of the field
from asl.effects import CancelTimer, Finish, Record, SetTimer
from asl.states.common import State
from asl.states.map_ import INLINE_CONCURRENCY
from asl.states.pass_ import Pass
from asl.values import Json
from tests.asl.driving import (
    BEGIN,
    FUNCTION,
    ROLE,
    SQS_CALLBACK,
    Error,
    begin,
    machine,
    map_,
    parallel,
    pass_,
    run,
    task,
)

CATCH_ALL: Json = [{"ErrorEquals": ["States.ALL"], "Next": "Z"}]


def wait(**fields: Json) -> dict[str, Json]:
    return {"Type": "Wait", "End": True, **fields}


def cause(state: Json, given: Json) -> str:
    """Why an execution of this one state, A, fails with States.Runtime; AWS's prefix is taken off."""
    played = run(machine(A=state), given)
    assert played.end.error == "States.Runtime", played.end
    prefix = "An error occurred while executing the state 'A' (entered at the event id #2). "
    assert played.end.cause is not None
    assert played.end.cause.startswith(prefix)
    return played.end.cause.removeprefix(prefix)


# Pass ----------------------------------------------------------------------------------------------------------------


def test_a_plain_pass_hands_on_the_text_as_it_is() -> None:
    """test_parallel_state_nested: the caller's blanks survive."""
    assert run(machine(A=pass_(Next="B"), B=pass_()), text='{"a" :  1}').end.output == '{"a" :  1}'


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({"Result": {"r": 1}}, {"r": 1}),
        ({"Result": None}, None),
        ({"Result": {"x.$": "$.a"}}, {"x.$": "$.a"}),  # never a template
        ({"Parameters": {"x.$": "$.a"}}, {"x": 1}),
        ({"Parameters": {"x.$": "$"}, "InputPath": "$.b"}, {"x": 2}),
        ({"Parameters": {"x": 5}, "Result": 6}, 6),
        ({"Result": 3, "ResultPath": "$.r"}, {"a": 1, "b": 2, "r": 3}),
        ({"Result": 3, "ResultPath": "$.r.s"}, {"a": 1, "b": 2, "r": {"s": 3}}),
        ({"Result": 3, "ResultPath": None}, {"a": 1, "b": 2}),
        ({"ResultPath": "$.r", "OutputPath": "$.r", "InputPath": "$.b"}, 2),
        ({"InputPath": None}, {}),
        ({"OutputPath": None}, {}),
        ({"InputPath": "$$.State.Name"}, "A"),
        ({"OutputPath": "$$.Execution.Name"}, "run"),
    ],
    ids=json.dumps,
)
def test_pass(fields: dict[str, Json], output: Json) -> None:
    assert run(machine(A=pass_(**fields)), {"a": 1, "b": 2}).output == output


def test_a_pass_that_does_nothing_is_known_when_it_is_compiled() -> None:
    states = compile(machine(A=pass_(Next="B"), B=pass_(Result=1))).block.states
    assert [each.plain for each in states.values() if isinstance(each, Pass)] == [True, False]


# Succeed, Fail -------------------------------------------------------------------------------------------------------


def test_succeed_ends_with_its_input_behind_both_paths() -> None:
    assert run(machine(A={"Type": "Succeed", "InputPath": "$.a", "OutputPath": "$.b"}), {"a": {"b": 5}}).output == 5


@pytest.mark.parametrize(
    ("fields", "end"),
    [
        ({}, (None, None)),
        ({"Error": "E"}, ("E", None)),
        ({"Cause": "c"}, (None, "c")),
        ({"ErrorPath": "$.e", "CausePath": "$$.State.Name"}, ("E1", "A")),
        ({"Error": "E", "CausePath": "States.Format('{} at {}', $.e, $$.State.Name)"}, ("E", "E1 at A")),
    ],
)
def test_fail(fields: dict[str, Json], end: tuple[str | None, str | None]) -> None:
    """test_state_fail*"""
    played = run(machine(A={"Type": "Fail", **fields}), {"e": "E1"})
    assert (played.end.error, played.end.cause) == end


def test_a_fail_reads_variables() -> None:
    played = run(machine(P=pass_(Assign={"e": "E2"}, Next="A"), A={"Type": "Fail", "ErrorPath": "$e"}))
    assert played.end.error == "E2"


@pytest.mark.parametrize("field", ["ErrorPath", "CausePath"])
def test_a_fail_whose_path_finds_nothing(field: str) -> None:
    """test_invalid_jsonpath[ST.INVALID_JSONPATH_IN_ERRORPATH], ...CAUSEPATH"""
    text = (
        f"The JSONPath '$.ErrorX' specified for the field '{field}' could not be found in the input "
        '\'{"Error":"error-value"}\''
    )
    assert cause({"Type": "Fail", field: "$.ErrorX"}, {"Error": "error-value"}) == text


def test_a_fail_whose_path_finds_no_text() -> None:
    assert cause({"Type": "Fail", "ErrorPath": "$.e"}, {"e": [1]}) == (
        "The ErrorPath parameter does not reference a string: $.e == [1]"
    )


# Wait ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"Seconds": 0}, 0),
        ({"Seconds": 60}, 60),
        ({"SecondsPath": "$.s"}, 5),
        ({"SecondsPath": "$.s", "InputPath": "$.in"}, 7),
        ({"SecondsPath": "$$.Execution.Input.s"}, 5),
        ({"Timestamp": "2030-01-01T00:10:00Z"}, 600),
        ({"Timestamp": "2030-01-01T00:10:00.999Z"}, 600),
        ({"Timestamp": "2030-01-01T02:10:00+02:00"}, 600),
        ({"Timestamp": "2020-01-01T00:00:00Z"}, 0),
        ({"TimestampPath": "$.t"}, 3600),
        ({"TimestampPath": "$.ns"}, 1),
    ],
    ids=json.dumps,
)
def test_a_wait_takes_until_its_time_and_no_longer(fields: dict[str, Json], seconds: int) -> None:
    """test_wait_timestamp*, test_base_wait_seconds_path; fractions of a second are cut."""
    given: Json = {"s": 5, "in": {"s": 7}, "t": "2030-01-01T01:00:00Z", "ns": "2030-01-01T00:00:01.123456789Z"}
    assert run(machine(A=wait(**fields)), given).elapsed == seconds


@pytest.mark.parametrize("fields", [{"Seconds": 0}, {"Timestamp": "2020-01-01T00:00:00Z"}], ids=json.dumps)
def test_a_wait_that_is_over_at_once_asks_for_no_timer(fields: dict[str, Json]) -> None:
    effects = begin(machine(A=wait(**fields))).effects
    assert [type(each) for each in effects if not isinstance(each, Record)] == [SetTimer, CancelTimer, Finish]


def test_a_wait_hands_its_input_on_behind_its_paths_and_assigns() -> None:
    definition = machine(A=wait(Seconds=5, InputPath="$.a", OutputPath="$.b", Assign={"v.$": "$.b"}))
    played = run(definition, {"a": {"b": 1}})
    assert played.output == 1
    assert played.details("WaitStateExited")[0]["assignedVariables"] == {"v": "1"}


def test_a_wait_whose_output_path_finds_nothing_fails_when_it_is_over() -> None:
    played = run(machine(A=wait(Seconds=5, OutputPath="$.b")))
    assert played.elapsed == 5
    assert played.end.cause is not None
    assert played.end.cause.endswith("Invalid path '$.b' : No results for path: $['b']")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "The SecondsPath parameter does not reference an input value: $.s"),
        (-1, "The SecondsPath parameter references a negative value: $.s == -1"),
        (1.5, "The SecondsPath parameter cannot be parsed as a long value: $.s == 1.5"),
        ("5", "The SecondsPath parameter cannot be parsed as a long value: $.s == 5"),
        (True, "The SecondsPath parameter cannot be parsed as a long value: $.s == true"),
        (2**31, "Wait state delay is too long."),
        (10**30, "Wait state delay is too long."),
    ],
)
def test_seconds_path_refuses(seconds: Json, text: str) -> None:
    """test_base_wait_seconds_path, test_logs...wait_seconds_path"""
    assert cause(wait(SecondsPath="$.s"), {"s": seconds}) == text


def test_seconds_path_that_finds_nothing() -> None:
    text = "The SecondsPath parameter does not reference an input value: $.s"
    assert cause(wait(SecondsPath="$.s"), {}) == text


BAD_TIME = (
    "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: $.t == "
)


@pytest.mark.parametrize(
    ("time", "text"),
    [
        ("2016-12-05 21:29:29Z", BAD_TIME + "2016-12-05 21:29:29Z"),
        ("2016-12-05T21:29:29", BAD_TIME + "2016-12-05T21:29:29"),
        ("2016-13-05T21:29:29Z", BAD_TIME + "2016-13-05T21:29:29Z"),
        (5, BAD_TIME + "5"),
        (None, "The TimestampPath parameter does not reference an input value: $.t"),
    ],
)
def test_timestamp_path_refuses(time: Json, text: str) -> None:
    """test_wait_timestamp_path[NO_T] and its kin"""
    assert cause(wait(TimestampPath="$.t"), {"t": time}) == text


@pytest.mark.parametrize(("days", "taken"), [(24_855, True), (24_856, False)])
def test_a_wait_of_two_to_the_31_seconds_is_too_long(days: int, taken: bool) -> None:
    """test_timestamp_too_far_in_future_boundary"""
    text = (BEGIN + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    played = run(machine(A=wait(TimestampPath="$.t")), {"t": text})
    assert played.end.status == ("TIMED_OUT" if taken else "FAILED")
    literal = run(machine(A=wait(Timestamp=text)))
    assert literal.end.status == played.end.status


# Task ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({}, {"a": 1, "n": None}),
        ({"InputPath": "$.a"}, 1),
        ({"Parameters": {"x.$": "$.a", "y": 2}}, {"y": 2, "x": 1}),
        ({"Parameters": [1, {"x.$": "$$.State.RetryCount"}]}, [1, {"x": 0}]),
    ],
    ids=json.dumps,
)
def test_a_task_sends_its_effective_input(fields: dict[str, Json], sent: Json) -> None:
    assert begin(machine(A=task(**fields)), {"a": 1, "n": None}).calls[0].argument.value == sent


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({}, {"r": 2}),
        ({"ResultPath": "$.b"}, {"a": 1, "b": {"r": 2}}),
        ({"ResultPath": None}, {"a": 1}),
        ({"ResultSelector": {"s.$": "$.r"}}, {"s": 2}),
        ({"ResultSelector": {"t.$": "$$.State.Name"}, "ResultPath": "$.b"}, {"a": 1, "b": {"t": "A"}}),
        ({"OutputPath": "$.r"}, 2),
        ({"ResultPath": "$.b", "OutputPath": "$.a"}, 1),
    ],
    ids=json.dumps,
)
def test_a_task_makes_its_output_of_input_and_result(fields: dict[str, Json], output: Json) -> None:
    assert run(machine(A=task(**fields)), {"a": 1}, ['{"r": 2}']).output == output


def test_a_task_assigns_from_the_raw_result() -> None:
    """Developer guide, "Variables": not from what ResultSelector makes of it."""
    definition = machine(A=task(ResultSelector={"s": 1}, Assign={"v.$": "$.r"}))
    assert run(definition, {}, ['{"r": 2}']).details("TaskStateExited")[0]["assignedVariables"] == {"v": "2"}


@pytest.mark.parametrize("field", ["TimeoutSecondsPath", "HeartbeatSecondsPath"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "5", True, 10**9])
def test_a_bound_by_path_must_find_a_positive_integer(field: str, value: Json) -> None:
    text = f"The {field} parameter does not reference a positive integer: $.t == {json.dumps(value)}"
    assert cause(task(**{field: "$.t"}), {"t": value}) == text


@pytest.mark.parametrize(
    "bounds",
    [
        {"TimeoutSecondsPath": "$.t", "HeartbeatSecondsPath": "$.h"},
        {"TimeoutSeconds": 5, "HeartbeatSecondsPath": "$.h"},
        {"TimeoutSecondsPath": "$.t", "HeartbeatSeconds": 7},
    ],
    ids=lambda bounds: "+".join(bounds),
)
def test_a_heartbeat_by_path_must_be_less_than_the_timeout(bounds: dict[str, Json]) -> None:
    """Reference 6.2; a definition with literals is refused."""
    text = "HeartbeatSeconds (7) must be less than TimeoutSeconds (5)."
    assert cause(task(SQS_CALLBACK, **bounds), {"t": 5, "h": 7}) == text


@pytest.mark.parametrize("field", ["InputPath", "TimeoutSecondsPath", "HeartbeatSecondsPath"])
def test_a_path_that_finds_nothing_when_the_task_begins(field: str) -> None:
    """test_invalid_jsonpath[ST.INVALID_JSONPATH_IN_INPUTPATH], ...TIMEOUTSECONDSPATH"""
    assert cause(task(**{field: "$.NoSuch"}), {}) == "Invalid path '$.NoSuch' : No results for path: $['NoSuch']"


def test_an_output_path_that_finds_nothing_ends_the_execution_behind_the_result() -> None:
    """test_catch_states_runtime: neither States.ALL nor its own name catches it."""
    catch: Json = [{"ErrorEquals": ["States.Runtime"], "Next": "Z"}]
    played = run(machine(A=task(OutputPath="$.no.such", Catch=catch), Z=pass_()), {}, ["{}"])
    assert played.types[-2:] == ["LambdaFunctionSucceeded", "ExecutionFailed"]
    assert played.end.cause is not None
    assert played.end.cause.endswith("Invalid path '$.no.such' : Missing property in path $['no']")


def test_parameters_that_find_nothing() -> None:
    """test_invalid_jsonpath[INVALID_JSONPATH_IN_STRING_EXPR_JSONPATH]"""
    text = (
        "The JSONPath '$.no_such_jsonpath' specified for the field 'value.$' could not be found in the input "
        "'{\"a\":1}'"
    )
    assert cause(task(Parameters={"value.$": "$.no_such_jsonpath"}), {"a": 1}) == text


@pytest.mark.parametrize("credentials", [{"RoleArn": ROLE}, {"RoleArn.$": "$.role"}])
def test_credentials_name_a_role(credentials: Json) -> None:
    assert begin(machine(A=task(Credentials=credentials)), {"role": ROLE}).calls[0].role_arn == ROLE


def test_a_role_that_is_no_text_fails_the_task() -> None:
    assert cause(task(Credentials={"RoleArn.$": "$.role"}), {"role": 5}) == (
        "The RoleArn parameter does not reference a string: 5"
    )


def test_a_result_path_that_does_not_fit_can_be_caught() -> None:
    """Measured on AWS: States.ReferencePathConflict"""
    played = run(machine(A=task(ResultPath="$.a.b", Catch=CATCH_ALL), Z=pass_()), {"a": 1}, ["2"])
    assert played.output == {
        "Error": "States.ReferencePathConflict",
        "Cause": 'Unable to apply step "b" to input {"a":1}',
    }


@pytest.mark.parametrize(
    ("path", "text", "cause"),
    [
        ("$.x", '"foo"', 'Unable to apply ReferencePath $.x to input "foo"'),
        ("$.x.y", "5", "Unable to apply ReferencePath $.x.y to input 5"),
        ("$.x", "null", "Unable to apply ReferencePath $.x to input null"),
        ("$.x", "[1,  2]", 'Unable to apply step "x" to input [1,  2]'),
        ("$.a.b.c", '{"a": {"b": true}}', 'Unable to apply step "c" to input {"a": {"b": true}}'),
        ("$.a.b", '{"a": [1]}', 'Unable to apply step "b" to input {"a": [1]}'),
    ],
)
@pytest.mark.parametrize("where", ["state", "catcher"])
def test_a_result_path_that_does_not_fit_has_a_text_without_the_state(
    where: str, path: str, text: str, cause: str
) -> None:
    """Measured on AWS: the path for a scalar, the step otherwise, and the input as it was written."""
    if where == "state":
        played = run(machine(A=pass_(Result=1, ResultPath=path)), text=text)
    else:
        catch: Json = [{"ErrorEquals": ["States.ALL"], "Next": "Z", "ResultPath": path}]
        played = run(machine(A=task(Catch=catch), Z=pass_()), answers=[Error("E", "c")], text=text)
    assert (played.end.error, played.end.cause) == ("States.ReferencePathConflict", cause)


@pytest.mark.parametrize(
    ("path", "text", "cause"),
    [
        ("$.items", '{"other": {"a":  1}}', 'Unable to apply step "items" to input {"other": {"a":  1}}'),
        ("$.d.o", '{"d": {"s": 500}}', 'Unable to apply step "o" to input {"d": {"s": 500}}'),
        ("$.d.o", '{"e": 1}', 'Unable to apply step "d" to input {"e": 1}'),
        ("$.d.o", '{"d": 1}', 'Unable to apply step "o" to input {"d": 1}'),
        ("$.d[3]", '{"d": [1]}', 'Unable to apply step "3" to input {"d": [1]}'),
        ("$.d", "[1]", 'Unable to apply step "d" to input [1]'),
        ("$.d", '"foo"', 'Unable to apply ReferencePath $.d to input "foo"'),
    ],
)
@pytest.mark.parametrize("mode", ["INLINE", "DISTRIBUTED"])
def test_an_items_path_that_finds_nothing_can_be_caught(mode: str, path: str, text: str, cause: str) -> None:
    """Measured on AWS, four times: States.ReferencePathConflict, not the States.Runtime of other paths."""
    config: dict[str, Json] = {"Mode": mode} if mode == "INLINE" else {"Mode": mode, "ExecutionType": "STANDARD"}
    state = map_({**machine(B=pass_()), "ProcessorConfig": config}, ItemsPath=path, Catch=CATCH_ALL)
    played = run(machine(A=state, Z=pass_()), text=text)
    assert played.output == {"Error": "States.ReferencePathConflict", "Cause": cause}


def test_an_items_path_that_finds_nothing_in_a_variable_or_the_context() -> None:
    definition = machine(
        S=pass_(Assign={"v": {"a": 1}}, Next="A"),
        A=map_(machine(B=pass_()), ItemsPath="$v.x.y"),
    )
    assert run(definition).end.cause == 'Unable to apply step "x" to input {"a":1}'
    cause = run(machine(A=map_(machine(B=pass_()), ItemsPath="$$.Execution.Input.x"))).end.cause
    assert str(cause).startswith('Unable to apply step "x" to input {"Execution":{"Id":')


def test_items_that_are_no_array_are_a_runtime_error() -> None:
    """test_state_map_context_object; not caught."""
    values: list[Json] = [None, 5, "s", {"k": 1}]
    for found in values:
        state = map_(machine(B=pass_()), ItemsPath="$.x", Catch=CATCH_ALL)
        end = run(machine(A=state, Z=pass_()), {"x": found}).end
        assert end.error == "States.Runtime"
        assert str(end.cause).endswith('(entered at the event id #2). Reference path "$.x" must point to array.')


@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
def test_an_assign_without_variables_leaves_nothing_in_the_exit_events(language: str) -> None:
    """AWS: ``assignedVariables`` is absent when nothing is assigned."""
    catch: Json = [{"ErrorEquals": ["E"], "Next": "P", "Assign": {}}]
    always: Json = {"Variable": "$", "IsPresent": True} if language == "JSONPath" else {"Condition": True}
    seconds: Json = 0 if language == "JSONPath" else "{% 0 %}"
    definition: dict[str, Json] = machine(
        A=pass_(Assign={}, Next="B"),
        B={"Type": "Wait", "Seconds": seconds, "Assign": {}, "Next": "C"},
        C={"Type": "Choice", "Assign": {"v": 1}, "Choices": [{**always, "Assign": {}, "Next": "D"}]},  # type: ignore[dict-item]
        D=task(Catch=catch, Assign={}, Next="P"),
        P=parallel(machine(Q=pass_()), Assign={}, Next="M"),
        M=map_(machine(N=pass_()), Assign={}),
    )
    played = run({**definition, "QueryLanguage": language}, [1], [Error("E")] if language == "JSONPath" else ["[1]"])
    assert played.end.status == "SUCCEEDED", played.end
    exited = [each.details for each in played.records if each.type.endswith("StateExited")]
    assert len(exited) == 8
    assert not any(each is not None and "assignedVariables" in each for each in exited)


# The context object --------------------------------------------------------------------------------------------------


def context_in(state: str, definition: dict[str, Json], given: Json = None) -> Any:
    calls = begin(definition, given).calls
    return next(call.argument.value for call in calls if call.state_name == state)


def test_the_context_of_a_task() -> None:
    """test_input_path[$$]: Execution, StateMachine, State, in this order"""
    context = context_in("A", machine(A=task(InputPath="$$")), {"x": 1})
    assert list(context) == ["Execution", "StateMachine", "State"]
    assert list(context["Execution"]) == ["Id", "Input", "StartTime", "Name", "RoleArn", "RedriveCount"]
    assert context["Execution"]["Input"] == {"x": 1}
    assert context["Execution"]["StartTime"] == "2030-01-01T00:00:00Z"
    assert context["State"] == {"Name": "A", "EnteredTime": "2030-01-01T00:00:00Z", "RetryCount": 0}


def test_the_context_of_a_pass_has_no_retry_count() -> None:
    output = run(machine(A=pass_(InputPath="$$.State"))).output
    assert output == {"Name": "A", "EnteredTime": "2030-01-01T00:00:00Z"}


def test_the_context_of_a_callback_holds_its_token() -> None:
    call = begin(machine(A=task(SQS_CALLBACK, Parameters={"t.$": "$$.Task.Token"}))).calls[0]
    assert call.argument.value == {"t": call.task_token}


def test_the_context_in_an_iteration_holds_the_item() -> None:
    definition = machine(A=map_(machine(B=task(InputPath="$$.Map"))))
    assert context_in("B", definition, [{"k": 1}]) == {"Item": {"Index": 0, "Value": {"k": 1}}}


def test_the_context_behind_an_inner_map_is_the_outer_item_again() -> None:
    inner = machine(B=map_(machine(C=pass_()), Next="D"), D=task(InputPath="$$.Map.Item.Value"))
    assert run(machine(A=map_(inner)), [[1, 2]], lambda call: json.dumps(call.argument.value)).output == [[1, 2]]


# Parallel ------------------------------------------------------------------------------------------------------------


def test_a_parallel_gives_the_outputs_in_the_order_of_its_branches() -> None:
    definition = machine(A=parallel(machine(B=wait(Seconds=5)), machine(C=pass_(Result=2)), InputPath="$.a"))
    assert run(definition, {"a": 1}).output == [1, 2]


def test_the_outputs_of_branches_keep_their_texts() -> None:
    """test_parallel_state_nested: ``[[[[1, 2, 3], [4, 5, 6]]]]`` keeps the caller's blanks."""
    played = run(machine(A=parallel(machine(B=parallel(machine(C=pass_()))))), text="[1,  2]")
    assert played.end.output == "[[[1,  2]]]"


def test_branches_read_outer_variables_and_keep_their_own_to_themselves() -> None:
    branch = machine(B=pass_(Assign={"w": "inner"}, Next="C"), C=pass_(Parameters={"v.$": "$v", "w.$": "$w"}))
    other = machine(D=pass_(Assign={"w": "other"}, Next="F"), F=pass_(Parameters={"v.$": "$v", "w.$": "$w"}))
    after = pass_(Parameters={"both.$": "$", "v.$": "$v"})
    definition = machine(A=pass_(Assign={"v": "outer"}, Next="P"), P=parallel(branch, other, Next="E"), E=after)
    assert run(definition).output == {
        "both": [{"v": "outer", "w": "inner"}, {"v": "outer", "w": "other"}],
        "v": "outer",
    }


def test_all_fields_of_a_parallel() -> None:
    definition = machine(
        A=parallel(
            machine(B=pass_()),
            Parameters={"p.$": "$.x"},
            ResultSelector={"first.$": "$[0].p"},
            ResultPath="$.r",
            OutputPath="$.r",
            Assign={"v.$": "$[0]"},
        )
    )
    played = run(definition, {"x": 1})
    assert played.output == {"first": 1}
    assert played.details("ParallelStateExited")[0]["assignedVariables"] == {"v": '{"p":1}'}


# Map -----------------------------------------------------------------------------------------------------------------

EACH = machine(B=pass_())


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({"ItemsPath": "$.l"}, [1, 2]),
        ({"ItemsPath": "$$.Execution.Input.l"}, [1, 2]),
        ({"InputPath": "$.in", "ItemsPath": "$.l"}, [3]),
        ({"ItemsPath": "$.l", "ItemSelector": {"v.$": "$$.Map.Item.Value"}}, [{"v": 1}, {"v": 2}]),
        ({"ItemsPath": "$.l", "ItemSelector": {"i.$": "$$.Map.Item.Index"}}, [{"i": 0}, {"i": 1}]),
        ({"ItemsPath": "$.l", "Parameters": {"x.$": "$.x"}}, [{"x": 9}, {"x": 9}]),
        ({"ItemsPath": "$.l", "ItemSelector": {"bucketName": "$bucket"}}, [{"bucketName": "$bucket"}] * 2),
        ({"ItemsPath": "$.l", "ResultSelector": {"n.$": "States.ArrayLength($)"}}, {"n": 2}),
        ({"ItemsPath": "$.l", "ResultPath": "$.r", "OutputPath": "$.r"}, [1, 2]),
        ({"ItemsPath": "$.none"}, []),
    ],
    ids=json.dumps,
)
def test_map(fields: dict[str, Json], output: Json) -> None:
    given: Json = {"l": [1, 2], "in": {"l": [3]}, "x": 9, "none": []}
    assert run(machine(A=map_(EACH, **fields)), given).output == output


def test_iterator_is_the_older_name_of_item_processor() -> None:
    definition = machine(A={"Type": "Map", "Iterator": EACH, "End": True})
    assert run(definition, [1, 2]).output == [1, 2]


@pytest.mark.parametrize(("path", "given"), [("$", 5), ("$.x", {"x": {"a": 1}}), ("$.x", {"x": None})])
def test_items_that_are_no_array(path: str, given: Json) -> None:
    """test_state_map_context_object[ALL]"""
    assert cause(map_(EACH, ItemsPath=path), given) == f'Reference path "{path}" must point to array.'


@pytest.mark.parametrize(
    ("limit", "at_once"),
    [({}, INLINE_CONCURRENCY), ({"MaxConcurrency": 0}, 40), ({"MaxConcurrency": 3}, 3), ({"MaxConcurrency": 1000}, 40)],
    ids=json.dumps,
)
def test_max_concurrency(limit: dict[str, Json], at_once: int) -> None:
    """Quotas of the developer guide: an inline Map runs 40 iterations at a time at most."""
    items: Json = list(range(50))
    assert len(begin(machine(A=map_(machine(B=task()), **limit)), items).calls) == at_once


@pytest.mark.parametrize(("value", "at_once"), [(2, 2), ("2", 2), (0, 5)])
def test_max_concurrency_path(value: Json, at_once: int) -> None:
    """test_max_concurrency_path: numeric strings are taken."""
    definition = machine(A=map_(machine(B=task()), ItemsPath="$.l", MaxConcurrencyPath="$.n"))
    assert len(begin(definition, {"n": value, "l": [1, 2, 3, 4, 5]}).calls) == at_once


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("NoNumber", 'The MaxConcurrencyPath field refers to value "NoNumber" which is not a valid integer: $.n'),
        ("--5", 'The MaxConcurrencyPath field refers to value "--5" which is not a valid integer: $.n'),
        ({}, 'The MaxConcurrencyPath field refers to value "{}" which is not a valid integer: $.n'),
        (1.5, 'The MaxConcurrencyPath field refers to value "1.5" which is not a valid integer: $.n'),
        (True, 'The MaxConcurrencyPath field refers to value "true" which is not a valid integer: $.n'),
        (-1, "The MaxConcurrencyPath field refers to a negative value: $.n == -1"),
    ],
)
def test_max_concurrency_path_refuses(value: Json, text: str) -> None:
    """test_max_concurrency_path; AWS hangs for ever on a negative value, we fail."""
    assert cause(map_(EACH, ItemsPath="$.l", MaxConcurrencyPath="$.n"), {"n": value, "l": []}) == text


def test_an_item_selector_that_finds_nothing_fails_the_map_at_its_start() -> None:
    """ExecutionFailed is the next event, as for the Map's other fields (test_map_item_reader_csv_max_items_paths)."""
    definition = machine(A=map_(EACH, ItemSelector={"x.$": "$$.Map.Item.Value.k"}))
    played = run(definition, [{"k": 1}, {}])
    assert played.end.error == "States.Runtime"
    assert played.chain[2:] == ["3 MapStateStarted<-2", "4 MapIterationStarted<-3", "5 ExecutionFailed<-3"]


def test_an_item_selector_that_finds_nothing_later_fails_the_map_then() -> None:
    definition = machine(A=map_(machine(B=task()), MaxConcurrency=1, ItemSelector={"x.$": "$$.Map.Item.Value.k"}))
    played = run(definition, [{"k": 1}, {}], ["1"])
    assert played.types.count("MapIterationStarted") == 1
    assert played.types[-2:] == ["MapIterationSucceeded", "ExecutionFailed"]
    assert played.end.error == "States.Runtime"


def test_iterations_read_outer_variables_and_keep_their_own() -> None:
    body = machine(B=pass_(Assign={"w.$": "States.MathAdd($v, $)"}, Next="C"), C=pass_(Parameters={"v.$": "$w"}))
    definition = machine(A=pass_(Assign={"v": 10}, Next="M"), M=map_(body))
    assert run(definition, [1, 2]).output == [{"v": 11}, {"v": 12}]


def test_one_failing_iteration_fails_the_map_with_its_error() -> None:
    definition = machine(A=map_(machine(B=task()), Catch=CATCH_ALL), Z=pass_())
    played = run(definition, [1, 2], ["1", Error("E", "c")])
    assert played.output == {"Error": "E", "Cause": "c"}


def test_a_state_that_cannot_be_entered_is_not_a_state() -> None:
    with pytest.raises(NotImplementedError):
        State.enter(object.__new__(Pass), None)  # type: ignore[arg-type]


def test_the_resource_of_a_function_is_its_arn() -> None:
    assert begin(machine(A=task())).calls[0].resource.text == FUNCTION
