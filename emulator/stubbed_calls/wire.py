"""Between a stub's JSON, in the names of Step Functions, and what a client sends and reads.

The answer goes the way of a Task's result backwards (``emulator.targets.shapes``): members get the API's names, times
become times, and a blob is the bytes whose text Step Functions would show. moto's serializers then write it in the
protocol of the request.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from asl.values import Json, encode
from emulator.aws import names
from emulator.aws.interception import AwsRequest
from emulator.aws.operations import Asked, members
from emulator.aws.responses import HttpResponse
from emulator.errors import NotEmulatedError
from emulator.targets.integrations import Integration
from emulator.targets.shapes import base64_text, milliseconds_of

_RENAMED: Final[Mapping[str, tuple[str, str]]] = {
    "RunJobFlow": ("ClusterId", "JobFlowId"),
    "AddJobFlowSteps": ("StepId", "StepIds"),
    "CancelSteps": ("CancelStepsInfo", "CancelStepsInfoList"),
}
"""Operation -> the member of EMR's optimized integration, and the API's (``emulator.targets.rewritten``)."""


def respond(
    request: AwsRequest, asked: Asked, integration: Integration, value: dict[str, Json], request_id: str
) -> HttpResponse:
    """The successful response with a stub's ``value``, in the protocol in which the client asked."""
    from moto.core.serialize import SerializationContext, get_serializer_class
    from moto.core.utils import get_service_model

    operation = names.service_model(asked.service).operation_model(asked.operation)
    if integration.dialect.blobs_in_base64 and asked.operation in _RENAMED:
        ours, name = _RENAMED[asked.operation]
        if ours in value:
            value = {**value, name: [value[ours]] if name != "JobFlowId" else value[ours]}
    shape = operation.output_shape
    given = {} if shape is None else _structure(value, shape, integration)
    protocol = _protocol(request, operation.service_model.metadata)
    written_by = get_serializer_class(asked.service, protocol)
    model = get_service_model(asked.service).operation_model(asked.operation)  # with what moto adds to shapes
    written = written_by(model, SerializationContext(request_id)).serialize(given)
    body = written["body"]
    headers = {"x-amzn-RequestId": request_id, **{name: str(text) for name, text in written["headers"].items()}}
    return HttpResponse(written["status_code"], headers, body.encode() if isinstance(body, str) else bytes(body or b""))


def _protocol(request: AwsRequest, metadata: Mapping[str, Any]) -> str:
    """The protocol of a request, by moto's name of its serializer."""
    if request.header("smithy-protocol") == "rpc-v2-cbor":
        raise NotEmulatedError("a stub does not answer a call in CBOR\n    fix: ask in JSON or as a query")
    if request.header("X-Amz-Target"):
        return "json"
    if request.form:
        if metadata.get("protocol") == "ec2":
            return "ec2"
        return "query-json" if request.form.get("ContentType") == "JSON" else "query"
    known = [*metadata.get("protocols", ()), str(metadata.get("protocol", ""))]
    return next((each for each in known if each.startswith("rest-")), "rest-json")


# A stub's value as boto3's -------------------------------------------------------------------------------------------


def _structure(value: Mapping[str, Json], shape: Any, integration: Integration) -> dict[str, Any]:
    known = integration.result.naming(shape)
    return {
        member: _value(value[name], shape.members[member], integration)
        for name, member in known.items()
        if value.get(name) is not None
    }


def _value(value: Json, shape: Any, integration: Integration) -> Any:
    if getattr(shape, "is_document_type", False):
        return value
    match shape.type_name, value:
        case "structure", dict():
            return _structure(value, shape, integration)
        case "list", list():
            return [_value(item, shape.member, integration) for item in value]
        case "map", dict():
            return {key: _value(item, shape.value, integration) for key, item in value.items()}
        case "timestamp", _:
            return _time(value, integration)
        case "blob", _:
            return _blob(value, integration)
        case "string", dict() | list():
            return encode(value)
        case _:
            return value


def _time(value: Json, integration: Integration) -> Any:
    """Optimized integrations give milliseconds, ``aws-sdk`` text; a number of another integration is of seconds."""
    if isinstance(value, str):
        at = datetime.fromisoformat(value)
        return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    is_milliseconds = integration.result.time is milliseconds_of
    return datetime.fromtimestamp(value / 1000 if is_milliseconds else value, UTC)


def _blob(value: Json, integration: Integration) -> bytes:
    """The bytes of which ``value`` is the text: any JSON of a model's ``Body``, Base64 of other optimized calls.

    An ``aws-sdk`` call shows text as it is, and Base64 of what is no text.
    """
    if not isinstance(value, str):
        return encode(value).encode()
    is_optimized = integration.result.blob is base64_text
    if integration.operation == "InvokeModel" and is_optimized:
        return value.encode()
    try:
        content = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return value.encode()
    if is_optimized:
        return content
    try:
        content.decode()
    except UnicodeDecodeError:
        return content
    return value.encode()


# A request as a Task's parameters ------------------------------------------------------------------------------------


def parameters(request: AwsRequest, asked: Asked, integration: Integration) -> dict[str, Json]:
    """The members of a request in the names of Step Functions; of a form, nested members by their names on the wire."""
    shape: Any = names.service_model(asked.service).operation_model(asked.operation).input_shape
    if shape is None:
        return {}
    sent = members(request, asked)
    payload = shape.serialization.get("payload")
    if payload in shape.members and shape.members[payload].type_name == "blob":
        sent[payload] = _payload(request.body, integration)
    known = {member: name for name, member in reversed(list(integration.dialect.naming(shape).items()))}
    return {
        known.get(name, name): value
        if name == payload or name not in shape.members
        else _sent(value, shape.members[name], integration.dialect.naming)
        for name, value in sent.items()
    }


def _payload(body: bytes, integration: Integration) -> Json:
    """A body: of the optimized call of a model its value, else its text."""
    if integration.operation == "InvokeModel" and integration.result.blob is base64_text:
        try:
            value: Json = json.loads(body)
        except ValueError:
            return integration.result.blob(body)
        return value
    return integration.result.blob(body)


def _sent(value: Any, shape: Any, naming: Callable[[Any], names.Members]) -> Any:
    """A value of a JSON protocol, with the names of the wire; others are as they were sent."""
    match shape.type_name, value:
        case "structure", dict():
            known = {shape.members[member].serialization.get("name", member): (name, member)
                     for name, member in reversed(list(naming(shape).items()))}  # fmt: skip
            return {
                known[wire][0]: _sent(each, shape.members[known[wire][1]], naming)
                for wire, each in value.items()
                if wire in known
            }
        case "list", list():
            return [_sent(each, shape.member, naming) for each in value]
        case "map", dict():
            return {key: _sent(each, shape.value, naming) for key, each in value.items()}
        case _:
            return value
