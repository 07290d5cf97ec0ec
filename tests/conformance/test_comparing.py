"""The runners say what differs from a recording: a value, a member, a text, and a placeholder that changes its text."""

import datetime
from typing import Any

import pytest

from tests.conformance.aws_runs import same
from tests.conformance.placeholders import Comparison, shown


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"a": [1, "x"]}, {"a": [1, "x"]}),
        ({"n": {"$any": "integer", "from": 1, "below": 3}}, {"n": 2}),
        ({"n": {"$any": "number"}}, {"n": 1.5}),
        ({"s": {"$any": "string", "like": "^a.c$"}}, {"s": "abc"}),
        ({"$any": "uuid4"}, "00000000-0000-4000-8000-000000000000"),
    ],
)
def test_a_result_as_recorded(wanted: Any, found: Any) -> None:
    assert same(wanted, found)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"a": 1}, {"a": 1.0}),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ([1], [1, 2]),
        ({"$any": "integer", "from": 1, "below": 3}, 3),
        ({"$any": "integer"}, True),
        ({"$any": "string", "like": "^b"}, "abc"),
        ({"$any": "uuid4"}, "abc"),
    ],
)
def test_a_result_that_was_not_recorded(wanted: Any, found: Any) -> None:
    assert not same(wanted, found)


def test_a_placeholder_stands_for_one_text_within_a_case() -> None:
    comparison = Comparison()
    assert list(comparison.differences({"id": "rule/<name>"}, {"id": "rule/a"})) == []
    assert list(comparison.differences(["<name>", "<date>"], ["a", "2030"])) == []
    assert list(comparison.differences("<name>", "b")) == [": recorded '<name>', here 'b'"]
    assert list(comparison.differences("<date>", "2031")) == []


def test_members_and_lengths_are_compared() -> None:
    wanted, found = {"a": 1, "b": [1]}, {"a": 1.0, "b": [1, 2], "c": None}
    assert sorted(Comparison().differences(wanted, found)) == [
        ".a: recorded 1, here 1.0",
        ".b: recorded [1], here [1, 2]",
        ".c: not recorded, here None",
    ]


def test_a_response_is_shown_as_recordings_have_it() -> None:
    at = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)
    assert shown({"Policy": '{"a": 1}', "Text": "{no", "At": at, "List": ["{}"]}) == {
        "Policy": {"a": 1},
        "Text": "{no",
        "At": "<datetime>",
        "List": ["{}"],
    }
