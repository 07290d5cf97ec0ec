"""A field in its three forms: ``"Field": literal``, ``"Field": "{% expression %}"``, ``"FieldPath": "$.path"``."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from asl.expressions import is_expression
from asl.paths import Reader
from asl.values import Json

Read = TypeVar("Read")


class Forms(NamedTuple, Generic[Read]):
    """What makes the reader of a field, by the form that it has."""

    literal: Callable[[Any], Read]
    expression: Callable[[str], Read]
    path: Callable[[str], Read]

    def parse(self, raw: Mapping[str, Any], field: str) -> Read | None:
        """The reader of ``field`` of ``raw``; ``None`` when it has the field in no form."""
        if f"{field}Path" in raw:
            return self.path(raw[f"{field}Path"])
        if field not in raw:
            return None
        value = raw[field]
        return self.expression(value) if is_expression(value) else self.literal(value)


def constant(value: Json) -> Reader:
    """The reader that always gives ``value``."""
    return lambda _document, _scope: value
