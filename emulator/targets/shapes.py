"""Converts a Task's parameters to the arguments of a boto3 call, and boto3's response to the JSON of the task's result.

Both directions walk botocore's shapes alongside the value, so that members of the API are renamed, and the user's own
keys (an item's attribute, a tag, an environment variable) are not.
"""

import base64
import binascii
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import quote

from asl.problems import did_you_mean
from asl.values import Json, as_instant, encode, instant_text, is_integer, is_number
from emulator.aws import names

if TYPE_CHECKING:
    from botocore.model import Shape

Form: TypeAlias = Callable[[Any], Any]
"""A JSON value -> the value that boto3 takes; raises ``ValueError`` with the type that is needed."""


@dataclass(slots=True)
class Request:
    """A task's parameters, read for a call.

    ``refusals``: the errors that Step Functions reports instead of calling, such as for an unknown field.
    ``violations``: the errors that the service reports for a call that botocore would not send; ``missing`` are the
    top-level members among them that were null, by Step Functions' name.
    """

    arguments: dict[str, Any] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one kind of integration writes parameters.

    ``json_text`` are the string members (``Entries.Detail``) that take any JSON value and send its text.
    ``unsupported`` are the API's top-level members that the integration lacks.
    """

    naming: names.Naming
    blob: Form
    json_text: frozenset[str] = frozenset()
    unsupported: frozenset[str] = frozenset()


def read_parameters(argument: Json, shape: "Shape | None", dialect: Dialect, *, filled: frozenset[str]) -> Request:
    """``argument`` as the arguments of the call; ``filled`` are members that the SDK fills in when absent.

    A null member is not sent (recorded: ``Input`` of ``test_sfn_start_execution``); if it is required, the service
    reports an error (recorded: ``test_dynamodb_invalid_param``, ``test_send_message_empty_body``).
    """
    reader = _Reader(dialect, filled)
    if not isinstance(argument, dict):
        reader.request.refusals.append(f"The parameters must be an object, not {encode(argument)}")
    elif shape is None:
        reader.request.refusals += [_unknown(name, ()) for name in argument]
    else:
        reader.request.arguments = reader.structure(argument, shape, (), "")
    return reader.request


def _unknown(name: str, known: Iterable[str]) -> str:
    hint = did_you_mean(name, known)
    return f'The field "{name}" is not supported by Step Functions' + (f". {hint}" if hint else "")


class _Reader:
    """Walks the parameters of one call. ``path`` is the place as AWS words it, ``at`` its members joined by dots."""

    def __init__(self, dialect: Dialect, filled: frozenset[str]) -> None:
        self._dialect = dialect
        self._filled = filled
        self.request = Request()

    def structure(self, value: dict[str, Json], shape: Any, path: tuple[str, ...], at: str) -> dict[str, Any]:
        known = names.members(tuple(shape.members), self._dialect.naming)
        if not path:
            known = {name: member for name, member in known.items() if name not in self._dialect.unsupported}
        read: dict[str, Any] = {}
        for name, item in value.items():
            member = known.get(name) or _spelled_plainly(name, known)
            if member is None:
                self.request.refusals.append(_unknown(name, known))
            elif item is not None:
                inner = (*path, names.camel(member))
                read[member] = self.value(item, shape.members[member], inner, f"{at}.{name}" if at else name)
        self._check_required(value, read, shape, path)
        if shape.is_tagged_union and len(read) > 1:
            self._misfit(at, f"only one of its members may be set, not {', '.join(value)}")
        return read

    def _check_required(self, value: dict[str, Json], read: dict[str, Any], shape: Any, path: tuple[str, ...]) -> None:
        for member in shape.required_members:
            if member in read or (not path and member in self._filled):
                continue
            name = self._dialect.naming(member)
            if not path and not ({name, names.verbatim(member)} & value.keys()):
                self.request.refusals.append(f"The field '{name}' is required but was missing")
                continue
            if not path:
                self.request.missing.append(name)
            self._violation(None, (*path, names.camel(member)), "Member must not be null")

    def value(self, value: Any, shape: Any, path: tuple[str, ...], at: str) -> Any:
        if getattr(shape, "is_document_type", False) or shape.serialization.get("jsonvalue"):
            return value
        match shape.type_name:
            case "structure" if isinstance(value, dict):
                return self.structure(value, shape, path, at)
            case "list" if isinstance(value, list):
                self._check_minimum(len(value), value, shape, path)
                return [self._item(item, shape, (*path, str(n)), at) for n, item in enumerate(value, start=1)]
            case "map" if isinstance(value, dict):
                return {key: self._entry(key, item, shape, path, at) for key, item in value.items()}
            case "structure" | "list" | "map" as needed:
                self._misfit(at, f"{_ARTICLE[needed]} is needed, not {_shown(value)}")
                return None
            case kind:
                return self._scalar(value, kind, shape, path, at)

    def _item(self, item: Any, shape: Any, path: tuple[str, ...], at: str) -> Any:
        return self._inside(item, shape.member, (*path, "member"), at)

    def _entry(self, key: str, item: Any, shape: Any, path: tuple[str, ...], at: str) -> Any:
        return self._inside(item, shape.value, (*path, key, "member"), f"{at}.{key}")

    def _inside(self, item: Any, shape: Any, path: tuple[str, ...], at: str) -> Any:
        if item is None:
            self._violation(None, path, "Member must not be null")
            return None
        return self.value(item, shape, path, at)

    def _scalar(self, value: Any, kind: str, shape: Any, path: tuple[str, ...], at: str) -> Any:
        if kind == "string" and at in self._dialect.json_text and not isinstance(value, str):
            value = encode(value)
        try:
            read = self._dialect.blob(value) if kind == "blob" else SCALARS[kind](value)
        except ValueError as needed:
            self._misfit(at, f"{needed} is needed, not {_shown(value)}")
            return None
        size = len(read) if isinstance(read, str | bytes) else read
        self._check_minimum(size, read, shape, path)
        return read

    def _check_minimum(self, size: Any, value: Any, shape: Any, path: tuple[str, ...]) -> None:
        """Report a value that botocore would not send: shorter or smaller than the model's minimum.

        All other constraints are left to the service.
        """
        least = shape.metadata.get("min")
        if least is None or not is_number(size) or size >= least:
            return
        kind = "value" if is_number(value) else "length"
        self._violation(value, path, f"Member must have {kind} greater than or equal to {least}")

    def _misfit(self, at: str, what: str) -> None:
        self.request.refusals.append(f"The value of the field '{at}' has an invalid format: {what}")

    def _violation(self, value: Any, path: tuple[str, ...], what: str) -> None:
        shown = "null" if value is None else f"'{'[]' if value == [] else value}'"
        self.request.violations.append(f"Value {shown} at '{'.'.join(path)}' failed to satisfy constraint: {what}")


def _spelled_plainly(name: str, known: Mapping[str, str]) -> str | None:
    """The member whose name lacks only the ``Value`` that Java adds to its reserved words (``Default``)."""
    member = known.get(f"{name}Value")
    return member if member is not None and names.verbatim(member) == name else None


def _shown(value: Any) -> str:
    text = encode(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


_ARTICLE: Final = {"structure": "an object", "list": "an array", "map": "an object"}


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise ValueError("a string")


def _whole(value: Any) -> int:
    """JSONata has no separate integer type, so ``3.0`` counts as one."""
    if is_integer(value) or (is_number(value) and float(value).is_integer()):
        return int(value)
    raise ValueError("an integer")


def _number(value: Any) -> float:
    if is_number(value):
        return float(value)
    raise ValueError("a number")


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError("true or false")


def _timestamp(value: Any) -> datetime:
    if (at := as_instant(value)) is not None:
        return at
    raise ValueError("a timestamp such as 2025-01-31T12:00:00Z")


SCALARS: Final[Mapping[str, Form]] = {
    "string": _string,
    "char": _string,
    "integer": _whole,
    "long": _whole,
    "float": _number,
    "double": _number,
    "boolean": _boolean,
    "timestamp": _timestamp,
}
"""botocore's type -> the function that reads its value; blobs differ by integration."""


