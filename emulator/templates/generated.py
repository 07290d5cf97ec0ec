"""The resources that SAM makes of a function, machine, layer or API, apart from its events; ids as SAM has them.

Roles and permissions exist by their ids, since templates refer to them (``DependsOn: OrdersUploadPermission``). Other
names of a resource, such as ``Function.Alias``, are names of the generated resource's id.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from emulator.templates.properties import Resource

Found: TypeAlias = Iterator[Resource]

PERMISSION: Final = "AWS::Lambda::Permission"
ROLE: Final = "AWS::IAM::Role"
DESTINATIONS: Final = {"SQS": ("Queue", "AWS::SQS::Queue"), "SNS": ("Topic", "AWS::SNS::Topic")}
"""Type of a destination -> the ending of the generated resource's id, and its type."""


def generated(resource: Resource) -> Found:
    """What SAM makes of a resource besides itself and its events."""
    for make in _MAKERS.get(resource.type, ()):
        yield from make(resource)


def alias_of(resource: Resource) -> str | None:
    """The id of the alias of a function or machine with ``AutoPublishAlias``."""
    name = resource.properties.get("AutoPublishAlias")
    if not isinstance(name, str):
        return None
    return f"{resource.logical_id}Alias{name.replace('-', 'D').replace('_', 'U')}"


def role_id(resource: Resource) -> str:
    """The id of the role that SAM gives a function or machine."""
    return f"{resource.logical_id}Role"


def _beside(owner: Resource, id_: str, type_: str, properties: Mapping[str, Any], *other_names: str) -> Resource:
    return Resource(id_, type_, properties, owner.pointer, other_names=other_names)


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:10]


def _role(resource: Resource) -> Found:
    if "Role" not in resource.properties:
        names = {"RolePath": "Path", "PermissionsBoundary": "PermissionsBoundary"}
        given = {name: resource.properties[each] for each, name in names.items() if each in resource.properties}
        trust = resource.properties.get("AssumeRolePolicyDocument") or _trust(resource)
        yield Resource(role_id(resource), ROLE, given, resource.pointer, metadata={"Trust": trust})


def _trust(resource: Resource) -> dict[str, Any]:
    """Who may take the role of a function or a machine."""
    service = "states" if resource.type.endswith("StateMachine") else "lambda"
    allowed = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": ["sts:AssumeRole"]}
    return {"Version": "2012-10-17", "Statement": [allowed]}


def _function_alias(resource: Resource) -> Found:
    alias, name = alias_of(resource), resource.properties.get("AutoPublishAlias")
    if alias is None:
        return
    code = resource.properties.get("CodeUri") or resource.properties.get("InlineCode")
    version = f"{resource.logical_id}Version{_hash(code)}"
    of = {"FunctionName": {"Ref": resource.logical_id}}
    yield _beside(resource, version, "AWS::Lambda::Version", of, f"{resource.logical_id}.Version")
    number = {"Fn::GetAtt": [version, "Version"]}
    properties = {**of, "FunctionVersion": number, "Name": name}
    yield _beside(resource, alias, "AWS::Lambda::Alias", properties, f"{resource.logical_id}.Alias")


def _machine_alias(resource: Resource) -> Found:
    alias, name = alias_of(resource), resource.properties.get("AutoPublishAlias")
    if alias is None:
        return
    version = f"{resource.logical_id}Version"
    of = {"StateMachineArn": {"Ref": resource.logical_id}}
    yield Resource(version, "AWS::StepFunctions::StateMachineVersion", of, resource.pointer)
    routes = [{"StateMachineVersionArn": {"Ref": version}, "Weight": 100}]
    properties = {"Name": name, "RoutingConfiguration": routes}
    yield Resource(alias, "AWS::StepFunctions::StateMachineAlias", properties, resource.pointer)


def _invoke_config(resource: Resource) -> Found:
    given = resource.properties.get("EventInvokeConfig")
    if not isinstance(given, Mapping):
        return
    destinations: dict[str, Any] = {}
    for name, each in (given.get("DestinationConfig") or {}).items():
        kind = DESTINATIONS.get(str(each.get("Type")))
        if "Destination" in each or kind is None:
            destinations[name] = {"Destination": each.get("Destination")}
            continue
        made = f"{resource.logical_id}{name}{kind[0]}"
        yield _beside(resource, made, kind[1], {}, f"{resource.logical_id}.Destination{kind[0]}")
        arn = {"Ref": made} if kind[0] == "Topic" else {"Fn::GetAtt": [made, "Arn"]}
        destinations[name] = {"Destination": arn}
    alias = alias_of(resource)
    properties: dict[str, Any] = {
        "FunctionName": {"Ref": resource.logical_id},
        "Qualifier": "$LATEST" if alias is None else resource.properties["AutoPublishAlias"],
    }
    properties |= {name: given[name] for name in ("MaximumEventAgeInSeconds", "MaximumRetryAttempts") if name in given}
    if destinations:
        properties["DestinationConfig"] = destinations
    depends = () if alias is None else (alias,)
    id_ = f"{resource.logical_id}EventInvokeConfig"
    yield Resource(id_, "AWS::Lambda::EventInvokeConfig", properties, resource.pointer, None, depends)


def _url(resource: Resource) -> Found:
    given = resource.properties.get("FunctionUrlConfig")
    if not isinstance(given, Mapping):
        return
    alias = resource.properties.get("AutoPublishAlias")
    properties = {"TargetFunctionArn": {"Ref": resource.logical_id}, **given}
    if isinstance(alias, str):
        properties["Qualifier"] = alias
    yield Resource(f"{resource.logical_id}Url", "AWS::Lambda::Url", properties, resource.pointer)
    if given.get("AuthType") == "NONE":
        yield Resource(f"{resource.logical_id}UrlPublicPermissions", PERMISSION, {}, resource.pointer)
        yield Resource(f"{resource.logical_id}URLInvokeAllowPublicAccess", PERMISSION, {}, resource.pointer)


def _api(resource: Resource) -> Found:
    id_, name = resource.logical_id, resource.properties.get("StageName")
    deployment = f"{id_}Deployment{_hash(resource.properties.get('DefinitionBody'))}"
    yield _beside(resource, deployment, "AWS::ApiGateway::Deployment", {}, f"{id_}.Deployment")
    stage = f"{id_}{name if isinstance(name, str) else ''}Stage"
    yield _beside(resource, stage, "AWS::ApiGateway::Stage", {"StageName": name or "Prod"}, f"{id_}.Stage")
    if "Domain" in resource.properties:
        domain = f"ApiGatewayDomainName{_hash(resource.properties['Domain'])}"
        yield _beside(resource, domain, "AWS::ApiGateway::DomainName", {}, f"{id_}.DomainName")


def _http_api(resource: Resource) -> Found:
    id_, name = resource.logical_id, resource.properties.get("StageName")
    stage = f"{id_}{name}Stage" if isinstance(name, str) else f"{id_}ApiGatewayDefaultStage"
    properties = {"StageName": name or "$default"}
    yield _beside(resource, stage, "AWS::ApiGatewayV2::Stage", properties, f"{id_}.Stage")


_MAKERS: Final[Mapping[str, tuple[Callable[[Resource], Found], ...]]] = {
    "AWS::Serverless::Function": (_role, _function_alias, _invoke_config, _url),
    "AWS::Serverless::StateMachine": (_role, _machine_alias),
    "AWS::Serverless::Api": (_api,),
    "AWS::Serverless::HttpApi": (_http_api,),
}
