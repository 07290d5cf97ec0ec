"""Checks of a request's members against the service model.

botocore checks types, required members and least lengths of its requests, unless ``parameter_validation`` is off; other
clients check nothing. The texts are recorded on AWS, which writes members with a small first letter.
"""

import json
import re
from collections.abc import Container, Iterator, Mapping
from typing import Any, Final, NamedTuple

from botocore.model import ListShape, MapShape, OperationNotFoundError, ServiceModel, Shape, StructureShape

from emulator.aws import names
from emulator.aws.interception import AwsRequest
from emulator.aws.refusals import AwsError

_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
}
"""Type of a shape -> its Python types after JSON; a time or a blob may be anything."""


class Checked(NamedTuple):
    """How the requests of a service are checked: boto3's name, whether for constraints, and without which members.

    ``own`` are members that an operation checks itself, because AWS has a text of its own for them.
    """

    model: str
    constraints: bool = False
    own: frozenset[str] = frozenset()


CHECKED: Final[Mapping[str, Checked]] = {
    "states": Checked(
        "stepfunctions",
        constraints=True,
        own=frozenset(
            {"name", "definition", "input", "output", "nextToken", "statusFilter", "severity", "type"}
            | {"toleratedFailureCount", "toleratedFailurePercentage", "maxConcurrency", "taskToken"}
        ),
    ),
    "events": Checked("events", constraints=True, own=frozenset({"Entries", "Targets"})),
    "sqs": Checked("sqs"),
}
"""Endpoint prefix -> how requests are checked before they are answered, of the services with a JSON protocol."""


def check_request(request: AwsRequest) -> None:
    """Raises ``AwsError`` for wrong types and missing members; takes out those that are ``null`` or unknown."""
    row = CHECKED.get(request.service)
    if row is None or request.is_internal:
        return
    if not request.header("X-Amz-Target"):
        if request.service == "sqs":  # its older protocol names the operation in a form
            return
        raise AwsError("UnknownOperationException", "The request has no X-Amz-Target: its operation is unknown")
    body = request.body or b"{}"
    given = json.loads(body)
    if b"\\ud" in body.lower() and not _is_text(given):
        raise AwsError("SerializationException", "The request's body has half of a surrogate pair, which no text has")
    content = without_nulls(given)
    model = names.service_model(row.model)
    check_members(model, request.operation, content)
    content = without_unknown(model.operation_model(request.operation).input_shape, content)
    if content != given:
        request.prepared.body = json.dumps(content).encode()


def _is_text(content: Any) -> bool:
    """Whether UTF-8 can hold all its texts."""
    try:
        json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def check_values(request: AwsRequest) -> None:
    """Raises ``AwsError`` for values outside of the model's constraints, after ``check_request``."""
    row = CHECKED.get(request.service)
    if row is not None and row.constraints and not request.is_internal and request.header("X-Amz-Target"):
        content = json.loads(request.body or b"{}")
        check_constraints(names.service_model(row.model), request.operation, content, row.own)


def check_members(model: ServiceModel, operation: str, content: Mapping[str, Any]) -> None:
    """Raises ``AwsError`` for an operation or a value that the model does not have, or a missing member."""
    try:
        shape = model.operation_model(operation).input_shape
    except OperationNotFoundError:
        raise AwsError("UnknownOperationException", f"{model.service_id} has no operation {operation!r}") from None
    if shape is None:
        return
    for problem in _mistyped(shape, content, ""):
        raise AwsError("SerializationException", problem)
    problems = [("null", place, "Member must not be null") for place in _missing(shape, content, "")]
    _refuse(problems)


def check_constraints(model: ServiceModel, operation: str, content: Mapping[str, Any], own: Container[str]) -> None:
    """Raises ``AwsError`` for values outside of the model's lengths, ranges, patterns and lists of words.

    ``own`` are members of the request that the operation checks itself. The types were checked before.
    """
    shape = model.operation_model(operation).input_shape
    if isinstance(shape, StructureShape):
        checked = {name: value for name, value in content.items() if name not in own}
        _refuse(list(_broken(shape, checked, "")))


