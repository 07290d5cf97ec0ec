"""What each kind of integration does with a request: ``INTEGRATIONS`` is the table.

Sources: API Gateway developer guide, "Set up REST API integrations" and "Choose an integration type"; recorded on AWS
in LocalStack's ``apigateway/``.
"""

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

from emulator.apigateway import answers, outside, services
from emulator.apigateway.apis import Answer
from emulator.apigateway.events import Call, context_1, version_1, version_2
from emulator.apigateway.mapping import Mapped, MappingError, mapped
from emulator.apigateway.messages import Response, in_json
from emulator.errors import NotEmulatedError
from emulator.functions import ThrottledError
from emulator.lambda_.time.shown import current_handler_time
from emulator.world import World

log = logging.getLogger(__name__)

JSON: Final = "application/json"
DEEPEST: Final = 10
"""How many requests of functions to one API may wait for one another: each takes some of Python's stack."""

Integrate: TypeAlias = Callable[[World, Call], Response]


def integrate(world: World, call: Call) -> Response:
    """The response to a request. Raises ``NotEmulatedError`` for an integration that is not emulated."""
    integration = call.matched.route.integration
    if integration.subtype:
        return _subtype(world, call)
    integrate_ = INTEGRATIONS.get(integration.type.upper())
    if integrate_ is None or _leaves(integration.type, integration.uri):
        target = integration.uri or integration.type
        raise NotEmulatedError(
            f"API {call.api.name}: {call.request.method} {call.request.path} goes to {target}, which is outside of the "
            "emulator\n    fix: let the test call what would answer"
        )
    return integrate_(world, call)


def _leaves(kind: str, uri: str) -> bool:
    """Whether the integration goes to something that is neither one of AWS's services nor a URL."""
    kind = kind.upper()
    if kind.startswith("HTTP"):
        return not outside.is_outside(kind, uri)
    return kind != "MOCK" and not (":lambda:" in uri or uri.startswith("arn:"))


# Functions -----------------------------------------------------------------------------------------------------------


def function_of(uri: str, variables: Mapping[str, str]) -> str:
    """The ARN of the function that a URI names: ``arn:...:lambda:path/2015-03-31/functions/<arn>/invocations``."""
    for name, value in variables.items():
        uri = uri.replace(f"${{stageVariables.{name}}}", value)
    found = re.search(r"functions/(.+?)/invocations", uri)
    return found[1] if found else uri


def _proxy(world: World, call: Call) -> Response:
    """A function that gets the whole request, and answers for the API."""
    api, integration = call.api, call.matched.route.integration
    is_2 = api.kind == "URL" or (api.kind == "HTTP" and integration.payload == "2.0")
    event = version_2(call) if is_2 else version_1(call)
    error = {"REST": answers.rest_error, "HTTP": answers.http_error, "URL": answers.url_error}[api.kind]()
    arn = function_of(integration.uri, call.variables)
    answered = _invoke(world, call, arn, json.dumps(event, ensure_ascii=False))
    if isinstance(answered, Response):
        return answered
    payload, failed = answered
    if failed:
        return error
    if is_2:
        return answers.answer_2(payload, error)
    return answers.rest_answer(payload) if api.kind == "REST" else answers.http_answer(payload)


def _invoke(world: World, call: Call, arn: str, text: str) -> tuple[str, bool] | Response:
    """A function's answer and whether it failed; or the response of an API that waits no longer, or finds none."""
    is_rest = call.api.kind == "REST"
    try:
        with _waiting(call, arn) as where:
            done = world.ask_function(arn, text, where)
    except ThrottledError:
        return answers.rest_error() if is_rest else in_json(503, {"message": "Service Unavailable"})
    except LookupError:
        return answers.rest_error() if is_rest else answers.http_error()
    if done.duration > answers.LONGEST[call.api.kind]:
        return answers.too_late(call.api.kind)
    return done.payload, done.error


@contextmanager
def _waiting(call: Call, arn: str) -> Iterator[str]:
    """A block in which the caller waits for a function; gives what it asks for.

    Raises ``NotEmulatedError`` for a function that asks, in the end, for its own answer.
    """
    where, waiting = f"{call.request.method} {call.request.path} of API {call.api.name}", call.api.asked_by_handlers
    if current_handler_time() is None:
        yield where
        return
    shown = f"{where} (function {arn.rpartition(':')[2]})"
    if len(waiting) >= DEEPEST:
        chain = " -> ".join(dict.fromkeys((*waiting, shown)))
        raise NotEmulatedError(
            f"{len(waiting)} requests of functions to API {call.api.name} wait for one another, each begun by the one "
            f"before: {chain} -> {shown}\n    fix: let no function ask for what it answers itself"
        )
    waiting.append(shown)
    try:
        yield where
    finally:
        waiting.pop()


# REST APIs with mapping templates -------------------------------------------------------------------------------------


def _mapped_request(call: Call) -> Mapped | Response:
    """What the route's template makes of the request, or the refusal of a body that has no template."""
    integration = call.matched.route.integration
    kind = call.request.header("Content-Type").partition(";")[0].strip() or JSON
    body = call.request.body.decode(errors="replace")
    template = integration.templates.get(kind)
    if template is not None:
        return mapped(template, call, body)
    passes = integration.passthrough.upper()
    if passes == "NEVER" or (passes == "WHEN_NO_TEMPLATES" and integration.templates):
        return in_json(415, {"message": "Unsupported Media Type"}, x_amzn_ErrorType="BadRequestException")
    return Mapped(body, {})


