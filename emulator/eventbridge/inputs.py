"""The text that a rule's target receives: the whole event, ``Input``, ``InputPath`` or ``InputTransformer``.

``check_target`` refuses what PutTargets refuses; ``target_input`` gives the exact text delivered, or raises
``UndeliverableInput`` where EventBridge accepts the target and then silently delivers nothing. The behaviour
is recorded on AWS (LocalStack's snapshot suite, ``test_events_inputs``) unless a line says otherwise.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from asl import jsonpath
from asl.values import Json, JsonTextError, decode
from emulator.eventbridge.scalars import event_text

MAX_INPUT_PATHS: Final = 100

RULE_ARN: Final = "aws.events.rule-arn"
RULE_NAME: Final = "aws.events.rule-name"
INGESTION_TIME: Final = "aws.events.event.ingestion-time"
EVENT: Final = "aws.events.event"
EVENT_JSON: Final = "aws.events.event.json"
PREDEFINED: Final = frozenset({RULE_ARN, RULE_NAME, INGESTION_TIME, EVENT, EVENT_JSON})
"""Placeholders that every template may use. The last two stand for objects, only as JSON values."""

_WAYS: Final = ("Input", "InputPath", "InputTransformer")
_PLACEHOLDER: Final = re.compile(r"<([A-Za-z0-9_.\-]+)>")
_PIECES: Final = re.compile(r'<([A-Za-z0-9_.\-]+)>|\\.|"|[^<\\"]+|.', re.DOTALL)
_QUOTED_NAME: Final = re.compile(r"""\[\s*['"]""")
_PATH_NAME_RULE: Final = r"[A-Za-z0-9\_\-]+"
_PATH_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")
"""The names of ``InputPathsMap`` (service model), so that none of them is a predefined placeholder."""
_MISSING: Final = ""
"""The value of a placeholder whose path finds nothing: no text in a string, ``""`` as a JSON value."""


class InvalidTarget(ValueError):  # noqa: N818 - AWS's manner of naming
    """A target that PutTargets refuses, with AWS's error ``code`` and ``message``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class UndeliverableInput(ValueError):  # noqa: N818 - named for the input
    """EventBridge silently delivers nothing to this target for this event; ``reason`` says why."""

    def __init__(self, target_id: str, reason: str) -> None:
        super().__init__(f"target {target_id}: nothing is delivered: {reason}")
        self.target_id = target_id
        self.reason = reason


def check_target(target: Mapping[str, Any]) -> None:
    """Raises ``InvalidTarget`` if PutTargets would refuse the input settings of ``target``.

    Two ways at once, and an invalid placeholder, are recorded; the other texts were measured on AWS in September
    2026 (``cdk-preflight``, ``pf-events-*``), but for those of too many paths and of their names.
    """
    name = target.get("Id")
    if sum(target.get(way) is not None for way in _WAYS) > 1:
        _refuse(f"Only one of Input, InputPath, or InputTransformer must be provided for target {name}.")
    if target.get("Input") is not None:
        try:
            decode(target["Input"])
        except JsonTextError:
            _refuse(f"JSON syntax error in input for target {name}.")
    if (path := target.get("InputPath")) is not None:
        _check_path(name, path)
    if (transformer := target.get("InputTransformer")) is not None:
        _check_transformer(name, transformer)


def _check_transformer(name: Any, transformer: Mapping[str, Any]) -> None:
    paths = transformer.get("InputPathsMap") or {}
    if transformer.get("InputTemplate") is None:
        _refuse(
            "1 validation error detected: Value null at 'targets.1.member.inputTransformer.inputTemplate' "
            "failed to satisfy constraint: Member must not be null"
        )
    broken = (
        [] if len(paths) <= MAX_INPUT_PATHS else [f"Member must have length less than or equal to {MAX_INPUT_PATHS}"]
    )
    if not all(map(_PATH_NAME.fullmatch, paths)):
        broken.append(
            "Map keys must satisfy constraint: [Member must have length less than or equal to 256, "
            "Member must have length greater than or equal to 1, "
            f"Member must satisfy regular expression pattern: {_PATH_NAME_RULE}]"
        )
    if broken:
        shown = ", ".join(f"{key}={path}" for key, path in paths.items())
        _refuse(
            f"1 validation error detected: Value '{{{shown}}}' at "
            f"'targets.1.member.inputTransformer.inputPathsMap' failed to satisfy constraint: {broken[0]}"
        )
    for path in paths.values():
        _check_path(name, path)
    template = transformer["InputTemplate"]
    for placeholder in _PLACEHOLDER.findall(template):
        if placeholder not in paths and placeholder not in PREDEFINED:
            _refuse(f"InputTemplate for target {name} contains invalid placeholder {placeholder}.")
        if placeholder == EVENT_JSON and not _takes_event_json(template):
            _refuse(f"InputTemplate for target {name} contains placeholder {EVENT_JSON} valid only for JSON template.")


def _takes_event_json(template: str) -> bool:
    """Whether the template is an object, or the placeholder alone; a list and a string are refused (measured)."""
    return template.lstrip().startswith("{") or template.strip() == f"<{EVENT_JSON}>"


def _refuse(message: str) -> None:
    raise InvalidTarget("ValidationException", message)


def _check_path(name: Any, path: str) -> None:
    """Refuse a path that does not begin with ``$`` or has names in brackets; indexes and a bare ``$`` are taken."""
    try:
        if path.startswith("$") and not _QUOTED_NAME.search(path):
            _compile_path(path)
            return
    except jsonpath.PathSyntaxError:
        pass
    _refuse(f"InputPath for target {name} is invalid.")


_compile_path = lru_cache(maxsize=1024)(jsonpath.compile)


def target_input(
    target: Mapping[str, Any], event: dict[str, Json], *, rule_arn: str, rule_name: str, ingestion_time: str
) -> str:
    """The text that ``target`` (checked) receives for ``event``, the whole envelope.

    ``rule_arn`` of a rule on a custom bus has the bus before the rule: ``...:rule/<bus>/<rule>``;
    ``ingestion_time`` is ISO-8601 text. Raises ``UndeliverableInput``.
    """
    name = str(target.get("Id"))
    if (constant := target.get("Input")) is not None:
        return str(constant)
    if (path := target.get("InputPath")) is not None:
        try:
            return event_text(_compile_path(path).read(event))
        except (jsonpath.PathNotFound, jsonpath.PathNotApplicable) as error:
            raise UndeliverableInput(name, f"InputPath {path}: {error}") from None
    if (transformer := target.get("InputTransformer")) is None:
        return event_text(event)
    paths: Mapping[str, str] = transformer.get("InputPathsMap") or {}
    values: dict[str, Json] = {key: _read(path, event) for key, path in paths.items()}
    values |= {
        RULE_ARN: rule_arn,
        RULE_NAME: rule_name,
        INGESTION_TIME: ingestion_time,
        EVENT: _without_detail(event),
        EVENT_JSON: event,
    }
    template = _parse_template(transformer["InputTemplate"])
    try:
        return template.fill(values)
    except ValueError as error:
        raise UndeliverableInput(name, str(error)) from None


def event_value(path: str, event: dict[str, Json]) -> str:
    """What a path finds in an event, as text: a string as it is; empty when it finds nothing."""
    return _bare(_read(path, event))


def _read(path: str, event: dict[str, Json]) -> Json:
    try:
        return _compile_path(path).read(event)
    except (jsonpath.PathNotFound, jsonpath.PathNotApplicable):
        return _MISSING


def _without_detail(event: dict[str, Json]) -> Json:
    """``<aws.events.event>``: no ``detail``, and ``detail-type`` under another name."""
    return {"detailType" if key == "detail-type" else key: value for key, value in event.items() if key != "detail"}


@dataclass(frozen=True, slots=True)
class _Piece:
    """Literal ``text``, or a placeholder's name inside a JSON string (``quoted``) or as a JSON value."""

    text: str
    role: Literal["literal", "quoted", "value"]


@dataclass(frozen=True, slots=True)
class _Template:
    """``lines``: a quoted string on each line, delivered as filled in; any other template must become JSON."""

    pieces: tuple[_Piece, ...]
    lines: bool

    def fill(self, values: Mapping[str, Json]) -> str:
        """The template filled with ``values``; raises ``ValueError`` with the reason why nothing is delivered."""
        text = "".join(piece.text if piece.role == "literal" else self._fill_in(piece, values) for piece in self.pieces)
        if not self.lines:
            try:
                decode(text)
            except JsonTextError as error:
                raise ValueError(
                    f"the filled template is not JSON: {error.message} "
                    f"at line {error.line}, column {error.column} of {text!r}"
                ) from None
        return text

    def _fill_in(self, piece: _Piece, values: Mapping[str, Json]) -> str:
        if piece.text not in values:
            raise ValueError(f"there is no placeholder <{piece.text}>; check_target refuses this template")
        value = values[piece.text]
        if piece.role == "value":
            return event_text(value)
        if isinstance(value, dict | list):
            kind = "an object" if isinstance(value, dict) else "a list"
            if not self.lines:
                raise ValueError(f"<{piece.text}> is {kind} inside a string of a JSON template")
            if piece.text in (EVENT, EVENT_JSON):
                raise ValueError(f"<{piece.text}> is inside a string; it may only be used as a JSON value")
        return _bare(value)


def _bare(value: Json) -> str:
    """A value inside a string: no quotes anywhere and nothing escaped: ``{id:7,tags:[a,b]}``."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{_bare(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_bare, value)) + "]"
    return value if isinstance(value, str) else event_text(value)


@lru_cache(maxsize=1024)
def _parse_template(text: str) -> _Template:
    rows = [row.strip() for row in text.splitlines() if row.strip()]
    lines = bool(rows) and all(len(row) > 1 and row[0] == row[-1] == '"' for row in rows)
    pieces: list[_Piece] = []
    inside = False
    for match in _PIECES.finditer(text):
        name = match.group(1)
        if name is not None:
            pieces.append(_Piece(name, "quoted" if inside or lines else "value"))
            continue
        inside ^= match.group() == '"'
        pieces.append(_Piece(match.group(), "literal"))
    return _Template(tuple(pieces), lines)
