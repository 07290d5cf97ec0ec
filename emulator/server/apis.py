"""Requests to the APIs of API Gateway and to function URLs, at the server's address.

``http://ID.execute-api.localhost:PORT/STAGE/PATH`` and ``http://localhost:PORT/_aws/execute-api/ID/STAGE/PATH`` are
what ``https://ID.execute-api.REGION.amazonaws.com/STAGE/PATH`` is at AWS; ``ID.lambda-url.localhost`` is a function's.
"""

import json
from urllib.parse import parse_qsl

from emulator.ahead import StillRuns
from emulator.apigateway import gateway
from emulator.apigateway.apis import DEFAULT, HOST, LOCAL, URL_HOST
from emulator.apigateway.messages import Request, Response
from emulator.assembly import Assembly
from emulator.aws.http import HttpRequest
from emulator.errors import EmulatorError


def names_api(request: HttpRequest) -> bool:
    """Whether the request's host or path is that of an API; any other one is to AWS."""
    host = request.header("host")
    return HOST in host or URL_HOST in host or request.path.startswith(LOCAL)


def unknown(assembly: Assembly, request: HttpRequest) -> Response:
    """The response to a request for an API that is not there: it names those that are."""
    host = request.header("host")
    id_ = (
        request.path.removeprefix(LOCAL).partition("/")[0] if request.path.startswith(LOCAL) else host.partition(".")[0]
    )
    known = addresses(assembly, f"http://{host.partition(HOST)[2] or host.partition(URL_HOST)[2] or host}")
    told = "; ".join(f"{name} at {address}" for name, address in known) or "none: no template with one is deployed"
    body = json.dumps({"message": f"there is no API {id_!r} here; the APIs are {told}"}).encode()
    return Response(404, [("content-type", "application/json")], body)


def addresses(assembly: Assembly, url: str) -> list[tuple[str, str]]:
    """The logical id, or else the name, of each API, and where the server at ``url`` answers it, with its stage."""
    if not assembly.has_apis:
        return []
    names = {api.id: logical_id for (_, logical_id), api in assembly.apis.named.items()}
    found = []
    for api in assembly.apis:
        stages = [f"{each}/" for each in api.stages if each != DEFAULT]
        stage = "" if DEFAULT in api.stages or not stages else stages[0]
        found.append((names.get(api.id, api.name), f"{url}{LOCAL}{api.id}/{stage}"))
    return found


def respond(assembly: Assembly, request: HttpRequest) -> Response:
    """The API's response; an error of the emulator's, and that there is no such API, is told in JSON."""
    found = assembly.apis.at(request.path, request.header("host"))
    if found is None:
        return unknown(assembly, request)
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
