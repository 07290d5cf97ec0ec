"""The Lambda function behind the state machine: ``make_handler`` returns ``handler(event, context)``."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from .errors import HeaderError, NoHandlerError, error_object
from .plain import JsonObject, lenient
from .runner import run_event
from .service import Tasks

log = logging.getLogger(__name__)

Handler: TypeAlias = Callable[[Any, Any], JsonObject]

HEADERS: Final = {"tenant": "x-tenant", "endpoint": "x-webiny-cms-endpoint", "locale": "x-webiny-cms-locale"}
"""The fields of an event that the releases turn into headers, in their order."""


def make_handler(tasks: Tasks | Callable[[], Tasks]) -> Handler:
    """The handler for ``{"name": ..., "payload": {...}}``, whose payload identifies the task and how it was started.

    Given a function instead of a ``Tasks``, the handler calls it for every event; if that raises, the answer is an
    error without ids, ``{"error": {"message", "code"?, "data"?}, "status": "error"}``. The handler itself raises
    ``NoHandlerError`` for a payload without a task id, and ``HeaderError`` if the profile requires headers.
    """

    def handler(event: Any, context: Any = None) -> JsonObject:
        payload = event.get("payload") if isinstance(event, Mapping) else None
        if not isinstance(payload, Mapping) or not payload.get("webinyTaskId"):
            text = json.dumps(lenient(event), ensure_ascii=False, separators=(",", ":"))
            raise NoHandlerError(f"There is no handler for the event: {text}")
        try:
            application = tasks if isinstance(tasks, Tasks) else tasks()
        except Exception as error:
            log.exception("The application of the background tasks could not be created")
            return {"error": error_object(error), "status": "error"}
        return run_payload(application, payload, context)

    return handler


def run_payload(tasks: Tasks, payload: Mapping[str, Any], context: Any = None) -> JsonObject:
    """The answer to an event's payload; raises ``HeaderError`` if the profile requires headers that are missing."""
    if tasks.profile.event_headers == "required":
        for field, header in HEADERS.items():
            if field == "locale" and tasks.profile.locale == "none":
                continue
            if field not in payload:
                raise HeaderError(f'invalid value "undefined" for header {header}')
    return run_event(tasks, payload, context)
