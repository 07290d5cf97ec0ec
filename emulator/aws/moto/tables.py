"""Faster versions of two methods of moto's DynamoDB: sorting a table's items, and writing items into responses.

For every Query and Scan moto sorts all items of a table by comparing wrapped values in Python, so a test whose table
grows to thousands of items takes minutes. Comparing the keys themselves gives the same order in a fraction of that.
moto also tries each of the ten members that an attribute's value might have, in several ways, although the value
already has its final form.

Both are in force while any emulator that has used DynamoDB is open. Then moto's own methods are put back.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from emulator.shared_change import SharedChange, Undo

BINARY: Final = frozenset({"B", "BS"})
"""Types whose values have yet to be encoded."""


def speed_up() -> Callable[[], None]:
    """Replace both of moto's methods until the result is called; calling it again does nothing."""
    return _REPLACED.use()


def _replace() -> Undo:
    from moto.core.serialize import SERVICE_SPECIFIC_SERIALIZERS
    from moto.dynamodb.models.table import Table

    original = Table.all_items
    Table.all_items = all_items
    SERVICE_SPECIFIC_SERIALIZERS.setdefault("dynamodb", {"json": _serializer()})

    def put_back() -> None:
        Table.all_items = original
        if SERVICE_SPECIFIC_SERIALIZERS.get("dynamodb") == {"json": _serializer()}:
            del SERVICE_SPECIFIC_SERIALIZERS["dynamodb"]

    return put_back


_REPLACED: Final = SharedChange(_replace)


@cache
def _serializer() -> type:
    from moto.core.serialize import JSONSerializer

    class Serializer(JSONSerializer):  # type: ignore[misc]  # moto has no types
        """Writes the values of attributes as they are."""

        def _serialize_type_structure(self, serialized: Any, value: Any, shape: Any, key: str) -> None:
            if shape.name == "AttributeValue" and is_written(value):
                serialized[key] = value
            else:
                super()._serialize_type_structure(serialized, value, shape, key)

    return Serializer


def all_items(table: Any) -> list[Any]:
    """Replaces ``Table.all_items``: the items in the order of their keys."""
    if not table.range_key_attr:
        return sorted(table.items.values(), key=lambda item: item.hash_key.cast_value)
    items = [item for partition in table.items.values() for item in partition.values()]
    return sorted(items, key=lambda item: (item.hash_key.cast_value, item.range_key.cast_value))


def is_written(value: Any) -> bool:
    """Whether an attribute's value (``{"S": "text"}``) can go into a response as it is: it has no binary values."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    [(kind, content)] = value.items()
    if kind == "M":
        return all(map(is_written, content.values()))
    if kind == "L":
        return all(map(is_written, content))
    return kind not in BINARY
