"""What a function has answered, as a response to the client: by the form of the API.

Recorded on AWS in LocalStack's ``apigateway/test_apigateway_lambda`` (REST) and ``lambda_/test_lambda`` (URLs).
"""

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from emulator.apigateway.messages import Response, in_json

FIELDS: Final = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})
"""What a REST API takes of a function: anything else is an error."""
LONGEST: Final = {"REST": timedelta(seconds=29), "HTTP": timedelta(seconds=30), "URL": timedelta(minutes=15)}
"""How long an API waits for its integration."""
_LOWEST: Final = 100
_HIGHEST: Final = 599


def rest_error() -> Response:
    """An answer, or a failure, that a REST API does not take."""
    return in_json(502, {"message": "Internal server error"}, x_amzn_ErrorType="InternalServerErrorException")


def http_error() -> Response:
    """The same of an HTTP API."""
    return in_json(500, {"message": "Internal Server Error"})


def url_error() -> Response:
    """The same of a function URL."""
    return Response(502, [("content-type", "application/json")], b"Internal Server Error")


def too_late(kind: str) -> Response:
    """An integration that the API waits for no longer."""
    late = {"REST": (504, "Endpoint request timed out"), "HTTP": (503, "Service Unavailable")}
    status, message = late.get(kind, (502, "Internal Server Error"))
    return in_json(status, {"message": message})


def rest_answer(payload: str) -> Response:
    """The response of a REST API."""
    made = _answer(payload, strict=True)
    return rest_error() if made is None else made


def http_answer(payload: str) -> Response:
    """The response of an HTTP API whose function gets payload 1.0."""
    made = _answer(payload, strict=False)
    return http_error() if made is None else made


def answer_2(payload: str, error: Response) -> Response:
    """The response for payload 2.0 and a URL: any value without ``statusCode`` is the body itself."""
    value = json.loads(payload)
    if not (isinstance(value, dict) and "statusCode" in value):
        text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        return Response(200, [("content-type", "application/json")], text.encode())
    made = _answer(payload, strict=False)
    if made is None:
        return error
    cookies = value.get("cookies")
    set_cookies = [("set-cookie", str(each)) for each in cookies] if isinstance(cookies, list) else []
    return Response(made.status_code, [*made.multi_headers, *set_cookies], made.content)


def _answer(payload: str, *, strict: bool) -> Response | None:
    """The response that a function describes; ``None`` if it describes none."""
    value = json.loads(payload)
    if not isinstance(value, dict) or (strict and not (value and value.keys() <= FIELDS)):
        return None
    status = _status(value.get("statusCode", 200 if strict else None))
    many, body = value.get("multiValueHeaders") or {}, value.get("body")
    headers = value.get("headers") or {}
    if status is None or not isinstance(headers, Mapping) or not _are_lists(many):
        return None
    if body is not None and not isinstance(body, str):
        if strict:
            return None
        body = json.dumps(body, separators=(",", ":"))
    content = (body or "").encode()
    if value.get("isBase64Encoded") is True:
        try:
            content = base64.b64decode(content, validate=True)
        except ValueError:
            return None
    pairs = list(_headers(headers, many))
    if not any(name.lower() == "content-type" for name, _ in pairs):
        pairs.append(("content-type", "application/json" if strict else "text/plain; charset=utf-8"))
    return Response(status, pairs, content)


def _status(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | str | float):
        return None
    try:
        status = int(value)
    except ValueError:
        return None
    return status if _LOWEST <= status <= _HIGHEST and float(value) == status else None


def _are_lists(many: Any) -> bool:
    return isinstance(many, Mapping) and all(isinstance(each, list) for each in many.values())


def _headers(single: Mapping[str, Any], many: Mapping[str, list[Any]]) -> Iterator[tuple[str, str]]:
    """The headers: those of ``multiValueHeaders`` count before single ones of the same name."""
    named = {name.lower() for name in many}
    yield from ((name, _text(value)) for name, value in single.items() if name.lower() not in named)
    yield from ((name, _text(value)) for name, values in many.items() for value in values)


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)
