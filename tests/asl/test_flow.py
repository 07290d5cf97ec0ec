"""The order in which a state's data flows in JSONPath mode."""

from collections.abc import Iterator
from typing import Any

import pytest

from asl.chance import Chance
from asl.errors import StateError
from asl.flow import EXPRESSION_STAGES, PATH_STAGES, UNCHANGED, field_reader, parse_flow, read_or_none
from asl.paths import compile_path
from asl.values import Json, Payload
from tests.asl.driving import BEGIN, machine, run, task


class Surroundings:
    """A state's scope: its input, one variable, a context."""

    result: Payload | None = None
    chance = Chance(0)
    now = BEGIN

    def __init__(self, value: Json) -> None:
        self.input = Payload(value)
        self.variables: dict[str, Json] = {"v": 7}

    def context(self) -> Json:
        return {"Execution": {"Name": "run"}}


def left(raw: dict[str, Json], given: Json, result: Json) -> Any:
    leave = parse_flow(raw).leave(Surroundings(given), Payload(result), "B")
    return leave.output.value if leave.assigned is None else (leave.output.value, leave.assigned)


def test_a_state_without_fields_changes_nothing() -> None:
    defaults: dict[str, Json] = {"InputPath": "$", "OutputPath": "$", "ResultPath": "$"}
    assert parse_flow({}) == parse_flow(defaults) == UNCHANGED
    assert parse_flow({}).changes_nothing
    assert not parse_flow({"Assign": {"a": 1}}).changes_nothing


def test_a_payload_that_nothing_changes_is_the_very_same() -> None:
    scope, result = Surroundings({"a": 1}), Payload(5)
    assert UNCHANGED.effective(scope) is scope.input
    assert UNCHANGED.leave(scope, result, None).output is result


@pytest.mark.parametrize(
    ("raw", "effective"),
    [
        ({"InputPath": "$.a"}, {"b": 1}),
        ({"InputPath": None}, {}),
        ({"InputPath": "$v"}, 7),
        ({"InputPath": "$$.Execution.Name"}, "run"),
        ({"Parameters": {"x.$": "$.a.b"}}, {"x": 1}),
        ({"InputPath": "$.a", "Parameters": {"x.$": "$.b"}}, {"x": 1}),
    ],
)
def test_input_path_comes_before_parameters(raw: dict[str, Json], effective: Json) -> None:
    assert parse_flow(raw).effective(Surroundings({"a": {"b": 1}})).value == effective


@pytest.mark.parametrize(
    ("raw", "output"),
    [
        ({"ResultSelector": {"s.$": "$.r"}, "ResultPath": "$.x"}, {"a": 1, "x": {"s": 2}}),
        ({"ResultPath": "$.x", "OutputPath": "$.x.r"}, 2),
        ({"ResultPath": None, "OutputPath": "$.a"}, 1),
        ({"OutputPath": None}, {}),
        ({"OutputPath": "$v"}, 7),
        ({"Assign": {"n.$": "$.r"}, "ResultSelector": {"s": 1}}, ({"s": 1}, {"n": 2})),
    ],
)
def test_result_selector_then_result_path_then_output_path(raw: dict[str, Json], output: Json) -> None:
    assert left(raw, {"a": 1}, {"r": 2}) == output


def seen(stages: Iterator[tuple[str, Payload]]) -> dict[str, Json]:
    return {name: payload.value for name, payload in stages}


def test_every_stage_can_be_seen_with_the_value_behind_it() -> None:
    raw: dict[str, Json] = {
        "InputPath": "$.a",
        "Parameters": {"x.$": "$.b"},
        "ResultSelector": {"s.$": "$.r"},
        "ResultPath": "$.c",
        "OutputPath": "$.c.s",
    }
    flow, scope = parse_flow(raw), Surroundings({"a": {"b": 1}})
    assert seen(flow.effective_stages(scope)) == {"afterInputPath": {"b": 1}, "afterParameters": {"x": 1}}
    assert seen(flow.result_stages(scope, Payload({"r": 2}))) == {
        "afterResultSelector": {"s": 2},
        "afterResultPath": {"a": {"b": 1}, "c": {"s": 2}},
        "output": 2,
    }


def test_a_stage_that_the_state_does_not_have_hands_its_value_on() -> None:
    scope = Surroundings({"a": 1})
    flow = parse_flow({"Parameters": {"x.$": "$.a"}})
    assert [stage.name for stage in (*flow.before, *flow.behind)] == ["afterParameters"]
    assert seen(flow.effective_stages(scope)) == {"afterInputPath": {"a": 1}, "afterParameters": {"x": 1}}
    assert seen(flow.result_stages(scope, Payload(5))) == dict.fromkeys(PATH_STAGES.result, 5)


def test_the_stages_of_a_state_in_jsonata() -> None:
    raw: dict[str, Json] = {"QueryLanguage": "JSONata", "Type": "Task"}
    raw |= {"Arguments": {"x": "{% $states.input.a %}"}, "Output": "{% $states.result + 1 %}"}
    flow, scope = parse_flow(raw, gives_result=True), Surroundings({"a": 1})
    assert flow.names == EXPRESSION_STAGES
    assert seen(flow.effective_stages(scope)) == {"afterArguments": {"x": 1}}
    assert seen(flow.result_stages(scope, Payload(4))) == {"output": 5}


def test_what_is_seen_before_a_stage_that_fails_stays_seen() -> None:
    stages = parse_flow({"InputPath": "$.a", "Parameters": {"x.$": "$.b"}}).effective_stages(Surroundings({"a": {}}))
    assert next(stages)[0] == "afterInputPath"
    with pytest.raises(StateError):
        next(stages)


def test_the_last_value_that_is_seen_is_the_one_that_counts() -> None:
    flow, scope = parse_flow({"InputPath": "$.a", "ResultPath": "$.r"}), Surroundings({"a": 1})
    assert [*flow.effective_stages(scope)][-1][1].value == flow.effective(scope).value
    assert [*flow.result_stages(scope, Payload(2))][-1][1].value == flow.leave(scope, Payload(2), None).output.value


def test_an_assignment_sees_the_values_from_before_it() -> None:
    """Developer guide, "Variables": all right-hand sides first."""
    assert left({"Assign": {"v": 1, "w.$": "$v"}}, {}, 0) == (0, {"v": 1, "w": 7})


def test_a_read_that_misses_is_a_states_runtime_with_the_path() -> None:
    with pytest.raises(StateError, match="Invalid path") as caught:
        field_reader("$.x")({}, Surroundings({}))
    assert (caught.value.name, caught.value.cause) == (
        "States.Runtime",
        "Invalid path '$.x' : No results for path: $['x']",
    )


def test_a_field_with_a_text_of_its_own_reads_nothing_as_none() -> None:
    assert read_or_none(compile_path("$.x"), {}, Surroundings({})) is None
    assert read_or_none(compile_path("$.x"), {"x": 1}, Surroundings({})) == 1


def test_the_input_is_never_changed_in_place() -> None:
    definition = machine(
        A=task(ResultPath="$.a.b", Next="B"), B={"Type": "Pass", "InputPath": "$$.Execution.Input", "End": True}
    )
    assert run(definition, {"a": {"b": 1}}, ["2"]).output == {"a": {"b": 1}}
