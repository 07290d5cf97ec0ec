"""Requests to the APIs of API Gateway and to function URLs, at the server's address.

``http://ID.execute-api.localhost:PORT/STAGE/PATH`` and ``http://localhost:PORT/_aws/execute-api/ID/STAGE/PATH`` are
what ``https://ID.execute-api.REGION.amazonaws.com/STAGE/PATH`` is at AWS; ``ID.lambda-url.localhost`` is a function's.
"""

import json
from urllib.parse import parse_qsl

from emulator.ahead import StillRuns
from emulator.apigateway import gateway
from emulator.apigateway.apis import HOST, LOCAL, URL_HOST
from emulator.apigateway.messages import Request, Response
from emulator.assembly import Assembly
from emulator.aws.http import HttpRequest
from emulator.errors import EmulatorError


def names_api(request: HttpRequest) -> bool:
    """Whether the request's host or path is that of an API; any other one is to AWS."""
    host = request.header("host")
    return HOST in host or URL_HOST in host or request.path.startswith(LOCAL)


def respond(assembly: Assembly, request: HttpRequest) -> Response | None:
    """The API's response; an error of the emulator's is told in JSON. ``None`` when there is no such API."""
    found = assembly.apis.at(request.path, request.header("host"))
    if found is None:
        return None
    api, path = found
    query = tuple(parse_qsl(request.query, keep_blank_values=True))
    headers = tuple(each for each in request.headers if each[0].lower() not in ("connection", "content-length"))
    asked = Request(request.method, path, query, headers, request.body, request.query)
    try:
        return gateway.ask(assembly, api, asked)
    except EmulatorError as error:
        assembly.blocked.record_untrue(error)
        told = str(error)
    except StillRuns:
        told = "in real time, an API does not wait for an Express execution: serve with --time skip"
    body = json.dumps({"message": told}).encode()
    return Response(501, [("content-type", "application/json")], body)
