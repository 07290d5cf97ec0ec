"""Functions: their code as it lies beside the template, in Python or Node.js.

A function whose code cannot run here (another runtime, an image, a package on S3, TypeScript that is not built) does
not hinder the rest: it is listed with the reason, and missing to a task that calls it. A handler may take its place.
"""

from collections.abc import Mapping
from typing import Final

from asl.problems import join
from emulator.lambda_.call import Function
from emulator.templates.members import shown
from emulator.templates.properties import Made, Properties, Resource
from emulator.templates.resources.code import CannotRunError, code_of, layer_folder
from emulator.templates.resources.machines import role_of, tags_of
from emulator.templates.stack import Make, Stack
from emulator.templates.unmade import Unfit

LAMBDA_TIMEOUT: Final = 3
"""Seconds of a function whose template says nothing (SAM and CloudFormation)."""
NAME_LIMIT: Final = 64


def function(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Lambda::Function`` and ``AWS::Serverless::Function``."""
    name = properties.get("FunctionName") or stack.physical_name(resource.logical_id, NAME_LIMIT)
    variables = (properties.get("Environment") or {}).get("Variables") or {}
    timeout = float(properties.get("Timeout", LAMBDA_TIMEOUT))
    memory = int(Properties(stack, resource).get("MemorySize", 128))  # shown, without effect
    for each in ("AutoPublishAlias", "Events", "EventInvokeConfig", "FunctionUrlConfig"):
        properties.raw(each)  # they are resources of their own
    try:
        code = code_of(stack, resource, properties)
    except CannotRunError as why:
        arn = stack.arn("lambda", f"function:{name}")
        stack.not_emulated.setdefault(f"{resource.type} ({why})", []).append(resource.logical_id)
        unfit = _unfit(stack, resource, why)
        stack.unfit[resource.logical_id] = unfit
        functions = stack.assembly.functions
        functions.cannot_run[arn] = unfit.text()
        handler = str(properties.raw("Handler") or "") or name
        functions.described[arn] = Function(name, handler, timeout, arn=arn)
        return Made(name, {"Arn": arn})
    arn = stack.assembly.functions.add(
        name,
        code.handler,
        timeout_seconds=timeout,
        memory_mb=memory,
        environment={key: shown(value) for key, value in variables.items()},
        task_root=code.root,
        region=None,
        dead_letter=_dead_letter(properties),
    )
    _describe(stack, resource, properties, arn)
    if (reserved := properties.get("ReservedConcurrentExecutions")) is not None:
        lambda_ = stack.client("lambda")
        lambda_.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=int(reserved))
    return Made(name, {"Arn": arn, "SnapStartResponse.ApplyOn": "None", "SnapStartResponse.OptimizationStatus": "Off"})


def _unfit(stack: Stack, resource: Resource, why: CannotRunError) -> Unfit:
    """Why a function cannot run, with the place that says so, and what to do there."""
    place = stack.document.place(join(resource.pointer, why.of) if why.of else resource.pointer)
    text, _, fix = str(why).partition("\n    fix: ")
    if why.is_mistake:
        fix = fix or f"correct {why.of} at {place}"
    return Unfit(resource.logical_id, place, text, fix, why.is_mistake)


_SHOWN: Final = {
    "Architectures": "Architectures",
    "Description": "Description",
    "EphemeralStorage": "EphemeralStorage",
    "Handler": "Handler",
    "KmsKeyArn": "KMSKeyArn",
    "Runtime": "Runtime",
}
"""Property -> the member of the API that shows it."""


def _describe(stack: Stack, resource: Resource, properties: Properties, arn: str) -> None:
    """Keep what GetFunction shows of the function, and has no effect."""
    unasked = Properties(stack, resource)
    told = {_SHOWN[name]: value for name, value in unasked.chosen(*_SHOWN).items() if value}
    if "Description" in told:
        told["Description"] = shown(told["Description"])
    if role := role_of(stack, resource, unasked):
        told["Role"] = role
    stack.assembly.lambda_api.describe(arn, told, tags_of(resource, properties))
    properties.raw("Description")


def _dead_letter(properties: Properties) -> str | None:
    """The queue or topic that gets the events of failed asynchronous calls: of CloudFormation, or as SAM names it."""
    for name in ("DeadLetterConfig", "DeadLetterQueue"):
        if (given := properties.get(name)) is not None:
            return str(given["TargetArn"])
    return None


def layer(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Lambda::LayerVersion`` and ``AWS::Serverless::LayerVersion``: its Ref is the ARN of version 1."""
    arn = stack.arn("lambda", f"layer:{properties.get('LayerName') or resource.logical_id}:1")
    folder = layer_folder(stack, resource, properties)
    if folder is None:
        stack.not_emulated.setdefault(f"{resource.type} (its contents are not here)", []).append(resource.logical_id)
    else:
        stack.assembly.functions.layers[arn] = folder
    return Made(arn, {"LayerVersionArn": arn, "Arn": arn})


MAKERS: Final[Mapping[str, Make]] = {
    "AWS::Lambda::Function": function,
    "AWS::Serverless::Function": function,
    "AWS::Lambda::LayerVersion": layer,
    "AWS::Serverless::LayerVersion": layer,
}
