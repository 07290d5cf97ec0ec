"""The service's protocol, AWS JSON 1.0: a request's body in, a response's status, headers and body out.

Source: service model ``stepfunctions/2016-11-23``: target ``AWSStepFunctions.<Operation>``, timestamps as epoch seconds
with milliseconds, errors as HTTP 400 with ``__type`` and ``message``.
"""

import json
from datetime import datetime
from typing import Any, Final

from emulator.aws.refusals import AwsError
from emulator.aws.responses import HttpResponse
from emulator.errors import NotEmulatedError
from emulator.stepfunctions.checks import check_members
from emulator.stepfunctions.operations import OPERATIONS
from emulator.stepfunctions.service import Request, Response, StepFunctions

TARGET_PREFIX: Final = "AWSStepFunctions."


def answer(
    service: StepFunctions, target: str, body: bytes, *, region: str, request_id: str, tells: bool = False
) -> HttpResponse:
    """The response to a request whose ``X-Amz-Target`` is ``target``; ``tells``: errors have lines for people."""
    operation = target.removeprefix(TARGET_PREFIX)
    try:
        return respond(200, call(service, operation, json.loads(body or b"{}"), region=region), request_id)
    except AwsError as error:
        message = f"{error.message}\n{error.told}" if tells and error.told else error.message
        return respond(error.status, {"__type": error.code, "message": message}, request_id)


def call(service: StepFunctions, operation: str, request: Request, *, region: str) -> Response:
    """The response of an operation. Raises ``AwsError``, or ``NotEmulatedError`` when ``OPERATIONS`` lacks it."""
    row = OPERATIONS.get(operation)
    if row is None:
        raise NotEmulatedError(
            f"Step Functions operation {operation} is not emulated; `python -m emulator.supported` lists what is."
        )
    check_members(operation, request, row.members, row.unchanged)
    return row.answer(service, request, region)


def respond(status: int, content: Any, request_id: str) -> HttpResponse:
    """``content`` as JSON, with AWS's headers."""
    body = json.dumps(content, default=_epoch, separators=(",", ":")).encode()
    headers = {
        "x-amzn-RequestId": request_id,
        "Content-Type": "application/x-amz-json-1.0",
        "Content-Length": str(len(body)),
    }
    return HttpResponse(status, headers, body)


def _epoch(value: object) -> float:
    assert isinstance(value, datetime), value
    return round(value.timestamp(), 3)
