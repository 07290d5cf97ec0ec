"""The records of background tasks: ``Task``, ``TaskLog`` with its ``LogItem`` entries, ``Identity``; all frozen.

In Python: snake_case and aware UTC datetimes. On the wire (``to_dict``): the original's camelCase keys and
ISO strings with milliseconds; keys without a value are absent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal

from .plain import Json, JsonObject, copied, instant_text


class TaskStatus(StrEnum):
    """The status of a task; equal to its text, so ``task.status == "running"`` works."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    ABORTED = "aborted"


ABORTABLE: Final = (TaskStatus.PENDING, TaskStatus.RUNNING)
"""The statuses of tasks that have not ended."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity that created a record; a run acts as its task's creator."""

    id: str
    display_name: str
    type: str = "admin"

    def to_dict(self) -> JsonObject:
        """``{"id", "displayName", "type"}``."""
        return {"id": self.id, "displayName": self.display_name, "type": self.type}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> "Identity":
        """The identity that ``to_dict`` wrote."""
        return cls(value["id"], value["displayName"], value["type"])


@dataclass(frozen=True, slots=True)
class Task:
    """One task. ``status`` is a ``TaskStatus``, or plain text if another program wrote an unknown one.

    ``executionName`` is the first run's; ``finished_on`` is absent on a task that the user aborted.
    """

    id: str
    name: str
    definition_id: str
    created_on: datetime
    saved_on: datetime
    created_by: Identity
    status: str = TaskStatus.PENDING
    iterations: int = 0
    execution_name: str = ""
    parent_id: str | None = None
    input: JsonObject | None = None
    output: JsonObject | None = None
    started_on: datetime | None = None
    finished_on: datetime | None = None
    event_response: JsonObject | None = None
    raised: str | None = field(default=None, compare=False)
    """What the run that failed had raised, for people: type, text, and lines of code. No part of the wire form."""

    def to_dict(self) -> JsonObject:
        """The wire form; keys without a value are absent."""
        return _wire(self, TASK_FIELDS)


@dataclass(frozen=True, slots=True)
class LogItem:
    """One entry of a log."""

    message: str
    created_on: datetime
    type: Literal["info", "error"]
    data: Json = None
    error: Json = None
    raised: str | None = field(default=None, compare=False)
    """What was raised, for people: type, text, and lines of code. No part of the wire form."""

    def to_dict(self) -> JsonObject:
        """The wire form; ``data`` and ``error`` only when given."""
        return _wire(self, ITEM_FIELDS)


@dataclass(frozen=True, slots=True)
class TaskLog:
    """The log of one run of the handler; ``task`` is the task's id, ``iteration`` counts the task's logs from 1.

    In the releases, the log that aborting a pending task makes has no execution's name: ``None``, ``null`` on the wire.
    """

    id: str
    created_on: datetime
    created_by: Identity
    execution_name: str | None
    task: str
    iteration: int
    items: tuple[LogItem, ...] = ()

    def to_dict(self) -> JsonObject:
        """The wire form, items included; ``executionName`` also when it is ``null``."""
        wire = _wire(self, LOG_FIELDS)
        return {key: wire.get(key) for key in LOG_FIELDS if key in wire or key == "executionName"}


TASK_FIELDS: Final[Mapping[str, str]] = {
    "id": "id",
    "createdOn": "created_on",
    "savedOn": "saved_on",
    "createdBy": "created_by",
    "name": "name",
    "definitionId": "definition_id",
    "parentId": "parent_id",
    "input": "input",
    "output": "output",
    "taskStatus": "status",
    "executionName": "execution_name",
    "eventResponse": "event_response",
    "startedOn": "started_on",
    "finishedOn": "finished_on",
    "iterations": "iterations",
}
"""Wire key of a task's field -> attribute of ``Task``, in the original's order."""

LOG_FIELDS: Final[Mapping[str, str]] = {
    "id": "id",
    "createdOn": "created_on",
    "createdBy": "created_by",
    "executionName": "execution_name",
    "task": "task",
    "iteration": "iteration",
    "items": "items",
}
"""Wire key of a log's field -> attribute of ``TaskLog``."""

ITEM_FIELDS: Final[Mapping[str, str]] = {
    "message": "message",
    "createdOn": "created_on",
    "type": "type",
    "data": "data",
    "error": "error",
}
"""Wire key of a log item's field -> attribute of ``LogItem``."""


def _wire(record: Any, fields: Mapping[str, str]) -> JsonObject:
    values = ((key, getattr(record, attribute)) for key, attribute in fields.items())
    return {key: _wire_value(value) for key, value in values if value is not None}


def _wire_value(value: Any) -> Json:
    match value:
        case datetime():
            return instant_text(value)
        case Identity() | LogItem():
            return value.to_dict()
        case TaskStatus():
            return value.value
        case tuple():
            return [item.to_dict() for item in value]
        case _:
            json: Json = copied(value)
            return json
