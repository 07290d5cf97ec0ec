"""Faults of a state's own call: the error and cause that Step Functions gives to the state.

Step Functions' SDK does not try again: only the state's Retry does (developer guide).
"""

from collections.abc import Mapping
from typing import Any, Final

from asl.effects import CallTarget
from asl.resources import Resource
from emulator.answers import Answer
from emulator.aws import names
from emulator.aws.java_sdk import refusal
from emulator.faults.errors import CLIENT_SIDE, ServiceFault
from emulator.faults.http_errors import LOST
from emulator.integrations.http_fields import connection_arn
from emulator.targets.failures import ServiceError, failed, no_connection
from emulator.targets.integrations import SDK, Integration, optimized, sdk

_OF_FUNCTIONS: Final = "Lambda"
_NO_ANSWER: Final = "Read timed out"
_NO_SERVER: Final = "Connection refused"


def failure(resource: Resource, fault: ServiceFault, request_id: str) -> Answer:
    """The failure of a Task whose service answers with ``fault``."""
    if _api(resource) in LOST:
        return Answer(error=fault.name, cause=fault.message)
    if _is_lambda(resource):
        if fault.name in CLIENT_SIDE:
            return Answer(error=f"{_OF_FUNCTIONS}.{fault.name}", cause=fault.message)
        error = f"{_OF_FUNCTIONS}.{fault.name}" if fault.shape else f"{_OF_FUNCTIONS}.AWSLambdaException"
        return Answer(error=error, cause=_v1("AWSLambda", fault, request_id))
    if resource.service == "states":
        name = f"StepFunctions.{fault.name.removesuffix('Exception')}Exception"
        error = name if fault.shape else "StepFunctions.AWSStepFunctionsException"
        return Answer(error=error, cause=_v1("AWSStepFunctions", fault, request_id))
    told = ServiceError(fault.code, fault.message, fault.status, fault.shape)
    return failed(told, integration_of(resource), request_id)


def lost(resource: Resource, *, is_reached: bool) -> Answer:
    """The failure of a Task whose service does not answer, or cannot be reached."""
    if _api(resource) in LOST:
        error, late, refused = LOST[_api(resource)]
        return Answer(error=error, cause=late if is_reached else refused)
    text = _NO_ANSWER if is_reached else _NO_SERVER
    if _is_lambda(resource) or resource.service == "states":
        prefix = _OF_FUNCTIONS if _is_lambda(resource) else "StepFunctions"
        return Answer(error=f"{prefix}.SdkClientException", cause=f"Unable to execute HTTP request: {text}")
    return no_connection(text, integration_of(resource))


def integration_of(resource: Resource) -> Integration:
    """How Step Functions talks to the service of a resource."""
    found = optimized(resource.service, resource.action)
    if found is not None:
        return found
    service = resource.service.removeprefix(SDK)
    boto3_name = names.services().get(service, service)
    service_id = names.service_model(boto3_name).service_id
    return sdk(service, resource.action, boto3_name=boto3_name, service_id=service_id)


def _api(resource: Resource) -> str:
    return f"{resource.service}:{resource.action}"


def _is_lambda(resource: Resource) -> bool:
    return resource.kind == "lambda" or resource.service == "lambda"


def _v1(service: str, fault: ServiceFault, request_id: str) -> str:
    return refusal(fault.message, service=service, status=fault.status, code=fault.name, request_id=request_id)


def arguments_of(call: CallTarget) -> Mapping[str, Any]:
    """The members that name the resources of a Task's call."""
    if call.resource.kind == "lambda":
        return {"FunctionName": call.resource.text}
    value = call.argument.value
    given = value if isinstance(value, dict) else {}
    connection = connection_arn(given) if call.resource.service == "http" else None
    return given if connection is None else {**given, "ConnectionArn": connection}
