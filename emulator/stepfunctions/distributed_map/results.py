"""The results of a map run's children, and the files that a ResultWriter writes to S3.

Forms: developer guide, "ResultWriter". The files describe failed children in full, in every form; the result of a state
has their error only (measured on AWS). Not in the guide, and decided here: the files list the children in the order in
which they ended, and how an input without a child is described.
"""

import json
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final

from asl.events import ChildStatus, OutputType, Transformation
from asl.tolerance import tolerated_failure
from asl.values import Json, encode, instant_text, size
from emulator.aws.arns import Arn
from emulator.execution import Execution
from emulator.stepfunctions.distributed_map.objects import service_cause
from emulator.stepfunctions.status import integration_description

LARGEST_FILE: Final = 5 * 10**9
"""Bytes in one result file."""

IN_MEMORY: Final = 1 << 20
"""Bytes of a file that are kept in memory until it is written to S3; a larger file goes to disk."""

CLASSES: Final = ("FAILED", "PENDING", "SUCCEEDED")
"""Prefixes of result files, in the order of the manifest."""


class WriterError(Exception):
    """The results cannot be written; ``str()`` is the cause of the States.ResultWriterFailed."""


def child_result(child: Execution, transformation: Transformation, *, exports: bool) -> str:
    """What ``child``, which has ended, adds to the state's result or, if the run ``exports``, to the files."""
    if transformation != "NONE":
        if child.status == "SUCCEEDED":
            assert child.output_text is not None
            return child.output_text
        if not exports:
            return encode(tolerated_failure(child.status, child.error, child.cause))
    return encode(integration_description(child, instant_text))


def describe_pending(text: str, state_machine_arn: str) -> str:
    """The description of an input for which no child was started."""
    return encode(
        {
            "Input": text,
            "InputDetails": {"Included": True},
            "StateMachineArn": state_machine_arn,
            "Status": "PENDING",
        }
    )


class ResultFiles:
    """The results of one map run, from its first child to the manifest."""

    def __init__(self, transformation: Transformation, output_type: OutputType) -> None:
        self._transformation = transformation
        self._output_type = output_type
        self._files: dict[str, list[IO[bytes]]] = {}
        self._sizes: dict[str, list[int]] = {}

    def add(self, status: ChildStatus, text: str) -> None:
        """Add the result of a child that ended with ``status``."""
        kind = status if status in CLASSES else "FAILED"
        flatten = self._transformation == "FLATTEN" and status == "SUCCEEDED" and text.startswith("[")
        for element in _elements(text) if flatten else (text,):
            self._append(kind, element)

    def _append(self, kind: str, element: str) -> None:
        files, sizes = self._files.setdefault(kind, []), self._sizes.setdefault(kind, [])
        length = size(element) + 1
        first = not files or sizes[-1] + length > LARGEST_FILE
        if first:
            files.append(SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 - open until the run ends
            sizes.append(0)
        lines = self._output_type == "JSONL"
        before = "" if lines else "[" if first else ","
        sizes[-1] += files[-1].write(f"{before}{element}{chr(10) if lines else ''}".encode())

    def write(self, client: Any, bucket: str, prefix: str, map_run_arn: str) -> str:
        """Put the files and their manifest under ``prefix``; returns the manifest's key. Raises ``WriterError``."""
        folder = "/".join(part for part in (prefix.rstrip("/"), Arn.parse(map_run_arn).qualifier) if part)
        written: dict[str, list[dict[str, Json]]] = {kind: [] for kind in CLASSES}
        for kind in CLASSES:
            for number, file in enumerate(self._files.get(kind, ())):
                if self._output_type == "JSON":
                    file.write(b"]")
                key = f"{folder}/{kind}_{number}.{self._output_type.lower()}"
                written[kind].append({"Key": key, "Size": file.tell()})
                file.seek(0)
                _put(client, bucket, key, file)
        manifest = {"DestinationBucket": bucket, "MapRunArn": map_run_arn, "ResultFiles": written}
        _put(client, bucket, f"{folder}/manifest.json", json.dumps(manifest, separators=(",", ":")).encode())
        return f"{folder}/manifest.json"

    def close(self) -> None:
        """Release the files."""
        for files in self._files.values():
            for file in files:
                file.close()
        self._files = {}


def _elements(text: str) -> Iterator[str]:
    yield from map(encode, json.loads(text))


def _put(client: Any, bucket: str, key: str, body: IO[bytes] | bytes) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client.put_object(Bucket=bucket, Key=key, Body=body)
    except ClientError as error:
        raise WriterError(service_cause(error)) from None
    except BotoCoreError as error:
        raise WriterError(str(error)) from None
