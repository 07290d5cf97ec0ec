"""Faults of requests: what boto3, a handler in any language or a client over HTTP gets in place of the answer.

A state's own request is not asked about again (``emulator.faults.tasks``), but for operations that fail in part.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, Final, NoReturn

from emulator.aws import names
from emulator.aws.error_bodies import XML, Writer, as_cbor, as_ec2, as_json, as_query, as_rest_json
from emulator.aws.interception import AwsRequest
from emulator.aws.operations import identify, members
from emulator.aws.refusals import AwsError
from emulator.aws.responses import HttpResponse, aws_response
from emulator.errors import NotEmulatedError
from emulator.faults.calls import names_in
from emulator.faults.errors import ServiceFault
from emulator.lambda_api.errors import refusal as lambda_refusal


def operation_of(request: AwsRequest) -> tuple[str, str, Callable[[], frozenset[str]]] | None:
    """The service (boto3's name), the operation, and the names of the resources; ``None`` for no known operation."""
    asked = identify(request)
    if asked is None:
        return None
    operation = asked.operation
    if asked.service == "s3" and operation in _COPIES:  # they differ only in a header
        operation = _COPIES[operation][bool(request.header("x-amz-copy-source"))]
    return asked.service, operation, lambda: names_in(members(request, asked))


_COPIES: Final = {
    name: pair for pair in (("PutObject", "CopyObject"), ("UploadPart", "UploadPartCopy")) for name in pair
}
"""S3's operations with one path -> the one without and with a source to copy."""


def error_response(request: AwsRequest, service: str, fault: ServiceFault, request_id: str) -> Any:
    """The error in the protocol in which the client asked (``botocore.awsrequest.AWSResponse``)."""
    status, headers = fault.status, {"x-amzn-RequestId": request_id}
    if service == "lambda":
        answered = lambda_refusal(AwsError(fault.name, fault.message, fault.status))
        return aws_response(request.prepared.url, status, {**headers, **answered.headers}, answered.body)
    given = fault.message, request_id
    if request.header("smithy-protocol") == "rpc-v2-cbor":
        content_type, body = as_cbor(status, fault.name, *given)
        headers["smithy-protocol"] = "rpc-v2-cbor"
    elif request.header("X-Amz-Target"):
        content_type, body = as_json(status, fault.name, *given)
    elif request.form:
        write: Writer = as_ec2 if request.service == "ec2" else as_query
        content_type, body = write(status, fault.code, *given)
    else:
        write = XML.get(request.service, as_rest_json)
        content_type, body = write(status, fault.code if request.service in XML else fault.name, *given)
        if request.service not in XML:
            headers["x-amzn-ErrorType"] = fault.name
    if "awsQueryCompatible" in names.service_model(service).metadata and not request.form:
        headers["x-amzn-query-error"] = f"{fault.code};{'Sender' if status < 500 else 'Receiver'}"
    if request.prepared.method == "HEAD":
        body = b""
    return aws_response(request.prepared.url, status, {**headers, "Content-Type": content_type}, body)


def break_connection(request: AwsRequest, seconds: float | None) -> NoReturn:
    """Raise what botocore raises for a server that does not answer (``None``: that cannot be reached)."""
    from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

    if request.served:
        raise NotEmulatedError(
            "a connection that breaks is not emulated for a client in another process\n"
            '    fix: faults.fail(..., "ServiceUnavailable") is an error that its SDK retries as well'
        )
    if seconds is None:
        raise EndpointConnectionError(endpoint_url=request.prepared.url, error="a fault that the test has planned")
    raise ReadTimeoutError(endpoint_url=request.prepared.url, error="a fault that the test has planned")


def json_members(request: AwsRequest) -> dict[str, Any] | None:
    """The members of a request of a JSON protocol."""
    try:
        content = json.loads(request.body or b"{}")
    except ValueError:
        return None
    return content if isinstance(content, dict) and request.header("X-Amz-Target") else None


def json_response(request: AwsRequest, content: Any, given: Any, request_id: str) -> Any:
    """A response like ``given`` (``None``: there is none) with other content."""
    body = json.dumps(content).encode()
    headers = {"x-amzn-RequestId": request_id, "Content-Type": "application/x-amz-json-1.1"}
    if given is not None:
        kept = {name: value for name, value in given.headers.items() if name.lower() not in _OF_BODY}
        headers = {**headers, **kept}
    response = HttpResponse(200, headers, body)
    return aws_response(request.prepared.url, response.status, response.headers, response.body)


_OF_BODY: Final = frozenset({"content-length", "x-amz-crc32"})


def with_body(request: AwsRequest, body: bytes) -> None:
    """Give the request another body; what was computed of the old one goes."""
    request.prepared.body = body
    for name in list(request.prepared.headers):
        if name.lower() == "content-md5" or name.lower().startswith("x-amz-checksum-"):
            del request.prepared.headers[name]
        elif name.lower() == "content-length":
            request.prepared.headers[name] = str(len(body))


def positions(entries: Iterator[Any] | list[Any], failing: tuple[int, ...]) -> tuple[list[Any], list[tuple[int, Any]]]:
    """The entries that go on, and those that fail, each with its position."""
    going: list[Any] = []
    failed: list[tuple[int, Any]] = []
    for position, entry in enumerate(entries):
        if position in failing:
            failed.append((position, entry))
        else:
            going.append(entry)
    return going, failed
