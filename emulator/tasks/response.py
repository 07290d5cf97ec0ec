"""The answers of a run: ``response.done / continue_ / error / aborted``, their results, and the JSON of those.

The Lambda function returns the JSON of a result, and the state machine reads it:

========  ====================================================================
status    other fields (besides the ids, tenant and locale of the event)
========  ====================================================================
done      ``message?``, ``output?``
continue  ``delay: -1`` (so that the next run is not delayed again), ``input``, ``wait?``
error     ``error: {message, code?, data?, stack?}``
aborted   none
========  ====================================================================
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any, Final, Generic, NamedTuple, TypeAlias, TypeVar

from .errors import TaskError, error_object, raised_text
from .plain import Json, JsonObject, did_you_mean, lenient, plain, plain_object
from .profile import DOCUMENTED, MAX_OUTPUT_BYTES, Profile
from .rules import Wait, wait_of

UNSET: Final[Any] = object()
"""An argument that was not given: releases of the original distinguish that from ``None``."""

In = TypeVar("In")
Out = TypeVar("Out")


@dataclass(frozen=True, slots=True)
class Done:
    """The task has finished."""

    message: Any = None
    output: Any = None
    null_output: bool = False
    """Whether the answer's output is ``null``, as in 5.40.6 after ``done(None)``; it then has no other output."""


@dataclass(frozen=True, slots=True)
class Continue:
    """The task wants to run again, with ``input`` merged into the stored input, after ``wait`` seconds.

    A run's wait is an integer, unless the profile allows others; an event's ``delay`` is returned unchanged. The input
    is an object, unless the profile allows any JSON; ``UNSET`` is one that was not given.
    """

    input: Any
    wait: Json = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The task has failed with an error object."""

    error: JsonObject
    raised: str | None = field(default=None, compare=False)
    """What was raised, for people (``errors.raised_text``)."""


@dataclass(frozen=True, slots=True)
class Aborted:
    """The run noticed the user's abort and stopped."""


Result: TypeAlias = Done | Continue | Failed | Aborted


class Response(Generic[In, Out]):
    """Creates the results of a run; ``until`` is measured from ``now`` (aware)."""

    def __init__(self, now: Callable[[], datetime], profile: Profile = DOCUMENTED) -> None:
        self._now = now
        self._profile = profile

    def done(self, message: str | Out | Mapping[str, Any] | None = UNSET, output: Any = UNSET) -> Done:
        """The task has finished: ``done()``, ``done("text")``, ``done("text", {...})`` or ``done({...})``.

        An empty ``output`` with a message is left out; without one it is kept, as in the original's documentation.
        The releases each have their own rule (``Profile.empty_output``).
        """
        if self._profile.values == "any":
            return _done_as_given(message, output, self._profile)
        output = None if output is UNSET else output
        if message is None or message is UNSET or isinstance(message, str):
            return Done(None if message is UNSET else message or None, _output(output) or None)
        if output is not None:
            raise TypeError(f"done: the message must be text, not {type(message).__name__}")
        return Done(None, _output(message))

    def continue_(
        self,
        input: In | Mapping[str, Any] = UNSET,
        *,
        seconds: float | timedelta | None = UNSET,
        until: datetime | None = None,
        date: datetime | None = None,
    ) -> Continue:
        """The task runs again with ``input`` merged into the stored input, after a wait if one is given.

        Give ``seconds`` or ``until`` (aware; ``date`` is an alias); both raise ``ValueError``. Less than a second
        means no wait, a fraction is rounded up (the machine takes only whole seconds), 355 days is the maximum.
        """
        if self._profile.values == "any":
            given = input if input is UNSET else plain(input, "continue_: input")
            return Continue(given, self._wait(seconds, until, date))
        if input is UNSET:
            raise TypeError("continue_: give the next input, which is merged into the stored one; {} changes nothing")
        return Continue(plain_object(input, "continue_: input"), self._wait(seconds, until, date))

    continue_with = continue_

    def error(
        self, error: str | BaseException | Mapping[str, Any], *, code: str | None = None, data: Any = None
    ) -> Failed:
        """The task has failed: a string, an exception, or an object with ``message``; never with a stack.

        The arguments ``code`` and ``data`` override those of ``error``.
        """
        return _failed(error, self._profile, code, data)

    def aborted(self) -> Aborted:
        """The run stopped because the user aborted the task."""
        return Aborted()

    abort = aborted

    def _wait(self, seconds: Any, until: Any, date: Any) -> Wait:
        if self._profile.wait_options == "as_given" and seconds is not UNSET:
            return _wait_as_given(seconds, self._profile)
        given = {"seconds": None if seconds is UNSET else seconds, "until": until, "date": date}
        names = [name for name, value in given.items() if value is not None]
        if len(names) > 1:
            raise ValueError(f"continue_: {' and '.join(names)} cannot be combined; give one")
        if not names:
            return None
        moment = until if date is None else date
        left = _seconds(seconds) if moment is None else self._seconds_until(moment, names[0])
        return wait_of(left, self._profile.fractional_wait)

    def _seconds_until(self, moment: Any, name: str) -> float:
        if not isinstance(moment, datetime) or moment.tzinfo is None:
            raise TypeError(f"continue_: {name}={moment!r} must be a datetime with a time zone")
        return (moment - self._now()) // timedelta(milliseconds=1) / 1000


