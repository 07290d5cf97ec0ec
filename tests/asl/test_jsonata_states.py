"""State machines in JSONata: data flow, what each state evaluates, variables in both languages, and the histories.

Facts are recorded on AWS, or documented by it.
"""

import json

import pytest

from asl.effects import Finish
from asl.limits import STORED_LIMIT
from asl.values import PAYLOAD_LIMIT, Json
from tests.asl.driving import (
    ACTIVITY,
    SQS_CALLBACK,
    Error,
    Ok,
    Submitted,
    begin,
    machine,
    map_,
    parallel,
    pass_,
    run,
    task,
)

EVALUATION = "States.QueryEvaluationError"


def jsonata(**states: Json) -> dict[str, Json]:
    """A definition in JSONata."""
    return {"QueryLanguage": "JSONata", **machine(**states)}


def in_jsonata(state: dict[str, Json]) -> dict[str, Json]:
    """The one state in JSONata of a definition that is in JSONPath."""
    return {"QueryLanguage": "JSONata", **state}


def choice(*rules: Json, **fields: Json) -> dict[str, Json]:
    return {"Type": "Choice", "Choices": list(rules), **fields}


def wait(**fields: Json) -> dict[str, Json]:
    return {"Type": "Wait", "End": True, **fields}


def cause(
    text: str, location: str, tail: str = "returned nothing (undefined).", *, name: str = "A", id_: int = 2
) -> str:
    return (
        f"An error occurred while executing the state '{name}' (entered at the event id #{id_}). "
        f"The JSONata expression '{text}' specified for the field '{location}' {tail}"
    )


def wrong_type(text: str, field: str, wanted: str, found: str, value: str) -> str:
    tail = f"returned an unexpected result type. Expected '{wanted}', but was '{found}' for value: {value}"
    return cause(text, field, tail)


UNDEFINED: Json = "{% $nothing %}"
CATCH_ALL: Json = [{"ErrorEquals": ["States.ALL"], "Next": "Z"}]
ONCE: Json = [{"ErrorEquals": [EVALUATION], "MaxAttempts": 1}]


# Data flow (1.6) -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "output"),
    [
        (pass_(), {"a": 1}),
        (pass_(Output={"b": "{% $states.input.a + 1 %}", "c": "literal"}), {"b": 2, "c": "literal"}),
        (pass_(Output="{% $states.input.a %}"), 1),
        ({"Type": "Succeed"}, {"a": 1}),
        ({"Type": "Succeed", "Output": "{% [$states.input.a] %}"}, [1]),
        (wait(Seconds=1), {"a": 1}),
        (wait(Seconds=1, Output="{% $states.input.a %}"), 1),
        (choice({"Condition": True, "Next": "Z"}), {"a": 1}),
        (task(), 5),
        (task(Output="{% $states.result + $states.input.a %}"), 6),
        (parallel(machine(B=pass_(Output=2))), [2]),
        (parallel(machine(B=pass_(Output=2)), Output="{% $states.result[0] + $states.input.a %}"), 3),
        (map_(machine(B=pass_()), Items="{% [$states.input.a, 7] %}"), [1, 7]),
        (map_(machine(B=pass_()), Items=[], Output="{% {'n': $count($states.result)} %}"), {"n": 0}),
    ],
    ids=json.dumps,
)
def test_the_output_is_output_else_the_result_else_the_input(state: dict[str, Json], output: Json) -> None:
    definition = jsonata(A=state, Z={"Type": "Succeed"}) if state["Type"] == "Choice" else jsonata(A=state)
    assert run(definition, {"a": 1}, ["5"]).output == output


@pytest.mark.parametrize("output", [None, True, 42, 1.5, "text", [], [1, "{% 2 %}"], {}], ids=json.dumps)
def test_an_output_is_any_json(output: Json) -> None:
    """test_base_output_any_non_dict"""
    assert run(jsonata(A=pass_(Output=output))).output == ([1, 2] if output == [1, "{% 2 %}"] else output)


def test_output_and_assign_see_the_variables_from_before() -> None:
    """test_state_assign_evaluation_order"""
    played = run(
        jsonata(
            A=pass_(Assign={"x": 1}, Next="B"),
            B=pass_(Assign={"x": "{% $x + 1 %}", "y": "{% $x %}"}, Output="{% $x %}", Next="C"),
            C=pass_(Output="{% [$states.input, $x, $y] %}"),
        )
    )
    assert played.output == [1, 2, 1]
    assert [each.get("assignedVariables") for each in played.details("PassStateExited")] == [
        {"x": "1"},
        {"x": "2", "y": "1"},
        None,
    ]


def test_states_alone_has_what_the_field_has() -> None:
    played = run(jsonata(A=task(Output="{% $keys($states) %}")), {}, ["1"])
    assert played.output == ["input", "result", "context"]
    assert run(jsonata(A=pass_(Output="{% $states.context.State %}"))).output == {
        "Name": "A",
        "EnteredTime": "2030-01-01T00:00:00Z",
    }


def test_a_payload_that_nothing_changes_keeps_its_text() -> None:
    text = '{ "a" : 1.0 }'
    played = run(jsonata(A=pass_(Assign={"x": "{% $states.input %}"}, Next="B"), B={"Type": "Succeed"}), text=text)
    assert played.end.output == text
    assert played.details("PassStateExited")[0]["assignedVariables"] == {"x": '{"a":1}'}


