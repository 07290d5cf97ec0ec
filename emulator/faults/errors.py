"""The errors that a service can answer with: their codes on the wire, HTTP statuses and messages.

An operation has the errors of botocore's model and those that every service has (``COMMON``). A status is the model's,
or that of the table, or 500 for what the model calls the service's fault, else 400. A message is AWS's where it is
recorded or documented (``MESSAGES``), else the first sentence of the model's documentation.
"""

import re
from collections.abc import Iterable, Mapping
from html import unescape
from typing import Final, NamedTuple

from asl.problems import nearest
from emulator.aws import names
from emulator.aws.names import service_model
from emulator.errors import EmulatorError
from emulator.faults.calls import Operations
from emulator.targets.integrations import prefixes

COMMON: Final[Mapping[str, int]] = {
    "AccessDeniedException": 400,
    "ExpiredTokenException": 403,
    "IncompleteSignature": 403,
    "InternalFailure": 500,
    "InternalError": 500,
    "InternalServerError": 500,
    "InternalServerException": 500,
    "InvalidClientTokenId": 403,
    "MalformedHttpRequestException": 400,
    "NotAuthorized": 401,
    "OptInRequired": 403,
    "RequestAbortedException": 400,
    "RequestEntityTooLargeException": 413,
    "RequestExpired": 400,
    "RequestTimeoutException": 408,
    "ServiceUnavailable": 503,
    "Throttling": 400,
    "ThrottlingException": 400,
    "UnrecognizedClientException": 403,
    "ValidationError": 400,
    "ValidationException": 400,
    "AccessDenied": 403,
    "BandwidthLimitExceeded": 509,
    "EC2ThrottledException": 503,
    "LimitExceededException": 400,
    "PriorRequestNotComplete": 400,
    "ProvisionedThroughputExceededException": 400,
    "RequestLimitExceeded": 503,
    "RequestThrottled": 403,
    "RequestThrottledException": 400,
    "RequestTimeout": 400,
    "SlowDown": 503,
    "ThrottledException": 400,
    "TooManyRequestsException": 429,
    "TransactionInProgressException": 400,
}
"""Codes that every service can answer with -> HTTP status.

Sources: "Common errors" of the services' API references; from ``AccessDenied`` on, what botocore's retries know
(``_retry.json`` and ``botocore.retries.standard``), a code of many services or of one.
"""

OF_SERVICES: Final[Mapping[str, Mapping[str, int]]] = {
    "dynamodb": {"ReplicatedWriteConflictException": 409},
    "sqs": {"RequestThrottled": 403},
    "s3": {
        "AccessDenied": 403,
        "BadDigest": 400,
        "BucketAlreadyExists": 409,
        "EntityTooLarge": 400,
        "ExpiredToken": 400,
        "InternalError": 500,
        "InvalidAccessKeyId": 403,
        "InvalidBucketName": 400,
        "NoSuchBucket": 404,
        "NoSuchKey": 404,
        "NoSuchUpload": 404,
        "NoSuchVersion": 404,
        "OperationAborted": 409,
        "PreconditionFailed": 412,
        "RequestTimeTooSkewed": 403,
        "ServiceUnavailable": 503,
        "SignatureDoesNotMatch": 403,
        "SlowDown": 503,
    },
}
"""Service -> codes or statuses that its model lacks (API reference of S3, "Error responses"; ``_retry.json``)."""

CLIENT_SIDE: Final = frozenset({"SdkClientException", "ClientExecutionTimeoutException", "AWSLambdaException"})
"""Names with which a Task of a function fails although Lambda has not answered so (developer guide, Lambda)."""

_RATE: Final = "Rate exceeded"
MESSAGES: Final[Mapping[tuple[str, str], str]] = {
    ("dynamodb", "ProvisionedThroughputExceededException"): (
        "The level of configured provisioned throughput for the table was exceeded. Consider increasing your "
        "provisioning level with the UpdateTable API."
    ),
    ("dynamodb", "ConditionalCheckFailedException"): "The conditional request failed",
    ("dynamodb", "ResourceNotFoundException"): "Requested resource not found",
    ("lambda", "TooManyRequestsException"): "Rate Exceeded.",
    ("s3", "SlowDown"): "Please reduce your request rate.",
    ("s3", "AccessDenied"): "Access Denied",
    ("s3", "NoSuchKey"): "The specified key does not exist.",
    ("s3", "NoSuchBucket"): "The specified bucket does not exist",
    ("s3", "InternalError"): "We encountered an internal error. Please try again.",
}
"""Service and code -> AWS's text: recorded, or in the service's documentation."""

