"""The table of all fields: which states may have a field, in which query language, and what its value must be.

Read by the checks, by the generated page of what is supported, and by the tests. Sources: the States Language,
statelint's rules, and observed refusals of AWS. A kind that ends in ``or expression`` also takes a string
``{% ... %}``; kinds with fields of their own are tables here, too.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from asl.bounds import LABEL_LIMIT, LARGEST_DELAY_SECONDS, LARGEST_INTEGER, LARGEST_ITEMS, NAME_LIMIT
from asl.errors import ALL
from asl.expressions import ALWAYS, check_expression, check_strings, is_delimited
from asl.paths import PathSyntaxError, compile_path, compile_reference_path
from asl.problems import INVALID_LABEL, SCHEMA, Problem, did_you_mean, join
from asl.resources import known_resources, parse_resource
from asl.templates import TemplateError, compile_value, mistakes
from asl.values import PAYLOAD_LIMIT, as_instant, encode, is_integer, is_number

Language: TypeAlias = Literal["both", "JSONPath", "JSONata"]

ALL_TYPES: Final = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")
"""In AWS's order."""


class Field(NamedTuple):
    """A row: the field, the states that may have it, its query language, and what its value must be.

    ``jsonata`` is what the value must be in a JSONata state, if that differs.
    """

    name: str
    types: tuple[str, ...]
    language: Language
    kind: str
    jsonata: str | None = None

    def kind_in(self, language: str) -> str:
        """The kind of the field in a state of this query language."""
        return self.jsonata if self.jsonata is not None and language == "JSONata" else self.kind


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
    Field("Assign", _ASSIGN, "both", "assignment", "jsonata assignment"),
    Field("Retry", _RESULT, "both", "retriers"),
    Field("Catch", _RESULT, "both", "catchers"),
    Field("Resource", ("Task",), "both", "resource"),
    Field("TimeoutSeconds", ("Task",), "both", "positive integer", "positive integer or expression"),
    Field("TimeoutSecondsPath", ("Task",), "JSONPath", "path"),
    Field("HeartbeatSeconds", ("Task",), "both", "positive integer", "positive integer or expression"),
    Field("HeartbeatSecondsPath", ("Task",), "JSONPath", "path"),
    Field("Credentials", ("Task",), "both", "credentials", "jsonata credentials"),
    Field("Seconds", ("Wait",), "both", "seconds", "seconds or expression"),
    Field("SecondsPath", ("Wait",), "JSONPath", "path"),
    Field("Timestamp", ("Wait",), "both", "timestamp", "timestamp or expression"),
    Field("TimestampPath", ("Wait",), "JSONPath", "path"),
    Field("Error", ("Fail",), "both", "string", "string or expression"),
    Field("ErrorPath", ("Fail",), "JSONPath", "path or intrinsic"),
    Field("Cause", ("Fail",), "both", "string", "string or expression"),
    Field("CausePath", ("Fail",), "JSONPath", "path or intrinsic"),
    Field("Choices", ("Choice",), "both", "rules"),
    Field("Default", ("Choice",), "both", "state name"),
    Field("Branches", ("Parallel",), "both", "branches"),
    Field("ItemProcessor", ("Map",), "both", "block"),
    Field("Iterator", ("Map",), "both", "block"),
    Field("ItemsPath", ("Map",), "JSONPath", "path"),
    Field("ItemSelector", ("Map",), "both", "template", "value"),
    Field("MaxConcurrency", ("Map",), "both", "count", "count or expression"),
    Field("MaxConcurrencyPath", ("Map",), "JSONPath", "path"),
    Field("Arguments", ("Task", "Parallel"), "JSONata", "value"),
    Field("Output", (*_ASSIGN, "Succeed"), "JSONata", "value"),
    Field("Items", ("Map",), "JSONata", "items or expression"),
    Field("ItemReader", ("Map",), "both", "reader"),
    Field("ItemBatcher", ("Map",), "both", "batcher"),
    Field("ResultWriter", ("Map",), "both", "writer"),
    Field("Label", ("Map",), "both", "label"),
    Field("ToleratedFailureCount", ("Map",), "both", "count", "count or expression"),
    Field("ToleratedFailureCountPath", ("Map",), "JSONPath", "path"),
    Field("ToleratedFailurePercentage", ("Map",), "both", "percentage", "percentage or expression"),
    Field("ToleratedFailurePercentagePath", ("Map",), "JSONPath", "path"),
)

