"""``Tasks``: trigger, abort, create, get, list, update and delete tasks, and read their logs.

A ``Tasks`` belongs to one tenant, locale and identity; ``scoped`` gives one for others on the same table. All
contact with the world is through arguments: the clients, the time and the ids.
"""

import copy
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import datetime
from typing import Any, Final

from .cleanup import delete_subtree
from .definitions import Registry, TaskDefinition
from .errors import (
    CREATE_ENTRY_ERROR,
    CREATE_EVENT_BRIDGE_EVENT_ERROR,
    TASK_FETCH_ERROR,
    TRIGGER_STEP_FUNCTION_ERROR,
    MaxDelayError,
    NotFoundError,
    NoTransportError,
    TaskAbortError,
    TaskDefinitionError,
    TaskError,
    TriggerError,
    message_of,
)
from .plain import Json, JsonObject, did_you_mean, lenient, plain, plain_object, to_milliseconds
from .profile import Profile
from .queries import DEFAULT_LIMIT, MAX_LIMIT, Page, log_order, log_query, page, task_order, task_query
from .records import ABORTABLE, Identity, LogItem, Task, TaskLog, TaskStatus
from .rules import MAX_WAIT_SECONDS
from .storage import StatusConflictError, Storage, create_table, public_id, vanished
from .transport import TRANSPORTS, Transport

log = logging.getLogger(__name__)

ADMIN: Final = Identity("id-12345678", "John Doe", "admin")
"""The default identity."""


class App:
    """The default application for hooks and runs: ``tasks``, and any attributes that are set on it.

    All instances of one ``Tasks`` share their attributes; only ``tasks`` differs.
    """

    tasks: "Tasks"

    def __init__(self, tasks: "Tasks", attributes: dict[str, Any]) -> None:
        object.__setattr__(self, "tasks", tasks)
        object.__setattr__(self, "_attributes", attributes)

    def __getattr__(self, name: str) -> Any:
        attributes: dict[str, Any] = object.__getattribute__(self, "_attributes")
        if name not in attributes:
            raise AttributeError(
                f'the application has no "{name}"; set it (tasks.app.{name} = ...), or pass your own app to Tasks'
            )
        return attributes[name]

    def __setattr__(self, name: str, value: Any) -> None:
        object.__getattribute__(self, "_attributes")[name] = value


