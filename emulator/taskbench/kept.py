"""Tasks that a handler of the user's own keeps: what its requests show, and what its tables hold.

All requests of the handler's process are answered by the emulator, so they are seen: its reads and writes of DynamoDB,
and the events and executions that start other tasks. Which item is a task or a log is known only of the original's
releases: they keep entries of the models ``webinyTask`` and ``webinyTaskLog`` in a table of the application, as 5.40.6
and 5.41.0 did when they were run. Items of any other form count as reads and writes, and no more.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from emulator.aws.interception import AwsRequest
from emulator.errors import EmulatorError
from emulator.taskbench.storage_calls import StorageCall
from emulator.tasks import Identity, LogItem, Task, TaskLog, TaskStatus
from emulator.tasks.plain import as_instant
from emulator.tasks.transport import DETAIL_TYPE

READS: Final = frozenset({"GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems"})
WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})
PARTIQL: Final[Mapping[str, Callable[[Any], Sequence[Any]]]] = {
    "ExecuteStatement": lambda body: [body],
    "BatchExecuteStatement": lambda body: body.get("Statements", []),
    "ExecuteTransaction": lambda body: body.get("TransactStatements", []),
}
"""Operation -> the statements of its request."""
VERBS: Final[Mapping[str, str]] = {"INSERT": "PutItem", "UPDATE": "UpdateItem", "DELETE": "DeleteItem"}
"""First word of a PartiQL statement that writes -> the operation that does the same; others read."""
MODELS: Final[Mapping[str, str]] = {
    "webinyTask": "task",
    "wbyTask": "task",
    "webinyTaskLog": "log",
    "wbyTaskLog": "log",
}
"""Model of an entry -> what it is."""
OTHER: Final = "other"
"""An item that is neither."""

Item = Mapping[str, Any]
T = TypeVar("T")


class Place(NamedTuple):
    """Where an item is: its table and its key, in DynamoDB's own form."""

    table: str
    key: Mapping[str, Mapping[str, str]]


class Kept:
    """The tasks and logs of a handler of the user's own, and the tasks that its calls started.

    ``client`` returns a boto3 client of DynamoDB, whose requests are the test's.
    """

    def __init__(self, client: Callable[[], Any]) -> None:
        self._client = client
        self._tasks: dict[str, Place] = {}
        self._logs: dict[str, dict[str, Place]] = {}
        self._entries: dict[str, str] = {}
        """Id of an entry -> what it is."""
        self.parents: dict[str, str] = {}
        """Id of a task -> the task whose call started it, in the order of the starts."""

    def note_start(self, request: AwsRequest, parent: str) -> None:
        """Keep which tasks a request of a call for the task ``parent`` starts."""
        for id_ in _started(request):
            if id_ != parent:
                self.parents.setdefault(id_, parent)

    def call(self, request: AwsRequest) -> StorageCall | None:
        """A request to DynamoDB as a read or a write, whose items are kept; ``None`` for any other request."""
        if request.service != "dynamodb" or request.operation not in READS | WRITES | PARTIQL.keys():
            return None
        body = json.loads(request.body)
        if request.operation in PARTIQL:
            return _statements(request.operation, PARTIQL[request.operation](body))
        if request.operation in READS:
            return self._read(request.operation, body)
        puts = [(table, entry) for table, item in _put(body, request.operation) if (entry := _entry(item))]
        writes = [self._write(table, entry) for table, entry in puts]
        keys = list(_deleted(body, request.operation))
        known = (self._entries.get(_id_in(key)) for key in keys)
        writes += [StorageCall("DeleteItem", record) for record in known if record is not None]
        if not writes:
            return StorageCall("DeleteItem" if keys else request.operation, OTHER)
        return writes[0]._replace(also=tuple(writes[1:]))

    def task(self, id: str) -> Task | None:
        """The task's record, ``None`` when no record of it is known, or it is gone."""
        place = self._tasks.get(id)
        entry = None if place is None else self._get(place)
        return None if entry is None else _readable(_task, entry)

    def knows(self, id: str) -> bool:
        """Whether a record of the task is known to have been written."""
        return id in self._tasks

    def logs(self, id: str) -> list[TaskLog]:
        """The task's logs, oldest first."""
        entries = [self._get(place) for place in self._logs.get(id, {}).values()]
        return sorted((_readable(_log, entry) for entry in entries if entry is not None), key=lambda log: log.iteration)

    def _read(self, operation: str, body: Mapping[str, Any]) -> StorageCall:
        text = json.dumps(body)
        for model, record in MODELS.items():
            if f"#M#{model}#" in text:
                return StorageCall("Query", record)
        found = {record for id_, record in self._entries.items() if id_ in text}
        if operation in ("Query", "Scan") or not found:
            return StorageCall(operation, OTHER)
        return StorageCall("GetItem", "task" if "task" in found else "log")

    def _write(self, table: str, entry: Item) -> StorageCall:
        record, id_ = MODELS[_text(entry["modelId"])], _text(entry["entryId"])
        operation = "UpdateItem" if id_ in self._entries else "PutItem"
        self._entries[id_] = record
        values = _values(entry)
        place = Place(table, {name: entry[name] for name in ("PK", "SK")})
        if record == "task":
            self._tasks[id_] = place
            return StorageCall(operation, record, frozenset(values), values.get("taskStatus"))
        self._logs.setdefault(str(values.get("task")), {})[id_] = place
        return StorageCall(operation, record)

    def _get(self, place: Place) -> dict[str, Any] | None:
        found = self._client().get_item(TableName=place.table, Key=place.key, ConsistentRead=True)
        entry = _entry(found["Item"]) if "Item" in found else None
        return None if entry is None else _plain(entry)


