"""The errors of background tasks: exceptions, their codes, and the conversion of any exception to an error object.

An *error object* is the JSON in responses, records and logs: ``{"message", "code"?, "data"?, "stack"?}``.
Texts and codes are exactly those of the original system; tests compare them.
"""

import traceback
from typing import Any, Final

from emulator.places import format_lines, text_of

from .plain import Json, JsonObject, lenient
from .profile import Feature, Profile

NOT_FOUND: Final = "NOT_FOUND"
MALFORMED_VALUE: Final = "MALFORMED_VALUE"
TASK_ERROR: Final = "TASK_ERROR"
TASK_NOT_FOUND: Final = "TASK_NOT_FOUND"
TASK_DEFINITION_ERROR: Final = "TASK_DEFINITION_ERROR"
TASK_ABORT_ERROR: Final = "TASK_ABORT_ERROR"
TASK_FETCH_ERROR: Final = "TASK_FETCH_ERROR"
TASK_UPDATE_ERROR: Final = "TASK_UPDATE_ERROR"
PLUGIN_ERROR: Final = "PLUGIN_ERROR"
MAX_DELAY_ERROR: Final = "MAX_DELAY_ERROR"
TRIGGER_TASK_ERROR: Final = "TRIGGER_TASK_ERROR"
UPDATE_ERROR: Final = "UPDATE_ERROR"
DATA_LOADER_ERROR: Final = "DATA_LOADER_ERROR"
CREATE_ENTRY_ERROR: Final = "CREATE_ENTRY_ERROR"
CREATE_EVENT_BRIDGE_EVENT_ERROR: Final = "CREATE_EVENT_BRIDGE_EVENT_ERROR"
TRIGGER_STEP_FUNCTION_ERROR: Final = "TRIGGER_STEP_FUNCTION_ERROR"
VALIDATION_FAILED: Final = "VALIDATION_FAILED_INVALID_FIELDS"


MOST_RAISED: Final = 10
"""The most exceptions shown of a chain or group."""


