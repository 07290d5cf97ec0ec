"""What a Map in distributed mode may hold, field by field. Ranges: developer guide; codes of labels: the API's."""

from typing import Any

import pytest

from asl.fields import DISTRIBUTED_ONLY
from asl.problems import Problem
from asl.validate import check_definition
from asl.values import Json
from tests.asl.driving import machine, map_, pass_
from tests.asl.test_distributed import WRITER, distributed

GET = "arn:aws:states:::s3:getObject"
LIST = "arn:aws:states:::s3:listObjectsV2"
CSV: dict[str, Json] = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}


def problems(definition: Any) -> list[Problem]:
    """The errors of a definition."""
    return [each for each in check_definition(definition) if each.severity == "ERROR"]


def texts(**fields: Any) -> list[str]:
    """What is wrong with a Distributed Map of these fields, as AWS words it."""
    return [each.aws_text() for each in problems(machine(A=distributed(**fields)))]


def reader(config: Any = None, resource: str = GET, **request: Any) -> dict[str, Json]:
    """An ItemReader."""
    parameters = {"Bucket": "b", "Key": "k", **request} if resource == GET else {"Bucket": "b", **request}
    return {"Resource": resource, "Parameters": parameters, **({} if config is None else {"ReaderConfig": config})}


@pytest.mark.parametrize(
    "config",
    [
        {"InputType": "JSON"},
        {"InputType": "JSON", "ItemsPointer": "/a/0", "MaxItems": 100_000_000},
        {"InputType": "JSONL", "MaxItemsPath": "$.n"},
        CSV,
        {**CSV, "CSVDelimiter": "TAB"},
        {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a"]},
        {"InputType": "PARQUET"},
        {"ManifestType": "S3_INVENTORY"},
        {"InputType": "MANIFEST"},
        {**CSV, "ManifestType": "ATHENA_DATA"},
    ],
)
def test_a_reader_of_an_object(config: dict[str, Json]) -> None:
    assert texts(ItemReader=reader(config)) == []


@pytest.mark.parametrize("config", [None, {"MaxItems": 5}, {**CSV, "Transformation": "LOAD_AND_FLATTEN"}])
def test_a_reader_of_a_list_of_objects(config: Any) -> None:
    assert texts(ItemReader=reader(config, LIST)) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, "Expected value of type Object at /States/A/ItemReader"),
        ({"Parameters": {}}, "These fields are required: [Resource] at /States/A/ItemReader"),
        ({"Resource": GET}, f"Parameters field is required for resource ARN: {GET} at /States/A/ItemReader"),
        (
            {"Resource": GET, "Parameters": {"Bucket.$": "$.b"}, "ReaderConfig": CSV},
            "The field 'Key' is required but was missing at /States/A/ItemReader/Parameters",
        ),
        (
            reader(CSV, "arn:aws:states:::s3:getObjects"),
            "The field 'Resource' does not match any of the allowed values. Examples: [arn:<partition>:states:::",
        ),
        (
            reader({"InputType": "CSV"}),
            "The field 'CSVHeaderLocation' is required at /States/A/ItemReader/ReaderConfig",
        ),
        (
            reader({"InputType": "CSV", "CSVHeaderLocation": "GIVEN"}),
            "These fields are required: [CSVHeaders] at /States/A/ItemReader/ReaderConfig",
        ),
        (
            reader({**CSV, "CSVHeaders": ["a"]}),
            "Field 'CSVHeaders' is not supported at /States/A/ItemReader/ReaderConfig",
        ),
        (
            reader({**CSV, "ItemsPointer": "/a"}),
            "Field 'ItemsPointer' is not supported at /States/A/ItemReader/ReaderConfig",
        ),
        (
            reader({**CSV, "MaxItems": 1, "MaxItemsPath": "$.n"}),
            "There should only be one of the following fields: ",
        ),
        (
            reader(CSV, LIST),
            "Field 'InputType' is not supported at /States/A/ItemReader/ReaderConfig",
        ),
        (
            reader({"Transformation": "LOAD_AND_FLATTEN"}, LIST),
            "The field 'InputType' is required at /States/A/ItemReader/ReaderConfig",
        ),
        (
            reader({"InputType": "JSON", "ManifestType": "ATHENA_DATA"}),
            "Field 'ManifestType' is not supported at /States/A/ItemReader/ReaderConfig",
        ),
        (
            reader({"InputType": "MANIFEST", "ManifestType": "ATHENA_DATA"}),
            (
                "InputType of ATHENA_DATA should have one of these values: [CSV, JSONL, PARQUET] at "
                "/States/A/ItemReader/ReaderConfig"
            ),
        ),
        (
            reader({"InputType": "JSONL", "ManifestType": "S3_INVENTORY"}),
            "S3_INVENTORY does not have this InputType at /States/A/ItemReader/ReaderConfig",
        ),
        (reader({"MaxItems": 5}), "The field 'InputType' is required at /States/A/ItemReader/ReaderConfig"),
        (
            reader({"InputType": "JSON", "MaxItemsPath": "$$.Execution.Input.n"}),
            "Value is not a Reference Path at /States/A/ItemReader/ReaderConfig/MaxItemsPath",
        ),
        ({**reader(), "ReaderConfig": 5}, "Expected value of type Object at /States/A/ItemReader/ReaderConfig"),
        (reader({**CSV, "Maxitems": 1}), "Field 'Maxitems' is not supported at /States/A/ItemReader/ReaderConfig"),
    ],
)
def test_a_reader_is_refused_for(value: Json, expected: str) -> None:
    assert any(text.startswith("SCHEMA_VALIDATION_FAILED: ") and expected in text for text in texts(ItemReader=value))


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("InputType", "csv"),
        ("ManifestType", "S3"),
        ("CSVHeaderLocation", "FIRST"),
        ("CSVHeaders", []),
        ("CSVHeaders", ["x" * 10_241]),
        ("CSVDelimiter", ","),
        ("ItemsPointer", "a/b"),
        ("ItemsPointer", "/" * 2000),
        ("MaxItems", -1),
        ("MaxItems", 100_000_001),
        ("MaxItems", 1.5),
        ("MaxItemsPath", "n"),
    ],
)
def test_a_member_of_the_readers_configuration_is_refused(member: str, value: Json) -> None:
    found = problems(machine(A=distributed(ItemReader=reader({**CSV, member: value}))))
    assert any(each.place.endswith(f"/ReaderConfig/{member}") for each in found)


