"""Tasks that call a Lambda function: by its ARN, or by ``lambda:invoke``.

By ARN, the task's input and the function's payload are passed unchanged. ``lambda:invoke`` takes an Invoke request
and returns the whole response, with the payload parsed (recorded: ``services``).
"""

import json
from dataclasses import replace
from functools import partial
from typing import Final

from asl.chance import Chance
from asl.effects import CallTarget
from asl.resources import Resource
from asl.values import Json, JsonTextError, decode, encode, size
from emulator.answers import Answer, Reply
from emulator.aws.arns import region_of
from emulator.aws.java_sdk import refusal, response_metadata
from emulator.errors import EmulatorError
from emulator.execution import Execution, StateMachine
from emulator.functions import Called, Functions, ThrottledError, qualifier_of
from emulator.lambda_ import InvocationResult
from emulator.lambda_.call import LATEST
from emulator.lambda_.context import context_text
from emulator.lambda_.refusals import BAD_CONTEXT, KINDS, LOG_TYPES, QUALIFIERS_DIFFER
from emulator.targets.services import ServiceCalls
from emulator.targets.target import Parts, Target, TaskState, chance_of, place
from emulator.world import World

SDK_INVOKES: Final = ("invoke", "invokeAsync")
"""The actions of ``aws-sdk:lambda`` that call a function."""


class LambdaFunctions(Target):
    """Tasks whose Resource is a function's ARN."""

    def __init__(self, parts: Parts) -> None:
        self._world = parts.world
        self._functions = parts.functions

    def missing(self, task: TaskState, machine: StateMachine) -> EmulatorError | None:
        """An error if the ARN's function is not registered."""
        return _missing(self._functions, task.resource.text, task, machine)

    def call(self, execution: Execution, call: CallTarget) -> Reply:
        """The payload that the function returns, or its error with the payload as cause."""
        reference, chance = call.resource.text, chance_of(self._world, execution, call)
        called = _called(self._functions, reference, None, region_of(execution.state_machine.arn))
        if called is None:
            return _not_found(self._functions, reference, None, self._world, execution, call)
        function, started = called.function, self._world.now()
        script = self._functions.scripted_errors.get(function.arn or "")
        if script is not None and (answer := script(call.argument.text)) is not None:
            return Reply(answer, started)
        try:
            done = self._functions.invoke(function, call.argument.text, arn=called.arn, chance=chance, is_asked=True)
        except ThrottledError as error:
            return _refused(error.status, error.code, error.message, self._world, chance)
        answer = function_failure(done, call.resource) if done.error else Answer(output=done.payload)
        return Reply(answer, started + done.duration, done.told)


class LambdaSdkCalls(ServiceCalls):
    """``aws-sdk:lambda:invoke``, and its older form: a missing function is an error, as it is for ``lambda:invoke``."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._functions = parts.functions

    def missing(self, task: TaskState, machine: StateMachine) -> EmulatorError | None:
        """An error if FunctionName is a constant and names a function that is not registered."""
        reference = task.literal_argument("FunctionName")
        if reference is None or self._world.remote("lambda") is not None:
            return None
        return _missing(self._functions, reference, task, machine)

    def call(self, execution: Execution, call: CallTarget) -> Reply | None:
        """The response of Lambda's API, or its error."""
        request, region = call.argument.value, region_of(execution.arn)
        reference = request.get("FunctionName") if isinstance(request, dict) else None
        raises = self._world.missing_function == "raise" and self._world.remote("lambda") is None
        if raises and isinstance(reference, str) and reference and not _is_known(self._functions, reference, region):
            raise self._functions.missing(reference, place(execution.state_machine, call.state_name), region)
        return super().call(execution, call)


