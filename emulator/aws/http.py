"""HTTP requests of any AWS client as botocore's requests, and refusals in the client's protocol.

On AWS the endpoint identifies the service. Here all requests have one address, so the service comes from the target of
the JSON protocols (``X-Amz-Target``), otherwise from the credential scope of the signature. Protocols and their errors:
Smithy's pages of the AWS protocols (awsJson, restJson1, restXml, awsQuery, ec2Query, rpcv2Cbor).
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, quote

from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders

from asl.problems import nearest
from asl.values import TOO_DEEP, exceeds_depth
from emulator.aws.error_bodies import XML, Writer, as_cbor, as_ec2, as_json, as_query, as_rest_json
from emulator.aws.interception import FORM, AwsRequest, is_form
from emulator.aws.plain_urls import bucket_in
from emulator.aws.refusals import AwsError
from emulator.aws.responses import HttpResponse
from emulator.aws.signing_names import SHARED, endpoint_of

TARGETS: Final[Mapping[str, str]] = {
    "AWSEvents": "events",
    "AWSStepFunctions": "states",
    "AmazonSQS": "sqs",
    "AmazonSSM": "ssm",
    "DynamoDBStreams_20120810": "streams.dynamodb",
    "DynamoDB_20120810": "dynamodb",
    "Kinesis_20131202": "kinesis",
    "Logs_20140328": "logs",
    "TrentService": "kms",
    "secretsmanager": "secretsmanager",
}
"""``targetPrefix`` -> ``endpointPrefix`` of the service models; other services are found by the scope."""

ENDPOINTS: Final[Mapping[str, str]] = {
    "ecr": "api.ecr",
    "iotdata": "data-ats.iot",
    "memorydb": "memory-db",
    "mobiletargeting": "pinpoint",
    "sagemaker": "api.sagemaker",
    "ses": "email",
    "timestream": "ingest.timestream",
}
"""``signingName`` -> ``endpointPrefix``, of the services where they differ."""

_ACTION: Final = re.compile(rb"(^|&)Action=[^&]")
_FIELD: Final = re.compile(rb'name="([A-Za-z0-9-]+)"\r\n(?:[^\r\n]+\r\n)*\r\n([^\r\n]*)')
_VERSION_2: Final = "{}/-/us-east-1/s3/aws4_request"
"""The credential that a signature of version 2 stands for; it names neither day nor region."""
QUERY: Final = frozenset({"cloudformation", "ec2", "iam", "sns", "sqs", "sts"})
"""Endpoint prefixes of services with a query protocol, whose form names the operation."""


class HttpRequest(NamedTuple):
    """A request as a server reads it: ``path`` and ``query`` as sent, percent-encoded."""

    method: str
    path: str
    query: str
    headers: Iterable[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """A header's text, empty when the header is missing; ``name`` in lower case."""
        return next((value for each, value in self.headers if each.lower() == name), "")


def aws_request(request: HttpRequest) -> AwsRequest:
    """The request that botocore would have sent to the service. Raises ``AwsError``."""
    service, region = _service(request)
    scope = _scope(request)
    if scope and (scope[3] in SHARED or request.header("x-amz-account-id")) and not _is_known(request):
        service = endpoint_of(scope[3], _at(request, service, region)) or service
    _check_body(request, service)
    made = _at(request, service, region)
    if service != "s3" and not request.header("content-type") and made.form:
        made.prepared.headers["Content-Type"] = FORM  # of a service with several protocols, moto tells them apart by it
    return made


def unsigned_object(request: HttpRequest) -> AwsRequest | None:
    """The request for what anyone may read in S3; ``None`` unless it is unsigned, reads, and could name a bucket."""
    is_unsigned = not request.header("x-amz-target") and _credential(request) is None
    place = _path_with_bucket(request)
    if request.method not in ("GET", "HEAD") or not is_unsigned or not place.split("/")[1]:
        return None
    return _at(request, "s3", "us-east-1")


def _at(request: HttpRequest, service: str, region: str) -> AwsRequest:
    """The request to the service's plain host; for S3 with the bucket in the path, and nowhere else."""
    path = _path_with_bucket(request) if service == "s3" else request.path
    headers = HTTPHeaders()
    for name, value in request.headers:
        if service != "s3" or name.lower() != "host":
            headers[name] = value
    url = f"https://{service}.{region}.amazonaws.com{path}{'?' if request.query else ''}{request.query}"
    return AwsRequest(service, AWSPreparedRequest(request.method, url, headers, request.body, False), served=True)


def _path_with_bucket(request: HttpRequest) -> str:
    bucket = bucket_in(request.header("host"))
    return request.path if bucket is None else f"/{quote(bucket)}{request.path}"


def _is_known(request: HttpRequest) -> bool:
    """Whether its target tells the service."""
    return request.header("x-amz-target").rpartition(".")[0] in TARGETS


def service_of(request: HttpRequest) -> str:
    """The endpoint prefix, as far as the head of a request tells it; else an empty text."""
    try:
        return _service(request)[0]
    except AwsError:
        return ""


