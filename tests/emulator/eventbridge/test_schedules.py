"""``rate``, ``cron`` and ``at``: what AWS takes and refuses, and when each comes next."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.eventbridge.schedules import RULE, SCHEDULER, Cron, Dialect, InvalidSchedule, next_time, parse

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
"""A Sunday."""

BOTH_TAKE = [
    "rate(1 minute)",
    "rate(2 minutes)",
    "rate(36 hours)",
    "rate(400 days)",
    "cron(0 10 * * ? *)",
    "cron(59 23 31 12 ? 2199)",
    "cron(0/7 * ? * MON-FRI *)",
    "cron(3-8/2,20 0 1,15,L * ? *)",
    "cron(0 9 3W 1-6 ? 2026/2)",
    "cron(0 9 ? JAN,JUL 2#1 *)",
    "cron(0 9 ? * WED#5 2001-2004)",
    "cron(0 9 ? * 6L *)",
    "cron(0 9 ? * L *)",
    "cron(0 9 31 2 ? *)",
]
BOTH_REFUSE = [
    "",
    "rate",
    "1 minute",
    "rate()",
    "rate(7)",
    "rate(minutes)",
    "rate(7 seconds)",
    "rate(7 weeks)",
    "rate(0 minutes)",
    "rate(-7 minutes)",
    "rate(1.5 minutes)",
    "rate( 7 minutes )",
    " rate(7 minutes)",
    "rate(7 minutes) ",
    "rate(7 minutess)",
    "rate(x hours)",
    "cron()",
    "cron(* * *)",
    "cron(0 9 * * * *)",
    "cron(0 9 ? * ? *)",
    "cron(0 9 1 * 2 *)",
    "cron(60 9 * * ? *)",
    "cron(0 24 * * ? *)",
    "cron(0 9 0 * ? *)",
    "cron(0 9 32 * ? *)",
    "cron(0 9 * 0 ? *)",
    "cron(0 9 * 13 ? *)",
    "cron(0 9 ? * 0 *)",
    "cron(0 9 ? * 8 *)",
    "cron(0 9 ? * 2#0 *)",
    "cron(0 9 ? * 2#6 *)",
    "cron(0 9 3#1 * ? *)",
    "cron(0 9 ? * NOT *)",
    "cron(0 noon ? * MON *)",
    "cron(0 9 * ? 2 *)",
    "cron(0/0 9 * * ? *)",
    "cron(0 9 * * ? * *)",
    "cron(0 9 * *)",
    "at(2026-03-01)",
    "at(2026-03-01 12:00:00)",
    "at(2026-03-01T12:00:00Z)",
    "at(2026-03-01T12:00:00.000)",
    "at(2026-02-30T12:00:00)",
    "every(7 minutes)",
]
SCHEDULER_ALONE = [
    "rate(1 minutes)",
    "rate(7 minute)",
    "rate(7hours)",
    "RATE(7 minutes)",
    "CRON(0 9 * * ? *)",
    "cron(0 9 * * ?)",
    "at(2026-03-01T12:00:00)",
    "at(1999-12-31T23:59)",
    "AT(2026-03-01T12:00:00)",
]
"""Measured on AWS (``pf-scheduler-schedule-expression``); a rule refuses them (recorded, or has no ``at``)."""


@pytest.mark.parametrize("dialect", [RULE, SCHEDULER], ids=["rule", "scheduler"])
@pytest.mark.parametrize("text", BOTH_TAKE)
def test_what_both_take(text: str, dialect: Dialect) -> None:
    parse(text, dialect)


@pytest.mark.parametrize("dialect", [RULE, SCHEDULER], ids=["rule", "scheduler"])
@pytest.mark.parametrize("text", BOTH_REFUSE)
def test_what_both_refuse(text: str, dialect: Dialect) -> None:
    with pytest.raises(InvalidSchedule):
        parse(text, dialect)


@pytest.mark.parametrize("text", SCHEDULER_ALONE)
def test_what_eventbridge_scheduler_takes_and_a_rule_refuses(text: str) -> None:
    parse(text, SCHEDULER)
    with pytest.raises(InvalidSchedule):
        parse(text, RULE)


TIMES = {
    "rate(90 minutes)": ["03-01T13:30", "03-01T15:00", "03-01T16:30"],
    "cron(0 10 * * ? *)": ["03-02T10:00", "03-03T10:00", "03-04T10:00"],
    "cron(0/25 12 * * ? *)": ["03-01T12:25", "03-01T12:50", "03-02T12:00"],
    "cron(5,35 8-9 ? * MON-FRI *)": ["03-02T08:05", "03-02T08:35", "03-02T09:05"],
    "cron(0 22-1/2 * * ? *)": ["03-01T22:00", "03-02T00:00", "03-02T22:00"],
    "cron(0 0 L * ? *)": ["03-31T00:00", "04-30T00:00", "05-31T00:00"],
    "cron(0 0 1W * ? *)": ["03-02T00:00", "04-01T00:00", "05-01T00:00"],
    "cron(0 0 31W * ? *)": ["03-31T00:00", "05-29T00:00", "07-31T00:00"],
    "cron(0 0 ? * 6L *)": ["03-27T00:00", "04-24T00:00", "05-29T00:00"],
    "cron(0 0 ? * SAT#3 *)": ["03-21T00:00", "04-18T00:00", "05-16T00:00"],
    "cron(0 0 ? * SAT-MON *)": ["03-02T00:00", "03-07T00:00", "03-08T00:00"],
    "cron(0 0 29 2 ? *)": ["2028-02-29T00:00", "2032-02-29T00:00"],
    "cron(0 0 1 1 ? 2027/2)": ["2027-01-01T00:00", "2029-01-01T00:00"],
    "cron(0 0 31 2 ? *)": [],
    "cron(0 0 1 1 ? 2002-2005)": [],
    "cron(0 20 * * ? 2500)": [],
    "at(2026-03-01T12:01)": ["03-01T12:01"],
    "at(2026-03-01T12:00:00)": [],
}


@pytest.mark.parametrize("text", TIMES)
def test_the_next_times(text: str) -> None:
    schedule, at, found = parse(text, SCHEDULER), START, []
    for _ in range(3):
        following = next_time(schedule, at, since=START)
        if following is None:
            break
        assert following > at
        at = following
        found.append(f"{at:%Y-%m-%dT%H:%M}")
    expected = [each if len(each) > 11 else f"2026-{each}" for each in TIMES[text]]
    assert found[: len(expected)] == expected
    assert bool(found) == bool(expected)


def test_a_local_time_that_is_left_out_does_not_come_and_one_that_comes_twice_fires_once() -> None:
    berlin, daily = ZoneInfo("Europe/Berlin"), parse("cron(30 2 * * ? *)", SCHEDULER)

    def days(after: datetime) -> list[str]:
        found = []
        for _ in range(3):
            following = next_time(daily, after, since=after, zone=berlin)
            assert following is not None
            after = following
            found.append(f"{after:%m-%dT%H:%M}")
        return found

    assert days(datetime(2026, 3, 27, 12, tzinfo=UTC)) == ["03-28T01:30", "03-30T00:30", "03-31T00:30"]
    assert days(datetime(2026, 10, 23, 12, tzinfo=UTC)) == ["10-24T00:30", "10-25T00:30", "10-26T01:30"]


def test_a_time_in_a_zone() -> None:
    at = parse("at(2026-07-01T12:00:00)", SCHEDULER)
    assert next_time(at, START, since=START, zone=ZoneInfo("Asia/Tokyo")) == datetime(2026, 7, 1, 3, tzinfo=UTC)


@settings(deadline=None, max_examples=60)
@given(minutes=st.integers(1, 10**6), later=st.integers(-(10**6), 10**7))
def test_a_rate_comes_at_multiples_of_itself(minutes: int, later: int) -> None:
    after = START + timedelta(seconds=later)
    following = next_time(parse(f"rate({minutes} minutes)", SCHEDULER), after, since=START)
    assert following is not None
    assert following > after
    assert (following - START) % timedelta(minutes=minutes) == timedelta()
    assert following - after <= timedelta(minutes=minutes) or following == START


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana"])
@pytest.mark.parametrize("text", ["cron(30 * * * ? *)", "cron(0/15 0-3 * * ? *)", "cron(45 23 * * ? *)"])
@pytest.mark.parametrize(
    "day", [date(2018, 3, 10), date(2018, 3, 24), date(2018, 4, 1), date(2018, 10, 6), date(2018, 10, 27)]
)
def test_a_cron_comes_at_each_minute_of_a_zones_clock_the_first_time_that_it_shows_it(
    zone: str, text: str, day: date
) -> None:
    schedule, clock = parse(text, SCHEDULER), ZoneInfo(zone)
    assert isinstance(schedule, Cron)
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    shown, expected = set[datetime](), []
    for minute in range(-120, 2 * 24 * 60 + 1):
        at = begin + timedelta(minutes=minute)
        local = at.astimezone(clock).replace(tzinfo=None)
        is_first = local not in shown
        shown.add(local)
        if minute > 0 and is_first and local.hour in schedule.hours and local.minute in schedule.minutes:
            expected.append(at)
    found, after = [], begin
    while (following := next_time(schedule, after, since=begin, zone=clock)) is not None:
        if following > begin + timedelta(days=2):
            break
        found.append(following)
        after = following
    assert found == expected
