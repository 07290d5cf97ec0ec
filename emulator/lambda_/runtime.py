"""Lambda's Python runtime in this process: one call of a handler, in its own time.

The caller gets Lambda's exact answer, byte for byte where it was recorded; next to it are the real exception and a
hint, for people. Refused: awaiting ``async def`` handlers (Lambda does not), stopping a handler that computes forever
(its time does not move), and memory limits.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import cache, partial
from types import CoroutineType, FunctionType, MethodType
from typing import Any

from asl.values import size
from emulator.aws.arns import Arn
from emulator.lambda_ import payload
from emulator.lambda_.call import Failure, Function, HandlerCall, InvocationResult, Runtime
from emulator.lambda_.log import NOTED
from emulator.lambda_.outcomes import ProcessExit, reaches_the_test
from emulator.lambda_.payload import EXIT_ERROR, RESPONSE_LIMIT, TIMED_OUT, LambdaRuntimeError
from emulator.lambda_.process_state import ProcessState
from emulator.lambda_.resolve import Handler, resolve_handler
from emulator.lambda_.surroundings import Part, Surroundings, Variables
from emulator.lambda_.time.handler_time import HandlerTime, HandlerTimedOut
from emulator.lambda_.time.shown import apart, process_time


def invoke(
    function: Function,
    payload: str,
    *,
    clock_now: datetime,
    request_id: str,
    region: str,
    account_id: str,
    invoked_arn: str | None = None,
    client_context: str | None = None,
    cognito_identity: str | None = None,
    slept: Callable[[], None] | None = None,
    called_by: str = "",
    booted: datetime | None = None,
) -> InvocationResult:
    """Call ``function`` at ``clock_now`` (aware) with the JSON text ``payload``; returns Lambda's answer.

    ``client_context`` and ``cognito_identity`` are JSON text; ``slept`` is called after each wait of the handler that
    takes time; its monotonic clocks count from ``booted``. ``called_by`` says for people who calls it.
    Raises only exceptions meant for the user or the test runner, such as KeyboardInterrupt, ``pytest.fail`` and
    ``pytest.skip``.
    """
    handler_time = HandlerTime(clock_now, function.timeout, slept, booted=booted)
    handler_time.function_name = function.name
    handler_time.owner = f"in function {function.name}, {called_by}" if called_by else f"in function {function.name}"
    arn = invoked_arn or function.arn or str(Arn.of("lambda", region, account_id, "function", function.name))
    call = HandlerCall(function, handler_time, request_id, arn, region, clock_now, client_context, cognito_identity)
    logged: list[str] = []
    handler = function.handler
    with apart():
        if isinstance(handler, FunctionType) or not isinstance(handler, Runtime):
            outcome = _run(handler, call, payload, logged)
        else:
            outcome = handler.run(call, payload, logged)
    duration = handler_time.elapsed
    if isinstance(outcome, str):
        return InvocationResult(outcome, False, None, None, duration, partial(_logs, call, logged, duration))
    logs = partial(_logs, call, [*logged, outcome.log], duration)
    told = (outcome.payload, True, outcome.error_type, outcome.error_message)
    return InvocationResult(*told, duration, logs, outcome.exception, outcome.hint)


def _run(handler: Handler | str, call: HandlerCall, event: str, logged: list[str]) -> str | Failure:
    """The response's text, or the failure."""
    surroundings = _surroundings(call)
    call.handler_time.request_id, call.handler_time.log = call.request_id, logged
    with surroundings:
        try:
            if isinstance(handler, str):
                handler = resolve_handler(handler)  # its module is imported outside of the handler's time
        except LambdaRuntimeError as fault:
            if fault.error_type == EXIT_ERROR and isinstance(fault.__cause__, SystemExit):
                return call.exited(fault.__cause__.code, fault.__cause__, fault.hint or "")
            return call.failed(fault, "")
        with process_time(call.handler_time, *_globals_of(handler)), _no_running_loop()():
            ends_notes = NOTED.use_in_stretch()
            try:
                surroundings.begin(ProcessState())
                try:
                    outcome = _handle(call, handler, event)
                finally:
                    surroundings.end()
            finally:
                ends_notes()
    if call.handler_time.expired and not (isinstance(outcome, Failure) and outcome.error_type == TIMED_OUT):
        return call.timed_out(None)  # the handler swallowed the timeout
    return outcome


