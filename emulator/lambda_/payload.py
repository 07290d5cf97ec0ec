"""The input and output text of a Python handler, as Lambda's Python runtime reads and writes it.

That runtime writes with simplejson, whose rules differ from the standard library's: a ``Decimal`` becomes a plain
number, named tuples (anything with ``_asdict``) become objects, bytes inside a value become UTF-8 text, and ``NaN`` and
``Infinity`` are written although they are not JSON. A space follows ``,`` and ``:``; since Python 3.12, non-ASCII is
not escaped. Compared with awslambdaric 4.2.2 and simplejson, value by value.
"""

import json
from decimal import Decimal
from typing import Any, Final, NoReturn

from asl.values import reader, writer
from emulator.not_json import find_not_json, member

MARSHAL_ERROR: Final = "Runtime.MarshalError"
UNMARSHAL_ERROR: Final = "Runtime.UnmarshalError"
CONTEXT_UNMARSHAL_ERROR: Final = "Runtime.LambdaContextUnmarshalError"
EXIT_ERROR: Final = "Runtime.ExitError"
TIMED_OUT: Final = "Sandbox.Timedout"
TOO_LARGE: Final = "Function.ResponseSizeTooLarge"

RESPONSE_LIMIT: Final = 6_291_556
"""Maximum size of a response, in bytes of UTF-8."""


class LambdaRuntimeError(Exception):
    """An error found by Lambda's runtime, not by the handler; ``hint`` is for people and not in the payload."""

    def __init__(
        self, error_type: str, message: str, stack_trace: tuple[str, ...] = (), hint: str | None = None
    ) -> None:
        super().__init__(f"{error_type}: {message}" + (f"\n{hint}" if hint else ""))
        self.error_type = error_type
        self.message = message
        self.stack_trace = stack_trace
        self.hint = hint


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"Expecting value: {text} is not JSON")


_read = reader(json.JSONDecoder(parse_constant=_refuse_constant))
_raw = json.JSONEncoder(ensure_ascii=False)
_escaped = json.JSONEncoder(ensure_ascii=True)
_write_raw, _write_escaped = writer(_raw), writer(_escaped)
_PLAIN = frozenset({str, int, float, bool, type(None)})


def unmarshal(text: str) -> Any:
    """The parsed value, a new one for each call; raises ``LambdaRuntimeError`` if ``text`` is not JSON."""
    try:
        return _read(text)
    except (ValueError, RecursionError) as error:
        raise LambdaRuntimeError(UNMARSHAL_ERROR, f"Unable to unmarshal input: {error}") from None


def marshal(value: Any, *, ascii_only: bool = False) -> str:
    """A handler's response as Lambda's payload; raises ``LambdaRuntimeError``, whose hint names the place.

    >>> marshal({"price": Decimal("1.10"), "sizes": (1, 2)})
    '{"price": 1.10, "sizes": [1, 2]}'
    """
    if isinstance(value, bytes):  # passed to the caller unchanged, JSON or not
        return value.decode("utf-8", "replace")
    try:
        if _is_plain(value):
            return _write_escaped(value) if ascii_only else _write_raw(value)
        return _write(value, _escaped if ascii_only else _raw, [])
    except _NotJsonError as error:
        raise LambdaRuntimeError(MARSHAL_ERROR, f"Unable to marshal response: {error}", hint=error.hint()) from None
    except (ValueError, RecursionError) as error:
        found = find_not_json(value)
        hint = None if found is None else f"the response: {found}"
        raise LambdaRuntimeError(MARSHAL_ERROR, f"Unable to marshal response: {error}", hint=hint) from None


