"""EventBridge's calls before the backend: it keeps buses, rules and targets; events are matched here.

Patterns are matched as AWS matches them, envelopes carry the emulator's time, and targets are served in this process:
a state machine starts, a function is called, a queue gets its message. ``undelivered`` lists the events that did not
arrive, and why; AWS does not report them.

If an external backend keeps the buses, it matches events too, and the bridge brings those for targets in this process.
"""

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from asl.values import Json
from emulator.aws.arns import Arn
from emulator.aws.interception import AwsRequest
from emulator.aws.refusals import AwsError
from emulator.aws.remote import RefusedError, refusal_text
from emulator.errors import BackendError, NotEmulatedError
from emulator.eventbridge.bridge import ARRIVAL_SECONDS, Arrival, Bridge, Key, is_bridge
from emulator.eventbridge.buses import DEFAULT_BUS, PREFIX, BusName, check_bus, named_bus
from emulator.eventbridge.checks import check_new_bus, check_rule, compiled, test_event
from emulator.eventbridge.delivery import Deliveries, Sender, Undelivered
from emulator.eventbridge.entries import InvalidRequest, Refused, check_request, entry_error, envelope
from emulator.eventbridge.existing import check_existing
from emulator.eventbridge.kept import Kept
from emulator.eventbridge.rules import Rule, matches_nothing, read_rules
from emulator.eventbridge.targets import DELIVERIES, Hop, check_targets, kind_of
from emulator.eventbridge.timed_rules import TimedRules
from emulator.places import caller
from emulator.world import World

MOST_SEEN: Final = 200
"""Entries whose events are kept for reports; ``Bus.entries`` has all."""


class Seen(NamedTuple):
    """An entry that was put: where, the event that it became, and the rules that matched it then."""

    bus: str
    region: str
    event: dict[str, Json]
    matched: list[str]
    is_entry: bool = True
    """Whether PutEvents put it: others are of Step Functions and of replays."""


