"""From a definition's text to its value and to the places of everything in it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asl import DefinitionError, check, compile  # noqa: A004 - the word of the field
from asl.problems import Problem, join
from asl.source import MAX_DEFINITION, places, read_definition, repeated_keys
from asl.values import Json
from tests.asl.driving import machine, pass_

TEXT = """ {
  "a/b": [1, {"c": "x\\"}]"}, []],
  "d~": {}, "e" : -1.5e3,
  "f": "]",
  "" : {"g": null}
}"""


def test_every_member_and_item_has_its_line_and_column() -> None:
    assert places(TEXT) == {
        "": (1, 2),
        "/a~1b": (2, 3),
        "/a~1b/0": (2, 11),
        "/a~1b/1": (2, 14),
        "/a~1b/1/c": (2, 15),
        "/a~1b/2": (2, 30),
        "/d~0": (3, 3),
        "/e": (3, 13),
        "/f": (4, 3),
        "/": (5, 3),
        "//g": (5, 9),
    }


def pointers(value: Json, at: str = "") -> set[str]:
    found = {at}
    if isinstance(value, dict):
        found |= {each for key in value for each in pointers(value[key], join(at, key))}
    elif isinstance(value, list):
        found |= {each for index, item in enumerate(value) for each in pointers(item, join(at, index))}
    return found


@given(
    st.recursive(
        st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=12,
    ),
    st.sampled_from([None, 2]),
)
@settings(max_examples=100)
def test_every_pointer_of_a_text_has_a_place_within_it(value: Json, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    found = places(text)
    assert found.keys() == pointers(value)
    lines = text.splitlines()
    assert all(1 <= column <= len(lines[line - 1]) for line, column in found.values())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", "f.json:1:1: SCHEMA_VALIDATION_FAILED Definition must be a valid JSON object"),
        (
            "{\n  'a': 1}",
            "f.json:2:3: INVALID_JSON_DESCRIPTION Unexpected character (''' (code 39)): was expecting double-quote",
        ),
        ("{} x", "f.json:1:4: INVALID_JSON_DESCRIPTION Unrecognized token 'x'"),
        ("{} {}", "f.json:1:4: INVALID_JSON_DESCRIPTION Unexpected text after the end of the definition"),
        ('{"a": 1e999}', "f.json:1:1: INVALID_JSON_DESCRIPTION 1e999 is too large for a JSON number"),
        ("[]", "f.json:1:1: SCHEMA_VALIDATION_FAILED Definition must be a valid JSON object"),
        ("[" * 2000 + "]" * 2000, "f.json:1:1: TOO_DEEPLY_NESTED The definition is nested deeper than 400 levels"),
        (
            "{" + " " * MAX_DEFINITION + "}",
            "f.json:1:1: SCHEMA_VALIDATION_FAILED The definition has 1,048,578 characters",
        ),
    ],
    ids=["empty", "not JSON", "trailing word", "trailing object", "too large", "no object", "too deep", "too long"],
)
def test_a_text_that_is_no_definition_is_refused_with_its_place(text: str, shown: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        read_definition(text, "f.json")
    assert str(caught.value).startswith(shown)
    assert len(caught.value.problems) == 1


def test_an_empty_text_says_what_belongs_there() -> None:
    with pytest.raises(DefinitionError, match="Put a JSON object with StartAt and States here"):
        compile(" \n")


def test_a_definition_keeps_its_text() -> None:
    """DescribeStateMachine returns the stored text verbatim."""
    text = json.dumps(machine(A=pass_()), indent=3)
    assert compile(text).text == text
    assert compile(json.loads(text)).text == '{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}'


def test_a_program_knows_its_comment_and_timeout() -> None:
    program = compile({**machine(A=pass_()), "Comment": "hello", "TimeoutSeconds": 5})
    assert (program.comment, program.timeout_seconds) == ("hello", 5)
    assert (compile(machine(A=pass_())).comment, compile(machine(A=pass_())).timeout_seconds) == (None, None)


CIRCLE: dict[str, Json] = {}
CIRCLE["a"] = CIRCLE


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"a": float("nan")}, "The definition is not JSON: Out of range float values"),
        ({"a": {1}}, "The definition is not JSON: Object of type set"),
        (CIRCLE, "The definition is not JSON: it is nested too deep"),
        ([1], "Definition must be a valid JSON object"),
        (None, "Definition must be a valid JSON object"),
    ],
    ids=["NaN", "a set", "a circle", "a list", "None"],
)
def test_a_value_that_is_no_definition_is_refused(value: Json, words: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        compile(value)  # type: ignore[arg-type]
    assert words in str(caught.value)


def test_a_definition_too_deep_to_check_is_refused() -> None:
    rule: Json = {"Variable": "$.x", "IsNull": True}
    for _ in range(390):
        rule = {"Not": rule}
    definition = machine(A={"Type": "Choice", "Choices": [{"Next": "B", "Not": rule}]}, B=pass_())

    def from_below(frames: int) -> None:
        if frames:
            from_below(frames - 1)
        else:
            compile(definition)

    with pytest.raises(DefinitionError, match="nested too deep to be checked"):
        from_below(400)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1, "b": {"a": 2}}', []),
        ('{"a": 1, "a": 2}', [("/a", 9)]),
        ('{"x": [1, {"a": 1, "b": [], "a": {"c": 1, "c": 2}}]}', [("/x/1/a", 28), ("/x/1/a/c", 42)]),
        ("5", []),
        ('{"a": 1, "a": 2, nonsense', [("/a", 9)]),
        ("", []),
    ],
)
def test_a_key_that_its_object_has_had_before(text: str, found: list[tuple[str, int]]) -> None:
    assert list(repeated_keys(text)) == found


def test_checking_a_definition_too_deep_to_check_says_so() -> None:
    rule: Json = {"Variable": "$.x", "IsNull": True}
    for _ in range(390):
        rule = {"Not": rule}
    text = json.dumps(machine(A={"Type": "Choice", "Choices": [{"Next": "B", "Not": rule}]}, B=pass_()))

    def from_below(frames: int) -> tuple[Problem, ...]:
        return from_below(frames - 1) if frames else check(text)

    (problem,) = from_below(400)
    assert "nested too deep to be checked" in problem.message
