"""One invocation: an event in, the answer for the state machine out.

``CHECKS`` lists the checks of an invocation in order; the first one with an answer ends it, and the last one
runs the task. ``run_event`` never raises: every failure becomes an answer, because an exception would end the
execution in UnknownError and leave the record running.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeAlias

from .cleanup import delete_subtree
from .context import remaining_milliseconds, run_context
from .definitions import TaskDefinition
from .errors import (
    NOT_FOUND,
    TASK_DEFINITION_ERROR,
    TASK_ERROR,
    TASK_NOT_FOUND,
    TASK_UPDATE_ERROR,
    ValidationError,
    code_of,
    data_object,
    error_object,
    invalid_field,
    message_of,
    raised_text,
    with_input,
)
from .inputs import type_name
from .plain import Json, JsonObject, lenient, to_milliseconds
from .profile import Profile
from .records import Task, TaskLog, TaskStatus
from .response import UNSET, Aborted, Continue, Done, Failed, Result, answer, capped, parse_result, what_was_returned
from .service import Tasks
from .store import Store

log = logging.getLogger(__name__)

REQUIRED: Final = (
    "webinyTaskId",
    "webinyTaskDefinitionId",
    "endpoint",
    "tenant",
    "locale",
    "executionName",
    "stateMachineId",
)
"""The fields of an event that must be strings, possibly empty; additional fields are allowed."""


@dataclass(slots=True, init=False)
class Invocation:
    """What is known about an invocation so far; every check adds to it."""

    event: Mapping[str, Any]
    context: Any
    tasks: Tasks
    started: datetime
    task: Task
    latest_log: TaskLog | None
    definition: TaskDefinition
    store: Store

    def __init__(self, event: Mapping[str, Any], context: Any, tasks: Tasks) -> None:
        self.event = event
        self.context = context
        self.tasks = tasks
        self.started = tasks.now()

    @property
    def profile(self) -> Profile:
        """The application's profile."""
        return self.tasks.profile

    def keeps_logs(self) -> bool:
        """Whether the run gets a log; it always does if the profile decides before the definition is known."""
        definition = self.tasks.registry.get(self.task.definition_id)
        return definition is None or definition.keeps_logs(self.profile)


Check: TypeAlias = Callable[[Invocation], Result | None]


def run_event(tasks: Tasks, event: Mapping[str, Any], context: Any = None) -> JsonObject:
    """The answer to ``event``, the ``payload`` that the state machine sends; ``context`` is Lambda's."""
    if tasks.profile.locale == "none":
        event = {field: value for field, value in event.items() if field != "locale"}
    invocation = Invocation(event, context, tasks)
    try:
        checks = CHECKS[tasks.profile.log_created]
        result = next(result for check in checks if (result := check(invocation)) is not None)
    except Exception as error:
        log.exception('Task "%s" failed outside its run', event.get("webinyTaskId"))
        result = Failed(error_object(error))
    return answer(event, result)


def _event_is_complete(run: Invocation) -> Result | None:
    invalid: JsonObject = {}
    for field in REQUIRED:
        if field == "locale" and run.profile.locale == "none":
            continue
        if field not in run.event:
            invalid[field] = invalid_field("Required", [field])
        elif not isinstance(value := run.event[field], str):
            invalid[field] = invalid_field(f"Expected string, received {type_name(value)}", [field])
    return Failed(error_object(ValidationError(invalid))) if invalid else None


def _delay_is_over(run: Invocation) -> Result | None:
    """A positive delay is returned unchanged as a wait, before anything is read."""
    delay = run.event.get("delay")
    try:
        positive = delay is not None and float(delay) > 0
    except (TypeError, ValueError):
        positive = False
    return Continue({}, delay) if positive else None


def _scope(run: Invocation) -> Result | None:
    """Act in the event's tenant and locale if they are known."""
    tenant, locale = run.event["tenant"], run.event.get("locale")
    run.tasks = run.tasks.scoped(
        tenant=tenant if tenant in run.tasks.tenants else None,
        locale=locale if locale in run.tasks.locales else None,
    )
    return None


def _task_exists(run: Invocation) -> Result | None:
    id_ = run.event["webinyTaskId"]
    try:
        task, run.latest_log = run.tasks.storage.get_task_and_log(id_)
    except Exception as error:
        return _not_found(run, {"code": TASK_ERROR, **error_object(error, stack=True)})
    if task is None:
        message = f'Task "{id_}" cannot be executed because it does not exist.'
        return _not_found(run, {"message": message, "code": TASK_NOT_FOUND})
    run.task = task
    run.tasks = run.tasks.scoped(identity=task.created_by)
    return None


def _not_found(run: Invocation, error: JsonObject) -> Failed:
    """The failure to read a task; up to 5.40.6 the whole answer is in the place of its error."""
    failed = Failed(error)
    return Failed(answer(run.event, failed)) if run.profile.missing_task == "nested" else failed