def _service(request: HttpRequest) -> tuple[str, str]:
    """Endpoint prefix and region."""
    scope = _scope(request)
    target = request.header("x-amz-target")
    prefix = target.rpartition(".")[0]
    region = scope[2] if scope else "us-east-1"
    if prefix in TARGETS:
        return TARGETS[prefix], region
    if scope:
        return ENDPOINTS.get(scope[3], scope[3]), region
    if target:
        near = nearest(prefix, TARGETS, likeness=0.5)
        hint = f" Did you mean {near[0]}.{target.rpartition('.')[2]}?" if near else ""
        raise AwsError("UnknownOperationException", f"X-Amz-Target {target!r} is not of a known service.{hint}")
    raise AwsError(
        "MissingAuthenticationTokenException",
        "Missing Authentication Token: this request has neither an Authorization header nor an X-Amz-Target, so its "
        "service is unknown. Sign it with any credentials; /_emulator/health needs none.",
        403,
    )


def _scope(request: HttpRequest) -> list[str] | None:
    """The credential scope: access key, date, region, service, ``aws4_request``; ``None`` when it is not signed."""
    text = _credential(request)
    if text is None:
        return None
    parts = text.split("/")
    if len(parts) < 5 or not all(parts[-5:]) or not all(c.isalnum() or c in ".-_" for c in parts[-2] + parts[-3]):
        raise AwsError(
            "IncompleteSignatureException",
            "The Authorization header has no credential scope. It must look like this: AWS4-HMAC-SHA256 "
            "Credential=KEY/20300101/us-east-1/states/aws4_request, SignedHeaders=..., Signature=... "
            "(signatures are not checked).",
        )
    return parts[-5:]


def _credential(request: HttpRequest) -> str | None:
    """The text of the credential: in a header, the query, or a form for S3; ``None`` when it is not signed."""
    if authorization := request.header("authorization"):
        return authorization.partition("Credential=")[2].partition(",")[0].strip()
    query = dict(parse_qsl(request.query))
    if text := query.get("X-Amz-Credential"):
        return text
    if query.keys() >= {"AWSAccessKeyId", "Signature", "Expires"}:  # version 2 of presigned URLs
        return _VERSION_2.format(query["AWSAccessKeyId"])
    if request.method == "POST" and request.header("content-type").startswith("multipart/form-data"):
        return _of_form(request.body)
    return None


def _of_form(body: bytes) -> str | None:
    """The credential of a form that S3 takes (``generate_presigned_post``): with a policy and a signature of it."""
    found = ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in _FIELD.findall(body[:65_536]))
    fields = dict(found)
    if fields.keys() >= {"policy", "x-amz-credential", "x-amz-signature"}:
        text = fields["x-amz-credential"]
        return text if text.endswith("/s3/aws4_request") else None
    if fields.keys() >= {"policy", "awsaccesskeyid", "signature"}:
        return _VERSION_2.format(fields["awsaccesskeyid"])
    return None


def _check_body(request: HttpRequest, service: str) -> None:
    """Refuse a body that AWS's JSON protocols cannot read, and a form without operation, with their error codes."""
    sends_form = is_form(request.header("content-type"))
    if sends_form and service in QUERY and not (_ACTION.search(request.body) or _ACTION.search(request.query.encode())):
        raise AwsError("MissingAction", "The request is missing an action or a required parameter.")
    if not request.header("x-amz-target") or not request.body:
        return
    try:
        content = json.loads(request.body)
        is_too_deep = exceeds_depth(content, request.body.decode(errors="replace"))
    except RecursionError:
        is_too_deep = True
    except ValueError as error:
        raise AwsError("SerializationException", f"The request's body is not JSON text: {error}") from None
    if is_too_deep:
        raise AwsError("SerializationException", f"The request's body cannot be read: {TOO_DEEP}")
    if not isinstance(content, dict):
        raise AwsError(
            "SerializationException", f"The request's body is a JSON {_kind(content)}; it must be an object."
        )


def _kind(value: Any) -> str:
    return {list: "array", str: "string", bool: "boolean", type(None): "null"}.get(type(value), "number")


# Refusals -------------------------------------------------------------------------------------------------------------


def refusal(request: HttpRequest, status: int, code: str, message: str, request_id: str) -> HttpResponse:
    """An error in the protocol of the client that sent ``request``."""
    content_type, body = _error(request)(status, code, message, request_id)
    headers = {"Content-Type": content_type, "x-amzn-RequestId": request_id, "x-amzn-ErrorType": code}
    return HttpResponse(status, headers, body)


def _error(request: HttpRequest) -> Writer:
    if request.header("smithy-protocol") == "rpc-v2-cbor":
        return as_cbor
    if request.header("x-amz-target"):
        return as_json
    try:
        scope = _scope(request)
    except AwsError:
        scope = None
    service = scope[3] if scope else ""
    if is_form(request.header("content-type")) or _ACTION.search(request.query.encode()):
        return as_ec2 if service == "ec2" else as_query
    return XML.get(service, as_rest_json)
