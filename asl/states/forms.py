"""A field in its three forms: ``"Field": literal``, ``"Field": "{% expression %}"``, ``"FieldPath": "$.path"``."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from asl.expressions import is_expression
from asl.paths import Reader
from asl.values import Json

Read = TypeVar("Read")


class Forms(NamedTuple, Generic[Read]):
    """The functions that make the reader of a field, one for each form."""

    literal: Callable[[Any], Read]
    expression: Callable[[str], Read]
    path: Callable[[str], Read]

    def parse(self, raw: Mapping[str, Any], field: str) -> Read | None:
        """The reader of ``field`` of ``raw``; ``None`` if ``raw`` does not have the field in any form."""
        if f"{field}Path" in raw:
            return self.path(raw[f"{field}Path"])
        if field not in raw:
            return None
        value = raw[field]
        return self.expression(value) if is_expression(value) else self.literal(value)


def constant(value: Json) -> Reader:
    """The reader that always gives ``value``."""
    return lambda _document, _scope: value