def test_numbers_leave_jsonata_as_jsonata_has_them() -> None:
    """Measured on AWS: 1.0 becomes 1; beyond a 64-bit long, Java's notation."""
    output: Json = "{% {'whole': $states.input.w, 'large': 9223372036854775807 + 1, 'none': 1 / 0} %}"
    played = run(jsonata(A=pass_(Output=output)), text='{"w": 1.0}')
    assert played.end.output == '{"whole":1,"large":9.223372036854776E18,"none":"Infinity"}'


# Tasks ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({}, {"a": {"b": 1}}),
        ({"Arguments": {"x": "{% $states.input.a.b %}", "x.$": "$.a"}}, {"x": 1, "x.$": "$.a"}),
        ({"Arguments": "{% $states.input.a %}"}, {"b": 1}),
        ({"Arguments": {}}, {}),
    ],
    ids=json.dumps,
)
def test_a_task_sends_its_arguments(fields: dict[str, Json], sent: Json) -> None:
    played = run(jsonata(A=task(**fields)), {"a": {"b": 1}}, ["1"])
    assert [call.argument.value for call in played.calls] == [sent]


def test_arguments_of_a_task_are_an_object() -> None:
    """Reference 5.7."""
    played = run(jsonata(A=task(Arguments="{% 1 %}")))
    assert played.end.cause == wrong_type("1", "Arguments", "object", "number", "1")


def test_arguments_of_a_parallel_are_anything() -> None:
    assert run(jsonata(A=parallel(machine(B=pass_()), Arguments="{% 7 %}"))).output == [7]


def test_arguments_hold_the_token_of_a_callback() -> None:
    played = begin(jsonata(A=task(SQS_CALLBACK, Arguments={"t": "{% $states.context.Task.Token %}"})))
    assert played.calls[0].argument.value == {"t": played.calls[0].task_token}


def test_the_bounds_and_the_role_of_a_task_are_evaluated() -> None:
    role = "arn:aws:iam::123456789012:role/other"
    fields: dict[str, Json] = {
        "TimeoutSeconds": "{% $states.input.t %}",
        "HeartbeatSeconds": "{% $states.input.t - 1 %}",
        "Credentials": {"RoleArn": "{% $states.input.r %}"},
        "Arguments": {},
    }
    played = run(jsonata(A=task(SQS_CALLBACK, **fields)), {"t": 9, "r": role}, [Submitted(Ok("1", after=99))])
    details = played.details("TaskScheduled")[0]
    assert (details["timeoutInSeconds"], details["heartbeatInSeconds"]) == (9, 8)
    assert details["taskCredentials"] == {"roleArn": role}
    assert (played.end.error, played.elapsed) == ("States.Timeout", 8)


@pytest.mark.parametrize("field", ["TimeoutSeconds", "HeartbeatSeconds"])
@pytest.mark.parametrize(
    ("text", "tail"),
    [
        ("-1", "{} must be between 0 and 99999999 but was: -1"),
        ("100000000", "{} must be between 0 and 99999999 but was: 100000000"),
        ("1.5", "The {} field cannot be parsed as an integer: 1.5"),
    ],
)
def test_bounds_that_are_no_integer_of_their_range(field: str, text: str, tail: str) -> None:
    """AWS runs: a TimeoutSeconds of -1 and one of 1.6."""
    played = run(jsonata(A=task(**{field: f"{{% {text} %}}"})))
    assert played.end.error == EVALUATION
    prefix = "An error occurred while executing the state 'A' (entered at the event id #2). "
    assert played.end.cause == prefix + tail.format(field)
    assert played.details("EvaluationFailed")[0]["location"] == field


def test_a_bound_of_zero_is_accepted_and_sets_no_limit() -> None:
    """AWS's text allows 0; what it does there is not known."""
    state = task(SQS_CALLBACK, TimeoutSeconds="{% 0 %}", HeartbeatSeconds="{% 0 %}", Arguments={})
    played = run(jsonata(A=state), {}, [Submitted(Ok("1", after=99))])
    assert (played.output, played.elapsed) == (1, 99)
    details = played.details("TaskScheduled")[0]
    assert (details["timeoutInSeconds"], details["heartbeatInSeconds"]) == (0, 0)


def test_a_heartbeat_that_is_not_less_than_the_timeout() -> None:
    """Reference 5.7: a States.QueryEvaluationError, which can be caught."""
    caught: Json = [{"ErrorEquals": [EVALUATION], "Next": "Z"}]
    fields: dict[str, Json] = {"TimeoutSeconds": 5, "HeartbeatSeconds": "{% 2 + 3 %}", "Catch": caught, "Arguments": {}}
    played = run(jsonata(A=task(SQS_CALLBACK, **fields), Z=pass_()))
    assert played.end.status == "SUCCEEDED"
    (told,) = played.details("EvaluationFailed")
    assert (told["location"], told["state"]) == ("HeartbeatSeconds", "A")
    assert told["cause"].endswith("HeartbeatSeconds (5) must be less than TimeoutSeconds (5).")


