"""``input_type``: the stored JSON input as the user's own type.

Supported: dataclasses, ``TypedDict`` classes, and pydantic models (anything with ``model_validate``, so
pydantic is not a dependency). Keys that the type does not declare are left out of a dataclass and stay in the
stored record. Field types are checked if they are JSON types (text, number, boolean, list, object, ``None``,
unions and literals of these, nested dataclasses and TypedDicts); other annotations are not checked.
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, NotRequired, Required, Union

from .errors import ValidationError, invalid_field
from .plain import Json, JsonObject

Convert = Callable[[JsonObject], Any]

_NAMES: Final[Mapping[type, str]] = {
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
    type(None): "null",
}


def converter(input_type: Any, what: str = "input_type") -> Convert:
    """A function from a stored input to ``input_type``; it raises ``ValidationError`` if the input does not match.

    ``None`` and ``dict`` leave the input unchanged. Raises ``TypeError``, which names the argument ``what``, for an
    unsupported type.
    """
    if input_type is None or input_type is dict or typing.get_origin(input_type) is dict:
        return lambda value: value
    if callable(getattr(input_type, "model_validate", None)):
        return lambda value: _validated(input_type, value)
    if typing.is_typeddict(input_type) or (dataclasses.is_dataclass(input_type) and isinstance(input_type, type)):
        return lambda value: _checked(input_type, value)
    raise TypeError(
        f"{what}={input_type!r} is not a supported type; pass a dataclass, a TypedDict, a pydantic model, or dict"
    )


def type_name(value: Any) -> str:
    """The JSON type of ``value`` as validation messages name it: ``number``, ``null``..."""
    return _NAMES.get(type(value), type(value).__name__)


def _checked(kind: Any, value: JsonObject) -> Any:
    invalid: JsonObject = {}
    result = _read(kind, value, [], invalid)
    if invalid:
        raise ValidationError(invalid)
    return result


def _validated(model: Any, value: JsonObject) -> Any:
    try:
        return model.model_validate(value)
    except Exception as error:
        if not callable(details := getattr(error, "errors", None)):
            raise
        raise ValidationError(
            {
                ".".join(map(str, detail["loc"])): invalid_field(detail["msg"], list(detail["loc"]), detail["type"])
                for detail in details()
            }
        ) from error


def _read(kind: Any, value: JsonObject, path: list[Json], invalid: JsonObject) -> Any:
    """``value`` as the dataclass or TypedDict ``kind``; mismatches are added to ``invalid`` under their dotted path."""
    result = {}
    for name, hint, optional in _fields(kind):
        at = [*path, name]
        if name in value:
            result[name] = _read_field(hint, value[name], at, invalid)
        elif not optional:
            invalid[_dotted(at)] = invalid_field("Required", at)
    if typing.is_typeddict(kind):
        return {**value, **result}
    return None if invalid else kind(**result)


def _fields(kind: Any) -> list[tuple[str, Any, bool]]:
    """The fields of the input: name, type, and whether the field is optional."""
    hints = _hints(kind)
    if typing.is_typeddict(kind):
        return [(name, _bare(hint), _is_optional(kind, name, hint)) for name, hint in hints.items()]
    unset = dataclasses.MISSING
    return [
        (field.name, hints[field.name], field.default is not unset or field.default_factory is not unset)
        for field in dataclasses.fields(kind)
        if field.init
    ]


def _hints(kind: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(kind, include_extras=True)
    except NameError as error:
        raise TypeError(
            f"input_type {kind.__name__}: {error}; types in its annotations must be module-level names"
        ) from None


def _is_optional(kind: Any, name: str, hint: Any) -> bool:
    """``NotRequired`` is read from the hint: with postponed annotations, the class does not record it."""
    if (origin := typing.get_origin(hint)) in (NotRequired, Required):
        return origin is NotRequired
    return name in kind.__optional_keys__


def _bare(hint: Any) -> Any:
    return typing.get_args(hint)[0] if typing.get_origin(hint) in (NotRequired, Required, Annotated) else hint


def _read_field(hint: Any, item: Json, path: list[Json], invalid: JsonObject) -> Any:
    hint = _bare(hint)
    if _is_record(hint) and isinstance(item, dict):
        return _read(hint, item, path, invalid)
    if not _fits(hint, item):
        invalid[_dotted(path)] = invalid_field(f"Expected {_wanted(hint)}, received {type_name(item)}", path)
        return item
    for choice in _choices(hint):
        if _is_record(choice) and isinstance(item, dict):
            return _read(choice, item, path, invalid)
    if _origin(hint) is list and isinstance(item, list) and (arguments := typing.get_args(hint)):
        return [_read_field(arguments[0], part, [*path, index], invalid) for index, part in enumerate(item)]
    return item


def _fits(hint: Any, item: Json) -> bool:
    origin = _origin(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(choice, item) for choice in typing.get_args(hint))
    if origin is Literal:
        return any(type(item) is type(word) and item == word for word in typing.get_args(hint))
    if _is_record(hint) or origin in (dict, Mapping):
        return isinstance(item, dict)
    if origin is bool or isinstance(item, bool):
        return (origin is bool and isinstance(item, bool)) or origin not in _NAMES
    if origin in (int, float):
        return isinstance(item, int) or (origin is float and isinstance(item, float))
    if origin in (list, Sequence):
        return isinstance(item, list)
    return origin not in _NAMES or isinstance(item, origin)


def _wanted(hint: Any) -> str:
    origin = _origin(hint)
    if origin is Literal:
        return " | ".join(map(repr, typing.get_args(hint)))
    if choices := _choices(hint):
        return " | ".join(map(_wanted, choices))
    return "integer" if origin is int else _NAMES.get(origin, "object")


def _choices(hint: Any) -> tuple[Any, ...]:
    return typing.get_args(hint) if _origin(hint) in (Union, types.UnionType) else ()


def _origin(hint: Any) -> Any:
    return typing.get_origin(hint) or hint


def _is_record(hint: Any) -> bool:
    return typing.is_typeddict(hint) or (dataclasses.is_dataclass(hint) and isinstance(hint, type))


def _dotted(path: list[Json]) -> str:
    return ".".join(map(str, path))
