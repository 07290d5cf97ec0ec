"""Item readers: from an ItemReader's request to the items, a page at a time, each page from a single source.

Shapes of items: developer guide, "ItemReader", and recordings of AWS (``test_map_item_reader_*``). An item is JSON
text. Causes without a recording use our own wording: they name the object and the problem.
"""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Final, NamedTuple, TypeAlias

from asl.values import Json, JsonTextError, decode, encode
from emulator.aws.arns import Arn, is_arn
from emulator.errors import NotEmulatedError
from emulator.stepfunctions.distributed_map.csv_rows import DELIMITERS, CsvError, read_objects
from emulator.stepfunctions.distributed_map.objects import Place, ReaderError, ask, read_chunks, read_lines, read_text

PAGE: Final = 1000
"""Items that a machine receives at a time."""

NOT_ITERABLE: Final = "Attempting to map over non-iterable node."
"""Recorded: ``test_map_item_reader_json_no_json_list_object``."""

NO_PARQUET_VERSION: Final = "S3 Version ID selection is not currently supported for PARQUET files"
"""Recorded in AWS runs."""


class Item(NamedTuple):
    """An item: its JSON text, its key if it is a member of an object, and where it was found."""

    text: str
    key: str | None
    source: str


Config: TypeAlias = Mapping[str, Any]
Load: TypeAlias = Callable[[Any, Place, Config, Mapping[str, Any]], Iterator[Item]]
"""(client, place, ReaderConfig, other members of the request) -> the items of one object."""


def read_items(client: Any, resource: str, argument: Json, config: Config) -> Iterator[Item]:
    """The items that ``resource`` (``s3:getObject``, ``s3:listObjectsV2``) finds. Raises ``ReaderError``."""
    request: dict[str, Any] = dict(argument) if isinstance(argument, dict) else {}
    bucket = _text(request, "Bucket")
    if resource == "s3:listObjectsV2":
        return _list(client, bucket, request, config)
    place = Place(bucket, _text(request, "Key"))
    further = {name: value for name, value in request.items() if name in ("VersionId", "ExpectedBucketOwner")}
    return _load(client, place, config, further)


def _text(request: Mapping[str, Any], member: str) -> str:
    value = request.get(member)
    if not isinstance(value, str) or not value:
        raise ReaderError(f"The {member} of the ItemReader must be a string, but was {encode(value)}")
    return value


def _load(client: Any, place: Place, config: Config, further: Mapping[str, Any]) -> Iterator[Item]:
    manifest = config.get("ManifestType")
    if manifest is None and config.get("InputType") == "MANIFEST":
        manifest = "S3_INVENTORY"
    load = MANIFESTS[manifest] if manifest is not None else LOADERS[config["InputType"]]
    return load(client, place, config, further)


def _list(client: Any, bucket: str, request: Mapping[str, Any], config: Config) -> Iterator[Item]:
    """The objects of a bucket, or with LOAD_AND_FLATTEN the items in them; empty objects then hold no items."""
    flatten = config.get("Transformation") == "LOAD_AND_FLATTEN"
    token: dict[str, str] = {}
    asked = {name: value for name, value in request.items() if name in ("Bucket", "Prefix", "ExpectedBucketOwner")}
    while True:
        page = ask(client.list_objects_v2, **asked, **token)
        for found in page.get("Contents", ()):
            if flatten:
                if found["Size"]:
                    yield from _load(client, Place(bucket, found["Key"]), config, {})
                continue
            item: dict[str, Json] = {
                "Etag": found["ETag"],
                "LastModified": int(found["LastModified"].timestamp()),
                "Key": found["Key"],
                "Size": found["Size"],
                "StorageClass": found.get("StorageClass", "STANDARD"),
            }
            yield Item(encode(item), None, f"s3://{bucket}")
        if not page.get("IsTruncated"):
            return
        token = {"ContinuationToken": page["NextContinuationToken"]}


# One object ----------------------------------------------------------------------------------------------------------


def _json(client: Any, place: Place, config: Config, further: Mapping[str, Any]) -> Iterator[Item]:
    """The elements of an array, or the members of an object, at ItemsPointer."""
    value = _decode("".join(read_text(client, place, **further)), place)
    value = find(value, config.get("ItemsPointer", ""), place)
    if isinstance(value, list):
        for each in value:
            yield Item(encode(each), None, place.source)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield Item(encode(each), key, place.source)
    else:
        raise ReaderError(NOT_ITERABLE)


def find(value: Json, pointer: str, place: Place) -> Json:
    """The value at the JSON Pointer (RFC 6901)."""
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            raise ReaderError(f"{place.source} has no value at the ItemsPointer {pointer}")
    return value


def _decode(text: str, place: Place, where: str = "") -> Json:
    try:
        return decode(text)
    except JsonTextError as error:
        at = where or f"line {error.line} column {error.column}"
        raise ReaderError(f"{place.source} is not JSON: {error.message} at {at}") from None