class TaskError(Exception):
    """An error with a ``code`` for programs and ``data`` for people; a run or hook that raises it fails with both."""

    def __init__(self, message: str, code: str | None = None, data: Json = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.data = data


class InvalidTaskIdError(TaskError):
    """A definition's id is not in camelCase; the error has no code."""

    def __init__(self, id: str) -> None:
        super().__init__(f'Task ID "{id}" is invalid. It must be in camelCase format, for example: "myCustomTask".')


class NotFoundError(TaskError):
    """A task or log is not in the table; code ``NOT_FOUND``."""

    def __init__(self, message: str) -> None:
        super().__init__(message, NOT_FOUND)


class TaskDefinitionError(TaskError):
    """No definition with this id is registered; code ``TASK_DEFINITION_ERROR``, data ``{"id"}``."""

    def __init__(self, message: str, id: str) -> None:
        super().__init__(message, TASK_DEFINITION_ERROR, {"id": id})


class MaxDelayError(TaskError):
    """A trigger requested a delay of 355 days or more; data is the record it would have created, and the delay."""

    def __init__(self, data: JsonObject) -> None:
        super().__init__("The maximum delay for a task is 355 days.", MAX_DELAY_ERROR, data)


class TriggerError(TaskError):
    """The event that starts the state machine could not be sent; the record was deleted again."""


class TaskAbortError(TaskError):
    """A task could not be aborted; code ``TASK_ABORT_ERROR``."""

    def __init__(self, message: str, data: JsonObject) -> None:
        super().__init__(message, TASK_ABORT_ERROR, data)


class ValidationError(TaskError):
    """Fields of an event or input are wrong; data is ``{"invalidFields": {field: {code, message, data: {path}}}}``."""

    def __init__(self, invalid_fields: JsonObject) -> None:
        super().__init__("Validation failed.", VALIDATION_FAILED, {"invalidFields": invalid_fields})


class NoTransportError(TaskError):
    """The transport for events is unknown; code ``PLUGIN_ERROR``, data is the requested and the known transports."""

    def __init__(self, transport: str, known: list[str]) -> None:
        super().__init__(
            "Missing TaskServicePlugin.", PLUGIN_ERROR, {"transport": transport, "transports": lenient(known)}
        )


class NotInProfileError(TaskError):
    """A task uses a feature that the profile's release does not have."""


class NoHandlerError(Exception):
    """The Lambda function received something other than a background-task event."""


class HeaderError(Exception):
    """The event lacks a field that the releases pass to their own HTTP layer as a header."""


_FEATURES: Final[dict[Feature, str]] = {
    "database_logs_off": "database_logs=False came with 5.41",
    "list_child_tasks": 'store.list_child_tasks came with 5.41; use tasks.list({"parentId": ...})',
    "self_cleanup": "self_cleanup came with 6.3",
    "validate_input": "validate_input came with 6.0",
}


def not_in_profile(profile: Profile, feature: Feature) -> NotInProfileError:
    """The error for a feature that the profile's release does not have; it names the first release with it."""
    return NotInProfileError(f"{_FEATURES[feature]}; it is not in profile {profile.name}.")


def invalid_field(message: str, path: list[Json], code: str = "invalid_type") -> JsonObject:
    """One entry of ``invalidFields``."""
    return {"code": code, "message": message, "data": {"path": path}}


def message_of(error: BaseException) -> str:
    """The text of an exception; for a botocore ``ClientError`` only the service's message, as in the original."""
    response = _attribute(error, "response")
    if isinstance(response, dict) and isinstance(response.get("Error"), dict):
        return str(response["Error"].get("Message") or text_of(error))
    return text_of(error)


def code_of(error: BaseException) -> str | int | None:
    """The ``code`` attribute of an exception if it is a string or an integer, else ``None``."""
    code = _attribute(error, "code")
    return code if isinstance(code, str | int) and not isinstance(code, bool) else None


RAISED_CHARACTERS: Final = 2_000
"""The most of an exception's text, and of the lines of code, that ``raised_text`` shows; three times as much in all.

The whole is stored beside the error, so it must not make an item too large that fits without it.
"""


def _attribute(error: BaseException, name: str) -> Any:
    """An attribute of a user's exception; ``None`` if it has none, or if its property raises."""
    try:
        return getattr(error, name, None)
    except Exception:
        return None


def raised_text(error: BaseException) -> str:
    """An exception for people: its type, text and notes, and the lines of the user's code, the innermost first.

    The exceptions behind it (its cause or context, the members of a group) follow, each once, as ``because of`` and
    ``one of it``. Of a long text the middle is left out, of many lines the outer ones.
    """
    told: list[str] = []
    seen: set[int] = set()

    def tell(each: BaseException, relation: str) -> None:
        if id(each) in seen or len(seen) == MOST_RAISED:
            return
        seen.add(id(each))
        said = f"{type(each).__name__}: {message_of(each)}".removesuffix(": ")
        told.append(_shortened("\n".join([f"{relation}{said}", *map(str, _notes(each))])))
        lines = "\n".join(entry.rstrip("\n") for entry in format_lines(each.__traceback__))
        told.extend([lines[:RAISED_CHARACTERS]] if lines else [])
        for member in each.exceptions if isinstance(each, BaseExceptionGroup) else ():
            tell(member, "one of it: ")
        if (behind := each.__cause__ or (None if each.__suppress_context__ else each.__context__)) is not None:
            tell(behind, "because of ")

    tell(error, "")
    return "\n".join(told)[: 3 * RAISED_CHARACTERS]


def _shortened(text: str) -> str:
    half = RAISED_CHARACTERS // 2
    return f"{text[:half]} ... {text[-half:]}" if len(text) > RAISED_CHARACTERS else text


def _notes(error: BaseException) -> list[Any]:
    notes = _attribute(error, "__notes__")
    return notes if isinstance(notes, list) else []


def error_object(error: BaseException, *, stack: bool = False) -> JsonObject:
    """The error object of an exception: its message, code and data; the traceback only with ``stack``."""
    result: JsonObject = {"message": message_of(error) or type(error).__name__}
    if (code := code_of(error)) is not None:
        result["code"] = code
    if stack:
        result["stack"] = "".join(traceback.format_exception(error))
    if (data := _attribute(error, "data")) is not None:
        result["data"] = lenient(data)
    return result


def data_object(data: Any) -> JsonObject:
    """``data`` of an error as an object, so that it can be extended: a list becomes ``{"0": ..., "1": ...}``."""
    if data is None:
        return {}
    if isinstance(data, dict):
        return dict(data)
    if isinstance(data, list):
        return {str(index): item for index, item in enumerate(data)}
    return {"data": data}


def with_input(error: JsonObject, input: Json) -> JsonObject:
    """``error`` with the task's stored input in ``data.input``, as in every answer of a started run."""
    data = data_object(error.get("data"))
    return {**error, "data": data if input is None else {**data, "input": input}}
