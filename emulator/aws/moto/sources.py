"""What moto holds of the queues and streams that event source mappings and pipes read.

A stream is read by position: the number of records of a shard that were read before. Queues are read by requests to
SQS, as any program does; here is only what SQS tells no program: when a hidden message appears.
"""

import sys
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple

from emulator.aws.arns import Arn
from emulator.aws.moto.backend import MotoBackend, Watcher
from emulator.aws.moto.queues import next_appearance
from emulator.aws.moto.streams import written
from emulator.clock import EPOCH


class QueueFacts(NamedTuple):
    """A queue: its URL, its visibility timeout, and whether it is FIFO."""

    url: str
    visibility_seconds: int
    is_fifo: bool


class Change(NamedTuple):
    """A record of a stream: when it was written, its partition key (for the order), and moto's own form of it."""

    at: datetime
    key: str
    record: dict[str, Any]


class Sources:
    """The queues and streams of one emulator."""

    def __init__(self, moto: MotoBackend) -> None:
        self._moto = moto

    def watch(self, watcher: Watcher) -> None:
        """Call ``watcher`` after each request that changes a queue or stream, with their ARNs."""
        self._moto.watchers.append(watcher)

    def queue(self, arn: str) -> QueueFacts | None:
        """The queue of an ARN; ``None`` if there is none."""
        with self._moto.looking():
            queue = self._queue(arn)
            if queue is None:
                return None
            url = f"https://sqs.{queue.region}.amazonaws.com/{queue.account_id}/{queue.name}"
            return QueueFacts(url, queue.visibility_timeout, bool(queue.fifo_queue))

    def has_messages(self, arn: str) -> bool:
        """Whether there is a message in the queue, also one that is hidden or delayed."""
        with self._moto.looking():
            queue = self._queue(arn)
            return queue is not None and bool(queue._messages)

    def next_message_at(self, arn: str, after: datetime) -> datetime | None:
        """When a message of the queue that is hidden or delayed appears next, later than ``after``."""
        with self._moto.looking():
            queue = self._queue(arn)
            return None if queue is None else next_appearance(queue, after)

    def shards(self, arn: str) -> list[str] | None:
        """The shards of a stream of DynamoDB or Kinesis; ``None`` if there is no such stream."""
        with self._moto.looking():
            stream = self._stream(arn)
            return None if stream is None else list(stream)

    def count(self, arn: str, shard: str) -> int:
        """How many records a shard has had: the position behind its last one."""
        with self._moto.looking():
            return len((self._stream(arn) or {}).get(shard, ()))

    def changes(self, arn: str, shard: str, position: int) -> list[Change]:
        """The records of a shard from a position on."""
        with self._moto.looking():
            records = (self._stream(arn) or {}).get(shard, ())
            read = _of_dynamodb if Arn.parse(arn).service == "dynamodb" else _of_kinesis
            newest = list(islice(reversed(records), max(len(records) - position, 0)))
            return [read(each) for each in reversed(newest)]

    def _queue(self, arn: str) -> Any:
        parsed = Arn.parse(arn)
        return _backend("moto.sqs.models", "sqs_backends", parsed, "queues").get(parsed.name)

    def _stream(self, arn: str) -> dict[str, Any] | None:
        """A stream's records by its shards."""
        parsed = Arn.parse(arn)
        if parsed.service == "dynamodb":
            name = arn.split("/")[1]
            table = _backend("moto.dynamodb.models", "dynamodb_backends", parsed, "tables").get(name)
            if table is None or table.stream_shard is None or not arn.endswith(f"/stream/{table.latest_stream_label}"):
                return None
            return {table.stream_shard.id: table.stream_shard.items}
        name = parsed.name.removeprefix("stream/")
        stream = _backend("moto.kinesis.models", "kinesis_backends", parsed, "streams").get(name)
        if stream is None:
            return None
        return {each.shard_id: each.records.values() for each in stream.shards.values()}


def _backend(module: str, name: str, arn: Arn, kind: str) -> dict[str, Any]:
    """What a service of moto has of one kind in an ARN's account and region; nothing if it was never used."""
    backends: Any = getattr(sys.modules.get(module), name, {})
    by_region = backends.get(arn.account, {})
    found: dict[str, Any] = getattr(by_region.get(arn.region), kind, {}) if by_region else {}
    return found


def _of_dynamodb(item: Any) -> Change:
    record = item.record
    change = written(record["dynamodb"])
    at = record["dynamodb"]["ApproximateCreationDateTime"].replace(tzinfo=UTC)
    if (user := record.get("userIdentity")) is not None:  # the streams' own API has these names with a capital letter
        record = {**record, "userIdentity": {"type": user["Type"], "principalId": user["PrincipalId"]}}
    shown = {**record, "dynamodb": {**change, "ApproximateCreationDateTime": int((at - EPOCH).total_seconds())}}
    return Change(at, repr(sorted(change["Keys"].items())), shown)


def _of_kinesis(record: Any) -> Change:
    at = record.created_at_datetime.replace(tzinfo=UTC)
    shown = {
        "kinesisSchemaVersion": "1.0",
        "partitionKey": record.partition_key,
        "sequenceNumber": str(record.sequence_number),
        "data": record.data,
        "approximateArrivalTimestamp": round((at - EPOCH).total_seconds(), 3),
    }
    return Change(at, record.partition_key, shown)