def _statements(operation: str, statements: Sequence[Mapping[str, Any]]) -> StorageCall:
    """A request of PartiQL statements: a write if one of them writes."""
    words = [re.match(r"\s*(\w*)", str(each.get("Statement", ""))) for each in statements]
    writes = [StorageCall(VERBS[verb], OTHER) for word in words if word and (verb := word[1].upper()) in VERBS]
    return writes[0]._replace(also=tuple(writes[1:])) if writes else StorageCall(operation, OTHER)


def _started(request: AwsRequest) -> Iterator[str]:
    """The tasks that a request starts: by events, or by an execution whose input has an event's detail."""
    details: list[Any] = []
    if request.service == "events" and request.operation == "PutEvents":
        entries = json.loads(request.body).get("Entries", ())
        details = [each.get("Detail") for each in entries if each.get("DetailType") == DETAIL_TYPE]
    elif request.service == "states" and request.operation == "StartExecution":
        given = _parsed(json.loads(request.body).get("input"))
        details = [given.get("detail")] if isinstance(given, dict) else []
    for detail in details:
        fields = _parsed(detail) if isinstance(detail, str) else detail
        if isinstance(fields, dict) and isinstance(id_ := fields.get("webinyTaskId"), str):
            yield id_


def _parsed(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return None


def _put(body: Mapping[str, Any], operation: str) -> Iterator[tuple[str, Item]]:
    """The items that a write puts, each with its table."""
    if operation == "PutItem":
        yield body["TableName"], body["Item"]
    for table, writes in body.get("RequestItems", {}).items():
        yield from ((table, write["PutRequest"]["Item"]) for write in writes if "PutRequest" in write)
    for write in body.get("TransactItems", ()):
        if "Put" in write:
            yield write["Put"]["TableName"], write["Put"]["Item"]


def _deleted(body: Mapping[str, Any], operation: str) -> Iterator[Item]:
    """The keys that a write deletes."""
    if operation == "DeleteItem":
        yield body["Key"]
    for writes in body.get("RequestItems", {}).values():
        yield from (write["DeleteRequest"]["Key"] for write in writes if "DeleteRequest" in write)
    yield from (write["Delete"]["Key"] for write in body.get("TransactItems", ()) if "Delete" in write)


def _entry(item: Item) -> Item | None:
    """An item as the entry of a task or a log, ``None`` if it is none; in 6.x an item has the entry as its ``data``."""
    keys = {name: item[name] for name in ("PK", "SK") if name in item}
    inner = {**item["data"]["M"], **keys} if _is_map(item.get("data")) else item
    for entry in (item, inner):
        if _text(entry.get("modelId")) in MODELS and "entryId" in entry and _is_map(entry.get("values")):
            return entry
    return None


def _is_map(attribute: Any) -> bool:
    return isinstance(attribute, dict) and isinstance(attribute.get("M"), dict)


def _text(attribute: Any) -> str:
    return str(attribute.get("S", "")) if isinstance(attribute, dict) else ""


def _id_in(key: Item) -> str:
    """The id at the end of a key's partition."""
    return _text(key.get("PK")).rpartition("#")[2]


def _values(entry: Item) -> dict[str, Any]:
    """The values of an entry by the names of their fields: ``text@taskStatus`` is ``taskStatus``."""
    return _named(_plain({"values": entry["values"]})["values"])


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name.rpartition("@")[2]: value for name, value in values.items()}