def _refuse(problems: list[tuple[str, str, str]]) -> None:
    """Raises ``AwsError`` if there are problems: each a value's text, its place, and the constraint."""
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        told = (
            f"Value {value} at '{_shown(place)}' failed to satisfy constraint: {constraint}"
            for value, place, constraint in problems
        )
        raise AwsError("ValidationException", count + "; ".join(told))


def without_nulls(content: Mapping[str, Any]) -> dict[str, Any]:
    """A request's members without ``null``, which counts as missing at any depth (Smithy, awsJson protocols)."""
    return {name: _without_nulls(value) for name, value in content.items() if value is not None}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return without_nulls(value)
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


def without_unknown(shape: Shape | None, value: Any) -> Any:
    """The value without members that the model does not have; AWS ignores them (Smithy, awsJson)."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        known = shape.members
        return {name: without_unknown(known[name], each) for name, each in value.items() if name in known}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [without_unknown(shape.member, each) for each in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {name: without_unknown(shape.value, each) for name, each in value.items()}
    return value


def _mistyped(shape: Shape, value: Any, place: str) -> Iterator[str]:
    if value is None:
        return
    expected = _TYPES.get(shape.type_name, (object,))
    if not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected and object not in expected):
        yield f"{place or 'the request'} must be a {shape.type_name}, not {type(value).__name__}"
        return
    for at, inner, each in _parts(shape, value, place):
        yield from _mistyped(inner, each, at)


def _missing(shape: Shape, value: Any, place: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        absent = [name for name in shape.required_members if value.get(name) is None]
        yield from (f"{place}{'.' if place else ''}{name}" for name in absent)
    if isinstance(shape, ListShape):
        yield from (f"{place}.{number}.member" for number, each in enumerate(value, 1) if each is None)
    for at, inner, each in _parts(shape, value, place):
        if each is not None:
            yield from _missing(inner, each, at)


def _broken(shape: Shape, value: Any, place: str) -> Iterator[tuple[str, str, str]]:
    if value is None:
        return
    text = value if isinstance(value, str) else json.dumps(value)
    yield from ((f"'{text}'", place, f"Member must {rule}") for rule in _rules(shape, value))
    for at, inner, each in _parts(shape, value, place):
        yield from _broken(inner, each, at)


def _rules(shape: Shape, value: Any) -> Iterator[str]:
    """The rules of the shape that the value breaks. AWS tells of a pattern before a length (recorded)."""
    facts = shape.metadata
    if shape.type_name == "string" and facts.get("pattern") and not _matches(facts["pattern"], value):
        yield f"satisfy regular expression pattern: {facts['pattern']}"
    measured = {"integer": "value", "long": "value", "string": "length", "list": "length", "map": "length"}
    what = measured.get(shape.type_name)
    if what is not None:
        size = value if what == "value" else len(value)
        if size < facts.get("min", size):
            yield f"have {what} greater than or equal to {facts['min']}"
        if size > facts.get("max", size):
            yield f"have {what} less than or equal to {facts['max']}"
    if shape.type_name == "string" and facts.get("enum") and value not in facts["enum"]:
        yield f"satisfy enum value set: [{', '.join(facts['enum'])}]"


def _matches(pattern: str, text: str) -> bool:
    """Whether the text has the pattern of the model; ``True`` for the few patterns that only Java reads."""
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:
        return True


def _parts(shape: Shape, value: Any, place: str) -> Iterator[tuple[str, Shape, Any]]:
    """The parts of ``value``: place, shape and value of each. Unknown members are left out."""
    dot = "." if place else ""
    if isinstance(shape, StructureShape):
        for name, inner in shape.members.items():
            if name in value:
                yield f"{place}{dot}{name}", inner, value[name]
    elif isinstance(shape, ListShape):
        for number, each in enumerate(value):
            yield f"{place}.{number + 1}.member", shape.member, each
    elif isinstance(shape, MapShape):
        for name, each in value.items():
            yield f"{place}{dot}{name}", shape.value, each


def _shown(place: str) -> str:
    return ".".join(name[:1].lower() + name[1:] for name in place.split("."))
