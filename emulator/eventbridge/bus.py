"""EventBridge's calls in front of the backend: buses, rules and targets are kept there, events are matched here.

Patterns are matched as AWS matches them, envelopes carry the emulator's time, and what a rule leads to happens in this
process: a state machine starts, a function is called, a queue gets its message. ``undelivered`` says what did not
arrive, and why; on AWS nobody would be told.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from asl.chance import Chance
from asl.values import Json, instant_text
from emulator.aws.door import AwsRequest
from emulator.errors import NotEmulatedError
from emulator.eventbridge import patterns
from emulator.eventbridge.entries import InvalidRequest, check_request, entry_error, envelope
from emulator.eventbridge.inputs import InvalidTarget, UndeliverableInput, check_target, target_input
from emulator.eventbridge.patterns import InvalidEventPattern, Pattern

log = logging.getLogger(__name__)

DEFAULT_BUS: Final = "default"


class BusError(Exception):
    """A refusal in AWS's code and words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class World(Protocol):
    """What the bus needs to know of the emulator it is part of."""

    account_id: str
    chance: Chance

    def now(self) -> datetime:
        """The time: the clock's, or a handler's own while one runs."""
        ...

    def client(self, service: str, *, region: str | None = None) -> Any:
        """A boto3 client, answered by this emulator."""
        ...

    def start_machine(self, arn: str, text: str, name: str) -> None:
        """Start an execution; raises ``LookupError`` when there is no such machine."""
        ...

    def call_function(self, arn: str, text: str) -> None:
        """Call a function without waiting for its answer; raises ``LookupError`` when there is none."""
        ...


class Rule(NamedTuple):
    """A rule of a bus as the backend keeps it."""

    name: str
    arn: str
    pattern: Pattern
    targets: Sequence[Mapping[str, Any]]


class Undelivered(NamedTuple):
    """Something that a rule matched and that did not arrive."""

    rule: str
    target: str
    reason: str
    event: dict[str, Json]


class Bus:
    """Answers the calls of EventBridge that are more than storage."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rules: dict[tuple[str, str], list[Rule]] = {}
        self.entries: list[dict[str, Json]] = []
        """Every entry that was put on a bus, as it was sent, in order."""
        self.undelivered: list[Undelivered] = []

    def answer(self, request: AwsRequest) -> dict[str, Any] | None:
        """The response's members, or ``None`` when the backend is to answer. Raises ``BusError``."""
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
            case operation:
                if operation.startswith(("List", "Describe")):
                    return None
        self._rules.clear()
        return None

    def _put_events(self, entries: list[dict[str, Any]], region: str) -> dict[str, Any]:
        try:
            check_request(entries)
        except InvalidRequest as error:
            raise BusError(error.code, error.message) from None
        answers: list[dict[str, str]] = []
        for entry in entries:
            if refused := entry_error(entry):
                answers.append({"ErrorCode": refused[0], "ErrorMessage": refused[1]})
                continue
            event_id = self._world.chance.uuid()
            answers.append({"EventId": event_id})
            self.entries.append(entry)
            account = self._world.account_id
            event = envelope(entry, event_id=event_id, account=account, region=region, now=self._world.now())
            self.put(event, entry.get("EventBusName", DEFAULT_BUS), region)
        failed = sum("ErrorCode" in answer for answer in answers)
        return {"FailedEntryCount": failed, "Entries": answers}

    def put(self, event: dict[str, Json], bus: str, region: str) -> None:
        """Hand ``event`` to the targets of every rule of the bus that matches it."""
        for rule in self.rules(bus.rpartition("/")[2], region):
            if rule.pattern.matches(event):
                for target in rule.targets:
                    self._deliver(rule, target, event, region)

    def rules(self, bus: str, region: str) -> list[Rule]:
        """The enabled rules of a bus that have a pattern, with their targets."""
        key = (bus, region)
        if key not in self._rules:
            client = self._world.client("events", region=region)
            try:
                listed = client.list_rules(EventBusName=bus)["Rules"]
            except client.exceptions.ResourceNotFoundException:
                listed = []
            self._rules[key] = [
                Rule(
                    rule["Name"],
                    rule["Arn"],
                    _compile(rule["EventPattern"]),
                    client.list_targets_by_rule(Rule=rule["Name"], EventBusName=bus)["Targets"],
                )
                for rule in listed
                if rule.get("State") != "DISABLED" and rule.get("EventPattern")
            ]
        return self._rules[key]

    def explain(
        self, event: dict[str, Json], bus: str = DEFAULT_BUS, region: str = "us-east-1"
    ) -> dict[str, list[str]]:
        """For each rule of the bus why it does not match ``event``; an empty list where it does."""
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
            DELIVERIES[_kind(target["Arn"])](self._world, target, text, event, region)
        except (UndeliverableInput, LookupError) as error:
            reason = str(error.args[0] if isinstance(error, LookupError) else error)
            self.undelivered.append(Undelivered(rule.name, target["Arn"], reason, event))
            log.warning("EventBridge rule %s could not deliver to %s: %s", rule.name, target["Arn"], reason)