@cache
def _no_running_loop() -> Callable[[], AbstractContextManager[None]]:
    from emulator.lambda_.time import loops  # asyncio is imported only when a handler is called

    return loops.no_running_loop


def _handle(call: HandlerCall, handler: Callable[[Any, Any], Any], event: str) -> str | Failure:
    result = None
    try:
        context = call.context()
        result = handler(payload.unmarshal(event), context)
        text = payload.marshal(result, ascii_only=call.ascii_only)
        bytes_ = size(text) if text.isascii() else len(text.encode("utf-8"))
    except HandlerTimedOut as error:
        return call.timed_out(error)
    except UnicodeEncodeError as error:
        if result is None:
            return call.raised(error)
        return call.exited(1, error, "the response contains half of a surrogate pair, which UTF-8 cannot encode")
    except LambdaRuntimeError as fault:
        return call.failed(fault, call.request_id)
    except SystemExit as error:
        return call.exited(error.code, error, "sys.exit() ends a Lambda process: return instead")
    except ProcessExit as error:
        return call.exited(error.status, error, "os._exit() ends a Lambda process: return instead")
    except BaseException as error:
        if reaches_the_test(error):
            raise
        if isinstance(error, Exception):
            return call.raised(error)
        return call.exited(1, error, f"a {type(error).__name__} is not an Exception: it ends a Lambda process")
    finally:
        if isinstance(result, CoroutineType):
            result.close()
    return text if bytes_ <= RESPONSE_LIMIT else call.too_large(bytes_)


def _surroundings(call: HandlerCall) -> Surroundings:
    """The call's folder with its modules, and its variables if the function has an ``environment``."""
    parts: list[Part] = []
    if call.function.environment is not None:
        parts.append(Variables(call.variables()))
    if call.function.task_root is not None:
        parts.append(call.function.task_root)
    surroundings = Surroundings(parts)
    call.handler_time.suspended = surroundings.suspended
    return surroundings


def _globals_of(handler: Any) -> list[dict[str, Any]]:
    """The globals of the functions inside ``handler``, which may be a partial, a method, decorated, or callable."""
    if type(handler) is FunctionType and "__wrapped__" not in vars(handler):
        return [handler.__globals__]
    found: list[dict[str, Any]] = []
    waiting, seen = [handler], set()
    while waiting:
        part = waiting.pop()
        if part is None or id(part) in seen:
            continue
        seen.add(id(part))
        inside = vars(part) if hasattr(part, "__dict__") else {}
        if isinstance(space := getattr(part, "__globals__", None), dict):
            found.append(space)
        waiting.append(inside.get("__wrapped__"))
        if isinstance(part, MethodType):
            waiting.append(part.__func__)
        elif isinstance(part, partial):  # only of these: a mock has every attribute that it is asked for
            waiting.append(part.func)
        if not hasattr(part, "__globals__"):
            waiting.append(getattr(type(part).__call__, "__func__", type(part).__call__))
    return found


def _logs(call: HandlerCall, lines: list[str], duration: timedelta) -> str:
    """START, the logged lines, END and REPORT; memory is not measured, so all of it is reported as used.

    Programs that read the report divide by the duration, which on AWS is never 0: a call in which no time passes is
    reported with the shortest one.
    """
    request_id, memory = call.request_id, call.function.memory_mb
    milliseconds = max(0.01, duration / timedelta(milliseconds=1))
    parts = (
        f"REPORT RequestId: {request_id}",
        f"Duration: {milliseconds:.2f} ms",
        f"Billed Duration: {max(1, -(-duration // timedelta(milliseconds=1)))} ms",
        f"Memory Size: {memory} MB",
        f"Max Memory Used: {memory} MB",
    )
    start = f"START RequestId: {request_id} Version: {call.function.version}\n"
    return "".join([start, *lines, f"END RequestId: {request_id}\n", "\t".join(parts), "\t\n"])
