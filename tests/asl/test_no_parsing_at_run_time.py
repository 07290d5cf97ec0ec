"""Everything is parsed when a definition is compiled: an execution runs with every parser taken away."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import pytest

import asl.jsonata
import asl.jsonpath
import asl.jsonpath.select
import asl.jsonpath.syntax
from asl import compile, evaluation, flow, paths, resources, retry, templates  # noqa: A004
from asl.intrinsics import compiled, syntax
from asl.jsonata import closures, compiler, expression, lexer, parser, regex_syntax, resolve, signature
from asl.program import Program
from asl.states import choice, ends, map_, parallel, pass_, task, wait
from asl.values import Json
from tests.asl.driving import Error, Submitted, machine, run
from tests.asl.driving import Ok as Answered

PARSERS = ("compile", "parse", "tokenize", "check_", "mistakes", "references", "split_pattern")


def refuse(*args: Any, **kwargs: Any) -> NoReturn:
    raise AssertionError(f"parsed while running: {args!r}")


@contextmanager
def without_parsers() -> Iterator[int]:
    """Every function that parses, checks or compiles fails, regular expressions included; how many those are."""
    modules = [asl.jsonpath, asl.jsonpath.select, asl.jsonpath.syntax, flow, compiled, syntax, paths, resources, retry]
    modules += [templates, choice, ends, map_, parallel, pass_, task, wait]
    modules += [asl.jsonata, compiler, evaluation, expression, parser, regex_syntax, resolve, signature]
    with pytest.MonkeyPatch.context() as patch:
        gone = 0
        for module in modules:
            for name, value in list(vars(module).items()):
                if callable(value) and name.lstrip("_").startswith(PARSERS) and not isinstance(value, type):
                    patch.setattr(module, name, refuse)
                    gone += 1
        patch.setattr(re, "compile", refuse)
        patch.setattr(lexer.Lexer, "__init__", refuse)
        yield gone


EVERYTHING: dict[str, Json] = machine(
    Begin={
        "Type": "Pass",
        "InputPath": "$.in",
        "Parameters": {
            "numbers.$": "$.numbers[1:3]",
            "large.$": "$.people[?(@.age > 17 && @.name =~ /I.*/)].name",
            "text.$": "States.Format('{}-{}', $$.State.Name, States.ArrayLength($.numbers))",
            "json.$": "States.StringToJson('[1, 2]')",
            "parts.$": "States.StringSplit('a,b', ',')",
            "id.$": "States.UUID()",
        },
        "ResultPath": "$.built",
        "OutputPath": "$",
        "Assign": {"limit.$": "$.numbers[0]", "all.$": "$..*"},
        "Next": "Pick",
    },
    Pick={
        "Type": "Choice",
        "Choices": [
            {"Variable": "$.built.text", "StringMatches": "Pick*", "Next": "Over"},
            {
                "And": [
                    {"Variable": "$.built.numbers[0]", "NumericEqualsPath": "$limit"},
                    {"Not": {"Variable": "$.time", "TimestampLessThan": "2029-01-01T00:00:00Z"}},
                    {"Variable": "$.built.large[*]", "IsPresent": True},
                ],
                "Next": "Sleep",
                "Assign": {"chosen.$": "$.time"},
            },
        ],
        "Default": "Over",
    },
    Sleep={"Type": "Wait", "TimestampPath": "$.time", "Next": "Call"},
    Call={
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"Token.$": "$$.Task.Token", "Body.$": "$.built"},
        "TimeoutSecondsPath": "$.in.numbers[2]",
        "Credentials": {"RoleArn.$": "States.Format('arn:{}', 'r')"},
        "ResultSelector": {"r.$": "$[*].x"},
        "ResultPath": "$.called.deep",
        "Retry": [{"ErrorEquals": ["States.ALL"], "JitterStrategy": "FULL"}],
        "Catch": [{"ErrorEquals": ["E"], "ResultPath": "$.caught", "Assign": {"e.$": "$.Error"}, "Next": "Each"}],
        "Next": "Each",
    },
    Each={
        "Type": "Map",
        "ItemsPath": "$.in.numbers",
        "ItemSelector": {"n.$": "$$.Map.Item.Value", "sum.$": "States.MathAdd($$.Map.Item.Index, 1)"},
        "MaxConcurrencyPath": "$.in.numbers[0]",
        "ItemProcessor": machine(
            Both={
                "Type": "Parallel",
                "Branches": [
                    machine(Left={"Type": "Succeed", "OutputPath": "$.n"}),
                    machine(Right={"Type": "Pass", "Parameters": {"h.$": "States.Hash('x', 'MD5')"}, "End": True}),
                ],
                "ResultSelector": {"first.$": "$[0]"},
                "End": True,
            }
        ),
        "Next": "Over",
    },
    Over={"Type": "Fail", "ErrorPath": "States.Format('{}', $[0].first)", "CausePath": "States.JsonToString($[0])"},
)  # fmt: skip
GIVEN: Json = {
    "in": {"numbers": [1, 1, 9], "people": [{"name": "Ida", "age": 40}, {"name": "Max", "age": 4}]},
    "time": "2030-01-01T00:01:00Z",
}


IN_JSONATA: dict[str, Json] = {
    "QueryLanguage": "JSONata",
    **machine(
        Begin={
            "Type": "Pass",
            "Output": {
                "large": "{% $states.input.in.people[age > 17 and $contains(name, /^I/)].name %}",
                "text": "{% $states.context.State.Name & '-' & $count($states.input.in.numbers) %}",
                "composed": "{% ($both := $uppercase ~> $trim; $both(' a ')) %}",
                "changed": "{% $states.input.in ~> |people|{'age': age + 1}| %}",
                "sorted": "{% $states.input.in.numbers^(>$) %}",
                "parsed": "{% $parse('[1, 2]') %}",
                "time": "{% $states.input.time %}",
            },
            "Assign": {
                "limit": "{% $states.input.in.numbers[0] %}",
                "f": "{% $map([1, 2], function($v) { $v * 2 }) %}",
            },
            "Next": "Pick",
        },
        Pick={
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $states.input.text = 'no' %}", "Next": "Over"},
                {"Condition": "{% $limit = 1 %}", "Next": "Sleep", "Assign": {"chosen": "{% $states.input.large %}"}},
            ],
        },
        Sleep={"Type": "Wait", "Timestamp": "{% $states.input.time %}", "Next": "Call"},
        Call={
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Arguments": {"Token": "{% $states.context.Task.Token %}", "Body": "{% $states.input.composed %}"},
            "TimeoutSeconds": "{% $sum([$limit, 8]) %}",
            "Credentials": {"RoleArn": "{% 'arn:' & 'r' %}"},
            "Retry": [{"ErrorEquals": ["States.ALL"]}],
            "Catch": [{"ErrorEquals": ["E"], "Assign": {"e": "{% $states.errorOutput.Error %}"}, "Next": "Each"}],
            "Output": "{% $states.result.x %}",
            "Next": "Each",
        },
        Each={
            "Type": "Map",
            "Items": "{% [1..3] %}",
            "ItemSelector": {"n": "{% $states.context.Map.Item.Value %}"},
            "MaxConcurrency": "{% $limit %}",
            "ItemProcessor": machine(One={"Type": "Succeed", "Output": "{% $states.input.n * 2 %}"}),
            "Output": "{% {'sum': $sum($states.result)} %}",
            "Next": "Over",
        },
        Over={"Type": "Fail", "Error": "{% $chosen %}", "Cause": "{% $string($states.input) & $string($f) %}"},
    ),
}


def execute(program: Program) -> list[str]:
    played = run(program, GIVEN, [Error("E"), Submitted(Answered('[{"x": 1}]', after=2))])
    return [*played.types[-1:], str(played.end.cause)]


def test_an_execution_runs_with_every_parser_taken_away() -> None:
    program = compile(EVERYTHING)
    expected = execute(program)
    with without_parsers() as gone:
        assert gone > 30
        assert execute(program) == expected
    assert expected == ["ExecutionFailed", '{"first":1}']


def test_an_execution_in_jsonata_runs_with_every_parser_taken_away() -> None:
    closures.composition.cache_clear()
    program = compile(IN_JSONATA)
    with without_parsers():
        assert execute(program) == ["ExecutionFailed", '{"sum":12}[2,4]']


def test_the_parsers_are_indeed_taken_away() -> None:
    for definition in (EVERYTHING, IN_JSONATA):
        with without_parsers():
            try:
                compile(definition)
            except AssertionError as error:
                refusal = str(error)
        assert refusal.startswith("parsed while running")