BY_TYPE: Final[Mapping[str, Mapping[str, Field]]] = {
    type_: {field.name: field for field in FIELDS if type_ in field.types} for type_ in ALL_TYPES
}


def _table(*fields: Field) -> Mapping[str, Field]:
    return {field.name: field for field in fields}


def _both(name: str, kind: str, jsonata: str | None = None) -> Field:
    return Field(name, (), "both", kind, jsonata)


_COMMENT = _both("Comment", "string")
_ASSIGN_TO = _both("Assign", "assignment", "jsonata assignment")
_OUTPUT = Field("Output", (), "JSONata", "value")

RETRIER_FIELDS: Final = _table(
    _both("ErrorEquals", "error names"),
    _both("IntervalSeconds", "positive integer"),
    _both("MaxAttempts", "count"),
    _both("BackoffRate", "rate"),
    _both("MaxDelaySeconds", "delay"),
    _both("JitterStrategy", "one of FULL, NONE"),
    _COMMENT,
)
CATCHER_FIELDS: Final = _table(
    _both("ErrorEquals", "error names"),
    _both("Next", "state name"),
    Field("ResultPath", (), "JSONPath", "reference path or null"),
    _ASSIGN_TO,
    _OUTPUT,
    _COMMENT,
)
RULE_FIELDS: Final = _table(
    _both("Next", "state name"),
    Field("Variable", (), "JSONPath", "path"),
    Field("Condition", (), "JSONata", "boolean or expression"),
    _ASSIGN_TO,
    _OUTPUT,
    _COMMENT,
)
"""Fields of a rule besides its operator; a rule inside another has no Next, Assign or Output."""

BLOCK_FIELDS: Final = frozenset({"StartAt", "States", "Comment"})
MACHINE_FIELDS: Final = BLOCK_FIELDS | {"QueryLanguage", "Version", "TimeoutSeconds"}
PROCESSOR_FIELDS: Final = BLOCK_FIELDS | {"ProcessorConfig"}

PROCESSOR_CONFIG: Final = _table(
    _both("Mode", "one of INLINE, DISTRIBUTED"),
    _both("ExecutionType", "one of STANDARD, EXPRESS"),
)
READER_FIELDS: Final = _table(
    _both("Resource", "resource of s3:getObject, s3:listObjectsV2"),
    Field("Parameters", (), "JSONPath", "template"),
    Field("Arguments", (), "JSONata", "value"),
    _both("ReaderConfig", "reader config"),
)
READER_CONFIG: Final = _table(
    _both("InputType", "one of CSV, JSON, JSONL, PARQUET, MANIFEST"),
    _both("ManifestType", "one of S3_INVENTORY, ATHENA_DATA"),
    _both("Transformation", "one of NONE, LOAD_AND_FLATTEN"),
    _both("CSVDelimiter", "one of COMMA, PIPE, SEMICOLON, SPACE, TAB"),
    _both("CSVHeaderLocation", "one of FIRST_ROW, GIVEN"),
    _both("CSVHeaders", "strings"),
    _both("ItemsPointer", "string", "string or expression"),
    _both("MaxItems", "item count", "item count or expression"),
    Field("MaxItemsPath", (), "JSONPath", "path"),
)
BATCHER_FIELDS: Final = _table(
    _both("MaxItemsPerBatch", "positive integer", "positive integer or expression"),
    Field("MaxItemsPerBatchPath", (), "JSONPath", "path"),
    _both("MaxInputBytesPerBatch", "batch bytes", "batch bytes or expression"),
    Field("MaxInputBytesPerBatchPath", (), "JSONPath", "path"),
    _both("BatchInput", "template", "value"),
)
WRITER_FIELDS: Final = _table(
    _both("Resource", "resource of s3:putObject"),
    Field("Parameters", (), "JSONPath", "template"),
    Field("Arguments", (), "JSONata", "value"),
    _both("WriterConfig", "writer config"),
)
WRITER_CONFIG: Final = _table(
    _both("OutputType", "one of JSON, JSONL"),
    _both("Transformation", "one of NONE, COMPACT, FLATTEN"),
)

