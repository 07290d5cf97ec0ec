"""The virtual clock. Its times and the system's are told apart in ``lambda_/test_time.py``."""

# ruff: noqa: DTZ001 - times without a zone are what is refused

from datetime import UTC, datetime, timedelta, timezone

import pytest

from emulator.clock import DEFAULT_START, VirtualClock

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
