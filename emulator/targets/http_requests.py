"""The request that ``http:invoke`` sends, and the result that it makes of the response.

Source: Step Functions developer guide, "Call HTTPS APIs in Step Functions workflows".
"""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from asl.values import Json, encode
from emulator.answers import Answer
from emulator.endpoints.messages import Received, SentRequest
from emulator.eventbridge.connections import Connection, pairs_of
from emulator.targets.failures import RUNTIME

FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"
BINARY: Final = ("application/octet-stream", "image/", "video/", "audio/")
"""Types of responses that a task does not take."""


class RefusedError(Exception):
    """Step Functions does not send the request: the text is the cause of a States.Runtime."""


def request_of(given: Mapping[str, Any], connection: Connection, region: str, token: str | None) -> SentRequest:
    """The request of a task; what the connection gives is sent in place of the task's own of the same name.

    Raises ``RefusedError`` for a text as body when the connection adds to the body.
    """
    headers: dict[str, tuple[str, list[str]]] = {
        "user-agent": ("User-Agent", [f"Amazon|StepFunctions|HttpInvoke|{region}"]),
        "range": ("Range", ["bytes=0-262144"]),
    }
    for name, value in (given.get("Headers") or {}).items():
        headers[name.lower()] = name, _texts(value)
    for name, text in connection.added("Header").items():
        headers[name.lower()] = name, [text]
    query = {name: _texts(value) for name, value in (given.get("QueryParameters") or {}).items()}
    query |= {name: [text] for name, text in connection.added("QueryString").items()}
    if (authorization := _authorization(connection, token)) is not None:
        headers[authorization[0].lower()] = authorization[0], [authorization[1]]
    body, kind = _body(given, connection.added("Body"))
    if body:
        headers.setdefault("content-type", ("Content-Type", [kind]))
        headers["content-length"] = "Content-Length", [str(len(body))]
    url = given["ApiEndpoint"]
    host = url.partition("://")[2].partition("/")[0].partition("?")[0]
    sent = [("Host", host), *((name, text) for name, texts in headers.values() for text in texts)]
    return SentRequest(given["Method"], with_query(url, query), tuple(sent), body)


def with_query(url: str, query: Mapping[str, Iterable[str]]) -> str:
    """``url`` with more parameters, percent-encoded; a blank is ``%20``."""
    added = "&".join(f"{_quoted(name)}={_quoted(text)}" for name, texts in query.items() for text in texts)
    return f"{url}{'&' if '?' in url else '?'}{added}" if added else url


def _authorization(connection: Connection, token: str | None) -> tuple[str, str] | None:
    values = connection.authorization
    if connection.type == "BASIC":
        pair = f"{values.get('Username', '')}:{values.get('Password', '')}"
        return "Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"
    if connection.type == "API_KEY":
        return str(values.get("ApiKeyName")), str(values.get("ApiKeyValue"))
    return None if token is None else ("Authorization", f"Bearer {token}")


def token_request(connection: Connection) -> SentRequest:
    """The request for an OAuth token by the client's credentials (RFC 6749, 4.4; a form, whatever the endpoint is).

    How EventBridge writes it is not documented.
    """
    values = connection.authorization
    client, more = values.get("ClientParameters") or {}, values.get("OAuthHttpParameters")
    form = {
        "grant_type": "client_credentials",
        "client_id": client.get("ClientID", ""),
        "client_secret": client.get("ClientSecret", ""),
        **pairs_of(more, "Body"),
    }
    query = {name: [text] for name, text in pairs_of(more, "QueryString").items()}
    method, url, body = values["HttpMethod"], values["AuthorizationEndpoint"], b""
    if method == "GET":
        query = {**{name: [text] for name, text in form.items()}, **query}
    else:
        body = "&".join(f"{_quoted(name)}={_quoted(text)}" for name, text in form.items()).encode()
    headers = {"Content-Type": FORM, "Content-Length": str(len(body))} if body else {}
    headers = {"Host": url.partition("://")[2].partition("/")[0], **headers, **pairs_of(more, "Header")}
    return SentRequest(method, with_query(url, query), tuple(headers.items()), body)


