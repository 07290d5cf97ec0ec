"""DescribeStateMachine's variableReferences: which state reads which variables (test_sfn_api_variable_references)."""

import pytest

from asl import expressions
from asl.references import variable_references
from asl.values import Json
from tests.asl.driving import machine, map_, parallel, pass_, task

READS: dict[str, dict[str, Json]] = {
    "paths": pass_(InputPath="$a", OutputPath="$b.x", ResultPath="$.c"),
    "templates": pass_(Parameters={"x.$": "States.Array($a, States.MathAdd(1, $b[0]))", "S3Path": "$c", "y": "$c"}),
    "time": task(TimeoutSecondsPath="$a", Retry=[], Credentials={"RoleArn.$": "$b"}),
    "rules": {
        "Type": "Choice",
        "Choices": [
            {"And": [{"Variable": "$a", "IsNull": True}, {"Not": {"Variable": "$.x", "NumericEqualsPath": "$b"}}]}
        ],
    },
    "catchers": task(Catch=[{"ErrorEquals": ["E"], "Next": "Z", "Assign": {"x.$": "$a", "y.$": "$b"}}]),
    "a failure": {"Type": "Fail", "ErrorPath": "$b", "CausePath": "States.Format('{}', $a)"},
    "a Map": map_(
        machine(Inner=pass_()),
        ItemsPath="$a",
        ItemBatcher={"MaxItemsPerBatchPath": "$b"},
        ItemReader={"Parameters": {"Key.$": "$$.x"}},
    ),
}


@pytest.mark.parametrize("state", READS.values(), ids=READS.keys())
def test_a_state_reads_the_variables_of_its_fields(state: dict[str, Json]) -> None:
    assert variable_references(machine(A=state)) == {"A": ["a", "b"]}


def test_states_are_named_wherever_they_are_and_those_that_read_none_are_left_out() -> None:
    inner = machine(C=pass_(InputPath="$x"), D=pass_(Result={"v.$": "$x"}, Comment="$x"))
    assert variable_references(machine(A=parallel(inner, Parameters={"p.$": "$y"}))) == {"A": ["y"], "C": ["x"]}


@pytest.mark.parametrize("definition", [{}, {"States": 5}, {"States": {"A": 5}}, machine(A=pass_(InputPath="$"))])
def test_there_may_be_nothing_to_read(definition: dict[str, Json]) -> None:
    assert variable_references(definition) == {}


def test_what_is_no_path_reads_nothing() -> None:
    broken = pass_(InputPath="$a[", Parameters={"x.$": "States.Nope($a)", "y.$": 5}, OutputPath=["$a"])
    assert variable_references(machine(A=broken)) == {}


def test_expressions_of_a_jsonata_state(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"$a + $b": frozenset({"b", "a"})}
    reading = lambda text: expressions.Reading(variables=names[text])  # noqa: E731
    monkeypatch.setattr("asl.references.read_expression", reading)
    state = pass_(Output={"x": ["{% $a + $b %}"], "y.$": "$c"}, QueryLanguage="JSONata")
    assert variable_references(machine(A=state)) == {"A": ["a", "b"]}
