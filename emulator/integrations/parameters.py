"""Converts a Task's parameters to the arguments of a boto3 call.

The conversion walks botocore's shapes alongside the value, so that members of the API are renamed, and the user's own
keys (an item's attribute, a tag, an environment variable) are not.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from asl.values import Json, as_instant, encode, is_integer, is_number
from emulator.aws import names
from emulator.integrations.dialect import Dialect, names_of, spelled_plainly
from emulator.integrations.words import misfit, missing_member, unknown_member

if TYPE_CHECKING:
    from botocore.model import Shape

Form: TypeAlias = Callable[[Any], Any]
"""A JSON value -> the value that boto3 takes; raises ``ValueError`` with the type that is needed."""

COPY_SOURCE: Final = "CopySource"
"""The member of S3's copies that boto3 takes as an object, too: what it is made of are members of their own in Java."""


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


def read_parameters(argument: Json, shape: "Shape | None", dialect: Dialect) -> Request:
    """``argument`` as the arguments of the call.

    A null member is not sent (recorded: ``Input`` of ``test_sfn_start_execution``); if it is required, the service
    reports an error (recorded: ``test_dynamodb_invalid_param``, ``test_send_message_empty_body``).
    """
    reader = _Reader(dialect)
    if not isinstance(argument, dict):
        reader.request.refusals.append(f"The parameters must be an object, not {encode(argument)}")
    elif shape is None:
        reader.request.refusals += map(unknown_member, argument)
    else:
        reader.request.arguments = reader.structure(argument, shape, (), "")
    return reader.request


class _Reader:
    """Walks the parameters of one call. ``path`` is the place as the service words it, ``at`` its members joined by
    dots, ``name`` the last of them, or a map's key.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.request = Request()

    def structure(self, value: dict[str, Json], shape: Any, path: tuple[str, ...], at: str) -> dict[str, Any]:
        known = self._dialect.members(shape, top=not path)
        added = self._dialect.added(shape)
        read: dict[str, Any] = {}
        source: dict[str, Json] = {}
        for name, item in value.items():
            member = known.get(name) or spelled_plainly(name, known)
            if member is None and name in added:
                source[added[name]] = item
            elif member is None:
                self.request.refusals.append(unknown_member(name))
            elif item is not None:
                inner = (*path, names.camel(member))
                read[member] = self.value(item, shape.members[member], inner, f"{at}.{name}" if at else name, name)
        if source and COPY_SOURCE in read:
            self.request.refusals.append(f"The field '{COPY_SOURCE}' must not be used with {', '.join(added)}")
        elif source:
            read[COPY_SOURCE] = source
        self._check_required(value, read, shape, path, known)
        if shape.is_tagged_union and len(read) > 1:
            self.request.refusals.append(f"Only one of the members of '{at}' may be set, not {', '.join(value)}")
        return read

    def _check_required(
        self, value: dict[str, Json], read: dict[str, Any], shape: Any, path: tuple[str, ...], known: names.Members
    ) -> None:
        named = names_of(known)
        for member in shape.required_members:
            if member in read or member not in named or (not path and member in self._dialect.filled):
                continue
            name = named[member]
            if not path and not ({name, names.verbatim(member)} & value.keys()):
                self.request.refusals.append(missing_member(name))
                continue
            if not path:
                self.request.missing.append(name)
            self._violation(None, (*path, names.camel(member)), "Member must not be null")

    def value(self, value: Any, shape: Any, path: tuple[str, ...], at: str, name: str) -> Any:
        if getattr(shape, "is_document_type", False) or shape.serialization.get("jsonvalue"):
            return value
        match shape.type_name:
            case "structure" if isinstance(value, dict):
                return self.structure(value, shape, path, at)
            case "structure" if isinstance(value, str) and shape.name in self._dialect.texts:
                return {self._dialect.texts[shape.name]: value}
            case "list" if isinstance(value, list):
                self._check_minimum(len(value), value, shape, path)
                return [
                    self._inside(item, shape.member, (*path, str(n), "member"), at, name)
                    for n, item in enumerate(value, start=1)
                ]
            case "map" if isinstance(value, dict):
                return {
                    key: self._inside(item, shape.value, (*path, key, "member"), f"{at}.{key}", key)
                    for key, item in value.items()
                }
            case "structure" | "list" | "map" as needed:
                self.request.refusals.append(misfit(name, needed))
                return None
            case kind:
                return self._scalar(value, kind, shape, path, at, name)

    def _inside(self, item: Any, shape: Any, path: tuple[str, ...], at: str, name: str) -> Any:
        if item is None:
            self._violation(None, path, "Member must not be null")
            return None
        return self.value(item, shape, path, at, name)

    def _scalar(self, value: Any, kind: str, shape: Any, path: tuple[str, ...], at: str, name: str) -> Any:
        if kind == "string" and at in self._dialect.any_json and not isinstance(value, str):
            value = encode(value)
        try:
            read = self._blob(value) if kind == "blob" else SCALARS[kind](value)
        except ValueError as needed:
            self.request.refusals.append(misfit(name, str(needed)))
            return None
        size = len(read) if isinstance(read, str | bytes) else read
        self._check_minimum(size, read, shape, path)
        return read

    def _blob(self, value: Any) -> bytes:
        return blob_of_base64(value) if self._dialect.blobs_in_base64 else blob_of_json(value)

    def _check_minimum(self, size: Any, value: Any, shape: Any, path: tuple[str, ...]) -> None:
        """Report a value that botocore would not send: shorter or smaller than the model's minimum.

        All other constraints are left to the service.
        """
        least = shape.metadata.get("min")
        if least is None or not is_number(size) or size >= least:
            return
        kind = "value" if is_number(value) else "length"
        self._violation(value, path, f"Member must have {kind} greater than or equal to {least}")

    def _violation(self, value: Any, path: tuple[str, ...], what: str) -> None:
        shown = "null" if value is None else f"'{'[]' if value == [] else value}'"
        self.request.violations.append(f"Value {shown} at '{'.'.join(path)}' failed to satisfy constraint: {what}")


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise ValueError("STRING")


def _whole(value: Any) -> int:
    """JSONata has no separate integer type, so ``3.0`` counts as one."""
    if is_integer(value) or (is_number(value) and float(value).is_integer()):
        return int(value)
    raise ValueError("NUMBER")


def _number(value: Any) -> float:
    if is_number(value):
        return float(value)
    raise ValueError("NUMBER")


_WORDS: Final = {"true": True, "false": False}


def _boolean(value: Any) -> bool:
    """``true``, and its text, as AWS's samples write it: ``{"BOOL": "true"}``."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in _WORDS:
        return _WORDS[value]
    raise ValueError("BOOLEAN")


def _timestamp(value: Any) -> datetime:
    if (at := as_instant(value)) is not None:
        return at
    raise ValueError("TIMESTAMP")


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
        raise ValueError("BASE64") from None
