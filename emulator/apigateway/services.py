"""What an API asks of AWS services: an action of a REST API, a subtype of an HTTP API."""

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from asl.values import JsonTextError, decode, is_json
from emulator.apigateway.events import Call, context_1
from emulator.aws.interception import FORM, AwsRequest
from emulator.errors import NotEmulatedError
from emulator.world import World


class Answered(NamedTuple):
    """A service's answer, as it is on the wire."""

    status: int
    body: str
    content_type: str = "application/json"


def ask(world: World, region: str, service: str, operation: str, text: str) -> Answered:
    """The answer to an action of a service (an endpoint prefix); ``text`` are its members, in JSON or as a form.

    Raises ``NotEmulatedError`` for services with other protocols.
    """
    from emulator.aws.endpoint_prefixes import services_of
    from emulator.aws.names import service_model

    names = services_of(service)
    metadata = service_model(names[0]).metadata if names else {}
    if "targetPrefix" in metadata:
        if not is_json(text):  # such as one with the \\' that escapeJavaScript makes
            return Answered(400, '{"__type":"com.amazon.coral.service#SerializationException"}')
        headers = {
            "X-Amz-Target": f"{metadata['targetPrefix']}.{operation}",
            "Content-Type": f"application/x-amz-json-{metadata.get('jsonVersion', '1.0')}",
        }
        return send(world, region, service, "POST", "/", headers, text, sync=operation == "StartSyncExecution")
    if metadata.get("protocol") == "query":
        form = text if f"Action={operation}" in text else f"Action={operation}&Version={metadata['apiVersion']}&{text}"
        return send(world, region, service, "POST", "/", {"Content-Type": FORM}, form.rstrip("&"))
    raise NotEmulatedError(
        f"API Gateway: the action {operation} of {service} is not emulated\n"
        "    fix: let the route call a function that calls the service"
    )


def send(
    world: World,
    region: str,
    service: str,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: str,
    *,
    sync: bool = False,
) -> Answered:
    """The answer to a request of a service's own form."""
    from botocore.awsrequest import AWSRequest

    host = f"sync-{service}" if sync else service
    credential = f"AWS4-HMAC-SHA256 Credential=x/20300101/{region}/{service}/aws4_request"
    request = AWSRequest(
        method,
        f"https://{host}.{region}.amazonaws.com{path}",
        headers={**headers, "Authorization": credential},
        data=body.encode(),
    )
    response = world.answer(AwsRequest(service, request.prepare()))
    kind = str(response.headers.get("Content-Type") or "application/json")
    return Answered(response.status_code, response.content.decode(errors="replace"), kind)


# HTTP APIs ---------------------------------------------------------------------------------------------------------

SUBTYPES: Final[Mapping[str, tuple[str, str, Mapping[str, str]]]] = {
    "EventBridge-PutEvents": ("events", "PutEvents", {}),
    "Kinesis-PutRecord": ("kinesis", "PutRecord", {}),
    "SQS-SendMessage": ("sqs", "SendMessage", {}),
    "StepFunctions-StartExecution": (
        "states",
        "StartExecution",
        {"Input": "input", "Name": "name", "StateMachineArn": "stateMachineArn"},
    ),
    "StepFunctions-StartSyncExecution": (
        "states",
        "StartSyncExecution",
        {"Input": "input", "Name": "name", "StateMachineArn": "stateMachineArn", "TraceHeader": "traceHeader"},
    ),
    "StepFunctions-StopExecution": (
        "states",
        "StopExecution",
        {"Cause": "cause", "Error": "error", "ExecutionArn": "executionArn"},
    ),
}
"""Subtype of an integration -> service, operation, and its parameters as the service's members."""
_ENTRY: Final = ("Detail", "DetailType", "EventBusName", "Resources", "Source", "Time", "TraceHeader")


def ask_subtype(world: World, call: Call, subtype: str, parameters: Mapping[str, str]) -> Answered:
    """The answer to a request of an HTTP API. Raises ``NotEmulatedError`` for a subtype that is not in the table."""
    name = subtype.partition("_")[0]
    if name not in SUBTYPES:
        raise NotEmulatedError(f"API Gateway: the integration {subtype} is not emulated; {', '.join(SUBTYPES)} are")
    service, operation, renamed = SUBTYPES[name]
    given = {each: value(call, text) for each, text in parameters.items() if each != "Region"}
    members: dict[str, Any] = {renamed.get(each, each): text for each, text in given.items() if text is not None}
    if operation == "PutEvents":
        members = {"Entries": [{each: members[each] for each in _ENTRY if each in members}]}
    return ask(world, parameters.get("Region", call.api.region), service, operation, json.dumps(members))


def value(call: Call, text: str) -> str | None:
    """A parameter of a mapping: ``$request.body.id``, ``${request.header.x}`` in a text, or a text."""
    if text.startswith("$") and not text.startswith("${"):
        return _selected(call, text[1:])
    made, rest = "", text
    while "${" in rest:
        before, _, rest = rest.partition("${")
        name, _, rest = rest.partition("}")
        made += before + (_selected(call, name) or "")
    return made + rest


def _selected(call: Call, name: str) -> str | None:
    from asl import jsonpath

    request = call.request
    whole, _, rest = name.partition(".")
    place, _, key = rest.partition(".")
    if whole == "stageVariables":
        return call.variables.get(rest)
    if whole == "context":
        found: Any = context_1(call)
        for part in rest.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return None if found is None else str(found)
    if rest == "body":
        return request.body.decode(errors="replace") or None
    if rest == "path":
        return request.path
    if place == "body":
        try:
            read = jsonpath.compile_jayway(f"$.{key}").read(decode(request.body.decode(errors="replace")))
        except (JsonTextError, jsonpath.PathNotFound, jsonpath.PathSyntaxError):
            return None
        return read if isinstance(read, str) else json.dumps(read, separators=(",", ":"))
    if place == "path":
        return call.matched.parameters.get(key)
    pairs = request.query if place == "querystring" else request.headers
    values = [text for each, text in pairs if each.lower() == key.lower()]
    return ",".join(values) if values else None


class Place(NamedTuple):
    """What the URI of a REST API's integration names: an action of a service, or a path at it."""

    region: str
    service: str
    action: str = ""
    path: str = ""


def place_of(uri: str) -> Place:
    """``arn:aws:apigateway:us-east-1:states:action/StartExecution``, ``...:sqs:path/123456789012/orders``."""
    parts = uri.split(":", 5)
    region, service, what = parts[3], parts[4].rpartition(".")[2], parts[5]
    kind, _, rest = what.partition("/")
    if kind == "action":
        return Place(region, service, action=urlsplit(rest).path.partition("&")[0])
    return Place(region, service, path=f"/{rest.lstrip('/')}")
