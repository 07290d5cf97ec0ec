"""Where the record of a failed batch goes: a queue, a topic, a bucket. Recorded: ``test_*_on_failure_destination``.

The record says which records they were, not what they said; only a bucket gets these, too.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from asl.values import Json, encode
from emulator.aws.arns import Arn, region_of
from emulator.mappings.records import Record
from emulator.mappings.stream_reader import GivenUp
from emulator.world import World

KINDS: Final = ("sqs", "sns", "s3")


def stamp(at: datetime, *, milliseconds: bool = True) -> str:
    """A time as such a record has it."""
    part = f".{at.microsecond // 1000:03d}" if milliseconds else ""
    return f"{at:%Y-%m-%dT%H:%M:%S}{part}Z"


def batch_info(given_up: GivenUp, source: str) -> dict[str, Json]:
    """What the record says of the batch. DynamoDB's times are whole seconds."""
    records, kinesis = given_up.records, Arn.parse(source).service == "kinesis"
    return {
        "KinesisBatchInfo" if kinesis else "DDBStreamBatchInfo": {
            "shardId": given_up.shard,
            "startSequenceNumber": _sequence(records[0]),
            "endSequenceNumber": _sequence(records[-1]),
            "approximateArrivalOfFirstRecord": stamp(records[0].at, milliseconds=kinesis),
            "approximateArrivalOfLastRecord": stamp(records[-1].at, milliseconds=kinesis),
            "batchSize": len(records),
            "streamArn": source,
        }
    }


def _sequence(record: Record) -> str:
    content: Any = record.content
    if "dynamodb" in content:
        return str(content["dynamodb"]["SequenceNumber"])
    return str(content.get("kinesis", content)["sequenceNumber"])


def send(world: World, arn: str, told: dict[str, Json], records: Sequence[Record], *, prefix: str) -> str | None:
    """Send the record of a failure; why it could not be sent, ``None`` if it was. ``prefix``: of an object's key."""
    from botocore.exceptions import ClientError  # a run without destinations does not need it

    where = Arn.parse(arn)
    try:
        client = world.internal_client(where.service, region=region_of(arn) or None)
        if where.service == "sqs":
            url = client.get_queue_url(QueueName=where.name)["QueueUrl"]
            client.send_message(QueueUrl=url, MessageBody=encode(told))
        elif where.service == "sns":
            client.publish(TopicArn=arn, Message=encode(told))
        else:
            payload = json.dumps({"Records": [each.content for each in records]}, separators=(",", ":"))  # no exponents
            key = f"{prefix}/{world.now():%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{world.chance('failed batch', arn).uuid()}"
            client.put_object(Bucket=where.name, Key=key, Body=encode({**told, "payload": payload}))
    except ClientError as error:
        return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
    return None
