"""The error and cause of a failed call, as versions 1 and 2 of the AWS SDK for Java print them."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import responses
from typing import TYPE_CHECKING, Any, Final

from asl.values import Json, encode
from emulator.answers import Answer
from emulator.aws import names
from emulator.aws.java_renames import ERRORS
from emulator.aws.java_sdk import refusal
from emulator.integrations.parameters import Request
from emulator.integrations.words import not_started
from emulator.targets.integrations import Integration

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel

RUNTIME: Final = "States.Runtime"
_ONE_ATTEMPT: Final = "(SDK Attempt Count: 1)"
_NOT_FOUND: Final = 404
_QUERY_PROTOCOLS: Final = frozenset({"query", "ec2"})


@dataclass(frozen=True, slots=True)
class ServiceError:
    """A service's error response: ``code`` is as on the wire, ``shape`` the modelled error, if there is one.

    Without a ``message``, the SDK says the rest of its cause twice (an AWS run of ``s3:headBucket`` on no bucket).
    """

    code: str
    message: str
    status: int = 400
    shape: str | None = None


def failed(error: ServiceError, integration: Integration, request_id: str) -> Answer:
    """``error`` under its name in Step Functions, with the SDK's text as cause."""
    return Answer(error=error_name(error.shape, integration), cause=_cause(error, integration, request_id))


def error_name(shape: str | None, integration: Integration) -> str:
    """The name of an error in Step Functions; without a ``shape`` that of an error that is not in the model."""
    if shape is None:
        return integration.unmodelled
    if integration.sdk_v1:
        return f"{integration.prefix}.{shape.removesuffix('Exception')}Exception"
    shape = ERRORS.get(integration.service, {}).get(shape, shape)
    return f"{integration.prefix}.{names.exception_name(shape, integration.prefix)}"


def _cause(error: ServiceError, integration: Integration, request_id: str) -> str:
    if integration.sdk_v1:
        return refusal(
            error.message or "null",
            service=integration.label,
            status=error.status,
            code=error.code,
            request_id=request_id,
        )
    extended = f", Extended Request ID: {_extended(request_id)}" if integration.service == "s3" else ""
    told = f"(Service: {integration.label}, Status Code: {error.status}, Request ID: {request_id}{extended})"
    if not error.message:
        return f"{told} {_ONE_ATTEMPT} {told}"
    return f"{error.message} {told}{f' {_ONE_ATTEMPT}' if integration.counts_attempts else ''}"


def _extended(request_id: str) -> str:
    """S3's second id: 76 characters of Base64, here derived from the first so that runs are repeatable."""
    return base64.b64encode(hashlib.sha512(request_id.encode()).digest()[:56]).decode()


def service_error(response: Mapping[str, Any], operation: "OperationModel") -> ServiceError:
    """The error in the response of botocore's ``ClientError``; either of its codes can name the modelled error.

    A response without a body has only a status, for which boto3 makes up a message. For 404 the SDK for Java then takes
    the only error that the operation can have (recorded: ``headObject``; an AWS run: ``headBucket``).
    """
    error, status = response.get("Error", {}), response["ResponseMetadata"]["HTTPStatusCode"]
    code, message = str(error.get("Code", status)), error.get("Message") or error.get("message") or ""
    is_empty = code == str(status) and message in ("", responses.get(status))
    model = operation.service_model
    shape = modelled(code, model) or modelled(error.get("QueryErrorCode"), model)
    if is_empty and status == _NOT_FOUND and len(operation.error_shapes) == 1:
        shape = operation.error_shapes[0].name
    return ServiceError(code, "" if is_empty else str(message), status, shape)


def modelled(code: str | None, model: Any) -> str | None:
    """The name of the error shape with this code."""
    shape = model.shape_for_error_code(code)
    return None if shape is None else str(shape.name)


def no_connection(text: str, integration: Integration) -> Answer:
    """The service could not be reached, or the client could not send."""
    return Answer(error=f"{integration.prefix}.SdkClientException", cause=f"Unable to execute HTTP request: {text}")


def refused(argument: Json, refusals: list[str]) -> Answer:
    """The failure for parameters that only botocore refuses, in the words for those that Step Functions refuses."""
    return Answer(error=RUNTIME, cause=not_started(encode(argument), refusals), refused=True)


def violated(request: Request, integration: Integration, model: "ServiceModel") -> ServiceError:
    """A service's error for parameters that are null, too short or too small.

    Recorded: SQS (``test_send_message_empty_body``), DynamoDB (``test_dynamodb_invalid_param``).
    """
    if integration.service == "sqs" and request.missing:
        return ServiceError("MissingParameter", f"The request must contain the parameter {request.missing[0]}.")
    count = len(request.violations)
    counted = "1 validation error" if count == 1 else f"{count} validation errors"
    code = "ValidationError" if model.metadata.get("protocol") in _QUERY_PROTOCOLS else "ValidationException"
    return ServiceError(code, f"{counted} detected: {'; '.join(request.violations)}", shape=modelled(code, model))