def test_a_role_that_is_no_text() -> None:
    played = run(jsonata(A=task(Credentials={"RoleArn": "{% 1 %}"})))
    assert played.end.cause == wrong_type("1", "Credentials/RoleArn", "string", "number", "1")
    literal = run(jsonata(A=task(Credentials={"RoleArn": "arn:aws:iam::123456789012:role/r"})), {}, ["1"])
    assert literal.calls[0].role_arn == "arn:aws:iam::123456789012:role/r"


def test_arguments_are_evaluated_anew_for_each_attempt() -> None:
    """Reference 1.8: State.RetryCount, +1 for each retry."""
    fields: dict[str, Json] = {
        "Arguments": {"n": "{% $states.context.State.RetryCount %}", "at": "{% $now() %}"},
        "Retry": [{"ErrorEquals": ["E"]}],
    }
    played = run(jsonata(A=task(**fields)), {}, [Error("E"), "1"])
    assert [call.argument.value for call in played.calls] == [
        {"n": 0, "at": "2030-01-01T00:00:00.000Z"},
        {"n": 1, "at": "2030-01-01T00:00:01.000Z"},
    ]


# Wait, Fail, Choice --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"Seconds": "{% $states.input.n * 2 %}"}, 10),
        ({"Seconds": "{% 0 %}"}, 0),
        ({"Timestamp": "{% '2030-01-01T00:00:07Z' %}"}, 7),
        ({"Timestamp": "{% '2030-01-01T01:00:07.9+01:00' %}"}, 7),
        ({"Timestamp": "{% $fromMillis($millis() + 3000) %}"}, 3),
        ({"Timestamp": "{% '2016-12-05T21:29:29.123456789Z' %}"}, 0),
        ({"Timestamp": "2030-01-01T00:00:02Z"}, 2),
    ],
    ids=json.dumps,
)
def test_a_wait_evaluates_its_time(fields: dict[str, Json], seconds: int) -> None:
    assert run(jsonata(A=wait(**fields)), {"n": 5}).elapsed == seconds


def test_now_is_the_virtual_time_of_what_is_evaluated() -> None:
    waiting = wait(Seconds="{% $millis() > 0 ? 90 : 0 %}", Assign={"then": "{% $now() %}"}, Next="B")
    del waiting["End"]
    played = run(jsonata(A=waiting, B=pass_(Output="{% [$then, $now('[H01]:[m01]:[s01]')] %}")))
    assert played.output == ["2030-01-01T00:01:30.000Z", "00:01:30"]


@pytest.mark.parametrize(
    "text",
    [
        "2016-12-05 21:29:29Z",
        "2016-12-05T21:29:29",
        "2016-13-05T21:29:29Z",
        "2016-12-05T25:29:29Z",
        "05-12-2016T21:29:29Z",
    ],
)
def test_a_timestamp_that_is_none_is_told_behind_the_entered_event(text: str) -> None:
    """test_wait_timestamp_jsonata"""
    played = run(jsonata(A=wait(Timestamp=f"{{% '{text}' %}}")))
    reason = (
        "An error occurred while executing the state 'A' (entered at the event id #2). The Timestamp field cannot be "
        f"parsed as an ISO-8601 extended offset date-time format string: {text}"
    )
    assert played.chain == [
        "1 ExecutionStarted<-0",
        "2 WaitStateEntered<-0",
        "3 EvaluationFailed<-2",
        "4 ExecutionFailed<-3",
    ]
    details = {"error": EVALUATION, "cause": reason, "location": "Timestamp", "state": "A"}
    assert played.details("EvaluationFailed") == [details]
    assert played.end == Finish("FAILED", None, EVALUATION, reason)


def test_a_timestamp_that_is_no_text() -> None:
    played = run(jsonata(A=wait(Timestamp="{% 1 %}")))
    assert played.end.cause == wrong_type("1", "Timestamp", "string", "number", "1")


@pytest.mark.parametrize(
    "fields", [{"Timestamp": "{% 1 %}"}, {"Seconds": "{% 1.5 %}"}, {"Seconds": "{% -1 %}"}, {"Seconds": "{% $nope %}"}]
)
def test_other_failures_of_a_wait_are_told_there_as_well(fields: dict[str, Json]) -> None:
    assert run(jsonata(A=wait(**fields))).chain[2:] == ["3 EvaluationFailed<-2", "4 ExecutionFailed<-3"]


def test_seconds_out_of_range_and_a_time_too_far_ahead() -> None:
    tail = "Seconds must be between 0 and 99999999 but was: -1"
    assert str(run(jsonata(A=wait(Seconds="{% -1 %}"))).end.cause).endswith(tail)
    far = run(jsonata(A=wait(Timestamp="{% '2130-01-01T00:00:00Z' %}")))
    assert far.end.error == "States.Runtime"