def _custom(world: World, call: Call) -> Response:
    """A service's action or a function, with templates for the request and the answer."""
    try:
        request = _mapped_request(call)
        if isinstance(request, Response):
            return request
        uri = call.matched.route.integration.uri
        if ":lambda:" in uri:
            answered = _invoke(world, call, function_of(uri, call.variables), request.text or "{}")
            if isinstance(answered, Response):
                return answered
            payload, failed = answered
            error = str(json.loads(payload).get("errorMessage", "")) if failed else None
            return _answer(call, payload, JSON, selected=error)
        if outside.is_outside(call.matched.route.integration.type, uri):
            received = outside.ask(world, call, _to_server(call, request.text))
            if received is None:
                return answers.too_late(call.api.kind)
            kind = received.header("Content-Type") or JSON
            body = received.body.decode(errors="replace")
            return _answer(call, body, kind, selected=str(received.status))
        service = _ask(world, call, request.text)
        return _answer(call, service.body, service.content_type, selected=str(service.status))
    except MappingError as error:
        return _not_mapped(call, str(error))


def _ask(world: World, call: Call, text: str) -> services.Answered:
    integration = call.matched.route.integration
    uri = integration.uri
    for name, value in {**call.matched.parameters, **_parameters(call, "path")}.items():
        uri = uri.replace(f"{{{name}}}", value)
    place = services.place_of(uri)
    if place.action:
        return services.ask(world, place.region, place.service, place.action, text)
    headers = _parameters(call, "header")
    return services.send(world, place.region, place.service, integration.method, place.path, headers, text)


def _to_server(call: Call, text: str) -> outside.Asked:
    """The request to a server of the user's own: what the route maps, and nothing else of the client's."""
    headers = {"Content-Type": call.request.header("Content-Type") or JSON, **_parameters(call, "header")}
    query = urlencode(_parameters(call, "querystring"))
    return outside.Asked(_parameters(call, "path"), tuple(headers.items()), query, text.encode())


def _parameters(call: Call, where: str) -> dict[str, str]:
    """The mapped parameters of a part of the request: ``path``, ``header``, ``querystring``."""
    start = f"integration.request.{where}."
    mapped_ = call.matched.route.integration.parameters
    return {
        name.removeprefix(start): _parameter(call, each) for name, each in mapped_.items() if name.startswith(start)
    }


def _parameter(call: Call, text: str) -> str:
    """A mapped parameter: ``'a text'``, ``method.request.path.id``, ``context.requestId``, ``stageVariables.x``."""
    if text.startswith("'"):
        return text.strip("'")
    if text.startswith("context."):
        found: Any = context_1(call)
        for part in text.split(".")[1:]:
            found = found.get(part) if isinstance(found, Mapping) else None
        return "" if found is None else str(found)
    return services.value(call, f"${text.removeprefix('method.')}") or ""


def _answer(call: Call, body: str, content_type: str, *, selected: str | None) -> Response:
    """The route's answer whose pattern matches ``selected``, else the default one: without either, an error."""
    integration = call.matched.route.integration
    chosen = next(
        (
            each
            for each in integration.answers
            if each.pattern and selected is not None and re.fullmatch(each.pattern, selected, re.DOTALL)
        ),
        None,
    )
    chosen = chosen or next((each for each in integration.answers if not each.pattern), None)
    if chosen is None:
        return _not_mapped(call, f"no response of the integration is for {selected!r}, and none is the default")
    return _respond(call, chosen, body, content_type)


def _not_mapped(call: Call, why: str) -> Response:
    """The answer to a client when a mapping fails. Its reason is in the log only, as with API Gateway."""
    log.error("API %s: %s %s was answered with 500: %s", call.api.name, call.request.method, call.request.path, why)
    return in_json(500, {"message": "Internal server error"}, x_amzn_ErrorType="InternalServerErrorException")


def _respond(call: Call, answer: Answer, body: str, content_type: str) -> Response:
    status, text, headers = answer.status, body, {}
    for name, value in answer.parameters.items():
        place, _, header = name.partition(".header.")
        if place == "method.response":
            headers[header.lower()] = value.strip("'") if value.startswith("'") else ""
    kind = JSON if JSON in answer.templates else next(iter(answer.templates), content_type)
    template = answer.templates.get(kind)
    if template:
        made = mapped(template, call, body)
        status, text = made.status or status, made.text
        headers |= {name.lower(): value for name, value in made.headers.items()}
    headers.setdefault("content-type", kind.replace("x-amz-json-1.0", "json").replace("x-amz-json-1.1", "json"))
    return Response(status, headers.items(), text.encode())


def _mock(world: World, call: Call) -> Response:
    """An answer that the API makes itself: the template says which status it would have had."""
    try:
        request = _mapped_request(call)
        if isinstance(request, Response):
            return request
        try:
            status = str(json.loads(request.text or "{}").get("statusCode", ""))
        except (ValueError, AttributeError):
            status = ""
        return _answer(call, "", JSON, selected=status)
    except MappingError as error:
        return _not_mapped(call, str(error))


# HTTP APIs with services ----------------------------------------------------------------------------------------------


def _subtype(world: World, call: Call) -> Response:
    integration = call.matched.route.integration
    answered = services.ask_subtype(world, call, integration.subtype, integration.parameters)
    return Response(answered.status, [("content-type", JSON)], answered.body.encode())


INTEGRATIONS: Final[Mapping[str, Integrate]] = {
    "AWS_PROXY": _proxy,
    "AWS": _custom,
    "HTTP": _custom,
    "HTTP_PROXY": outside.proxy,
    "MOCK": _mock,
}
"""Type of an integration -> what it does."""
