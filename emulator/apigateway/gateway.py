"""A request to an API: its stage, its route, its integration."""

import logging
from typing import Final

from emulator.apigateway import cors
from emulator.apigateway.apis import Api
from emulator.apigateway.events import Call
from emulator.apigateway.integrations import integrate
from emulator.apigateway.messages import Request, Response, in_json, request_of
from emulator.aws.interception import AwsRequest, blocked_message
from emulator.aws.responses import HttpResponse
from emulator.errors import RealAwsBlockedError
from emulator.world import World

log: Final = logging.getLogger(__name__)


def ask(world: World, api: Api, request: Request, *, by_url: bool = True) -> Response:
    """The response to a request.

    ``by_url``: the path begins with the stage, as in the API's URL; else it may leave it out (``Api.staged``). Raises
    ``NotEmulatedError`` for an integration that is not emulated.
    """
    found = api.at_url(request) if by_url else api.staged(request)
    if found is None:
        if api.kind == "HTTP":
            return in_json(404, {"message": "Not Found"})
        return in_json(403, {"message": "Forbidden"}, x_amzn_ErrorType="ForbiddenException")
    stage, staged = found
    if (preflight := cors.preflight(api, staged)) is not None:
        return preflight
    matched = api.match(staged.method, staged.path)
    if matched is None:
        response = _without_route(api)
        response.hint = api.why_unmatched(staged.method, staged.path)
        log.warning("%s", response.hint)
        return response
    call = Call(api, stage, staged, matched, world.now(), world.chance("api", api.id).uuid())
    response = integrate(world, call)
    world.settle()
    return cors.answered(api, staged, response)


def _without_route(api: Api) -> Response:
    if api.kind == "HTTP":
        return in_json(404, {"message": "Not Found"})
    return in_json(
        403, {"message": "Missing Authentication Token"}, x_amzn_ErrorType="MissingAuthenticationTokenException"
    )


def answer(world: World, found: tuple[Api, str] | None, request: AwsRequest) -> HttpResponse:
    """The response to a request that another library of this process sends to the API's URL.

    ``found``: the API at that URL, and the path in it; raises ``RealAwsBlockedError`` without one.
    """
    url, method = request.prepared.url, str(request.prepared.method)
    if found is None:
        raise RealAwsBlockedError(blocked_message(f"{method} {url}, which is no API of the emulator"))
    api, path = found
    headers = dict(request.prepared.headers.items())
    answered = ask(world, api, request_of(method, url, body=request.body, headers=headers)._replace(path=path))
    return HttpResponse(answered.status_code, answered.headers, answered.content)
