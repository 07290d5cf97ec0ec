"""Choice: every operator, type and missing-value rules, combinations; the cases are ``corpus/choice.json``."""

import json
from pathlib import Path
from typing import Any

import pytest

from asl.states.choice import COMPARISONS, FAMILIES, OPERATORS, RELATIONS, TYPE_TESTS, matches_pieces, split_pattern
from asl.values import Json
from tests.asl.driving import machine, map_, parallel, pass_, run

CORPUS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("corpus").joinpath("choice.json").read_text())
CASES = [(group["given"], case) for group in CORPUS for case in group["cases"]]


def choice(*rules: Json, **fields: Json) -> dict[str, Json]:
    """A Choice with these rules; where none holds it goes to ``No``."""
    return {"Type": "Choice", "Choices": list(rules), "Default": "No", **fields}


def chosen(rule: dict[str, Json], given: Json) -> Any:
    """Whether the rule holds for ``given``; else why the execution failed.

    ``$limit`` is 2, ``$unset`` is not yet assigned.
    """
    played = run(
        machine(
            A=pass_(Assign={"limit": 2}, Next="C"),
            C=choice({**rule, "Next": "Yes"}),
            Yes=pass_(Result=True, Assign={"unset": 1}),
            No=pass_(Result=False),
        ),
        given,
    )
    return played.output if played.end.output else (played.end.error, played.end.cause)


@pytest.mark.parametrize(("given", "case"), CASES, ids=[json.dumps(case["rule"])[:90] for _, case in CASES])
def test_rule(given: Json, case: dict[str, Any]) -> None:
    if "holds" in case:
        assert chosen(case["rule"], given) is case["holds"]
    else:
        prefix = "An error occurred while executing the state 'C' (entered at the event id #4). "
        assert chosen(case["rule"], given) == ("States.Runtime", prefix + case["error"])


def test_timestamps_are_compared_to_the_nanosecond() -> None:
    given: Json = {"a": "2030-01-01T00:00:00.123456789Z", "b": "2030-01-01T01:00:00.123456788+01:00"}
    assert chosen({"Variable": "$.a", "TimestampGreaterThanPath": "$.b"}, given) is True
    assert chosen({"Variable": "$.a", "TimestampEqualsPath": "$.b"}, given) is False
    assert chosen({"Variable": "$.a", "TimestampEquals": "2030-01-01T00:00:00.123456789Z"}, given) is True
    assert chosen({"Variable": "$.a", "TimestampLessThan": "2030-01-01T00:00:00.1234568Z"}, given) is True


def operators_in(rule: Any) -> set[str]:
    """The operators that a rule uses, at any depth."""
    if isinstance(rule, list):
        return set().union(*map(operators_in, rule))
    if not isinstance(rule, dict):
        return set()
    return set(OPERATORS & rule.keys()).union(*map(operators_in, rule.values()))


def test_there_are_39_operators() -> None:
    assert len(OPERATORS) == 39
    assert (len(FAMILIES), len(RELATIONS), len(COMPARISONS), len(TYPE_TESTS)) == (3, 5, 16, 5)


def test_every_operator_is_in_the_corpus_holding_and_not() -> None:
    for holds in (True, False):
        used = set().union(*(operators_in(case["rule"]) for _, case in CASES if case.get("holds") is holds))
        assert used == OPERATORS


def test_the_first_rule_that_holds_wins() -> None:
    yes: Json = {"Variable": "$", "IsNumeric": True}
    definition = machine(
        A=choice({**yes, "Next": "First"}, {**yes, "Next": "Second"}),  # type: ignore[dict-item]
        First=pass_(Result=1),
        Second=pass_(Result=2),
        No=pass_(),
    )
    assert run(definition, 5).output == 1


def test_no_rule_that_holds_and_no_default_is_a_runtime_error() -> None:
    """AWS runs: every Choice without a Default whose rules do not hold."""
    rule: Json = {"Variable": "$", "IsNull": True, "Next": "B"}
    played = run(machine(A={"Type": "Choice", "Choices": [rule]}, B=pass_()), 5)
    assert played.end.error == "States.Runtime"
    assert played.end.cause == (
        "An error occurred while executing the state 'A' (entered at the event id #2). Failed to transition out of "
        "the state. The state does not point to a next state."
    )


