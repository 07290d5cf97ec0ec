"""Fields of a Map's reader and writer that require or exclude each other.

Combinations: developer guide, "ItemReader" and "ResultWriter". ``asl.fields`` checks each field on its own. The texts
are ours, because AWS's are not recorded.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from asl.problems import SCHEMA, Problem, join

READERS: Final = ("arn:aws:states:::s3:getObject", "arn:aws:states:::s3:listObjectsV2")
ATHENA_INPUT_TYPES: Final = ("CSV", "JSONL", "PARQUET")


def check_combinations(raw: Mapping[str, Any], pointer: str, language: str) -> Iterator[Problem]:
    """The invalid combinations in the reader and the writer of the Map ``raw``."""
    reader, writer = raw.get("ItemReader"), raw.get("ResultWriter")
    request = "Arguments" if language == "JSONata" else "Parameters"
    if isinstance(reader, dict):
        yield from _check_reader(reader, join(pointer, "ItemReader"), request)
    if isinstance(writer, dict):
        yield from _check_writer(writer, join(pointer, "ResultWriter"), request)


def _check_reader(raw: Mapping[str, Any], at: str, request: str) -> Iterator[Problem]:
    lists = raw.get("Resource") == READERS[1]
    if raw.get("Resource") in READERS:
        yield from _check_request(raw, at, request, *(("Bucket",) if lists else ("Bucket", "Key")))
    config = raw.get("ReaderConfig", {})
    if isinstance(config, dict):
        yield from _check_config(config, join(at, "ReaderConfig"), lists=lists)


def _check_writer(raw: Mapping[str, Any], at: str, request: str) -> Iterator[Problem]:
    if "Resource" in raw:
        yield from _check_request(raw, at, request, "Bucket")
    elif request in raw:
        yield Problem(SCHEMA, at, "These fields are required: [Resource]")


def _check_request(raw: Mapping[str, Any], at: str, field: str, *names: str) -> Iterator[Problem]:
    """The required members of the request, with or without ``.$`` after their names."""
    request = raw.get(field)
    if field not in raw:
        yield Problem(SCHEMA, at, f"These fields are required: [{field}]")
    elif isinstance(request, dict):
        missing = [name for name in names if name not in request and f"{name}.$" not in request]
        if missing:
            yield Problem(SCHEMA, join(at, field), f"These fields are required: [{', '.join(missing)}]")


def _check_config(config: Mapping[str, Any], at: str, *, lists: bool) -> Iterator[Problem]:
    input_type, manifest = config.get("InputType"), config.get("ManifestType")
    if lists:
        flattens = config.get("Transformation") == "LOAD_AND_FLATTEN"
        if flattens and input_type is None:
            yield Problem(SCHEMA, at, "These fields are required: [InputType]")
        elif not flattens and input_type is not None:
            hint = 'Add "Transformation": "LOAD_AND_FLATTEN" to read the listed objects.'
            yield Problem(SCHEMA, at, "InputType needs Transformation LOAD_AND_FLATTEN here", hint, focus="InputType")
    elif manifest is None and input_type is None and config:
        yield Problem(SCHEMA, at, "These fields are required: [InputType]")
    if manifest == "ATHENA_DATA" and input_type not in ATHENA_INPUT_TYPES:
        message = f"InputType of ATHENA_DATA should have one of these values: [{', '.join(ATHENA_INPUT_TYPES)}]"
        yield Problem(SCHEMA, at, message, focus="InputType")
    if manifest == "S3_INVENTORY" and input_type not in (None, "MANIFEST", "CSV"):
        hint = "Omit InputType; an inventory is CSV, and its columns are in its manifest."
        yield Problem(SCHEMA, at, "S3_INVENTORY does not have this InputType", hint, focus="InputType")
    if "CSVHeaders" in config and config.get("CSVHeaderLocation") != "GIVEN":
        yield Problem(SCHEMA, at, "CSVHeaders needs CSVHeaderLocation GIVEN", focus="CSVHeaders")
    if "ItemsPointer" in config and input_type != "JSON":
        yield Problem(SCHEMA, at, "ItemsPointer needs InputType JSON", focus="ItemsPointer")