# Bodies --------------------------------------------------------------------------------------------------------------


def _body(given: Mapping[str, Any], added: Mapping[str, str]) -> tuple[bytes, str]:
    """The body and its type."""
    body = given.get("RequestBody")
    if added:
        if body is not None and not isinstance(body, dict):
            raise RefusedError(
                "The connection adds parameters to the body, so the field 'RequestBody' must be an object"
            )
        body = {**(body or {}), **added}
    transform = given.get("Transform") or {}
    if body is None:
        return b"", JSON
    if transform.get("RequestBodyEncoding") == "URL_ENCODED":
        if not isinstance(body, dict):
            raise RefusedError("The field 'RequestBody' must be an object to be URL-encoded")
        array = (transform.get("RequestEncodingOptions") or {}).get("ArrayFormat") or "INDICES"
        return form_text(body, array).encode(), FORM
    return (body if isinstance(body, str) else encode(body)).encode(), JSON


def form_text(body: Mapping[str, Json], array: str) -> str:
    """An object as a form; ``array`` is how its arrays are written: INDICES, REPEAT, COMMAS or BRACKETS."""
    return "&".join(part for name, value in body.items() for part in _form_parts(name, value, array))


def _form_parts(name: str, value: Json, array: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _form_parts(f"{name}[{key}]", item, array)
    elif isinstance(value, list) and array == "COMMAS":
        yield f"{_quoted(name)}={','.join(_quoted(_text(each)) for each in value)}"
    elif isinstance(value, list):
        for index, item in enumerate(value):
            own = {"INDICES": f"{name}[{index}]", "BRACKETS": f"{name}[]"}.get(array, name)
            yield from _form_parts(own, item, array)
    else:
        yield f"{_quoted(name)}={_quoted(_text(value))}"


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _text(value: Json) -> str:
    return value if isinstance(value, str) else "" if value is None else encode(value)


def _texts(value: Json) -> list[str]:
    return [_text(each) for each in value] if isinstance(value, list) else [_text(value)]


# Results -------------------------------------------------------------------------------------------------------------


def result_of(received: Received) -> Answer:
    """The result of a task, or the failure that it makes of another status, or of a body that is no text."""
    kind = received.header("Content-Type").partition(";")[0].strip().lower()
    if received.body and kind.startswith(BINARY):
        return Answer(
            error=RUNTIME, cause=f"The response has the Content-Type '{kind}', which is not text", refused=True
        )
    try:
        text = received.body.decode(charset_of(received.header("Content-Type")))
    except (LookupError, UnicodeDecodeError):
        return Answer(error=RUNTIME, cause="The response's body is not text in its character set", refused=True)
    return failure_of("http", received.status, text) or Answer(output=encode(result(received, text)))


_FAILURES: Final[Mapping[str, str]] = {"http": "States.Http.StatusCode.{}", "apigateway": "ApiGateway.{}"}
"""Service of ``:invoke`` -> the error of a response with another status than 2xx; its body is the cause."""


def failure_of(service: str, status: int, text: str) -> Answer | None:
    """The failure of a task whose response has this status and body; ``None`` if it succeeds."""
    if 200 <= status < 300:
        return None
    return Answer(error=_FAILURES[service].format(status), cause=text)


def result(received: Received, text: str, headers: Mapping[str, list[str]] | None = None) -> dict[str, Json]:
    """The members of a result: a body of JSON is its value, any other one its text."""
    named: dict[str, list[str]] = {}
    for name, value in () if headers is not None else received.headers:
        named.setdefault(name, []).append(value)
    given = headers if headers is not None else named
    return {
        "Headers": {name: list(values) for name, values in given.items()},
        "ResponseBody": body_value(received.header("Content-Type"), text),
        "StatusCode": received.status,
        "StatusText": received.reason,
    }


def body_value(content_type: str, text: str) -> Json:
    """The value of a body."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == JSON or kind.endswith("+json"):
        try:
            value: Json = json.loads(text)
        except ValueError:
            return text
        return value
    return text


def charset_of(content_type: str) -> str:
    """The character set of a body."""
    for part in content_type.split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"')
    return "utf-8"
