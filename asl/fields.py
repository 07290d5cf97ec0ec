"""The table of all fields: which states may have a field, in which query language, and what its value must be.

Read by the checks, by the generated page of what is supported, and by the tests. Sources: the States Language,
statelint's rules, and observed refusals of AWS. A kind that ends in ``or expression`` also takes a string
``{% ... %}``; ``asl.kinds`` has the checks. Kinds with fields of their own are tables here, too.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

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
    Field("QueryLanguage", ALL_TYPES, "both", "one of JSONPath, JSONata"),
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
    Field("Seconds", ("Wait",), "both", "count", "count or expression"),
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
    Field("ItemsPath", ("Map",), "JSONPath", "reference path"),
    Field("ItemSelector", ("Map",), "both", "template", "value"),
    Field("MaxConcurrency", ("Map",), "both", "unbounded count", "unbounded count or expression"),
    Field("MaxConcurrencyPath", ("Map",), "JSONPath", "count path"),
    Field("Arguments", ("Task", "Parallel"), "JSONata", "value"),
    Field("Output", (*_ASSIGN, "Succeed"), "JSONata", "value"),
    Field("Items", ("Map",), "JSONata", "items or expression"),
    Field("ItemReader", ("Map",), "both", "reader"),
    Field("ItemBatcher", ("Map",), "both", "batcher"),
    Field("ResultWriter", ("Map",), "both", "writer"),
    Field("Label", ("Map",), "both", "label"),
    Field("ToleratedFailureCount", ("Map",), "both", "count", "count or expression"),
    Field("ToleratedFailureCountPath", ("Map",), "JSONPath", "count path"),
    Field("ToleratedFailurePercentage", ("Map",), "both", "percentage", "percentage or expression"),
    Field("ToleratedFailurePercentagePath", ("Map",), "JSONPath", "count path"),
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
    _both("IntervalSeconds", "count"),
    _both("MaxAttempts", "count"),
    _both("BackoffRate", "rate"),
    _both("MaxDelaySeconds", "delay"),
    _both("JitterStrategy", "one of NONE, FULL"),
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

BLOCK_FIELDS: Final = _table(_both("StartAt", "state name"), _both("States", "states"), _COMMENT)
MACHINE_FIELDS: Final = {
    **BLOCK_FIELDS,
    **_table(
        _both("QueryLanguage", "one of JSONPath, JSONata"),
        _both("Version", "one of 1.0"),
        _both("TimeoutSeconds", "count"),
    ),
}
PROCESSOR_FIELDS: Final = {**BLOCK_FIELDS, **_table(_both("ProcessorConfig", "processor config"))}

PROCESSOR_CONFIG: Final = _table(
    _both("Mode", "selector"),
    _both("ExecutionType", "one of STANDARD, EXPRESS"),
)
READER_FIELDS: Final = _table(
    _both("Resource", "resource of s3:getObject, s3:listObjectsV2"),
    Field("Parameters", (), "JSONPath", "template"),
    Field("Arguments", (), "JSONata", "value"),
    _both("ReaderConfig", "reader config"),
)
READER_CONFIG: Final = _table(
    _both("InputType", "selector"),
    _both("ManifestType", "one of ATHENA_DATA, S3_INVENTORY"),
    _both("Transformation", "selector"),
    _both("CSVDelimiter", "one of COMMA, PIPE, SEMICOLON, SPACE, TAB"),
    _both("CSVHeaderLocation", "selector"),
    _both("CSVHeaders", "strings"),
    _both("ItemsPointer", "pointer", "pointer or expression"),
    _both("MaxItems", "item count", "item count or expression"),
    Field("MaxItemsPath", (), "JSONPath", "count path"),
)
BATCHER_FIELDS: Final = _table(
    _both("MaxItemsPerBatch", "count", "count or expression"),
    Field("MaxItemsPerBatchPath", (), "JSONPath", "count path"),
    _both("MaxInputBytesPerBatch", "batch bytes", "batch bytes or expression"),
    Field("MaxInputBytesPerBatchPath", (), "JSONPath", "count path"),
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
"""Type -> groups of fields; a state must have exactly one field of each, and of ``TRANSITION`` if it may have it."""

TRANSITION: Final = ("Next", "End")
"""Exactly one of them; ``"End": false`` counts as not given."""

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
