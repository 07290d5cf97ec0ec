"""Every recorded case passes, by the baseline, or is listed with the reason why it does not."""

import pytest

from emulator.recordings import NOT_PASSING, ONLY_IN_PROCESS, PREFIX
from tests.conformance.run import COLLECTIONS, HTTP, read_baseline
from tests.needs import WITHOUT_RECORDINGS

COLLECTED = ("eventbridge/", "query/", "aws-runs/")


def listed() -> list[str]:
    return [id_ if id_.startswith(COLLECTED) else PREFIX + id_ for _, ids in NOT_PASSING for id_ in ids]


def test_no_case_is_listed_twice() -> None:
    assert len(listed()) == len(set(listed()))


@pytest.mark.parametrize("prefix", ["", HTTP])
def test_every_case_passes_or_is_listed(prefix: str) -> None:
    found = [collection for collection in COLLECTIONS.values() if collection.CASES.is_dir()]
    if len(found) < len(COLLECTIONS):
        pytest.skip(WITHOUT_RECORDINGS)
    cases = {case.id for collection in found for case in collection.cases()}
    passing = {id_.removeprefix(prefix) for id_ in read_baseline() if id_.startswith(HTTP) == bool(prefix)}
    only_in_process = {PREFIX + id_ for id_ in ONLY_IN_PROCESS} if prefix else set()
    assert cases - passing == set(listed()) | only_in_process
