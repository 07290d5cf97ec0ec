"""Lambda's errors: codes, HTTP statuses and texts."""

import json
from collections.abc import Mapping
from typing import Any, Final

from emulator.aws.refusals import AwsError
from emulator.aws.responses import HttpResponse
from emulator.errors import NotEmulatedError

STATUS: Final = {
    "AccessDeniedException": 403,
    "PreconditionFailedException": 412,
    "ProvisionedConcurrencyConfigNotFoundException": 404,
    "RequestEntityTooLargeException": 413,
    "ResourceConflictException": 409,
    "ResourceNotFoundException": 404,
    "TooManyRequestsException": 429,
}
"""HTTP status of an error; the others are 400."""

GONE: Final = "The resource you requested does not exist."
STALE: Final = (
    "The Revision Id provided does not match the latest Revision Id. Call the {} API to retrieve the latest Revision Id"
)
NOT_SHOWN: Final = frozenset({"ValidationException", "SerializationException"})
"""Errors whose body has no ``Type``."""


def refusal(error: AwsError) -> HttpResponse:
    """The response for an error; 404 has ``Message``, the others ``message``."""
    status = STATUS.get(error.code, error.status)
    content: dict[str, Any] = {} if error.code in NOT_SHOWN else {"Type": "User"}
    content["Message" if status == 404 else "message"] = error.message
    if error.code == "TooManyRequestsException":
        content["Reason"] = "ReservedFunctionConcurrentInvocationLimitExceeded"
    return respond(status, content, {"x-amzn-ErrorType": error.code})


def respond(status: int, content: Any, headers: Mapping[str, str] = {}) -> HttpResponse:
    """A response with JSON, or with no body for ``None``."""
    if content is None:
        return HttpResponse(status, dict(headers), b"")
    body = json.dumps(content).encode()
    return HttpResponse(status, {"Content-Type": "application/json", **headers}, body)


class UnfitFunctionError(NotEmulatedError):
    """A request asks for a function of a template whose code cannot run here."""


def not_found(message: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message)


def no_function(arn: str) -> AwsError:
    """Recorded on AWS."""
    return not_found(f"Function not found: {arn}")


def conflict(message: str) -> AwsError:
    return AwsError("ResourceConflictException", message)


def invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message)


def violated(value: object, member: str, constraint: str) -> AwsError:
    """A value against the service model, in AWS's recorded words."""
    text = f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
    return AwsError("ValidationException", text)


def stale(operations: str) -> AwsError:
    """Recorded on AWS; ``operations`` as the text names them: ``GetFunction/GetAlias``."""
    return AwsError("PreconditionFailedException", STALE.format(operations))
