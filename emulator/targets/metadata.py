"""The HTTP headers that version 1 of the SDK for Java adds to the result of each service.

Header names, their order and the lengths are recorded on AWS (``test_send_message``, ``test_publish_base``,
``test_dynamodb_put_get_item``). The headers are computed from the result, not taken from the backend, whose request
ids and dates vary between runs.
"""

import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, cast

from asl.values import Json, encode, size
from emulator.aws.java_sdk import response_metadata

_ID, _LENGTH, _DATE, _CRC = "x-amzn-RequestId", "Content-Length", "Date", "x-amz-crc32"
_JSON: Final = {"Content-Type": "application/x-amz-json-1.0"}
_OTHERS: Final = {_ID: "", _LENGTH: "", _DATE: "", "Content-Type": "application/x-amz-json-1.1"}
"""Recorded of ``ecs`` (``test_run_task``), and taken for the services of which nothing is recorded."""
_AWS_HEADERS: Final[Mapping[str, Mapping[str, str]]] = {
    "sqs": {_ID: "", "connection": "keep-alive", _LENGTH: "", _DATE: "", **_JSON},
    "sns": {_ID: "", "connection": "keep-alive", _LENGTH: "", _DATE: "", "Content-Type": "text/xml"},
    "states": {_ID: "", "connection": "keep-alive", _LENGTH: "", _DATE: "", **_JSON},
    "ecs": _OTHERS,
    "glue": {"Connection": "keep-alive", **_OTHERS},
    "dynamodb": {"Server": "Server", "Connection": "keep-alive", _ID: "", _CRC: "", _LENGTH: "", _DATE: "", **_JSON},
}
"""Service -> its headers in order; empty values are filled in. ``glue`` as in a published sample of AWS."""


def _publish_body(result: Mapping[str, Json], request_id: str) -> str:
    fields = "".join(f"    <{name}>{value}</{name}>\n" for name, value in result.items())
    return (
        '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">\n'
        f"  <PublishResult>\n{fields}  </PublishResult>\n"
        f"  <ResponseMetadata>\n    <RequestId>{request_id}</RequestId>\n  </ResponseMetadata>\n</PublishResponse>\n"
    )


def _start_execution_body(result: Mapping[str, Json], _request_id: str) -> str:
    started = cast("int", result["StartDate"]) / 1000
    return encode({"executionArn": result["ExecutionArn"], "startDate": started})


_BODIES: Final[Mapping[str, Callable[[Mapping[str, Json], str], str]]] = {
    "sns": _publish_body,
    "states": _start_execution_body,
}
"""Service -> the body that AWS sends for a result; JSON otherwise."""


def with_metadata(
    result: dict[str, Json], service: str, *, status: int, request_id: str, at: datetime | None
) -> dict[str, Json]:
    """``result`` and the metadata, sorted by name. ``at`` (aware) is the ``Date`` header, omitted without it."""
    body = _BODIES[service](result, request_id) if service in _BODIES else encode(result)
    filled = {
        _ID: request_id,
        _LENGTH: str(size(body)),
        _CRC: str(zlib.crc32(body.encode())),
        _DATE: "" if at is None else at.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT"),
    }
    headers = {name: text or filled[name] for name, text in _AWS_HEADERS.get(service, _OTHERS).items()}
    headers = {name: text for name, text in headers.items() if text}
    metadata = response_metadata(headers, status=status, request_id=request_id)
    return dict(sorted((result | metadata).items()))
