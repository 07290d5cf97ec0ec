"""A template's values as the members of a service's request.

CloudFormation takes ``"10"`` for 10 and ``"true"`` for true, and ``Tags`` as a list where the service takes a mapping.
A member that the request does not have is left out.
"""

from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape


def fitted(client: Any, operation: str, values: dict[str, Any]) -> dict[str, Any]:
    """``values`` with the types of the request of ``operation`` (boto3's name: ``create_pipe``)."""
    name = client.meta.method_to_api_mapping[operation]
    shape = client.meta.service_model.operation_model(name).input_shape
    found: dict[str, Any] = _fit(shape, values)
    return found


def _fit(shape: Shape, value: Any) -> Any:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return {name: _fit(shape.members[name], each) for name, each in value.items() if name in shape.members}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_fit(shape.member, each) for each in value]
    if isinstance(shape, MapShape):
        if isinstance(value, list) and all(isinstance(each, dict) and "Key" in each for each in value):
            value = {each["Key"]: each.get("Value") for each in value}
        return {name: _fit(shape.value, each) for name, each in value.items()} if isinstance(value, dict) else value
    return _one(shape.type_name, value)


def _one(type_: str, value: Any) -> Any:
    """A value of a simple type; as it is where it does not fit, for the service's own refusal."""
    try:
        if type_ in ("integer", "long") and isinstance(value, str | float):
            return int(value)
        if type_ in ("float", "double") and isinstance(value, str | int):
            return float(value)
    except ValueError:
        return value
    if type_ == "boolean" and isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower(), value)
    if type_ == "string" and isinstance(value, bool):
        return "true" if value else "false"
    if type_ == "string" and isinstance(value, int | float):
        return str(value)
    return value
