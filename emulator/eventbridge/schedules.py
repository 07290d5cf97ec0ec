"""The times at which a schedule fires: ``rate(...)``, ``cron(...)`` and ``at(...)``, parsed, and the next one.

Rules of EventBridge and schedules of EventBridge Scheduler have one grammar with small differences, which are the
fields of ``Dialect``. Rules: recorded on AWS (LocalStack's snapshot suite, ``test_events_schedule``). Scheduler:
recorded (``test_scheduler``), and measured on AWS in September 2026 (``cdk-preflight``,
``pf-scheduler-schedule-expression``): there the number and its unit need not agree, the blank between them may be left
out, and so may the year and the seconds.

A ``cron`` has six fields: minutes, hours, day of month, month, day of week, year. One of the two days is ``?``. An item
of a field is a value, a range ``a-b``, or either or ``*`` with a step ``/n``. A day of the month may be ``L`` (the
last) or ``15W`` (the weekday nearest to the 15th); a day of the week ``6L`` (the last Friday) or ``6#3`` (the third).
1 is Sunday. A year out of 1970 to 2199 is taken (measured), and so is one that has passed (recorded).
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, NamedTuple, TypeAlias

from asl.problems import nearest


class InvalidSchedule(ValueError):  # noqa: N818 - named for the expression
    """An expression that AWS refuses; the text says why, which AWS does not."""


def schedule_hint(text: str) -> str | None:
    """What to do about an expression that a service refuses, of which AWS says nothing else."""
    rate = re.fullmatch(r" *(\d+) *([a-z]+?)s?", text.removeprefix("rate(").removesuffix(")"), re.IGNORECASE)
    if text.startswith("rate(") and rate is not None and (near := nearest(rate[2].lower(), UNITS)):
        return f"write rate({int(rate[1])} {near[0]}{'' if int(rate[1]) == 1 else 's'})"
    if not text.startswith("cron("):
        return f"{text!r} is not of the form rate(5 minutes) or cron(0 3 * * ? *)"
    fields = text.removeprefix("cron(").removesuffix(")").split()
    if len(fields) == 5:
        minute, hour, day, month, weekday = fields
        days = (day, "?") if weekday == "*" else ("?", weekday) if day == "*" else (day, weekday)
        six = f"cron({minute} {hour} {days[0]} {month} {days[1]} *)"
        return f"a cron has a sixth field, the year, and one of its days is ?: {six}"
    try:
        parse(text, RULE)
    except InvalidSchedule as error:
        return str(error)
    return None


class Dialect(NamedTuple):
    """What the expressions of a service may look like."""

    rate: re.Pattern[str]
    agreement: bool
    """Whether the unit is in the singular after 1, and only then."""
    cron_fields: Sequence[int]
    """How many fields a ``cron`` may have; without the sixth, it is every year."""
    at: re.Pattern[str] | None
    ignores_case: bool
    """Whether ``CRON(...)`` is ``cron(...)``."""


RULE: Final = Dialect(re.compile(r"([0-9]+) ([a-z]+)"), True, (6,), None, False)
"""ScheduleExpression of PutRule."""
SCHEDULER: Final = Dialect(
    re.compile(r"([0-9]+) *([a-z]+)", re.IGNORECASE),
    False,
    (5, 6),
    re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?"),
    True,
)
"""ScheduleExpression of CreateSchedule and UpdateSchedule."""

UNITS: Final[Mapping[str, timedelta]] = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
_LONGEST: Final = timedelta.max // timedelta(minutes=1)
LAST_YEAR: Final = 2199
"""No ``cron`` fires after it (user guide)."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Every ``every`` since the schedule began."""

    every: timedelta


@dataclass(frozen=True, slots=True)
class At:
    """Once, at ``local``, a time without a zone: the schedule has one."""

    local: datetime


