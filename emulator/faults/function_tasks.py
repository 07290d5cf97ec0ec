"""Errors of a function itself as a Task gets them when its handler is not called: a stub answers, or there is none."""

from typing import Any, Final

from asl.effects import CallTarget
from asl.values import encode
from emulator.answers import Answer, Reply
from emulator.aws.arns import region_of
from emulator.faults.function_errors import FunctionFault
from emulator.functions import Functions, function_name
from emulator.lambda_.call import Function
from emulator.targets.functions import function_failure
from emulator.world import World

_HANDLER: Final = "lambda_function.lambda_handler"
"""Lambda's own name for a new handler in Python, of a function that is not described."""


def failing(call: CallTarget, functions: Functions, world: World, arn: str, *, is_scripted: bool) -> Function | None:
    """The function whose error the Task gets at once; ``None`` if that is left to the call of the function.

    It is left to it where a handler runs, where the call is asynchronous, and where Lambda does not find the function.
    ``arn`` is the execution's. A function that is not described has the settings that Lambda gives a new one.
    """
    reference, region = _called(call), region_of(arn)
    if reference is None or functions.unreachable(reference, region):
        return None
    found = functions.get(reference, region)
    if not is_scripted and (found is not None or world.missing_function != "raise"):
        return None
    if found is not None:
        return found
    name = functions.arn(reference, region)
    return functions.described.get(name) or Function(function_name(reference), _HANDLER, arn=name)


def reply(call: CallTarget, fault: FunctionFault, function: Function, world: World, arn: str) -> Reply:
    """The reply to a Task whose function fails; ``aws-sdk:lambda:invoke`` succeeds with Lambda's response."""
    at, function_arn = world.now(), function.arn or ""
    done = fault.result(
        function,
        request_id=world.chance("call", f"{arn}/{call.token}", once=True).uuid(),
        arn=function_arn,
        region=region_of(function_arn),
        at=at,
    )
    if call.resource.service.startswith("aws-sdk:"):
        response: dict[str, Any] = {
            "ExecutedVersion": function.version,
            "FunctionError": "Unhandled",
            "StatusCode": 200,
            "Payload": done.payload,
        }
        return Reply(Answer(output=encode(response)), at + done.duration, done.told)
    return Reply(function_failure(done, call.resource), at + done.duration, done.told)


def _called(call: CallTarget) -> str | None:
    """The function that a Task calls and waits for, as the Task names it."""
    resource, request = call.resource, call.argument.value
    if resource.kind == "lambda":
        return resource.text
    if resource.service not in ("lambda", "aws-sdk:lambda") or resource.action != "invoke":
        return None
    if not isinstance(request, dict) or request.get("InvocationType", "RequestResponse") != "RequestResponse":
        return None
    reference = request.get("FunctionName")
    return reference if isinstance(reference, str) and reference else None
