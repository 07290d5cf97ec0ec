"""A clone has no recordings: what replays them is skipped, and the run tells how many tests that are."""

from pathlib import Path

import pytest

from tests.conftest import RECORDINGS
from tests.needs import WITHOUT_RECORDINGS

pytest_plugins = ["pytester"]

CONFTEST = (Path(__file__).parent / "conftest.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(("number", "told"), [(1, "1 test was skipped"), (3, "3 tests were skipped")])
def test_the_run_tells_how_many_were_skipped(pytester: pytest.Pytester, number: int, told: str) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.mark.parametrize("n", range({number}))
        @pytest.mark.skipif(True, reason={WITHOUT_RECORDINGS!r})
        def test_replay(n):
            pass

        @pytest.mark.skip(reason="another reason")
        def test_else():
            pass
        """
    )
    lines = pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider").outlines
    assert f"{told} for want of recordings, which are not part of this repository" in lines


def test_a_run_that_skips_none_says_nothing(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile("def test_it(): pass")
    assert not any(
        "recordings" in line for line in pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider").outlines
    )


def test_the_reason_is_one_that_is_counted() -> None:
    assert RECORDINGS in WITHOUT_RECORDINGS
