"""Reads and writes of the tasks' table, and the words with which tests name them."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from emulator.aws.interception import AwsRequest
from emulator.tasks import TaskStatus


class StorageCall(NamedTuple):
    """One DynamoDB call of the application.

    ``record`` is ``task``, ``log``, both of them in one read (``TASK_AND_LOG``), ``sequence`` (which numbers the
    tasks), ``manifest`` (which names the machine) or, of a handler of the user's own, ``other``.
    ``fields`` are the fields that an update sets or removes, ``status`` is the status that it sets. ``also`` are the
    other entries of one request, which is one call.
    """

    operation: str
    record: str
    fields: frozenset[str] = frozenset()
    status: str | None = None
    also: "tuple[StorageCall, ...]" = ()

    @property
    def writes(self) -> bool:
        """Whether it changes the table."""
        return self.operation in WRITING


WRITING: Final = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")
READING: Final = ("GetItem", "Query")
TASK_AND_LOG: Final = "task and log"

Test = Callable[[StorageCall], bool]


def _makes(record: str) -> Test:
    return lambda call: call.operation == "PutItem" and call.record == record


def _touches(record: str) -> Test:
    return lambda call: call.record == record


def _sets(field: str) -> Test:
    return lambda call: field in call.fields


def _sets_status(status: str) -> Test:
    return lambda call: call.status == status


WRITES: Final[Mapping[str, Test]] = {
    "any": lambda call: True,
    "task": _touches("task"),
    "log": _touches("log"),
    "new task": _makes("task"),
    "new log": _makes("log"),
    "log items": lambda call: call.record == "log" and call.operation == "UpdateItem",
    "deletion": lambda call: call.operation == "DeleteItem",
    "status": _sets("taskStatus"),
    "running": _sets_status(TaskStatus.RUNNING),
    "success": _sets_status(TaskStatus.SUCCESS),
    "failed": _sets_status(TaskStatus.FAILED),
    "aborted": _sets_status(TaskStatus.ABORTED),
    "input": _sets("input"),
    "output": _sets("output"),
    "iterations": _sets("iterations"),
}
"""Word for a write -> whether a call is one. Words of fields and statuses match updates of a task's record.

In profiles that save the whole record, each save sets every field, and the status of the record.
"""

READS: Final[Mapping[str, Test]] = {
    "any": lambda call: True,
    "task": lambda call: (
        (call.operation == "GetItem" and call.record in ("task", "manifest")) or call.record == TASK_AND_LOG
    ),
    "log": lambda call: call.record in ("log", TASK_AND_LOG),
    "tasks": lambda call: call.operation == "Query" and call.record == "task",
}
"""Word for a read -> whether a call is one; ``tasks`` is a list of tasks."""


def read_storage_call(request: AwsRequest, table_name: str) -> StorageCall | None:
    """The request as a call to this table, ``None`` for any other request."""
    if request.service != "dynamodb" or request.operation not in WRITING + READING:
        return None
    body: dict[str, Any] = json.loads(request.body)
    if body.get("TableName") != table_name:
        return None
    operation = request.operation
    if operation == "Query":
        values = body["ExpressionAttributeValues"]
        partition = values[":pk"]["S"]
        if ":log" in values or partition.endswith("#LOGS"):
            return StorageCall(operation, "log")
        return StorageCall(operation, _record_of(partition) if "IndexName" in body else TASK_AND_LOG)
    record = _record(body.get("Key") or body.get("Item") or {})
    if operation != "UpdateItem" or record != "task":
        return StorageCall(operation, record)
    names = body.get("ExpressionAttributeNames", {})
    status = body.get("ExpressionAttributeValues", {}).get(":taskStatus", {}).get("S")
    return StorageCall(operation, record, frozenset(names.values()), status)


def deleted_task(request: AwsRequest, table_name: str) -> str | None:
    """The id of the task whose record a request deletes, ``None`` for any other request."""
    if (
        request.operation != "DeleteItem"
        or (call := read_storage_call(request, table_name)) is None
        or call.record != "task"
    ):
        return None
    partition: str = json.loads(request.body)["Key"]["PK"]["S"]
    return partition.rpartition("#")[2]


def _record(key: Mapping[str, Mapping[str, str]]) -> str:
    partition, sort = key.get("PK", {}).get("S", ""), key.get("SK", {}).get("S", "")
    if sort.startswith("LOG#"):
        return "log"
    return _record_of(partition)


def _record_of(partition: str) -> str:
    if partition.startswith("SERVICE_MANIFEST"):
        return "manifest"
    return "sequence" if partition.endswith("#SEQUENCE") else "task"
