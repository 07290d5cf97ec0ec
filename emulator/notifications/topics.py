"""SNS's deliveries to queues and functions: filters, envelopes, raw delivery, order, and dead letters.

A message that its subscriber cannot take (it is gone, it refuses the message) is not sent again: it goes to the
dead-letter queue of the subscription, or is lost, which is told. A function is called as any event of Lambda's is: its
own retries are not SNS's. Sources: SNS developer guide, "Message delivery retries", "Raw message delivery",
"Dead-letter queues"; recorded on AWS in LocalStack's ``sns/test_sns``.
"""

import base64
import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from emulator.aws.arns import Arn, is_arn, region_of
from emulator.aws.interception import AwsRequest
from emulator.aws.moto.deliveries import Delivery
from emulator.notifications import filter_policies, sending
from emulator.notifications.envelopes import Signed, for_function, for_queue, raw_attributes
from emulator.world import World

log = logging.getLogger(__name__)

REMEMBERED: Final = timedelta(minutes=5)
"""How long a FIFO topic knows a message again."""
FIRST_NUMBER: Final = 10**19
NUMBER_STEP: Final = 1000
MOST_RAW_ATTRIBUTES: Final = 10
RAW: Final = "RawMessageDelivery"
SCOPES: Final = (filter_policies.BODY, filter_policies.ATTRIBUTES)
_DIFFERENT: Final = "Invalid parameter: Attributes Reason: Subscription already exists with different attributes"
_KEPT: Final = ("FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy", "DeliveryPolicy")


def _not_for_functions(protocol: str | None, topic: str, given: Mapping[str, str]) -> str | None:
    """Why a function cannot have such a subscription: it gets no bare messages, and none of FIFO topics."""
    if protocol != "lambda":
        return None
    if topic.endswith(".fifo"):
        return "Invalid parameter: Protocol Reason: a FIFO topic does not deliver to functions"
    if str(given.get(RAW, "")).lower() != "true":
        return None
    return (
        f"Invalid parameter: Attributes Reason: Delivery protocol [{protocol}] does not support raw message delivery."
    )


