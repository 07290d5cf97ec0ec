"""What the README's first screen says holds."""

import re
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_first_test_passes_as_it_is_printed(pytester: pytest.Pytester) -> None:
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert code is not None
    assert len(code[1].splitlines()) == 8
    pytester.makepyfile(f"import time\n\n{code[1]}")
    pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider", "-p", "no:randomly").assert_outcomes(passed=1)


def test_the_background_task_passes_as_it_is_printed(pytester: pytest.Pytester) -> None:
    code = re.findall(r"```python\n(.*?)```", README, re.DOTALL)[1]
    pytester.makepyfile(f"from unittest.mock import Mock\n\n{code}")
    pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider", "-p", "no:randomly").assert_outcomes(passed=1)


def test_the_first_screen_holds_the_two_commands() -> None:
    first_screen = "\n".join(README.splitlines()[:32])
    assert "\nmake emulate " in first_screen
    assert "\nmake test " in first_screen


def test_what_it_links_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / target).exists(), target
