"""Calls of functions: synchronous, asynchronous (``Event``), and ``DryRun``."""

from functools import partial
from typing import Final

from asl.jackson import json_error
from asl.values import JsonTextError, decode
from emulator.aws.refusals import AwsError
from emulator.aws.responses import HttpResponse
from emulator.errors import NotEmulatedError
from emulator.functions import Called, ThrottledError
from emulator.lambda_.call import LATEST
from emulator.lambda_.context import context_text
from emulator.lambda_.refusals import BAD_CONTEXT, KINDS, LOG_TYPES
from emulator.lambda_.time.shown import current_handler_time
from emulator.lambda_api.call import Call
from emulator.lambda_api.errors import invalid, no_function, respond, violated
from emulator.lambda_api.store import Store, arn_of

LATER: Final = 1_048_576
AT_ONCE: Final = 6_291_456
"""The most bytes of an event, of ``Event`` and of the other kinds (service model)."""
NOT_EMULATED: Final = {
    "DurableExecutionName": ("X-Amz-Durable-Execution-Name", "no function runs as a durable execution"),
    "TenantId": ("X-Amz-Tenant-Id", "the calls of all tenants share one function"),
}
"""Member -> its header, and what would not happen."""


def invoke(store: Store, call: Call) -> HttpResponse:
    """``Invoke``."""
    kind = call.request.header("X-Amz-Invocation-Type") or "RequestResponse"
    if kind not in KINDS:
        raise violated(kind, "invocationType", f"Member must satisfy enum value set: [{', '.join(KINDS)}]")
    log_type = call.request.header("X-Amz-Log-Type") or "None"
    if log_type not in LOG_TYPES:
        raise violated(log_type, "logType", f"Member must satisfy enum value set: [{', '.join(LOG_TYPES)}]")
    _check_headers(call)
    _check_size(call, LATER if kind == "Event" else AT_ONCE)
    called = _called(store, call)
    payload, client_context = _content(call)
    if kind == "DryRun":
        return respond(204, None)
    if kind == "Event":
        _later(store, called, payload)
        return respond(202, None, {"Content-Length": "0"})
    try:
        done = store.functions.invoke(
            called.function, payload, arn=called.arn, is_asked=True, client_context=client_context
        )
    except ThrottledError as error:
        raise AwsError(error.code, error.message, error.status) from None
    caller = current_handler_time()
    if caller is not None and done.duration:
        caller.sleep(done.duration.total_seconds())
    headers = {"X-Amz-Executed-Version": called.function.version, "Content-Type": "application/json"}
    if done.error:
        headers["X-Amz-Function-Error"] = "Unhandled"
    if log_type == "Tail":
        headers["X-Amz-Log-Result"] = done.log_tail
    return HttpResponse(200, headers, done.payload.encode())


def invoke_async(store: Store, call: Call) -> HttpResponse:
    """``InvokeAsync``, the older form of ``Event``."""
    _check_size(call, LATER)
    called = _called(store, call)
    _later(store, called, _content(call)[0])
    return respond(202, None, {"Content-Length": "0"})


def _check_headers(call: Call) -> None:
    for member, (header, lost) in NOT_EMULATED.items():
        if value := call.request.header(header):
            raise NotEmulatedError(f"Invoke: {member}={value!r} is not emulated: {lost}; leave it out")


def _check_size(call: Call, most: int) -> None:
    """Seen on AWS for ``RequestResponse``; the other kinds have the same text."""
    if len(call.request.body) > most:
        text = f"Request must be smaller than {most} bytes for the InvokeFunction operation"
        raise AwsError("RequestEntityTooLargeException", text)


def _called(store: Store, call: Call) -> Called:
    qualifier = call.qualifier
    function = store.function(call, version=f":{qualifier or LATEST}")
    called = store.functions.called(arn_of(function), qualifier=qualifier)
    if called is None:
        raise no_function(f"{arn_of(function)}:{qualifier}")
    return called


def _content(call: Call) -> tuple[str, str | None]:
    """The payload and the client context."""
    context = call.request.header("X-Amz-Client-Context")
    try:
        payload = call.request.body.decode() or "{}"
        decode(payload)
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise _unreadable(f"Invalid UTF-8 start byte 0x{byte:x}") from None
    except JsonTextError as error:
        raise _unreadable(json_error(payload, "the payload") or error.message) from None
    try:
        return payload, context_text(context)
    except ValueError as error:
        raise invalid(BAD_CONTEXT.format(error)) from None


def _unreadable(reason: str) -> AwsError:
    """Recorded on AWS, where Jackson's reason ends with its place, which this one does not tell."""
    text = f"Could not parse request body into json: Could not parse payload into json: {reason}"
    return AwsError("InvalidRequestContentException", text)


def _later(store: Store, called: Called, payload: str) -> None:
    """Call the function when the caller has got its response; it gets no client context (service model, Invoke)."""
    later = partial(store.async_calls.call, called, payload)
    store.timeline.begin(f"call of function {called.function.name}", store.functions.now(), later)
    store.timeline.run_ready()