@pytest.mark.parametrize(
    "value",
    [
        {"MaxItemsPerBatch": 1},
        {"MaxItemsPerBatch": 0, "MaxInputBytesPerBatch": 0},
        {"MaxInputBytesPerBatch": 262_144, "BatchInput": {"a.$": "$.a"}},
        {"MaxItemsPerBatchPath": "$.n", "MaxInputBytesPerBatchPath": "$.b"},
    ],
)
def test_a_batcher(value: Json) -> None:
    assert texts(ItemBatcher=value) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"MaxItemsPerBatch": -1}, "Minimum value is 0 at /States/A/ItemBatcher/MaxItemsPerBatch"),
        ({"MaxInputBytesPerBatch": -1}, "Minimum value is 0 at /States/A/ItemBatcher/MaxInputBytesPerBatch"),
        (
            {"MaxItemsPerBatchPath": "$$.Execution.Input.n"},
            "Value is not a Reference Path at /States/A/ItemBatcher/MaxItemsPerBatchPath",
        ),
        (
            {"MaxInputBytesPerBatchPath": "$$.Execution.Input.n"},
            "Value is not a Reference Path at /States/A/ItemBatcher/MaxInputBytesPerBatchPath",
        ),
        (
            {"MaxInputBytesPerBatch": 262_145},
            "Maximum value is 262144 at /States/A/ItemBatcher/MaxInputBytesPerBatch",
        ),
        (
            {"BatchInput": {}},
            "A batcher must have a limit at /States/A/ItemBatcher",
        ),
        (
            {"MaxItemsPerBatch": 1, "MaxItemsPerBatchPath": "$.n"},
            "There should only be one of the following fields: ",
        ),
        ([], "Expected value of type Object at /States/A/ItemBatcher"),
    ],
)
def test_a_batcher_is_refused_for(value: Json, expected: str) -> None:
    assert any(expected in each for each in texts(ItemBatcher=value))