class LambdaInvoke(Target):
    """``lambda:invoke``, with or without a task token."""

    def __init__(self, parts: Parts) -> None:
        self._world = parts.world
        self._functions = parts.functions
        self._async_calls = parts.async_calls
        self._timeline = parts.driver.timeline

    def missing(self, task: TaskState, machine: StateMachine) -> EmulatorError | None:
        """An error if FunctionName is a constant and names a function that is not registered."""
        reference = task.literal_argument("FunctionName")
        return None if reference is None else _missing(self._functions, reference, task, machine)

    def call(self, execution: Execution, call: CallTarget) -> Reply:
        """The response of Invoke, or the function's error."""
        request, chance = call.argument.value, chance_of(self._world, execution, call)
        assert isinstance(request, dict), "the machine has checked it"
        reference, qualifier = request.get("FunctionName"), request.get("Qualifier")
        if isinstance(reference, str) and qualifier and qualifier_of(reference) not in (None, qualifier):
            return _refused(400, "InvalidParameterValueException", QUALIFIERS_DIFFER, self._world, chance)
        kind = request.get("InvocationType", "RequestResponse")
        if kind not in KINDS:
            return self._wrong("invocationType", f"enum value set: [{', '.join(KINDS)}]", kind, chance)
        log_type = request.get("LogType", "None")
        if log_type not in LOG_TYPES:
            return self._wrong("logType", f"enum value set: [{', '.join(LOG_TYPES)}]", log_type, chance)
        called = _called(self._functions, reference, qualifier, region_of(execution.arn))
        if called is None:
            return _not_found(self._functions, str(reference), qualifier, self._world, execution, call)
        try:
            context = context_text(request.get("ClientContext"))
        except ValueError as error:
            text = BAD_CONTEXT.format(error)
            return _refused(400, "InvalidParameterValueException", text, self._world, chance)
        (function, arn), started = called, self._world.now()
        payload_, version = payload_text(request.get("Payload")), function.version
        if kind == "DryRun":
            return Reply(Answer(output=encode(invoke_response(204, None, None, 0, None, self._world, chance))), started)
        if kind == "Event":
            with self._timeline.beginning(f"call of function {function.name}", started):
                later = partial(self._async_calls.call, called, payload_, chance=chance)
                if started > self._timeline.clock.now():  # of an execution that runs ahead
                    self._timeline.at(started, later)
                else:
                    self._timeline.soon(later)
            return Reply(Answer(output=encode(invoke_response(202, None, None, 0, None, self._world, chance))), started)
        try:
            done = self._functions.invoke(
                function, payload_, arn=arn, chance=chance, is_asked=True, client_context=context
            )
        except ThrottledError as error:
            return _refused(error.status, error.code, error.message, self._world, chance)
        if done.error:
            return Reply(function_failure(done, call.resource), started + done.duration, done.told)
        payload = _parsed(done.payload)
        tail = done.log_tail if request.get("LogType") == "Tail" else None
        response = invoke_response(200, version, payload, size(done.payload), tail, self._world, chance)
        return Reply(Answer(output=encode(response)), started + done.duration, done.told)

    def _wrong(self, member: str, rule: str, value: Json, chance: Chance) -> Reply:
        """The failure for a value that Lambda's model does not allow; the SDK for Java has no exception for it."""
        text = f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: "
        text += f"Member must satisfy {rule}"
        reply = _refused(400, "ValidationException", text, self._world, chance)
        return replace(reply, answer=replace(reply.answer, error="Lambda.AWSLambdaException"))


def payload_text(payload: Json) -> str:
    """The request body for a Payload: its JSON text; a string that is JSON text already, unchanged; ``{}`` for none."""
    if payload is None:
        return "{}"
    if isinstance(payload, str):
        try:
            decode(payload)
        except JsonTextError:
            return encode(payload)
        return payload
    return encode(payload)


def _called(functions: Functions, reference: Json, qualifier: Json, region: str) -> Called | None:
    """What a machine in ``region`` calls, if the function is there, in that region, and has the qualifier."""
    if not isinstance(reference, str) or functions.unreachable(reference, region):
        return None
    return functions.called(reference, region, str(qualifier) if qualifier else None)