NESTED: Final[Mapping[str, Mapping[str, Field]]] = {
    "processor config": PROCESSOR_CONFIG,
    "reader": READER_FIELDS,
    "reader config": READER_CONFIG,
    "batcher": BATCHER_FIELDS,
    "writer": WRITER_FIELDS,
    "writer config": WRITER_CONFIG,
}
"""Kind -> the fields that an object of the kind may have."""

DISTRIBUTED_ONLY: Final = (
    "ItemReader",
    "ItemBatcher",
    "ResultWriter",
)
"""Fields that a Map has only in DISTRIBUTED mode; AWS takes the others of that mode everywhere (``test_base_map``)."""

REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "Task": ("Resource",),
    "Choice": ("Choices",),
    "Parallel": ("Branches",),
    "reader": ("Resource",),
}
"""Type, or kind of a nested object -> the fields it must have."""

ONE_OF: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "Wait": (("Seconds", "Timestamp", "SecondsPath", "TimestampPath"),),
    "Map": (("ItemProcessor", "Iterator"),),
}
"""Type -> groups of fields; a state must have exactly one field of each."""

EXCLUSIVE: Final = (
    ("TimeoutSeconds", "TimeoutSecondsPath"),
    ("HeartbeatSeconds", "HeartbeatSecondsPath"),
    ("MaxConcurrency", "MaxConcurrencyPath"),
    ("ToleratedFailureCount", "ToleratedFailureCountPath"),
    ("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
    ("ItemSelector", "Parameters"),
    ("Error", "ErrorPath"),
    ("Cause", "CausePath"),
    ("MaxItems", "MaxItemsPath"),
    ("MaxItemsPerBatch", "MaxItemsPerBatchPath"),
    ("MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"),
)
"""Groups of fields; a state, or an object in it, may have at most one field of each."""


def problem_of(pointer: str, field: str, wanted: str, value: Any, hint: str | None = None) -> Problem:
    """The problem of a value of the wrong kind, with that value."""
    shown = encode(value)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return Problem(SCHEMA, join(pointer, field), f"The value of '{field}' must be {wanted}, but was {shown}", hint)


def check_value(kind: str, value: Any, pointer: str, field: str, members: frozenset[str] = ALWAYS) -> Iterator[Problem]:
    """The problems of ``value`` as a field of this ``kind``; kinds with fields of their own are checked elsewhere.

    ``members`` are those that ``$states`` has there.
    """
    literal, separator, _ = kind.partition(" or expression")
    if separator and is_delimited(value):
        yield from check_expression(value, pointer, field, members)
    elif literal in _WORDS:
        wanted, holds = _WORDS[literal]
        if not holds(value):
            yield problem_of(pointer, field, wanted, value)
    elif literal.startswith("one of "):
        yield from _check_word(value, pointer, field, literal.removeprefix("one of ").split(", "))
    elif literal.startswith("resource of "):
        yield from _check_s3_resource(value, pointer, field, literal.removeprefix("resource of ").split(", "))
    elif literal in _JSONATA_CHECKS:
        yield from _JSONATA_CHECKS[literal](value, pointer, field, members)
    elif literal in _CHECKS:
        yield from _CHECKS[literal](value, pointer, field)


def _is_string(value: Any) -> bool:
    return isinstance(value, str)


def _integer(low: int, high: int) -> tuple[str, Callable[[Any], bool]]:
    return f"an integer from {low} to {high}", lambda value: is_integer(value) and low <= value <= high


_WORDS: Final[Mapping[str, tuple[str, Any]]] = {
    "string": ("a string", _is_string),
    "strings": ("an array of strings", lambda value: isinstance(value, list) and all(map(_is_string, value))),
    "state name": ("the name of a state", _is_string),
    "boolean": ("a boolean", lambda value: isinstance(value, bool)),
    "positive integer": _integer(1, LARGEST_INTEGER),
    "count": _integer(0, LARGEST_INTEGER),
    "item count": _integer(0, LARGEST_ITEMS),
    "batch bytes": _integer(1, PAYLOAD_LIMIT),
    "seconds": _integer(0, LARGEST_INTEGER),
    "rate": ("a number that is at least 1", lambda value: is_number(value) and value >= 1),
    "delay": _integer(1, LARGEST_DELAY_SECONDS),
    "percentage": ("a number from 0 to 100", lambda value: is_number(value) and 0 <= value <= 100),
}
"""Kinds with a single check: a description of valid values, and the test."""


def _check_word(value: Any, pointer: str, field: str, words: Iterable[str]) -> Iterator[Problem]:
    known = list(words)
    if value not in known:
        message = f"The field '{field}' should have one of these values: [{', '.join(known)}]"
        yield Problem(SCHEMA, join(pointer, field), message, did_you_mean(value, known))


def _check_path(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    yield from _compiled(value, pointer, field, compile_path, "a JSONPath such as $.order.id")


def _check_nullable_path(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    if value is not None:
        yield from _check_path(value, pointer, field)


def _check_reference_path(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    if value is None:
        return
    text = value.strip(" ") if isinstance(value, str) else ""
    if text.startswith("$") and not text.startswith(("$.", "$[")) and text != "$":
        yield problem_of(pointer, field, "a Reference Path into the state's input, such as $.result", value)
        return
    yield from _compiled(value, pointer, field, compile_reference_path, "a Reference Path such as $.result")


def _check_path_or_intrinsic(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    try:
        compile_value(value, field)
    except TemplateError as error:
        yield Problem(SCHEMA, pointer, error.message, error.reason, focus=field)


def _compiled(value: Any, pointer: str, field: str, compiler: Any, wanted: str) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield problem_of(pointer, field, wanted, value)
        return
    try:
        compiler(value)
    except PathSyntaxError as error:
        yield problem_of(pointer, field, wanted, value, str(error))


def _check_template(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    """AWS places a mistake of a template at the template's field."""
    for mistake in mistakes(value):
        focus = mistake.pointer.removeprefix("/")
        yield Problem(SCHEMA, join(pointer, field), mistake.message, mistake.reason or None, focus=focus)


def _check_assignment(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    if isinstance(value, dict):
        names = ((key, key.removesuffix(".$")) for key in value)
        yield from _check_variable_names(names, join(pointer, field))
        yield from _check_template(value, pointer, field)
    else:
        yield problem_of(pointer, field, "an object of variable names and values", value)


def _check_jsonata_assignment(value: Any, pointer: str, field: str, members: frozenset[str]) -> Iterator[Problem]:
    if isinstance(value, dict):
        yield from _check_variable_names(((key, key) for key in value), join(pointer, field))
        yield from check_strings(value, pointer, field, members)
    else:
        yield problem_of(pointer, field, "an object of variable names and values", value)


def _check_variable_names(names: Iterable[tuple[str, str]], pointer: str) -> Iterator[Problem]:
    """(key, name) of every variable that is assigned."""
    for key, name in names:
        if not name.isidentifier() or len(name) > NAME_LIMIT:
            hint = f"A name has letters, digits and _, no digit at the start, and at most {NAME_LIMIT} characters."
            yield Problem(SCHEMA, join(pointer, key), f"'{name}' is not a valid variable name", hint)
        elif name == "states":
            yield Problem(SCHEMA, join(pointer, key), "The variable name 'states' is reserved")


def not_recognized(text: str) -> str:
    """AWS's text about a Resource that it does not have (recorded: ``test_invalid_integration``)."""
    return (
        f"The resource provided {text} is not recognized. The value is not a valid resource ARN, or the resource is "
        "not available in this region."
    )


def _check_resource(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield problem_of(pointer, field, "the ARN of a resource", value)
    elif parse_resource(value) is None:
        hint = did_you_mean(value, known_resources())
        yield Problem(SCHEMA, join(pointer, field), not_recognized(value), hint)


def _check_s3_resource(value: Any, pointer: str, field: str, actions: list[str]) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield problem_of(pointer, field, "the ARN of a resource", value)
    elif not any(re.fullmatch(rf"arn:aws[a-z-]*:states:::(aws-sdk:)?{action}", value) for action in actions):
        hint = did_you_mean(value, [f"arn:aws:states:::{action}" for action in actions])
        yield Problem(SCHEMA, join(pointer, field), not_recognized(value), hint)


def _check_credentials(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    refused = list(_check_role(value, pointer, field, ("RoleArn", "RoleArn.$")))
    yield from refused or _check_template(value, pointer, field)


def _check_role(value: Any, pointer: str, field: str, names: tuple[str, ...]) -> Iterator[Problem]:
    """Recorded: ``test_invalid_credentials_field``."""
    if not isinstance(value, dict):
        yield problem_of(pointer, field, 'an object such as {"RoleArn": "arn:aws:iam::123456789012:role/name"}', value)
    elif not value.keys() & set(names):
        yield Problem(SCHEMA, join(pointer, field), "The field 'RoleArn' is required but was missing")
    elif not isinstance(value.get("RoleArn", ""), str):
        yield problem_of(join(pointer, field), "RoleArn", "the ARN of a role", value["RoleArn"])


def _check_timestamp(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    if as_instant(value) is None:
        hint = "Write it as 2030-01-31T12:00:00Z: a capital T, seconds, and Z or an offset such as +01:00."
        yield Problem(SCHEMA, join(pointer, field), "String does not match RFC3339 timestamp", hint)


def _check_error_names(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        yield problem_of(pointer, field, "an array of at least one error name", value)
    elif ALL in value and len(value) > 1:
        message = f"'{ALL}' must appear alone in '{field}'"
        yield Problem(SCHEMA, join(pointer, field), message, "Put it in a retrier or catcher of its own, at the end.")


def _check_query_language(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    yield from _check_word(value, pointer, field, ("JSONPath", "JSONata"))


_LABEL = re.compile(r"[\s?*<>{}\[\]:;,\\|^~$#%&`\"\x00-\x1f\x7f-\x9f]")


def _check_label(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    """Characters and length: developer guide, "Distributed Map", Label."""
    at = join(pointer, field)
    if not isinstance(value, str):
        yield problem_of(pointer, field, "a string", value)
    elif not value:
        yield Problem(INVALID_LABEL, at, "Label cannot be empty", "Omit the field to get a generated label.")
    elif len(value) > LABEL_LIMIT:
        yield Problem(INVALID_LABEL, at, f"Label cannot exceed {LABEL_LIMIT} characters", f"It has {len(value)}.")
    elif wrong := _LABEL.search(value):
        yield Problem(INVALID_LABEL, at, f"Label contains invalid character: {wrong[0]!r}")


def _check_value(value: Any, pointer: str, field: str, members: frozenset[str]) -> Iterator[Problem]:
    yield from check_strings(value, pointer, field, members)


def _check_items(value: Any, pointer: str, field: str, members: frozenset[str]) -> Iterator[Problem]:
    if not isinstance(value, list | dict):
        yield problem_of(pointer, field, "an array, an object or a JSONata expression", value)
    else:
        yield from check_strings(value, pointer, field, members)


def _check_jsonata_credentials(value: Any, pointer: str, field: str, members: frozenset[str]) -> Iterator[Problem]:
    yield from _check_role(value, pointer, field, ("RoleArn",))
    yield from check_strings(value, pointer, field, members)


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
    "label": _check_label,
}
"""Kinds with more than one check."""

_JSONATA_CHECKS: Final[Mapping[str, Any]] = {
    "value": _check_value,
    "items": _check_items,
    "jsonata assignment": _check_jsonata_assignment,
    "jsonata credentials": _check_jsonata_credentials,
}
"""Kinds whose strings may be expressions."""
