"""DynamoDB's streams in moto: records in AWS's form, one for each change.

moto writes two records for an update that makes its item, writes one for a change that changes nothing, names one
region for all, and lets later changes of a nested value into earlier records. The form of a record is recorded on AWS
(``test_dynamodb_event_source_mapping``); that a write without a change makes none is the developer guide's.

What reads a stream, of DynamoDB or Kinesis, is told of each new record (``changes``).
"""

import base64
from collections.abc import Callable, Mapping
from hashlib import md5
from typing import Any, Final

from emulator.aws.moto.changes import note
from emulator.shared_change import SharedChange, Undo

NEW: Final = ("NEW_IMAGE", "NEW_AND_OLD_IMAGES")
OLD: Final = ("OLD_IMAGE", "NEW_AND_OLD_IMAGES")
"""The view types with the item as it is after the change, and as it was before."""
NESTED_BYTES: Final = 3
"""The bytes of a list or a map itself (developer guide, "Item sizes")."""


def in_aws_form() -> Callable[[], None]:
    """Replace moto's writing of records until the result is called; calling it again does nothing."""
    return _REPLACED.use()


def noting_records() -> Callable[[], None]:
    """Note each record that Kinesis gets until the result is called; calling it again does nothing."""
    return _KINESIS.use()


def _replace_put() -> Undo:
    from moto.kinesis.models import Stream

    original = Stream.put_record

    def put_record(stream: Any, *given: Any, **named: Any) -> Any:
        answer = original(stream, *given, **named)
        note(stream.arn)
        return answer

    Stream.put_record = put_record

    def put_back() -> None:
        Stream.put_record = original

    return put_back


_KINESIS: Final = SharedChange(_replace_put)


def _replace() -> Undo:
    from moto.dynamodb.models.table import StreamShard

    original = StreamShard.add
    StreamShard.add = add

    def put_back() -> None:
        StreamShard.add = original

    return put_back


_REPLACED: Final = SharedChange(_replace)


def add(shard: Any, old: Any, new: Any) -> None:
    """Replaces ``StreamShard.add``: append the record of a change, ``None`` standing for no item.

    A table whose stream was switched off keeps its shard, and writes no records.
    """
    if not (shard.table.stream_specification or {}).get("StreamEnabled"):
        return
    last = shard.items[-1] if shard.items else None
    made = old is None and last is not None and getattr(last, "item", None) is new
    before, after = _attributes(old), _attributes(new)
    if before == after:
        return
    if made:  # an update has put its new item before, with the keys only
        shard.items.pop()
    elif last is not None:
        last.item = None
    shard.items.append(_record(shard, old, new, before, after))
    note(stream_arn(shard.table))


def stream_arn(table: Any) -> str:
    """The ARN of a table's stream."""
    return f"{table.table_arn}/stream/{table.latest_stream_label}"


def _record(shard: Any, old: Any, new: Any, before: Any, after: Any) -> Any:
    from moto.core.utils import utcnow
    from moto.dynamodb.models.table import StreamRecord

    table = shard.table
    view = table.stream_specification["StreamViewType"]
    item = before if new is None else after
    keys = {name: item[name] for name in (table.hash_key_attr, table.range_key_attr) if name is not None}
    images = {
        **({"NewImage": after} if after is not None and view in NEW else {}),
        **({"OldImage": before} if before is not None and view in OLD else {}),
    }
    sequence = str(shard.starting_sequence_number + len(shard.items))
    made = StreamRecord.__new__(StreamRecord)
    made.item = new
    made.record = {
        "eventID": md5(f"{stream_arn(table)}/{sequence}".encode(), usedforsecurity=False).hexdigest(),
        "eventName": "INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": table.table_arn.split(":")[3],
        "dynamodb": {
            "ApproximateCreationDateTime": utcnow().replace(microsecond=0),
            "Keys": keys,
            **images,
            "SequenceNumber": sequence,
            "SizeBytes": sum(map(_size, (keys, *images.values()))),
            "StreamViewType": view,
        },
    }
    return made


def _attributes(item: Any) -> dict[str, Any] | None:
    return None if item is None else {name: _plain(value) for name, value in item.attrs.items()}


def _plain(value: Any) -> dict[str, Any]:
    """A value of moto that shares nothing with it."""
    kind, content = value.type, value.value
    if kind == "M":
        return {kind: {name: _plain(each) for name, each in content.items()}}
    if kind == "L":
        return {kind: [_plain(each) for each in content]}
    return {kind: list(content) if isinstance(content, list) else content}


def written(value: Any) -> Any:
    """A part of a record as JSON has it: bytes as base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: written(each) for name, each in value.items()}
    return [written(each) for each in value] if isinstance(value, list) else value


def _size(attributes: Mapping[str, Any]) -> int:
    """The bytes of an item (developer guide, "Item sizes"): the names and the values."""
    return sum(len(name.encode()) + _value_size(value) for name, value in attributes.items())


def _value_size(value: Mapping[str, Any]) -> int:
    [(kind, content)] = value.items()
    match kind:
        case "M":
            return NESTED_BYTES + _size(content) + len(content)
        case "L":
            return NESTED_BYTES + sum(map(_value_size, content)) + len(content)
        case "BOOL" | "NULL":
            return 1
        case "SS" | "NS" | "BS":
            return sum(_value_size({kind[0]: each}) for each in content)
        case "N":
            return (len(content.lstrip("-").replace(".", "")) + 1) // 2 + 1
        case _:
            return len(content.encode() if isinstance(content, str) else content)
