"""Answers with a good status that no AWS service gives: web pages, cut texts, objects without what they must hold.

An external backend answers in its place. Without these checks botocore reads a web page as an empty answer, and a task
succeeds without an item. ``{}`` alone proves nothing: GetItem answers it for a key that is not there. Then the headers
decide: every AWS service sends a request id (``x-amzn-requestid``, ``x-amz-request-id``), and the JSON protocols their
own content type; LocalStack, MiniStack and moto do so, too. An answer that holds a member of the operation needs none.
The types of its members are compared with the model (``answer_shapes``).

Sources: botocore's models (protocols, members, required members); ``ALWAYS`` is what the operations' documentation in
these models says that they return.
"""

import json
import zlib
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree

from emulator.aws.answer_shapes import why_wrong
from emulator.aws.interception import AwsRequest, is_form

if TYPE_CHECKING:
    from botocore.model import Shape

SHOWN: Final = 200
"""The most characters of an answer that a message shows."""

ALWAYS: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("dynamodb", "BatchGetItem"): ("Responses",),
    ("dynamodb", "CreateTable"): ("TableDescription",),
    ("dynamodb", "DeleteTable"): ("TableDescription",),
    ("dynamodb", "DescribeTable"): ("Table",),
    ("dynamodb", "ListTables"): ("TableNames",),
    ("dynamodb", "Query"): ("Count", "Items"),
    ("dynamodb", "Scan"): ("Count", "Items"),
    ("dynamodb", "TransactGetItems"): ("Responses",),
    ("dynamodb", "UpdateTable"): ("TableDescription",),
    ("events", "CreateEventBus"): ("EventBusArn",),
    ("events", "ListEventBuses"): ("EventBuses",),
    ("events", "ListRuleNamesByTarget"): ("RuleNames",),
    ("events", "ListRules"): ("Rules",),
    ("events", "ListTargetsByRule"): ("Targets",),
    ("events", "PutEvents"): ("Entries",),
    ("events", "PutRule"): ("RuleArn",),
    ("events", "PutTargets"): ("FailedEntryCount", "FailedEntries"),
    ("events", "TestEventPattern"): ("Result",),
    ("sqs", "CreateQueue"): ("QueueUrl",),
    ("sqs", "GetQueueUrl"): ("QueueUrl",),
    ("sqs", "SendMessage"): ("MessageId",),
    ("sqs", "SendMessageBatch"): ("Successful", "Failed"),
}
"""Endpoint prefix and operation -> members of which an answer has at least one."""
_LISTS: Final = frozenset({"Entries", "EventBuses", "RuleNames", "Rules", "TableNames", "Targets"})
"""Members that are lists, and are read as such by the emulator itself."""
_QUERIES_OF_OBJECTS: Final = frozenset({"versionId", "partNumber", "x-id"})


def why_foreign(request: AwsRequest, headers: Mapping[str, str], content: bytes, status: int = 200) -> str | None:
    """Why the answer, which has a good status, is not one of AWS; ``None`` if it may be."""
    known = {name.lower(): value for name, value in headers.items()}
    if request.service != "s3" and known.get("content-encoding", "").lower() in _PACKED:
        return f"a body that is not {known['content-encoding']}, as its header says"
    if request.prepared.method == "HEAD":
        return None if _is_signed(known) else "headers without a request id of AWS"
    if _is_page(content) and not (_is_object(request) and _is_signed(known)):
        return "a web page"
    protocol = _protocol(request)
    check = {"json": _json, "xml": _xml, "rest": _rest}.get(protocol)
    why = None if check is None else check(request, known, content)
    return why or why_wrong(request, protocol, known, status, content)


def unpacked(service: str, headers: Mapping[str, str], content: bytes) -> tuple[Mapping[str, str], bytes]:
    """An answer without compression, which botocore does not ask for; unchanged if it cannot be read, and of S3.

    In S3 the header is the object's own.
    """
    encoding = next((value for name, value in headers.items() if name.lower() == "content-encoding"), "")
    if service == "s3" or encoding.lower() not in _PACKED:
        return headers, content
    try:
        plain = zlib.decompress(content, zlib.MAX_WBITS | 32)
    except zlib.error:
        return headers, content
    kept = {
        name: value for name, value in headers.items() if name.lower() not in ("content-encoding", "content-length")
    }
    return kept, plain


_PACKED: Final = ("gzip", "deflate")


def why_no_error(request: AwsRequest, content: bytes, status: int) -> str | None:
    """Why an answer with a status of 400 to 499 is not an error of AWS; ``None`` if it may be.

    503 is left to the clients, which try again whatever it holds.
    """
    if status == 503 or _protocol(request) != "json" or isinstance(_parsed(content), dict):
        return None
    return "no JSON object, as errors of AWS are"