def blob_of_json(value: Any) -> bytes:
    """A blob member of an aws-sdk call: the JSON text of the value, quotes included (recorded:
    ``test_s3_put_object``)."""
    return encode(value).encode()


def blob_of_base64(value: Any) -> bytes:
    """A blob member of an optimized call, which is given in Base64, as ``B`` is in DynamoDB's API."""
    try:
        return base64.b64decode(_string(value), validate=True)
    except (ValueError, binascii.Error):
        raise ValueError("a string in Base64") from None


# Responses -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Result:
    """How one kind of integration writes responses: member names, the text of blobs, the order of map keys."""

    naming: names.Naming
    blob: Callable[[bytes], str]
    sorts_maps: bool = False
    url_encodes_documents: bool = False


def write_response(response: Mapping[str, Any], shape: "Shape | None", result: Result) -> dict[str, Json]:
    """boto3's ``response`` as JSON: members sorted, with a streamed body last (recorded: ``test_s3_get_object``)."""
    return {} if shape is None else _structure(response, shape, result)


def _structure(value: Mapping[str, Any], shape: Any, result: Result) -> dict[str, Json]:
    known = names.members(tuple(shape.members), result.naming)
    here = {name: member for name, member in known.items() if value.get(member) is not None}
    ordered = sorted(here, key=lambda name: (shape.members[here[name]].type_name == "blob", name))
    return {name: _json(value[here[name]], shape.members[here[name]], result) for name in ordered}


def _json(value: Any, shape: Any, result: Result) -> Json:
    if getattr(shape, "is_document_type", False):
        return _plain(value)
    match shape.type_name:
        case "structure":
            return _structure(value, shape, result)
        case "list":
            return [_json(item, shape.member, result) for item in value]
        case "map":
            keys = sorted(value) if result.sorts_maps else value
            return {str(key): _json(value[key], shape.value, result) for key in keys}
        case "timestamp" if isinstance(value, datetime):
            return instant_text(value)
        case "blob":
            return result.blob(value.read() if hasattr(value, "read") else value)
        case "string" if not isinstance(value, str):
            return _document_text(value, result)
        case _:
            return _plain(value)


def _document_text(value: Any, result: Result) -> str:
    """The text of a JSON document that boto3 has parsed; encoded for URLs again where the API sends that (IAM)."""
    text = encode(_plain(value))
    return quote(text, safe="") if result.url_encodes_documents else text


def _plain(value: Any) -> Json:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return instant_text(value) if isinstance(value, datetime) else str(value)


def blob_text(content: bytes | str) -> str:
    """A blob in the result of an aws-sdk call: its text, never parsed; Base64 if it is not UTF-8."""
    if isinstance(content, str):
        return content
    try:
        return content.decode()
    except UnicodeDecodeError:
        return base64_text(content)


def base64_text(content: bytes | str) -> str:
    """A blob in the result of an optimized call: Base64."""
    return base64.b64encode(content.encode() if isinstance(content, str) else content).decode()
