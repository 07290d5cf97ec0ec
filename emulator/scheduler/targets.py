"""The targets of schedules: templated ones, by the kind of their ARN, and universal ones, any call of an AWS service.

A templated target is one call of a resource: Invoke (asynchronous), StartExecution, SendMessage, Publish, PutEvents,
PutRecord. A universal target, ``arn:aws:scheduler:::aws-sdk:<service>:<operation>``, is a boto3 call, so it reaches
whatever a client of the emulator reaches. Its members are those of ``aws-sdk`` tasks of Step Functions
(``DbInstanceIdentifier``) or of the API (``DBInstanceIdentifier``). Each raises ``Undeliverable`` when the call fails.
What could not be called is refused by name when the schedule is made.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from asl.problems import did_you_mean
from asl.values import JsonTextError, decode
from emulator.aws.arns import Arn, is_arn, region_of
from emulator.aws.refusals import AwsError
from emulator.errors import NotEmulatedError
from emulator.eventbridge.retries import Undeliverable, refused_by
from emulator.eventbridge.targets import KINDS, kind_of, publish, put_delivery, put_record, send
from emulator.scheduler.inputs import NO_PARAMETERS, sample
from emulator.world import World

if TYPE_CHECKING:
    from botocore.model import StructureShape

_UNIVERSAL: Final = re.compile(r"arn:aws[a-z-]*:scheduler:::aws-sdk:([^:]+):([^:]+)")

MORE_KINDS: Final[Mapping[str, str]] = {
    **KINDS,
    "codebuild": "a project of CodeBuild",
    "ecs": "a task of ECS",
    "inspector": "an assessment of Inspector",
    "sagemaker": "a pipeline of SageMaker",
}
"""Kinds of templated targets that EventBridge Scheduler has, or people try, and that do not work here."""


class Universal(NamedTuple):
    """A call of an AWS service: the service as ``aws-sdk`` names it, and the operation."""

    service: str
    operation: str


def universal(arn: str) -> Universal | None:
    """The call that a universal target makes; ``None`` for any other ARN."""
    found = _UNIVERSAL.fullmatch(arn)
    return None if found is None else Universal(found[1], found[2])


def is_here(world: World, arn: str) -> bool:
    """Whether a target is in this process, although another program keeps the schedules."""
    call = universal(arn)
    if call is not None:
        return call.service in ("sfn", "lambda")
    service = Arn.parse(arn).service if is_arn(arn) else ""
    return service == "states" or (service == "lambda" and world.has_function(arn))


# What is refused ----------------------------------------------------------------------------------------------------


def check_target(place: str, target: Mapping[str, Any]) -> None:
    """Raises ``AwsError`` for what AWS refuses, ``NotEmulatedError`` for a target that would not be called.

    AWS's text for a service is seen in public reports; the others are ours.
    """
    arn, given = target["Arn"], target.get("Input")
    call = universal(arn)
    if call is not None:
        _check_parameters(place, target, None)
        _check_universal(place, call, given)
        return
    if not is_arn(arn):
        raise AwsError("ValidationException", "Provided Arn is not in correct format.")
    service, kind = Arn.parse(arn).service, kind_of(arn)
    if service == "scheduler":
        raise AwsError("ValidationException", f"{service} is not a supported service for a target.")
    if kind not in TEMPLATED:
        named = MORE_KINDS.get(kind) or MORE_KINDS.get(service) or f"a kind of target ({kind}) that is not emulated"
        raise NotEmulatedError(
            f"{place}: {arn} would not be called: it is {named}\n"
            "    fix: make a machine, a function, a queue, a topic, a bus or a stream the target, and look there"
        )
    _check_parameters(place, target, PARAMETERS.get(kind))
    if (wanted := TEMPLATED[kind].needs) is not None and not target.get(wanted):
        raise AwsError("ValidationException", f"{wanted} must be provided for the target {arn}.")
    if TEMPLATED[kind].takes_json and given is not None:
        _check_json(sample(given), arn)


def _check_parameters(place: str, target: Mapping[str, Any], own: str | None) -> None:
    """Refuse the parameters of another kind of target; what AWS answers to them is not recorded."""
    for member in target:
        if member.endswith("Parameters") and member != own and target[member]:
            raise NotEmulatedError(f"{place}: {member} has no effect on {target['Arn']}\n    fix: leave it out")


def _check_universal(place: str, call: Universal, given: str | None) -> None:
    from emulator.aws import names  # imports botocore, which a run may not need
    from emulator.aws.promises.table import PROMISES

    boto3_name = names.services().get(call.service)
    if boto3_name is None:
        raise AwsError("ValidationException", f"{call.service} is not a supported service for a target.")
    model = names.service_model(boto3_name)
    operation = names.operation(model, call.operation)
    if operation is None:
        hint = did_you_mean(call.operation, [name[:1].lower() + name[1:] for name in model.operation_names])
        text = f"{call.operation} is not a supported api for {call.service}. {hint or ''}".rstrip()
        raise AwsError("ValidationException", text)
    members = _check_json(sample(given or NO_PARAMETERS), f"aws-sdk:{call.service}:{call.operation}")
    promise = PROMISES.get(boto3_name, {}).get(operation.name)
    if promise is None or boto3_name in _READ_LATER:
        return
    if promise.when is None or (isinstance(members, dict) and promise.when(members)):
        raise NotEmulatedError(
            f"{place}: the target calls {boto3_name}:{operation.name}, which is not emulated: {promise.lost}\n"
            f"    fix: {promise.instead}"
        )


_READ_LATER: Final = ("cloudformation", "events", "scheduler")
"""Services whose calls take a look at what exists before it is known what they promise: they are judged when made."""


def _check_json(text: str, arn: str) -> Any:
    try:
        return decode(text)
    except JsonTextError:
        raise AwsError("ValidationException", f"The Input of the target {arn} must be well-formed JSON.") from None


# Templated targets --------------------------------------------------------------------------------------------------

Call: TypeAlias = Callable[[World, Mapping[str, Any], str, str], None]
"""Calls a target with a text; the last argument names the call uniquely. Raises ``Undeliverable``."""


def _function(world: World, target: Mapping[str, Any], text: str, name: str) -> None:
    try:
        world.call_function(target["Arn"], text)
    except LookupError:
        arn = target["Arn"]
        raise Undeliverable(f"Function not found: {arn}", service_code="ResourceNotFoundException") from None


def _machine(world: World, target: Mapping[str, Any], text: str, name: str) -> None:
    try:
        world.start_machine(target["Arn"], text, name)
    except LookupError:
        arn = target["Arn"]
        told = f"State Machine Does Not Exist: '{arn}'"
        raise Undeliverable(told, service_code="StateMachineDoesNotExist") from None


def _queue(world: World, target: Mapping[str, Any], text: str, name: str) -> None:
    send(world, target["Arn"], text, **(target.get("SqsParameters") or {}))


def _topic(world: World, target: Mapping[str, Any], text: str, name: str) -> None:
    publish(world, target["Arn"], text)


def _bus(world: World, target: Mapping[str, Any], text: str, name: str) -> None:
    given = target["EventBridgeParameters"]
    entry = {
        "Source": given["Source"],
        "DetailType": given["DetailType"],
        "Detail": text,
        "EventBusName": target["Arn"],
    }
    client = world.internal_client("events", region=region_of(target["Arn"]))
    for answer in client.put_events(Entries=[entry])["Entries"]:
        if "ErrorCode" in answer:
            raise Undeliverable(answer.get("ErrorMessage", ""), answer["ErrorCode"])


def _stream(world: World, target: Mapping[str, Any], text: str, name: str) -> None:
    put_record(world, target["Arn"], text, target["KinesisParameters"]["PartitionKey"])


def _delivery_stream(world: World, target: Mapping[str, Any], text: str, name: str) -> None:
    put_delivery(world, target["Arn"], text)


class Templated(NamedTuple):
    """A kind of templated target: its call, whether it takes JSON alone, and the member that it needs."""

    call: Call
    takes_json: bool = False
    needs: str | None = None


TEMPLATED: Final[Mapping[str, Templated]] = {
    "lambda:function": Templated(_function, takes_json=True),
    "states:stateMachine": Templated(_machine, takes_json=True),
    "sqs": Templated(_queue),
    "sns": Templated(_topic),
    "events:event-bus": Templated(_bus, takes_json=True, needs="EventBridgeParameters"),
    "kinesis:stream": Templated(_stream, needs="KinesisParameters"),
    "firehose:deliverystream": Templated(_delivery_stream),
}
"""Kind of a target's ARN -> how it is called."""
PARAMETERS: Final[Mapping[str, str]] = {
    "events:event-bus": "EventBridgeParameters",
    "kinesis:stream": "KinesisParameters",
    "sqs": "SqsParameters",
}
"""Kind -> the member with the parameters that a target of this kind takes."""


