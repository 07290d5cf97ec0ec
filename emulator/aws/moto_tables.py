"""Two methods of moto's DynamoDB, done faster: the order of a table's items, and how items are written into responses.

moto sorts all items of a table for every Query and Scan, comparing wrapped values in Python, so a test whose table
grows to thousands of items takes minutes; the keys themselves compare to the same order in a fraction of that. And it
asks for each of the ten members that an attribute's value might have, in each of several ways, although the value has
its final form already.
"""

from typing import Any, Final

BINARY: Final = frozenset({"B", "BS"})
"""Types whose values are still to be encoded."""


def hasten() -> None:
    """Put both in the place of moto's own; does nothing the second time."""
    from moto.core.serialize import SERVICE_SPECIFIC_SERIALIZERS, JSONSerializer
    from moto.dynamodb.models.table import Table

    Table.all_items = all_items
    if "dynamodb" in SERVICE_SPECIFIC_SERIALIZERS:
        return

    class Serializer(JSONSerializer):  # type: ignore[misc]  # moto has no types
        """Writes the values of attributes as they are."""

        def _serialize_type_structure(self, serialized: Any, value: Any, shape: Any, key: str) -> None:
            if shape.name == "AttributeValue" and is_written(value):
                serialized[key] = value
            else:
                super()._serialize_type_structure(serialized, value, shape, key)

    SERVICE_SPECIFIC_SERIALIZERS["dynamodb"] = {"json": Serializer}


def all_items(table: Any) -> list[Any]:
    """In the place of ``Table.all_items``: the items in the order of their keys."""
    if not table.range_key_attr:
        return sorted(table.items.values(), key=lambda item: item.hash_key.cast_value)
    items = [item for partition in table.items.values() for item in partition.values()]
    return sorted(items, key=lambda item: (item.hash_key.cast_value, item.range_key.cast_value))


def is_written(value: Any) -> bool:
    """Whether an attribute's value (``{"S": "text"}``) is what a response holds, binary values being none inside."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    [(kind, content)] = value.items()
    if kind == "M":
        return all(map(is_written, content.values()))
    if kind == "L":
        return all(map(is_written, content))
    return kind not in BINARY