def _missing(functions: Functions, reference: str, task: TaskState, machine: StateMachine) -> EmulatorError | None:
    """An error if a task of ``machine`` cannot call the function."""
    region = region_of(machine.arn)
    if _is_known(functions, reference, region):
        return None  # of an unknown qualifier, the call tells
    return functions.missing(reference, place(machine, task.name), region)


def _is_known(functions: Functions, reference: str, region: str) -> bool:
    """Whether a machine in ``region`` can call the function; perhaps not with the qualifier that it names."""
    return not functions.unreachable(reference, region) and functions.get(reference, region) is not None


def _not_found(
    functions: Functions, reference: str, qualifier: Json, world: World, execution: Execution, call: CallTarget
) -> Reply:
    """The failure of a task whose function does not exist (recorded: ``test_no_such_function``) or is elsewhere.

    Raises ``MissingHandlerError`` instead, unless the emulator was told that such tasks fail. A version or an alias
    that a registered function lacks fails the task.
    """
    region = region_of(execution.arn)
    elsewhere = functions.unreachable(reference, region)
    if world.missing_function == "raise" and not _is_known(functions, reference, region):
        raise functions.missing(reference, place(execution.state_machine, call.state_name), region)
    named = qualifier or qualifier_of(reference) or LATEST
    text = elsewhere or f"Function not found: {functions.arn(reference, region)}:{named}"
    return _refused(404, "ResourceNotFoundException", text, world, chance_of(world, execution, call))


def _refused(status: int, code: str, message: str, world: World, chance: Chance) -> Reply:
    """The failure of a task whose call Lambda refuses."""
    cause = refusal(message, service="AWSLambda", status=status, code=code, request_id=chance.uuid())
    return Reply(Answer(error=f"Lambda.{code}", cause=cause), world.now())


def invoke_response(
    status: int, version: str | None, payload: Json, length: int, tail: str | None, world: World, chance: Chance
) -> dict[str, Json]:
    """The response of ``lambda:invoke``, keys in AWS's order; ``length`` is the payload's size in bytes.

    ``Event`` and ``DryRun`` have no ``version``, and no content whose type could be told (recorded of Invoke).
    """
    request_id = chance.uuid()
    headers = {
        **({} if tail is None else {"X-Amz-Log-Result": tail}),
        **({} if version is None else {"X-Amz-Executed-Version": version}),
        "x-amzn-Remapped-Content-Length": "0",
        "Connection": "keep-alive",
        "x-amzn-RequestId": request_id,
        "Content-Length": str(length),
        "Date": world.now().strftime("%a, %d %b %Y %H:%M:%S GMT"),
        "X-Amzn-Trace-Id": f"root=1-{chance.uuid()[:8]}-{request_id.replace('-', '')[:24]};sampled=0",
        **({} if version is None else {"Content-Type": "application/json"}),
    }
    return {
        **({} if version is None else {"ExecutedVersion": version}),
        **({} if tail is None else {"LogResult": tail}),
        "Payload": payload,
        **response_metadata(headers, status=status, request_id=request_id),
        "StatusCode": status,
    }


def function_failure(done: InvocationResult, resource: Resource) -> Answer:
    """A function error: the error's type becomes the error name, the payload the cause.

    Without a type, Step Functions says so (runs on AWS until 2025, of functions whose time was over). ``lambda:invoke``
    writes the payload anew.
    """
    cause = done.payload if resource.kind == "lambda" else _compact(done.payload)
    if done.error_type is None:
        return Answer(error="Lambda.Unknown", cause=f"{_UNTYPED} Returned payload: {cause}")
    return Answer(error=done.error_type, cause=cause)


_UNTYPED: Final = "The cause could not be determined because Lambda did not return an error type."


def _compact(text: str) -> str:
    return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))


def _parsed(text: str) -> Json:
    try:
        return decode(text)
    except JsonTextError:
        return text