@pytest.mark.parametrize(
    ("fields", "end"),
    [
        ({}, (None, None)),
        ({"Error": "E", "Cause": "c"}, ("E", "c")),
        ({"Error": "{% 'E' & $states.input.n %}", "Cause": "{% $string($states.input) %}"}, ("E1", '{"n":1}')),
        ({"Error": "{% 1 %}"}, (EVALUATION, wrong_type("1", "Error", "string", "number", "1"))),
        ({"Cause": "{% null %}"}, (EVALUATION, wrong_type("null", "Cause", "string", "null", "null"))),
    ],
    ids=json.dumps,
)
def test_a_fail_evaluates_its_texts(fields: dict[str, Json], end: tuple[str | None, str | None]) -> None:
    played = run(jsonata(A={"Type": "Fail", **fields}), {"n": 1})
    assert (played.end.error, played.end.cause) == end


RULES: Json = [
    {"Condition": "{% $states.input.n > 5 %}", "Next": "Z", "Output": "large", "Assign": {"which": "first"}},
    {"Condition": "{% $states.input.n = 5 %}", "Next": "Z"},
    {"Condition": False, "Next": "Z", "Output": "never"},
]


@pytest.mark.parametrize(("n", "output"), [(6, ["large", "first"]), (5, [{"n": 5}, "none"]), (1, ["small", "default"])])
def test_the_output_and_assign_of_the_rule_that_holds_or_with_the_default_those_of_the_state(
    n: int, output: Json
) -> None:
    """test_assign_in_choice, test_output_in_choice, test_choice_condition_constant_jsonata"""
    definition = jsonata(
        S=pass_(Assign={"which": "none"}, Next="A"),
        A={"Type": "Choice", "Choices": RULES, "Default": "Z", "Output": "small", "Assign": {"which": "default"}},
        Z={"Type": "Succeed", "Output": "{% [$states.input, $which] %}"},
    )
    assert run(definition, {"n": n}).output == output


def test_no_condition_holds_and_there_is_no_default() -> None:
    played = run(jsonata(A=choice({"Condition": "{% false %}", "Next": "Z"}), Z={"Type": "Succeed"}))
    assert played.end.error == "States.Runtime"
    assert str(played.end.cause).endswith("The state does not point to a next state.")


@pytest.mark.parametrize(
    ("text", "found", "value"), [("1", "number", "1"), ("'true'", "string", '"true"'), ("null", "null", "null")]
)
def test_a_condition_is_a_boolean_and_nothing_that_counts_as_one(text: str, found: str, value: str) -> None:
    """Reference 3.5."""
    rules: list[Json] = [{"Condition": False, "Next": "Z"}, {"Condition": f"{{% {text} %}}", "Next": "Z"}]
    played = run(jsonata(A=choice(*rules), Z={"Type": "Succeed"}))
    assert played.end.cause == wrong_type(text, "Choices[1]/Condition", "boolean", found, value)
    assert played.types[-2:] == ["EvaluationFailed", "ExecutionFailed"]


# Map -----------------------------------------------------------------------------------------------------------------


def test_items_and_the_item_selector_see_input_context_and_variables() -> None:
    selector: Json = {
        "i": "{% $states.context.Map.Item.Index %}",
        "v": "{% $states.context.Map.Item.Value + $plus %}",
        "all": "{% $states.input.l %}",
    }
    definition = jsonata(
        S=pass_(Assign={"plus": 10}, Next="A"),
        A=map_(machine(B=pass_()), Items="{% $states.input.l %}", ItemSelector=selector),
    )
    assert run(definition, {"l": [1, 2]}).output == [{"i": 0, "v": 11, "all": [1, 2]}, {"i": 1, "v": 12, "all": [1, 2]}]


def test_an_item_selector_gives_an_object() -> None:
    """Reference 5.7."""
    selected = map_(machine(B=pass_()), ItemSelector="{% {'v': $states.context.Map.Item.Value} %}")
    assert run(jsonata(A=selected), [1]).output == [{"v": 1}]
    played = run(jsonata(A=map_(machine(B=pass_()), ItemSelector="{% 1 %}")), [1])
    assert played.end.cause == wrong_type("1", "ItemSelector", "object", "number", "1")


def test_without_items_the_input_is_the_array() -> None:
    assert run(jsonata(A=map_(machine(B=pass_()))), [3, 4]).output == [3, 4]


def test_an_input_that_is_no_array_is_told_without_a_location() -> None:
    """test_map_state_items_input_types"""
    played = run(jsonata(A=map_(machine(B=pass_()))), {"foo": "bar"})
    reason = (
        "An error occurred while executing the state 'A' (entered at the event id #2). "
        'Map state input must be an array but was: {"foo":"bar"}'
    )
    assert played.details("EvaluationFailed") == [{"error": EVALUATION, "cause": reason, "state": "A"}]
    assert played.chain[2:] == ["3 EvaluationFailed<-0", "4 MapStateFailed<-3", "5 ExecutionFailed<-4"]


@pytest.mark.parametrize(
    ("text", "found", "value"),
    [
        ("'string'", "string", '"string"'),
        ("1", "number", "1"),
        ("true", "boolean", "true"),
        ("null", "null", "null"),
        ("{'foo': 'bar'}", "object", '{"foo":"bar"}'),
    ],
)
def test_items_that_are_no_array(text: str, found: str, value: str) -> None:
    """test_map_state_items_eval_jsonata_fail"""
    played = run(jsonata(A=map_(machine(B=pass_()), Items=f"{{% {text} %}}")))
    assert played.end.cause == wrong_type(text, "Items", "array", found, value)
    assert played.chain[1:] == [
        "2 MapStateEntered<-0",
        "3 EvaluationFailed<-0",
        "4 MapStateFailed<-3",
        "5 ExecutionFailed<-4",
    ]
    assert played.details("EvaluationFailed")[0]["location"] == "Items"