DayTest: TypeAlias = Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class Cron:
    """At each of ``minutes`` of each of ``hours`` (sorted) of the days in ``years`` and ``months`` that are one."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    is_day: DayTest
    months: frozenset[int]
    years: frozenset[int] | None
    """``None``: every year."""


Schedule: TypeAlias = Rate | At | Cron


def parse(text: str, dialect: Dialect) -> Schedule:
    """The schedule of an expression; raises ``InvalidSchedule``."""
    keyword, bracket, rest = text.partition("(")
    kind = keyword.lower() if dialect.ignores_case else keyword
    if not bracket or not rest.endswith(")"):
        raise InvalidSchedule(f"{text!r} is not rate(...), cron(...) or at(...)")
    body = rest[:-1]
    if kind == "rate":
        return _parse_rate(body, dialect)
    if kind == "cron":
        return _parse_cron(body, dialect)
    if kind == "at" and dialect.at is not None and dialect.at.fullmatch(body):
        try:
            return At(datetime.fromisoformat(body))
        except ValueError:
            raise InvalidSchedule(f"{body!r} is not a time that exists") from None
    raise InvalidSchedule(f"{text!r} is not a schedule")


def next_time(schedule: Schedule, after: datetime, *, since: datetime, zone: tzinfo = UTC) -> datetime | None:
    """The first time after ``after`` (aware), in UTC; ``None`` when there is none. ``since``: when a rate began.

    A local time that the zone's clocks leave out does not come; one that comes twice fires once (user guide of
    EventBridge Scheduler, daylight saving time). A time before the year 1 or after 9999 in UTC never comes.
    """
    try:
        return _next_time(schedule, after, since, zone)
    except OverflowError:
        return None


def _next_time(schedule: Schedule, after: datetime, since: datetime, zone: tzinfo) -> datetime | None:
    match schedule:
        case Rate(every):
            passed = max((after - since) // every, -1)
            return (since + (passed + 1) * every).astimezone(UTC)
        case At(local):
            at = local.replace(tzinfo=zone).astimezone(UTC)
            return at if at > after else None
        case Cron():
            return next((at for at in _times(schedule, after.astimezone(zone), zone) if at > after), None)


def _times(cron: Cron, after: datetime, zone: tzinfo) -> Iterator[datetime]:
    """The times from the hour of ``after`` on, which is in ``zone``: no earlier hour of its day comes after it."""
    for day in _days(cron, after.date()):
        for hour in cron.hours:
            if hour < after.hour and day == after.date():
                continue
            for minute in cron.minutes:
                local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                at = local.astimezone(UTC)
                if at.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
                    yield at


def _days(cron: Cron, first: date) -> Iterator[date]:
    """The days from ``first`` on."""
    for year in range(first.year, LAST_YEAR + 1):
        if cron.years is not None and year not in cron.years:
            continue
        for month in sorted(cron.months):
            if (year, month) < (first.year, first.month):
                continue
            begins = first.day if (year, month) == (first.year, first.month) else 1
            for number in range(begins, monthrange(year, month)[1] + 1):
                day = date(year, month, number)
                if cron.is_day(day):
                    yield day


def _parse_rate(body: str, dialect: Dialect) -> Rate:
    found = dialect.rate.fullmatch(body)
    unit = found[2].lower() if found else ""
    one = unit.removesuffix("s")
    if found is None or one not in UNITS:
        raise InvalidSchedule(f"{body!r} is not a number and minute(s), hour(s) or day(s)")
    number = int(found[1])
    if not 0 < number < _LONGEST or (dialect.agreement and (number == 1) != (unit == one)):
        raise InvalidSchedule(f"{body!r}: {number} {unit}")
    try:
        return Rate(number * UNITS[one])
    except OverflowError:
        raise InvalidSchedule(f"{body!r} is longer than time") from None


# cron ----------------------------------------------------------------------------------------------------------------

_MONTHS: Final = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS: Final = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]


class _Field(NamedTuple):
    """A field: its least and greatest value, and names of the values from the least on."""

    least: int
    most: int
    names: Sequence[str] = ()


_MINUTES: Final = _Field(0, 59)
_HOURS: Final = _Field(0, 23)
_DAY_OF_MONTH: Final = _Field(1, 31)
_MONTH: Final = _Field(1, 12, _MONTHS)
_DAY_OF_WEEK: Final = _Field(1, 7, _DAYS)
_YEAR: Final = _Field(1970, LAST_YEAR)

_ITEM: Final = re.compile(r"(?P<all>\*)|(?P<first>[0-9]+|[A-Z]{3})(?:-(?P<last>[0-9]+|[A-Z]{3}))?")
_LAST_OF_WEEK: Final = re.compile(r"([0-9]|[A-Z]{3})L")
_NTH_OF_WEEK: Final = re.compile(r"([0-9]|[A-Z]{3})#([1-5])")
_NEAREST: Final = re.compile(r"([0-9]{1,2})W")


def _parse_cron(body: str, dialect: Dialect) -> Cron:
    fields = re.split(" +", body.upper())
    if len(fields) not in dialect.cron_fields:
        raise InvalidSchedule(f"cron has {len(fields)} fields, not {' or '.join(map(str, dialect.cron_fields))}")
    minutes, hours, of_month, months, of_week, years = [*fields, "*"][:6]
    if (of_month == "?") == (of_week == "?"):
        raise InvalidSchedule("one of day of month and day of week is ?, and the other is not")
    return Cron(
        tuple(sorted(_values(minutes, _MINUTES))),
        tuple(sorted(_values(hours, _HOURS))),
        _any_of(of_week, _of_week) if of_month == "?" else _any_of(of_month, _of_month),
        frozenset(_values(months, _MONTH)),
        None if years == "*" else frozenset(_values(years, _YEAR)),
    )


def _values(text: str, field: _Field) -> set[int]:
    return {value for item in text.split(",") for value in _item(item, field)}


def _item(text: str, field: _Field) -> Iterator[int]:
    values, slash, step = text.partition("/")
    found = _ITEM.fullmatch(values)
    if found is None or (slash and not re.fullmatch("0*[1-9][0-9]{0,8}", step)):
        raise InvalidSchedule(f"{text!r} is not a value, a range or a step")
    first, last = (field.least, field.most) if found["all"] else _ends(found, field, has_step=bool(slash))
    by = int(step) if slash else 1
    if last < first:  # round the end: FRI-MON, 22-2
        last += field.most - field.least + 1
    for value in range(first, last + 1, by):
        yield value if value <= field.most or field is _YEAR else value - (field.most - field.least + 1)


def _ends(found: re.Match[str], field: _Field, *, has_step: bool) -> tuple[int, int]:
    first = _value(found["first"], field)
    if found["last"] is not None:
        last = _value(found["last"], field)
        if last < first and field is _YEAR:
            raise InvalidSchedule(f"the year {last} is before {first}")
        return first, last
    return first, max(first, field.most) if has_step else first


def _value(text: str, field: _Field) -> int:
    if text in field.names:
        return field.names.index(text) + field.least
    if not text.isdecimal() or len(text) > 4 or not (field is _YEAR or field.least <= int(text) <= field.most):
        raise InvalidSchedule(f"{text!r} is not from {field.least} to {field.most}")
    return int(text)


def _any_of(text: str, parse_item: Callable[[str], DayTest]) -> DayTest:
    tests = [parse_item(item) for item in text.split(",")]
    return tests[0] if len(tests) == 1 else lambda day: any(test(day) for test in tests)


def _of_month(item: str) -> DayTest:
    if item == "L":
        return lambda day: day.day == _length(day)
    if nearest := _NEAREST.fullmatch(item):
        number = _value(nearest[1], _DAY_OF_MONTH)
        return lambda day: number <= _length(day) and day == _nearest_weekday(day.replace(day=number))
    numbers = frozenset(_item(item, _DAY_OF_MONTH))
    return lambda day: day.day in numbers


def _of_week(item: str) -> DayTest:
    if last := _LAST_OF_WEEK.fullmatch(item):
        number = _value(last[1], _DAY_OF_WEEK)
        return lambda day: _weekday(day) == number and day.day + 7 > _length(day)
    if nth := _NTH_OF_WEEK.fullmatch(item):
        number, which = _value(nth[1], _DAY_OF_WEEK), int(nth[2])
        return lambda day: _weekday(day) == number and (day.day - 1) // 7 + 1 == which
    numbers = frozenset(_item("7" if item == "L" else item, _DAY_OF_WEEK))
    return lambda day: _weekday(day) in numbers


def _weekday(day: date) -> int:
    """1 for Sunday to 7 for Saturday."""
    return day.isoweekday() % 7 + 1


def _length(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def _nearest_weekday(day: date) -> date:
    """``day``, or the Monday to Friday of its month that is nearest to it."""
    if day.isoweekday() == 6:
        return day - timedelta(days=1) if day.day > 1 else day + timedelta(days=2)
    if day.isoweekday() == 7:
        return day + timedelta(days=1) if day.day < _length(day) else day - timedelta(days=2)
    return day