_THROTTLES: Final = re.compile(r"Throttl|TooManyRequests|RequestLimit|SlowDown")
_SENTENCE: Final = re.compile(r"^(.*?[.!])(?:\s|$)", re.DOTALL)


class ServiceFault(NamedTuple):
    """An error as a service answers it: ``shape`` is its name in the model, ``code`` that in the query protocols."""

    name: str
    code: str
    shape: str | None
    status: int
    message: str

    def __str__(self) -> str:
        return self.name


def service_fault(
    operations: Operations, error: str, message: str | None, status: int | None, *, check: bool
) -> ServiceFault:
    """The error that ``error`` names: a code, a modelled shape, or its name in Step Functions.

    Raises ``EmulatorError`` for one that the operation does not have, with the nearest, unless ``check`` is false.
    """
    service = operations.service
    name = _without_prefix(error, service)
    model = service_model(service) if service else None
    shapes = {} if model is None else {shape.name: shape for shape in model.error_shapes}
    codes = {str((shape.metadata.get("error") or {}).get("code", key)): key for key, shape in shapes.items()}
    if name != error:  # Step Functions adds "Exception" to names without it
        plain = name.removesuffix("Exception")
        known = [each for each in (name, plain, f"{plain}Exception") if each in shapes or each in codes]
        name = known[0] if known else name
    shape_name = name if name in shapes else codes.get(name)
    if check:
        _check(operations, name, shape_name, bool(shapes))
    told = {} if shape_name is None else shapes[shape_name].metadata.get("error") or {}
    code = str(told.get("code", shape_name or name))
    of_table = OF_SERVICES.get(service, {}).get(code)
    found = status or told.get("httpStatusCode") or of_table
    if found is None and model is not None and shape_name is not None:
        if names.is_server_fault(service, shape_name):
            found = 500
        elif model.metadata.get("protocol") == "json":
            found = 400  # of every other modelled error (Smithy's page of awsJson)
    if found is None:
        found = COMMON.get(shape_name or name, 400)
    text = message if message is not None else _message(service, shape_name or name, shapes)
    return ServiceFault(shape_name or name, code, shape_name, int(found), text)


def _without_prefix(error: str, service: str) -> str:
    """``DynamoDB.ThrottlingException`` and ``DynamoDb.ThrottlingException`` without the service."""
    head, dot, rest = error.partition(".")
    if not dot or not service:
        return error
    known = {
        service,
        service_model(service).service_id,
        *(key for key, each in names.services().items() if each == service),
    }
    known |= {"stepfunctions"} if service == "stepfunctions" else prefixes(service)
    plain = {re.sub("[^a-z0-9]", "", each.lower()) for each in known}
    return rest if re.sub("[^a-z0-9]", "", head.lower()) in plain else error


def _check(operations: Operations, name: str, shape: str | None, has_errors: bool) -> None:
    """Raise ``EmulatorError`` for an error that none of the operations has."""
    service = operations.service
    allowed = {*COMMON, *OF_SERVICES.get(service, ())}
    if not service:
        _refuse_unless(name in allowed, operations, name, allowed, "")
        return
    model = service_model(service)
    own = {each.name for operation in operations.names for each in model.operation_model(operation).error_shapes}
    if name in allowed or (shape is not None and shape in own) or not has_errors:
        return  # the models of a few services, such as EC2, have no errors
    if service == "lambda" and name in CLIENT_SIDE:
        return
    elsewhere = f"; it is an error of other operations of {service}" if shape is not None else ""
    _refuse_unless(False, operations, name, {*own, *allowed}, elsewhere, own)


def _refuse_unless(
    holds: bool, operations: Operations, name: str, known: Iterable[str], more: str, own: Iterable[str] = ()
) -> None:
    if holds:
        return
    near = nearest(name, known)
    listed = ", ".join(sorted(own))
    hints = [f"Did you mean {near[0]!r}?"] if near else []
    if listed and not near:
        hints.append(f"{operations.text} has: {listed}; and those that every service has")
    hints.append("fix: check=False takes any name")
    raise EmulatorError(f"{operations.text} has no error {name!r}{more}\n    " + "\n    ".join(hints))


def _message(service: str, name: str, shapes: Mapping[str, object]) -> str:
    told = MESSAGES.get((service, name))
    if told is not None:
        return told
    if _THROTTLES.search(name):
        return _RATE
    shape = shapes.get(name)
    text = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", str(getattr(shape, "documentation", "") or "")))).strip()
    found = _SENTENCE.match(text)
    if found is not None:
        return found[1]
    return text or " ".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*", name.removesuffix("Exception"))).capitalize()
