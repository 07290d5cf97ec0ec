"""moto's topics deliver nothing to queues and functions: what they would deliver is noted, and the emulator does it.

moto would put a message into its queue in the middle of Publish, in an envelope of its own, and would call functions
of its own Lambda. It also checks filter policies, by fewer operators than SNS has: they are checked before it is asked.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from threading import local
from typing import Any, Final, NamedTuple, TypeAlias

from emulator.aws.moto.topics import refused_entry
from emulator.shared_change import SharedChange, Undo

PROTOCOLS: Final = ("sqs", "lambda")
"""Whom the emulator delivers to."""


MOST_ENTRIES: Final = 10
"""The most messages of one PublishBatch."""


class Delivery(NamedTuple):
    """A message for one subscription, and both as they were when it was published."""

    topic_arn: str
    is_fifo: bool
    """Whether the topic keeps the order of its messages."""
    hashes_content: bool
    """Whether a FIFO topic takes the message itself for its deduplication id."""
    knows_by_group: bool
    """Whether a FIFO topic knows a message again in its group only (``FifoThroughputScope``)."""
    signature_version: str
    subscription_arn: str
    protocol: str
    endpoint: str
    settings: Mapping[str, Any]
    """The attributes of the subscription."""
    message: str
    message_id: str
    subject: str | None
    attributes: Mapping[str, Mapping[str, str]]
    """``{name: {"Type": "String", "Value": "x"}}``; binary values in base64."""
    group_id: str | None
    deduplication_id: str | None
    structure: str | None


Published: TypeAlias = Callable[[list[Delivery], datetime], None]
"""Takes what one request has published, and when."""


class _Here(local):
    """What the request that this thread is answering has published; ``None`` outside of requests to SNS."""

    noted: list[Delivery] | None = None


_here: Final = _Here()


@contextmanager
def noted() -> Iterator[list[Delivery]]:
    """A block that answers a request to SNS: the deliveries that it causes."""
    before = _here.noted
    found = _here.noted = []
    try:
        yield found
    finally:
        _here.noted = before


def left_to_us() -> Callable[[], None]:
    """Replace these methods of moto until the result is called; calling it again does nothing."""
    return _REPLACED.use()


def _replace() -> Undo:
    from moto.sns.models import SNSBackend, Subscription

    publish, validate = Subscription.publish, SNSBackend._validate_filter_policy
    batch: Any = SNSBackend.publish_batch

    def note(
        subscription: Any,
        message: str,
        message_id: str,
        subject: str | None = None,
        message_attributes: Mapping[str, Mapping[str, str]] | None = None,
        group_id: str | None = None,
        deduplication_id: str | None = None,
        message_structure: str | None = None,
    ) -> None:
        noted = _here.noted
        if noted is None or subscription.protocol not in PROTOCOLS:
            publish(
                subscription,
                message,
                message_id,
                subject,
                message_attributes,
                group_id,
                deduplication_id,
                message_structure,
            )
            return
        topic = subscription.topic
        noted.append(
            Delivery(
                topic.arn,
                bool(topic.fifo_topic),
                _is_true(topic.content_based_deduplication),
                getattr(topic, "fifo_throughput_scope", "") == "MessageGroup",
                str(getattr(topic, "signature_version", "1") or "1"),
                subscription.arn,
                subscription.protocol,
                subscription.endpoint,
                dict(subscription.attributes),
                message,
                message_id,
                subject,
                message_attributes or {},
                group_id,
                deduplication_id,
                message_structure,
            )
        )

    def not_validated(_backend: Any, _value: Any, scope: str | None) -> None:
        """The policy was checked before moto was asked."""

    def publish_batch(backend: Any, topic_arn: str, publish_batch_request_entries: list[dict[str, Any]]) -> Any:
        """A message that SNS refuses is among the failed ones; a request that it refuses as a whole is moto's."""
        entries = publish_batch_request_entries
        told = {each["Id"]: refused_entry(each, topic_arn) for each in entries}
        failed = [_failed(id_, reason) for id_, reason in told.items() if reason is not None]
        if not failed or len(told) < len(entries) or len(entries) > MOST_ENTRIES:
            return batch(backend, topic_arn, entries)
        successful, others = batch(backend, topic_arn, [each for each in entries if told[each["Id"]] is None])
        return successful, [*failed, *others]

    Subscription.publish, SNSBackend._validate_filter_policy = note, not_validated
    SNSBackend.publish_batch = publish_batch

    def put_back() -> None:
        Subscription.publish, SNSBackend._validate_filter_policy = publish, validate
        SNSBackend.publish_batch = batch

    return put_back


def _failed(id_: str, reason: str) -> dict[str, Any]:
    return {"Id": id_, "Code": "InvalidParameter", "Message": reason, "SenderFault": True}


def _is_true(value: Any) -> bool:
    """moto keeps what CreateTopic and SetTopicAttributes were given: a truth, or a text."""
    return str(value).lower() == "true"


_REPLACED: Final = SharedChange(_replace)
