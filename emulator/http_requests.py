"""HTTP requests of clients other than this process's boto3, answered as boto3's requests are, errors included."""

import json
import logging
import os
import traceback
from collections.abc import Callable
from typing import Final

from botocore.exceptions import ClientError

from asl.problems import DefinitionError
from emulator.aws.http import HttpRequest, aws_request, refusal
from emulator.aws.interception import AwsRequest
from emulator.aws.refusals import AwsError
from emulator.aws.responses import HttpResponse
from emulator.errors import EmulatorError, NotEmulatedError, RealAwsBlockedError
from emulator.world import World

DISCOVERY: Final = "DescribeEndpoints"
"""Clients of Timestream and DynamoDB find their endpoint by it (``endpointoperation`` in botocore's models)."""

log = logging.getLogger(__name__)


def answer(world: World, request: HttpRequest) -> HttpResponse:
    """The response to a request; an error response when the request cannot be answered."""
    try:
        asked = aws_request(request)
    except AwsError as error:
        return refusal(request, error.status, error.code, error.message, world.chance("request").uuid())
    return answer_asked(world, asked, request)


def answer_asked(
    world: World, asked: AwsRequest, request: HttpRequest, text: Callable[[Exception], str] = str
) -> HttpResponse:
    """The response to ``asked``, the ``aws_request`` of ``request``; ``text`` writes error messages for the client."""
    try:
        response = world.answer(asked)
        content = _found_here(response.content, request) if asked.operation == DISCOVERY else response.content
        return HttpResponse(response.status_code, response.headers, content)
    except Exception as error:
        return refused(world, asked, request, error, text)


def refused(
    world: World, asked: AwsRequest, request: HttpRequest, error: Exception, text: Callable[[Exception], str] = str
) -> HttpResponse:
    """The response to a request that ``error`` answers."""
    match error:
        case AwsError():
            status, code, message = error.status, error.code, error.message
        case ClientError():  # the error that a test makes a request fail with
            status, code, message = 400, error.response["Error"]["Code"], error.response["Error"]["Message"]
        case NotEmulatedError() | RealAwsBlockedError() | NotImplementedError():
            world.blocked.record_untrue(error)
            status, code, message = 501, _name(error), str(error)
        case EmulatorError() | DefinitionError():
            world.blocked.record_untrue(error)
            status, code, message = 400, type(error).__name__, text(error)
        case _:
            status, code = 500, "InternalFailure"
            message = (
                f"{type(error).__name__}: {error}\n    This is a bug in the emulator or in moto; please report it."
            )
            log.error("%s %s: %s", asked.service, asked.operation, message)
            if os.environ.get("EMULATE_TRACEBACK"):
                traceback.print_exception(error)
    return refusal(request, status, code, message, world.chance("request").uuid())


def _found_here(content: bytes, request: HttpRequest) -> bytes:
    """Endpoints that a client asks for, with this server's address: AWS's own would lead it there."""
    given = json.loads(content)
    for endpoint in given.get("Endpoints", ()):
        endpoint["Address"] = f"http://{request.header('host')}"
    return json.dumps(given).encode()


def _name(error: Exception) -> str:
    return type(error).__name__ if isinstance(error, EmulatorError) else NotEmulatedError.__name__