def _definition_exists(run: Invocation) -> Result | None:
    """The definition comes from the record, not from the event; up to 5.40.6 a task without one becomes failed."""
    id_ = run.task.definition_id
    if (definition := run.tasks.registry.get(id_)) is None:
        message = f'Task "{run.task.id}" cannot be executed because there is no "{id_}" definition plugin.'
        missing = Failed({"message": message, "code": TASK_DEFINITION_ERROR, "data": {"definitionId": id_}})
        return _settle_failed(run, missing)[0] if run.profile.missing_definition == "failed" else missing
    run.definition = definition
    return None


def _log_is_open(run: Invocation) -> Result | None:
    """Rejected runs get a log, too. If it cannot be written, the answer is nested in itself, as in the original."""
    try:
        entry = None
        if run.keeps_logs():
            entry = run.tasks.create_log_after(run.latest_log, run.task, run.event["executionName"])
    except Exception as error:
        return Failed(answer(run.event, Failed(error_object(error))))
    run.store = Store(run.tasks, run.task, entry)
    return None


def _not_ended(run: Invocation) -> Result | None:
    return ENDED.get(run.task.status)


ENDED: Final[Mapping[str, Result]] = {
    TaskStatus.ABORTED: Aborted(),
    TaskStatus.SUCCESS: Failed({"message": "Task is already done, cannot run it again."}),
    TaskStatus.FAILED: Failed({"message": "Task has failed, cannot run it again."}),
}
"""The answers of tasks that have ended; the task does not run, and its record does not change."""


def _iterations_left(run: Invocation) -> Result | None:
    if run.task.status == TaskStatus.PENDING or run.task.iterations < run.definition.limit(run.profile):
        return None
    try:
        run.definition.call_hook("on_max_iterations", **run.tasks.hook_values(), task=run.store.get_task())
        failed = Failed({"message": "Task reached max iterations."})
    except Exception as error:
        failed = Failed(
            {"message": "Failed to execute onMaxIterations handler.", "data": error_object(error)}, raised_text(error)
        )
    return _settled(run, failed)


def _started(run: Invocation) -> Result | None:
    """Count the iteration; the first one also sets the status to running."""
    fields: dict[str, Any] = {"iterations": run.task.iterations + 1}
    if run.task.status == TaskStatus.PENDING:
        fields = {
            "taskStatus": TaskStatus.RUNNING,
            "startedOn": to_milliseconds(run.tasks.now()),
            "executionName": run.event["executionName"],
            "iterations": 1,
        }
    try:
        return None if run.store.start(fields) else Aborted()
    except Exception as error:
        return _settle_failed(run, Failed(error_object(error)))[0]


def _run(run: Invocation) -> Result | None:
    remaining = remaining_milliseconds(run.context, run.tasks.now, run.started)
    try:
        ctx = run_context(run.tasks, run.definition, run.store, remaining)
        returned = run.definition.execute(ctx)
        result = parse_result(returned, run.profile)
    except Exception as error:
        raised = raised_text(error)
        log.error('Task "%s" of "%s" raised %s', run.task.id, run.definition.id, raised)
        return _settled(run, Failed(_raised(error, run.profile), raised))
    if result is not None:
        return _settled(run, result)
    missing = with_input(_no_result(run.definition, returned, run.profile), run.store.get_input())
    return _settle_failed(run, Failed(missing, str(missing["stack"])))[0]


_FIRST: Final[tuple[Check, ...]] = (_event_is_complete, _delay_is_over, _scope, _task_exists)
_LAST: Final[tuple[Check, ...]] = (_iterations_left, _started, _run)

CHECKS: Final[Mapping[str, tuple[Check, ...]]] = {
    "after_definition": (*_FIRST, _definition_exists, _log_is_open, _not_ended, *_LAST),
    "before_definition": (*_FIRST, _log_is_open, _not_ended, _definition_exists, *_LAST),
}
"""The order of the checks, by the profile's ``log_created``."""


def _raised(error: Exception, profile: Profile) -> JsonObject:
    """The error object of a run's exception; if messages are optional, an exception without text has none."""
    fields = error_object(error)
    if profile.error_message == "optional" and not message_of(error):
        del fields["message"]
    return fields


def _no_result(definition: TaskDefinition, returned: Any, profile: Profile) -> JsonObject:
    message = f'Task definition "{definition.id}" returned {what_was_returned(returned)}'
    if profile.run_result == "as_given":
        message = "Cannot read properties of undefined (reading 'status')"
    code = getattr(definition.run, "__code__", None)
    place = f'  File "{code.co_filename}", line {code.co_firstlineno}, in {code.co_name}\n' if code else ""
    return {"message": message, "code": TASK_ERROR, "stack": f"{place}TypeError: {message}"}


def _settled(run: Invocation, result: Result) -> Result:
    """Store ``result`` and call its hook: afterwards with the new record, or before with the stale one."""
    settle, hook = SETTLE[type(result)]
    stale = run.profile.hook_timing == "before_save"
    if stale:
        _call_hook(run, hook, run.task)
    try:
        settled, stored = settle(run, result)
    except Exception as error:
        log.exception('The result of task "%s" could not be stored', run.task.id)
        failure = {"code": TASK_ERROR, **error_object(error, stack=True)}
        return _settle_failed(run, Failed(failure))[0]
    if stored and not stale:
        _call_hook(run, hook, run.store.get_task())
    return settled


