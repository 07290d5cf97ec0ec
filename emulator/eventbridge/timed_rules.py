"""Rules with a schedule: at each of its times a rule sends an event to its own targets.

The theory, in the words of the time line (``emulator.timeline``):

- A rule that is enabled and has a target has one alarm, at its next time. It repeats: no run waits for it, each
  ``advance`` and each longer wait brings all of its times, one event for each, stamped with its own second.
- A ``rate`` is counted from the call that gave the rule this expression; its first event comes after one period
  (recorded). Disabling and enabling, and a change of its targets, leave the count as it is. ``cron`` is UTC.
- The targets are those of the instant at which it fires. What fires and a change at the same instant happen in the
  order in which they were requested.
- A call that changes a rule (``CHANGES``) sets its alarm anew. Nothing else does: the backend only stores rules.

The event goes to this rule alone; whether AWS lets other rules match it is not recorded. Its id comes from a stream
of the rule's own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from asl.values import Json
from emulator.aws.refusals import AwsError
from emulator.eventbridge.buses import DEFAULT_BUS, BusName
from emulator.eventbridge.delivery import Deliveries, Sender
from emulator.eventbridge.schedules import RULE, InvalidSchedule, Schedule, next_time, parse
from emulator.eventbridge.targets import Hop
from emulator.timeline import Alarm
from emulator.world import World

Place: TypeAlias = tuple[str, str]
"""Region and name of a rule: one with a schedule is on the default bus."""

CHANGES: Final = frozenset({"PutRule", "EnableRule", "DisableRule", "DeleteRule", "PutTargets", "RemoveTargets"})
"""The calls after which a rule is another one."""


def rule_schedule(text: str) -> Schedule:
    """The schedule of a rule; raises ``AwsError``."""
    try:
        return parse(text, RULE)
    except InvalidSchedule:
        raise AwsError("ValidationException", "Parameter ScheduleExpression is not valid.") from None


def scheduled_event(
    *, source: str, id_: str, account: str, region: str, at: datetime, resource: str, detail: Json
) -> dict[str, Json]:
    """The event of a schedule (recorded for rules; ``detail`` of EventBridge Scheduler is a text)."""
    return {
        "version": "0",
        "id": id_,
        "detail-type": "Scheduled Event",
        "source": source,
        "account": account,
        "time": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "region": region,
        "resources": [resource],
        "detail": detail,
    }


@dataclass(slots=True)
class TimedRule:
    """A rule with a schedule, which counts from ``since``."""

    arn: str
    expression: str
    schedule: Schedule
    since: datetime
    targets: Sequence[Mapping[str, Any]] = ()
    alarm: Alarm | None = None


class TimedRules:
    """The rules with a schedule of one emulator."""

    def __init__(self, world: World, deliveries: Deliveries, forward: Callable[[Hop], None]) -> None:
        self._world = world
        self._deliveries = deliveries
        self._forward = forward
        self._rules: dict[Place, TimedRule] = {}

    def changed(self, operation: str, body: Mapping[str, Any], region: str) -> None:
        """A call has changed a rule: set its alarm anew."""
        if operation not in CHANGES or (body.get("EventBusName") or DEFAULT_BUS).rpartition("/")[2] != DEFAULT_BUS:
            return
        place: Place = (region, str(body.get("Rule") or body.get("Name")))
        if place not in self._rules and not body.get("ScheduleExpression"):
            return
        known = self._rules.pop(place, None)
        if known is not None and known.alarm is not None:
            self._world.cancel(known.alarm)
            known.alarm = None
        found = self._read(place)
        if found is None:
            return
        if known is not None and known.expression == found.expression:
            found.since = known.since
        self._rules[place] = found
        self._set(place, found, self._world.now())

    def _read(self, place: Place) -> TimedRule | None:
        """The rule as it is now, with the targets that it serves; ``None`` for one without a schedule."""
        region, name = place
        client = self._world.internal_client("events", region=region)
        try:
            rule = client.describe_rule(Name=name)
        except client.exceptions.ResourceNotFoundException:
            return None
        expression: str | None = rule.get("ScheduleExpression")
        if not expression:
            return None
        targets = client.list_targets_by_rule(Rule=name)["Targets"] if rule.get("State") == "ENABLED" else ()
        return TimedRule(rule["Arn"], expression, rule_schedule(expression), self._world.now(), targets)

    def _set(self, place: Place, rule: TimedRule, after: datetime) -> None:
        at = next_time(rule.schedule, after, since=rule.since) if rule.targets else None
        if at is not None:
            rule.alarm = self._world.alarm(f"rule {place[1]}", at, lambda: self._fire(place, rule, at), repeats=True)

    def _fire(self, place: Place, rule: TimedRule, at: datetime) -> None:
        region, name = place
        self._set(place, rule, at)
        event = scheduled_event(
            source="aws.events",
            id_=self._world.chance("event", rule.arn).uuid(),
            account=self._world.account_id,
            region=region,
            at=at,
            resource=rule.arn,
            detail={},
        )
        for target in rule.targets:
            hop = Hop(event, BusName(DEFAULT_BUS, region))
            self._deliveries.deliver(Sender(name, rule.arn), target, hop, self._forward)
