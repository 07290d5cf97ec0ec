"""How a triggered task reaches the state machine: one EventBridge event with its ids.

A transport is a function from a task and a delay to the service's answer, which becomes the task's
``eventResponse``. EventBridge is the only one so far; another is another function of this shape.
"""

import json
import logging
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from .errors import TRIGGER_TASK_ERROR, TriggerError, code_of, data_object, message_of
from .plain import Json, JsonObject, lenient
from .records import Task

Send: TypeAlias = Callable[[Task, Json], JsonObject]

SOURCE: Final = "webiny-api-tasks"
DETAIL_TYPE: Final = "WebinyBackgroundTask"

log = logging.getLogger(__name__)


def detail(task: Task, delay: Json, tenant: str, locale: str) -> JsonObject:
    """The event's detail, its keys in the original's order."""
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
    that the service refuses (``FailedEntryCount``) is only logged, as in the original: the task then stays
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
            log.warning('EventBridge refused the event of task "%s": %s', task.id, answer.get("Entries"))
        return _without_headers(answer)

    return send


def _without_headers(answer: Any) -> JsonObject:
    """The answer without its HTTP headers, which say nothing about the event."""
    fields = lenient(answer or {})
    assert isinstance(fields, dict)
    if isinstance(metadata := fields.get("ResponseMetadata"), dict):
        metadata.pop("HTTPHeaders", None)
    return fields