def _seconds(seconds: Any) -> float:
    if isinstance(seconds, timedelta):
        return seconds.total_seconds()
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError(f"continue_: seconds={seconds!r} must be a number of seconds or a timedelta")
    return seconds


def _wait_as_given(seconds: Any, profile: Profile) -> Wait:
    """``seconds`` as in releases of the original: a string is passed through, and the machine ignores it."""
    if seconds is None or isinstance(seconds, str):
        return seconds or None
    return wait_of(_seconds(seconds), profile.fractional_wait)


def _output(output: Any) -> JsonObject | None:
    return None if output is None else plain_object(output, "done: output")


def _done_as_given(message: Any, output: Any, profile: Profile) -> Done:
    """``done`` as the releases read its arguments: an object alone, ``null`` and lists too, is the output."""
    is_object = message is not UNSET and not isinstance(message, str | int | float)
    if is_object and (output is UNSET or not output):
        message, output = UNSET, message
    said = None if message is UNSET else plain(message, "done: message")
    if output is UNSET:
        return Done(said)
    return _done_with(said, plain(output, "done: output"), profile)


def _done_with(message: Any, output: Json, profile: Profile) -> Done:
    """A release's result; an output without keys is left out of those from 5.41.0 on, as is one that has no keys."""
    if profile.empty_output == "dropped_everywhere" and not (isinstance(output, str | list | dict) and output):
        return Done(message)
    return Done(message, output, null_output=output is None)


def _failed(error: Any, profile: Profile, code: str | None = None, data: Any = None) -> Failed:
    fields = _error(error, profile)
    if profile.error_message == "required" and not isinstance(fields.get("message"), str):
        raise TypeError("error: needs a string, an exception, or a mapping with a string as its message")
    if code is not None:
        fields["code"] = code
    if data is not None:
        fields["data"] = plain(data, "error: data")
    return Failed(fields, raised_text(error) if isinstance(error, BaseException) else None)


def _error(error: Any, profile: Profile) -> JsonObject:
    if isinstance(error, str):
        return {"message": error}
    if isinstance(error, TaskError):
        return {"message": error.message, "code": error.code, "data": lenient(error.data)}
    if isinstance(error, BaseException):
        return error_object(error)
    fields = plain_object(error, "error") if profile.values == "objects" else _own_properties(error)
    if profile.error_stack == "kept":
        return fields
    return {key: value for key, value in fields.items() if key != "stack"}


def _own_properties(error: Any) -> JsonObject:
    """An error that may be any JSON, as the releases read it: of what is no object, lists have their items."""
    given = plain(error, "error")
    if isinstance(given, list):
        return {**{str(index): item for index, item in enumerate(given)}, "length": len(given)}
    return given if isinstance(given, dict) else {}


def parse_result(value: Any, profile: Profile = DOCUMENTED) -> Result | None:
    """A run's return value as a result: results unchanged, mappings by their ``status``, ``None`` for anything else.

    The releases take a mapping without a known status, and any other value, for done, as the original does. Raises
    ``TypeError`` and ``ValueError`` for a known status with fields that it does not have.
    """
    if isinstance(value, Done | Continue | Failed | Aborted):
        return value
    as_given = profile.run_result == "as_given"
    if not isinstance(value, Mapping):
        return Done() if as_given and value is not None else None
    fields = plain_object(value, "the result of run")
    form = _FORMS.get(str(fields.get("status")))
    if as_given:
        return (form.read if form else _read_done)(fields, profile)
    if form is None:
        return None
    for name in fields:
        if name not in form.fields and name not in (*_ECHOED, "status"):
            raise TypeError(
                f'the result of run: "{fields["status"]}" has no "{name}".{did_you_mean(name, form.fields)}'
            )
    return form.read(fields, profile)


