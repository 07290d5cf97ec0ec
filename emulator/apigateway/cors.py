"""Which pages of other sites may ask an API: the API's own answers to ``OPTIONS``, and the headers of all others.

SAM gives each path of a REST API a method ``OPTIONS`` that answers by itself (its translator's ``swagger.py``); what
else the API answers has only the headers of the functions. An HTTP API answers a preflight by its configuration, even
if there is no route for it (API Gateway developer guide, "Configure CORS for HTTP APIs"), and so does a function URL.
"""

from collections.abc import Mapping
from typing import Any, Final

from emulator.apigateway.apis import ANY, Api
from emulator.apigateway.messages import Request, Response

ALL_METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
"""What SAM writes for a path with ``ANY``."""
LISTED: Final = {"access-control-allow-headers": "AllowHeaders", "access-control-allow-methods": "AllowMethods"}


def preflight(api: Api, request: Request) -> Response | None:
    """The API's own answer to ``OPTIONS``; ``None`` when a route answers, or nothing does."""
    if request.method != "OPTIONS" or not api.cors:
        return None
    if api.kind == "REST":
        return _mock(api, api.cors, request.path)
    asks = request.header("Origin") and request.header("Access-Control-Request-Method")
    if not asks and api.match(request.method, request.path) is not None:
        return None
    listed = ((name, api.cors.get(member)) for name, member in LISTED.items())
    headers = [(name, ",".join(map(str, values))) for name, values in listed if values]
    if api.cors.get("MaxAge") is not None:
        headers.append(("access-control-max-age", str(api.cors["MaxAge"])))
    return answered(api, request, Response(204 if api.kind == "HTTP" else 200, headers))


def answered(api: Api, request: Request, response: Response) -> Response:
    """The response with the headers of CORS, if the API adds them and the request has an origin that may ask."""
    origin = request.header("Origin")
    if not (api.cors and origin and api.kind != "REST"):
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


def of_sam(given: Any) -> Mapping[str, str]:
    """SAM's ``Cors`` of a REST API as headers: an origin, or texts in quotes of their own (``"'GET,POST'"``)."""
    if not isinstance(given, Mapping):
        return {"access-control-allow-origin": str(given).strip("'")}
    texts = {name: str(value).strip("'") for name, value in given.items() if value is not None}
    named = {
        "access-control-allow-origin": texts.get("AllowOrigin"),
        "access-control-allow-headers": texts.get("AllowHeaders"),
        "access-control-allow-methods": texts.get("AllowMethods"),
        "access-control-max-age": texts.get("MaxAge"),
        "access-control-allow-credentials": "true" if texts.get("AllowCredentials", "").lower() == "true" else None,
    }
    return {name: text for name, text in named.items() if text}


def _mock(api: Api, headers: Mapping[str, str], path: str) -> Response | None:
    """What the method that SAM has made answers, to a request without an origin, too."""
    methods = {route.method for route in api.routes_at(path)}
    if not methods or "OPTIONS" in methods:
        return None
    named = ALL_METHODS if ANY in methods else sorted({*methods, "OPTIONS"})
    made = {"access-control-allow-methods": ",".join(named), **headers, "content-type": "application/json"}
    return Response(200, made.items(), b"{}\n")