Delivery = Callable[[World, Mapping[str, Any], str, dict[str, Json], str], None]


def _to_machine(world: World, target: Mapping[str, Any], text: str, event: dict[str, Json], region: str) -> None:
    world.start_machine(target["Arn"], text, f"{event['id']}_{world.chance.uuid()}")


def _to_function(world: World, target: Mapping[str, Any], text: str, event: dict[str, Json], region: str) -> None:
    world.call_function(target["Arn"], text)


def _to_queue(world: World, target: Mapping[str, Any], text: str, event: dict[str, Json], region: str) -> None:
    client = world.client("sqs", region=_region(target["Arn"]))
    try:
        url = client.get_queue_url(QueueName=target["Arn"].rpartition(":")[2])["QueueUrl"]
    except client.exceptions.QueueDoesNotExist:
        raise LookupError(f"there is no queue {target['Arn']}") from None
    client.send_message(QueueUrl=url, MessageBody=text, **target.get("SqsParameters", {}))


def _to_topic(world: World, target: Mapping[str, Any], text: str, event: dict[str, Json], region: str) -> None:
    client = world.client("sns", region=_region(target["Arn"]))
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
    world.client("events", region=_region(target["Arn"])).put_events(Entries=[entry])


DELIVERIES: Final[Mapping[str, Delivery]] = {
    "states": _to_machine,
    "lambda": _to_function,
    "sqs": _to_queue,
    "sns": _to_topic,
    "events": _to_bus,
}
"""Service of a target's ARN -> how an event gets there."""


def _kind(arn: str) -> str:
    return arn.split(":")[2]


def _region(arn: str) -> str:
    return arn.split(":")[3]


def _compile(text: str) -> Pattern:
    try:
        return patterns.compile(text)
    except InvalidEventPattern as error:
        raise BusError("InvalidEventPatternException", str(error)) from None


def _event(text: str) -> Json:
    try:
        event: Json = json.loads(text)
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise BusError("ValidationException", "Parameter Event is not valid.")
    return event


def _check_rule(body: Mapping[str, Any]) -> None:
    if body.get("EventPattern"):
        _compile(body["EventPattern"])
    if body.get("ScheduleExpression"):
        raise NotEmulatedError(
            f"PutRule {body['Name']}: ScheduleExpression is not emulated yet; put the event yourself with put_events."
        )


def _check_targets(body: Mapping[str, Any]) -> None:
    for target in body["Targets"]:
        try:
            check_target(target)
        except InvalidTarget as error:
            raise BusError(error.code, error.message) from None
        kind = target["Arn"].split(":")[2] if target["Arn"].count(":") >= 5 else ""
        if kind not in DELIVERIES:
            raise NotEmulatedError(
                f"PutTargets {body['Rule']}: events are not delivered to {target['Arn']}; "
                f"they are to targets of these services: {', '.join(DELIVERIES)}."
            )