@pytest.mark.parametrize("items", [{"a": 1}, {"a": "{% 1 %}"}])
def test_items_that_are_an_object_are_named_by_the_error(items: Json) -> None:
    """An inline Map iterates over an array only; the text names Items, not the state's input."""
    end = run(jsonata(A=map_(machine(B=pass_()), Items=items)), {"x": 1}).end
    assert end.error == EVALUATION
    assert str(end.cause).endswith('Map state input must be an array but was: {"a":1}')


@pytest.mark.parametrize(("limit", "at_once"), [("{% 1 %}", 1), ("{% $states.input[0] %}", 2), (3, 3), ("{% 0 %}", 4)])
def test_max_concurrency_is_evaluated(limit: Json, at_once: int) -> None:
    played = begin(jsonata(A=map_(machine(B=task()), MaxConcurrency=limit)), [2, 3, 4, 5])
    assert len(played.calls) == at_once


@pytest.mark.parametrize("limit", ["{% 100000001 %}", "{% 9223372036854775807 %}", "{% $states.input[0] %}"])
def test_max_concurrency_has_no_maximum(limit: str) -> None:
    played = begin(jsonata(A=map_(machine(B=task()), MaxConcurrency=limit)), [10**9, 1])
    assert len(played.calls) == 2


def test_max_concurrency_that_is_negative() -> None:
    tail = "MaxConcurrency must be between 0 and 100000000 but was: -1"
    assert str(run(jsonata(A=map_(machine(B=pass_()), MaxConcurrency="{% -1 %}")), []).end.cause).endswith(tail)


# Errors: Catch and Retry (2.5, 5.5) ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({}, {"Error": "E", "Cause": "c"}),
        ({"Output": "{% $states.errorOutput.Cause %}"}, "c"),
        ({"Output": {"e": "{% $states.errorOutput.Error %}", "in": "{% $states.input.a %}"}}, {"e": "E", "in": 1}),
        ({"Output": "{% $states.context.State.Name %}"}, "A"),
        ({"Output": None}, None),
    ],
    ids=json.dumps,
)  # fmt: skip
def test_the_output_of_a_catcher_is_its_own(fields: dict[str, Json], output: Json) -> None:
    catcher: Json = {"ErrorEquals": ["E"], "Next": "Z", **fields}
    failing = task(Catch=[catcher], Output="never", Assign={"v": "never"}, Next="Y")
    definition = jsonata(A=failing, Y={"Type": "Succeed"}, Z={"Type": "Succeed"})
    played = run(definition, {"a": 1}, [Error("E", "c")])
    assert played.output == output
    assert "assignedVariables" not in played.details("TaskStateExited")[0]


def test_a_timeout_is_caught_with_an_empty_cause() -> None:
    definition = jsonata(A=task(TimeoutSeconds=1, Catch=CATCH_ALL, Next="Z"), Z={"Type": "Succeed"})
    assert run(definition).output == {"Error": "States.Timeout", "Cause": ""}


def test_a_catcher_assigns_in_the_scope_of_its_state() -> None:
    """Reference 1.7: of a Parallel or Map in the outer scope."""
    assign: Json = {"why": "{% $states.errorOutput.Error %}", "x": "{% $x + 1 %}"}
    catcher: Json = {"ErrorEquals": ["States.ALL"], "Next": "Z", "Assign": assign}
    branch = machine(B={"Type": "Fail", "Error": "Mine"})
    definition = jsonata(
        S=pass_(Assign={"x": 1}, Next="A"),
        A=parallel(branch, Catch=[catcher], Next="Z"),
        Z={"Type": "Succeed", "Output": "{% [$why, $x] %}"},
    )
    played = run(definition)
    assert played.output == ["Mine", 2]
    assert played.details("ParallelStateExited")[0]["assignedVariables"] == {"why": '"Mine"', "x": "2"}


@pytest.mark.parametrize("names", [[EVALUATION], ["States.ALL"], ["States.TaskFailed"]])
def test_a_failed_evaluation_is_caught(names: list[Json]) -> None:
    catcher: Json = {"ErrorEquals": names, "Next": "Z"}
    definition = jsonata(A=task(Arguments={"x": UNDEFINED}, Catch=[catcher], Next="Z"), Z={"Type": "Succeed"})
    played = run(definition)
    assert played.output == {"Error": EVALUATION, "Cause": cause("$nothing", "Arguments/x")}
    assert played.chain[1:6] == [
        "2 TaskStateEntered<-0",
        "3 EvaluationFailed<-0",
        "4 TaskStateExited<-3",
        "5 SucceedStateEntered<-4",
        "6 SucceedStateExited<-5",
    ]


