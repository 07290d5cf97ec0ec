"""How a triggered task reaches the state machine: by an EventBridge event with its ids, or by StartExecution.

A *transport* takes a ``Tasks`` and returns a sender: a function of a task and a delay that returns the service's
answer, which becomes the task's ``eventResponse``; without an answer the trigger fails. ``TRANSPORTS`` lists the
built-in ones; more can be given to ``Tasks``.
"""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeAlias

from .errors import TRIGGER_TASK_ERROR, TriggerError, code_of, data_object, message_of
from .plain import Json, JsonObject, lenient
from .records import Task

Send: TypeAlias = Callable[[Task, Json], JsonObject]


class Application(Protocol):
    """The parts of a ``Tasks`` that transports use."""

    clients: Callable[[str], Any]
    new_id: Callable[[], str]
    event_bus_name: str
    tenant: str
    locale: str

    def machine_arn(self) -> str | None:
        """The ARN of the state machine, ``None`` if it is not known."""


Transport: TypeAlias = Callable[[Application], Send]

SOURCE: Final = "webiny-api-tasks"
DETAIL_TYPE: Final = "WebinyBackgroundTask"

log = logging.getLogger(__name__)


def detail(task: Task, delay: Json, tenant: str, locale: str) -> JsonObject:
    """The event's detail, with its keys in the original's order."""
    return {
        "webinyTaskId": task.id,
        "webinyTaskDefinitionId": task.definition_id,
        "tenant": tenant,
        "locale": locale,
        "delay": delay,
    }


def event_entry(fields: JsonObject, event_bus_name: str) -> dict[str, str]:
    """The PutEvents entry for a ``detail``."""
    return {
        "Source": SOURCE,
        "DetailType": DETAIL_TYPE,
        "Detail": json.dumps(fields, ensure_ascii=False, separators=(",", ":")),
        "EventBusName": event_bus_name,
    }


def event_bridge(client: Any, event_bus_name: str, tenant: str, locale: str) -> Send:
    """Send by PutEvents with boto3's EventBridge client.

    Raises ``TriggerError`` with the exception's message, code and data, and the event in the data. An entry
    that the service rejects (``FailedEntryCount``) is only logged, as in the original: the task then stays
    pending.
    """

    def send(task: Task, delay: Json) -> JsonObject:
        event = detail(task, delay, tenant, locale)
        try:
            answer = client.put_events(Entries=[event_entry(event, event_bus_name)])
        except Exception as error:
            data = data_object(lenient(getattr(error, "data", None)))
            raise TriggerError(
                message_of(error) or "Could not trigger task via Event Bridge!",
                str(code_of(error) or TRIGGER_TASK_ERROR),
                {"event": event, **data},
            ) from error
        if answer and answer.get("FailedEntryCount"):
            log.warning('EventBridge rejected the event of task "%s": %s', task.id, answer.get("Entries"))
        return _without_headers(answer)

    return send


def start_execution(client: Any, machine_arn: str | None, tasks: Application) -> Send:
    """Send by StartExecution with boto3's Step Functions client; returns its answer and the execution's ``name``.

    The name is ``<definition id>_<task id>_`` and 10 characters; AWS allows 80, so a definition's id may have 44.
    Without a machine, or if the service rejects the call, the reason is logged and the answer is empty.
    """

    def send(task: Task, delay: Json) -> JsonObject:
        if machine_arn is None:
            log.error('No state machine for task "%s": the service manifest does not name one; deploy first', task.id)
            return {}
        name = f"{task.definition_id}_{task.id}_{_alphanumeric(tasks.new_id())}"
        event = {"detail": detail(task, delay, tasks.tenant, tasks.locale)}
        try:
            answer = client.start_execution(
                stateMachineArn=machine_arn, name=name, input=json.dumps(event, ensure_ascii=False)
            )
        except Exception:
            log.exception('Execution "%s" could not be started', name)
            return {}
        return {**_without_headers(answer), "name": name} if answer else {}

    return send


def _alphanumeric(id: str) -> str:
    """The last 10 letters and digits of an id; the first ones can be a timestamp."""
    return "".join(letter for letter in id if letter.isalnum())[-10:].rjust(10, "0")


TRANSPORTS: Final[Mapping[str, Transport]] = {
    "eventbridge": lambda tasks: event_bridge(
        tasks.clients("events"), tasks.event_bus_name, tasks.tenant, tasks.locale
    ),
    "direct": lambda tasks: start_execution(tasks.clients("stepfunctions"), tasks.machine_arn(), tasks),
}
"""Value of ``Profile.transport`` -> transport."""


def _without_headers(answer: Any) -> JsonObject:
    """The answer without its HTTP headers, which are not about the event."""
    fields = lenient(answer or {})
    assert isinstance(fields, dict)
    if isinstance(metadata := fields.get("ResponseMetadata"), dict):
        metadata.pop("HTTPHeaders", None)
    return fields
