"""``apigateway:invoke``: a request to an API, answered by the emulator's own API or as ``emulator.targets.web`` says.

Sources: developer guide, "Call API Gateway REST APIs with Step Functions"; recorded on AWS: the body that is sent, the
headers of a REST API's response, and the failure (``test_apigetway_task_service.py``).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from asl.chance import Chance
from asl.effects import CallTarget
from asl.resources import Resource
from asl.values import Json, encode
from emulator.answers import Answer, Reply
from emulator.endpoints.messages import Received, SentRequest
from emulator.execution import Execution
from emulator.targets.http_requests import charset_of, failure_of, result, with_query
from emulator.targets.target import Parts, Target, chance_of
from emulator.targets.web import Asked, Web

_NAMES: Final = {"content-type": "Content-Type", "x-amzn-errortype": "x-amzn-ErrorType"}
"""The names of headers as AWS writes them."""


class ApiGatewayInvoke(Target):
    """Calls APIs of API Gateway."""

    def __init__(self, parts: Parts) -> None:
        self._world = parts.world
        self._web = Web(parts.world, parts.endpoints, parts.api_at)

    @staticmethod
    def supports(resource: Resource) -> str | None:
        """It can always be called."""
        return None

    def call(self, execution: Execution, call: CallTarget) -> Reply:
        """The response, or the failure with its status and body."""
        given = call.argument.value
        assert isinstance(given, dict), "the machine has checked it"
        asked = self._web.ask(execution, call, request_of(given))
        received = asked.received
        if received is None:
            return Reply(Answer(error="ApiGateway.SdkClientException", cause="Read timed out"), asked.at)
        text = received.body.decode(charset_of(received.header("Content-Type")), errors="replace")
        if (failure := failure_of("apigateway", received.status, text)) is not None:
            return Reply(failure, asked.at, received.error)
        headers = _headers(asked, received, chance_of(self._world, execution, call))
        return Reply(Answer(output=encode(result(received, text, headers))), asked.at)


def request_of(given: Mapping[str, Any]) -> SentRequest:
    """The request of a task. Its body is JSON, a text too; a null is not sent, unless AllowNullValues says so."""
    keeps_null = given.get("AllowNullValues") is True
    path = "/".join(each for each in (str(given.get("Stage") or ""), str(given.get("Path") or "").strip("/")) if each)
    headers = {name: list(texts) for name, texts in (given.get("Headers") or {}).items()}
    body = b""
    if "RequestBody" in given and (given["RequestBody"] is not None or keeps_null):
        value = given["RequestBody"] if keeps_null else _without_null(given["RequestBody"])
        body = encode(value).encode()
        if not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = ["application/json"]
        headers["Content-Length"] = [str(len(body))]
    sent = [("Host", given["ApiEndpoint"]), *((name, text) for name, texts in headers.items() for text in texts)]
    url = with_query(f"https://{given['ApiEndpoint']}/{path}", given.get("QueryParameters") or {})
    return SentRequest(given["Method"], url, tuple(sent), body)


def _without_null(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _without_null(each) for name, each in value.items() if each is not None}
    return [_without_null(each) for each in value] if isinstance(value, list) else value


def _headers(asked: Asked, received: Received, chance: Chance) -> dict[str, list[str]]:
    """The response's headers, sorted; an API of the emulator gets those that AWS adds."""
    found: dict[str, list[str]] = {}
    for name, value in received.headers:
        found.setdefault(_NAMES.get(name, name), []).append(value)
    if asked.api is not None:
        found |= {name: [text] for name, text in _added(asked, received, chance).items()}
    return dict(sorted(found.items(), key=lambda each: each[0].lower()))


def _added(asked: Asked, received: Received, chance: Chance) -> dict[str, str]:
    """What API Gateway adds, and CloudFront to the response of a REST API (recorded)."""
    shown: datetime = asked.at.astimezone(UTC)
    request_id = chance.uuid()
    added = {
        "Connection": "keep-alive",
        "Content-Length": str(len(received.body)),
        "Date": shown.strftime("%a, %d %b %Y %H:%M:%S GMT"),
    }
    if asked.api is None or asked.api.kind != "REST":
        return {**added, "Apigw-Requestid": request_id}
    letters = chance.uuid().replace("-", "")
    return {
        **added,
        "Via": f"1.1 {letters}.cloudfront.net (CloudFront)",
        "x-amz-apigw-id": letters[:16],
        "X-Amz-Cf-Id": chance.uuid(),
        "X-Amz-Cf-Pop": "IAD55-P1",
        "x-amzn-RequestId": request_id,
        "X-Amzn-Trace-Id": f"Root=1-{int(shown.timestamp()):08x}-{letters[:24]}",
        "X-Cache": "Miss from cloudfront",
    }
