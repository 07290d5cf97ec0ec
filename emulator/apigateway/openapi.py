"""An API's routes in a document of OpenAPI (or Swagger), with AWS's extensions.

The members are those of the API Gateway developer guide, "x-amazon-apigateway-integration object".
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from emulator.apigateway.apis import ANY, DEFAULT, Answer, Integration, Route

INTEGRATION: Final = "x-amazon-apigateway-integration"
ANY_METHOD: Final = "x-amazon-apigateway-any-method"
METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def routes_of(document: Mapping[str, Any]) -> Iterator[Route]:
    """The routes that have an integration."""
    shared = (document.get("components") or {}).get("x-amazon-apigateway-integrations") or {}
    for path, item in (document.get("paths") or {}).items():
        for method, operation in (item or {}).items():
            if method.lower() not in (*METHODS, ANY_METHOD) or not isinstance(operation, Mapping):
                continue
            written = operation.get(INTEGRATION)
            if isinstance(written, Mapping) and "$ref" in written:
                written = shared.get(str(written["$ref"]).rpartition("/")[2])
            if not isinstance(written, Mapping):
                continue
            made = integration_of(written)
            yield Route(
                ANY if method == ANY_METHOD else method.upper(), DEFAULT if path.lstrip("/") == DEFAULT else path, made
            )


def integration_of(written: Mapping[str, Any]) -> Integration:
    """An integration as OpenAPI writes it."""
    answers = tuple(
        Answer(
            int(answer.get("statusCode", 200)),
            None if pattern == "default" else str(pattern),
            answer.get("responseTemplates") or {},
            _texts(answer.get("responseParameters")),
        )
        for pattern, answer in (written.get("responses") or {}).items()
    )
    return Integration(
        str(written.get("type", "")).upper(),
        str(written.get("uri") or ""),
        str(written.get("payloadFormatVersion") or "1.0"),
        str(written.get("integrationSubtype") or ""),
        written.get("requestTemplates") or {},
        _texts(written.get("requestParameters")),
        str(written.get("passthroughBehavior") or "WHEN_NO_MATCH"),
        answers,
        str(written.get("httpMethod") or "POST"),
    )


def _texts(parameters: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in (parameters or {}).items()}
