"""EventBridge's calls before the backend: it keeps buses, rules and targets; events are matched here.

Patterns are matched as AWS matches them, envelopes carry the emulator's time, and targets are served in this process:
a state machine starts, a function is called, a queue gets its message. ``undelivered`` lists the events that did not
arrive, and why; AWS does not report them.

If an external backend keeps the buses, it matches events too, and the bridge brings those for targets in this process.
"""

import json
import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from asl.values import Json, instant_text
from emulator.aws.arns import Arn, is_arn, region_of
from emulator.aws.interception import AwsRequest
from emulator.aws.refusals import AwsError
from emulator.aws.remote import RefusedError, refusal_text
from emulator.errors import BackendError, NotEmulatedError
from emulator.eventbridge import patterns
from emulator.eventbridge.bridge import ARRIVAL_SECONDS, Arrival, Bridge, Key, is_bridge
from emulator.eventbridge.entries import InvalidRequest, check_request, entry_error, envelope
from emulator.eventbridge.inputs import InvalidTarget, UndeliverableInput, check_target, target_input
from emulator.eventbridge.patterns import InvalidEventPattern, Pattern
from emulator.world import World

log = logging.getLogger(__name__)

DEFAULT_BUS: Final = "default"
MOST_SEEN: Final = 200
"""Entries whose events are kept for reports; ``Bus.entries`` has all."""


class Rule(NamedTuple):
    """A rule of a bus, as the backend stores it."""

    name: str
    arn: str
    pattern: Pattern
    targets: Sequence[Mapping[str, Any]]
    pattern_text: str


class Seen(NamedTuple):
    """An entry that was put: where, the event that it became, and the rules that matched it then."""

    bus: str
    region: str
    event: dict[str, Json]
    matched: list[str]


class Undelivered(NamedTuple):
    """An event that a rule matched and that did not reach one of its targets."""

    rule: str
    """The rule's name."""
    target: str
    """The target's ARN."""
    reason: str
    """Why it did not."""
    event: dict[str, Json]
    """The event's envelope."""