def call_target(world: World, target: Mapping[str, Any], text: str, *, region: str, name: str) -> None:
    """Call a target with a text; raises ``Undeliverable``. ``name`` names the call: an execution, a token."""
    made = universal(target["Arn"])
    if made is None:
        TEMPLATED[kind_of(target["Arn"])].call(world, target, text, name)
    else:
        _call(world, made, text, region, name)


# Universal targets --------------------------------------------------------------------------------------------------


def _call(world: World, made: Universal, text: str, region: str, name: str) -> None:
    from botocore import xform_name

    from emulator.aws import names
    from emulator.integrations.dialect import sdk_dialect
    from emulator.integrations.parameters import read_parameters

    boto3_name = names.services()[made.service]
    client = world.client(boto3_name, region=region, retries=False)
    operation = names.operation(client.meta.service_model, made.operation)
    assert operation is not None, "check_target has found it"
    java = sdk_dialect(made.service, made.operation, boto3_name)
    dialect = replace(java, naming=lambda shape: {**java.naming(shape), **names.verbatim_naming(shape)})
    try:
        given = decode(text)
    except JsonTextError as error:
        raise Undeliverable(f"the Input is not JSON: {error.message}", "ValidationException") from None
    request = read_parameters(given, operation.input_shape, dialect)
    if wrong := [*request.refusals, *request.violations]:
        told = "; ".join(wrong).replace("by Step Functions", f"by {made.service}:{made.operation}")
        raise Undeliverable(told, "ValidationException")
    arguments = dict.fromkeys(sorted(operation.idempotent_members), name) | request.arguments
    arguments |= _texts_of_blobs(given, operation.input_shape)
    with world.starting():
        _made(lambda: getattr(client, xform_name(operation.name))(**arguments))


def _texts_of_blobs(given: Any, shape: "StructureShape | None") -> dict[str, bytes]:
    """Bytes that are given as text, such as Invoke's Payload: the text itself (user guide), not JSON of it."""
    blobs = {} if shape is None else {name: each for name, each in shape.members.items() if each.type_name == "blob"}
    return {name: given[name].encode() for name in blobs if isinstance(given.get(name), str)}


def _made(call: Callable[[], Any]) -> None:
    """Make a call of boto3; raises ``Undeliverable`` for an error of the service, ``NotEmulatedError`` for a gap."""
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

    try:
        call()
    except ClientError as error:
        raise refused_by(error, "") from None
    except ParamValidationError as error:
        raise Undeliverable(str(error), "ValidationException") from None
    except BotoCoreError as error:
        raise Undeliverable(str(error), "SDK_CLIENT_ERROR", retried=True) from None
    except NotImplementedError as error:
        raise NotEmulatedError(f"moto does not have what a schedule calls: {error}") from None
