"""JSONata in fields: what is an expression, where it stands, what it sees, and what AWS says when it fails.

Facts are recorded on AWS, or documented by it.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from asl.chance import Chance
from asl.errors import QUERY_EVALUATION_ERROR, EvaluationError
from asl.evaluation import (
    NOTHING,
    as_reader,
    compile_integer,
    compile_typed,
    compile_value,
    may_read_context,
    type_name,
)
from asl.expressions import inside, is_expression
from asl.values import Json, Payload
from tests.asl.driving import BEGIN


class Surroundings:
    """A state's scope; it counts how often the context is built."""

    result: Payload | None = None
    now = BEGIN

    def __init__(self, given: Json = None, **variables: Json) -> None:
        self.input = Payload(given)
        self.variables: Mapping[str, Json] = variables
        self.chance = Chance(7)
        self.built = 0

    def context(self) -> Json:
        self.built += 1
        return {"State": {"Name": "A"}}


def value(field: Json, given: Json = None, members: Mapping[str, Json] = NOTHING, **variables: Json) -> Json:
    return compile_value(field, "Output")(Surroundings(given, **variables), members)


def failure(field: Json, *, location: str = "Output") -> tuple[str, str | None]:
    """Cause and location of the failure; its name is always the same."""
    with pytest.raises(EvaluationError) as caught:
        compile_value(field, location)(Surroundings(), NOTHING)
    assert caught.value.name == QUERY_EVALUATION_ERROR == "States.QueryEvaluationError"
    assert caught.value.prefixed
    assert not caught.value.after_entered
    return str(caught.value.cause), caught.value.location


# What is an expression (5.1) -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{% 1 %}", True),
        ("{%1%}", True),
        ("{%%}", True),
        ("{% '%} and {%' %}", True),
        ("{%}", False),
        (" {% 1 %}", False),
        ("{% 1 %} ", False),
        ("{% 1", False),
        ("1 %}", False),
        ("{{ 1 }}", False),
        ("", False),
        (1, False),
        (None, False),
        (["{% 1 %}"], False),
    ],
)
def test_only_a_string_that_begins_and_ends_with_the_delimiters_is_an_expression(text: Json, expected: bool) -> None:
    """No blanks outside (test_state_with_variables)."""
    assert is_expression(text) is expected


def test_the_text_of_an_expression_is_trimmed() -> None:
    assert inside("{%  $a +\n 1\t%}") == "$a +\n 1"


@pytest.mark.parametrize(
    "literal",
    [
        5,
        None,
        True,
        "text",
        " {% 1 %} ",
        "$.x",
        "$$",
        "States.Format('{}', 1)",
        {"a.$": "$.x"},
        [1, [{"b": "$states.input"}]],
        {},
    ],
    ids=json.dumps,
)
def test_a_value_without_expressions_is_itself(literal: Json) -> None:
    """Keys that end in ``.$``, paths and intrinsic functions mean nothing in JSONata mode (5.1)."""
    assert value(literal) is literal


def test_expressions_stand_at_any_depth_and_keys_keep_their_order() -> None:
    field: Json = {"z": "{% 1 %}", "{% 'k' %}": {"b": ["x", "{% [2] %}", {"c": "{% null %}"}], "l": [0]}, "a": 9}
    assert json.dumps(value(field)) == '{"z": 1, "{% \'k\' %}": {"b": ["x", [2], {"c": null}], "l": [0]}, "a": 9}'


def test_a_definition_is_never_changed_by_what_is_evaluated() -> None:
    field: Json = {"a": ["{% $states.input %}", {"b": "{% $states.input %}"}]}
    evaluate = compile_value(field, "Output")
    first = evaluate(Surroundings(1), NOTHING)
    assert evaluate(Surroundings(2), NOTHING) == {"a": [2, {"b": 2}]}
    assert first == {"a": [1, {"b": 1}]}
    assert field == {"a": ["{% $states.input %}", {"b": "{% $states.input %}"}]}


# What an expression sees (5.2) ---------------------------------------------------------------------------------------


def test_states_holds_the_input_the_context_and_what_the_field_adds() -> None:
    members: dict[str, Json] = {"result": 3, "errorOutput": {"Error": "E"}}
    assert value("{% $states %}", {"a": 1}, members) == {
        "input": {"a": 1},
        "result": 3,
        "errorOutput": {"Error": "E"},
        "context": {"State": {"Name": "A"}},
    }
    assert value("{% [$states.input.a, $states.result, $states.errorOutput.Error] %}", {"a": 1}, members) == [1, 3, "E"]


def test_variables_are_seen_by_name() -> None:
    assert value("{% $x.y + $n %}", None, x={"y": 2}, n=3) == 5


def test_an_expression_changes_neither_variables_nor_input() -> None:
    scope = Surroundings({"a": 1}, x={"y": 1})
    text = "{% ($x := 5; $states := 6; $merge([$states.input, {'a': 2}]); $x) %}"
    assert compile_value(text, "Output")(scope, NOTHING) == 5
    assert (scope.variables, scope.input.value) == ({"x": {"y": 1}}, {"a": 1})