def shown(content: bytes) -> str:
    """The beginning of an answer, for a message."""
    text = " ".join(content[: 4 * SHOWN].decode(errors="replace").split())
    text = "".join(each if each.isprintable() else "?" for each in text)
    return (text if len(text) <= SHOWN else f"{text[:SHOWN]}...") or "an empty body"


def _protocol(request: AwsRequest) -> str:
    """The protocol in which the request was made: of several that a service has, botocore chooses one."""
    if request.header("smithy-protocol"):
        return "cbor"
    if request.header("X-Amz-Target"):
        return "json"
    return "xml" if is_form(request.header("Content-Type")) else "rest"


def _is_signed(headers: Mapping[str, str]) -> bool:
    """Whether the headers are those of an AWS service."""
    kind = headers.get("content-type", "")
    return kind.startswith("application/x-amz-json") or "etag" in headers or any(n.startswith("x-amz") for n in headers)


def _has_id(headers: Mapping[str, str]) -> bool:
    """Whether there is a request id: a type of content alone says little of an answer without a body."""
    return "x-amzn-requestid" in headers or "x-amz-request-id" in headers


def _ends(operation: str) -> bool:
    """Whether an operation takes something away: moto answers some of these without a body, where AWS has members."""
    return operation.startswith(("Delete", "Deregister")) and operation != "DeleteItem"


def _is_page(content: bytes) -> bool:
    start = content[:200].lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html"))


def _is_object(request: AwsRequest) -> bool:
    """Whether the request is GetObject, whose answer may hold anything."""
    parts = urlsplit(request.prepared.url)
    asked = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    only_of_objects = all(name in _QUERIES_OF_OBJECTS or name.startswith("response-") for name in asked)
    return request.service == "s3" and request.prepared.method == "GET" and only_of_objects and len(parts.path) > 1


def _json(request: AwsRequest, headers: Mapping[str, str], content: bytes) -> str | None:
    output = _output(request.service, request.operation)
    if not content.strip():
        if _needed(request.service, request.operation) or not _is_signed(headers):
            return "an empty body"
        has_members = output is not None and bool(_members(output))
        return "an empty body" if has_members and not (_has_id(headers) and _ends(request.operation)) else None
    value = _parsed(content)
    if not isinstance(value, dict):
        return "no JSON object" if value is not None or content.strip() == b"null" else "no JSON"
    needs = _needed(request.service, request.operation)
    if needs and not value.keys() & set(needs):
        return f"a JSON object without {' or '.join(needs)}"
    for name in value.keys() & set(needs) & _LISTS:
        if not isinstance(value[name], list):
            return f"a JSON object in which {name} is not a list"
    members = frozenset() if output is None else _members(output)
    if _is_signed(headers) or value.keys() & members:
        return None
    return "a JSON object without a member of the operation and without a request id of AWS"


def _xml(request: AwsRequest, headers: Mapping[str, str], content: bytes) -> str | None:
    if not content.strip():
        return None if _is_signed(headers) else "an empty body"
    root = _root(content)
    if root is None:
        return "no XML"
    return None if root.endswith("Response") else f"XML with the root {root}, not {request.operation}Response"


def _rest(request: AwsRequest, headers: Mapping[str, str], content: bytes) -> str | None:
    """Answers of REST: S3's and others' in XML, the rest in JSON; the operation is not in the request."""
    if _is_object(request):
        return None if _is_signed(headers) else "an object without a request id or an ETag"
    start = content.lstrip()[:1]
    if start == b"<" and _root(content) is None:
        return "no XML"
    if start in (b"{", b"[") and _parsed(content) is None:
        return "no JSON"
    if _is_signed(headers):
        return None
    if start == b"<" and b"amazonaws.com/doc" in content[:1000]:
        return None
    return "an answer without a request id of AWS"


def _parsed(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _root(content: bytes) -> str | None:
    try:
        return ElementTree.fromstring(content).tag.rpartition("}")[2]  # as botocore reads it
    except ElementTree.ParseError:
        return None


def _needed(service: str, operation: str) -> tuple[str, ...]:
    """Members of which an answer of the operation has at least one."""
    if (service, operation) in ALWAYS:
        return ALWAYS[service, operation]
    output = _output(service, operation)
    return () if output is None else tuple(getattr(output, "required_members", ()))


def _members(output: "Shape") -> frozenset[str]:
    named: Mapping[str, Shape] = getattr(output, "members", {})
    return frozenset(named)


@cache
def _output(service: str, operation: str) -> "Shape | None":
    """The shape of the operation's answer, for services whose endpoint prefix is boto3's name, as of most."""
    from emulator.aws import names

    if service not in names.services().values():
        return None
    model = names.service_model(service)
    return model.operation_model(operation).output_shape if operation in model.operation_names else None
