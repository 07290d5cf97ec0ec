"""An emulator with a bucket, and Distributed Maps over what is in it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from emulator import Emulator
from emulator.execution import Execution

BUCKET = "things"
Definition = dict[str, Any]


def distributed(kind: str = "STANDARD", /, work: Any = None, **fields: Any) -> Definition:
    """A machine whose one state is a Distributed Map that does ``work``, a Pass unless given."""
    inside = {"StartAt": "Work", "States": {"Work": {**(work or {"Type": "Pass"}), "End": True}}}
    processor = {**inside, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind}}
    return {"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemProcessor": processor, **fields, "End": True}}}


def reader(config: Any = None, resource: str = "getObject", **request: Any) -> dict[str, Any]:
    """An ItemReader of the bucket."""
    configured = {} if config is None else {"ReaderConfig": config}
    return {"Resource": f"arn:aws:states:::s3:{resource}", "Parameters": {"Bucket": BUCKET, **request}, **configured}


def writer(**config: Any) -> dict[str, Any]:
    """A ResultWriter to the bucket."""
    request = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": BUCKET, "Prefix": "out"}}
    return {**request, "WriterConfig": config} if config else request


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An open emulator."""
    with Emulator() as opened:
        yield opened


@pytest.fixture
def put(emulator: Emulator) -> Callable[..., None]:
    """Puts an object into the bucket."""
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=BUCKET)

    def put_object(key: str, body: str | bytes, **more: Any) -> None:
        s3.put_object(Bucket=BUCKET, Key=key, Body=body, **more)

    return put_object


@pytest.fixture
def read(emulator: Emulator, put: Callable[..., None]) -> Callable[..., Execution]:
    """Runs a Distributed Map over an object of the bucket, whose result is the items."""

    def run(config: Any, *, key: str = "k", resource: str = "getObject", **fields: Any) -> Execution:
        request = {"Key": key} if resource == "getObject" else fields.pop("request", {})
        return emulator.run(distributed(ItemReader=reader(config, resource, **request), **fields))

    return run
