"""A template's values as the members of a service's request.

CloudFormation takes ``"10"`` for 10 and ``"true"`` for true, and ``Tags`` as a list where the service takes a mapping.
A parameter of a template is a text, also one of the type Number. So every request that makes a resource goes through
``Fitting``.
"""

from collections.abc import Callable
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape


class Fitting:
    """A client of boto3 whose requests get the types of their members.

    A member that the request does not have is left to the client, which refuses it by name.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        operation = self._client.meta.method_to_api_mapping.get(name)
        return found if operation is None else _fitting(found, self._input_shape(operation))

    def _input_shape(self, operation: str) -> Shape | None:
        shape: Shape | None = self._client.meta.service_model.operation_model(operation).input_shape
        return shape


def _fitting(call: Callable[..., Any], shape: Shape | None) -> Callable[..., Any]:
    return lambda **members: call(**(members if shape is None else _fit(shape, members)))


def fitted(client: Any, operation: str, values: dict[str, Any]) -> dict[str, Any]:
    """Those of ``values`` that the request of ``operation`` (boto3's name: ``create_pipe``) has, with their types.

    It is for resources whose properties are the members of one request and more.
    """
    name = client.meta.method_to_api_mapping[operation]
    shape = client.meta.service_model.operation_model(name).input_shape
    found: dict[str, Any] = _fit(shape, values, leaves_out=True)
    return found


def _fit(shape: Shape, value: Any, *, leaves_out: bool = False) -> Any:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        members = shape.members
        return {
            name: _fit(members[name], each, leaves_out=leaves_out) if name in members else each
            for name, each in value.items()
            if name in members or not leaves_out
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_fit(shape.member, each, leaves_out=leaves_out) for each in value]
    if isinstance(shape, MapShape):
        if isinstance(value, list) and all(isinstance(each, dict) and "Key" in each for each in value):
            value = {each["Key"]: each.get("Value") for each in value}
        if isinstance(value, dict):
            return {name: _fit(shape.value, each, leaves_out=leaves_out) for name, each in value.items()}
        return value
    return _one(shape.type_name, value)


def _one(type_: str, value: Any) -> Any:
    """A value of a simple type; as it is where it does not fit, for the service's own refusal."""
    try:
        if type_ in ("integer", "long") and (
            isinstance(value, str) or (isinstance(value, float) and value.is_integer())
        ):
            return int(value)
        if type_ in ("float", "double") and isinstance(value, str | int) and not isinstance(value, bool):
            return float(value)
    except ValueError:
        return value
    if type_ == "boolean" and isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower(), value)
    return shown(value) if type_ == "string" and isinstance(value, bool | int | float) else value


def shown(value: bool | int | float | str) -> str:
    """The text that CloudFormation makes of a simple value: ``true`` of a boolean."""
    return str(value).lower() if isinstance(value, bool) else str(value)
