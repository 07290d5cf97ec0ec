"""Methods of REST APIs: Terraform has a resource for each part of one, CloudFormation one resource with the parts.

(Documentation of the provider hashicorp/aws, ``aws_api_gateway_*``; CloudFormation's ``AWS::ApiGateway::Method``.)
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from emulator.templates.terraform.plan import Instance, Plan
from emulator.templates.terraform.resources import Values, picked

METHOD: Final = "aws_api_gateway_method"
OF_METHOD: Final = ("rest_api_id", "resource_id", "http_method")
"""The attributes that say of which method something is a part."""
INTEGRATION: Final[Mapping[str, str]] = {
    "type": "Type",
    "uri": "Uri",
    "integration_http_method": "IntegrationHttpMethod",
    "credentials": "Credentials",
    "request_parameters": "RequestParameters",
    "request_templates": "RequestTemplates",
    "passthrough_behavior": "PassthroughBehavior",
}
RESPONSE: Final[Mapping[str, str]] = {
    "status_code": "StatusCode",
    "selection_pattern": "SelectionPattern",
    "response_parameters": "ResponseParameters",
    "response_templates": "ResponseTemplates",
}
METHOD_RESPONSE: Final[Mapping[str, str]] = {"status_code": "StatusCode", "response_parameters": "ResponseParameters"}


def put_together(resources: dict[str, Any], plan: Plan, filled: Mapping[str, Values]) -> None:
    """Put the parts of methods, in ``resources`` by address, into these; ``filled``: attributes by address.

    A part of a method that is not found keeps its own resource, which is listed.
    """
    for part in PARTS:
        for instance in _of_type(plan, part):
            method = _method_of(plan, filled, filled[instance.address])
            if method is None:
                continue
            values = plan.references.evaluated(filled[instance.address])
            PARTS[part](resources[method]["Properties"], values)
            made = resources.pop(instance.address)
            resources[method]["DependsOn"] = _needs(resources[method], made)
            for each in resources.values():
                if instance.address in each.get("DependsOn", ()):
                    renamed = (method if need == instance.address else need for need in each["DependsOn"])
                    each["DependsOn"] = list(dict.fromkeys(renamed))
            own = (method, *(each.address for kind in PARTS for each in _of_type(plan, kind)))
            resources[method]["DependsOn"] = [each for each in resources[method]["DependsOn"] if each not in own]


def _of_type(plan: Plan, type_: str) -> Iterator[Instance]:
    return (each for each in list(plan.resources.values()) if each.type == type_)


def _method_of(plan: Plan, filled: Mapping[str, Values], part: Values) -> str | None:
    for each in _of_type(plan, METHOD):
        if all(filled[each.address].get(name) == part.get(name) for name in OF_METHOD):
            return each.address
    return None


def _needs(method: Mapping[str, Any], part: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys([*method.get("DependsOn", ()), *part.get("DependsOn", ())]))


def _integration(method: dict[str, Any], values: Values) -> None:
    method["Integration"] = picked(values, INTEGRATION)


def _response(method: dict[str, Any], values: Values) -> None:
    method.setdefault("Integration", {}).setdefault("IntegrationResponses", []).append(picked(values, RESPONSE))


def _method_response(method: dict[str, Any], values: Values) -> None:
    method.setdefault("MethodResponses", []).append(picked(values, METHOD_RESPONSE))


PARTS: Final = {
    "aws_api_gateway_integration": _integration,
    "aws_api_gateway_integration_response": _response,
    "aws_api_gateway_method_response": _method_response,
}
"""Type of a part -> what puts it into the properties of its method; the integration is the first."""
