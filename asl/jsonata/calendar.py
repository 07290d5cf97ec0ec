"""Days and weeks of the Gregorian calendar, for any year: instants are milliseconds since 1970 in UTC, as in
``Date``.

Weeks of a year are those of ISO 8601. Weeks of a month follow the same rule, as in XPath: a week belongs to the
month that contains its Thursday.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

DAY: Final = 86_400_000
_WEEK: Final = 7 * DAY


class Moment(NamedTuple):
    """The parts of an instant; ``month`` counts from 1, ``weekday`` from 1 (Monday)."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    millisecond: int
    weekday: int


def millis(year: int, month: int = 1, day: int = 1) -> int:
    """Midnight of a date; months beyond the year and days beyond the month run into the next."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    shifted = year - (month <= 2)
    era, of_era = divmod(shifted, 400)
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5
    days = era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
    return (days + day - 1) * DAY


def moment(at: int) -> Moment:
    """The parts of ``at``."""
    days, rest = divmod(at, DAY)
    era, of_era = divmod(days + 719_468, 146_097)
    year_of_era = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * of_year + 2) // 153
    day = of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + 3 if shifted < 10 else shifted - 9
    year = year_of_era + era * 400 + (month <= 2)
    hour, rest = divmod(rest, 3_600_000)
    minute, rest = divmod(rest, 60_000)
    second, millisecond = divmod(rest, 1000)
    return Moment(year, month, day, hour, minute, second, millisecond, (days + 3) % 7 + 1)


def _first_week(year: int, month: int) -> int:
    """The Monday of the first week of a month."""
    first = millis(year, month)
    weekday = moment(first).weekday
    return first + (8 - weekday if weekday > 4 else 1 - weekday) * DAY


def _week_of(at: int, start_of: Callable[[int], int], most: int) -> int:
    """The week of ``at`` in a period; ``start_of(-1)``, ``(0)`` and ``(1)`` give the start of the previous period,
    of its own and of the next.
    """
    today = at - at % DAY
    week = (today - start_of(0)) // _WEEK + 1
    if week > most and today >= start_of(1):
        return 1
    return week if week >= 1 else (today - start_of(-1)) // _WEEK + 1


def week_of_year(at: int) -> int:
    """1 to 53."""
    year = moment(at).year
    return _week_of(at, lambda step: _first_week(year + step, 1), 52)


def week_of_month(at: int) -> int:
    """1 to 5."""
    here = moment(at)
    return _week_of(at, lambda step: _first_week(here.year, here.month + step), 4)


def year_of_week(at: int) -> int:
    """The year that the week of ``at`` belongs to."""
    year = moment(at).year
    return year - 1 if at < _first_week(year, 1) else year + (at >= _first_week(year + 1, 1))


def month_of_week(at: int) -> int:
    """The month that the week of ``at`` belongs to."""
    here = moment(at)
    step = -1 if at < _first_week(here.year, here.month) else int(at >= _first_week(here.year, here.month + 1))
    return (here.month - 1 + step) % 12 + 1


def day_of_year(at: int) -> int:
    """1 to 366."""
    return (at - millis(moment(at).year)) // DAY + 1
