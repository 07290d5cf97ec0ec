"""For people: the entries that were put, for each rule of their bus why it did not match, and entries refused."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from asl.values import encode

if TYPE_CHECKING:
    from emulator.eventbridge.bus import Bus, Seen
    from emulator.eventbridge.entries import Refused
    from emulator.eventbridge.rules import Rule

MOST_ENTRIES: Final = 3
"""Entries that are explained rule by rule: the latest that no rule matched, then the latest of the others."""
MOST_RULES: Final = 6
MOST_REFUSED: Final = 5
_MOST_REASONS: Final = 2
_LONGEST_DETAIL: Final = 60


def entry_lines(bus: "Bus", region: str, *, can_ask: bool) -> list[str]:
    """The lines about all entries. ``region``: the emulator's own. ``can_ask``: whether the backend can be asked."""
    lines = list(_refused_lines(bus))
    if bus.seen:
        return [*lines, *_seen_lines(bus, can_ask=can_ask)]
    return lines or list(_waiting_lines(bus, region, can_ask=can_ask))


def _waiting_lines(bus: "Bus", region: str, *, can_ask: bool) -> Iterator[str]:
    """The buses that have rules and got no event."""
    with_rules = [(place, rules) for place, rules in bus.all_rules(region, can_ask=can_ask).items() if rules]
    for (name, at), rules in with_rules[:MOST_REFUSED]:
        names = ", ".join(rule.name for rule in rules[:3]) + (f" and {len(rules) - 3} more" if len(rules) > 3 else "")
        place = f"bus {name}" + (f" in {at}" if at != region else "")
        of_services = name != "default" and any('"aws.' in rule.pattern_text for rule in rules)
        hint = "; AWS services put their events on bus default" if of_services else ""
        yield f"no event was put on {place}, which has rule{'s' * (len(rules) > 1)} {names}{hint}"


def _refused_lines(bus: "Bus") -> Iterator[str]:
    """Entries that PutEvents refused; those of one line of the user's with the same error are told once."""
    times = Counter((_refused_text(each), each.place) for each in bus.refused)
    for (text, place), number in list(times.items())[:MOST_REFUSED]:
        yield f"{text}, {number} times" if number > 1 else text
        if place:
            yield f"  put at {place}"
    if (more := len(times) - MOST_REFUSED) > 0:
        yield f"... {more} more kinds of refused events"


def _refused_text(refused: "Refused") -> str:
    source, kind = (refused.entry.get(member) for member in ("Source", "DetailType"))
    what = f"event refused on bus {refused.bus}: {refused.code}: {refused.message}"
    return f"{what} (source {source}, detail-type {kind})"


def _seen_lines(bus: "Bus", *, can_ask: bool) -> list[str]:
    seen = sorted(bus.seen, key=lambda each: each.is_entry)  # those of services last, when the order is turned
    lost = [each for each in seen if not each.matched]
    told = [*lost[::-1], *[each for each in seen[::-1] if each.matched]][:MOST_ENTRIES]
    lines = [line for each in told for line in _lines_of(bus, each, can_ask=can_ask)]
    if bus.told > len(told):
        without = f", {len(lost)} in all without a rule that matched" if lost else ""
        lines.append(f"... {bus.told - len(told)} more events{without}: emulator.bus.entries")
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
    elsewhere = _rules_elsewhere(bus, seen.region, seen, can_ask=can_ask, only_matching=bool(rules or left_out))
    if rules or left_out:
        yield from (f"  rule {place}: an event reaches the rules of its own bus and region" for place in elsewhere[:3])
        return
    shown = f" (rule {', '.join(elsewhere[:3])})" if elsewhere else ""
    yield f"  no rule is on bus {seen.bus}{f' in {seen.region}' if ' in ' in shown else ''}{shown}"


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


def _rules_elsewhere(
    bus: "Bus", region: str, seen: "Seen | None" = None, *, can_ask: bool, only_matching: bool = False
) -> list[str]:
    """Rules and their places, which are named with their region if it is not ``region``.

    With ``seen``, those of other buses and regions, which it did not reach; with ``only_matching``, those of them whose
    pattern matches it.
    """
    return [
        f"{rule.name} is on bus {name}" + (f" in {at}" if at != region else "")
        for (name, at), rules in bus.all_rules(region, can_ask=can_ask).items()
        for rule in rules
        if seen is None or (name, at) != (seen.bus, seen.region)
        if not only_matching or seen is None or rule.pattern.matches(seen.event)
    ]
