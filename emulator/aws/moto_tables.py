"""One method of moto's DynamoDB, done faster: the order of a table's items.

moto sorts all items of a table for every Query and Scan, comparing wrapped values in Python, so a test whose table
grows to thousands of items takes minutes. The keys themselves compare to the same order in a fraction of that.
"""

from typing import Any


def hasten() -> None:
    """Let moto's tables sort by their keys' own values; does nothing the second time."""
    from moto.dynamodb.models.table import Table

    Table.all_items = all_items


def all_items(table: Any) -> list[Any]:
    """In the place of ``Table.all_items``: the items in the order of their keys."""
    if not table.range_key_attr:
        return sorted(table.items.values(), key=lambda item: item.hash_key.cast_value)
    items = [item for partition in table.items.values() for item in partition.values()]
    return sorted(items, key=lambda item: (item.hash_key.cast_value, item.range_key.cast_value))
