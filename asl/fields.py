"""The one table of fields: which states may have a field, in which query language, and what its value must be.

Read by the checks, by the generated page of what is supported, and by the tests. Sources: the States Language,
statelint's rules, and the refusals that AWS was seen to make.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from asl.errors import ALL, RESERVED
from asl.paths import PathSyntaxError, compile_path, compile_reference_path
from asl.problems import NOT_EMULATED, SCHEMA, Problem, did_you_mean, join
from asl.resources import known_resources, parse_resource
from asl.templates import TemplateError, compile_value, mistakes
from asl.values import as_instant, encode, is_integer, is_number

Language: TypeAlias = Literal["both", "JSONPath", "JSONata"]
LARGEST: Final = 99_999_999

ALL_TYPES: Final = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")
"""In the order in which AWS names them."""


class Field(NamedTuple):
    """A row: the field, the states that may have it, the query language it belongs to, what its value must be.

    ``emulated`` is false for a field that AWS takes and this emulator does not run: using it is a problem of its own.
    """

    name: str
    types: tuple[str, ...]
    language: Language
    kind: str
    emulated: bool = True


_RESULT = ("Task", "Parallel", "Map")
_NEXT = ("Task", "Parallel", "Map", "Pass", "Wait")
_ASSIGN = (*_NEXT, "Choice")

FIELDS: Final = (
    Field("Type", ALL_TYPES, "both", "type"),
    Field("Comment", ALL_TYPES, "both", "string"),
    Field("QueryLanguage", ALL_TYPES, "both", "query language"),
    Field("Next", _NEXT, "both", "state name"),
    Field("End", _NEXT, "both", "boolean"),
    Field("InputPath", (*_ASSIGN, "Succeed"), "JSONPath", "path or null"),
    Field("OutputPath", (*_ASSIGN, "Succeed"), "JSONPath", "path or null"),
    Field("Parameters", ("Task", "Parallel", "Map", "Pass"), "JSONPath", "template"),
    Field("ResultSelector", _RESULT, "JSONPath", "template"),
    Field("ResultPath", (*_RESULT, "Pass"), "JSONPath", "reference path or null"),
    Field("Result", ("Pass",), "JSONPath", "any"),
    Field("Assign", _ASSIGN, "both", "assignment"),
    Field("Retry", _RESULT, "both", "retriers"),
    Field("Catch", _RESULT, "both", "catchers"),
    Field("Resource", ("Task",), "both", "resource"),
    Field("TimeoutSeconds", ("Task",), "both", "positive integer"),
    Field("TimeoutSecondsPath", ("Task",), "JSONPath", "path"),
    Field("HeartbeatSeconds", ("Task",), "both", "positive integer"),
    Field("HeartbeatSecondsPath", ("Task",), "JSONPath", "path"),
    Field("Credentials", ("Task",), "both", "credentials"),
    Field("Seconds", ("Wait",), "both", "seconds"),
    Field("SecondsPath", ("Wait",), "JSONPath", "path"),
    Field("Timestamp", ("Wait",), "both", "timestamp"),
    Field("TimestampPath", ("Wait",), "JSONPath", "path"),
    Field("Error", ("Fail",), "both", "string"),
    Field("ErrorPath", ("Fail",), "JSONPath", "path or intrinsic"),
    Field("Cause", ("Fail",), "both", "string"),
    Field("CausePath", ("Fail",), "JSONPath", "path or intrinsic"),
    Field("Choices", ("Choice",), "both", "rules"),
    Field("Default", ("Choice",), "both", "state name"),
    Field("Branches", ("Parallel",), "both", "branches"),
    Field("ItemProcessor", ("Map",), "both", "block"),
    Field("Iterator", ("Map",), "both", "block"),
    Field("ItemsPath", ("Map",), "JSONPath", "path"),
    Field("ItemSelector", ("Map",), "both", "template"),
    Field("MaxConcurrency", ("Map",), "both", "count"),
    Field("MaxConcurrencyPath", ("Map",), "JSONPath", "path"),
    Field("Arguments", ("Task", "Parallel"), "JSONata", "any", emulated=False),
    Field("Output", (*_ASSIGN, "Succeed"), "JSONata", "any", emulated=False),
    Field("Items", ("Map",), "JSONata", "any", emulated=False),
    Field("ItemReader", ("Map",), "both", "any", emulated=False),
    Field("ItemBatcher", ("Map",), "both", "any", emulated=False),
    Field("ResultWriter", ("Map",), "both", "any", emulated=False),
    Field("Label", ("Map",), "both", "any", emulated=False),
    Field("ToleratedFailureCount", ("Map",), "both", "any", emulated=False),
    Field("ToleratedFailureCountPath", ("Map",), "JSONPath", "any", emulated=False),
    Field("ToleratedFailurePercentage", ("Map",), "both", "any", emulated=False),
    Field("ToleratedFailurePercentagePath", ("Map",), "JSONPath", "any", emulated=False),
)

BY_TYPE: Final[Mapping[str, Mapping[str, Field]]] = {
    type_: {field.name: field for field in FIELDS if type_ in field.types} for type_ in ALL_TYPES
}

REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "Task": ("Resource",),
    "Choice": ("Choices",),
    "Parallel": ("Branches",),
}

ONE_OF: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "Wait": (("Seconds", "Timestamp", "SecondsPath", "TimestampPath"),),
    "Map": (("ItemProcessor", "Iterator"),),
}
"""Type -> groups of fields of which a state has exactly one."""

EXCLUSIVE: Final = (
    ("TimeoutSeconds", "TimeoutSecondsPath"),
    ("HeartbeatSeconds", "HeartbeatSecondsPath"),
    ("MaxConcurrency", "MaxConcurrencyPath"),
    ("ItemSelector", "Parameters"),
    ("Error", "ErrorPath"),
    ("Cause", "CausePath"),
)
"""Fields of which a state has at most one."""

BLOCK_FIELDS: Final = frozenset({"StartAt", "States", "Comment"})
MACHINE_FIELDS: Final = BLOCK_FIELDS | {"QueryLanguage", "Version", "TimeoutSeconds"}
PROCESSOR_FIELDS: Final = BLOCK_FIELDS | {"ProcessorConfig"}

RETRIER_FIELDS: Final[Mapping[str, str]] = {
    "ErrorEquals": "error names",
    "IntervalSeconds": "positive integer",
    "MaxAttempts": "count",
    "BackoffRate": "rate",
    "MaxDelaySeconds": "delay",
    "JitterStrategy": "jitter strategy",
    "Comment": "string",
}
CATCHER_FIELDS: Final[Mapping[str, str]] = {
    "ErrorEquals": "error names",
    "Next": "state name",
    "ResultPath": "reference path or null",
    "Assign": "assignment",
    "Comment": "string",
}


def refuse(pointer: str, field: str, wanted: str, value: Any, hint: str | None = None) -> Problem:
    """A value of the wrong kind, with the value that was there."""
    shown = encode(value)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return Problem(SCHEMA, join(pointer, field), f"The value of '{field}' must be {wanted}, but was {shown}", hint)


def check_value(kind: str, value: Any, pointer: str, field: str) -> Iterator[Problem]:
    """What is wrong with ``value`` as a field of this ``kind``; kinds that hold states are checked elsewhere."""
    if kind in _WORDS:
        wanted, holds = _WORDS[kind]
        if not holds(value):
            yield refuse(pointer, field, wanted, value)
    elif kind in _CHECKS:
        yield from _CHECKS[kind](value, pointer, field)


def _is_string(value: Any) -> bool:
    return isinstance(value, str)


_WORDS: Final[Mapping[str, tuple[str, Any]]] = {
    "string": ("a string", _is_string),
    "state name": ("the name of a state", _is_string),
    "boolean": ("a boolean", lambda value: isinstance(value, bool)),
    "positive integer": (
        f"an integer from 1 to {LARGEST}",
        lambda value: is_integer(value) and 0 < value <= LARGEST,
    ),
    "count": (f"an integer from 0 to {LARGEST}", lambda value: is_integer(value) and 0 <= value <= LARGEST),
    "seconds": (f"an integer from 0 to {LARGEST}", lambda value: is_integer(value) and 0 <= value <= LARGEST),
    "rate": ("a number that is at least 1", lambda value: is_number(value) and value >= 1),
    "delay": ("an integer from 1 to 31622400", lambda value: is_integer(value) and 0 < value < 31_622_401),
    "jitter strategy": ("one of FULL, NONE", lambda value: value in ("FULL", "NONE")),
}
"""Kinds that are one question: what is wanted, and the test."""


def _check_path(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    yield from _compiled(value, pointer, field, compile_path, "a JSONPath such as $.order.id")


def _check_nullable_path(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    if value is not None:
        yield from _check_path(value, pointer, field)


def _check_reference_path(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    if value is None:
        return
    if isinstance(value, str) and value.startswith("$") and not value.startswith(("$.", "$[")) and value != "$":
        yield refuse(pointer, field, "a Reference Path into the state's input, such as $.result", value)
        return
    yield from _compiled(value, pointer, field, compile_reference_path, "a Reference Path such as $.result")


def _check_path_or_intrinsic(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    try:
        compile_value(value, field)
    except TemplateError as error:
        yield Problem(SCHEMA, pointer, error.message, error.reason, focus=field)


def _compiled(value: Any, pointer: str, field: str, compiler: Any, wanted: str) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield refuse(pointer, field, wanted, value)
        return
    try:
        compiler(value)
    except PathSyntaxError as error:
        yield refuse(pointer, field, wanted, value, str(error))


def _check_template(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    """AWS places a mistake of a template at the template's field."""
    for mistake in mistakes(value):
        focus = mistake.pointer.removeprefix("/")
        yield Problem(SCHEMA, join(pointer, field), mistake.message, mistake.reason or None, focus=focus)


