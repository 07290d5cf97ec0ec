"""Tasks that call a Lambda function: by its ARN, or by ``lambda:invoke``.

By ARN, the task's input and the function's payload are passed unchanged. ``lambda:invoke`` takes an Invoke request
and returns the whole response, with the payload parsed (recorded: ``services``).
"""

import json

from asl.chance import Chance
from asl.effects import CallTarget
from asl.values import Json, JsonTextError, decode, encode, size
from emulator.answers import Answer, Reply
from emulator.aws.arns import region_of
from emulator.aws.java_sdk import refusal, response_metadata
from emulator.errors import EmulatorError
from emulator.execution import Execution, StateMachine
from emulator.functions import Functions
from emulator.lambda_ import Function, InvocationResult
from emulator.targets.target import Parts, Target, TaskState, chance_of, place
from emulator.world import World


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
        function = _function(self._functions, reference, region_of(execution.arn))
        if function is None:
            return _not_found(self._functions, reference, self._world, execution, call)
        started = self._world.now()
        script = self._functions.scripted_errors.get(function.arn or "")
        if script is not None and (answer := script(call.argument.text)) is not None:
            return Reply(answer, started)
        done = self._functions.invoke(function, call.argument.text, arn=reference, chance=chance)
        answer = _failure(done, done.payload) if done.error else Answer(output=done.payload)
        return Reply(answer, started + done.duration, done.exception)


class LambdaInvoke(Target):
    """``lambda:invoke``, with or without a task token."""

    def __init__(self, parts: Parts) -> None:
        self._world = parts.world
        self._functions = parts.functions
        self._timeline = parts.driver.timeline

    def missing(self, task: TaskState, machine: StateMachine) -> EmulatorError | None:
        """An error if FunctionName is a constant and names a function that is not registered."""
        reference = task.literal_argument("FunctionName")
        return None if reference is None else _missing(self._functions, reference, task, machine)

    def call(self, execution: Execution, call: CallTarget) -> Reply:
        """The response of Invoke, or the function's error."""
        request, chance = call.argument.value, chance_of(self._world, execution, call)
        assert isinstance(request, dict)
        reference = request.get("FunctionName")
        function = _function(self._functions, reference, region_of(execution.arn))
        if function is None:
            return _not_found(self._functions, str(reference), self._world, execution, call)
        started, payload_ = self._world.now(), payload_text(request.get("Payload"))
        if request.get("InvocationType") == "Event":
            self._timeline.soon(lambda: self._functions.call_later(function, payload_, chance=chance))
            return Reply(Answer(output=encode(_response(202, None, 0, None, self._world, chance))), started)
        done = self._functions.invoke(function, payload_, chance=chance)
        if done.error:
            return Reply(_failure(done, _compact(done.payload)), started + done.duration, done.exception)
        payload = _parsed(done.payload)
        tail = done.log_tail if request.get("LogType") == "Tail" else None
        response = _response(200, payload, size(done.payload), tail, self._world, chance)
        return Reply(Answer(output=encode(response)), started + done.duration, done.exception)


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


def _function(functions: Functions, reference: Json, region: str) -> Function | None:
    """The function that a machine in ``region`` calls, if there is one and it is in that region."""
    if not isinstance(reference, str) or functions.unreachable(reference, region):
        return None
    return functions.get(reference, region)


def _missing(functions: Functions, reference: str, task: TaskState, machine: StateMachine) -> EmulatorError | None:
    """An error if a task of ``machine`` cannot call the function."""
    region = region_of(machine.arn)
    if _function(functions, reference, region) is not None:
        return None
    return functions.missing(reference, place(machine, task.name), region)


def _not_found(functions: Functions, reference: str, world: World, execution: Execution, call: CallTarget) -> Reply:
    """The failure of a task whose function does not exist (recorded: ``test_no_such_function``) or is elsewhere.

    Raises ``MissingHandlerError`` instead, unless the emulator was told that such tasks fail.
    """
    region = region_of(execution.arn)
    if world.missing_function == "raise":
        raise functions.missing(reference, place(execution.state_machine, call.state_name), region)
    unknown = f"Function not found: {functions.arn(reference, region)}:$LATEST"
    cause = refusal(
        functions.unreachable(reference, region) or unknown,
        service="AWSLambda",
        status=404,
        code="ResourceNotFoundException",
        request_id=chance_of(world, execution, call).uuid(),
    )
    return Reply(Answer(error="Lambda.ResourceNotFoundException", cause=cause), world.now())


def _response(
    status: int, payload: Json, length: int, tail: str | None, world: World, chance: Chance
) -> dict[str, Json]:
    """The response of ``lambda:invoke``, keys in AWS's order; ``length`` is the payload's size in bytes."""
    request_id = chance.uuid()
    headers = {
        **({} if tail is None else {"X-Amz-Log-Result": tail}),
        "X-Amz-Executed-Version": "$LATEST",
        "x-amzn-Remapped-Content-Length": "0",
        "Connection": "keep-alive",
        "x-amzn-RequestId": request_id,
        "Content-Length": str(length),
        "Date": world.now().strftime("%a, %d %b %Y %H:%M:%S GMT"),
        "X-Amzn-Trace-Id": f"root=1-{chance.uuid()[:8]}-{request_id.replace('-', '')[:24]};sampled=0",
        "Content-Type": "application/json",
    }
    return {
        "ExecutedVersion": "$LATEST",
        **({} if tail is None else {"LogResult": tail}),
        "Payload": payload,
        **response_metadata(headers, status=status, request_id=request_id),
        "StatusCode": status,
    }


def _failure(done: InvocationResult, cause: str) -> Answer:
    """A function error: the error's type becomes the error name, the payload the cause."""
    return Answer(error=done.error_type or "Lambda.Unknown", cause=cause)


def _compact(text: str) -> str:
    return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))


def _parsed(text: str) -> Json:
    try:
        return decode(text)
    except JsonTextError:
        return text
