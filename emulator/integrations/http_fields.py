"""What Step Functions does not send for ``http:invoke`` and ``apigateway:invoke``: headers of its own, wrong addresses.

Sources: developer guide, "Call HTTPS APIs" and "Call API Gateway"; recorded on AWS: a header of ``apigateway:invoke``
that is no array (``test_invoke_with_headers[singleStringHeader]``). The texts of the others are ours.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from asl.problems import nearest
from asl.values import Json
from emulator.integrations.words import misfit, missing_member

METHODS: Final = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
AUTH_TYPES: Final = ("NO_AUTH", "IAM_ROLE", "RESOURCE_POLICY")
ENCODINGS: Final = ("NONE", "URL_ENCODED")
ARRAY_FORMATS: Final = ("INDICES", "REPEAT", "COMMAS", "BRACKETS")

_HTTP_HEADERS: Final = """
    a-im accept-charset accept-datetime accept-encoding authorization cache-control connection content-encoding
    content-md5 date expect forwarded from host http2-settings if-match if-modified-since if-none-match if-range
    if-unmodified-since max-forwards origin pragma proxy-authorization referer server te trailer transfer-encoding
    upgrade via warning
"""
HTTP_HEADERS: Final = frozenset(_HTTP_HEADERS.split())
HTTP_PREFIXES: Final = ("x-forwarded-", "x-amz-", "x-amzn-")
_API_HEADERS: Final = """
    authorization connection content-md5 expect host max-forwards proxy-authenticate server te transfer-encoding
    trailer upgrade via www-authenticate
"""
API_HEADERS: Final = frozenset(_API_HEADERS.split())
API_PREFIXES: Final = ("x-forwarded", "x-amz", "x-amzn")

Refusals: TypeAlias = Callable[[Mapping[str, Any]], Iterator[str]]


def _choice(name: str, value: Json, words: tuple[str, ...]) -> Iterator[str]:
    if isinstance(value, str) and value not in words:
        near = nearest(value.upper(), words, 0.75)
        hint = f"; did you mean {near[0]}?" if near else ""
        yield f"The field '{name}' is '{value}', which is none of {', '.join(words)}{hint}"


def _headers(given: Mapping[str, Any], names: frozenset[str], prefixes: tuple[str, ...]) -> Iterator[str]:
    for name in given.get("Headers") or ():
        if name.lower() in names or name.lower().startswith(prefixes):
            yield f"The field 'Headers' has '{name}', a header that a task cannot set"


def _is_list(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_plain(value: Json) -> bool:
    return not isinstance(value, dict) and (
        not isinstance(value, list) or not any(isinstance(each, dict | list) for each in value)
    )


def _values(given: Mapping[str, Any], fits: Callable[[Json], bool]) -> Iterator[str]:
    for field in ("Headers", "QueryParameters"):
        values = given.get(field)
        if isinstance(values, dict) and not all(fits(each) for each in values.values()):
            yield misfit(field, "OBJECT")


def _http(given: Mapping[str, Any]) -> Iterator[str]:
    endpoint = given.get("ApiEndpoint")
    if isinstance(endpoint, str) and not endpoint.lower().startswith("https://"):
        yield f"The field 'ApiEndpoint' is '{endpoint}', which does not begin with https://"
    yield from _choice("Method", given.get("Method"), METHODS)
    yield from _values(given, _is_plain)
    yield from _headers(given, HTTP_HEADERS, HTTP_PREFIXES)
    if not connection_arn(given):
        yield missing_member("InvocationConfig.ConnectionArn")
    transform = given.get("Transform")
    if isinstance(transform, dict):
        yield from _choice("Transform.RequestBodyEncoding", transform.get("RequestBodyEncoding"), ENCODINGS)
        options = transform.get("RequestEncodingOptions")
        if isinstance(options, dict):
            yield from _choice(
                "Transform.RequestEncodingOptions.ArrayFormat", options.get("ArrayFormat"), ARRAY_FORMATS
            )


def _api_gateway(given: Mapping[str, Any]) -> Iterator[str]:
    endpoint = given.get("ApiEndpoint")
    if isinstance(endpoint, str) and ("://" in endpoint or "/" in endpoint):
        yield f"The field 'ApiEndpoint' is '{endpoint}', which is not the name of a host alone"
    yield from _choice("Method", given.get("Method"), METHODS)
    yield from _choice("AuthType", given.get("AuthType"), AUTH_TYPES)
    yield from _values(given, _is_list)
    yield from _headers(given, API_HEADERS, API_PREFIXES)


def connection_arn(given: Mapping[str, Any]) -> str | None:
    """The ARN of the connection that the parameters of ``http:invoke`` name, in either of its places."""
    for field in ("InvocationConfig", "Authentication"):
        config = given.get(field)
        if isinstance(config, dict) and isinstance(config.get("ConnectionArn"), str):
            return str(config["ConnectionArn"])
    return None


REFUSALS: Final[Mapping[tuple[str, str], Refusals]] = {
    ("http", "invoke"): _http,
    ("apigateway", "invoke"): _api_gateway,
}
"""Service and action -> the refusals of its parameters, beyond those of their types."""