def _check_assignment(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield refuse(pointer, field, "an object of variable names and values", value)
        return
    for key in value:
        name = key.removesuffix(".$")
        if not name.isidentifier() or len(name) > 80:
            hint = "A name is letters, digits and _, begins with no digit, and has 80 characters at most."
            yield Problem(SCHEMA, join(pointer, field, key), f"'{name}' is not a valid variable name", hint)
        elif name == "states":
            yield Problem(SCHEMA, join(pointer, field, key), "The variable name 'states' is reserved")
    yield from _check_template(value, pointer, field)


def _check_resource(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield refuse(pointer, field, "the ARN of a resource", value)
    elif parse_resource(value) is None:
        message = (
            f"The resource provided {value} is not recognized. The value is not a valid resource ARN, or the resource "
            "is not available in this region."
        )
        yield Problem(SCHEMA, join(pointer, field), message, did_you_mean(value, known_resources()))


def _check_credentials(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield refuse(pointer, field, 'an object such as {"RoleArn": "arn:aws:iam::123456789012:role/name"}', value)
    elif not value.keys() & {"RoleArn", "RoleArn.$"}:
        yield Problem(SCHEMA, join(pointer, field), "The field 'RoleArn' is required but was missing")
    elif not isinstance(value.get("RoleArn", ""), str):
        yield refuse(join(pointer, field), "RoleArn", "the ARN of a role", value["RoleArn"])
    else:
        yield from _check_template(value, pointer, field)


def _check_timestamp(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    if as_instant(value) is None:
        hint = "Write it as 2030-01-31T12:00:00Z: a capital T, seconds, and Z or an offset such as +01:00."
        yield Problem(SCHEMA, join(pointer, field), "String does not match RFC3339 timestamp", hint)


def _check_error_names(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        yield refuse(pointer, field, "an array of at least one error name", value)
        return
    if ALL in value and len(value) > 1:
        message = f"'{ALL}' must appear alone in '{field}'"
        yield Problem(SCHEMA, join(pointer, field), message, "Give it a retrier or catcher of its own, the last.")
    for index, name in enumerate(value):
        if name.startswith("States.") and name not in RESERVED and not name.startswith("States.Http.StatusCode."):
            known = did_you_mean(name, RESERVED)
            place = join(pointer, field, index)
            message = f"'{name}' is not an error name of the States Language, so it never matches"
            yield Problem(SCHEMA, place, message, known, severity="WARNING")


def _check_query_language(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    if value not in ("JSONPath", "JSONata"):
        message = f"The field '{field}' should have one of these values: [JSONPath, JSONata]"
        yield Problem(SCHEMA, join(pointer, field), message, did_you_mean(value, ("JSONPath", "JSONata")))
    elif value == "JSONata":
        hint = "Write the state in JSONPath for now; docs/supported.md lists what is emulated."
        yield Problem(NOT_EMULATED, join(pointer, field), "QueryLanguage 'JSONata' is not emulated yet", hint)


_CHECKS: Final[Mapping[str, Any]] = {
    "path": _check_path,
    "path or null": _check_nullable_path,
    "reference path or null": _check_reference_path,
    "path or intrinsic": _check_path_or_intrinsic,
    "template": _check_template,
    "assignment": _check_assignment,
    "resource": _check_resource,
    "credentials": _check_credentials,
    "timestamp": _check_timestamp,
    "error names": _check_error_names,
    "query language": _check_query_language,
}
"""Kinds that take more than one question."""
