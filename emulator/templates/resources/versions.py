"""Versions and aliases of functions, how their asynchronous calls are retried; layers; and versions of machines."""

from collections.abc import Mapping
from typing import Final

from emulator.templates.properties import Made, Properties, Resource
from emulator.templates.stack import Make, Stack


def version(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Lambda::Version``: its Ref is its ARN."""
    request = properties.chosen("FunctionName", "Description", "CodeSha256")
    made = stack.client("lambda").publish_version(**request)
    return Made(made["FunctionArn"], {"Version": made["Version"], "FunctionArn": made["FunctionArn"]})


def alias(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Lambda::Alias``: its Ref is its ARN."""
    request = properties.chosen("FunctionName", "FunctionVersion", "Name", "Description")
    routing = properties.get("RoutingConfig")
    if routing is not None:
        weights = {
            each["FunctionVersion"]: float(each["FunctionWeight"]) for each in routing["AdditionalVersionWeights"]
        }
        request["RoutingConfig"] = {"AdditionalVersionWeights": weights}
    arn = stack.client("lambda").create_alias(**request)["AliasArn"]
    return Made(arn, {"AliasArn": arn})


def invoke_config(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Lambda::EventInvokeConfig``."""
    request = properties.chosen("FunctionName", "Qualifier", "DestinationConfig")
    for name in ("MaximumEventAgeInSeconds", "MaximumRetryAttempts"):
        if (value := properties.get(name)) is not None:
            request[name] = int(value)
    stack.client("lambda").put_function_event_invoke_config(**request)
    return Made(stack.physical_name(resource.logical_id))


def machine_version(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::StepFunctions::StateMachineVersion``: nothing publishes versions, so it is the machine itself."""
    return _machine(stack, resource, str(properties.get("StateMachineArn")))


def machine_alias(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::StepFunctions::StateMachineAlias``: it is the machine of its first version."""
    properties.raw("Name")
    routes = properties.get("RoutingConfiguration") or [properties.get("DeploymentPreference") or {}]
    return _machine(stack, resource, str(routes[0].get("StateMachineVersionArn")))


def _machine(stack: Stack, resource: Resource, arn: str) -> Made:
    stack.not_emulated.setdefault(f"{resource.type} (it is the state machine itself)", []).append(resource.logical_id)
    return Made(arn, {"Arn": arn})


MAKERS: Final[Mapping[str, Make]] = {
    "AWS::Lambda::Version": version,
    "AWS::Lambda::Alias": alias,
    "AWS::Lambda::EventInvokeConfig": invoke_config,
    "AWS::StepFunctions::StateMachineAlias": machine_alias,
    "AWS::StepFunctions::StateMachineVersion": machine_version,
}
