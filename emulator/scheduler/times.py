"""When a schedule of EventBridge Scheduler is due: its expression, zone, start and end, read from a request.

Where AWS leaves a choice, it is fixed here:

- A flexible window fires at its beginning: AWS picks an instant within it.
- All fire at the very second; AWS says within the minute.
- A ``rate`` without ``StartDate`` begins at once (user guide), and then comes each period. With a ``StartDate`` its
  times are counted from there, past ones left out.
- ``StartDate`` and ``EndDate`` bound a recurring schedule, each included; they say nothing of ``at(...)`` (service
  model). ``at`` of the present second fires at once, one of a past time never.
- A local time that the zone's clocks leave out does not come for a ``cron``, and one that comes twice fires the first
  time only (user guide). ``at`` in the hour that is left out fires that long after the change; AWS's choice is not
  documented.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from emulator.aws.refusals import AwsError
from emulator.eventbridge.schedules import SCHEDULER, At, Rate, Schedule, next_time, parse

MOMENT: Final = timedelta(microseconds=1)


class Times(NamedTuple):
    """The times of one schedule."""

    expression: str
    schedule: Schedule
    zone: tzinfo
    start: datetime | None
    end: datetime | None

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> "Times":
        """Those of a checked CreateSchedule or UpdateSchedule."""
        text = members["ScheduleExpression"]
        start, end = (instant(members.get(name)) for name in ("StartDate", "EndDate"))
        return cls(text, parse(text, SCHEDULER), zone_of(members), start, end)

    @property
    def is_once(self) -> bool:
        """Whether it is due one time only."""
        return isinstance(self.schedule, At)

    def first(self, now: datetime, since: datetime) -> datetime | None:
        """The first time of a schedule that is made, changed or enabled now. ``since``: when its rate began."""
        if isinstance(self.schedule, At):
            return next_time(self.schedule, now - MOMENT, since=since, zone=self.zone)
        begins = max(self.start or now, now)
        includes = begins > now or isinstance(self.schedule, Rate)
        return self._within(begins - MOMENT if includes else begins, since)

    def after(self, at: datetime, since: datetime) -> datetime | None:
        """The time that follows ``at``."""
        return None if self.is_once else self._within(at, since)

    def _within(self, after: datetime, since: datetime) -> datetime | None:
        at = next_time(self.schedule, after, since=self.start or since, zone=self.zone)
        return None if at is None or (self.end is not None and at > self.end) else at


def zone_of(members: Mapping[str, Any]) -> tzinfo:
    """The zone of a request; raises ``AwsError`` for one that does not exist. AWS's text is not recorded."""
    name = members.get("ScheduleExpressionTimezone") or "UTC"
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise AwsError("ValidationException", f"Invalid Schedule Expression Timezone {name}.") from None


def instant(value: Any) -> datetime | None:
    """A time of a request, in seconds since 1970."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) else None
