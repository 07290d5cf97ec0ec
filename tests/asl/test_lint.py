"""Warnings with rules of our own: each finds what it is for, and says nothing about what is fine."""

from typing import Any

import pytest

from asl.lint import RULES, lint
from asl.values import Json
from tests.asl.driving import ACTIVITY, SQS_CALLBACK, machine, map_, pass_, task


def choice(*rules: Json, **fields: Json) -> dict[str, Json]:
    """A Choice whose rules lead to Z."""
    return {"Type": "Choice", "Choices": [{**rule, "Next": "Z"} for rule in rules if isinstance(rule, dict)], **fields}


def retries(*names: str, **fields: Json) -> dict[str, Json]:
    return {"ErrorEquals": list(names), **fields}


def jsonata(**fields: Json) -> dict[str, Json]:
    return pass_(QueryLanguage="JSONata", **fields)


IS_NULL: Json = {"Variable": "$.x", "IsNull": True}
WAIT: dict[str, Json] = {"Type": "Wait", "End": True}
FOUND: list[tuple[str, dict[str, Any], str]] = [
    ("misspelt-error", task(Retry=[retries("E", "States.Timeouts")]), "/Retry/0/ErrorEquals/1"),
    ("uncatchable-error", task(Catch=[retries("States.Runtime", Next="Z")]), "/Catch/0/ErrorEquals/0"),
    ("uncatchable-error", task(Retry=[retries("E", "States.NoChoiceMatched")]), "/Retry/0/ErrorEquals/1"),
    ("unreachable-answer", task(Retry=[retries("E", "F"), retries("F")]), "/Retry/1"),
    ("unreachable-answer", task(Retry=[retries("States.TaskFailed"), retries("E")]), "/Retry/1"),
    ("retries-nothing", task(Retry=[retries("E", MaxAttempts=0, BackoffRate=2)]), "/Retry/0/MaxAttempts"),
    ("endless-callback", task(SQS_CALLBACK), "/Resource"),
    ("endless-callback", task(ACTIVITY), "/Resource"),
    ("long-wait", {**WAIT, "Seconds": 31_536_001}, "/Seconds"),
    ("late-timeout", task(TimeoutSeconds=31_536_001), "/TimeoutSeconds"),
    ("open-choice", choice(IS_NULL), ""),
    ("unevaluated-variable", pass_(Assign={"v": 1}, Parameters={"a": {"b": "$v.x"}}), "/Parameters/a/b"),
    ("key-like-path", pass_(Parameters={"$.x": 1}), "/Parameters/$.x"),
    ("key-like-path", pass_(Parameters={"a": [{"x$": "$.x"}]}), "/Parameters/a/0/x$"),
    ("unquoted-word", pass_(Parameters={"x": {"y.$": "$[?(@.code==es)].text"}}), "/Parameters/x/y.$"),
    ("unquoted-word", pass_(InputPath="$[?(@.code != es)]"), "/InputPath"),
    ("miscounted-call", pass_(Parameters={"x": {"y.$": "States.Array(States.MathAdd(1))"}}), "/Parameters/x/y.$"),
    ("miscounted-call", {"Type": "Fail", "CausePath": "States.JsonToString()"}, "/CausePath"),
    ("jsonpath-in-jsonata", jsonata(Output={"x.$": "y"}), "/Output/x.$"),
    ("jsonpath-in-jsonata", jsonata(Output={"x": "$.y"}), "/Output/x"),
    ("jsonata-in-jsonpath", pass_(Parameters={"x": "{% $states.input %}"}), "/Parameters/x"),
    ("idle-label", map_(machine(B=pass_()), Label="x"), "/Label"),
]
FINE: dict[str, dict[str, Any]] = {
    "as many arguments as needed": pass_(Parameters={"x.$": "States.MathRandom(1, 2)", "y.$": "States.Format("}),
    "an error of one's own": task(Retry=[retries("E", "Lambda.Unknown", "States.Http.StatusCode.404", "States.ALL")]),
    "the narrower first": task(Retry=[retries("E"), retries("States.TaskFailed"), retries("States.Timeout")]),
    "named beside ALL": task(Retry=[retries("States.DataLimitExceeded"), retries("States.ALL")]),
    "AWS's own": task(Retry=[retries("States.ReferencePathConflict")]),
    "not retried": task(Retry=[retries("E", MaxAttempts=0)]),
    "a bounded callback": task(SQS_CALLBACK, HeartbeatSeconds=5),
    "a request": task("arn:aws:states:::sqs:sendMessage"),
    "a year": {**WAIT, "Seconds": 31_536_000},
    "a default": choice(IS_NULL, Default="Z"),
    "both ways": choice(IS_NULL, {"Variable": "$.x", "IsNull": False}),
    "a rule and not": choice(IS_NULL, {"Not": IS_NULL}),
    "always": {**choice({"Condition": True}), "QueryLanguage": "JSONata"},
    "a price": pass_(Parameters={"price": "$5", "currency": "US$ 5"}),
    "a literal": jsonata(Output={"x": "text", "y": "{% $states.input %}"}),
}


def found(state: dict[str, Any], type: Any = "STANDARD", **fields: Json) -> list[tuple[str, str]]:
    definition = {**machine(A=state, Z={"Type": "Succeed"}), **fields}
    problems = list(lint(definition, type))
    assert all(each.severity == "WARNING" for each in problems)
    return [(each.code, each.place.removeprefix("/States/A")) for each in problems]


@pytest.mark.parametrize(("rule", "state", "place"), FOUND, ids=[f"{row[0]}{row[2]}" for row in FOUND])
def test_a_rule_finds(rule: str, state: dict[str, Any], place: str) -> None:
    assert found(state) == [(rule, place)]


@pytest.mark.parametrize("state", FINE.values(), ids=FINE.keys())
def test_nothing_is_said_of(state: dict[str, Any]) -> None:
    assert found(state) == []


def test_every_rule_is_tried() -> None:
    assert {row[0] for row in FOUND} == RULES.keys()
    assert len(RULES) == 15


def test_an_error_that_a_fail_state_raises_is_spelt_right() -> None:
    inner = machine(B={"Type": "Fail", "Error": "States.Mine"})
    assert found(map_(inner, Catch=[retries("States.Mine", Next="Z")])) == []


def test_limits_follow_the_machine() -> None:
    assert found({**WAIT, "Seconds": 11}, TimeoutSeconds=10) == [("long-wait", "/Seconds")]
    assert found(task(TimeoutSeconds=11), TimeoutSeconds=10) == [("late-timeout", "/TimeoutSeconds")]
    assert found({**WAIT, "Seconds": 301}, "EXPRESS") == [("long-wait", "/Seconds")]
    assert found(task(SQS_CALLBACK), TimeoutSeconds=10) == []
    assert found(task(SQS_CALLBACK), "EXPRESS") == []


def test_states_inside_others_are_asked_too() -> None:
    assert found(map_(machine(B=task(ACTIVITY)))) == [("endless-callback", "/ItemProcessor/States/B/Resource")]
