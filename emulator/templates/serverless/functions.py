"""The functions of ``serverless.yml``, their layers, as the resources that Serverless makes of them."""

from collections.abc import Mapping
from typing import Any, Final

from asl.problems import join
from emulator.templates.serverless.built import Built
from emulator.templates.serverless.events import Event, add_event
from emulator.templates.serverless.names import function_id, normalized
from emulator.templates.serverless.service import Service

TIMEOUT: Final = 6
"""Seconds of a function that says nothing (Serverless)."""
MEMORY: Final = 1024
DEFAULT: Final = "nodejs20.x"
"""The runtime of a service that names none (Serverless)."""


def add_functions(service: Service, built: Built) -> None:
    """Add the functions and layers of a service.

    Raises ``TemplateError`` for a function without a handler, and for an event of an unknown type.
    """
    for key, layer in (service.value.get("layers") or {}).items():
        at = join("/layers", key)
        properties = {"Content": layer.get("path"), "LayerName": layer.get("name", key)}
        built.resource(f"{normalized(key)}LambdaLayer", "AWS::Lambda::LayerVersion", properties, at)
    for key, function in service.functions.items():
        _add_function(service, built, key, function)
    for key, function in service.functions.items():
        counts: dict[str, int] = {}
        events = (function or {}).get("events") or ()
        for position, event in enumerate(events, 1):
            at = join(join(join("/functions", key), "events"), position - 1)
            for type_, value in ({event: {}} if isinstance(event, str) else event).items():
                counts[type_] = counts.get(type_, 0) + 1
                made = Event(service, key, counts[type_], position, value, at)
                add_event(built, type_, made)


def _add_function(service: Service, built: Built, key: str, function: Any) -> None:
    at, provider = join("/functions", key), service.provider
    if not isinstance(function, Mapping):
        raise service.error(f"the function {key} is an object", at)
    if not isinstance(function.get("handler"), str) and "image" not in function:
        raise service.error(f"the function {key} has no handler", at, "write handler: folder/file.function")
    if "image" not in function and not (function.get("runtime") or provider.get("runtime")):
        _check_default_runtime(service, key, function["handler"], at)
    environment = {**(provider.get("environment") or {}), **(function.get("environment") or {})}
    package = function.get("package") or {}
    artifact = package.get("artifact") or (service.value.get("package") or {}).get("artifact")
    if artifact and not (service.folder / str(artifact)).exists():
        artifact = None  # it is packed later: the code lies in the service's folder
    code: Any = {"ImageUri": str(function["image"])} if "image" in function else artifact or _root(service, function)
    properties = {
        "FunctionName": service.function_name(key),
        "Handler": function.get("handler"),
        "Runtime": function.get("runtime") or provider.get("runtime") or DEFAULT,
        "Timeout": function.get("timeout") or provider.get("timeout") or TIMEOUT,
        "MemorySize": function.get("memorySize") or provider.get("memorySize") or MEMORY,
        "Code": code,
        "Environment": {"Variables": {name: each for name, each in environment.items() if each is not None}}
        if environment
        else None,
        "Layers": function.get("layers") or provider.get("layers"),
        "ReservedConcurrentExecutions": function.get("reservedConcurrency"),
        "DeadLetterConfig": {"TargetArn": function["onError"]} if "onError" in function else None,
        "PackageType": "Image" if "image" in function else None,
        "Role": {"Fn::GetAtt": ["IamRoleLambdaExecution", "Arn"]},
    }
    needs = function.get("dependsOn") or ()
    built.resource(
        function_id(key),
        "AWS::Lambda::Function",
        properties,
        at,
        Condition=function.get("condition"),
        DependsOn=[needs] if isinstance(needs, str) else list(needs),
        Metadata={"Builds": service.builds} if service.builds else None,
    )
    built.other_names[key] = function_id(key)
    if not function.get("disableLogs"):
        group = {"LogGroupName": f"/aws/lambda/{service.function_name(key)}"}
        built.resource(f"{normalized(key)}LogGroup", "AWS::Logs::LogGroup", group, at)
    _add_asynchronous(service, built, key, function)
    if function.get("url"):
        url = {"TargetFunctionArn": {"Fn::GetAtt": [function_id(key), "Arn"]}, "AuthType": "NONE"}
        built.resource(f"{normalized(key)}LambdaFunctionUrl", "AWS::Lambda::Url", url, at)


def _check_default_runtime(service: Service, key: str, handler: str, at: str) -> None:
    """Raise ``TemplateError`` for a function in Python of a service that names no runtime."""
    file = f"{handler.rpartition('.')[0]}.py"
    if (service.folder / file).is_file():
        text = f"the function {key} has no runtime, and is in {file}; without one Serverless takes {DEFAULT}"
        raise service.error(text, join(at, "handler"), "write runtime: python3.12 below provider")


def _root(service: Service, function: Mapping[str, Any]) -> str:
    """The folder of the code: that of the service, of its ``module``, or the one that a plugin has built.

    ``module`` is a member of serverless-python-requirements.
    """
    file = str(function.get("handler", "")).rpartition(".")[0]
    folder = service.folder
    module = str(function.get("module") or "")
    if module and (folder / module / f"{file}.py").is_file():
        return module
    there = any((folder / f"{file}{ending}").is_file() for ending in (".py", ".js", ".mjs", ".cjs"))
    built = folder / service.builds
    if not there and any((built / f"{file}{ending}").is_file() for ending in (".js", ".mjs", ".cjs")):
        return service.builds
    return "."


def _add_asynchronous(service: Service, built: Built, key: str, function: Mapping[str, Any]) -> None:
    """How often a function is called again, and what is told of it."""
    names = ("destinations", "maximumRetryAttempts", "maximumEventAge")
    if not any(name in function for name in names):
        return
    found: dict[str, Any] = {}
    for name, target in (function.get("destinations") or {}).items():
        arn = target.get("arn") if isinstance(target, Mapping) and "arn" in target else target
        if isinstance(arn, str) and arn in service.functions:
            arn = {"Fn::GetAtt": [function_id(arn), "Arn"]}
        found[name[:1].upper() + name[1:]] = {"Destination": arn}
    properties = {
        "FunctionName": {"Ref": function_id(key)},
        "Qualifier": "$LATEST",
        "DestinationConfig": found or None,
        "MaximumRetryAttempts": function.get("maximumRetryAttempts"),
        "MaximumEventAgeInSeconds": function.get("maximumEventAge"),
    }
    built.resource(
        f"{normalized(key)}LambdaEvConf", "AWS::Lambda::EventInvokeConfig", properties, join("/functions", key)
    )
