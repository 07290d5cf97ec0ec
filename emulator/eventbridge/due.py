"""Schedules that are taken and do not fire, and what a test is told when their time has come.

No schedule fires here. A rule or a schedule whose first time is later than the call that makes it is stored and shown,
as long as that time has not come: until then AWS would have done nothing either. When the clock passes it, the call
joins the refused calls of the emulator (``emulator.blocked``), and fails the test at its end. What would fire at once
is refused by the call itself (``fires_at_once``).

A rule promises an event only while it is enabled and has a target; its rate begins then. Calls that the test has
accepted (``accepted_calls``) are not followed.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from emulator.aws.refusals import AwsError
from emulator.eventbridge.buses import DEFAULT_BUS
from emulator.eventbridge.schedules import RULE, SCHEDULER, InvalidSchedule, Rate, Schedule, next_time, parse
from emulator.places import caller
from emulator.world import World

Key: TypeAlias = tuple[str, ...]
"""What is followed: ``("rule", region, name)`` or ``("schedule", region, group, name)``."""

MOMENT: Final = timedelta(microseconds=1)
DEFAULT_GROUP: Final = "default"
SCHEDULE_CHANGES: Final = frozenset({"CreateSchedule", "UpdateSchedule", "DeleteSchedule", "DeleteScheduleGroup"})
"""The calls of EventBridge Scheduler after which a schedule is another one."""
RULE_CHANGES: Final = frozenset({"PutRule", "EnableRule", "DisableRule", "DeleteRule", "PutTargets", "RemoveTargets"})
"""The calls after which a rule has to be looked at."""
ACCEPTING: Final[Mapping[str, str]] = {"PutTargets": "events:PutRule", "EnableRule": "events:EnableRule"}
"""A rule's call -> the name under which a test accepts it; ``events:PutRule`` for the others."""

DEFAULTS: Final[Mapping[str, Mapping[str, str]]] = {
    "CreateSchedule": {"ActionAfterCompletion": "NONE"},
    "UpdateSchedule": {"State": "ENABLED"},
}
"""What AWS shows of a schedule whose request does not say it, and moto does not (recorded; API reference)."""


class Window(NamedTuple):
    """A mode of a flexible time window: whether it wants a length, and how AWS says so."""

    wants: bool
    must: str


WINDOWS: Final[Mapping[Any, Window]] = {
    "OFF": Window(False, "not be provided"),
    "FLEXIBLE": Window(True, "be provided"),
}


class Followed(NamedTuple):
    """An enabled schedule with a target: what it is, its first time, and the call that made it so."""

    what: str
    first: datetime
    call: str
    place: str | None
    within: str
    """What was running when the call was made."""


def rule_schedule(text: str) -> Schedule:
    """The schedule of a rule; raises ``AwsError``."""
    try:
        return parse(text, RULE)
    except InvalidSchedule:
        raise AwsError("ValidationException", "Parameter ScheduleExpression is not valid.") from None


def check_schedule(members: Mapping[str, Any]) -> None:
    """Raises ``AwsError`` for a CreateSchedule or UpdateSchedule with a wrong expression, zone, window or dates.

    The expression's text is recorded; those of the window and of the dates were measured in September 2026
    (``cdk-preflight``, ``pf-scheduler-*``); AWS's text for the zone is not recorded.
    """
    text = members.get("ScheduleExpression")
    if not isinstance(text, str):
        return
    try:
        parse(text, SCHEDULER)
    except InvalidSchedule:
        raise AwsError("ValidationException", f"Invalid Schedule Expression {text}.") from None
    _zone(members)
    given = members.get("FlexibleTimeWindow")
    window: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    mode = WINDOWS.get(window.get("Mode"))
    if mode is not None and (window.get("MaximumWindowInMinutes") is not None) != mode.wants:
        told = f"MaximumWindowInMinutes must {mode.must} when FlexibleTimeWindowMode is set to {window['Mode']}."
        raise AwsError("ValidationException", told)
    start, end = (_instant(members.get(name)) for name in ("StartDate", "EndDate"))
    if start is not None and end is not None and start >= end:
        raise AwsError("ValidationException", "The StartDate you specify must come before the EndDate.")


def check_group(world: World, members: Mapping[str, Any], region: str) -> None:
    """Raises ``AwsError`` for a group that does not exist, in the words of GetScheduleGroup; moto fails."""
    name = str(members.get("GroupName") or DEFAULT_GROUP)
    client = world.internal_client("scheduler", region=region)
    try:
        client.get_schedule_group(Name=name)
    except client.exceptions.ResourceNotFoundException:
        raise AwsError("ResourceNotFoundException", f"Schedule group {name} does not exist.", 404) from None


def fires_at_once(members: Mapping[str, Any], now: datetime) -> bool:
    """Whether a schedule of EventBridge Scheduler fires when it is made: a rate without a later StartDate does."""
    if members.get("State") == "DISABLED" or not isinstance(members.get("ScheduleExpression"), str):
        return False
    first = _first(members, now)
    return first is not None and first <= now


