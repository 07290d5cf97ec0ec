"""The virtual clock. Its times and the system's are told apart in ``lambda_/test_time.py``."""

# ruff: noqa: DTZ001 - times without a zone are what is refused

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from emulator import Emulator
from emulator.clock import DEFAULT_START, UNITS, VirtualClock

YEAR_2040 = datetime(2040, 5, 6, 7, 8, 9, 123_456, tzinfo=UTC)


def test_a_virtual_clock_starts_in_2030_and_moves_only_forward() -> None:
    clock = VirtualClock()
    assert clock.now() == DEFAULT_START
    clock.move_to(YEAR_2040)
    clock.move_to(DEFAULT_START)
    assert clock.now() == YEAR_2040


def test_times_come_out_in_utc() -> None:
    clock = VirtualClock(datetime(2030, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now().isoformat() == "2030-01-01T00:00:00+00:00"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match=r"VirtualClock\(start\).*no time zone"):
        VirtualClock(datetime(2030, 1, 1))
    with pytest.raises(ValueError, match=r"move_to\(at\).*no time zone"):
        VirtualClock().move_to(datetime(2030, 1, 1))


# Lengths of time


@pytest.mark.parametrize(
    ("arguments", "length"),
    [
        ({"weeks": 2}, timedelta(weeks=2)),
        ({"milliseconds": 1500}, timedelta(seconds=1.5)),
        ({"microseconds": 7}, timedelta(microseconds=7)),
        (dict.fromkeys(UNITS, 1), timedelta(**dict.fromkeys(UNITS, 1))),
        ({"by": timedelta(days=1), "weeks": 0.5, "seconds": -1}, timedelta(days=4.5, seconds=-1)),
        ({}, timedelta()),
    ],
)
def test_advance_takes_what_timedelta_takes(emulator: Emulator, arguments: Any, length: timedelta) -> None:
    emulator.clock.advance(**arguments)
    assert emulator.clock.now() == DEFAULT_START + length


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"by": 5}, "advance(5): 5 is a number without a unit\n    fix: advance(seconds=5)"),
        ({"by": 2.5}, "fix: advance(seconds=2.5)"),
        ({"by": 0}, "advance(0): 0 is a number without a unit"),
        ({"by": "5"}, "advance('5'): '5' is not a length of time but a str"),
        ({"by": DEFAULT_START}, "is not a length of time but a datetime"),
        ({"seconds": "5"}, "advance(seconds='5'): seconds is a number, not str"),
        ({"hours": timedelta(hours=1)}, "fix: advance(datetime.timedelta(seconds=3600))"),
        ({"days": None}, "days is a number, not NoneType"),
        ({"minutes": True}, "minutes is a number, not bool"),
        ({"seconds": float("nan")}, "advance(seconds=nan): nan is not a finite number"),
        ({"weeks": float("inf")}, "advance(weeks=inf): inf is not a finite number"),
        ({"days": 1e12}, "1000000000000.0 is longer than a timedelta can be"),
        ({"days": 10**400}, "is longer than a timedelta can be"),
        ({"days": 365 * 9000}, "ends with the year 9999"),
        ({"seconds": -1}, "time cannot go back"),
    ],
)
def test_advance_refuses_what_is_no_length_of_time(emulator: Emulator, arguments: Any, reason: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        emulator.clock.advance(**arguments)
    assert reason in str(caught.value)
    assert emulator.clock.now() == DEFAULT_START


def test_advance_to_takes_a_datetime(emulator: Emulator) -> None:
    with pytest.raises(TypeError, match="advance_to: '2031-01-01' is not a datetime"):
        emulator.clock.advance_to("2031-01-01")  # type: ignore[arg-type]


def test_a_handler_that_advances_the_clock_sleeps(emulator: Emulator) -> None:
    def handler(_event: Any, _context: Any) -> None:
        emulator.clock.advance(milliseconds=1500)

    function = emulator.lambda_function("sleep", handler)
    run = emulator.run({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": function, "End": True}}})
    assert run.elapsed == timedelta(seconds=1.5)
