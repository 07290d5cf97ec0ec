"""Fields of a Map's reader and writer that require or exclude each other besides the variants of ``asl.variants``.

Combinations: developer guide, "ItemReader" and "ResultWriter"; that a writer needs a Prefix is measured. The texts
about a request are those of a Task's, by analogy; those about manifests are ours, because AWS's are not recorded.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from asl.problems import SCHEMA, Problem, join
from asl.variants import LIST_OBJECTS

READERS: Final = ("arn:aws:states:::s3:getObject", LIST_OBJECTS)
PUT_OBJECT: Final = "arn:aws:states:::s3:putObject"
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
    lists = raw.get("Resource") == LIST_OBJECTS
    if raw.get("Resource") in READERS:
        yield from _check_request(raw, at, request, *(("Bucket",) if lists else ("Bucket", "Key")))
    config = raw.get("ReaderConfig", {})
    if isinstance(config, dict):
        yield from _check_manifest(config, join(at, "ReaderConfig"))


def _check_writer(raw: Mapping[str, Any], at: str, request: str) -> Iterator[Problem]:
    if "Resource" in raw:
        yield from _check_request(raw, at, request, "Bucket", "Prefix")
    elif request in raw:
        yield Problem(SCHEMA, at, "These fields are required: [Resource]", f'Write "Resource": "{PUT_OBJECT}".')


def _check_request(raw: Mapping[str, Any], at: str, field: str, *names: str) -> Iterator[Problem]:
    """The required members of the request, with or without ``.$`` after their names."""
    request = raw.get(field)
    if field not in raw:
        message = f"{field} field is required for resource ARN: {raw['Resource']}"
        yield Problem(SCHEMA, at, message, f"It must have {' and '.join(names)}.")
    elif isinstance(request, dict):
        for name in names:
            if name not in request and f"{name}.$" not in request:
                yield Problem(SCHEMA, join(at, field), f"The field '{name}' is required but was missing")


def _check_manifest(config: Mapping[str, Any], at: str) -> Iterator[Problem]:
    input_type, manifest = config.get("InputType"), config.get("ManifestType")
    if manifest == "ATHENA_DATA" and input_type == "MANIFEST":
        message = f"InputType of ATHENA_DATA should have one of these values: [{', '.join(ATHENA_INPUT_TYPES)}]"
        yield Problem(SCHEMA, at, message, focus="InputType")
    if manifest == "S3_INVENTORY" and input_type in ("JSONL", "PARQUET"):
        hint = "Omit InputType; an inventory is CSV, and its columns are in its manifest."
        yield Problem(SCHEMA, at, "S3_INVENTORY does not have this InputType", hint, focus="InputType")
