"""Tasks and logs in one DynamoDB table: each record is one item, each change of a record one conditional write.

Keys, after the prefix ``T#<tenant>#L#<locale>#``:

=========  ====================  ==========================================================================
item       PK, SK                indexes
=========  ====================  ==========================================================================
task       ``TASK#<id>``,        ``GSI1`` ``TASKS``; ``GSI2`` ``STATUS#<status>``; ``GSI3``
           ``TASK``              ``DEFINITION#<id>``; ``GSI4`` ``PARENT#<id>``; each sorted by creation
log        ``TASK#<task id>``,   ``GSI1`` ``LOGS``, sorted by creation
           ``LOG#<iteration>``
sequence   ``SEQUENCE``, ``A``   none: numbers the tasks, so that simultaneous ones keep their order
=========  ====================  ==========================================================================

One more item has no prefix, the service manifest: ``SERVICE_MANIFEST#api``, ``A``, in ``GSI1`` under
``SERVICE_MANIFESTS``. It names the state machine, for the transport that starts executions directly.

Free JSON (``input``, ``output``, ``eventResponse``, ``data``, ``error``) is stored as JSON text, because DynamoDB's
numbers and nesting limit would change it. A log is in its task's partition, so one consistent query, from the end,
reads the task and its newest log, and two overlapping runs can never use the same iteration; the log remains when the
task is deleted.

The first call creates the table if it does not exist. Reads by key are consistent; lists come from the indexes,
which real DynamoDB updates a moment later.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from .errors import (
    CREATE_ENTRY_ERROR,
    DATA_LOADER_ERROR,
    MALFORMED_VALUE,
    UPDATE_ERROR,
    NotFoundError,
    TaskError,
    message_of,
)
from .plain import as_instant, instant_text
from .records import TASK_FIELDS, Identity, LogItem, Task, TaskLog, TaskStatus
from .rules import EMPTY_TEXT

Item = dict[str, dict[str, Any]]

INDEXES: Final = ("GSI1", "GSI2", "GSI3", "GSI4")
_WIDTH: Final = 12

TASK_SORT_KEY: Final = "TASK"
"""Sorts after every ``LOG#...``."""

MANIFESTS: Final = "SERVICE_MANIFESTS"
MACHINE_KEY: Final = "bgTaskSfn"


class StatusConflictError(Exception):
    """A write found the task in a status that it must not overwrite; ``task`` is the current record."""

    def __init__(self, task: Task) -> None:
        super().__init__(f'task "{task.id}" is {task.status}')
        self.task = task


def create_table(client: Any, table_name: str) -> None:
    """Create the table and its indexes if it does not exist, and wait until it can be used."""
    keys = ["PK", "SK", *(f"{index}_{key}" for index in INDEXES for key in ("PK", "SK"))]
    with suppress(client.exceptions.ResourceInUseException):
        client.create_table(
            TableName=table_name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            KeySchema=_key_schema("PK", "SK"),
            GlobalSecondaryIndexes=[
                {
                    "IndexName": index,
                    "KeySchema": _key_schema(f"{index}_PK", f"{index}_SK"),
                    "Projection": {"ProjectionType": "ALL"},
                }
                for index in INDEXES
            ],
        )
    client.get_waiter("table_exists").wait(TableName=table_name)


def _key_schema(hash_key: str, range_key: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": hash_key, "KeyType": "HASH"},
        {"AttributeName": range_key, "KeyType": "RANGE"},
    ]


