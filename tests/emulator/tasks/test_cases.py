"""The numbered cases: all exist, each has a test, and the page is up to date."""

from __future__ import annotations

import re

import pytest

from emulator.tasks import PROFILES
from tests.emulator.tasks import cases

pytest_plugins = ["pytester"]


def test_the_cases_are_1_to_199() -> None:
    assert list(cases.read_cases()) == list(range(1, 200))


def test_every_case_has_a_test() -> None:
    assert {each.number for each in cases.find_shown()} == set(cases.read_cases())


def test_every_profile_has_its_cases() -> None:
    assert {each.profile for each in cases.find_shown()} == set(PROFILES)


def test_the_page_is_up_to_date() -> None:
    """If not, run: python -m tests.emulator.tasks.cases"""
    page = cases.PAGE.read_text(encoding="utf-8")
    assert page == cases.written(page)


def test_the_examples_of_the_page_pass_as_they_are_printed(pytester: pytest.Pytester) -> None:
    code = "\n\n".join(re.findall(r"```python\n(.*?)```", cases.PAGE.read_text(encoding="utf-8"), re.DOTALL))
    pytester.makepyfile(code)
    pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider", "-p", "no:randomly").assert_outcomes(passed=3)


def test_the_page_has_a_row_for_each_case_and_field() -> None:
    page = cases.PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^\| (\d+) \|", page, flags=re.MULTILINE) == [str(number) for number in range(1, 200)]
    assert "| `abort_race` | keep_aborted | last_write | last_write | last_write |" in page


@pytest.mark.parametrize("options", [{"profile": "webiny_7"}, {"profiles": "documented"}])
def test_a_mark_that_says_nothing_known_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"profile"):
        cases.profiles_of(options)