@pytest.mark.parametrize(
    "text",
    [
        "1",
        "$states.input",
        "$states.input.context",
        "$states.result.a & $states.errorOutput.Cause",
        "$states.input[a > 1].b",
        "[$states.input]",
        "$context",
    ],
)
def test_the_context_is_built_only_when_it_may_be_read(text: str) -> None:
    assert not may_read_context(text)
    scope = Surroundings({"a": 1, "context": 1}, context=1)
    members: dict[str, Json] = {"result": {"a": 1}, "errorOutput": {"Cause": "c"}}
    compile_value(f"{{% [{text}] %}}", "Output")(scope, members)
    assert scope.built == 0


@pytest.mark.parametrize(
    "text",
    [
        "$states.context.State.Name",
        "$states . context.State.Name",
        "$states.`context`.State.Name",
        "$states.'context'.State.Name",
        "$states.input.%.context.State.Name",
        "$states.(context.State.Name)",
        "$lookup($states, 'con' & 'text').State.Name",
        "($s := $states; $s.context.State.Name)",
        "$states[0].context.State.Name",
        "$states.*.State.Name",
        "$states{'x': context.State.Name}.x",
        "($f := function($x){$x.context.State.Name}; $f($states))",
        "($states ~> |$|{'input': 2}|).context.State.Name",
        "$states /* .input */ .context.State.Name",
    ],
)
def test_the_context_is_there_whatever_way_leads_to_it(text: str) -> None:
    scope = Surroundings({"State": 0})
    assert compile_value(f"{{% {text} %}}", "Output")(scope, NOTHING) == "A"
    assert scope.built == 1


def test_each_field_with_the_context_builds_it_once() -> None:
    scope = Surroundings()
    text = "{% $states.context.State.Name & $states.context.State.Name %}"
    assert compile_value({"a": text, "b": text}, "Output")(scope, NOTHING) == {"a": "AA", "b": "AA"}
    assert scope.built == 2


# Results (5.3, 5.4) --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("$range(1, 9, 9)", 1),  # test_array_range: a sequence of one item is that item
        ("[$range(1, 9, 9)]", [1]),
        ("$partition([0], 1)", [[0]]),
        ("null", None),
        ("{'a': $nothing, 'b': 1}", {"b": 1}),
        ("[$nothing, 1]", [1]),
        ("$contains('ab', /A/i)", True),
        ("$parse('{\"a\":[1]}')", {"a": [1]}),
        ("$hash('a', 'MD5')", "0cc175b9c0f1b6a831c399e269772661"),
        ("$string(1.0)", "1"),
    ],
)
def test_results(text: str, result: Json) -> None:
    assert value(f"{{% {text} %}}") == result


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("$states.input", '{"whole":1,"more":1.5,"deep":[2]}'),
        ("1e2", "100"),
        ("0.5 + 0.5", "1"),
        ("-0", "0"),
        ("9223372036854775807 + 0", "9.223372036854776E18"),
        ("1e300", "1.0E300"),
        ("1 / 4", "0.25"),
    ],
)
def test_how_numbers_leave_an_expression(text: str, written: str) -> None:
    """Measured on AWS: whole doubles become integers, what no 64-bit long holds is written as Java does."""
    given: Json = {"whole": 1.0, "more": 1.5, "deep": [2.0]}
    assert Payload(value(f"{{% {text} %}}", given)).text == written


def test_chance_comes_from_the_execution_and_from_nowhere_else() -> None:
    text = "{% [$random(), $uuid()] %}"
    same = Chance(7)
    assert value(text) == value(text) == [same.fraction(), same.uuid()]
    assert value("{% $random(42) %}") == 0.7275636800328681  # java.util.Random, measured


def test_the_time_is_that_of_the_event() -> None:
    assert value("{% [$now(), $millis()] %}") == ["2030-01-01T00:00:00.000Z", BEGIN.timestamp() * 1000]


# Failures (5.5) ------------------------------------------------------------------------------------------------------


def told(text: str, tail: str, location: str = "Output") -> tuple[str, str]:
    return f"The JSONata expression '{text}' specified for the field '{location}' {tail}", location


DEEP = "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive"
LARGE = "Expression evaluation memory limit exceeded: Check for excessive memory usage"


@pytest.mark.parametrize(
    ("text", "tail"),
    [
        ("$nothing", "returned nothing (undefined)."),  # test_undefined_reference
        ("$states.result", "returned nothing (undefined)."),
        ("$sum", "returned an unsupported result type."),
        ("{'f': [function(){1}]}", "returned an unsupported result type."),
        # test_math_random_seeded
        ("$randomSeeded(1)", "threw an error during evaluation. T1006: Attempted to invoke a non-function"),
        ("$eval('1')", "threw an error during evaluation. T1006: Attempted to invoke a non-function"),
        (
            "$sum('x')",
            'threw an error during evaluation. T0412: Argument 1 of function "sum" must be an array of "numbers"',
        ),
        ("$error('mine')", "threw an error during evaluation. D3137: mine"),
        (
            "+".join(["1"] * 101),
            f"threw an error during evaluation: {DEEP}",
        ),
        (
            "$sum([1..900000])",
            f"threw an error during evaluation: {LARGE}",
        ),
        (
            "($f := function(){$f()}; $f())",
            "threw an error during evaluation: Expression evaluation timeout: Check for infinite loop",
        ),
    ],
)
def test_what_is_said_of_an_expression_that_fails(text: str, tail: str) -> None:
    assert failure(f"{{%  {text} %}}") == told(text, tail)


