"""What CloudFormation and API Gateway answer about what a template has made: its stacks, their resources, its APIs.

Tests find the names of what they ask by these requests: a test that ``sam init`` writes takes the URL of an API from
DescribeStacks, and the ARN of a state machine from ListStackResources. Only requests that look are answered.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from importlib.util import find_spec
from typing import Any, Final, TypeAlias
from xml.sax.saxutils import escape

from emulator.apigateway.apis import Api
from emulator.assembly import Assembly
from emulator.aws.interception import AwsRequest
from emulator.aws.operations import identify, members
from emulator.aws.responses import HttpResponse
from emulator.errors import NotEmulatedError
from emulator.templates.resources.nested import outputs_of
from emulator.templates.stack import Stack

NAMESPACE: Final = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
COMPLETE: Final = "CREATE_COMPLETE"


class Described:
    """The applications of an emulator, for requests that look at them."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._stacks: dict[str, tuple[Stack, datetime]] = {}

    def __call__(self, request: AwsRequest) -> HttpResponse | None:
        """The response to a request of CloudFormation or API Gateway; ``None`` to leave it to the backend."""
        if self._assembly.remote(request.service) is not None:
            return None
        return self.of_stacks(request) if request.service == "cloudformation" else self.of_apis(request)

    def add(self, stacks: Iterable[Stack]) -> None:
        """Add the stacks of an application, which are made now."""
        for stack in stacks:
            self._stacks[stack.name] = stack, self._assembly.now()

    # CloudFormation ------------------------------------------------------------------------------------------------

    def of_stacks(self, request: AwsRequest) -> HttpResponse | None:
        """The response to a request about stacks of a template; ``None`` for one about stacks of the backend."""
        found = identify(request)
        read = None if found is None else STACKS.get(found.operation)
        if found is None or read is None:
            return None
        asked = members(request, found)
        name = re.sub(r"^arn:[^/]*/([^/]+).*", r"\1", str(asked.get("StackName") or ""))
        if name and name not in self._stacks:
            if find_spec("openapi_spec_validator") is not None:  # moto knows whether it has the stack
                return None
            return _error(f"Stack with id {name} does not exist")
        result = read(self, name, asked)
        if not result:
            return _error(f"Resource {asked.get('LogicalResourceId')} does not exist for stack {name}")
        text = f"<{found.operation}Result>{_xml(result)}</{found.operation}Result>"
        whole = f'<{found.operation}Response xmlns="{NAMESPACE}">{text}</{found.operation}Response>'
        return HttpResponse(200, {"Content-Type": "text/xml"}, whole.encode())

    def _describe_stacks(self, name: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        return {"Stacks": [self._described(each) for each in ([name] if name else self._stacks)]}

    def _described(self, name: str) -> dict[str, Any]:
        stack, made_at = self._stacks[name]
        written = stack.document.value.get("Outputs") or {}
        outputs = [
            {
                "OutputKey": key,
                "OutputValue": value,
                **({"Description": text} if (text := written[key].get("Description")) else {}),
                **({"ExportName": export} if export is not None else {}),
            }
            for key, value, export in outputs_of(stack)
        ]
        return {**self._summary(stack, made_at), "Outputs": outputs}

    def _summary(self, stack: Stack, made_at: datetime) -> dict[str, Any]:
        id_ = stack.ref("AWS::StackId", "")
        return {"StackId": id_, "StackName": stack.name, "CreationTime": made_at, "StackStatus": COMPLETE}

    def _list_stacks(self, name: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        return {"StackSummaries": [self._summary(*each) for each in self._stacks.values()]}

    def _list_resources(self, name: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        return {"StackResourceSummaries": [each for each, _ in self._resources(name)]}

    def _describe_resources(self, name: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        wanted = asked.get("LogicalResourceId")
        return {
            "StackResources": [
                {**of_stack, "Timestamp": each["LastUpdatedTimestamp"], **each}
                for each, of_stack in self._resources(name)
                if wanted in (None, each["LogicalResourceId"])
            ]
        }

    def _describe_resource(self, name: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        wanted = asked.get("LogicalResourceId")
        found = [
            {**of_stack, **each} for each, of_stack in self._resources(name) if each["LogicalResourceId"] == wanted
        ]
        return {"StackResourceDetail": found[0]} if found else {}

    def _resources(self, name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        stack, made_at = self._stacks[name]
        of_stack = {"StackId": stack.ref("AWS::StackId", ""), "StackName": stack.name}
        for resource in stack.resources.values():
            if stack.exists(resource) and "::" in resource.type:  # else an event of SAM, which is no resource
                yield (
                    {
                        "LogicalResourceId": resource.logical_id,
                        "PhysicalResourceId": stack.made(resource.logical_id, "").ref,
                        "ResourceType": MADE.get(resource.type, resource.type),
                        "LastUpdatedTimestamp": made_at,
                        "ResourceStatus": COMPLETE,
                    },
                    of_stack,
                )

    # API Gateway ---------------------------------------------------------------------------------------------------

    def of_apis(self, request: AwsRequest) -> HttpResponse | None:
        """The response to a request about APIs of a template; ``None`` if it has none, or for one of the backend's."""
        found = identify(request)
        apis = list(self._assembly.apis) if self._assembly.has_apis else []
        kind = "HTTP" if found is not None and found.service == "apigatewayv2" else "REST"
        own = [each for each in apis if each.kind == kind]
        lacks = find_spec("openapi_spec_validator") is None
        if found is None or not (own or lacks) or not found.operation.startswith("Get"):
            return None
        show = _rest_api if kind == "REST" else _http_api
        if found.operation in ("GetRestApis", "GetApis"):
            return _in_json({"item" if kind == "REST" else "items": [show(each) for each in own]})
        path = request.prepared.url.partition("?")[0].rstrip("/")
        one = next((each for each in own if path.endswith(f"/{each.id}")), None)
        if one is not None and found.operation in ("GetRestApi", "GetApi"):
            return _in_json(show(one))
        if any(f"/{each.id}/" in f"{path}/" for each in own):
            raise NotEmulatedError(
                f"{request.service}:{found.operation} asks about an API that a template has made, of which its id and "
                "name are known here\n    fix: app.outputs has its URL, and app.request asks it"
            )
        return None


def _error(text: str) -> HttpResponse:
    error = {"Type": "Sender", "Code": "ValidationError", "Message": text}
    body = f'<ErrorResponse xmlns="{NAMESPACE}"><Error>{_xml(error)}</Error></ErrorResponse>'
    return HttpResponse(400, {"Content-Type": "text/xml"}, body.encode())


def _rest_api(api: Api) -> dict[str, Any]:
    return {"id": api.id, "name": api.name, "rootResourceId": api.root_id}


def _http_api(api: Api) -> dict[str, Any]:
    endpoint = f"https://{api.host}"
    return {"apiId": api.id, "name": api.name, "protocolType": "HTTP", "apiEndpoint": endpoint}


def _in_json(value: Any) -> HttpResponse:
    return HttpResponse(200, {"Content-Type": "application/json"}, json.dumps(value).encode())


Read: TypeAlias = Callable[[Described, str, Mapping[str, Any]], dict[str, Any]]
STACKS: Final[Mapping[str, Read]] = {
    "DescribeStackResource": Described._describe_resource,
    "DescribeStackResources": Described._describe_resources,
    "DescribeStacks": Described._describe_stacks,
    "ListStackResources": Described._list_resources,
    "ListStacks": Described._list_stacks,
}
MADE: Final[Mapping[str, str]] = {
    "AWS::Serverless::Api": "AWS::ApiGateway::RestApi",
    "AWS::Serverless::Application": "AWS::CloudFormation::Stack",
    "AWS::Serverless::Function": "AWS::Lambda::Function",
    "AWS::Serverless::HttpApi": "AWS::ApiGatewayV2::Api",
    "AWS::Serverless::LayerVersion": "AWS::Lambda::LayerVersion",
    "AWS::Serverless::SimpleTable": "AWS::DynamoDB::Table",
    "AWS::Serverless::StateMachine": "AWS::StepFunctions::StateMachine",
}
"""SAM's types -> what they are in a stack."""


def _xml(value: Any) -> str:
    """A value in the XML of the query protocol: the items of a list are ``member``."""
    if isinstance(value, Mapping):
        return "".join(f"<{name}>{_xml(each)}</{name}>" for name, each in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{_xml(each)}</member>" for each in value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return escape(str(value).lower() if isinstance(value, bool) else str(value))
