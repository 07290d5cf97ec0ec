"""The APIs of a service: REST and HTTP APIs with their methods, as the resources that Serverless makes of events."""

from collections.abc import Callable
from typing import Any, Final

from asl.problems import did_you_mean
from emulator.templates.serverless.built import Built
from emulator.templates.serverless.names import normalized, path_id, path_part
from emulator.templates.serverless.service import Service

REST_API: Final = "ApiGatewayRestApi"
HTTP_API: Final = "HttpApi"
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY", "*")


def method_and_path(value: Any, error: Callable[[str], Exception]) -> tuple[str, str]:
    """Method and path of an event: ``POST orders``, ``*``, or an object."""
    if isinstance(value, str) and value.strip() == "*":
        return "*", ""
    method, _, path = value.partition(" ") if isinstance(value, str) else (value.get("method"), "", value.get("path"))
    if isinstance(value, str) or (method and path is not None):
        if (verb := str(method).upper()) not in METHODS:
            hint = did_you_mean(verb, METHODS) or f"the methods are {', '.join(METHODS)}"
            raise error(f"{method} is not a method of HTTP. {hint}")
        return verb, str(path).strip()
    if path == "*" or (path is None and method == "*"):
        return "*", ""
    raise error("an event of an API has a method and a path, such as POST orders")


def lambda_integration(arn: Any) -> dict[str, Any]:
    """The proxy integration of a function."""
    parts = ["arn:", {"Ref": "AWS::Partition"}, ":apigateway:", {"Ref": "AWS::Region"}]
    uri = {"Fn::Join": ["", [*parts, ":lambda:path/2015-03-31/functions/", arn, "/invocations"]]}
    return {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": uri}


def add_rest_method(
    built: Built, service: Service, method: str, path: str, integration: Any, at: str, api: str = REST_API
) -> None:
    """A method of the service's REST API, with the resources of its path, its deployment and its stage."""
    resources = built.value["Resources"]
    if api not in resources:
        name = f"{service.stage}-{service.name}" + ("" if api == REST_API else "-stepfunctions")
        built.resource(api, "AWS::ApiGateway::RestApi", {"Name": name}, at)
    parent: dict[str, Any] = {"Fn::GetAtt": [api, "RootResourceId"]}
    parts = [part for part in path.strip("/").split("/") if part]
    for count, part in enumerate(parts, 1):
        logical_id = f"ApiGatewayResource{''.join(path_part(each) for each in parts[:count])}"
        if logical_id not in resources:
            properties = {"ParentId": parent, "PathPart": part, "RestApiId": {"Ref": api}}
            built.resource(logical_id, "AWS::ApiGateway::Resource", properties, at)
        parent = {"Ref": logical_id}
    logical_id = f"ApiGatewayMethod{path_id(path) if parts else ''}{method[:1]}{method[1:].lower()}"
    properties = {
        "HttpMethod": method,
        "ResourceId": parent,
        "RestApiId": {"Ref": api},
        "AuthorizationType": "NONE",
        "Integration": integration,
        "MethodResponses": [],
    }
    built.resource(logical_id, "AWS::ApiGateway::Method", properties, at)
    deployment = f"{api}Deployment"
    deployed = {"RestApiId": {"Ref": api}, "StageName": service.stage}
    needs = [*resources.get(deployment, {}).get("DependsOn", ()), logical_id]
    built.resource(deployment, "AWS::ApiGateway::Deployment", deployed, at, DependsOn=needs)


def add_http_route(built: Built, service: Service, key: str, method: str, path: str, arn: Any, at: str) -> None:
    """A route of the service's HTTP API to a function, with its integration and its stage."""
    resources, api = built.value["Resources"], {"Ref": HTTP_API}
    if HTTP_API not in resources:
        api_name = f"{service.stage}-{service.name}"
        built.resource(HTTP_API, "AWS::ApiGatewayV2::Api", {"Name": api_name, "ProtocolType": "HTTP"}, at)
        stage = {"ApiId": api, "StageName": "$default", "AutoDeploy": True}
        built.resource("HttpApiStage", "AWS::ApiGatewayV2::Stage", stage, at)
    integration = f"HttpApiIntegration{normalized(key)}"
    properties = {"ApiId": api, "IntegrationType": "AWS_PROXY", "IntegrationUri": arn, "PayloadFormatVersion": "2.0"}
    built.resource(integration, "AWS::ApiGatewayV2::Integration", properties, at)
    method = "ANY" if method == "*" and path else method
    name = "Default" if method == "*" else f"{method[:1]}{method[1:].lower()}{path_id(path)}"
    route = "$default" if method == "*" else f"{method} /{path.strip('/')}"
    target = {"Fn::Join": ["/", ["integrations", {"Ref": integration}]]}
    wanted = {"ApiId": api, "RouteKey": route, "Target": target}
    built.resource(f"HttpApiRoute{name}", "AWS::ApiGatewayV2::Route", wanted, at)