def test_an_internal_error_is_told_with_a_fresh_id() -> None:
    """Measured on AWS for ``$base64decode("!!!")``; the id is drawn from the execution's chance."""
    cause, _ = failure('{% $base64decode("!!!") %}')
    assert cause == told('$base64decode("!!!")', f"threw an internal error during evaluation. {Chance(7).uuid()}")[0]
    assert re.search(r" [0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", cause)


@pytest.mark.parametrize(
    ("field", "location"),
    [
        ("{% $x %}", "Output"),
        ({"a": "{% $x %}"}, "Output/a"),
        ({"a": {"b": ["{% $x %}"]}}, "Output/a/b[0]"),
        (["{% 1 %}", [{"c": "{% $x %}"}]], "Output[1][0]/c"),
        ({"ok": "{% 1 %}", "first": "{% $x %}", "second": "{% $y %}"}, "Output/first"),
    ],
    ids=json.dumps,
)
def test_the_location_is_the_way_to_the_first_expression_that_fails(field: Json, location: str) -> None:
    """``Output/a/b[0]`` is measured, ``Output/result`` recorded (test_undefined_reference)."""
    assert failure(field) == told("$x", "returned nothing (undefined).", location)


def test_the_location_begins_with_the_field() -> None:
    assert failure({"FunctionName": "{% $x %}"}, location="Arguments")[1] == "Arguments/FunctionName"


# Fields of a type (5.7) ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("x", "string"),
        (1, "number"),
        (1.5, "number"),
        (True, "boolean"),
        (None, "null"),
        ({}, "object"),
        ([], "array"),
    ],
)
def test_the_names_of_types(given: Json, name: str) -> None:
    """test_map_state_items_eval_jsonata_fail"""
    assert type_name(given) == name


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1", "was 'number' for value: 1"),
        ("'s'", "was 'string' for value: \"s\""),
        ("{'foo': 'bar'}", 'was \'object\' for value: {"foo":"bar"}'),
        ("null", "was 'null' for value: null"),
        ("true", "was 'boolean' for value: true"),
    ],
)
def test_a_value_of_another_type_is_refused(text: str, found: str) -> None:
    """test_map_state_items_eval_jsonata_fail"""
    evaluate = compile_typed(f"{{% {text} %}}", "Items", "array")
    with pytest.raises(EvaluationError) as caught:
        evaluate(Surroundings(), NOTHING)
    tail = f"returned an unexpected result type. Expected 'array', but {found}"
    assert (caught.value.cause, caught.value.location) == told(text, tail, "Items")


def test_a_typed_field_gives_what_is_of_its_type_and_trusts_its_literal() -> None:
    assert compile_typed("{% [] %}", "Items", "array")(Surroundings(), NOTHING) == []
    assert compile_typed([1], "Items", "array")(Surroundings(), NOTHING) == [1]
    assert compile_typed({"a": "{% 1 %}"}, "Arguments", "object")(Surroundings(), NOTHING) == {"a": 1}


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("9", 9), ("4 / 2", 2), ("1e0", 1)])
def test_an_integer_field_takes_whole_numbers_in_its_range(text: str, number: int) -> None:
    assert compile_integer(f"{{% {text} %}}", "Seconds", 0, 9)(Surroundings(), NOTHING) == number
    assert compile_integer(number, "Seconds", 0, 9)(Surroundings(), NOTHING) == number


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("-1", "Seconds must be between 0 and 9 but was: -1"),
        ("10", "Seconds must be between 0 and 9 but was: 10"),
        ("1.5", "The Seconds field cannot be parsed as an integer: 1.5"),
        ("1e300", "The Seconds field cannot be parsed as an integer: 1.0E300"),
    ],
)
def test_an_integer_field_refuses_other_numbers(text: str, cause: str) -> None:
    """AWS runs with TimeoutSeconds."""
    with pytest.raises(EvaluationError) as caught:
        compile_integer(f"{{% {text} %}}", "Seconds", 0, 9)(Surroundings(), NOTHING)
    assert caught.value.cause == cause
    assert caught.value.location == "Seconds"


@pytest.mark.parametrize("text", ["true", "'1'", "1 / 0"])
def test_an_integer_field_refuses_what_is_no_number(text: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        compile_integer(f"{{% {text} %}}", "Seconds", 0, 9)(Surroundings(), NOTHING)
    assert "Expected 'number', but was '" in str(caught.value.cause)


def test_as_a_reader_an_evaluator_does_not_ask_the_document() -> None:
    scope: Any = Surroundings({"a": 1})
    assert as_reader(compile_value("{% $states.input.a %}", "Items"))({"a": 2}, scope) == 1