OPEN: Json = {"Type": "Choice", "Choices": [{"Variable": "$", "IsNull": True, "Next": "B"}]}
OPEN_JSONATA: Json = {
    "Type": "Choice",
    "QueryLanguage": "JSONata",
    "Choices": [{"Condition": "{% $states.input = 0 %}", "Next": "B"}],
}


@pytest.mark.parametrize("choice", [OPEN, OPEN_JSONATA], ids=["JSONPath", "JSONata"])
@pytest.mark.parametrize("name", ["States.ALL", "States.NoChoiceMatched", "States.Runtime", "States.TaskFailed"])
@pytest.mark.parametrize("kind", ["Parallel", "Map"])
def test_no_choice_matched_is_caught_by_nothing_and_ends_the_execution_at_once(
    kind: str, name: str, choice: Json
) -> None:
    """AWS runs: States.Runtime; measured: no MapIterationFailed, no MapStateFailed, nothing about the others."""
    inner, others = machine(A=choice, B=pass_()), machine(W={"Type": "Wait", "Seconds": 9, "End": True})
    answers: Any = {
        "Catch": [{"ErrorEquals": [name], "Next": "Z"}],
        "Retry": [{"ErrorEquals": [name]}],
    }
    outer = parallel(others, inner, **answers) if kind == "Parallel" else map_(inner, **answers)
    played = run(machine(P=outer, Z=pass_(Result="caught")), 5 if kind == "Parallel" else [5, 6])
    assert (played.end.status, played.end.error) == ("FAILED", "States.Runtime")
    assert played.types[-2:] == ["ChoiceStateEntered", "ExecutionFailed"]
    assert played.records[-1].previous_event_id == next(
        each.id for each in played.records if each.type == "ChoiceStateEntered"
    )


def test_rules_see_the_input_behind_input_path_and_output_path_cuts_what_goes_on() -> None:
    definition = machine(
        A=choice({"Variable": "$.x", "NumericEquals": 1, "Next": "B"}, InputPath="$.in", OutputPath="$.out"),
        B=pass_(),
        No=pass_(),
    )
    assert run(definition, {"in": {"x": 1, "out": "this"}}).output == "this"


@pytest.mark.parametrize(
    ("given", "assigned"),
    [({"x": 1}, {"v": '"rule"', "seen": "1"}), ({"x": 2}, {"v": '"state"'}), ({"x": 3}, None)],
)
def test_a_rule_assigns_instead_of_the_state_whose_assign_goes_with_default(given: Json, assigned: Json) -> None:
    """test_assign_in_choice"""
    definition = machine(
        A=choice(
            {"Variable": "$.x", "NumericEquals": 1, "Next": "No", "Assign": {"v": "rule", "seen.$": "$.x"}},
            {"Variable": "$.x", "NumericEquals": 3, "Next": "No"},
            Assign={"v": "state"},
        ),
        No=pass_(),
    )
    exited = run(definition, given).details("ChoiceStateExited")[0]
    assert exited.get("assignedVariables") == assigned


def test_the_assign_of_the_state_is_not_evaluated_when_a_rule_holds() -> None:
    definition = machine(
        A=choice({"Variable": "$.x", "NumericEquals": 1, "Next": "No"}, Assign={"v.$": "$.only.with.default"}),
        No=pass_(),
    )
    assert run(definition, {"x": 1}).end.status == "SUCCEEDED"
    assert run(definition, {"x": 2}).end.error == "States.Runtime"


def test_a_long_pattern_of_stars_is_matched_in_linear_time() -> None:
    pieces = split_pattern("*a" * 2000 + "*b")
    assert pieces is not None
    assert not matches_pieces("a" * 100_000, pieces)


def test_a_rule_of_three_hundred_nots_runs() -> None:
    rule: dict[str, Json] = {"Variable": "$", "IsNumeric": True}
    for _ in range(300):
        rule = {"Not": rule}
    assert chosen(rule, 1) is True