class Topics:
    """The deliveries of one emulator. ``tell`` keeps for people what could not be delivered."""

    def __init__(self, world: World, tell: Callable[[str], None]) -> None:
        self._world = world
        self._tell = tell
        self._known: dict[tuple[str, str | None, str], tuple[datetime, str]] = {}
        """FIFO topic, message group if it counts, deduplication id -> when it was published, and the message's id."""
        self._numbers: dict[str, tuple[int, str]] = {}
        """FIFO topic -> the number of its last message, and that message's id."""

    def refused(self, request: AwsRequest) -> str | None:
        """Why SNS refuses the attributes of a subscription; ``None`` for requests that it takes."""
        members = request.form
        if request.operation == "Subscribe":
            given = dict(_attributes(members))
            reason = _not_for_functions(members.get("Protocol"), members.get("TopicArn", ""), given)
            reason = reason or self._refused(given, "Invalid parameter: Attributes Reason: ")
            return reason or self._differs(members, given)
        if request.operation == "SetSubscriptionAttributes":
            name, value = members.get("AttributeName", ""), members.get("AttributeValue", "")
            given = {name: value}
            kept = self._kept(members.get("SubscriptionArn", "")) if name in ("FilterPolicy", RAW) else {}
            if name == "FilterPolicy" and value and "FilterPolicyScope" in kept:
                given["FilterPolicyScope"] = kept["FilterPolicyScope"]
            if name == RAW and (reason := _not_for_functions(self._protocol(kept), "", given)) is not None:
                return reason
            return self._refused(given, "Invalid parameter: ")
        return None

    def published(self, deliveries: list[Delivery], at: datetime) -> None:
        """Deliver what a request has published, once its caller has been answered."""
        for each in deliveries:
            name = f"message of topic {Arn.parse(each.topic_arn).name}"
            if not each.is_fifo:
                self._world.later(name, timedelta(), partial(self._deliver, each, at, None))
            elif self._is_new(each, at):
                self._world.later(name, timedelta(), partial(self._deliver, each, at, self._number(each)))
        self._world.settle()

    # What is refused ---------------------------------------------------------------------------------------------

    def _refused(self, given: Mapping[str, str], prefix: str) -> str | None:
        scope = given.get("FilterPolicyScope") or filter_policies.ATTRIBUTES
        if scope not in SCOPES:
            text = f"Invalid value [{scope}]. Please use either MessageBody or MessageAttributes"
            return f"{prefix}FilterPolicyScope: {text}"
        if policy := given.get("FilterPolicy"):
            why = filter_policies.why_refused(policy, scope)
            if why is not None:
                return f"{prefix}{why}"
        if (redrive := given.get("RedrivePolicy")) and not is_arn(_dead_letters(redrive)):
            return f"{prefix}RedrivePolicy: deadLetterTargetArn is not the ARN of a queue"
        return None

    def _differs(self, members: Mapping[str, str], given: Mapping[str, str]) -> str | None:
        """Whether the endpoint is subscribed already, in another way."""
        topic = members.get("TopicArn", "")
        if not is_arn(topic):
            return None
        client = self._world.internal_client("sns", region=region_of(topic))
        wanted = (members.get("Protocol"), members.get("Endpoint"))
        try:
            pages = client.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
            found = [each for page in pages for each in page["Subscriptions"]]
        except client.exceptions.ClientError:  # the backend says why
            return None
        for each in found:
            if (each["Protocol"], each["Endpoint"]) == wanted:
                kept = client.get_subscription_attributes(SubscriptionArn=each["SubscriptionArn"])["Attributes"]
                same = all(_same(kept.get(name), given.get(name)) for name in _KEPT if name != "FilterPolicyScope")
                return None if same else _DIFFERENT
        return None

    def _kept(self, arn: str) -> dict[str, str]:
        """The attributes of a subscription; none of one that is not there."""
        if not is_arn(arn):
            return {}
        client = self._world.internal_client("sns", region=region_of(arn))
        try:
            return dict(client.get_subscription_attributes(SubscriptionArn=arn)["Attributes"])
        except client.exceptions.ClientError:  # the backend says why
            return {}

    def _protocol(self, kept: Mapping[str, str]) -> str | None:
        """The protocol of the subscription with these attributes."""
        topic, arn = kept.get("TopicArn", ""), kept.get("SubscriptionArn")
        if not topic:
            return None
        client = self._world.internal_client("sns", region=region_of(topic))
        pages = client.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        found = (each for page in pages for each in page["Subscriptions"] if each["SubscriptionArn"] == arn)
        return next((each["Protocol"] for each in found), None)

    # FIFO topics -------------------------------------------------------------------------------------------------

    def _is_new(self, delivery: Delivery, at: datetime) -> bool:
        """Whether the topic has not delivered the message within five minutes."""
        group = delivery.group_id if delivery.knows_by_group else None
        key = (delivery.topic_arn, group, _deduplication_id(delivery))
        known = self._known.get(key)
        if known is not None and known[1] != delivery.message_id and at - known[0] < REMEMBERED:
            return False
        self._known[key] = (at, delivery.message_id)
        return True

    def _number(self, delivery: Delivery) -> str:
        """The message's place in its topic."""
        number, message_id = self._numbers.get(delivery.topic_arn, (FIRST_NUMBER, ""))
        if message_id != delivery.message_id:
            number += NUMBER_STEP
            self._numbers[delivery.topic_arn] = (number, delivery.message_id)
        return str(number)

    # Deliveries --------------------------------------------------------------------------------------------------

    def _deliver(self, delivery: Delivery, at: datetime, number: str | None) -> None:
        policy = str(delivery.settings.get("FilterPolicy") or "")
        scope = str(delivery.settings.get("FilterPolicyScope") or filter_policies.ATTRIBUTES)
        if policy and not filter_policies.passes(policy, scope, delivery.attributes, delivery.message):
            return
        chance = self._world.chance("topic", f"{delivery.subscription_arn}/{delivery.message_id}", once=True)
        drawn = "".join(chance.uuid().replace("-", "") for _ in range(16))
        signature = base64.b64encode(bytes.fromhex(drawn)).decode()
        certificate = hashlib.sha256(delivery.topic_arn.encode()).hexdigest()[:32]
        signed = Signed(delivery, _text(delivery), at, signature, certificate, number)
        try:
            if delivery.protocol == "lambda":
                self._world.call_function(delivery.endpoint, for_function(signed))
            else:
                self._send(delivery.endpoint, signed)
        except LookupError as error:
            self._not_delivered(signed, str(error.args[0]))

    def _send(self, queue: str, signed: Signed) -> None:
        """Send to a queue: of a subscriber, or of dead letters. Raises ``LookupError`` when it does not arrive."""
        delivery = signed.delivery
        more: dict[str, Any] = {}
        if queue.endswith(".fifo"):
            more["MessageGroupId"] = delivery.group_id or delivery.topic_arn
            more["MessageDeduplicationId"] = _deduplication_id(delivery)
        if not _is_raw(delivery):
            sending.to_queue(self._world, queue, for_queue(signed), **more)
            return
        attributes = raw_attributes(delivery)
        if len(attributes) > MOST_RAW_ATTRIBUTES:
            raise LookupError(
                f"a bare message has at most {MOST_RAW_ATTRIBUTES} attributes, and this {len(attributes)}"
            )
        sending.to_queue(self._world, queue, signed.text, **more, MessageAttributes=attributes)

    def _not_delivered(self, signed: Signed, reason: str) -> None:
        dead_letters = _dead_letters(str(signed.delivery.settings.get("RedrivePolicy") or ""))
        try:
            if dead_letters:
                self._send(dead_letters, signed)
        except LookupError as failed:
            reason = f"{reason}; nor to the dead-letter queue: {failed.args[0]}"
        log.warning("SNS could not deliver a message of %s: %s", signed.delivery.topic_arn, reason)
        self._tell(f"a message of topic {signed.delivery.topic_arn} did not arrive: {reason}")


def _text(delivery: Delivery) -> str:
    """The message of the subscription's protocol."""
    if delivery.structure != "json":
        return delivery.message
    texts = json.loads(delivery.message)
    return str(texts.get(delivery.protocol) or texts["default"])


def _deduplication_id(delivery: Delivery) -> str:
    given = delivery.deduplication_id
    return given or hashlib.sha256(delivery.message.encode(errors="replace")).hexdigest()


def _is_raw(delivery: Delivery) -> bool:
    raw = str(delivery.settings.get("RawMessageDelivery")).lower() == "true"
    return raw and delivery.protocol == "sqs"


def _dead_letters(policy: str) -> str:
    """The queue in a RedrivePolicy; empty if it names none."""
    try:
        value = json.loads(policy or "{}")
    except ValueError:
        return ""
    return str(value.get("deadLetterTargetArn") or "") if isinstance(value, dict) else ""


def _same(kept: str | None, given: str | None) -> bool:
    """Whether two attributes mean the same; without one it is false, or empty."""
    one, other = ("" if each is None or each.lower() == "false" else each for each in (kept, given))
    try:
        return bool(json.loads(one.lower()) == json.loads(other.lower()))
    except ValueError:
        return one == other


def _attributes(members: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The map ``Attributes`` of a form."""
    for name, value in members.items():
        if name.startswith("Attributes.") and name.endswith(".key"):
            yield value, members.get(f"{name.removesuffix('.key')}.value", "")