@pytest.mark.parametrize(
    "value",
    [
        WRITER,
        {"WriterConfig": {"Transformation": "FLATTEN"}},
        {**WRITER, "WriterConfig": {"OutputType": "JSONL", "Transformation": "COMPACT"}},
    ],
)
def test_a_writer(value: Json) -> None:
    assert texts(ResultWriter=value) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, "Value cannot be empty at /States/A/ResultWriter"),
        ({"Parameters": {"Bucket": "b"}}, "These fields are required: [Resource]"),
        ({"Resource": WRITER["Resource"]}, f"Parameters field is required for resource ARN: {WRITER['Resource']}"),
        ({**WRITER, "Parameters": {}}, "The field 'Bucket' is required but was missing"),
        (
            {**WRITER, "Parameters": {"Bucket": "b"}},
            "The field 'Prefix' is required but was missing at /States/A/ResultWriter/Parameters",
        ),
        ({**WRITER, "WriterConfig": {"OutputType": "CSV"}}, "Value should be one of the following: [JSON, JSONL]"),
        ({**WRITER, "WriterConfig": 5}, "Expected value of type Object at /States/A/ResultWriter/WriterConfig"),
    ],
)
def test_a_writer_is_refused_for(value: Json, expected: str) -> None:
    assert any(expected in each for each in texts(ResultWriter=value))


def test_a_jsonata_reader_and_writer_have_arguments() -> None:
    state = distributed(ItemReader={"Resource": GET}, ResultWriter={"Arguments": {"Bucket": "b"}})
    found = [each.aws_text() for each in problems({**machine(A=state), "QueryLanguage": "JSONata"})]
    missing = f"Arguments field is required for resource ARN: {GET}"
    assert f"SCHEMA_VALIDATION_FAILED: {missing} at /States/A/ItemReader" in found
    assert "SCHEMA_VALIDATION_FAILED: These fields are required: [Resource] at /States/A/ResultWriter" in found


def test_a_request_that_is_one_expression_is_not_looked_into() -> None:
    state = distributed(ItemReader={"Resource": GET, "Arguments": "{% $states.input %}"})
    assert problems({**machine(A=state), "QueryLanguage": "JSONata"}) == []


