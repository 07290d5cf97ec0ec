"""Hints at the likely cause: the mistake that explains the others is named, and comes first."""

import asl
from emulator.eventbridge import patterns


def test_states_that_are_unreachable_only_because_of_start_at() -> None:
    problems = asl.check('{"StartAt": "Begn", "States": {"Begin": {"Type": "Succeed"}}}')
    assert [each.hint for each in problems if "not reachable" in each.message] == [
        'Only because "StartAt" names no state: correct that first.'
    ]


def test_the_end_of_a_choice() -> None:
    rule = '{"Variable": "$.n", "NumericEquals": 1, "Next": "B"}'
    choice = f'{{"Type": "Choice", "Choices": [{rule}], "End": true}}'
    (problem,) = [
        each
        for each in asl.check(f'{{"StartAt": "A", "States": {{"A": {choice}, "B": {{"Type": "Succeed"}}}}}}')
        if "'End' is not supported" in each.message
    ]
    assert (problem.hint or "").startswith("A Choice ends nothing")


def test_a_misspelt_key_of_a_pattern_comes_first() -> None:
    pattern = patterns.compile('{"source": ["shop"], "detial": {"size": [1]}}')
    reasons = pattern.explain({"source": "bank", "detail": {"size": 1}})
    assert [reason.partition(":")[0] for reason in reasons] == ["detial.size", "source"]