def _zone(members: Mapping[str, Any]) -> tzinfo:
    name = members.get("ScheduleExpressionTimezone") or "UTC"
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise AwsError("ValidationException", f"Invalid Schedule Expression Timezone {name}.") from None


def _first(members: Mapping[str, Any], now: datetime) -> datetime | None:
    """The latest time at which a schedule that is made now fires for the first time, with its flexible window."""
    start, end = (_instant(members.get(name)) for name in ("StartDate", "EndDate"))
    schedule, begins = parse(members["ScheduleExpression"], SCHEDULER), max(start or now, now)
    includes = begins > now or isinstance(schedule, Rate)
    first = next_time(schedule, begins - MOMENT if includes else begins, since=start or now, zone=_zone(members))
    if first is None or (end is not None and first > end):
        return None
    window = members.get("FlexibleTimeWindow") or {}
    return first + timedelta(minutes=int(window.get("MaximumWindowInMinutes") or 0))


def _instant(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) else None


class Due:
    """The schedules of one emulator that have a target and are enabled."""

    def __init__(self, world: World, accepted_calls: frozenset[str]) -> None:
        self._world = world
        self._accepted_calls = accepted_calls
        self._followed: dict[Key, Followed] = {}
        self._scheduled: set[Key] = set()
        """The rules that had a schedule when they were last looked at."""

    def tell(self) -> None:
        """Record the call of each schedule whose first time has come."""
        if not self._followed:
            return
        now = self._world.now()
        for key, each in list(self._followed.items()):
            if each.first <= now:
                del self._followed[key]
                self._world.blocked.record(
                    f"{each.call}: {each.what} was due at {each.first:%Y-%m-%dT%H:%M:%SZ}; schedules do not fire here\n"
                    f"    fix: in the test, perform its action; if the test needs only the call itself: "
                    f"accepted_calls=[{each.call!r}]",
                    place=each.place or "",
                    within=each.within,
                    operation=each.call,
                    is_due=True,
                )

    def _follow(self, what: str, first: datetime, call: str) -> Followed:
        return Followed(what, first, call, caller(), self._world.blocked.within())

    # Rules -------------------------------------------------------------------------------------------------------

    def rule_changed(self, operation: str, body: Mapping[str, Any], region: str) -> None:
        """Look at the rule that a call has changed: one with a schedule is followed from when it would fire."""
        if operation not in RULE_CHANGES or (body.get("EventBusName") or DEFAULT_BUS) != DEFAULT_BUS:
            return
        name = str(body.get("Rule") or body.get("Name"))
        key: Key = ("rule", region, name)
        if key not in self._scheduled and not body.get("ScheduleExpression"):
            return
        self.tell()
        expression = self._promised(name, region, key)
        if expression is None:
            self._followed.pop(key, None)
            return
        what, now = f"rule {name}, {expression},", self._world.now()
        if (known := self._followed.get(key)) is not None and known.what == what:
            return
        call = ACCEPTING.get(operation, "events:PutRule")
        first = next_time(rule_schedule(expression), now, since=now)
        if first is not None and not {call, "events:PutRule"} & self._accepted_calls:
            self._followed[key] = self._follow(what, first, call)

    def _promised(self, name: str, region: str, key: Key) -> str | None:
        """The expression of a rule that is enabled and has a target."""
        client = self._world.internal_client("events", region=region)
        try:
            rule = client.describe_rule(Name=name)
        except client.exceptions.ResourceNotFoundException:
            self._scheduled.discard(key)
            return None
        expression: str | None = rule.get("ScheduleExpression")
        if expression is None:
            self._scheduled.discard(key)
            return None
        self._scheduled.add(key)
        if rule.get("State") != "ENABLED" or not client.list_targets_by_rule(Rule=name)["Targets"]:
            return None
        return expression

    # EventBridge Scheduler ---------------------------------------------------------------------------------------

    def schedule_changed(self, operation: str, members: Mapping[str, Any], region: str) -> None:
        """Follow a schedule that was made or changed; forget one that was deleted, or whose group was."""
        self.tell()
        name, group = str(members.get("Name")), str(members.get("GroupName") or DEFAULT_GROUP)
        if operation == "DeleteScheduleGroup":
            for key in [key for key in self._followed if key[:3] == ("schedule", region, name)]:
                del self._followed[key]
            return
        self._followed.pop(("schedule", region, group, name), None)
        call = f"scheduler:{operation}"
        if operation == "DeleteSchedule" or members.get("State") == "DISABLED" or call in self._accepted_calls:
            return
        if (first := _first(members, self._world.now())) is not None:
            what = f"schedule {group}/{name}, {members['ScheduleExpression']},"
            self._followed["schedule", region, group, name] = self._follow(what, first, call)