class _NotJsonError(TypeError):
    """A value that JSON cannot represent; ``places`` are the keys and indexes on its path, the innermost first."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.places: list[str | int] = []

    def hint(self) -> str:
        path = "$"
        for place in reversed(self.places):
            path = f"{path}[{place}]" if isinstance(place, int) else member(path, place)
        place = f"the response, at {path}," if self.places else "the response"
        return _HINTS.get(self.kind, _HINT).format(place=place, kind=self.kind)


_FROZEN: Final = {"FakeDatetime": "datetime", "FakeDate": "date"}
"""freezegun's class -> the class that it replaces."""
_HINT: Final = "{place} contains a {kind}; Lambda accepts dict, list, str, int, float, bool, None, Decimal and bytes"
_HINTS: Final = {
    "coroutine": "the handler is `async def`, and Lambda's Python runtime does not await it: "
    "return asyncio.run(...) from a plain function",
    "datetime": "{place} contains a datetime: return its isoformat()",
    "date": "{place} contains a date: return its isoformat()",
    "UUID": "{place} contains a UUID: return str() of it",
    "set": "{place} contains a set: return sorted() of it",
    "key of type tuple": "{place} contains an object with a tuple as a key: keys are text",
}


def _is_plain(value: Any) -> bool:
    """Whether the standard library writes ``value`` as simplejson does; cycles and deep nesting do not count."""
    kind = type(value)
    try:
        if kind is dict:
            for key, item in value.items():
                if type(key) is not str or not (type(item) in _PLAIN or _is_plain(item)):
                    return False
            return True
        if kind is list:
            return all(type(item) in _PLAIN or _is_plain(item) for item in value)
    except RecursionError:
        return False
    return kind in _PLAIN


def _write(value: Any, encoder: json.JSONEncoder, parents: list[int]) -> str:
    if isinstance(value, bytes):
        value = str(value, "utf-8")
    if value is None or isinstance(value, str | int | float):
        return encoder.encode(value)
    if isinstance(value, Decimal):
        return "NaN" if value.is_nan() else str(value)
    if not isinstance(value, list) and callable(as_dict := getattr(value, "_asdict", None)):
        fields = as_dict()
    elif isinstance(value, list | tuple | dict):
        fields = value
    else:
        kind = _FROZEN.get(type(value).__name__, type(value).__name__)
        raise _NotJsonError(f"Object of type {kind} is not JSON serializable", kind)
    if id(value) in parents:
        raise ValueError("Circular reference detected")
    parents.append(id(value))
    if isinstance(fields, dict):
        text = [f"{encoder.encode(_key(k))}: {_write_at(_key(k), v, encoder, parents)}" for k, v in fields.items()]
        parents.pop()
        return "{" + ", ".join(text) + "}"
    text = [_write_at(index, item, encoder, parents) for index, item in enumerate(fields)]
    parents.pop()
    return "[" + ", ".join(text) + "]"


def _write_at(place: str | int, value: Any, encoder: json.JSONEncoder, parents: list[int]) -> str:
    try:
        return _write(value, encoder, parents)
    except _NotJsonError as error:
        error.places.append(place)
        raise


def _key(key: Any) -> str:
    if isinstance(key, bytes):
        return str(key, "utf-8")
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, int | float):
        return _raw.encode(key)
    raise _NotJsonError(
        f"keys must be str, int, float, bool or None, not {type(key).__name__}", f"key of type {type(key).__name__}"
    )


def error_payload(
    message: str, error_type: str, request_id: str | None, stack_trace: tuple[str, ...], *, ascii_only: bool
) -> str:
    """An error as the Python runtime reports it; without ``request_id`` the key is left out, as up to Python 3.8."""
    report: dict[str, Any] = {"errorMessage": message, "errorType": error_type}
    if request_id is not None:
        report["requestId"] = request_id
    return marshal(report | {"stackTrace": list(stack_trace)}, ascii_only=ascii_only)


def sandbox_payload(message: str, error_type: str) -> str:
    """An error that Lambda reports when the runtime cannot: compact, type first, without request id and stack."""
    return json.dumps({"errorType": error_type, "errorMessage": message}, separators=(",", ":"))
