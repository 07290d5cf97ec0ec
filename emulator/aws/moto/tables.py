"""Changes of moto's DynamoDB: faster sorting of a table's items and writing of items into responses, and their sizes.

For every Query and Scan moto sorts all items of a table by comparing wrapped values in Python, so a test whose table
grows to thousands of items takes minutes. Comparing the keys themselves gives the same order in a fraction of that.
moto also tries each of the ten members that an attribute's value might have, in several ways, although the value
already has its final form.

When an update sets an attribute again, moto counts the old value and the new one, and so refuses items of more than
half of DynamoDB's 400 KB; DynamoDB counts the item as it will be.

All are in force while any emulator that has used DynamoDB is open. Then moto's own methods are put back.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from emulator.aws.moto.expiring import note
from emulator.shared_change import SharedChange, Undo

BINARY: Final = frozenset({"B", "BS"})
"""Types whose values have yet to be encoded."""


def speed_up() -> Callable[[], None]:
    """Replace these methods of moto until the result is called; calling it again does nothing."""
    return _REPLACED.use()


def _replace() -> Undo:
    from moto.core.serialize import SERVICE_SPECIFIC_SERIALIZERS
    from moto.dynamodb.models.dynamo_type import LimitedSizeDict
    from moto.dynamodb.models.table import Table

    original, set_one = Table.all_items, LimitedSizeDict.__setitem__
    Table.all_items = all_items
    LimitedSizeDict.__setitem__ = _set_again(set_one)
    SERVICE_SPECIFIC_SERIALIZERS.setdefault("dynamodb", {"json": _serializer()})

    def put_back() -> None:
        Table.all_items = original
        LimitedSizeDict.__setitem__ = set_one
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


def _set_again(set_one: Callable[[Any, str, Any], None]) -> Callable[[Any, str, Any], None]:
    """Replaces ``LimitedSizeDict.__setitem__``: the size of an item does not include the value that is replaced."""

    def set_item(attributes: Any, key: str, value: Any) -> None:
        note(attributes, key)
        if key not in attributes:
            set_one(attributes, key, value)
            return
        others = type(attributes)()
        dict.update(others, {name: held for name, held in attributes.items() if name != key})
        set_one(others, key, value)  # raises for an item that is too large
        dict.__setitem__(attributes, key, value)

    return set_item


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
