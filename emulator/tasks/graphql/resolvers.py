"""The operations of the schema: their calls to ``Tasks``, and their answers.

An answer is ``{"data", "error"}``, for a list also ``"meta"``. If a query is not permitted, its answer has an
``error``; a mutation is rejected before it has an answer, so that the whole request has an error.
"""

import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from ariadne import ObjectType, ScalarType
from graphql import GraphQLError, GraphQLResolveInfo

from emulator.places import has_users_lines
from emulator.tasks.errors import TaskError, error_object, raised_text
from emulator.tasks.plain import JsonObject
from emulator.tasks.queries import DEFAULT_LIMIT, EQUALITY, Page
from emulator.tasks.records import Task, TaskLog
from emulator.tasks.service import Tasks

from .permissions import Letter, Permissions, check

log = logging.getLogger(__name__)

Resolved = dict[str, Any]

LOGS_OF_A_TASK: Final = 10_000
ENTRY_STATUS: Final = "draft"
"""The status of every stored entry in the original; ``where: {status: ...}`` filters by it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of a request: its tasks, its permissions, and whether errors include their stack."""

    tasks: Tasks
    permissions: Permissions
    debug: bool = False


def _query(call: Callable[..., Resolved]) -> Callable[..., Resolved]:
    def resolve(_root: Any, info: "GraphQLResolveInfo[Any]", **arguments: Any) -> Resolved:
        caller: Caller = info.context

        def allowed() -> Resolved:
            check(caller.permissions, "r")
            return call(caller.tasks, **arguments)

        return _answer(caller, allowed)

    return resolve


def _mutation(letter: Letter, call: Callable[..., Resolved]) -> Callable[..., Resolved]:
    def resolve(_root: Any, info: "GraphQLResolveInfo[Any]", **arguments: Any) -> Resolved:
        caller: Caller = info.context
        check(caller.permissions, letter)
        return _answer(caller, lambda: call(caller.tasks, **arguments))

    return resolve


def _answer(caller: Caller, call: Callable[[], Resolved]) -> Resolved:
    try:
        return {"error": None, **call()}
    except Exception as error:
        if not isinstance(error, TaskError | ValueError | TypeError):
            log.exception("a background-task operation failed")
        elif not isinstance(error, TaskError) and has_users_lines(error.__traceback__):
            log.error("a background-task operation failed: %s", raised_text(error))
        return {"data": None, "meta": None, "error": _error(error, caller.debug)}


def _error(error: Exception, debug: bool) -> JsonObject:
    stack = "".join(traceback.format_exception(error)) if debug else None
    return {"code": "", "data": None, **error_object(error), "stack": stack}


# Operations -----------------------------------------------------------------------------------------------------------


def get_task(tasks: Tasks, id: str) -> Resolved:
    """The task, or null."""
    found = tasks.get(id)
    return {"data": None if found is None else found.to_dict()}


def list_tasks(tasks: Tasks, **given: Any) -> Resolved:
    """A page of tasks."""
    return _page(tasks.list(**_list_arguments(given)))


def list_logs(tasks: Tasks, **given: Any) -> Resolved:
    """A page of logs."""
    return _page(tasks.list_logs(**_list_arguments(given)))


def list_definitions(tasks: Tasks) -> Resolved:
    """The public definitions."""
    public = [definition for definition in tasks.registry if not definition.is_private]
    return {
        "data": [
            {"id": each.id, "title": each.title, "description": each.description, "fields": each.fields}
            for each in public
        ]
    }


def trigger_task(tasks: Tasks, definition: str, input: Any = None, name: str | None = None, delay: Any = 0) -> Resolved:
    """The new, pending task."""
    return {"data": tasks.trigger(definition, input, name=name, delay=0 if delay is None else delay).to_dict()}


def abort_task(tasks: Tasks, id: str, message: str | None = None) -> Resolved:
    """The aborted task."""
    return {"data": tasks.abort(id, message).to_dict()}


def delete_task(tasks: Tasks, id: str) -> Resolved:
    """Always true."""
    return {"data": tasks.delete(id)}


def _logs_of_task(task: JsonObject, info: "GraphQLResolveInfo[Any]", **given: Any) -> list[JsonObject]:
    """The logs of one task, sorted by creator as in the original, then oldest first."""
    arguments = _list_arguments({"sort": "createdBy_ASC", "limit": LOGS_OF_A_TASK, **_given(given)})
    where = {**arguments.pop("where"), "task": task["id"]}
    try:
        return [_wire(entry) for entry in info.context.tasks.list_logs(where, **arguments)]
    except ValueError as error:
        raise GraphQLError(str(error)) from error


def _page(page: Page[Any]) -> Resolved:
    return {"data": [_wire(record) for record in page], "meta": page.meta}


def _wire(record: Task | TaskLog) -> JsonObject:
    """A record's wire form; the entries of a log also have what was raised."""
    wire = record.to_dict()
    if isinstance(record, TaskLog):
        wire["items"] = [{**item.to_dict(), "raised": item.raised} for item in record.items]
    return wire


def _list_arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    arguments = {"sort": "createdOn_DESC", "limit": DEFAULT_LIMIT, **_given(given)}
    where = dict(arguments.get("where", {}))
    status = {key: where.pop(key) for key in [*where] if key.partition("_")[0] == "status"}
    if not all(EQUALITY[key.partition("_")[2]](ENTRY_STATUS, wanted) for key, wanted in status.items()):
        where = {"id_in": []}
    return {**arguments, "where": where, "sort": arguments["sort"] or "createdOn_DESC"}


def _given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that are not null."""
    return {name: value for name, value in arguments.items() if value is not None}


# Bindings -------------------------------------------------------------------------------------------------------------


def _instant(value: Any) -> datetime:
    """A time from a client; UTC if it has no time zone. Raises ``GraphQLError``."""
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise GraphQLError(f"{value!r} is not a DateTime; write 2030-01-31 or 2030-01-31T09:30:00.000Z") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise GraphQLError(f"{value!r} is not a Number")
    return value


QUERIES: Final[Mapping[str, Callable[..., Resolved]]] = {
    "getTask": get_task,
    "listTasks": list_tasks,
    "listDefinitions": list_definitions,
    "listLogs": list_logs,
}
MUTATIONS: Final[Mapping[str, tuple[Letter, Callable[..., Resolved]]]] = {
    "triggerTask": ("w", trigger_task),
    "abortTask": ("w", abort_task),
    "deleteTask": ("d", delete_task),
}


def bindings() -> list[ObjectType | ScalarType]:
    """The resolvers and scalars that make the schema's text executable."""
    queries, mutations = ObjectType("WebinyBackgroundTaskQuery"), ObjectType("WebinyBackgroundTaskMutation")
    for name, call in QUERIES.items():
        queries.set_field(name, _query(call))
    for name, (letter, call) in MUTATIONS.items():
        mutations.set_field(name, _mutation(letter, call))
    task = ObjectType("WebinyBackgroundTask")
    task.set_field("logs", _logs_of_task)
    roots = [ObjectType("Query"), ObjectType("Mutation")]
    for root in roots:
        root.set_field("backgroundTasks", lambda *_: {})
    instant, number = ScalarType("DateTime", value_parser=_instant), ScalarType("Number", value_parser=_number)
    return [*roots, queries, mutations, task, instant, number]