class Bus:
    """Answers EventBridge's calls that need more than storage."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rules: dict[tuple[str, str], list[Rule]] = {}
        self._is_changed = True
        self.entries: list[dict[str, Json]] = []
        """Every accepted entry of PutEvents, unchanged, in order."""
        self.undelivered: list[Undelivered] = []
        self.seen: deque[Seen] = deque(maxlen=MOST_SEEN)
        """The latest entries that were put, for reports."""
        self.left_out: dict[tuple[str, str], list[tuple[str, str]]] = {}
        """Bus and region -> the names of rules that match nothing, and why."""
        self.unawaited = 0
        """How many events of other programs arrived through the bridge and were not awaited yet."""
        remote = world.remote("events")
        self.bridge = None if remote is None else Bridge(remote, world.region)
        """Brings events from the external backend with the buses; ``None`` when they are in this process."""

    def answer(self, request: AwsRequest) -> dict[str, Any] | None:
        """The response's members, or ``None`` when the backend has to answer. Raises ``AwsError``."""
        body = json.loads(request.body or b"{}")
        match request.operation:
            case "PutEvents":
                return self._put_events(body["Entries"], request.region)
            case "TestEventPattern":
                return {"Result": _compile(body["EventPattern"]).matches(_event(body["Event"]))}
            case "PutRule":
                _check_rule(body)
            case "PutTargets":
                _check_targets(body)
            case "DeleteEventBus" if self.bridge is not None:
                self.bridge.unlink_bus(body["Name"].rpartition("/")[2], request.region)
            case operation:
                if operation.startswith(("List", "Describe")):
                    return None
        self._rules.clear()
        self._is_changed = True
        return None

    def answered(self, operation: str, region: str) -> None:
        """Called when the backend has answered: if a rule changed, link it before the next event is put."""
        if self.bridge is not None and operation in ("PutRule", "PutTargets", "EnableRule"):
            self.bridge.regions.add(region)
            self._link()

    def _put_events(self, entries: list[dict[str, Any]], region: str) -> dict[str, Any]:
        try:
            check_request(entries)
        except InvalidRequest as error:
            raise AwsError(error.code, error.message) from None
        if self.bridge is not None:
            answers = self._put_externally(self.bridge, entries, region)
            return {"FailedEntryCount": sum("ErrorCode" in answer for answer in answers), "Entries": answers}
        answers = []
        for entry in entries:
            if refused := entry_error(entry):
                answers.append({"ErrorCode": refused[0], "ErrorMessage": refused[1]})
                continue
            event_id = self._new_id(entry)
            answers.append({"EventId": event_id})
            self.entries.append(entry)
            account = self._world.account_id
            event = envelope(entry, event_id=event_id, account=account, region=region, now=self._world.now())
            name = entry.get("EventBusName", DEFAULT_BUS)
            self.seen.append(Seen(name.rpartition("/")[2], region, event, self.put(event, name, region)))
        failed = sum("ErrorCode" in answer for answer in answers)
        return {"FailedEntryCount": failed, "Entries": answers}

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
            bus = entry.get("EventBusName", DEFAULT_BUS).rpartition("/")[2]
            matching = [rule for rule in self.rules(bus, region) if rule.pattern.matches(event)]
            self.seen.append(Seen(bus, region, event, [rule.name for rule in matching]))
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
            self.undelivered.append(Undelivered(key.rule, target["Arn"], reason, event))
            log.warning("EventBridge rule %s could not deliver to %s: %s", key.rule, target["Arn"], reason)

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
                        self._deliver(rule, target, event, key.region)
        return bool(arrivals)

    def _link(self) -> None:
        """List the backend's rules, and link those with targets in this process."""
        if self.bridge is not None:
            self._is_changed = False
            self.bridge.link(self._linked_rules)

    def _linked_rules(self) -> Iterator[tuple[Key, str]]:
        self._rules.clear()
        assert self.bridge is not None
        for region in sorted(self.bridge.regions):
            for bus in self._bus_names(region):
                for rule in self.rules(bus, region):
                    if self._here(rule):
                        yield Key(region, bus, rule.name), rule.pattern_text

    def _bus_names(self, region: str) -> list[str]:
        client = self._world.internal_client("events", region=region)
        asked: dict[str, str] = {}
        names: list[str] = []
        while True:
            page = client.list_event_buses(**asked)
            names += [bus["Name"] for bus in page.get("EventBuses", ())]
            if not page.get("NextToken"):
                return names
            asked = {"NextToken": page["NextToken"]}

    def _here(self, rule: Rule) -> list[Mapping[str, Any]]:
        """The targets of a rule that are in this process, or at another backend than the rule."""
        return [target for target in rule.targets if self._is_here(target["Arn"])]

    def _is_here(self, arn: str) -> bool:
        kind = Arn.parse(arn).service
        if kind == "lambda":
            return self._world.has_function(arn)
        return kind == "states" or (kind in DELIVERIES and self._world.remote(kind) is not self._world.remote("events"))

    def put(self, event: dict[str, Json], bus: str, region: str) -> list[str]:
        """Deliver ``event`` to the targets of every matching rule of the bus; the names of these rules."""
        matched = [rule for rule in self.rules(bus.rpartition("/")[2], region) if rule.pattern.matches(event)]
        for rule in matched:
            for target in rule.targets:
                self._deliver(rule, target, event, region)
        return [rule.name for rule in matched]

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
                    if not _matches_nothing(rule)
                ]
            except client.exceptions.ResourceNotFoundException:
                listed = []
            except client.exceptions.ClientError as error:
                raise BackendError(refusal_text(error) or str(error)) from None
            self._rules[key] = list(_read_rules(listed))
            self.left_out[key] = [(rule["Name"], why) for rule in found if (why := _matches_nothing(rule))]
        return self._rules[key]

    def known_rules(self, bus: str, region: str, *, can_ask: bool) -> list[Rule] | None:
        """``rules``; without asking the backend, those that it said last, ``None`` if they have changed since."""
        return self.rules(bus, region) if can_ask else self._rules.get((bus, region))

    def all_rules(self, region: str, *, can_ask: bool) -> Mapping[tuple[str, str], list[Rule]]:
        """The rules of every bus in a region, and of those in other regions that were used."""
        if can_ask:
            for name in self._bus_names(region):
                self.rules(name, region)
        return self._rules

    def explain(self, event: dict[str, Json], bus: str, region: str) -> dict[str, list[str]]:
        """``EmulatorBus.explain``."""
        return {rule.name: rule.pattern.explain(event) for rule in self.rules(bus, region)}

    def _deliver(self, rule: Rule, target: Mapping[str, Any], event: dict[str, Json], region: str) -> None:
        try:
            text = target_input(
                target,
                event,
                rule_arn=rule.arn,
                rule_name=rule.name,
                ingestion_time=instant_text(self._world.now()),
            )
            DELIVERIES[Arn.parse(target["Arn"]).service](self._world, target, text, event, region)
        except (UndeliverableInput, LookupError) as error:
            reason = str(error.args[0] if isinstance(error, LookupError) else error)
            self.undelivered.append(Undelivered(rule.name, target["Arn"], reason, event))
            log.warning("EventBridge rule %s could not deliver to %s: %s", rule.name, target["Arn"], reason)


