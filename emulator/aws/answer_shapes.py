"""Whether an answer has the types that botocore's model gives for its operation.

There are two readings, because each sees what the other does not. botocore's own parser, which the client will use,
fails on texts that are no numbers and no dates. The values of JSON and CBOR are compared with the shapes, as the parser
takes a text for a list of its letters, and a number for a text.

Numbers, texts and booleans are compared where it is known that LocalStack, MiniStack and moto's server keep them apart
(``EXACT``). Elsewhere they may stand for each other, as in some answers of moto.
"""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from emulator.aws import names
from emulator.aws.interception import AwsRequest
from emulator.aws.operations import cbor, identify

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape

EXACT: Final = frozenset({"dynamodb", "events", "sns", "sqs", "states"})
"""Endpoint prefixes of services whose numbers, texts and booleans are compared, too."""
_NUMBERS: Final = frozenset({"integer", "long", "float", "double"})
_FLOATS: Final = ("NaN", "Infinity", "-Infinity")
_NAMES: Final[Mapping[type, str]] = {
    dict: "an object", list: "a list", str: "a text", bool: "a boolean", int: "a number", float: "a number"
}  # fmt: skip
_WANTED: Final[Mapping[str, str]] = {
    "structure": "an object",
    "map": "an object",
    "list": "a list",
    "boolean": "a boolean",
}


def operation_of(request: AwsRequest) -> "OperationModel | None":
    """The model of the operation that is asked for; ``None`` if it is not known."""
    found = identify(request)
    return None if found is None else names.service_model(found.service).operation_model(found.operation)


def why_wrong(
    request: AwsRequest, protocol: str, headers: Mapping[str, str], status: int, content: bytes
) -> str | None:
    """What is wrong in an answer's members; ``None`` for an answer that fits, or whose operation is not known.

    ``protocol`` is ``json``, ``cbor``, ``xml`` (a form was sent) or ``rest``.
    """
    operation = operation_of(request)
    if operation is None or operation.has_streaming_output or operation.has_event_stream_output:
        return None
    shape = operation.output_shape
    if shape is None:
        return None
    name = _parser_name(operation, protocol)
    if name in ("json", "rest-json", "smithy-rpc-v2-cbor") and content.strip():
        value = _value(name, content)
        payload = shape.serialization.get("payload")
        body = shape if payload is None else shape.members[payload]
        problem = next(_problems(body, value, "", request.service in EXACT), None)
        if problem is not None:
            return f"a body in which {problem}"
    return _unreadable(name, shape, headers, status, content)


def _parser_name(operation: "OperationModel", protocol: str) -> str:
    model = operation.service_model
    own = str(model.metadata["protocol"])
    if protocol == "xml":
        return "ec2" if own == "ec2" else "query"
    if protocol == "rest":
        return own if own.startswith("rest-") else "json"
    return {"json": "json", "cbor": "smithy-rpc-v2-cbor"}[protocol]


def _unreadable(name: str, shape: "Shape", headers: Mapping[str, str], status: int, content: bytes) -> str | None:
    """Why botocore's parser fails."""
    from botocore.awsrequest import HeadersDict
    from botocore.parsers import create_parser

    response = {"status_code": status, "body": content, "headers": HeadersDict(headers), "context": {}}
    try:
        create_parser(name).parse(response, shape)
    except Exception as error:  # of any kind: the parser trusts its input
        return f"a body that botocore cannot read as {shape.name} ({type(error).__name__}: {error})"
    return None


def _value(name: str, content: bytes) -> Any:
    """The body's value; ``None`` for one that cannot be read, of which ``_unreadable`` says why."""
    try:
        return cbor(content) if name == "smithy-rpc-v2-cbor" else json.loads(content)
    except Exception:  # of any kind: the parser of CBOR trusts its input
        return None


def _problems(shape: Any, value: Any, path: str, is_exact: bool) -> Iterator[str]:
    """``Item.id is a text, not an object``: each place whose type is not the shape's."""
    kind = shape.type_name
    if value is None or getattr(shape, "is_document_type", False):
        return
    if not _fits(kind, value, is_exact):
        yield f"{path or 'the whole'} is {_NAMES.get(type(value), type(value).__name__)}, not {_wanted(kind)}"
    elif kind == "structure":
        for name, member in shape.members.items():
            if member.serialization.get("location") in (None, "body"):
                inner = value.get(member.serialization.get("name", name))
                yield from _problems(member, inner, f"{path}.{name}".lstrip("."), is_exact)
    elif kind == "map":
        for key, inner in value.items():
            yield from _problems(shape.value, inner, f"{path}.{key}".lstrip("."), is_exact)
    elif kind == "list":
        for at, inner in enumerate(value):
            yield from _problems(shape.member, inner, f"{path}[{at}]", is_exact)


def _fits(kind: str, value: Any, is_exact: bool) -> bool:
    if kind in ("structure", "map"):
        return isinstance(value, dict)
    if kind == "list":
        return isinstance(value, list)
    if isinstance(value, dict | list):
        return False
    if not is_exact or kind not in ("string", "character", "boolean", *_NUMBERS):
        return True
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in _NUMBERS:
        return not isinstance(value, bool) and (isinstance(value, int | float) or value in _FLOATS)
    return isinstance(value, str)


def _wanted(kind: str) -> str:
    return _WANTED.get(kind, "a number" if kind in _NUMBERS else "a text" if kind in ("string", "character") else kind)
