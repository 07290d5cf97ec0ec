"""Lambda's ``Invoke`` for functions that are registered here; everything else of Lambda is the backend's.

Wire facts: service model ``lambda/2015-03-31``; answers of a function error as recorded on AWS.
"""

import base64
import json
import re
from typing import Final
from urllib.parse import unquote, urlsplit

from asl.values import decode
from emulator.aws.door import AwsRequest
from emulator.clock import current_line
from emulator.functions import Functions
from emulator.stepfunctions.wire import HttpResponse
from emulator.timeline import TimeLine

_INVOKE: Final = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")


def answer(functions: Functions, request: AwsRequest, line: TimeLine) -> HttpResponse | None:
    """The response to an Invoke of a function registered here, ``None`` for anything else."""
    match = _INVOKE.fullmatch(urlsplit(request.prepared.url).path)
    function = functions.get(unquote(match[1])) if match and request.prepared.method == "POST" else None
    if function is None:
        return None
    context = request.header("X-Amz-Client-Context")
    try:
        payload = request.body.decode() or "{}"
        decode(payload)
        client_context = base64.b64decode(context).decode() if context else None
    except ValueError as error:
        return _unreadable(str(error))
    kind = request.header("X-Amz-Invocation-Type") or "RequestResponse"
    if kind == "DryRun":
        return HttpResponse(204, {}, b"")
    caller = current_line()
    if kind == "Event":
        at = line.clock.now() if caller is None else caller.now()
        line.at(at, lambda: functions.call_later(function, payload, client_context=client_context))
        line.run_ready()
        return HttpResponse(202, {"Content-Length": "0"}, b"")
    done = functions.invoke(function, payload, client_context=client_context)
    if caller is not None:
        caller.sleep(done.duration.total_seconds())
    headers = {"X-Amz-Executed-Version": "$LATEST", "Content-Type": "application/json"}
    if done.error:
        headers["X-Amz-Function-Error"] = "Unhandled"
    if request.header("X-Amz-Log-Type") == "Tail":
        headers["X-Amz-Log-Result"] = done.log_tail
    return HttpResponse(200, headers, done.payload.encode())


def _unreadable(reason: str) -> HttpResponse:
    """A request whose body is not JSON, as the service model names it; AWS's words for the reason are not recorded."""
    content = {"Type": "User", "Message": f"Could not parse request body into json: {reason}"}
    return HttpResponse(400, {"x-amzn-ErrorType": "InvalidRequestContentException"}, json.dumps(content).encode())