def test_a_failed_evaluation_of_arguments_is_tried_again() -> None:
    """The first attempt finds nothing, the second one does: State.RetryCount is 1 then."""
    when: Json = "{% $states.context.State.RetryCount = 1 ? 'there' %}"
    played = run(jsonata(A=task(Arguments={"x": when}, Retry=ONCE)), {}, ["1"])
    assert played.chain[1:] == [
        "2 TaskStateEntered<-0",
        "3 EvaluationFailed<-0",
        "4 LambdaFunctionScheduled<-3",
        "5 LambdaFunctionStarted<-4",
        "6 LambdaFunctionSucceeded<-5",
        "7 TaskStateExited<-6",
        "8 ExecutionSucceeded<-7",
    ]
    assert played.elapsed == 1


def test_a_failed_output_is_tried_again_with_the_whole_task() -> None:
    played = run(jsonata(A=task(Output="{% $states.result.x %}", Retry=ONCE)), {}, ["{}", '{"x": 1}'])
    assert (played.output, len(played.calls)) == (1, 2)


def test_a_catcher_that_cannot_be_evaluated_fails_the_state_with_its_own_error() -> None:
    catcher: Json = {"ErrorEquals": ["States.ALL"], "Next": "Z", "Output": {"x": UNDEFINED}}
    played = run(jsonata(A=task(Catch=[catcher], Next="Z"), Z={"Type": "Succeed"}), {}, [Error("E")])
    assert (played.end.error, played.end.cause) == (EVALUATION, cause("$nothing", "Output/x"))
    assert played.types[-3:] == ["LambdaFunctionFailed", "EvaluationFailed", "ExecutionFailed"]


# Histories of failed evaluations (9.2 to 9.4) ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "location"),
    [({"Output": UNDEFINED}, "Output"), ({"Output": {"result": UNDEFINED}}, "Output/result"),
     ({"Assign": {"result": UNDEFINED}}, "Assign/result")],
)  # fmt: skip
def test_a_pass_that_cannot_be_evaluated(fields: dict[str, Json], location: str) -> None:
    """test_undefined_reference: 3 EvaluationFailed<-0."""
    played = run(jsonata(A=pass_(**fields)))
    reason = cause("$nothing", location)
    assert played.chain == [
        "1 ExecutionStarted<-0",
        "2 PassStateEntered<-0",
        "3 EvaluationFailed<-0",
        "4 ExecutionFailed<-3",
    ]
    assert played.details("EvaluationFailed") == [
        {"error": EVALUATION, "cause": reason, "location": location, "state": "A"}
    ]
    assert played.end == Finish("FAILED", None, EVALUATION, reason)


def test_a_later_state_points_to_what_came_before_it() -> None:
    """7<-5, as recorded."""
    played = run(jsonata(A=pass_(Next="B"), B=pass_(Next="C"), C=pass_(Output=UNDEFINED)))
    assert played.chain[5:] == ["6 PassStateEntered<-5", "7 EvaluationFailed<-5", "8 ExecutionFailed<-7"]
    assert played.end.cause == cause("$nothing", "Output", name="C", id_=6)


@pytest.mark.parametrize(
    ("state", "chain"),
    [
        (task(Arguments=UNDEFINED), ["3 EvaluationFailed<-0", "4 ExecutionFailed<-3"]),
        (
            task(Output=UNDEFINED),
            [
                "3 LambdaFunctionScheduled<-2",
                "4 LambdaFunctionStarted<-3",
                "5 LambdaFunctionSucceeded<-4",
                "6 EvaluationFailed<-0",
                "7 ExecutionFailed<-6",
            ],
        ),
        (task(ACTIVITY, TimeoutSeconds=UNDEFINED), ["3 EvaluationFailed<-0", "4 ExecutionFailed<-3"]),
        (wait(Seconds=1, Output=UNDEFINED), ["3 EvaluationFailed<-0", "4 ExecutionFailed<-3"]),
        ({"Type": "Succeed", "Output": UNDEFINED}, ["3 EvaluationFailed<-0", "4 ExecutionFailed<-3"]),
        ({"Type": "Fail", "Error": UNDEFINED}, ["3 EvaluationFailed<-0", "4 ExecutionFailed<-3"]),
        (
            map_(machine(B=pass_()), Items=[1], Output=UNDEFINED),
            [
                "3 MapStateStarted<-2",
                "4 MapIterationStarted<-3",
                "5 PassStateEntered<-4",
                "6 PassStateExited<-5",
                "7 MapIterationSucceeded<-6",
                "8 MapStateSucceeded<-7",
                "9 EvaluationFailed<-0",
                "10 MapStateFailed<-9",
                "11 ExecutionFailed<-10",
            ],
        ),
        (
            parallel(machine(B=pass_()), Arguments=UNDEFINED),
            ["3 EvaluationFailed<-0", "4 ParallelStateFailed<-3", "5 ExecutionFailed<-4"],
        ),
    ],
    ids=json.dumps,
)
def test_every_type_of_state_tells_of_a_failed_evaluation(state: dict[str, Json], chain: list[str]) -> None:
    assert run(jsonata(A=state), {}, ["1"]).chain[2:] == chain


def test_inside_an_iteration_both_the_iteration_and_the_map_point_to_it() -> None:
    """Reference 9.3."""
    played = run(jsonata(A=map_(machine(B=pass_(Output=UNDEFINED)), Items=[1])))
    assert played.chain[2:] == [
        "3 MapStateStarted<-2",
        "4 MapIterationStarted<-3",
        "5 PassStateEntered<-4",
        "6 EvaluationFailed<-4",
        "7 MapIterationFailed<-6",
        "8 MapStateFailed<-6",
        "9 ExecutionFailed<-8",
    ]