@dataclass(frozen=True, slots=True)
class Storage:
    """The records of one tenant and locale; ``client`` is boto3's DynamoDB client. Its exceptions are passed on.

    ``empty_text`` and ``errors`` (``storage_errors``) are the profile's: with ``null``, no stored value has an empty
    text. Updates return what they were given as it was, and the rest of the record as it is stored, as in the releases.
    """

    client: Any
    table_name: str
    tenant: str = "root"
    locale: str = "en-US"
    empty_text: str = "kept"
    errors: str = "as_raised"

    def create_task(self, task: Task) -> Task:
        """Store a new task; never overwrites an existing one."""
        item = {**self._task_key(task.id), **self._task_item(task), **self._task_indexes(task)}
        try:
            with self._coded(CREATE_ENTRY_ERROR):
                self._call("put_item", Item=item, ConditionExpression="attribute_not_exists(PK)")
        except self.client.exceptions.ConditionalCheckFailedException:
            raise TaskError(f'The task "{task.id}" already exists; new_id must give a new id each time.') from None
        return task

    def get_task(self, id: str) -> Task | None:
        """The task, or ``None``; a revision suffix (``#0005``) is ignored."""
        found = self._call("get_item", Key=self._task_key(public_id(id)), ConsistentRead=True)
        return _read_task(found["Item"]) if "Item" in found else None

    def get_task_and_log(self, id: str) -> tuple[Task | None, TaskLog | None]:
        """The task and its newest log, in one read; either may be missing."""
        values = {":pk": {"S": self._prefix(f"TASK#{public_id(id)}")}}
        with self._coded(DATA_LOADER_ERROR):
            found = self._call(
                "query",
                KeyConditionExpression="PK = :pk",
                ExpressionAttributeValues=values,
                ScanIndexForward=False,
                Limit=2,
                ConsistentRead=True,
            )["Items"]
        tasks = [_read_task(item) for item in found if item["SK"]["S"] == TASK_SORT_KEY]
        logs = [_read_log(item) for item in found if item["SK"]["S"] != TASK_SORT_KEY]
        return next(iter(tasks), None), next(iter(logs), None)

    def update_task(
        self,
        id: str,
        fields: Mapping[str, Any],
        *,
        only_from: Iterable[str] = (),
        never_from: Iterable[str] = (),
        over: Task | None = None,
    ) -> Task:
        """Set ``fields`` (wire keys; ``None`` removes) in one write, and return the whole updated record.

        With ``over``, the write covers all of that record, with ``fields`` merged in: writes by others in the
        meantime are lost. Raises ``NotFoundError`` if the task is gone (an update never recreates it),
        ``StatusConflictError`` if its status is not one of ``only_from`` or is one of ``never_from``.
        """
        whole = {key: getattr(over, TASK_FIELDS[key]) for key in _CHANGING} if over else {}
        changes = {key: self._attribute(key, value) for key, value in {**whole, **fields}.items()}
        if status := changes.get("taskStatus"):
            changes["GSI2_PK"] = {"S": self._prefix(f"STATUS#{status['S']}")}
        condition = "attribute_exists(PK)"
        allowed = {f":only{n}": {"S": str(status)} for n, status in enumerate(only_from)}
        barred = {f":never{n}": {"S": str(status)} for n, status in enumerate(never_from)}
        if allowed:
            condition += f" AND taskStatus IN ({', '.join(allowed)})"
        if barred:
            condition += f" AND NOT taskStatus IN ({', '.join(barred)})"
        try:
            with self._coded(UPDATE_ERROR):
                written = self._update(self._task_key(public_id(id)), changes, condition, {**allowed, **barred})
        except self.client.exceptions.ConditionalCheckFailedException:
            if (task := self.get_task(id)) is None:
                raise vanished(id, "webinyTask") from None
            raise StatusConflictError(task) from None
        return replace(_read_task(written), **{TASK_FIELDS[key]: fields[key] for key in _FREE if key in fields})

    def delete_task(self, id: str) -> None:
        """Delete the task; its logs and children remain. Raises ``NotFoundError``."""
        try:
            self._call(
                "delete_item",
                Key=self._task_key(public_id(id)),
                ConditionExpression="attribute_exists(PK)",
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            raise NotFoundError(f'Entry "{public_id(id)}#0001" was not found!') from None

    def list_tasks(self, where: Mapping[str, Any]) -> list[Task]:
        """Tasks, oldest first, from the narrowest index for ``where``; its other conditions are not applied."""
        index, partition = self._task_index(where)
        return [_read_task(item) for item in self._query_index(index, partition)]

    def create_log(self, make: Callable[[int], TaskLog], latest: TaskLog | None) -> TaskLog:
        """Store the log that ``make`` builds for the iteration after ``latest``, the task's newest log.

        If an overlapping run takes that iteration first, the next one is tried.
        """
        iteration = latest.iteration if latest else 0
        while True:
            iteration += 1
            log = make(iteration)
            item = {**self._log_key(log), **self._log_item(log), **self._log_index(log)}
            try:
                with self._coded(CREATE_ENTRY_ERROR):
                    self._call("put_item", Item=item, ConditionExpression="attribute_not_exists(PK)")
            except self.client.exceptions.ConditionalCheckFailedException:
                continue
            return log

    def append_items(self, log: TaskLog, items: Iterable[LogItem]) -> TaskLog:
        """Add ``items`` in one write that keeps others' entries; raises ``NotFoundError`` if the log is gone."""
        return self._write_items(log, items, "list_append(#items, :new)")

    def replace_items(self, log: TaskLog, items: Iterable[LogItem]) -> TaskLog:
        """Replace the log's entries by ``items``; raises ``NotFoundError`` if the log is gone."""
        return self._write_items(log, items, ":new")

    def _write_items(self, log: TaskLog, items: Iterable[LogItem], value: str) -> TaskLog:
        new = {"L": [{"M": self._item_map(item)} for item in items]}
        try:
            with self._coded(UPDATE_ERROR):
                written = self._call(
                    "update_item",
                    Key=self._log_key(log),
                    UpdateExpression=f"SET #items = {value}",
                    ConditionExpression="attribute_exists(PK)",
                    ExpressionAttributeNames={"#items": "items"},
                    ExpressionAttributeValues={":new": new},
                    ReturnValues="ALL_NEW",
                )
        except self.client.exceptions.ConditionalCheckFailedException:
            raise vanished(log.id, "webinyTaskLog") from None
        return _read_log(written["Attributes"])

    def delete_log(self, log: TaskLog) -> None:
        """Delete the log if it exists."""
        self._call("delete_item", Key=self._log_key(log))

    def latest_log(self, task_id: str) -> TaskLog | None:
        """The log of the task's last iteration, or ``None``."""
        found = self._call("query", **self._log_query(task_id), ScanIndexForward=False, Limit=1, ConsistentRead=True)
        return _read_log(found["Items"][0]) if found["Items"] else None

    def list_logs(self, task_id: str | None = None) -> list[TaskLog]:
        """The logs of one task (a consistent read) or of all, oldest first."""
        if task_id is None:
            return [_read_log(item) for item in self._query_index("GSI1", "LOGS")]
        return [_read_log(item) for item in self._pages(**self._log_query(task_id), ConsistentRead=True)]

    def machine_arn(self) -> str | None:
        """The ARN of the state machine in the service manifest, ``None`` if it has none."""
        for item in self._pages(
            IndexName="GSI1",
            KeyConditionExpression="GSI1_PK = :pk",
            ExpressionAttributeValues={":pk": {"S": MANIFESTS}},
        ):
            if item["name"]["S"] == "api":
                arn = json.loads(item["manifest"]["S"]).get(MACHINE_KEY)
                return arn if isinstance(arn, str) and arn else None
        return None

    def write_machine_arn(self, arn: str) -> None:
        """Write the state machine's ARN to the service manifest."""
        keys = {"PK": "SERVICE_MANIFEST#api", "SK": "A", "GSI1_PK": MANIFESTS, "GSI1_SK": "api"}
        fields = {"TYPE": "manifest", "name": "api", "manifest": json.dumps({MACHINE_KEY: arn})}
        self._call("put_item", Item={key: {"S": value} for key, value in {**keys, **fields}.items()})

    def _call(self, operation: str, **arguments: Any) -> Any:
        """One call to DynamoDB; if the table is missing, it is created and the call repeated."""
        call = getattr(self.client, operation)
        try:
            return call(TableName=self.table_name, **arguments)
        except self.client.exceptions.ResourceNotFoundException:
            create_table(self.client, self.table_name)
            return call(TableName=self.table_name, **arguments)

    @contextmanager
    def _coded(self, code: str) -> Iterator[None]:
        """A block whose errors of DynamoDB get the code of the release's storage; a failed condition is no error."""
        failed_condition = self.client.exceptions.ConditionalCheckFailedException
        try:
            yield
        except Exception as error:
            if self.errors == "as_raised" or isinstance(error, failed_condition) or not hasattr(error, "response"):
                raise
            raise TaskError(message_of(error), code) from error

    def _prefix(self, rest: str) -> str:
        return f"T#{self.tenant}#L#{self.locale}#{rest}"

    def _task_key(self, id: str) -> Item:
        return {"PK": {"S": self._prefix(f"TASK#{id}")}, "SK": {"S": TASK_SORT_KEY}}

    def _log_key(self, log: TaskLog) -> Item:
        return {
            "PK": {"S": self._prefix(f"TASK#{log.task}")},
            "SK": {"S": f"LOG#{log.iteration:0{_WIDTH}d}"},
        }

    def _log_query(self, task_id: str) -> dict[str, Any]:
        return {
            "KeyConditionExpression": "PK = :pk AND begins_with(SK, :log)",
            "ExpressionAttributeValues": {
                ":pk": {"S": self._prefix(f"TASK#{public_id(task_id)}")},
                ":log": {"S": "LOG#"},
            },
        }

    def _task_indexes(self, task: Task) -> Item:
        partitions = {
            "GSI1": "TASKS",
            "GSI2": f"STATUS#{task.status}",
            "GSI3": f"DEFINITION#{task.definition_id}",
        }
        if task.parent_id is not None:
            partitions["GSI4"] = f"PARENT#{task.parent_id}"
        order = f"{instant_text(task.created_on)}#{self._next_number():0{_WIDTH}d}"
        keys: Item = {}
        for index, partition in partitions.items():
            keys[f"{index}_PK"] = {"S": self._prefix(partition)}
            keys[f"{index}_SK"] = {"S": order}
        return keys

    def _task_index(self, where: Mapping[str, Any]) -> tuple[str, str]:
        for field, index, word in (
            ("parentId", "GSI4", "PARENT"),
            ("definitionId", "GSI3", "DEFINITION"),
            ("taskStatus", "GSI2", "STATUS"),
        ):
            if isinstance(value := where.get(field), str):
                return index, f"{word}#{value}"
        return "GSI1", "TASKS"

    def _log_index(self, log: TaskLog) -> Item:
        order = f"{instant_text(log.created_on)}#{log.task}#{log.iteration:0{_WIDTH}d}"
        return {"GSI1_PK": {"S": self._prefix("LOGS")}, "GSI1_SK": {"S": order}}

    def _next_number(self) -> int:
        counted = self._call(
            "update_item",
            Key={"PK": {"S": self._prefix("SEQUENCE")}, "SK": {"S": "A"}},
            UpdateExpression="ADD #number :one",
            ExpressionAttributeNames={"#number": "number"},
            ExpressionAttributeValues={":one": {"N": "1"}},
            ReturnValues="UPDATED_NEW",
        )
        return int(counted["Attributes"]["number"]["N"])

    def _attribute(self, key: str, value: Any) -> dict[str, Any] | None:
        if key not in _UNTOUCHED:
            value = EMPTY_TEXT[self.empty_text](value)
        if value is None:
            return None
        if key in _JSON:
            return {"S": json.dumps(value, ensure_ascii=False, separators=(",", ":"))}
        if key in _NUMBERS:
            return {"N": str(value)}
        return {"S": instant_text(value) if isinstance(value, datetime) else str(value)}

    def _task_item(self, task: Task) -> Item:
        item: Item = {"TYPE": {"S": "task"}}
        for key, value in task.to_dict().items():
            if (attribute := self._attribute(key, value)) is not None:
                item[key] = attribute
        return item

    def _log_item(self, log: TaskLog) -> Item:
        name = self._attribute("executionName", log.execution_name)
        return {
            "TYPE": {"S": "log"},
            "id": {"S": log.id},
            "createdOn": {"S": instant_text(log.created_on)},
            "createdBy": {"S": json.dumps(log.created_by.to_dict())},
            **({} if name is None else {"executionName": name}),
            "task": {"S": log.task},
            "iteration": {"N": str(log.iteration)},
            "items": {"L": [{"M": self._item_map(item)} for item in log.items]},
        }

    def _item_map(self, item: LogItem) -> Item:
        stored = EMPTY_TEXT[self.empty_text]
        fields = {
            key: {"S": json.dumps(stored(value), ensure_ascii=False) if key in ("data", "error") else str(value)}
            for key, value in item.to_dict().items()
        }
        return fields if item.raised is None else {**fields, "raised": {"S": item.raised}}

    def _query_index(self, index: str, partition: str) -> Iterator[Item]:
        return self._pages(
            IndexName=index,
            KeyConditionExpression="#pk = :pk",
            ExpressionAttributeNames={"#pk": f"{index}_PK"},
            ExpressionAttributeValues={":pk": {"S": self._prefix(partition)}},
        )

    def _pages(self, **query: Any) -> Iterator[Item]:
        while True:
            found = self._call("query", **query)
            yield from found["Items"]
            if "LastEvaluatedKey" not in found:
                return
            query["ExclusiveStartKey"] = found["LastEvaluatedKey"]

    def _update(self, key: Item, changes: Mapping[str, Any], condition: str, values: Item) -> Item:
        sets = [name for name, value in changes.items() if value is not None]
        removes = [name for name, value in changes.items() if value is None]
        clauses = []
        if sets:
            clauses.append("SET " + ", ".join(f"#{name} = :{name}" for name in sets))
        if removes:
            clauses.append("REMOVE " + ", ".join(f"#{name}" for name in removes))
        written = self._call(
            "update_item",
            Key=key,
            UpdateExpression=" ".join(clauses),
            ConditionExpression=condition,
            ExpressionAttributeNames={f"#{name}": name for name in changes},
            ExpressionAttributeValues={**{f":{name}": changes[name] for name in sets}, **values},
            ReturnValues="ALL_NEW",
        )
        attributes: Item = written["Attributes"]
        return attributes


def public_id(id: str) -> str:
    """``id`` without a revision suffix; raises ``TaskError`` (``MALFORMED_VALUE``) if the rest is empty."""
    if not id or not (bare := id.partition("#")[0]):
        raise TaskError("Missing value to be parsed for the identifier.", MALFORMED_VALUE)
    return bare


def vanished(id: str, model: str) -> NotFoundError:
    """The error for changing a record of ``model`` that does not exist."""
    return NotFoundError(f'Entry "{public_id(id)}#0001" of model "{model}" was not found.')


_FREE: Final = ("input", "output", "eventResponse")
_JSON: Final = (*_FREE, "createdBy")
_UNTOUCHED: Final = ("createdBy", "name")
"""Fields that are stored as they are given: a task's name is never empty."""
_NUMBERS: Final = ("iterations",)
_CHANGING: Final = tuple(
    key for key in TASK_FIELDS if key not in ("id", "createdOn", "createdBy", "definitionId", "parentId")
)
_INSTANTS: Final = ("createdOn", "savedOn", "startedOn", "finishedOn")


def _read_task(item: Item) -> Task:
    values = {TASK_FIELDS[key]: _value(key, item[key]) for key in TASK_FIELDS if key in item}
    values["created_by"] = Identity.from_dict(values["created_by"])
    values["raised"] = item["raised"]["S"] if "raised" in item else None
    if values["status"] in set(TaskStatus):
        values["status"] = TaskStatus(values["status"])
    return Task(**values)


def _value(key: str, attribute: Mapping[str, Any]) -> Any:
    if key in _JSON:
        return json.loads(attribute["S"])
    if key in _NUMBERS:
        return int(attribute["N"])
    return as_instant(attribute["S"]) if key in _INSTANTS else attribute["S"]


def _read_log(item: Item) -> TaskLog:
    return TaskLog(
        id=item["id"]["S"],
        created_on=as_instant(item["createdOn"]["S"]),
        created_by=Identity.from_dict(json.loads(item["createdBy"]["S"])),
        execution_name=item["executionName"]["S"] if "executionName" in item else None,
        task=item["task"]["S"],
        iteration=int(item["iteration"]["N"]),
        items=tuple(_read_item(entry["M"]) for entry in item["items"]["L"]),
    )


def _read_item(fields: Mapping[str, Mapping[str, str]]) -> LogItem:
    return LogItem(
        message=fields["message"]["S"],
        created_on=as_instant(fields["createdOn"]["S"]),
        type="error" if fields["type"]["S"] == "error" else "info",
        data=json.loads(fields["data"]["S"]) if "data" in fields else None,
        error=json.loads(fields["error"]["S"]) if "error" in fields else None,
        raised=fields["raised"]["S"] if "raised" in fields else None,
    )