def what_was_returned(value: Any) -> str:
    """A run's return value that is no response, for a message: what it is, and the response that is meant."""
    if value is None:
        return f"nothing; {_RETURN}"
    shown = f"{type(value).__name__} {value!r:.100}; {_RETURN} {_MAY_RETURN}"
    if callable(value):
        name = getattr(value, "__name__", "")
        return f"{shown} Did you mean response.{name}()?" if name and hasattr(Response, name) else shown
    if not isinstance(value, Mapping):
        return shown
    if "status" not in value:
        named = next((name for name in value if str(name) in _FORMS), None)
        return f'{shown} Did you mean {{"status": "{named}"}}?' if named else shown
    status = value["status"]
    near = get_close_matches(status.lower(), _FORMS, n=1) if isinstance(status, str) else ()
    return f'{shown} Did you mean "{near[0]}"?' if near else shown


def _read_done(fields: JsonObject, profile: Profile) -> Done:
    message, output = fields.get("message"), fields.get("output")
    if profile.run_result == "checked":
        if message is not None and not isinstance(message, str):
            raise TypeError(f"the result of run: message must be text, not {type(message).__name__}")
        return Done(message or None, None if output is None else plain_object(output, "the result of run: output"))
    return _done_with(message, output, profile) if "output" in fields else Done(message)


def _read_continue(fields: JsonObject, profile: Profile) -> Continue:
    seconds, given = fields.get("wait"), fields.get("input", UNSET)
    if profile.values == "objects":
        given = plain_object(fields.get("input"), "the result of run: input")
    if profile.wait_options == "as_given":
        return Continue(given, _wait_as_given(seconds, profile))
    return Continue(given, None if seconds is None else wait_of(_seconds(seconds), profile.fractional_wait))


class _Form(NamedTuple):
    """How a mapping of one status is read, and the fields that it may have."""

    read: Callable[[JsonObject, Profile], Result]
    fields: tuple[str, ...] = ()


_FORMS: Final[Mapping[str, _Form]] = {
    "done": _Form(_read_done, ("message", "output")),
    "continue": _Form(_read_continue, ("input", "wait", "delay")),
    "error": _Form(lambda fields, profile: _failed(fields.get("error"), profile), ("error",)),
    "aborted": _Form(lambda _, __: Aborted()),
}
"""Status of a mapping that a run returns -> its form."""
_RETURN: Final = "return response.done() or another response."
_MAY_RETURN: Final = (
    "A run may return response.done(), response.continue_(), response.error() or response.aborted(), "
    'or a mapping whose "status" is done, continue, error or aborted.'
)


def capped(output: Any, most: int | None = MAX_OUTPUT_BYTES) -> Any:
    """``output`` if its JSON has at most ``most`` bytes; else without ``stack`` or ``error.stack``, or replaced."""
    if most is None or _bytes(output) <= most:
        return output
    if isinstance(output, dict):
        output = {key: value for key, value in output.items() if key != "stack"}
        if _bytes(output) > most and isinstance(error := output.get("error"), dict):
            output["error"] = {key: value for key, value in error.items() if key != "stack"}
    if (size := _bytes(output)) <= most:
        return output
    return {"message": "Output size exceeds the maximum allowed size.", "size": size, "max": most}


def _bytes(value: Json) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))


def answer(event: Mapping[str, Any], result: Result) -> JsonObject:
    """The JSON of ``result`` for ``event``, whose ids, tenant and locale are echoed unchanged."""
    ids = {key: event[key] for key in _ECHOED if key in event}
    match result:
        case Done(message, output, null_output):
            fields: JsonObject = {"status": "done", **_given(message=message), **ids}
            return {**fields, **({"output": None} if null_output else _given(output=output))}
        case Continue(input, wait):
            fields = {"status": "continue", "delay": -1, **ids}
            return {**fields, **({} if input is UNSET else {"input": input}), **_given(wait=wait)}
        case Failed(error=error):
            return {"status": "error", **ids, "error": error}
        case Aborted():
            return {"status": "aborted", **ids}


_ECHOED: Final = ("webinyTaskId", "webinyTaskDefinitionId", "tenant", "locale")


def _given(**fields: Json) -> JsonObject:
    return {key: value for key, value in fields.items() if value is not None}
