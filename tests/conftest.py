"""What the test run tells at its end: how many tests were skipped because the recordings are not there."""

from typing import Any

import pytest

RECORDINGS = "recordings"
"""A word that the reason of every such skip holds (``tests.needs.WITHOUT_RECORDINGS``)."""


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Count the tests that replay recordings and were skipped."""
    skipped: list[pytest.TestReport] = terminalreporter.stats.get("skipped", [])
    count = sum(RECORDINGS in report.longreprtext for report in skipped)
    if count:
        tests = "1 test was" if count == 1 else f"{count} tests were"
        terminalreporter.write_line(f"{tests} skipped for want of recordings, which are not part of this repository")
