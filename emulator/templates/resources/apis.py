"""APIs of API Gateway and function URLs, and what they are made of: methods, routes, integrations, stages.

SAM's events ``Api`` and ``HttpApi`` are routes of the API that they name, or of the one that SAM makes for the others.
An API may come before the functions that it calls, and after them.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from asl.problems import join
from emulator.apigateway.apis import ANY, DEFAULT, Answer, Api, Integration, Kind, Route
from emulator.apigateway.cors import of_sam
from emulator.apigateway.openapi import routes_of
from emulator.errors import NotEmulatedError
from emulator.templates.document import read_object
from emulator.templates.properties import Made, Properties, Resource
from emulator.templates.sam import MACHINE_TARGET
from emulator.templates.stack import Make, Stack
from emulator.templates.words import near_miss

LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"
START: Final = """{"input": "$util.escapeJavaScript($input.json('$'))", "stateMachineArn": "%s"}"""
START_UNESCAPED: Final = (
    '{"input": "$util.escapeJavaScript($input.json(\'$\')).replaceAll("\\\\\'", "\'")", "stateMachineArn": "%s"}'
)
"""SAM's templates for a state machine (source of its translator); the second is that of UnescapeMappingTemplate."""


def serverless_api(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Serverless::Api``."""
    api = _add(stack, resource, "REST", properties.get("Name"))
    _read_body(stack, resource, properties, api, "DefinitionBody", "DefinitionUri")
    api.stages[properties.get("StageName") or "Prod"] = _texts(properties.get("Variables"))
    api.merges_events = bool(properties.get("MergeDefinitions"))
    api.binary_types = tuple(properties.get("BinaryMediaTypes") or ())
    cors = properties.get("Cors")
    if cors:
        api.cors = of_sam(cors)
    return Made(api.id, {"RootResourceId": api.root_id, "RestApiId": api.id})


def _http_attributes(stack: Stack, api: Api) -> dict[str, str]:
    arn = stack.arn("execute-api", api.id)
    return {"ApiId": api.id, "ApiEndpoint": f"https://{api.host}", "ExecuteApiArn": arn}


def serverless_http_api(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Serverless::HttpApi``."""
    api = _add(stack, resource, "HTTP", properties.get("Name"))
    _read_body(stack, resource, properties, api, "DefinitionBody", "DefinitionUri")
    api.stages[properties.get("StageName") or DEFAULT] = _texts(properties.get("StageVariables"))
    api.cors = _http_cors(properties.get("CorsConfiguration"))
    return Made(api.id, _http_attributes(stack, api))


def rest_api(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::ApiGateway::RestApi``."""
    api = _add(stack, resource, "REST", properties.get("Name"))
    api.paths[api.root_id] = "/"
    _read_body(stack, resource, properties, api, "Body", "BodyS3Location")
    api.binary_types = tuple(properties.get("BinaryMediaTypes") or ())
    return Made(api.id, {"RootResourceId": api.root_id, "RestApiId": api.id})


def path(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::ApiGateway::Resource``: a part of a path."""
    api = _api(stack, resource, properties.get("RestApiId"))
    id_ = stack.random_text(resource.logical_id, 6, LETTERS)
    above = api.paths.get(properties.get("ParentId"), "/").rstrip("/")
    api.paths[id_] = f"{above}/{properties.get('PathPart')}"
    return Made(id_, {"ResourceId": id_})


def method(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::ApiGateway::Method``."""
    api = _api(stack, resource, properties.get("RestApiId"))
    where = api.paths.get(properties.get("ResourceId"), "/")
    written = properties.get("Integration")
    if written:
        api.routes.append(Route(_verb(stack, resource, properties, "HttpMethod"), where, _integration(written)))
    else:
        stack.list_unmade(resource, "", "it has no Integration")
    return Made(resource.logical_id)


def stage(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::ApiGateway::Stage`` and ``AWS::ApiGatewayV2::Stage``: its Ref is its name."""
    name = properties.get("StageName") or "Prod"
    id_ = properties.get("RestApiId") or properties.get("ApiId")
    if id_ is not None:
        variables = properties.get("Variables") or properties.get("StageVariables")
        _api(stack, resource, id_).stages[name] = _texts(variables)
    return Made(name)


def deployment(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::ApiGateway::Deployment`` and ``AWS::ApiGatewayV2::Deployment``, which may name a stage."""
    id_ = properties.get("RestApiId") or properties.get("ApiId")
    name = properties.get("StageName")
    if id_ is not None and name:
        _api(stack, resource, id_).stages.setdefault(name, {})
    made = stack.random_text(resource.logical_id, 6, LETTERS)
    return Made(made, {"DeploymentId": made})


def http_api(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::ApiGatewayV2::Api``."""
    if str(properties.get("ProtocolType") or "HTTP") != "HTTP":
        raise NotEmulatedError("WebSocket APIs are not emulated")
    api = _add(stack, resource, "HTTP", properties.get("Name"))
    _read_body(stack, resource, properties, api, "Body", "BodyS3Location")
    api.cors = _http_cors(properties.get("CorsConfiguration"))
    target = properties.get("Target")
    if target:
        api.stages.setdefault(DEFAULT, {})
        _add_route(api, properties.get("RouteKey") or DEFAULT, Integration("AWS_PROXY", str(target), "2.0"))
    return Made(api.id, _http_attributes(stack, api))


def http_integration(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::ApiGatewayV2::Integration``."""
    api = _api(stack, resource, properties.get("ApiId"))
    id_ = stack.random_text(resource.logical_id, 7, LETTERS)
    api.integrations[id_] = Integration(
        str(properties.get("IntegrationType")),
        str(properties.get("IntegrationUri") or ""),
        str(properties.get("PayloadFormatVersion") or "1.0"),
        str(properties.get("IntegrationSubtype") or ""),
        parameters=_texts(properties.get("RequestParameters")),
        method=str(properties.get("IntegrationMethod") or "POST"),
    )
    return Made(id_, {"IntegrationId": id_})


def http_route(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::ApiGatewayV2::Route``."""
    api = _api(stack, resource, properties.get("ApiId"))
    id_ = str(properties.get("Target") or "").rpartition("/")[2]
    if id_ in api.integrations:
        _add_route(api, str(properties.get("RouteKey")), api.integrations[id_])
    else:
        stack.list_unmade(resource, "", f"its integration {id_} is not here" if id_ else "it has no Target")
    made = stack.random_text(resource.logical_id, 7, LETTERS)
    return Made(made, {"RouteId": made})


def function_url(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Lambda::Url``: its Ref is the function's ARN."""
    request = {
        "FunctionName": properties.get("TargetFunctionArn"),
        **properties.chosen("Qualifier", "AuthType", "Cors"),
    }
    request |= properties.chosen("InvokeMode")
    made = stack.client("lambda").create_function_url_config(**{"AuthType": "NONE", **request})
    apis = stack.assembly.apis
    if (found := apis.at(made["FunctionUrl"])) is not None:
        apis.named[stack.name, resource.logical_id] = found[0]
    return Made(made["FunctionArn"], {"FunctionArn": made["FunctionArn"], "FunctionUrl": made["FunctionUrl"]})


# SAM's events -----------------------------------------------------------------------------------------------------


def api_event(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """An event ``Api``: a method that calls the function with the whole request, or starts the state machine."""
    api = _api(stack, resource, properties.get("RestApiId"))
    target = str(properties.get("Target"))
    if properties.get("TargetKind") == MACHINE_TARGET:
        template = START_UNESCAPED if properties.get("UnescapeMappingTemplate") else START
        uri = f"arn:aws:apigateway:{stack.region}:states:action/StartExecution"
        answers = (Answer(200, "200"), Answer(400, "400"))
        made = Integration("AWS", uri, templates={"application/json": template % target}, answers=answers)
    else:
        made = Integration("AWS_PROXY", target)
    verb = _verb(stack, resource, properties, "Method")
    if not api.has_document or api.merges_events:
        api.routes.append(Route(verb, _path(stack, resource, properties), made))
    return Made(resource.logical_id)


def http_api_event(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """An event ``HttpApi``: a route; without a path it is ``$default``."""
    api = _api(stack, resource, properties.get("ApiId"))
    payload = str(properties.get("PayloadFormatVersion") or "2.0")
    verb = _verb(stack, resource, properties, "Method")
    where = _path(stack, resource, properties)
    made = Integration("AWS_PROXY", str(properties.get("Target")), payload)
    if all((each.method, each.path) != (verb, where) for each in api.routes):
        api.routes.append(Route(verb, where, made))
    return Made(resource.logical_id)


METHODS: Final = ("ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
"""The methods of API Gateway; SAM takes them in letters of any case, and the name of ANY in OpenAPI."""


def _verb(stack: Stack, resource: Resource, properties: Properties, name: str) -> str:
    """The method that the property ``name`` says; ANY without one."""
    given = str(properties.get(name) or ANY)
    verb = ANY if given.lower() == "x-amazon-apigateway-any-method" else given.upper()
    if verb not in METHODS:
        text = f"{name} is one of {', '.join(METHODS)}, not {given!r}"
        near = near_miss(given, METHODS)
        raise stack.document.error(text, join(resource.pointer, name), near and f'Did you mean "{near}"?')
    return verb


def _path(stack: Stack, resource: Resource, properties: Properties) -> str:
    """The path of an event, which begins with a slash; ``$default`` without one."""
    given = str(properties.get("Path") or DEFAULT)
    if not given.startswith("/") and given != DEFAULT:
        text = f"Path begins with /, not {given!r}"
        raise stack.document.error(text, join(resource.pointer, "Path"), f'write "/{given}"')
    return given


# Their parts ------------------------------------------------------------------------------------------------------


def _add(stack: Stack, resource: Resource, kind: Kind, name: Any, length: int = 10) -> Api:
    id_ = stack.random_text(f"{resource.logical_id}/api", length, LETTERS)
    made = Api(id_, kind, str(name or resource.logical_id), stack.region, stack.assembly.account_id)
    apis = stack.assembly.apis
    apis.named[stack.name, resource.logical_id] = made
    return apis.add(made)


def _api(stack: Stack, resource: Resource, id_: Any) -> Api:
    """The API of an id; SAM takes a logical id for it, too."""
    if id_ in stack.resources:
        id_ = stack.made(id_, resource.pointer).ref
    api = stack.assembly.apis.get(str(id_))
    if api is None:
        raise NotEmulatedError(f"there is no API {id_} here")
    return api


def _read_body(stack: Stack, resource: Resource, properties: Properties, api: Api, inside: str, outside: str) -> None:
    """Add the routes of a document of OpenAPI: in the template, included in it, or in a file beside it."""
    place = properties.raw(outside)
    if properties.raw(inside) is not None:
        document = properties.get(inside)
    elif isinstance(place, str):
        document = _file(stack, resource, outside, place)
    elif place is not None:
        raise NotEmulatedError(f"a definition on S3 ({outside}) is not read; name a file beside the template")
    else:
        return
    if isinstance(document, str):
        document = json.loads(document)
    api.has_document = True
    api.routes.extend(routes_of(document))


def _file(stack: Stack, resource: Resource, member: str, place: str) -> Any:
    if place.startswith("s3://"):
        raise NotEmulatedError(f"a definition on S3 ({member}) is not read; name a file beside the template")
    path = stack.document.path.parent / place
    if not path.is_file():
        raise stack.document.no_file(place, join(resource.pointer, member))
    return read_object(path, place).value


def _integration(written: Mapping[str, Any]) -> Integration:
    """The Integration of a method."""
    answers = tuple(
        Answer(
            int(each.get("StatusCode", 200)),
            each.get("SelectionPattern") or None,
            each.get("ResponseTemplates") or {},
            _texts(each.get("ResponseParameters")),
        )
        for each in written.get("IntegrationResponses") or ()
    )
    return Integration(
        str(written.get("Type", "")).upper(),
        str(written.get("Uri") or ""),
        templates=written.get("RequestTemplates") or {},
        parameters=_texts(written.get("RequestParameters")),
        passthrough=str(written.get("PassthroughBehavior") or "WHEN_NO_MATCH"),
        answers=answers,
        method=str(written.get("IntegrationHttpMethod") or "POST"),
    )


def _add_route(api: Api, key: str, integration: Integration) -> None:
    """Add a route by its key: ``GET /orders/{id}``, ``$default``."""
    verb, _, where = key.partition(" ")
    api.routes.append(Route(verb, where, integration) if where else Route(ANY, key, integration))


def _texts(values: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in (values or {}).items()}


def _http_cors(given: Any) -> Mapping[str, Any] | None:
    """The configuration of an HTTP API; SAM's ``true`` allows every origin."""
    if isinstance(given, Mapping):
        return given
    return {"AllowOrigins": ["*"]} if given else None


def _only_describes(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """What says who may call, how often, and with what: it has no effect here."""
    name = stack.physical_name(resource.logical_id)
    return Made(name, {"Id": name, "Arn": stack.arn("apigateway", name)})


_NO_EFFECT: Final = """
    AWS::ApiGateway::Account AWS::ApiGateway::ApiKey AWS::ApiGateway::Authorizer AWS::ApiGateway::GatewayResponse
    AWS::ApiGateway::Model AWS::ApiGateway::RequestValidator AWS::ApiGateway::UsagePlan AWS::ApiGateway::UsagePlanKey
    AWS::ApiGatewayV2::Authorizer
"""

MAKERS: Final[Mapping[str, Make]] = {
    "AWS::Serverless::Api": serverless_api,
    "AWS::Serverless::HttpApi": serverless_http_api,
    "AWS::ApiGateway::RestApi": rest_api,
    "AWS::ApiGateway::Resource": path,
    "AWS::ApiGateway::Method": method,
    "AWS::ApiGateway::Stage": stage,
    "AWS::ApiGateway::Deployment": deployment,
    "AWS::ApiGatewayV2::Api": http_api,
    "AWS::ApiGatewayV2::Integration": http_integration,
    "AWS::ApiGatewayV2::Route": http_route,
    "AWS::ApiGatewayV2::Stage": stage,
    "AWS::ApiGatewayV2::Deployment": deployment,
    "AWS::Lambda::Url": function_url,
    "SAM event Api": api_event,
    "SAM event HttpApi": http_api_event,
    **dict.fromkeys(_NO_EFFECT.split(), _only_describes),
}
"""Type -> what makes it."""
