"""Checks of a request's members against the service model: botocore checks its requests, other clients do not."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from botocore.model import ListShape, MapShape, OperationNotFoundError, ServiceModel, Shape, StructureShape

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
    missing = list(_missing(shape, content, ""))
    if missing:
        count = f"{len(missing)} validation error{'s' if len(missing) > 1 else ''} detected: "
        told = (f"Value null at '{place}' failed to satisfy constraint: Member must not be null" for place in missing)
        raise AwsError("ValidationException", count + "; ".join(told))


def without_nulls(content: Mapping[str, Any]) -> dict[str, Any]:
    """A request's members without ``null``, which counts as missing (Smithy, awsJson protocols)."""
    return {name: value for name, value in content.items() if value is not None}


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
    for at, inner, each in _parts(shape, value, place):
        if each is not None:
            yield from _missing(inner, each, at)


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