def test_the_items_of_a_map_inside_an_iteration() -> None:
    played = run(jsonata(A=map_(machine(B=map_(machine(C=pass_()), Items="{% 1 %}")), Items=[1])))
    assert played.chain[3:] == [
        "4 MapIterationStarted<-3",
        "5 MapStateEntered<-4",
        "6 EvaluationFailed<-4",
        "7 MapStateFailed<-6",
        "8 MapIterationFailed<-7",
        "9 MapStateFailed<-7",
        "10 ExecutionFailed<-9",
    ]


def test_inside_a_branch_the_parallel_points_to_it() -> None:
    played = run(jsonata(A=parallel(machine(B=pass_(Output=UNDEFINED)), machine(C=wait(Seconds=5)))))
    assert played.chain[2:] == [
        "3 ParallelStateStarted<-2",
        "4 PassStateEntered<-3",
        "5 EvaluationFailed<-3",
        "6 ParallelStateFailed<-5",
        "7 ExecutionFailed<-6",
    ]


def test_a_parallel_is_tried_again_behind_the_failed_evaluation() -> None:
    played = run(jsonata(A=parallel(machine(B=pass_(Output=UNDEFINED)), Retry=ONCE)))
    assert played.chain[2:] == [
        "3 ParallelStateStarted<-2",
        "4 PassStateEntered<-3",
        "5 EvaluationFailed<-3",
        "6 ParallelStateStarted<-5",
        "7 PassStateEntered<-6",
        "8 EvaluationFailed<-6",
        "9 ParallelStateFailed<-8",
        "10 ExecutionFailed<-9",
    ]


def test_a_map_whose_items_cannot_be_evaluated_is_tried_again_and_caught() -> None:
    failing = map_(machine(B=pass_()), Items=UNDEFINED, Retry=ONCE, Catch=CATCH_ALL, Next="Z")
    played = run(jsonata(A=failing, Z={"Type": "Succeed"}))
    assert played.chain[2:6] == [
        "3 EvaluationFailed<-0",
        "4 EvaluationFailed<-0",
        "5 MapStateFailed<-4",
        "6 MapStateExited<-5",
    ]


@pytest.mark.parametrize(("concurrency", "aborted"), [(1, 0), (2, 1)])
def test_an_item_selector_that_cannot_be_evaluated_fails_the_map(concurrency: int, aborted: int) -> None:
    selector: Json = {"x": "{% $states.context.Map.Item.Value.x %}"}
    definition = jsonata(A=map_(machine(B=task()), ItemSelector=selector, MaxConcurrency=concurrency))
    played = run(definition, [{"x": 1}, {}], ["1"])
    assert played.end.cause == cause("$states.context.Map.Item.Value.x", "ItemSelector/x")
    assert played.types.count("MapIterationAborted") == aborted
    failed = next(each for each in played.records if each.type == "EvaluationFailed")
    assert failed.previous_event_id == 0
    behind = [(each.type, each.previous_event_id - failed.id) for each in played.records[failed.id :]]
    abortion = [("MapIterationAborted", 0)]
    assert behind == [*(abortion * aborted), ("MapStateFailed", 0), ("ExecutionFailed", 1 + aborted)]


# Variables (1.7) -----------------------------------------------------------------------------------------------------


def test_variables_go_from_one_language_to_the_other() -> None:
    definition = machine(
        A=pass_(Assign={"p": {"a": [1, 2]}, "q.$": "$.n"}, Next="B"),
        B=in_jsonata(pass_(Assign={"j": "{% {'sum': $sum($p.a) + $q} %}"}, Next="C")),
        C=pass_(Parameters={"sum.$": "$j.sum", "first.$": "$p.a[0]"}, Next="D"),
        D=in_jsonata(pass_(Output="{% [$states.input, $j.sum] %}")),
    )
    assert run(definition, {"n": 4}).output == [{"sum": 7, "first": 1}, 7]


def test_states_inside_a_jsonata_state_are_in_the_language_of_the_machine() -> None:
    """Measured on AWS."""
    inner = machine(B=pass_(Parameters={"x.$": "$.a"}))
    assert run(machine(A=in_jsonata(parallel(inner))), {"a": 1}).output == [{"x": 1}]
    assert run(jsonata(A=parallel(machine(B=pass_(Output="{% $states.input.a %}")))), {"a": 1}).output == [1]


def test_inner_scopes_read_outer_variables_and_keep_their_own() -> None:
    branch = machine(B=pass_(Assign={"mine": "{% $outer + 1 %}"}, Next="C"), C=pass_(Output="{% $mine %}"))
    other = machine(D=pass_(Output="{% $exists($mine) %}"))
    definition = jsonata(
        S=pass_(Assign={"outer": 1}, Next="A"),
        A=parallel(branch, other, Next="M"),
        M=map_(machine(E=pass_(Output="{% $outer %}")), Items=[1], Output={"in": "{% $states.input %}"}, Next="Z"),
        Z={"Type": "Succeed", "Output": {"in": "{% $states.input.in %}", "seen": "{% $exists($mine) %}"}},
    )
    assert run(definition).output == {"in": [2, False], "seen": False}


