"""Item readers, from S3 to the children: shapes of the developer guide, "ItemReader", and of AWS's recordings."""

import gzip
import io
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from emulator import Emulator
from emulator.errors import NotEmulatedError
from emulator.execution import Execution
from tests.emulator.stepfunctions.distributed_map.conftest import BUCKET, distributed, reader

Put = Callable[..., None]
Read = Callable[..., Execution]
CSV = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}
SELECTOR = {"key.$": "$$.Map.Item.Key", "value.$": "$$.Map.Item.Value"}


def test_the_elements_of_an_array(put: Put, read: Read) -> None:
    put("k", '[1, {"a": 2.0}, "x"]')
    assert read({"InputType": "JSON"}).assert_succeeded().output == [1, {"a": 2.0}, "x"]


def test_the_members_of_an_object(put: Put, read: Read) -> None:
    put("k", '{"a": 1, "b": 2}')
    execution = read({"InputType": "JSON"}, ItemSelector=SELECTOR)
    assert execution.output == [{"key": "a", "value": 1}, {"key": "b", "value": 2}]
    assert read({"InputType": "JSON"}).output == [{"Key": "a", "Value": 1}, {"Key": "b", "Value": 2}]


def test_a_pointer_into_the_file(put: Put, read: Read) -> None:
    put("k", '{"a/b": [{"items": [1, 2]}]}')
    assert read({"InputType": "JSON", "ItemsPointer": "/a~1b/0/items"}).output == [1, 2]


def test_json_lines(put: Put, read: Read) -> None:
    put("k", '{"a": 1}\n\n2\n"é"')
    assert read({"InputType": "JSONL"}).output == [{"a": 1}, 2, "é"]


def test_csv(put: Put, read: Read) -> None:
    put("k", "\ufeffa,b\n1,2\n3\n")
    assert read(CSV).output == [{"a": "1", "b": "2"}, {"a": "3", "b": ""}]


def test_csv_with_headers_and_a_delimiter(put: Put, read: Read) -> None:
    put("k", "1|2\n")
    config = {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["x", "y"], "CSVDelimiter": "PIPE"}
    assert read(config).output == [{"x": "1", "y": "2"}]


@pytest.mark.parametrize(("key", "more"), [("k.csv.gz", {}), ("k", {"ContentEncoding": "gzip"})])
def test_a_compressed_file_of_several_members(put: Put, read: Read, key: str, more: dict[str, str]) -> None:
    put(key, gzip.compress(b"a\n1\n") + gzip.compress(b"2\n"), **more)
    assert read(CSV, key=key).output == [{"a": "1"}, {"a": "2"}]


def test_more_items_than_a_page_has(put: Put, read: Read) -> None:
    put("k", "n\n" + "".join(f"{n}\n" for n in range(2500)))
    assert [each["n"] for each in read(CSV).output] == [str(n) for n in range(2500)]


@pytest.mark.parametrize(("most", "count"), [(0, 3), (2, 2), (9, 3)])
def test_max_items(put: Put, read: Read, most: int, count: int) -> None:
    put("k", "[1, 2, 3]")
    assert len(read({"InputType": "JSON", "MaxItems": most}).output) == count


@pytest.mark.parametrize(
    ("config", "text"), [({"InputType": "JSON"}, "[1]"), ({"InputType": "JSONL"}, "1\n"), (CSV, "n\n1\n")]
)
def test_the_source_of_an_item_is_the_uri_of_its_object(put: Put, read: Read, config: Any, text: str) -> None:
    """AWS runs: in lower case."""
    put("in/k", text)
    assert read(config, key="in/k", ItemSelector={"s.$": "$$.Map.Item.Source"}).output == [{"s": f"s3://{BUCKET}/in/k"}]


def test_the_source_of_a_listed_object_is_the_bucket(put: Put, read: Read) -> None:
    """AWS runs."""
    put("a", "text")
    selector = {"s.$": "$$.Map.Item.Source"}
    assert read(None, resource="listObjectsV2", ItemSelector=selector).output == [{"s": f"s3://{BUCKET}"}]


def test_the_objects_of_a_bucket(put: Put, read: Read) -> None:
    for key in ("in/a", "in/b", "other"):
        put(key, "text")
    items = read(None, resource="listObjectsV2", request={"Prefix": "in/"}).output
    assert [item["Key"] for item in items] == ["in/a", "in/b"]
    assert items[0].keys() == {"Etag", "Key", "LastModified", "Size", "StorageClass"}
    assert (items[0]["Size"], items[0]["StorageClass"], items[0]["Etag"][0]) == (4, "STANDARD", '"')
    assert isinstance(items[0]["LastModified"], int)


def test_the_rows_of_all_objects_of_a_bucket(put: Put, read: Read) -> None:
    put("in/", "")
    put("in/a", "n\n1\n2\n")
    put("in/b", "n\n3\n")
    execution = read(
        {**CSV, "Transformation": "LOAD_AND_FLATTEN"},
        resource="listObjectsV2",
        request={"Prefix": "in/"},
        ItemSelector={"n.$": "$$.Map.Item.Value.n", "from.$": "$$.Map.Item.Source"},
    )
    assert execution.output == [
        {"n": "1", "from": f"s3://{BUCKET}/in/a"},
        {"n": "2", "from": f"s3://{BUCKET}/in/a"},
        {"n": "3", "from": f"s3://{BUCKET}/in/b"},
    ]


