"""What the page about testing background tasks says holds."""

import re
from pathlib import Path

import pytest

from emulator.taskbench.storage_calls import READS, WRITES

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "testing-tasks.md").read_text(encoding="utf-8")


def test_its_examples_pass_as_they_are_printed(pytester: pytest.Pytester) -> None:
    code = "\n\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
    pytester.makepyfile(code)
    result = pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider", "-p", "no:randomly")
    result.assert_outcomes(passed=len(re.findall(r"^def test_", code, re.MULTILINE)))


def words(column: str) -> list[str]:
    """The words in the first column of the table with this heading."""
    table = PAGE.partition(f"| {column} | |\n| --- | --- |\n")[2].partition("\n\n")[0]
    return [word for row in table.splitlines() for word in re.findall(r"`([^`=]+)`", row.split("|")[1])]


def test_its_tables_name_every_read_and_write() -> None:
    assert sorted(words("write")) == sorted(WRITES)
    assert sorted(words("read")) == sorted(READS)