WORDS = "should have one of these values:"
VARIANTS: list[tuple[dict[str, Json], str, list[str]]] = [
    ({"InputType": "CSV"}, GET, ["The field 'CSVHeaderLocation' is required"]),
    (
        {"InputType": "CSV", "ItemsPointer": "/a", "CSVHeaders": ["a"]},
        GET,
        ["The field 'CSVHeaderLocation' is required"],
    ),
    ({"InputType": "CSV", "ManifestType": "ATHENA_DATA"}, GET, ["The field 'CSVHeaderLocation' is required"]),
    (
        {"CSVHeaders": ["a"], "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "ItemsPointer": "/a"},
        GET,
        ["Field 'CSVHeaders' is not supported", "Field 'ItemsPointer' is not supported"],
    ),
    (
        {"InputType": "JSONL", "CSVHeaders": ["a"], "CSVHeaderLocation": "GIVEN", "CSVDelimiter": "TAB"},
        GET,
        [f"Field '{name}' is not supported" for name in ("CSVHeaders", "CSVHeaderLocation", "CSVDelimiter")],
    ),
    ({"InputType": "JSON", "CSVHeaderLocation": "FIRST_ROW"}, GET, ["Field 'CSVHeaderLocation' is not supported"]),
    ({"InputType": "PARQUET", "ItemsPointer": "/a"}, GET, ["Field 'ItemsPointer' is not supported"]),
    ({"InputType": "JSON", "ManifestType": "S3_INVENTORY"}, GET, ["Field 'ManifestType' is not supported"]),
    ({"MaxItems": 5}, GET, ["The field 'InputType' is required"]),
    ({"ManifestType": "ATHENA_DATA"}, GET, ["The field 'InputType' is required"]),
    ({"InputType": "csv"}, GET, [f"The field 'InputType' {WORDS} [MANIFEST, JSON, CSV, JSONL, PARQUET]"]),
    (
        {"InputType": "CSV", "CSVHeaderLocation": "first"},
        GET,
        [f"The field 'CSVHeaderLocation' {WORDS} [FIRST_ROW, GIVEN]"],
    ),
    (
        {"InputType": "JSON", "ItemsPointer": "a/b"},
        GET,
        ["Invalid input: JSON Pointer expression must start with '/': \"a/b\""],
    ),
    ({"InputType": "JSON", "MaxItems": 0.5}, GET, ["Expected value of type Integer"]),
    ({"Transformation": "LOAD_AND_FLATTEN", "MaxItems": 1}, LIST, ["The field 'InputType' is required"]),
    (
        {"Transformation": "LOAD_AND_FLATTEN", "InputType": "CSV"},
        LIST,
        ["The field 'CSVHeaderLocation' is required"],
    ),
    ({"Transformation": "FLATTEN"}, LIST, [f"The field 'Transformation' {WORDS} [NONE, LOAD_AND_FLATTEN]"]),
    ({"InputType": "JSON"}, LIST, ["Field 'InputType' is not supported"]),
    (
        {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": []},
        GET,
        ["Value cannot be empty"],
    ),
]


@pytest.mark.parametrize(("config", "resource", "messages"), VARIANTS, ids=[str(row[0])[1:60] for row in VARIANTS])
@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
def test_the_words_of_a_reader_select_its_other_fields(
    config: dict[str, Json], resource: str, messages: list[str], language: str
) -> None:
    """AWS runs: a missing selector is the only problem; fields of other variants are not supported, in text order."""
    read = reader(config, resource)
    if language == "JSONata":
        read["Arguments"] = read.pop("Parameters")
    found = problems({**machine(A=distributed(ItemReader=read)), "QueryLanguage": language})
    assert [each.message for each in found] == messages
    assert {each.code for each in found} == {"SCHEMA_VALIDATION_FAILED"}


# Mode and labels ------------------------------------------------------------------------------------------------------


def test_the_mode_needs_an_execution_type() -> None:
    state = map_({**machine(Inner=pass_()), "ProcessorConfig": {"Mode": "DISTRIBUTED"}})
    (problem,) = problems(machine(A=state))
    assert problem.aws_text() == (
        "SCHEMA_VALIDATION_FAILED: These fields are required: [ExecutionType] at "
        "/States/A/ItemProcessor/ProcessorConfig"
    )


@pytest.mark.parametrize("config", [{"Mode": "INLINE", "ExecutionType": "EXPRESS"}, {"ExecutionType": "STANDARD"}])
def test_an_inline_map_has_no_execution_type(config: Json) -> None:
    """Measured on AWS."""
    (problem,) = problems(machine(A=map_({**machine(Inner=pass_()), "ProcessorConfig": config})))
    assert problem.aws_text() == (
        "SCHEMA_VALIDATION_FAILED: Field 'ExecutionType' is not supported at /States/A/ItemProcessor/ProcessorConfig"
    )


@pytest.mark.parametrize("field", DISTRIBUTED_ONLY)
def test_an_inline_map_does_not_have_it(field: str) -> None:
    values: dict[str, Json] = {
        "ItemReader": reader(CSV),
        "ResultWriter": WRITER,
        "ItemBatcher": {"MaxItemsPerBatch": 1},
    }
    (problem,) = problems(machine(A={**map_(machine(Inner=pass_())), field: values[field]}))
    assert problem.aws_text() == f"SCHEMA_VALIDATION_FAILED: Field '{field}' is not supported at /States/A"


@pytest.mark.parametrize("label", ["a", "A-b_c.1", "é" * 40, "a/b"])
def test_a_label(label: str) -> None:
    assert texts(Label=label) == []


@pytest.mark.parametrize(
    "label", ["", "x" * 41, *(f"label_{character}" for character in ' ?*<>{}[]:;,\\|^~$#%&`"\t\n\x00\x1f\x7f\x9f')]
)
def test_what_is_no_label(label: Json) -> None:
    """INVALID_LABEL_NAME: the characters of test_map_state_label_invalid_char_fail"""
    (text,) = texts(Label=label)
    assert text.startswith("INVALID_LABEL_NAME: ")
    assert text.endswith(" at /States/A/Label")


def test_labels_are_unique_in_the_whole_machine() -> None:
    inner = map_({**machine(C=pass_()), "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}})
    definition = machine(A=distributed(Label="L", Next="B"), B=map_(machine(D={**inner, "Label": "L"})))
    (problem,) = problems(definition)
    assert (
        problem.aws_text() == "DUPLICATE_LABEL_NAME: Duplicate Label name: L at /States/B/ItemProcessor/States/D/Label"
    )
    assert problem.hint == "It is also at /States/A; labels are unique in the whole machine."
