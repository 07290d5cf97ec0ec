"""The forms in which SNS delivers a message: an envelope for queues, another one for functions, or the bare text.

Recorded on AWS in LocalStack's ``sns/test_sns``; ``references`` of the SNS developer guide show the layout of the text.
"""

import base64
import json
from datetime import datetime
from typing import Any, Final, NamedTuple

from emulator.aws.arns import region_of
from emulator.aws.moto.deliveries import Delivery
from emulator.notifications.records import milliseconds

EVENT_VERSION: Final = "1.0"


class Signed(NamedTuple):
    """A message as it is delivered: when it was published, what SNS signs it with, and its number in a FIFO topic."""

    delivery: Delivery
    text: str
    at: datetime
    signature: str
    certificate: str
    """The number of the certificate: 32 hexadecimal digits."""
    sequence_number: str | None = None


def for_queue(signed: Signed) -> str:
    """The envelope as a queue gets it; that of a FIFO topic has no signature."""
    delivery = signed.delivery
    is_signed = not delivery.is_fifo
    envelope: dict[str, Any] = {"Type": "Notification", "MessageId": delivery.message_id}
    if signed.sequence_number is not None:
        envelope["SequenceNumber"] = signed.sequence_number
    envelope["TopicArn"] = delivery.topic_arn
    if delivery.subject:
        envelope["Subject"] = delivery.subject
    envelope |= {"Message": signed.text, "Timestamp": milliseconds(signed.at)}
    if is_signed:
        envelope |= {"SignatureVersion": delivery.signature_version, "Signature": signed.signature}
        envelope["SigningCertURL"] = _certificate_url(signed)
    envelope["UnsubscribeURL"] = _unsubscribe_url(delivery)
    if delivery.attributes:
        envelope["MessageAttributes"] = {name: dict(each) for name, each in delivery.attributes.items()}
    return json.dumps(envelope, indent=2, separators=(",", " : "), ensure_ascii=False)


def for_function(signed: Signed) -> str:
    """The event of a function."""
    delivery = signed.delivery
    message = {
        "Type": "Notification",
        "MessageId": delivery.message_id,
        "TopicArn": delivery.topic_arn,
        "Subject": delivery.subject or None,
        "Message": signed.text,
        "Timestamp": milliseconds(signed.at),
        "SignatureVersion": delivery.signature_version,
        "Signature": signed.signature,
        "SigningCertUrl": _certificate_url(signed),
        "UnsubscribeUrl": _unsubscribe_url(delivery),
        "MessageAttributes": {name: dict(each) for name, each in delivery.attributes.items()},
    }
    record = {
        "EventSource": "aws:sns",
        "EventVersion": EVENT_VERSION,
        "EventSubscriptionArn": delivery.subscription_arn,
        "Sns": message,
    }
    return json.dumps({"Records": [record]}, separators=(",", ":"), ensure_ascii=False)


def raw_attributes(delivery: Delivery) -> dict[str, dict[str, Any]]:
    """The attributes of a bare text, as SQS takes them."""
    return {
        name: {"DataType": each["Type"], "BinaryValue": base64.b64decode(each["Value"])}
        if each["Type"].startswith("Binary")
        else {"DataType": each["Type"], "StringValue": each["Value"]}
        for name, each in delivery.attributes.items()
    }


def _certificate_url(signed: Signed) -> str:
    return f"{_host(signed.delivery)}/SimpleNotificationService-{signed.certificate}.pem"


def _unsubscribe_url(delivery: Delivery) -> str:
    return f"{_host(delivery)}/?Action=Unsubscribe&SubscriptionArn={delivery.subscription_arn}"


def _host(delivery: Delivery) -> str:
    return f"https://sns.{region_of(delivery.topic_arn)}.amazonaws.com"