class Tasks:
    """Background tasks of one tenant and locale.

    ``clients(service)`` returns a boto3 client (``"dynamodb"``, ``"events"``, ``"stepfunctions"``); it is called at
    every use, so it should cache them. ``now`` returns aware datetimes, ``new_id`` a new id each time (24 hexadecimal
    digits). Hooks and runs get ``app``; the default is an ``App``. ``tenants`` and ``locales`` exist besides
    ``tenant`` and ``locale``: a run switches to those in its event, unless they are unknown. ``profile``, a
    ``Profile`` or its name, sets the behaviour where the original's documentation and releases differ;
    ``transports`` are the possible values of its ``transport``. ``calling`` returns a context manager in which
    ``trigger`` does its work, so that the task begins after it. Raises ``NoTransportError`` if the profile's
    transport is unknown.
    """

    def __init__(
        self,
        *,
        clients: Callable[[str], Any],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        table_name: str,
        event_bus_name: str,
        registry: Registry,
        tenant: str = "root",
        locale: str = "en-US",
        tenants: Iterable[str] = (),
        locales: Iterable[str] = (),
        identity: Identity = ADMIN,
        app: Any = None,
        profile: Profile | str = "documented",
        transports: Mapping[str, Transport] = TRANSPORTS,
        calling: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self.transports = transports
        self._calling = calling
        self.profile = self._with_transport(Profile.named(profile))
        self.clients = clients
        self.now = now
        self.new_id = new_id
        self.table_name = table_name
        self.event_bus_name = event_bus_name
        self.registry = registry
        self.tenants = frozenset({tenant, *tenants})
        self.locales = frozenset({locale, *locales})
        for name in (*self.tenants, *self.locales):
            if not name or "#" in name:
                raise ValueError(f'"{name}" cannot be a tenant or locale: it must have text, and no "#"')
        self.tenant = tenant
        self.locale = locale
        self.identity = identity
        self._attributes: dict[str, Any] = {}
        self._manifest: dict[str, str] = {}
        self._app = app

    @property
    def app(self) -> Any:
        """The application that hooks and runs get as ``app``."""
        return App(self, self._attributes) if self._app is None else self._app

    @property
    def storage(self) -> Storage:
        """The records of this tenant and locale."""
        client, profile = self.clients("dynamodb"), self.profile
        return Storage(client, self.table_name, self.tenant, self.locale, profile.empty_text, profile.storage_errors)

    def create_table(self) -> None:
        """Create the DynamoDB table if it does not exist."""
        create_table(self.clients("dynamodb"), self.table_name)

    def scoped(
        self,
        *,
        tenant: str | None = None,
        locale: str | None = None,
        identity: Identity | None = None,
        profile: Profile | str | None = None,
    ) -> "Tasks":
        """The same tasks for another tenant, locale, identity or profile; raises ``ValueError`` if it is unknown."""
        for what, name, known in (("tenant", tenant, self.tenants), ("locale", locale, self.locales)):
            if name is not None and name not in known:
                near = did_you_mean(name, sorted(known))
                raise ValueError(f'There is no {what} "{name}"; name it in Tasks({what}s=[...]).{near}')
        other = copy.copy(self)
        other.tenant = self.tenant if tenant is None else tenant
        other.locale = self.locale if locale is None else locale
        other.identity = self.identity if identity is None else identity
        other.profile = self.profile if profile is None else self._with_transport(Profile.named(profile))
        return other

    def trigger(
        self,
        definition: str | TaskDefinition,
        input: Any = None,
        *,
        name: str | None = None,
        parent: Task | str | None = None,
        delay: Any = 0,
    ) -> Task:
        """Create a task and send the event that starts its state machine; returns the pending record.

        ``delay`` is in seconds, before the first run. Raises ``TaskDefinitionError``, ``MaxDelayError`` (355
        days or more), ``TriggerError``, or the exception of the hook ``on_before_trigger``; in each case no
        record remains.
        """
        found = self._definition(definition, "Task definition was not found!")
        sent_delay: Any = plain(delay, "trigger: delay")
        data: dict[str, Any] = {
            "name": name or found.title,
            "definitionId": found.id,
            "input": {} if _is_falsy(input) else self._json(input, "trigger: input"),
            **_parent(parent),
        }
        found.call_hook("on_before_trigger", **self.hook_values(), data=data, input=data["input"])
        if _is_whole(sent_delay) and sent_delay >= MAX_WAIT_SECONDS:
            record = lenient({**data, "delay": sent_delay})
            assert isinstance(record, dict)
            raise MaxDelayError(record)
        with self._calling():
            return self._send(self._create(found, data, "trigger"), sent_delay)

    def _send(self, task: Task, sent_delay: Any) -> Task:
        try:
            answer = self.transports[self.profile.transport](self)(task, sent_delay)
            if not answer:
                raise TriggerError(*NO_EVENT[self.profile.no_event], {"task": task.to_dict()})
            return self.write(task.id, {"eventResponse": answer})
        except Exception:
            self._delete_quietly(task.id)
            raise

    def create(
        self,
        definition: str | TaskDefinition,
        *,
        name: str,
        input: Any = None,
        parent: Task | str | None = None,
    ) -> Task:
        """Create a pending record without starting anything; raises ``TaskDefinitionError``."""
        found = self._definition(definition, "There is no task definition.")
        data = {
            "name": name,
            "definitionId": found.id,
            "input": None if input is None else self._json(input, "create: input"),
            **_parent(parent),
        }
        return self._create(found, data, "create")

    def get(self, id: str) -> Task | None:
        """The task, or ``None``."""
        return self.storage.get_task(id)

    def list(
        self,
        where: Mapping[str, Any] | None = None,
        *,
        sort: str | Sequence[str] = "createdOn_DESC",
        limit: int = DEFAULT_LIMIT,
        after: str | None = None,
        search: str | None = None,
    ) -> Page[Task]:
        """The tasks that match ``where``, newest first (see ``queries`` for filters and sorting)."""
        holds, ordered = task_query(where or {}, search), task_order(sort)
        oldest_first = [task for task in self.storage.list_tasks(where or {}) if holds(task)]
        return page(ordered(_ties_in_order(oldest_first, sort)), limit, after)

    def list_children(self, parent: Task | str, definition_id: str | None = None) -> Page[Task]:
        """The children of a task, oldest first."""
        where = {"parentId": _parent_id(parent)}
        if definition_id is not None:
            where["definitionId"] = definition_id
        return self.list(where, sort="createdOn_ASC", limit=MAX_LIMIT)

    def update(self, id: str, values: Mapping[str, Any]) -> Task:
        """Set fields of a task of any status by their wire names, in one write; returns the updated record.

        ``None`` removes a value. Raises ``NotFoundError``.
        """
        return self.write(id, self.update_fields(values, "update"))

    def delete(self, id: str) -> bool:
        """Delete a task of any status; its logs, children and execution remain. Raises ``NotFoundError``."""
        self.storage.delete_task(id)
        return True

    def abort(self, id: str, message: str | None = None) -> Task:
        """Mark a pending or running task as aborted; returns the updated record. Its execution ends at the next run.

        Raises ``NotFoundError``, ``TaskDefinitionError``, or ``TaskAbortError`` for a task that has ended and
        for any other failure; nothing is rolled back.
        """
        storage = self.storage
        task, latest = storage.get_task_and_log(id)
        if task is None:
            raise NotFoundError(f'Task "{id}" was not found!')
        if (definition := self.registry.get(task.definition_id)) is None:
            raise TaskDefinitionError("Task definition was not found!", task.id)
        if task.status not in ABORTABLE:
            raise _not_abortable(task)
        if latest is None:
            latest = self.create_log_after(None, task, task.execution_name)
        try:
            fields = {"taskStatus": TaskStatus.ABORTED}
            if self.profile.abort_race == "last_write":
                task = self.write(task.id, fields, over=task)
            else:
                task = self.write(task.id, fields, only_from=ABORTABLE)
            item = LogItem(message or "Task aborted.", to_milliseconds(self.now()), "info")
            storage.append_items(latest, [item])
            definition.call_hook("on_abort", **self.hook_values(), task=task)
        except StatusConflictError as conflict:
            raise _not_abortable(conflict.task) from None
        except Exception as error:
            data: JsonObject = {"id": task.id, "message": message_of(error)}
            raise TaskAbortError("Could not abort the task!", data) from error
        finally:
            if task.status == TaskStatus.ABORTED and "on_abort" in definition.cleans_up_after:
                delete_subtree(storage, task.id)
        return task

    def write(
        self, id: str, fields: Mapping[str, Any], *, over: Task | None = None, **conditions: Iterable[str]
    ) -> Task:
        """``Storage.update_task`` in the profile's way of saving, with a new ``savedOn``; returns the updated record.

        ``over`` is the record to change, for profiles that save all of it; by default it is read first.
        """
        if over is None and self.profile.abort_race == "last_write":
            over = self.get(id)
        return self.storage.update_task(id, {**fields, "savedOn": self.now()}, over=over, **conditions)

    def update_fields(self, values: Mapping[str, Any], what: str) -> dict[str, Any]:
        """``values`` in the storage's form; raises ``TypeError`` or ``ValueError`` that names an invalid field."""
        drops = self.profile.unknown_fields == "dropped"
        taken = {key: value for key, value in values.items() if key in UPDATABLE} if drops else values
        return {key: self._update_value(key, value, what) for key, value in taken.items()}

    def create_log(self, task: Task, execution_name: str) -> TaskLog:
        """A new empty log for the task's next iteration."""
        return self.create_log_after(self.storage.latest_log(task.id), task, execution_name)

    def create_log_after(self, latest: TaskLog | None, task: Task, execution_name: str) -> TaskLog:
        """``create_log`` for a caller that has already read the task's newest log."""
        at, id_, creator = to_milliseconds(self.now()), self.new_id(), self.identity
        return self.storage.create_log(
            lambda iteration: TaskLog(id_, at, creator, execution_name, task.id, iteration), latest
        )

    def get_log(self, id: str) -> TaskLog | None:
        """The log with this id, or ``None``; searches the list of all logs."""
        wanted = public_id(id)
        return next((entry for entry in self.storage.list_logs() if entry.id == wanted), None)

    def update_log(self, id: str, items: Sequence[LogItem]) -> TaskLog:
        """Replace the log's entries by ``items``; returns the updated log. Raises ``NotFoundError``."""
        return self.storage.replace_items(self._log(id), items)

    def delete_log(self, id: str) -> bool:
        """Delete a log; returns ``True``. Raises ``NotFoundError``."""
        self.storage.delete_log(self._log(id))
        return True

    def list_logs(
        self,
        where: Mapping[str, Any] | None = None,
        *,
        sort: str | Sequence[str] = "createdOn_ASC",
        limit: int = DEFAULT_LIMIT,
        after: str | None = None,
        search: str | None = None,
    ) -> Page[TaskLog]:
        """The logs that match ``where``, oldest first; ``{"task": id}`` gives those of one task."""
        holds, ordered = log_query(where or {}, search), log_order(sort)
        task_id = (where or {}).get("task")
        logs = self.storage.list_logs(task_id if isinstance(task_id, str) else None)
        return page(ordered(_ties_in_order([entry for entry in logs if holds(entry)], sort)), limit, after)

    def get_latest_log(self, task_id: str) -> TaskLog:
        """The newest log of a task; raises ``NotFoundError`` if it has none."""
        if (latest := self.storage.latest_log(task_id)) is None:
            raise NotFoundError(f'No existing latest log found for task "{task_id}".')
        return latest

    def fetch_service_info(self, task: Task | str | None) -> JsonObject | None:
        """The response of DescribeExecution for the task's execution, ``None`` if that is not available.

        Only tasks whose ``eventResponse`` has an ``executionArn`` have one: EventBridge does not report the
        executions that it starts, so for its tasks the result is ``None``.
        """
        if task is None:
            raise TaskError("Task was not found!", TASK_FETCH_ERROR, {"input": None})
        found = self.get(task) if isinstance(task, str) else task
        if found is None:
            raise NotFoundError(f'Task "{task}" was not found!')
        arn = (found.event_response or {}).get("executionArn")
        if not isinstance(arn, str):
            return None
        try:
            answer = lenient(self.clients("stepfunctions").describe_execution(executionArn=arn))
        except Exception:
            log.exception("DescribeExecution failed for %s", arn)
            return None
        return answer if isinstance(answer, dict) else None

    def _log(self, id: str) -> TaskLog:
        if (found := self.get_log(id)) is None:
            raise vanished(id, "webinyTaskLog")
        return found

    def _definition(self, definition: str | TaskDefinition, message: str) -> TaskDefinition:
        id_ = definition.id if isinstance(definition, TaskDefinition) else definition
        if (found := self.registry.get(id_)) is None:
            raise TaskDefinitionError(message, id_)
        found.check_profile(self.profile)
        return found

    def machine_arn(self) -> str | None:
        """The state machine in the table's service manifest, read once; ``None`` as long as it has none."""
        if "arn" not in self._manifest and (arn := self.storage.machine_arn()) is not None:
            self._manifest["arn"] = arn
        return self._manifest.get("arn")

    def _with_transport(self, profile: Profile) -> Profile:
        if profile.transport not in self.transports:
            raise NoTransportError(profile.transport, list(self.transports))
        return profile

    def hook_values(self) -> dict[str, Any]:
        """The parameters that every hook may declare, besides its own."""
        app = self.app
        return {"app": app, "context": app, "tasks": self}

    def _create(self, definition: TaskDefinition, data: Mapping[str, Any], what: str) -> Task:
        at = to_milliseconds(self.now())
        for key in data:
            if key not in CREATABLE and self.profile.unknown_fields == "refused":
                raise TypeError(f'{what}: a new task has no "{key}".{did_you_mean(key, CREATABLE)}')
        if not isinstance(data["name"], str):
            raise TypeError(f"{what}: name={data['name']!r} must be a string")
        given = None if data["input"] is None else self._json(data["input"], f"{what}: input")
        definition.check_input({} if given is None else given, **self.hook_values())
        task = Task(
            id=self.new_id(),
            name=data["name"],
            definition_id=data["definitionId"],
            parent_id=data.get("parentId"),
            input=given,
            created_on=at,
            saved_on=at,
            created_by=self.identity,
        )
        try:
            return self.storage.create_task(task)
        except Exception as error:
            if message_of(error) != ITEM_TOO_LARGE:
                raise
            refused = TaskError(ITEM_TOO_LARGE, CREATE_ENTRY_ERROR)
            refused.add_note("An item of DynamoDB has at most 400 KB: keep the data in S3, and give the task its key.")
            raise refused from error

    def _json(self, value: Any, what: str) -> Any:
        """A JSON copy of an input or output: an object, or any JSON if the profile allows it."""
        return (plain if self.profile.values == "any" else plain_object)(value, what)

    def _update_value(self, key: str, value: Any, what: str) -> Any:
        if key not in UPDATABLE:
            raise TypeError(f'{what}: a task has no field "{key}" to change.{did_you_mean(key, UPDATABLE)}')
        kind = UPDATABLE[key]
        if kind is datetime and isinstance(value, str):
            value = _instant(value, f"{what}: {key}")
        if value is None and key not in REQUIRED:
            return None
        if kind is object:
            return self._json(value, f"{what}: {key}")
        if not isinstance(value, kind) or isinstance(value, bool):
            raise TypeError(f"{what}: {key}={value!r} has the wrong type (expected {kind.__name__})")
        if key == "taskStatus" and value not in set(TaskStatus):
            raise ValueError(f'{what}: there is no status "{value}".{did_you_mean(str(value), list(TaskStatus))}')
        return to_milliseconds(value) if isinstance(value, datetime) else value

    def _delete_quietly(self, id: str) -> None:
        try:
            self.storage.delete_task(id)
        except Exception:
            log.exception('Task "%s" could not be triggered, and its record could not be deleted', id)


CREATABLE: Final = ("name", "definitionId", "input", "parentId")
"""The fields of a new task's data; the last is optional."""

UPDATABLE: Final[Mapping[str, type]] = {
    "name": str,
    "input": object,
    "output": object,
    "taskStatus": str,
    "executionName": str,
    "iterations": int,
    "startedOn": datetime,
    "finishedOn": datetime,
    "eventResponse": object,
}
"""The fields of a task that can be changed, with their Python types; ``object`` means a JSON object."""

REQUIRED: Final = ("name", "taskStatus", "executionName", "iterations")


ITEM_TOO_LARGE: Final = "Item size has exceeded the maximum allowed size"
"""DynamoDB's words for an item of more than 400 KB; the releases pass them on with the code CREATE_ENTRY_ERROR."""

NO_EVENT: Final[Mapping[str, tuple[str, str]]] = {
    "step_function": ("Could not trigger the step function!", TRIGGER_STEP_FUNCTION_ERROR),
    "event_bridge": ("Could not create the Event Bridge Event!", CREATE_EVENT_BRIDGE_EVENT_ERROR),
}
"""The profile's ``no_event`` -> message and code of the error for a transport without an answer."""


def _is_falsy(input: Any) -> bool:
    """Whether the releases take an input for none: ``null``, and what else is false in JavaScript."""
    return input is None or (not isinstance(input, Mapping | list | tuple) and input in ("", 0))


def _instant(text: str, what: str) -> datetime:
    with suppress(ValueError):
        if (at := datetime.fromisoformat(text)).tzinfo is not None:
            return at
    raise ValueError(f"{what}={text!r} is not a time with a time zone, for example 2026-01-31T09:30:00.000Z")


def _parent(parent: Task | str | None) -> JsonObject:
    """The parent in a new task's data; empty without one."""
    return {} if parent is None else {"parentId": _parent_id(parent)}


def _parent_id(parent: Task | str) -> str:
    return parent.id if isinstance(parent, Task) else public_id(parent)


def _is_whole(delay: Any) -> bool:
    """Whether it is a number without a fraction; ``True`` is a number in Python, but not in the original."""
    return not isinstance(delay, bool) and (isinstance(delay, int) or (isinstance(delay, float) and delay.is_integer()))


def _not_abortable(task: Task) -> TaskAbortError:
    data: dict[str, Json] = {"id": task.id, "status": str(task.status)}
    return TaskAbortError("Cannot abort a task that is not pending or running!", data)


def _ties_in_order(oldest_first: Sequence[Any], sort: str | Sequence[str]) -> "list[Any]":
    """Records in the order for ties: newest first if the first sort key is descending."""
    first = sort if isinstance(sort, str) else next(iter(sort), "createdOn_DESC")
    return [*reversed(oldest_first)] if first.endswith("_DESC") else [*oldest_first]
