"""What EventBridge refuses of rules, patterns and new buses, and what is not emulated of them."""

from collections.abc import Mapping
from typing import Any, Final

from asl.values import Json
from emulator.aws.refusals import AwsError
from emulator.errors import NotEmulatedError
from emulator.eventbridge import patterns
from emulator.eventbridge.buses import DEFAULT_BUS
from emulator.eventbridge.patterns import InvalidEventPattern, Pattern
from emulator.eventbridge.scalars import read_event
from emulator.eventbridge.targets import check_dead_letters
from emulator.eventbridge.timed_rules import rule_schedule

STATES: Final = ("ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
"""The states of a rule (service model)."""
REQUIRED: Final = frozenset({"id", "account", "source", "time", "region", "detail-type"})
"""The fields without which TestEventPattern refuses an event (recorded)."""

MAX_PATTERN: Final = 2048
"""The maximum length of a rule's pattern (measured on AWS; the service model says 4,096)."""


def compiled(text: str) -> Pattern:
    """The pattern; raises ``InvalidEventPatternException``."""
    try:
        return patterns.compile(text)
    except InvalidEventPattern as error:
        raise AwsError("InvalidEventPatternException", str(error)) from None


def test_event(text: str) -> Json:
    """The event of TestEventPattern; raises ``AwsError`` for one that AWS refuses (recorded)."""
    try:
        event = read_event(text)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict) or not REQUIRED.issubset(event):
        raise AwsError("ValidationException", "Parameter Event is not valid.")
    return event


def check_new_bus(body: Mapping[str, Any]) -> None:
    """Refuse what would do nothing here: a partner's events, and logs."""
    if body.get("EventSourceName"):
        raise NotEmulatedError(
            f"CreateEventBus {body['Name']}: no events come from the partner {body['EventSourceName']}"
        )
    if (body.get("LogConfig") or {}).get("Level", "OFF") != "OFF":
        raise NotEmulatedError(f"CreateEventBus {body['Name']}: LogConfig: a bus writes no logs here; leave it out")
    if dead := (body.get("DeadLetterConfig") or {}).get("Arn"):
        check_dead_letters(dead)


def check_rule(body: Mapping[str, Any], bus: str) -> None:
    """Raises ``AwsError`` for what AWS refuses, ``NotEmulatedError`` for a rule whose events never come."""
    state = body.get("State") or STATES[0]
    if state not in STATES:
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value '{state}' at 'state' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{', '.join(STATES)}]",
        )
    if state == STATES[2]:
        raise NotEmulatedError(f"PutRule {body['Name']}: State={state}: CloudTrail puts no events on a bus here")
    expression = body.get("ScheduleExpression")
    if expression or (expression is not None and not body.get("EventPattern")):  # an empty one is none (recorded)
        if bus != DEFAULT_BUS:
            raise AwsError("ValidationException", "ScheduleExpression is supported only on the default event bus.")
        rule_schedule(expression)
    if pattern := body.get("EventPattern"):
        if len(pattern) > MAX_PATTERN:
            text = f"Parameter EventPattern for rule {body['Name']} exceeds limit of {MAX_PATTERN}."
            raise AwsError("ValidationException", text)
        compiled(pattern)
