"""The events that functions get of requests: payload 1.0 (REST APIs too) and 2.0 (function URLs too).

Recorded on AWS in LocalStack's ``apigateway/test_apigateway_lambda``; Lambda developer guide, "Invoking Lambda function
URLs"; API Gateway developer guide, "Working with AWS Lambda proxy integrations for HTTP APIs".
"""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from emulator.apigateway.apis import DEFAULT, Api, Matched
from emulator.apigateway.messages import SOURCE_IP, USER_AGENT, Request


class Call(NamedTuple):
    """A request on its way through an API."""

    api: Api
    stage: str
    request: Request
    matched: Matched
    at: datetime
    id: str

    @property
    def variables(self) -> Mapping[str, str]:
        """The variables of the stage."""
        return self.api.stages.get(self.stage, {})

    @property
    def path(self) -> str:
        """The path with the stage, unless that is ``$default``."""
        return self.request.path if self.stage == DEFAULT else f"/{self.stage}{self.request.path}"


_NOBODY = (
    "accessKey",
    "accountId",
    "caller",
    "cognitoAuthenticationProvider",
    "cognitoAuthenticationType",
    "cognitoIdentityId",
    "cognitoIdentityPoolId",
    "principalOrgId",
)


def version_1(call: Call) -> dict[str, Any]:
    """Payload 1.0: maps that would be empty are ``null``."""
    request, api = call.request, call.api
    resource = call.matched.route.path
    headers: dict[str, list[str]] = {}
    for name, value in request.headers:
        headers.setdefault(name, []).append(value)
    query: dict[str, list[str]] = {}
    for name, value in request.query:
        query.setdefault(name, []).append(value)
    body, encoded = body_of(call)
    event: dict[str, Any] = {"version": "1.0"} if api.kind == "HTTP" else {}
    return event | {
        "resource": resource,
        "path": request.path if api.kind == "REST" else call.path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()} or None,
        "multiValueHeaders": headers or None,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": dict(call.matched.parameters) or None,
        "stageVariables": dict(call.variables) or None,
        "requestContext": context_1(call),
        "body": body,
        "isBase64Encoded": encoded,
    }


def context_1(call: Call) -> dict[str, Any]:
    """``requestContext`` of payload 1.0."""
    request, api = call.request, call.api
    context = {
        "accountId": api.account,
        "apiId": api.id,
        "deploymentId": api.id[:6],
        "domainName": api.host,
        "domainPrefix": api.id,
        "extendedRequestId": call.id.replace("-", "")[:15] + "=",
        "httpMethod": request.method,
        "identity": {
            **dict.fromkeys(_NOBODY),
            "sourceIp": SOURCE_IP,
            "user": None,
            "userAgent": request.header("User-Agent") or USER_AGENT,
            "userArn": None,
        },
        "path": call.path,
        "protocol": "HTTP/1.1",
        "requestId": call.id,
        "requestTime": clf(call.at),
        "requestTimeEpoch": milliseconds(call.at),
        "resourceId": _resource_id(call),
        "resourcePath": call.matched.route.path,
        "stage": call.stage,
    }
    return context if request.authorizer is None else {**context, "authorizer": dict(request.authorizer)}


def version_2(call: Call) -> dict[str, Any]:
    """Payload 2.0: what would be empty is left out; several values of one name are joined by commas."""
    request = call.request
    headers: dict[str, str] = {}
    for name, value in request.headers:
        name = name.lower()
        if name != "cookie":
            headers[name] = f"{headers[name]},{value}" if name in headers else value
    query: dict[str, str] = {}
    for name, value in request.query:
        query[name] = f"{query[name]},{value}" if name in query else value
    cookies = [each.strip() for name, value in request.headers if name.lower() == "cookie" for each in value.split(";")]
    body, encoded = body_of(call)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": call.matched.route.key,
        "rawPath": call.path,
        "rawQueryString": request.raw_query,
    }
    event |= {"cookies": cookies} if cookies else {}
    event["headers"] = headers
    event |= {"queryStringParameters": query} if query else {}
    event["requestContext"] = context_2(call)
    event |= {"pathParameters": dict(call.matched.parameters)} if call.matched.parameters else {}
    event |= {"stageVariables": dict(call.variables)} if call.variables else {}
    event |= {} if body is None else {"body": body}
    return {**event, "isBase64Encoded": encoded}


def context_2(call: Call) -> dict[str, Any]:
    """``requestContext`` of payload 2.0."""
    request, api = call.request, call.api
    context: dict[str, Any] = {
        "accountId": "anonymous" if api.kind == "URL" else api.account,
        "apiId": api.id,
        **({"authentication": None} if api.kind == "URL" else {}),
        "domainName": api.host,
        "domainPrefix": api.id,
        "http": {
            "method": request.method,
            "path": call.path,
            "protocol": "HTTP/1.1",
            "sourceIp": SOURCE_IP,
            "userAgent": request.header("User-Agent") or USER_AGENT,
        },
        "requestId": call.id,
        "routeKey": call.matched.route.key,
        "stage": call.stage,
        "time": clf(call.at),
        "timeEpoch": milliseconds(call.at),
    }
    return context if request.authorizer is None else {**context, "authorizer": dict(request.authorizer)}


def body_of(call: Call) -> tuple[str | None, bool]:
    """The body as an event has it, and whether that is base64.

    Of a REST API it is so for its binary media types only, and all else is text (developer guide, "Working with binary
    media types for REST APIs"); of the others for bytes that are no text.
    """
    content = call.request.body
    if not content:
        return None, False
    kind = call.request.header("Content-Type").partition(";")[0].strip()
    binary = call.api.kind == "REST" and any(_covers(each, kind) for each in call.api.binary_types)
    if not binary:
        try:
            return content.decode(errors="replace" if call.api.kind == "REST" else "strict"), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(content).decode(), True


def _covers(pattern: str, kind: str) -> bool:
    pattern = pattern.replace("~1", "/")
    return pattern in (kind, "*/*") or (pattern.endswith("/*") and kind.startswith(pattern[:-1]))


def _resource_id(call: Call) -> str:
    path = call.matched.route.path
    return next((id_ for id_, each in call.api.paths.items() if each == path), call.api.root_id)


def clf(at: datetime) -> str:
    """``10/Apr/2024:13:04:05 +0000``."""
    return f"{at:%d/%b/%Y:%H:%M:%S} +0000"


def milliseconds(at: datetime) -> int:
    """Since 1970."""
    return int(at.timestamp() * 1000)
