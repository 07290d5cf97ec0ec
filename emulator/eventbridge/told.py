"""For people: the entries that were put, and for each rule of their bus why it did not match."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from asl.values import encode

if TYPE_CHECKING:
    from emulator.eventbridge.bus import Bus, Rule, Seen

MOST_ENTRIES: Final = 3
"""Entries that are explained rule by rule: the latest that no rule matched, then the latest of the others."""
MOST_RULES: Final = 6
_MOST_REASONS: Final = 2
_LONGEST_DETAIL: Final = 60


def entry_lines(bus: "Bus", *, can_ask: bool) -> list[str]:
    """The lines about all entries; ``can_ask``: whether the backend can still be asked for rules."""
    seen = list(bus.seen)
    if not seen:
        return []
    lost = [each for each in seen if not each.matched]
    told = [*lost[::-1], *[each for each in seen[::-1] if each.matched]][:MOST_ENTRIES]
    lines = [line for each in told for line in _lines_of(bus, each, can_ask=can_ask)]
    if len(bus.entries) > len(told):
        without = f", {len(lost)} in all without a rule that matched" if lost else ""
        lines.append(f"... {len(bus.entries) - len(told)} more events{without}: emulator.bus.entries")
    return lines


def _lines_of(bus: "Bus", seen: "Seen", *, can_ask: bool) -> Iterator[str]:
    event = seen.event
    detail = encode(event["detail"])
    shown = detail if len(detail) <= _LONGEST_DETAIL else f"{detail[:_LONGEST_DETAIL]}..."
    head = f"event on bus {seen.bus}: source {event['source']}, detail-type {event['detail-type']}, detail {shown}"
    rules = bus.known_rules(seen.bus, seen.region, can_ask=can_ask)
    if seen.matched and all(rule.targets for rule in rules or () if rule.name in seen.matched):
        yield f"{head}: matched by {', '.join(seen.matched)}"
        return
    yield head
    left_out = bus.left_out.get((seen.bus, seen.region), [])
    if rules is None:
        yield "  its rules changed after it was put, and are gone with the emulator"
        return
    for rule in sorted(rules, key=lambda rule: _misses(rule, seen))[:MOST_RULES]:
        yield f"  rule {rule.name} {_verdict(rule, seen)}"
    for name, why in left_out[: max(MOST_RULES - len(rules), 1)]:
        yield f"  rule {name} {why}"
    if (more := len(rules) + len(left_out) - MOST_RULES) > 0:
        yield f"  ... {more} more rules: emulator.bus.explain(entry)"
    if not rules and not left_out:
        yield f"  no rule is on bus {seen.bus}{_elsewhere(bus, seen, can_ask=can_ask)}"


def _misses(rule: "Rule", seen: "Seen") -> int:
    """How far a rule is from matching: the nearest is told first."""
    return len(rule.pattern.explain(seen.event))


def _verdict(rule: "Rule", seen: "Seen") -> str:
    reasons = rule.pattern.explain(seen.event)
    if rule.name in seen.matched:
        return "matched" if rule.targets else "matched, and has no targets"
    if not reasons:
        return "would match now: it was made or changed after the event was put"
    more = f"; and {len(reasons) - _MOST_REASONS} more" if len(reasons) > _MOST_REASONS else ""
    return f"does not match: {'; '.join(reasons[:_MOST_REASONS])}{more}"


def _elsewhere(bus: "Bus", seen: "Seen", *, can_ask: bool) -> str:
    """Rules of other buses and regions, which an event on this one does not reach."""
    found = [
        f"{rule.name} is on bus {name}" + (f" in {region}" if region != seen.region else "")
        for (name, region), rules in bus.all_rules(seen.region, can_ask=can_ask).items()
        for rule in rules
        if (name, region) != (seen.bus, seen.region)
    ]
    return f" (rule {', '.join(found[:3])})" if found else ""
