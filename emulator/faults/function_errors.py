"""Errors of a function itself, as faults: its process ends, its time is over, it cannot be loaded.

Lambda answers the call, with a function error; a service's errors (``TooManyRequestsException``) refuse it.
The texts are those of handlers that do the same (``emulator.lambda_``).
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from emulator.lambda_.call import Failure, Function, HandlerCall, InvocationResult
from emulator.lambda_.payload import EXIT_ERROR, RESPONSE_LIMIT, TIMED_OUT, TOO_LARGE, sandbox_payload
from emulator.lambda_.time.handler_time import HandlerTime

UNKNOWN: Final = "Lambda.Unknown"
TEXTS: Final[Mapping[str, str]] = {
    EXIT_ERROR: "RequestId: {request_id} Error: Runtime exited with error: signal: killed",
    TIMED_OUT: "RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds",
    UNKNOWN: "{at} {request_id} Task timed out after {seconds:.2f} seconds",
    TOO_LARGE: f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes).",
    "Runtime.ImportModuleError": "Unable to import module '{module}': No module named '{module}'",
    "Runtime.HandlerNotFound": "Handler '{name}' missing on module '{module}'",
}
"""Error type -> its message. ``Runtime.ExitError`` is that of too little memory."""
_TAKES_ALL_TIME: Final = frozenset({TIMED_OUT, UNKNOWN})
_PREFIXES: Final = ("Runtime.", "Sandbox.", "Function.", "Extension.")


class FunctionFault(NamedTuple):
    """An error type, and a message in place of Lambda's."""

    error: str
    message: str | None

    def __str__(self) -> str:
        return self.error

    def result(self, function: Function, *, request_id: str, arn: str, region: str, at: datetime) -> InvocationResult:
        """What a call of ``function`` gives at ``at`` (aware)."""
        timeout = timedelta(seconds=function.timeout_seconds)
        call = HandlerCall(function, HandlerTime(at, timeout), request_id, arn, region, at, None, None)
        failure = self._failure(call)
        duration = timeout if self.error in _TAKES_ALL_TIME else timedelta()
        error_type = None if self.error == UNKNOWN else failure.error_type
        return InvocationResult(
            failure.payload, True, error_type, failure.error_message, duration, lambda: failure.log, None, failure.hint
        )

    def _failure(self, call: HandlerCall) -> Failure:
        function = call.function
        module, _, name = call.variables()["_HANDLER"].rpartition(".")
        message = self.message
        deadline = call.handler_time.deadline
        if message is None:
            message = TEXTS[self.error].format(
                request_id=call.request_id,
                seconds=function.timeout_seconds,
                at=f"{deadline:%Y-%m-%dT%H:%M:%S}.{deadline.microsecond // 1000:03d}Z",
                module=module or "handler",
                name=name,
            )
        if self.error == UNKNOWN:
            payload = json.dumps({"errorMessage": message}, separators=(",", ":"))
        else:
            payload = sandbox_payload(message, self.error)
        hint = f"a fault that the test has planned: {self.error}"
        return Failure(payload, self.error, message, f"{message}\n", None, hint)


def is_function_error(error: str) -> bool:
    """Whether ``error`` is the error type of a function, not a code of Lambda's API."""
    return error == UNKNOWN or error.startswith(_PREFIXES)
