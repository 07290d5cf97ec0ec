"""``InputTemplate``: what an enrichment or a target gets of each event. User guide, "Pipes input transformation".

A template is JSON with placeholders, or free text with them. ``<$.body.key>`` is a value of the event, whose own data
(``body`` of SQS, ``data`` of Kinesis) is read as JSON where it is; ``<aws.pipes.pipe-name>`` and the like are the
pipe's.
As a JSON value a placeholder stands for the value, a text with its quotes; inside of quotes or in free text it stands
for the bare text. A path that finds nothing is an empty text.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from asl import jsonpath
from asl.values import Json, JsonTextError, decode, encode
from emulator.mappings.filters import read_json

RESERVED: Final = (
    "aws.pipes.pipe-arn",
    "aws.pipes.pipe-name",
    "aws.pipes.source-arn",
    "aws.pipes.enrichment-arn",
    "aws.pipes.target-arn",
    "aws.pipes.event.ingestion-time",
    "aws.pipes.event",
    "aws.pipes.event.json",
)
_PIECES: Final = re.compile(r'<(\$[^<>]*|aws\.pipes\.[a-z.\-]+)>|\\.|"|[^<\\"]+|.', re.DOTALL)
_compile_path = lru_cache(maxsize=1024)(jsonpath.compile)


class InvalidTemplateError(ValueError):
    """A template with a placeholder that Pipes does not have."""


class UnfilledError(ValueError):
    """A template that makes no JSON of this event; the text says why."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Literal ``text``, or a placeholder: inside of quotes or free text (``bare``), or as a JSON value."""

    text: str
    role: Literal["literal", "bare", "value"]


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template; ``is_json``: what it makes is JSON, else a text."""

    pieces: tuple[_Piece, ...]
    is_json: bool

    def fill(self, event: Json, reserved: Mapping[str, Json]) -> Json:
        """What the template makes of an event; raises ``UnfilledError``."""
        view = decoded(event)
        values = {**reserved, "aws.pipes.event": event, "aws.pipes.event.json": view}
        text = "".join(self._written(piece, view, values) for piece in self.pieces)
        if not self.is_json:
            return text
        try:
            value: Json = decode(text)
        except JsonTextError as error:
            raise UnfilledError(f"the filled InputTemplate is not JSON: {error.message}: {text}") from None
        return value

    def _written(self, piece: _Piece, view: Json, values: Mapping[str, Json]) -> str:
        if piece.role == "literal":
            return piece.text
        value = read_path(piece.text, view) if piece.text.startswith("$") else values.get(piece.text, "")
        if piece.role == "value":
            return encode(value)
        text = value if isinstance(value, str) else encode(value)
        return encode(text)[1:-1] if self.is_json else text


def parse(text: str) -> Template:
    """The template in ``text``; raises ``InvalidTemplateError`` for a placeholder that is no path of Pipes'."""
    whole = text.strip()
    is_json = whole.startswith(("{", "[", '"')) or (whole.startswith("<") and whole.find(">") == len(whole) - 1)
    pieces: list[_Piece] = []
    inside = False
    for match in _PIECES.finditer(whole if is_json else text):
        name = match.group(1)
        if name is None:
            inside ^= match.group() == '"'
            pieces.append(_Piece(match.group(), "literal"))
            continue
        if name.startswith("$"):
            check_path(name)
        elif name not in RESERVED:
            raise InvalidTemplateError(f"InputTemplate has the placeholder <{name}>, which is not one of Pipes")
        pieces.append(_Piece(name, "value" if is_json and not inside else "bare"))
    return Template(tuple(pieces), is_json)


def check_path(path: str) -> None:
    """Raises ``InvalidTemplateError`` for a path that cannot be read."""
    try:
        _compile_path(path)
    except jsonpath.PathSyntaxError as error:
        raise InvalidTemplateError(f"<{path}> is not a path: {error}") from None


def read_path(path: str, event: Json) -> Json:
    """What a path finds in an event; an empty text for nothing."""
    try:
        return _compile_path(path).read(event)
    except (jsonpath.PathNotFound, jsonpath.PathNotApplicable):
        return ""


def decoded(event: Json) -> Json:
    """The event with its own data as JSON: a text that holds an object or an array is that."""
    if not isinstance(event, dict):
        return event
    view: dict[str, Any] = dict(event)
    if isinstance(body := event.get("body"), str):
        view["body"] = read_json(body)
    if isinstance(data := event.get("data"), str) and event.get("eventSource") == "aws:kinesis":
        try:
            text = base64.b64decode(data, validate=True).decode()
        except ValueError:
            return view
        view["data"] = read_json(text)
    return view