def _plain(item: Item) -> dict[str, Any]:
    """An item's attributes as plain values; numbers are ``int`` or ``float``."""
    from boto3.dynamodb.types import TypeDeserializer

    read = TypeDeserializer()
    return {name: _numbers(read.deserialize(attribute)) for name, attribute in item.items()}


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _numbers(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_numbers(each) for each in value]
    if isinstance(value, bool) or not hasattr(value, "as_integer_ratio"):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


def _readable(read: Callable[[Mapping[str, Any]], T], entry: Mapping[str, Any]) -> T:
    """What ``read`` makes of an entry; raises ``EmulatorError`` for one of another form than the releases'."""
    try:
        return read(entry)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"it has no {error}" if isinstance(error, KeyError) else str(error)
        raise EmulatorError(
            f"the entry {entry.get('entryId')!r} of the model {entry.get('modelId')} cannot be read: {what}\n"
            "    fix: store it as the releases do, or read your own tables"
        ) from error


def _identity(entry: Mapping[str, Any]) -> Identity:
    creator = entry["createdBy"]
    return Identity(creator.get("id"), creator.get("displayName"), creator.get("type"))


def _task(entry: Mapping[str, Any]) -> Task:
    values = _named(entry["values"])
    times = {name: as_instant(values[name]) for name in ("startedOn", "finishedOn") if values.get(name)}
    status: str = values["taskStatus"]
    return Task(
        id=entry["entryId"],
        name=values["name"],
        definition_id=values["definitionId"],
        created_on=as_instant(entry["createdOn"]),
        saved_on=as_instant(entry["savedOn"]),
        created_by=_identity(entry),
        status=TaskStatus(status) if status in set(TaskStatus) else status,
        iterations=values.get("iterations", 0),
        execution_name=values.get("executionName") or "",
        parent_id=values.get("parentId"),
        input=values.get("input"),
        output=values.get("output"),
        started_on=times.get("startedOn"),
        finished_on=times.get("finishedOn"),
        event_response=values.get("eventResponse"),
    )


def _log(entry: Mapping[str, Any]) -> TaskLog:
    values = _named(entry["values"])
    return TaskLog(
        id=entry["entryId"],
        created_on=as_instant(entry["createdOn"]),
        created_by=_identity(entry),
        execution_name=values.get("executionName"),
        task=values["task"],
        iteration=values["iteration"],
        items=tuple(_item(_named(each)) for each in values.get("items") or ()),
    )


def _item(fields: Mapping[str, Any]) -> LogItem:
    return LogItem(
        message=fields["message"],
        created_on=as_instant(fields["createdOn"]),
        type="error" if fields.get("type") == "error" else "info",
        data=fields.get("data"),
        error=fields.get("error"),
    )