def _call_hook(run: Invocation, hook: str | None, task: Task) -> None:
    """Call the hook, whose failure is only logged; then delete the task if it cleans up after itself."""
    if hook is None:
        return
    try:
        run.definition.call_hook(hook, **run.tasks.hook_values(), task=task)
    except Exception:
        log.exception('%s of task "%s" failed', hook, run.task.id)
    if hook in run.definition.cleans_up_after:
        delete_subtree(run.tasks.storage, run.task.id)


def _settle_done(run: Invocation, result: Done) -> tuple[Result, bool]:
    output = None if result.output is None else capped(result.output, run.profile.max_output_bytes)
    fields: dict[str, Any] = {
        "taskStatus": TaskStatus.SUCCESS,
        "finishedOn": to_milliseconds(run.tasks.now()),
    }
    if output is not None or result.null_output:
        fields["output"] = output
    item = run.store.item(str(result.message or "Task done."), "info")
    try:
        if not run.store.settle(fields, item):
            return Aborted(), False
    except Exception as error:
        log.exception('Task "%s" is done, but that could not be stored', run.task.id)
        message = f"Task done, but failed to update task log. ({message_of(error)})"
        return replace(result, message=message, output=output), run.store.get_status() == TaskStatus.SUCCESS
    return replace(result, output=output), True


def _settle_continue(run: Invocation, result: Continue) -> tuple[Result, bool]:
    fields = {"taskStatus": TaskStatus.RUNNING, "input": run.store.continued_input(result.input)}
    item = run.store.item("Task continuing.", "info", data=None if result.input is UNSET else result.input)
    try:
        won = run.store.settle(fields, item, item_if_aborted=False)
        return (result, True) if won else (Aborted(), False)
    except Exception as error:
        if code_of(error) == NOT_FOUND:
            return Failed(with_input(error_object(error), run.store.get_input())), False
        log.exception('The input of task "%s" could not be stored', run.task.id)
        failure: JsonObject = {
            **error_object(error),
            "message": f"Failed to update task input: {message_of(error)}",
            "code": code_of(error) or TASK_UPDATE_ERROR,
        }
        return _settle_failed(run, Failed(failure))


def _settle_failed(run: Invocation, result: Failed) -> tuple[Result, bool]:
    """Store the failure, with the error as the output; the returned error also has the stored input in its data.

    If it cannot be written together with the run's unsaved changes, it is written alone, so that unsaved values
    that the database rejects do not keep the task running.
    """
    error, stored = result.error, run.store.get_input()
    try:
        won = _write_failure(run, error, result.raised)
    except Exception as failure:
        log.exception('The failure of task "%s" could not be stored', run.task.id)
        problem = error_object(failure)
        data: dict[str, Json] = {**data_object(error.get("data")), **data_object(problem.get("data"))}
        merged = {**error, **problem, "data": lenient(data)}
        return Failed(with_input(merged, stored)), run.store.get_status() == TaskStatus.FAILED
    return (Failed(with_input(error, stored)), True) if won else (Aborted(), False)


def _write_failure(run: Invocation, error: JsonObject, raised: str | None) -> bool:
    fields: dict[str, Any] = {
        "taskStatus": TaskStatus.FAILED,
        "finishedOn": to_milliseconds(run.tasks.now()),
        "output": {"error": error},
    }
    if raised is not None:
        fields["raised"] = raised
    unnamed = "Task failed." if run.profile.error_message == "required" else ""
    item = run.store.item(str(error.get("message") or unnamed), "error", error=error, raised=raised)
    unsaved = run.store.has_unsaved()
    try:
        return run.store.settle(fields, item)
    except Exception:
        if not unsaved or run.store.get_status() == TaskStatus.FAILED:
            raise
        log.exception('The unsaved changes of task "%s" could not be stored', run.task.id)
        run.store.discard()
        return run.store.settle(fields, item)


def _settle_aborted(run: Invocation, result: Aborted) -> tuple[Result, bool]:
    """After the user's abort only unsaved changes remain to be written; otherwise the run aborts its own task."""
    if run.profile.aborted_without_abort == "running":
        return result, False
    if run.store.get_status() != TaskStatus.ABORTED:
        at = to_milliseconds(run.tasks.now())
        run.store.settle({"taskStatus": TaskStatus.ABORTED, "finishedOn": at}, None)
    else:
        run.store.save()
    return result, False


SETTLE: Final[Mapping[type, tuple[Callable[[Invocation, Any], tuple[Result, bool]], str | None]]] = {
    Done: (_settle_done, "on_done"),
    Continue: (_settle_continue, None),
    Failed: (_settle_failed, "on_error"),
    Aborted: (_settle_aborted, None),
}
"""The function that stores each result (returns the answer, and whether the record has it), and the hook to call."""