Delivery = Callable[[World, Mapping[str, Any], str, dict[str, Json], str], None]


def _to_machine(world: World, target: Mapping[str, Any], text: str, event: dict[str, Json], region: str) -> None:
    chance = world.chance("delivery", f"{event['id']}/{target['Arn']}/{target['Id']}", once=True)
    world.start_machine(target["Arn"], text, f"{event['id']}_{chance.uuid()}")


def _to_function(world: World, target: Mapping[str, Any], text: str, event: dict[str, Json], region: str) -> None:
    world.call_function(target["Arn"], text)


def _to_queue(world: World, target: Mapping[str, Any], text: str, event: dict[str, Json], region: str) -> None:
    client = world.internal_client("sqs", region=region_of(target["Arn"]))
    try:
        url = client.get_queue_url(QueueName=Arn.parse(target["Arn"]).name)["QueueUrl"]
    except client.exceptions.QueueDoesNotExist:
        raise LookupError(f"there is no queue {target['Arn']}") from None
    client.send_message(QueueUrl=url, MessageBody=text, **target.get("SqsParameters", {}))


def _to_topic(world: World, target: Mapping[str, Any], text: str, event: dict[str, Json], region: str) -> None:
    client = world.internal_client("sns", region=region_of(target["Arn"]))
    try:
        client.publish(TopicArn=target["Arn"], Message=text)
    except client.exceptions.NotFoundException:
        raise LookupError(f"there is no topic {target['Arn']}") from None


def _to_bus(world: World, target: Mapping[str, Any], text: str, event: dict[str, Json], region: str) -> None:
    entry = {
        "Source": event["source"],
        "DetailType": event["detail-type"],
        "Detail": json.dumps(event["detail"]),
        "Resources": event["resources"],
        "EventBusName": target["Arn"],
    }
    world.internal_client("events", region=region_of(target["Arn"])).put_events(Entries=[entry])


DELIVERIES: Final[Mapping[str, Delivery]] = {
    "states": _to_machine,
    "lambda": _to_function,
    "sqs": _to_queue,
    "sns": _to_topic,
    "events": _to_bus,
}
"""Service of a target's ARN -> function that delivers an event to it."""


def _matches_nothing(rule: Mapping[str, Any]) -> str | None:
    """Why a rule of the backend matches no event, whatever it is."""
    if rule.get("State") == "DISABLED":
        return "is disabled"
    return None if rule.get("EventPattern") else "has no event pattern"


def _read_rules(listed: Sequence[tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]]) -> Iterator[Rule]:
    """The rules and targets of a backend. A rule whose pattern AWS would refuse matches nothing and is logged."""
    for rule, targets in listed:
        text = rule["EventPattern"]
        try:
            yield Rule(rule["Name"], rule["Arn"], patterns.compile(text), targets, text)
        except InvalidEventPattern as error:
            log.warning("EventBridge rule %s has a pattern that AWS refuses: %s", rule["Name"], error)


def _compile(text: str) -> Pattern:
    try:
        return patterns.compile(text)
    except InvalidEventPattern as error:
        raise AwsError("InvalidEventPatternException", str(error)) from None


def _event(text: str) -> Json:
    try:
        event: Json = json.loads(text)
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise AwsError("ValidationException", "Parameter Event is not valid.")
    return event


def _check_rule(body: Mapping[str, Any]) -> None:
    if body.get("EventPattern"):
        _compile(body["EventPattern"])


def _check_targets(body: Mapping[str, Any]) -> None:
    for target in body["Targets"]:
        try:
            check_target(target)
        except InvalidTarget as error:
            raise AwsError(error.code, error.message) from None
        kind = Arn.parse(target["Arn"]).service if is_arn(target["Arn"]) else ""
        if kind not in DELIVERIES:
            raise NotEmulatedError(
                f"PutTargets {body['Rule']}: events are not delivered to {target['Arn']}; "
                f"only to targets of these services: {', '.join(DELIVERIES)}."
            )
