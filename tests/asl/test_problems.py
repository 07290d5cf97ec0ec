"""How a problem is shown: to people, and as AWS shows it."""

import pytest

from asl.problems import SCHEMA, DefinitionError, Problem, did_you_mean, escape, join, placed


def test_a_problem_is_place_code_message_pointer_and_hint() -> None:
    problem = Problem(SCHEMA, "/States/A", "is wrong", "Do this.", line=3, column=7)
    assert problem.text("f.json") == ("f.json:3:7: SCHEMA_VALIDATION_FAILED is wrong\n    at /States/A\n    Do this.")


def test_a_problem_of_the_whole_without_hint_or_line() -> None:
    assert Problem(SCHEMA, "", "is wrong").text("f") == "f: SCHEMA_VALIDATION_FAILED is wrong\n    at /"


@pytest.mark.parametrize(
    ("pointer", "location"),
    [
        ("", "/"),
        ("/States/Pick/Choices/0/Next", "/States/Pick/Choices[0]/Next"),
        ("/States/a~1b~0c", "/States/a/b~c"),
        ("/States/7/Catch/0", "/States/7/Catch[0]"),
        ("/States/A/Choices/0/And/1/Not/Or/2", "/States/A/Choices[0]/And[1]/Not/Or[2]"),
    ],
)
def test_the_location_as_aws_writes_it(pointer: str, location: str) -> None:
    assert Problem(SCHEMA, pointer, "m").location == location
    assert Problem(SCHEMA, pointer, "m").aws_text() == f"SCHEMA_VALIDATION_FAILED: m at {location}"


def test_the_focus_is_the_very_thing_below_the_place_that_aws_names() -> None:
    problem = Problem(SCHEMA, "/States/A", "m", focus="Ende")
    assert (problem.place, problem.location) == ("/States/A/Ende", "/States/A")


def test_an_error_holds_every_problem_and_shows_them_all() -> None:
    error = DefinitionError((Problem(SCHEMA, "", each) for each in ("one", "two")), "f.json")
    assert len(error.problems) == 2
    assert error.source == "f.json"
    assert [word in str(error) for word in ("one", "two")] == [True, True]


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("NumericGreaterThann", 'Did you mean "NumericGreaterThan"?'),
        ("END", 'Did you mean "End"?'),
        ("Zzz", None),
        (5, None),
        (None, None),
        (["End"], 'Did you mean "End"?'),
    ],
)
def test_did_you_mean_names_the_nearest_word_or_nothing(word: object, hint: str | None) -> None:
    assert did_you_mean(word, ("NumericGreaterThan", "End", "Next")) == hint


def test_pointers_are_escaped_as_rfc_6901_asks() -> None:
    assert join("/a", "b/c", 0, "d~e") == "/a/b~1c/0/d~0e"
    assert escape("~/") == "~0~1"


def test_a_problem_is_placed_where_it_is_or_at_the_nearest_thing_above() -> None:
    where = {"": (1, 1), "/States/A": (3, 5)}
    assert placed(Problem(SCHEMA, "/States/A", "m", focus="x/y"), where).line == 3
    assert placed(Problem(SCHEMA, "/Other", "m"), where).column == 1
    assert placed(Problem(SCHEMA, "/Other", "m"), {}).line is None


def test_a_place_that_is_known_stays() -> None:
    assert placed(Problem(SCHEMA, "", "m", line=7, column=8), {"": (1, 1)}).line == 7
