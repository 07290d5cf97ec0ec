"""A request to an API: its stage, its route, its integration."""

from emulator.apigateway.apis import Api
from emulator.apigateway.events import Call
from emulator.apigateway.integrations import integrate
from emulator.apigateway.messages import Request, Response, in_json, request_of
from emulator.aws.interception import AwsRequest, blocked_message
from emulator.aws.responses import HttpResponse
from emulator.errors import RealAwsBlockedError
from emulator.world import World


def ask(world: World, api: Api, request: Request) -> Response:
    """The response to a request; its path begins with a stage, or leaves it out.

    Raises ``NotEmulatedError`` for an integration that is not emulated.
    """
    stage, staged = api.staged(request)
    matched = api.match(staged.method, staged.path)
    if matched is None:
        preflight = _preflight(api, staged)
        if preflight is not None:
            return preflight
        if api.kind == "HTTP":
            return in_json(404, {"message": "Not Found"})
        return in_json(
            403, {"message": "Missing Authentication Token"}, x_amzn_ErrorType="MissingAuthenticationTokenException"
        )
    call = Call(api, stage, staged, matched, world.now(), world.chance("api", api.id).uuid())
    response = integrate(world, call)
    world.settle()
    return _with_origin(api, staged, response)


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


def _preflight(api: Api, request: Request) -> Response | None:
    """An API's own answer to ``OPTIONS``, by its CORS configuration."""
    if request.method != "OPTIONS" or not api.cors:
        return None
    listed = {
        "access-control-allow-headers": api.cors.get("AllowHeaders"),
        "access-control-allow-methods": api.cors.get("AllowMethods"),
    }
    headers = [(name, ",".join(map(str, values))) for name, values in listed.items() if values]
    if api.cors.get("MaxAge") is not None:
        headers.append(("access-control-max-age", str(api.cors["MaxAge"])))
    return _with_origin(api, request, Response(200 if api.kind == "REST" else 204, headers))


def _with_origin(api: Api, request: Request, response: Response) -> Response:
    """The response with the headers of CORS, if the API has a configuration and the request an origin."""
    origin = request.header("Origin")
    is_own = request.method == "OPTIONS" or api.kind != "REST"  # a REST API adds nothing to what functions answer
    if not (api.cors and origin and is_own):
        return response
    allowed = api.cors.get("AllowOrigins") or ()
    if "*" not in allowed and origin not in allowed:
        return response
    shown = "*" if "*" in allowed and not api.cors.get("AllowCredentials") else origin
    headers = [pair for pair in response.multi_headers if pair[0] != "access-control-allow-origin"]
    headers.append(("access-control-allow-origin", shown))
    if api.cors.get("AllowCredentials"):
        headers.append(("access-control-allow-credentials", "true"))
    return Response(response.status_code, headers, response.content)
