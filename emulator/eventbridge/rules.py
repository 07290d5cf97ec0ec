"""A rule as the backend stores it, and whether it matches anything."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from emulator.eventbridge import patterns
from emulator.eventbridge.patterns import InvalidEventPattern, Pattern

log = logging.getLogger(__name__)


class Rule(NamedTuple):
    """A rule of a bus, as the backend stores it."""

    name: str
    arn: str
    pattern: Pattern
    targets: Sequence[Mapping[str, Any]]
    pattern_text: str


def matches_nothing(rule: Mapping[str, Any]) -> str | None:
    """Why a rule of the backend matches no event, whatever it is."""
    if rule.get("State") == "DISABLED":
        return "is disabled"
    if rule.get("EventPattern"):
        return None
    return "has a schedule, and no event pattern" if rule.get("ScheduleExpression") else "has no event pattern"


def read_rules(listed: Sequence[tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]]) -> Iterator[Rule]:
    """The rules and targets of a backend. A rule whose pattern AWS would refuse matches nothing and is logged."""
    for rule, targets in listed:
        text = rule["EventPattern"]
        try:
            yield Rule(rule["Name"], rule["Arn"], patterns.compile(text), targets, text)
        except InvalidEventPattern as error:
            log.warning("EventBridge rule %s has a pattern that AWS refuses: %s", rule["Name"], error)
