"""Decisions: which rule of a Choice, which retrier or catcher answered; told to the driver, kept out of histories."""

from datetime import timedelta
from typing import Any

import pytest

from asl.decisions import Caught, ItemsFound, NoRuleHolds, Retried, RuleChosen, RuleFailed, Unanswered
from asl.effects import Decided
from asl.values import Json
from tests.asl.driving import SQS_CALLBACK, Error, Run, Submitted, machine, map_, parallel, pass_, run, task

FAILED = Error("E", "c")
SECOND = timedelta(seconds=1)


def decisions(played: Run) -> list[Any]:
    return [each.decision for each in played.decisions]


def choosing(*rules: dict[str, Json], **fields: Json) -> dict[str, Json]:
    return machine(A={"Type": "Choice", "Choices": [{**each, "Next": "Z"} for each in rules], **fields}, Z=pass_())


def equals(number: int) -> dict[str, Json]:
    return {"Variable": "$.x", "NumericEquals": number}


# Choice --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("given", "rule"), [(1, 0), (2, 1), (3, 2), (4, None)])
def test_a_choice_tells_which_of_its_rules_answered(given: int, rule: int | None) -> None:
    inner: dict[str, Json] = {"Or": [equals(9), {"And": [equals(3), {"Not": equals(1)}]}]}
    played = run(choosing(equals(1), equals(2), inner, Default="Z"), {"x": given})
    assert played.decisions == [Decided(2, "A", RuleChosen(rule))]


def test_a_choice_in_jsonata_tells_the_same() -> None:
    rules: list[dict[str, Json]] = [{"Condition": "{% $states.input.x = 1 %}"}, {"Condition": "{% true %}"}]
    assert decisions(run({**choosing(*rules), "QueryLanguage": "JSONata"}, {"x": 2})) == [RuleChosen(1)]


def test_a_choice_without_a_rule_that_holds_says_so_and_nothing_answers_its_error() -> None:
    played = run(choosing(equals(1)), {"x": 2})
    assert decisions(played) == [NoRuleHolds(), Unanswered("States.Runtime")]


def test_a_rule_that_cannot_be_evaluated_is_told_of_and_so_are_those_before_it() -> None:
    missing: dict[str, Json] = {"Variable": "$.nothing", "NumericEquals": 1}
    assert decisions(run(choosing(equals(1), missing, equals(2)), {"x": 2})) == [
        RuleFailed(1, "States.Runtime"),
        Unanswered("States.Runtime"),
    ]


@pytest.mark.parametrize("items", [[], [1, 2]])
def test_a_map_tells_how_many_items_it_has(items: list[Json]) -> None:
    assert decisions(run(machine(A=map_(machine(B=pass_()))), items)) == [ItemsFound(len(items))]


def test_a_rule_is_told_of_even_when_what_it_assigns_fails() -> None:
    played = run(choosing({**equals(1), "Assign": {"v.$": "$.nothing"}}), {"x": 1})
    assert decisions(played) == [RuleChosen(0), Unanswered("States.Runtime")]


def test_each_visit_of_a_choice_is_told_of_with_its_own_event() -> None:
    loop = machine(
        A={"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "Z"}], "Default": "B"},
        B=pass_(Result={"x": 1}, Next="A"),
        Z={"Type": "Succeed"},
    )
    entered = [each.id for each in run(loop).records if each.type == "ChoiceStateEntered"]
    assert [(each.event_id, each.decision) for each in run(loop).decisions] == [
        (entered[0], RuleChosen(None)),
        (entered[1], RuleChosen(0)),
    ]


# Errors --------------------------------------------------------------------------------------------------------------


def test_a_retrier_answers_until_it_is_used_up_and_then_a_catcher_does() -> None:
    definition = machine(
        A=task(
            Retry=[{"ErrorEquals": ["F"]}, {"ErrorEquals": ["E"], "MaxAttempts": 2}],
            Catch=[{"ErrorEquals": ["F"], "Next": "Z"}, {"ErrorEquals": ["States.ALL"], "Next": "Z"}],
        ),
        Z=pass_(),
    )
    played = run(definition, {}, [FAILED, FAILED, FAILED])
    assert played.decisions == [
        Decided(2, "A", decision)
        for decision in (
            Retried("E", 1, 1, SECOND),
            Retried("E", 1, 2, 2 * SECOND),
            Caught("E", 1, used_up=1),
        )
    ]


def test_each_retrier_counts_its_own_retries() -> None:
    definition = machine(A=task(Retry=[{"ErrorEquals": ["F"], "MaxAttempts": 1}, {"ErrorEquals": ["E"]}]))
    played = run(definition, {}, [FAILED, Error("F"), FAILED, Error("F")])
    assert decisions(played) == [
        Retried("E", 1, 1, SECOND),
        Retried("F", 0, 1, SECOND),
        Retried("E", 1, 2, 2 * SECOND),
        Unanswered("F", 0),
    ]


def test_a_new_visit_counts_retries_anew() -> None:
    loop = machine(
        A=task(Retry=[{"ErrorEquals": ["E"]}], Next="B"),
        B={"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "Z"}], "Default": "A"},
        Z=pass_(),
    )
    played = run(loop, {}, [FAILED, "{}", FAILED, '{"x": 1}'])
    entered = [each.id for each in played.records if each.type == "TaskStateEntered"]
    assert [each for each in played.decisions if each.state_name == "A"] == [
        Decided(entered[0], "A", Retried("E", 0, 1, SECOND)),
        Decided(entered[1], "A", Retried("E", 0, 1, SECOND)),
    ]


def test_the_error_of_a_fail_state_is_answered_by_nothing_and_that_of_its_parallel_by_the_catcher() -> None:
    definition = machine(
        P=parallel(machine(F={"Type": "Fail", "Error": "E"}), Catch=[{"ErrorEquals": ["E"], "Next": "Z"}]), Z=pass_()
    )
    played = run(definition)
    assert [(each.state_name, each.decision) for each in played.decisions] == [
        ("F", Unanswered("E")),
        ("P", Caught("E", 0)),
    ]


def test_the_error_of_a_catchers_own_work_is_answered_by_nothing() -> None:
    catch: Json = [{"ErrorEquals": ["States.ALL"], "Next": "Z", "ResultPath": "$.a.b"}]
    played = run(machine(A=task(Catch=catch), Z=pass_()), {"a": 1}, [FAILED])
    assert decisions(played) == [Caught("E", 0), Unanswered("States.ReferencePathConflict")]


def test_a_missed_heartbeat_is_answered_by_its_own_name() -> None:
    retry: Json = [{"ErrorEquals": ["States.HeartbeatTimeout"], "MaxAttempts": 1}]
    played = run(machine(A=task(SQS_CALLBACK, HeartbeatSeconds=5, Retry=retry)), {}, [Submitted(Error("E", after=9))])
    assert decisions(played) == [Retried("States.HeartbeatTimeout", 0, 1, SECOND)]


def test_what_neither_chooses_nor_fails_tells_nothing() -> None:
    definition = machine(A=pass_(Next="B"), B=task(Next="C"), C=parallel(machine(D=pass_())))
    assert run(definition, {}, ["[1, 2]"]).decisions == []