def _json_lines(client: Any, place: Place, config: Config, further: Mapping[str, Any]) -> Iterator[Item]:
    for number, line in enumerate(read_lines(client, place, **further), 1):
        if line.strip():
            yield Item(encode(_decode(line, place, f"line {number}")), None, place.source)


def _csv(client: Any, place: Place, config: Config, further: Mapping[str, Any]) -> Iterator[Item]:
    given = config.get("CSVHeaderLocation") == "GIVEN"
    delimiter = DELIMITERS[config.get("CSVDelimiter", "COMMA")]
    lines = read_lines(client, place, **further)
    write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    try:
        for row in read_objects(lines, delimiter=delimiter, headers=config["CSVHeaders"] if given else None):
            yield Item(write(row), None, place.source)
    except CsvError as error:
        raise ReaderError(str(error)) from None


def _parquet(client: Any, place: Place, config: Config, further: Mapping[str, Any]) -> Iterator[Item]:
    """The rows of a Parquet file, read with pyarrow; types that JSON lacks, such as dates, become strings."""
    if "VersionId" in further:
        raise ReaderError(NO_PARQUET_VERSION)
    try:
        from pyarrow import ArrowInvalid  # type: ignore[import-not-found,unused-ignore]
        from pyarrow.parquet import ParquetFile  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise NotEmulatedError(
            "An ItemReader with InputType PARQUET needs pyarrow: pip install 'asl-emulator[parquet]'"
        ) from None
    content = b"".join(read_chunks(client, place, **further))
    try:
        for batch in ParquetFile(io.BytesIO(content)).iter_batches(batch_size=PAGE):
            for row in batch.to_pylist():
                yield Item(encode(decode(json.dumps(row, default=str, ensure_ascii=False))), None, place.source)
    except ArrowInvalid as error:
        raise ReaderError(f"{place.source} is not Parquet: {error}") from None
    except JsonTextError as error:
        raise ReaderError(f"{place.source} has a row that JSON cannot hold: {error.message}") from None


LOADERS: Final[Mapping[str, Load]] = {"JSON": _json, "JSONL": _json_lines, "CSV": _csv, "PARQUET": _parquet}


# Manifests -----------------------------------------------------------------------------------------------------------


def _inventory(client: Any, place: Place, config: Config, further: Mapping[str, Any]) -> Iterator[Item]:
    """The rows of an S3 inventory: its manifest names the files, their bucket, and their columns."""
    manifest: Any = _decode("".join(read_text(client, place, **further)), place)
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), list):
        raise ReaderError(f"{place.source} is not an S3 inventory manifest: it has no files")
    if manifest.get("fileFormat", "CSV") != "CSV":
        raise ReaderError(f"{place.source} is an inventory in {manifest['fileFormat']}: only CSV can be read")
    bucket = str(manifest.get("destinationBucket") or place.bucket)
    bucket = Arn.parse(bucket).name if is_arn(bucket) else bucket
    headers = [name.strip() for name in str(manifest.get("fileSchema", "")).split(",")]
    for file in manifest["files"]:
        rows = {"CSVHeaderLocation": "GIVEN", "CSVHeaders": headers}
        yield from _csv(client, Place(bucket, str(file["key"])), rows, {})


def _athena(client: Any, place: Place, config: Config, further: Mapping[str, Any]) -> Iterator[Item]:
    """The rows in the data files of an Athena UNLOAD: each line of its manifest is the URI of a file."""
    for line in read_lines(client, place, **further):
        uri = line.strip().strip('"')
        if not uri:
            continue
        scheme, _, path = uri.partition("://")
        bucket, _, key = path.partition("/")
        if scheme.lower() != "s3" or not bucket or not key:
            raise ReaderError(f"{place.source} is not an Athena manifest: {uri!r} is not s3://bucket/key")
        yield from LOADERS[config["InputType"]](client, Place(bucket, key), config, {})


MANIFESTS: Final[Mapping[str, Load]] = {"S3_INVENTORY": _inventory, "ATHENA_DATA": _athena}


# Pages ---------------------------------------------------------------------------------------------------------------


class Page(NamedTuple):
    """Consecutive items from one source."""

    items: tuple[str, ...]
    source: str
    keys: tuple[str, ...] | None


def pages(items: Iterator[Item], *, start: int, max_items: int) -> Iterator[Page]:
    """The items after the first ``start``, up to item number ``max_items`` (0: all), in pages."""
    wanted = islice(items, start, max_items or None)
    page: list[Item] = []
    for item in wanted:
        if page and (len(page) == PAGE or item.source != page[0].source):
            yield _page(page)
            page = []
        page.append(item)
    if page:
        yield _page(page)


def _page(items: list[Item]) -> Page:
    keys = tuple(item.key for item in items if item.key is not None)
    return Page(tuple(item.text for item in items), items[0].source, keys or None)
