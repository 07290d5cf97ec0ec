"""What AWS has changed since a recording was made is told by its date and its kind, and nothing else is excused."""

from typing import Any

import pytest

from tests.conformance.dated import DATED, reason

HISTORY: list[dict[str, Any]] = [
    {"id": number, "type": type_, "previousEventId": previous}
    for number, type_, previous in [
        (1, "ExecutionStarted", 0),
        (2, "MapStateEntered", 0),
        (3, "MapStateStarted", 2),
        (4, "MapRunStarted", 3),
        (5, "MapRunSucceeded", 4),
        (6, "MapStateSucceeded", 5),
        (7, "MapStateExited", 5),
        (8, "ExecutionSucceeded", 7),
    ]
]
EXITED = ["different", "events[6].previousEventId", 5, 4]
BLANKS = ["different", "events[1].stateEnteredEventDetails.input", '["a","b"]', '["a", "b"]']
ENCRYPTION = ["unexpected", "encryptionConfiguration", None, {"type": "AWS_OWNED_KEY"}]
REDRIVE = ["unexpected", "events[5].taskFailedEventDetails.cause.RedriveStatus", None, "REDRIVABLE"]


@pytest.mark.parametrize(
    ("difference", "dates", "others"),
    [
        (EXITED, ["2023-06-01T00:00:00", "2024-11-12T23:59:59"], ["2024-11-13T00:00:00"]),
        (BLANKS, ["2024-07-20T08:30:22", "2024-08-19T08:59:42"], ["2024-03-29T00:00:00", "2024-09-01T00:00:00"]),
        (ENCRYPTION, ["2023-06-22T13:48:01", "2024-06-11T14:55:41"], ["2024-11-20T14:37:01"]),
        (REDRIVE, ["2023-07-05T15:55:56"], ["2023-11-15T00:00:00"]),
    ],
)
def test_a_change_explains_what_was_recorded_before_it(
    difference: list[Any], dates: list[str], others: list[str]
) -> None:
    assert {reason(date, difference, HISTORY) for date in dates} & {row.reason for row in DATED}
    assert {reason(date, difference, HISTORY) for date in others} == {None}


@pytest.mark.parametrize(
    "difference",
    [
        ["different", "events[6].previousEventId", 5, 3],
        ["different", "events[5].previousEventId", 5, 4],
        ["different", "events[6].previousEventId", 4, 5],
        ["different", "events[6].type", "MapStateExited", "MapStateSucceeded"],
        ["different", "events[1].stateEnteredEventDetails.input", '["a","b"]', '["b", "a"]'],
        ["different", "events[3].stateEnteredEventDetails.input", '["a","b"]', '["a", "b"]'],
        ["different", "encryptionConfiguration", {"type": "CUSTOMER_MANAGED_KMS_KEY"}, {"type": "AWS_OWNED_KEY"}],
        ["missing", "events[5].taskFailedEventDetails.cause.RedriveStatus", "REDRIVABLE", None],
        ["unexpected", "events[5].taskFailedEventDetails.cause.Status", None, "FAILED"],
    ],
)
def test_nothing_else_is_excused(difference: list[Any]) -> None:
    assert {reason(date, difference, HISTORY) for date in ("2023-07-05", "2024-08-01")} == {None}