def test_a_variable_that_nobody_assigned_is_undefined() -> None:
    played = run(jsonata(A=choice({"Condition": "{% $exists($v) %}", "Next": "B"}, Default="C"),
                         B=pass_(Assign={"v": 1}, Next="C"), C=pass_(Output="{% $v %}")))  # fmt: skip
    assert played.end.cause == cause("$v", "Output", name="C", id_=4)


def large(count: int) -> str:
    """An expression whose value takes ``count`` bytes as JSON."""
    return f"{{% $pad('', {count - 2}, 'x') %}}"


@pytest.mark.parametrize("in_paths", [True, False])
@pytest.mark.parametrize("over", [0, 1])
def test_a_variable_may_have_256_kib(in_paths: bool, over: int) -> None:
    """Developer guide, "Passing data between states with variables"; what happens then is our choice of error."""
    literal = "x" * (PAYLOAD_LIMIT - 2 + over)
    assign = pass_(Assign={"v": literal if in_paths else large(PAYLOAD_LIMIT + over)}, Output="{% 1 %}")
    if in_paths:
        del assign["Output"]
    played = run(machine(A=assign if in_paths else in_jsonata(assign)))
    assert (played.finish is not None and played.finish.status) == ("FAILED" if over else "SUCCEEDED")
    if over:
        assert played.end.error == "States.DataLimitExceeded"
        assert played.end.cause == (
            "An error occurred while executing the state 'A' (entered at the event id #2). "
            "The variable 'v' has 262145 bytes; the limit is 262144."
        )


def test_the_variables_of_one_assign_may_have_256_kib_together() -> None:
    played = run(jsonata(A=pass_(Assign={"v": large(PAYLOAD_LIMIT - 9), "w": large(10)})))
    assert played.end.error == "States.DataLimitExceeded"
    tail = "The variables of one Assign have 262145 bytes; the limit is 262144."
    assert str(played.end.cause).endswith(tail)
    assert run(jsonata(A=pass_(Assign={"v": large(PAYLOAD_LIMIT - 10), "w": large(10)}))).end.status == "SUCCEEDED"


def filling(count: int, last: str) -> dict[str, Json]:
    """States that assign ``count`` variables of the largest size, and go on to ``last``."""
    names = [*(f"S{index}" for index in range(count)), last]
    return {
        name: pass_(Assign={f"v{index}": large(PAYLOAD_LIMIT)}, Next=names[index + 1])
        for index, name in enumerate(names[:-1])
    }


def test_the_variables_of_an_execution_may_have_10_mib_together() -> None:
    full = STORED_LIMIT // PAYLOAD_LIMIT
    again = pass_(Assign={"v0": large(PAYLOAD_LIMIT)}, Next="B")
    last = pass_(Assign={"more": 1}, Output="{% 1 %}")
    played = run(jsonata(**filling(full, "A"), A=again, B=last))
    assert played.end.error == "States.DataLimitExceeded"
    tail = "The execution's variables would have 10485761 bytes; the limit is 10485760."
    assert str(played.end.cause).endswith(tail)
    assert played.types[-2:] == ["PassStateEntered", "ExecutionFailed"], "assigning v0 again took no more room"


def test_the_variables_of_a_branch_take_room_only_while_it_runs() -> None:
    full = STORED_LIMIT // PAYLOAD_LIMIT
    inner = machine(B=pass_(Assign={"w": large(PAYLOAD_LIMIT)}, Output="{% 1 %}"))
    room = jsonata(**filling(full - 1, "A"), A=map_(inner, Items=[1, 2, 3], MaxConcurrency=1))
    assert run(room).output == [1, 1, 1]
    none = jsonata(**filling(full, "A"), A=map_(inner, Items=[1], Catch=CATCH_ALL, Next="Z"), Z=pass_())
    assert run(none).end.error == "States.DataLimitExceeded", "which only its own name catches"


def test_the_variables_of_a_branch_that_was_aborted_take_no_room() -> None:
    full = STORED_LIMIT // PAYLOAD_LIMIT
    hold = machine(B=pass_(Assign={"w": large(PAYLOAD_LIMIT)}, Output=1, Next="C"), C=task())
    failing = machine(D=task(Next="E"), E=pass_())
    again = parallel(hold, failing, Retry=[{"ErrorEquals": ["Mine"]}])
    played = run(jsonata(**filling(full - 1, "A"), A=again), {}, [Error("Mine"), None, Error("Mine"), None, "2", "3"])
    assert played.end.status == "SUCCEEDED"


# The whole -----------------------------------------------------------------------------------------------------------


def test_chance_is_that_of_the_seed() -> None:
    definition = jsonata(A=pass_(Output="{% [$random(), $uuid(), $random(42)] %}"))
    first = run(definition).output
    assert first == run(definition).output
    assert isinstance(first, list)
    assert first[2] == 0.7275636800328681


def test_an_output_larger_than_a_payload() -> None:
    played = run(jsonata(A=pass_(Output=large(PAYLOAD_LIMIT + 1))))
    assert played.end.error == "States.DataLimitExceeded"
