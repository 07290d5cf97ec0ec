"""Records as functions get them: messages of SQS, changes of a DynamoDB table, records of Kinesis.

The shapes and the order of their keys are recorded on AWS (``test_redrive_policy_with_failing_lambda``,
``test_message_body_and_attributes_passed_correctly``, ``test_dynamodb_event_source_mapping``,
``test_create_kinesis_event_source_mapping``).
"""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from asl.values import Json
from emulator.aws.account import role_arn
from emulator.aws.arns import region_of
from emulator.aws.moto.sources import Change


class Record(NamedTuple):
    """One record: ``content`` is what the function gets.

    ``id`` is what an answer calls it by if it failed: a message's id, a sequence number. ``key`` is that of its order:
    a partition key. ``handle`` is a message's receipt handle.
    """

    id: str
    content: dict[str, Json]
    at: datetime
    key: str = ""
    handle: str = ""


def of_message(message: Mapping[str, Any], arn: str, at: datetime, *, has_window: bool) -> Record:
    """A message as ReceiveMessage answers it.

    One without attributes has no ``md5OfMessageAttributes``, or ``null`` if its mapping has a batching window (in every
    recording).
    """
    given = message.get("MessageAttributes") or {}
    if given:
        digest: dict[str, Json] = {"md5OfMessageAttributes": message.get("MD5OfMessageAttributes")}
    else:
        digest = {"md5OfMessageAttributes": None} if has_window else {}
    content: dict[str, Json] = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {
            name: value for name in SYSTEM if (value := message.get("Attributes", {}).get(name)) is not None
        },
        "messageAttributes": {name: _attribute(value) for name, value in given.items()},
        **digest,
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": region_of(arn),
    }
    return Record(message["MessageId"], content, at, handle=message["ReceiptHandle"])


SYSTEM: Final = (
    "ApproximateReceiveCount",
    "AWSTraceHeader",
    "SentTimestamp",
    "SequenceNumber",
    "MessageGroupId",
    "SenderId",
    "MessageDeduplicationId",
    "ApproximateFirstReceiveTimestamp",
    "DeadLetterQueueSourceArn",
)
"""A message's own attributes, in the order of a record."""


def _attribute(value: Mapping[str, Any]) -> dict[str, Json]:
    content: dict[str, Json] = {}
    if "StringValue" in value:
        content["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        content["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return {**content, "stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}


IDENTITY: Final = "invokeIdentityArn"


def of_dynamodb(change: Change, arn: str, shard: str) -> Record:
    """A record of a table's stream."""
    return Record(
        change.record["dynamodb"]["SequenceNumber"], {**change.record, "eventSourceARN": arn}, change.at, change.key
    )


def of_kinesis(change: Change, arn: str, shard: str) -> Record:
    """A record of a stream of Kinesis; ``acting_as`` gives it the role that reads the stream."""
    sequence = change.record["sequenceNumber"]
    content: dict[str, Json] = {
        "kinesis": change.record,
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard}:{sequence}",
        "eventName": "aws:kinesis:record",
        IDENTITY: role_arn(region_of(arn)),
        "awsRegion": region_of(arn),
        "eventSourceARN": arn,
    }
    return Record(sequence, content, change.at, change.key)


def acting_as(record: Record, role: str) -> Record:
    """A record that a function or a pipe with this role has read: those of Kinesis name it."""
    if IDENTITY not in record.content:
        return record
    return record._replace(content={**record.content, IDENTITY: role})