@pytest.mark.parametrize("config", [{"ManifestType": "S3_INVENTORY"}, {"InputType": "MANIFEST"}])
def test_an_inventory(put: Put, read: Read, config: dict[str, str]) -> None:
    put("data/1.csv.gz", gzip.compress(b'"bucket","a.txt","12"\n"bucket","b.txt","0"\n'))
    files = [{"key": "data/1.csv.gz", "size": 1, "MD5checksum": "x"}]
    manifest = {"destinationBucket": f"arn:aws:s3:::{BUCKET}", "fileFormat": "CSV", "fileSchema": "Bucket, Key, Size"}
    put("k", json.dumps({**manifest, "files": files}))
    assert read(config).output == [
        {"Bucket": "bucket", "Key": "a.txt", "Size": "12"},
        {"Bucket": "bucket", "Key": "b.txt", "Size": "0"},
    ]


def test_a_manifest_of_athena(put: Put, read: Read) -> None:
    put("data/1", '{"n":1}\n')
    put("data/2", '{"n":2}\n')
    put("k", f"s3://{BUCKET}/data/1\ns3://{BUCKET}/data/2\n")
    assert read({"InputType": "JSONL", "ManifestType": "ATHENA_DATA"}).output == [{"n": 1}, {"n": 2}]


def test_parquet(put: Put, read: Read) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    file = io.BytesIO()
    parquet.write_table(arrow.table({"n": [1, 2], "s": ["a", None]}), file)
    put("k", file.getvalue())
    assert read({"InputType": "PARQUET"}).output == [{"n": 1, "s": "a"}, {"n": 2, "s": None}]


def test_a_version_of_a_parquet_file_cannot_be_chosen(emulator: Emulator, put: Put) -> None:
    """AWS runs: refused when the file is read."""
    put("k", "")
    machine = distributed(ItemReader=reader({"InputType": "PARQUET"}, Key="k", VersionId="1"))
    execution = emulator.run(machine)
    assert (execution.error, execution.cause) == (
        "States.ItemReaderFailed",
        "S3 Version ID selection is not currently supported for PARQUET files",
    )


def test_parquet_without_pyarrow(put: Put, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    put("k", "x")
    with pytest.raises(NotEmulatedError, match=r"needs pyarrow: pip install 'asl-emulator\[parquet\]'"):
        read({"InputType": "PARQUET"})


def test_zstd_is_not_emulated(put: Put, read: Read) -> None:
    put("k.zst", "x")
    with pytest.raises(NotEmulatedError, match="ZSTD"):
        read(CSV, key="k.zst")


@pytest.mark.parametrize(
    ("config", "body", "cause"),
    [
        ({"InputType": "JSON"}, "5", "Attempting to map over non-iterable node."),
        ({"InputType": "JSON"}, "[1,", f"s3://{BUCKET}/k is not JSON: Expecting value at line 1 column 4"),
        ({"InputType": "JSON"}, b"\xff", f"s3://{BUCKET}/k is not UTF-8 text: invalid start byte at byte 0"),
        ({"InputType": "JSON", "ItemsPointer": "/a"}, "{}", f"s3://{BUCKET}/k has no value at the ItemsPointer /a"),
        ({"InputType": "JSONL"}, "1\n{\n", f"s3://{BUCKET}/k is not JSON: {{}} at line 2"),
        (CSV, "a,a\n", "CSV headers cannot contain duplicates."),
        ({"ManifestType": "S3_INVENTORY"}, "{}", "is not an S3 inventory manifest: it has no files"),
        ({"ManifestType": "S3_INVENTORY"}, '{"files": [], "fileFormat": "ORC"}', "is an inventory in ORC"),
        ({**CSV, "ManifestType": "ATHENA_DATA"}, "file.csv\n", "'file.csv' is not s3://bucket/key"),
    ],
)
def test_what_cannot_be_read(put: Put, read: Read, config: Any, body: str | bytes, cause: str) -> None:
    put("k", body)
    execution = read(config)
    assert execution.error == "States.ItemReaderFailed"
    assert cause.partition("{}")[0] in (execution.cause or "")
    assert [each["type"] for each in execution.history][-3:] == ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]


def test_bytes_that_are_not_gzip(put: Put, read: Read) -> None:
    put("k.gz", "text")
    assert "is not GZIP" in (read(CSV, key="k.gz").cause or "")


def test_an_object_that_is_not_there(put: Put, read: Read) -> None:
    execution = read(CSV, key="nowhere")
    assert execution.error == "States.ItemReaderFailed"
    assert (execution.cause or "").startswith(
        "The specified key does not exist. (Service: Amazon S3; Status Code: 404;"
    )


def test_a_key_that_is_no_text(put: Put, read: Read) -> None:
    assert read(CSV, key=5).cause == "The Key of the ItemReader must be a string, but was 5"
