"""A stub's value as the task's result: what each integration adds to what the function or the service answers.

``lambda:invoke`` wraps the function's payload, the integrations on version 1 of the SDK for Java add HTTP metadata
(recorded: ``services``). A value that is the whole result, or has metadata of its own, stays as it is.
"""

from asl.effects import CallTarget
from asl.resources import Resource
from asl.values import Json, encode, size
from emulator.answers import Answer
from emulator.execution import Execution
from emulator.integrations.jobs import job_of
from emulator.stubs.answers import Raises, Returns
from emulator.stubs.jobs import started
from emulator.targets.functions import invoke_response
from emulator.targets.http_requests import failure_of
from emulator.targets.integrations import optimized
from emulator.targets.metadata import with_metadata
from emulator.targets.rewritten import echoed, failed_although_answered
from emulator.targets.target import chance_of
from emulator.world import World

_METADATA = "SdkHttpMetadata"


def task_result(world: World, execution: Execution, call: CallTarget, answer: Returns) -> str:
    """The JSON text of the task's result."""
    resource = call.resource
    if (job := job_of(resource)) is not None and job.gives_start and not answer.whole:
        return submitted_text(world, execution, call, answer)
    if answer.whole or resource.waits or resource.kind != "service":
        return answer.text
    if resource.service == "lambda":
        return _invoked(world, execution, call, answer)
    service = _with_headers(resource.service, resource.action)
    if not isinstance(answer.value, dict) or _METADATA in answer.value:
        return answer.text
    value = echoed(resource, answer.value, call.argument.value)
    return encode(value) if service is None else _with_metadata(world, execution, call, value, service)


def status_failure(resource: Resource, answer: Returns) -> Answer | None:
    """The failure of ``http:invoke`` and ``apigateway:invoke`` whose response has another status than 2xx, as on AWS.

    The response's body is the cause. So is the response of ``events:putEvents`` in which an entry failed.
    """
    response = answer.value
    if not answer.is_success and (failure := unfulfilled(resource, response)) is not None:
        return failure
    if resource.service not in ("http", "apigateway") or answer.is_success or not isinstance(response, dict):
        return None
    status, body = response.get("StatusCode", 200), response.get("ResponseBody", "")
    if isinstance(status, bool) or not isinstance(status, int):
        return None
    return failure_of(resource.service, status, body if isinstance(body, str) else encode(body))


def unfulfilled(resource: Resource, response: Json) -> Answer | None:
    """The failure of a response that says that what was asked for was not done."""
    name = failed_although_answered(resource, response) if isinstance(response, dict) else None
    return None if name is None else Answer(error=name, cause=encode(response))


def submitted_text(world: World, execution: Execution, call: CallTarget, answer: Returns | Raises | None) -> str:
    """The response to the request of a job or of a task with a token, as far as it is known."""
    resource = call.resource
    if resource.service == "lambda":
        return _invoked(world, execution, call, Returns(None, "null"))
    service = _with_headers(resource.service, resource.action)
    value = answer.value if isinstance(answer, Returns) else None
    chance = chance_of(world, execution, call)
    response = started(resource, call.argument.value, value, chance.uuid) or {}
    if service is None:
        return encode(response)
    if service == "states":
        told = value if isinstance(value, dict) else {}
        now = round(world.now().timestamp() * 1000)
        response = {"ExecutionArn": told.get("ExecutionArn", ""), "StartDate": told.get("StartDate", now)}
    return _with_metadata(world, execution, call, response, service)


def _with_headers(service: str, action: str) -> str | None:
    """The service whose results have metadata as recorded; ``None`` for any other."""
    if service == "states":
        return service
    row = optimized(service, action)
    return row.service if row is not None and row.sdk_v1 else None


def _with_metadata(world: World, execution: Execution, call: CallTarget, value: dict[str, Json], service: str) -> str:
    if service == "states" and not isinstance(value.get("StartDate"), int):
        return encode(value)
    request_id = chance_of(world, execution, call).uuid()
    return encode(with_metadata(value, service, status=200, request_id=request_id, at=world.now()))


def _invoked(world: World, execution: Execution, call: CallTarget, answer: Returns) -> str:
    """The response of Invoke: of an asynchronous call, that it is accepted."""
    request, chance = call.argument.value, chance_of(world, execution, call)
    kind = request.get("InvocationType") if isinstance(request, dict) else None
    if kind in ("Event", "DryRun"):
        status = 202 if kind == "Event" else 204
        return encode(invoke_response(status, None, None, 0, None, world, chance))
    return encode(invoke_response(200, "$LATEST", answer.value, size(answer.text), None, world, chance))