class Bus:
    """Answers EventBridge's calls that need more than storage."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rules: dict[tuple[str, str], list[Rule]] = {}
        self._is_changed = True
        self.entries: list[dict[str, Json]] = []
        """Every accepted entry of PutEvents, unchanged, in order."""
        self.deliveries = Deliveries(world, self.send_on)
        self.timed = TimedRules(world, self.deliveries, self.send_on)
        self.seen: deque[Seen] = deque(maxlen=MOST_SEEN)
        """The latest entries that were put, for reports."""
        self.told = 0
        """How many events ``seen`` has held."""
        self.refused: list[Refused] = []
        """Every entry that was not accepted, for reports."""
        self.kept = Kept(world, compiled, self._replayed)
        self._regions: set[str] = set()
        """The regions in which rules were made."""
        self.left_out: dict[tuple[str, str], list[tuple[str, str]]] = {}
        """Bus and region -> the names of rules that match nothing, and why."""
        self.unawaited = 0
        """How many events of other programs arrived through the bridge and were not awaited yet."""
        remote = world.remote("events")
        self.bridge = None if remote is None else Bridge(remote, world.region)
        """Brings events from the external backend with the buses; ``None`` when they are in this process."""

    def answer(self, request: AwsRequest) -> dict[str, Any] | None:
        """The response's members, or ``None`` when the backend has to answer. Raises ``AwsError``."""
        body, bus = json.loads(request.body or b"{}"), DEFAULT_BUS
        if not request.is_internal and (named := named_bus(body, request.operation)) is not None:
            bus = check_bus(named, request.operation, request.region, self._account).name
        match request.operation:
            case "PutEvents":
                if body.get("EndpointId"):
                    raise NotEmulatedError("PutEvents: EndpointId: global endpoints are not emulated; leave it out")
                return self._put_events(body["Entries"], request.region)
            case "TestEventPattern":
                return {"Result": compiled(body["EventPattern"]).matches(test_event(body["Event"]))}
            case "PutRule":
                check_rule(body, bus)
                self._regions.add(request.region)
            case "PutTargets":
                check_targets(body, is_external=self.bridge is not None)
            case "CreateEventBus":
                check_new_bus(body)
            case "DeleteEventBus" if self.bridge is not None:
                self.bridge.unlink_bus(body["Name"].rpartition("/")[2], request.region)
        if not request.is_internal and self.bridge is None:
            check_existing(self._world, request.operation, body, bus, request.region)
            if (answered := self.kept.answer(request, body, bus)) is not None:
                return answered
        if request.operation.startswith(("List", "Describe")):
            return None
        self._rules.clear()
        self._is_changed = True
        return None

    @property
    def _account(self) -> str | None:
        """The account of the buses; ``None`` when an external backend decides it."""
        return self._world.account_id if self.bridge is None else None

    def answered(self, request: AwsRequest, content: bytes) -> bytes:
        """The content of the backend's answer, with what moto's lacks.

        If a rule changed at an external backend, it is linked before the next event is put.
        """
        if self.bridge is None:
            if request.is_internal:
                return content
            body = json.loads(request.body or b"{}")
            named = named_bus(body, request.operation) or DEFAULT_BUS
            return self.kept.answered(request, body, named.rpartition(PREFIX)[2], content)
        if request.operation in ("PutRule", "PutTargets", "EnableRule"):
            self.bridge.regions.add(request.region)
            self._link()
        return content

    def _put_events(self, entries: list[dict[str, Any]], region: str) -> dict[str, Any]:
        try:
            check_request(entries)
        except InvalidRequest as error:
            raise AwsError(error.code, error.message) from None
        buses = [
            check_bus(name, "PutEvents", region, self._account, f"entries.{number}.member.eventBusName")
            for number, name in enumerate((_bus_in(entry) for entry in entries), 1)
        ]
        if self.bridge is not None:
            answers = self._put_externally(self.bridge, entries, region)
            return self._answered_entries(entries, answers, region)
        answers = []
        for entry, bus in zip(entries, buses, strict=True):
            if refused := entry_error(entry):
                answers.append({"ErrorCode": refused[0], "ErrorMessage": refused[1]})
                continue
            event_id = self._new_id(entry)
            answers.append({"EventId": event_id})
            self.entries.append(entry)
            account = self._world.account_id
            event = envelope(entry, event_id=event_id, account=account, region=region, now=self._world.now())
            self.put(event, bus.name, region, is_entry=True)
        return self._answered_entries(entries, answers, region)

    def _answered_entries(
        self, entries: Sequence[dict[str, Any]], answers: Sequence[dict[str, str]], region: str
    ) -> dict[str, Any]:
        refused = [(entry, answer) for entry, answer in zip(entries, answers, strict=True) if "ErrorCode" in answer]
        for entry, answer in refused:
            bus, message = _bus_in(entry).rpartition("event-bus/")[2], answer.get("ErrorMessage", "")
            self.refused.append(Refused(bus, region, entry, answer["ErrorCode"], message, caller()))
        return {"FailedEntryCount": len(refused), "Entries": answers}

    def _new_id(self, entry: Mapping[str, Any]) -> str:
        """A new event id, from a random stream of its own for each bus, source and detail type."""
        kind = "/".join(str(entry.get(member)) for member in ("EventBusName", "Source", "DetailType"))
        return self._world.chance("event", kind).uuid()

    def _put_externally(self, bridge: Bridge, entries: list[dict[str, Any]], region: str) -> list[dict[str, str]]:
        """Put entries on the backend's buses, wait for those that its rules send here, and deliver them.

        Events arrive in the same envelope as without a backend: with the emulator's time and an id from its seed.
        """
        answers: list[dict[str, str]] = [{} for _ in entries]
        accepted = []
        for number, entry in enumerate(entries):
            if refused := entry_error(entry):
                answers[number] = {"ErrorCode": refused[0], "ErrorMessage": refused[1]}
            else:
                accepted.append(number)
        if not accepted:
            return answers
        now = self._world.now()
        if self._is_changed or bridge.is_stale():
            self._link()
        try:
            given = bridge.put([{"Time": now.timestamp(), **entries[number]} for number in accepted], region)
        except RefusedError as error:
            raise AwsError(error.code, error.message) from None
        expected: list[tuple[Key, str]] = []
        for number, answer in zip(accepted, given, strict=True):
            if "EventId" not in answer:
                answers[number] = answer
                continue
            entry, event_id = entries[number], self._new_id(entries[number])
            answers[number] = {"EventId": event_id}
            self.entries.append(entry)
            account = self._world.account_id
            event = envelope(entry, event_id=event_id, account=account, region=region, now=now)
            bridge.claim(answer["EventId"], event)
            bus = _bus_in(entry).rpartition("event-bus/")[2]
            matching = [rule for rule in self.rules(bus, region) if rule.pattern.matches(event)]
            self.seen.append(Seen(bus, region, event, [rule.name for rule in matching]))
            self.told += 1
            expected += [(Key(region, bus, rule.name), answer["EventId"]) for rule in matching if self._here(rule)]
        found, lost = bridge.await_arrivals(expected)
        self._deliver_arrivals(found)
        for arrival in lost:
            self._lose(bridge, *arrival)
        return answers

    def _lose(self, bridge: Bridge, key: Key, event: dict[str, Json]) -> None:
        rule = next((rule for rule in self.rules(key.bus, key.region) if rule.name == key.rule), None)
        for target in () if rule is None else self._here(rule):
            reason = (
                f"{bridge.remote.endpoint.url} accepted the event for the bus {key.bus}, but did not deliver it within "
                f"{ARRIVAL_SECONDS:g} s, although the rule's pattern matches it"
            )
            self.deliveries.tell(Undelivered(key.rule, target["Arn"], reason, event))

    def poll_external(self) -> bool:
        """Deliver the events of other programs that have arrived at the backend; whether there were any."""
        if self.bridge is None:
            return False
        if self.bridge.is_stale():
            self._link()
        return self._take(self.bridge.look())

    def wait_for_external(self, seconds: float, is_enough: Callable[[], bool]) -> bool:
        """Wait in real time for events of other programs and deliver them; whether any arrived."""
        if self.poll_external():
            return True
        if self.bridge is None or not self.bridge.is_linked:
            return False
        return self._take(self.bridge.wait(seconds, is_enough))

    def links_text(self) -> str:
        """A text for people: the backend's rules with targets in this process."""
        rules = [] if self.bridge is None else [f"{key.rule} of bus {key.bus}" for key in self.bridge.rules]
        return f"rules with targets in this process: {', '.join(rules) or 'none'}"

    def _take(self, arrivals: Sequence[Arrival]) -> bool:
        self.unawaited += len(arrivals)
        return self._deliver_arrivals(arrivals)

    def _deliver_arrivals(self, arrivals: Sequence[Arrival]) -> bool:
        for key, event in arrivals:
            for rule in self.rules(key.bus, key.region):
                if rule.name == key.rule:
                    for target in self._here(rule):
                        self.deliveries.deliver(
                            Sender(rule.name, rule.arn), target, Hop(event, BusName(key.bus, key.region)), self.send_on
                        )
        return bool(arrivals)

    def _link(self) -> None:
        """List the backend's rules, and link those with targets in this process."""
        if self.bridge is not None:
            self._is_changed = False
            for region in sorted(self.bridge.regions):
                self._world.remove_leftovers(("events", "sqs"), region)
            self.bridge.link(self._linked_rules)

    def _linked_rules(self) -> Iterator[tuple[Key, str]]:
        self._rules.clear()
        assert self.bridge is not None
        for region in sorted(self.bridge.regions):
            for bus in self.bus_names(region):
                for rule in self.rules(bus, region):
                    if self._here(rule):
                        yield Key(region, bus, rule.name), rule.pattern_text

    def bus_names(self, region: str) -> list[str]:
        """The names of all buses in a region, page by page; raises ``BackendError``."""
        client = self._world.internal_client("events", region=region)
        asked: dict[str, str] = {}
        names: list[str] = []
        while True:
            try:
                page = client.list_event_buses(**asked)
            except client.exceptions.ClientError as error:
                raise BackendError(refusal_text(error) or str(error)) from None
            names += [bus["Name"] for bus in page.get("EventBuses", ()) if "Name" in bus]
            if not page.get("NextToken"):
                return names
            asked = {"NextToken": page["NextToken"]}

    def _here(self, rule: Rule) -> list[Mapping[str, Any]]:
        """The targets of a rule that are in this process, or at another backend than the rule."""
        return [target for target in rule.targets if self._is_here(target["Arn"])]

    def _is_here(self, arn: str) -> bool:
        service = Arn.parse(arn).service
        if service == "lambda":
            return self._world.has_function(arn)
        if service == "states" or kind_of(arn) not in DELIVERIES:
            return service == "states"
        return self._world.remote(service) is not self._world.remote("events")

    def put(self, event: dict[str, Json], bus: str, region: str, *, is_entry: bool = False) -> None:
        """Deliver ``event`` to the targets of the rules of the bus that match, and of buses that it is sent on to."""
        self._put_on(Hop(event, BusName(bus, region)), is_entry=is_entry)

    @property
    def undelivered(self) -> list[Undelivered]:
        """The events that did not arrive."""
        return self.deliveries.undelivered

    def send_on(self, hop: Hop) -> None:
        """Put an event that a rule sent to a bus there."""
        self._put_on(hop)

    def _replayed(self, event: dict[str, Json], bus: BusName, rules: frozenset[str] | None) -> None:
        self._put_on(Hop(event, bus), only=rules)
        self._world.settle()

    def _put_on(self, first: Hop, *, is_entry: bool = False, only: frozenset[str] | None = None) -> None:
        hops = [first]
        for hop in hops:  # deliveries to buses add to them
            self.kept.archives.keep(hop.event, hop.bus)
            matched = [rule for rule in self.rules(*hop.bus) if rule.pattern.matches(hop.event)]
            if only is not None and hop is first:
                matched = [rule for rule in matched if rule.arn in only]
            if is_entry or (hop is first and self._concerns(hop)):
                self.seen.append(Seen(*hop.bus, hop.event, [rule.name for rule in matched], is_entry))
                self.told += 1
            for rule in matched:
                for target in rule.targets:
                    self.deliveries.deliver(Sender(rule.name, rule.arn), target, hop, hops.append)

    def _concerns(self, hop: Hop) -> bool:
        """Whether a rule of its bus may be meant for an event of a service: one that names its source, or none."""
        source = f'"{hop.event["source"]}"'
        return any(source in each.pattern_text or '"source"' not in each.pattern_text for each in self.rules(*hop.bus))

    def rules(self, bus: str, region: str) -> list[Rule]:
        """The enabled rules of a bus that have a pattern, with their targets."""
        key = (bus, region)
        if key not in self._rules:
            client = self._world.internal_client("events", region=region)
            found: list[Mapping[str, Any]] = []
            try:
                found += [
                    rule
                    for page in client.get_paginator("list_rules").paginate(EventBusName=bus)
                    for rule in page["Rules"]
                    if self.bridge is None or not is_bridge(rule["Name"])
                ]
                listed = [
                    (rule, client.list_targets_by_rule(Rule=rule["Name"], EventBusName=bus)["Targets"])
                    for rule in found
                    if not matches_nothing(rule)
                ]
            except client.exceptions.ResourceNotFoundException:
                listed = []
            except client.exceptions.ClientError as error:
                raise BackendError(refusal_text(error) or str(error)) from None
            self._rules[key] = list(read_rules(listed))
            self.left_out[key] = [(rule["Name"], why) for rule in found if (why := matches_nothing(rule))]
        return self._rules[key]

    def known_rules(self, bus: str, region: str, *, can_ask: bool) -> list[Rule] | None:
        """``rules``; without asking the backend, those that it said last, ``None`` if they have changed since."""
        return self.rules(bus, region) if can_ask else self._rules.get((bus, region))

    def all_rules(self, region: str, *, can_ask: bool) -> Mapping[tuple[str, str], list[Rule]]:
        """The rules of every bus in a region, and in other regions in which rules were made."""
        for at in sorted({region, *self._regions}) if can_ask else ():
            for name in self.bus_names(at):
                self.rules(name, at)
        return self._rules

    def explain(self, event: dict[str, Json], bus: str, region: str) -> dict[str, list[str]]:
        """``EmulatorBus.explain``."""
        return {rule.name: rule.pattern.explain(event) for rule in self.rules(bus, region)}


def _bus_in(entry: Mapping[str, Any]) -> str:
    """The name or ARN of the bus of an entry."""
    return str(entry.get("EventBusName") or DEFAULT_BUS)
