"""Converts boto3's response to the JSON of the task's result, walking botocore's shapes alongside it.

Members of the API are renamed; the user's own keys (an item's attribute, a tag) are not.
"""

import base64
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from asl.values import Json, encode, instant_text
from emulator.aws import names

if TYPE_CHECKING:
    from botocore.model import Shape


@dataclass(frozen=True, slots=True)
class Result:
    """How one kind of integration writes responses: member names, the text of blobs, the order of map keys, times."""

    naming: names.Naming
    blob: Callable[[bytes], str]
    sorts_maps: bool = False
    url_encodes_documents: bool = False
    time: Callable[[datetime], Json] = instant_text


def milliseconds_of(at: datetime) -> int:
    """A time in the result of an optimized call: milliseconds since 1970."""
    return round(at.timestamp() * 1000)


def write_response(response: Mapping[str, Any], shape: "Shape | None", result: Result) -> dict[str, Json]:
    """boto3's ``response`` as JSON: members sorted, with a streamed body last (recorded: ``test_s3_get_object``)."""
    return {} if shape is None else _structure(response, shape, result)


def _structure(value: Mapping[str, Any], shape: Any, result: Result) -> dict[str, Json]:
    known = result.naming(shape)
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
            return result.time(value)
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
