"""The items of moto's DynamoDB tables that have a time to live: which were written, and how they are removed.

moto keeps what UpdateTimeToLive says and removes nothing. Every attribute of an item is set in one place of moto, which
``tables`` replaces anyway: there the attributes that a table counts as its time to live are noted. So a write costs the
same however many items there are, and nobody reads a table to find what is due.

Source of the rules: developer guide, "Using time to live (TTL) in DynamoDB": a number, seconds since 1970, not more
than five years past; deletions are in the table's stream as ``REMOVE`` with the service as user.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import local
from typing import Any, Final, NamedTuple

from emulator.clock import EPOCH

SERVICE: Final = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
"""The ``userIdentity`` of a stream's record about an item that has expired, as GetRecords has it."""
_OLDEST: Final = timedelta(days=5 * 365)


class Written(NamedTuple):
    """Attributes of an item, as moto holds them, of which one may be a time to live; and the time that it names."""

    attributes: Any
    expires_at: datetime


class _Here(local):
    """What the request of this thread has written; ``None`` when nothing wants to know."""

    noted: list[tuple[str, Any]] | None = None


_here: Final = _Here()
_names: Final[Counter[str]] = Counter()
"""The attributes that are times to live of some table of some emulator."""


def note(attributes: Any, name: str) -> None:
    """The request that is being answered has set an attribute of an item, or of a map in it."""
    if name in _names and _here.noted is not None:
        _here.noted.append((name, attributes))


@contextmanager
def noting() -> Iterator[list[tuple[str, Any]]]:
    """A block that answers a request; gives the attributes that it has set, with their items."""
    before, _here.noted = _here.noted, []
    try:
        yield _here.noted
    finally:
        _here.noted = before


class Expiring:
    """The tables of one emulator with a time to live. Its methods run while moto holds that emulator's contents."""

    def __init__(self) -> None:
        self._tables: dict[tuple[str, str, str], str] = {}
        """Account, region, table -> the attribute."""

    def __len__(self) -> int:
        return len(self._tables)

    def look(self) -> list[Written]:
        """Look anew which tables have a time to live; the items of those that have it now and had not."""
        before, self._tables = self._tables, {}
        written = []
        for where, table in _tables():
            if table.ttl.get("TimeToLiveStatus") == "ENABLED":
                name = self._tables[where] = table.ttl["AttributeName"]
                if before.get(where) != name:
                    written += self.dated([(name, item.attrs) for item in table.all_items()])
        _names.update(self._tables.values())
        _names.subtract(before.values())
        return written

    def close(self) -> None:
        """Note nothing more for these tables."""
        _names.subtract(self._tables.values())
        self._tables = {}

    def dated(self, noted: Sequence[tuple[str, Any]]) -> list[Written]:
        """Those of the attributes that are times."""
        return [Written(attributes, at) for name, attributes in noted if (at := _expiry(attributes, name)) is not None]

    def remove(self, written: Sequence[Written], until: datetime, now: datetime) -> None:
        """Remove the items with these keys whose time to live is not later than ``until``, whoever wrote it last."""
        for where, table in _tables():
            if (name := self._tables.get(where)) is None:
                continue
            for each in written:
                item = _item(table, each.attributes)
                at = None if item is None else _expiry(item.attrs, name)
                if at is not None and now - _OLDEST < at <= until:
                    table.delete_item(item.hash_key, item.range_key)
                    if table.stream_shard is not None and table.stream_shard.items:
                        table.stream_shard.items[-1].record["userIdentity"] = SERVICE


def already_so(region: str, members: Any) -> str | None:
    """Why DynamoDB refuses an UpdateTimeToLive that changes nothing; ``None`` if it changes something.

    The text is the one that AWS is known for; no recording has it.
    """
    wanted = (members.get("TimeToLiveSpecification") or {}).get("Enabled")
    named = str(members.get("TableName")).rpartition("/")[2]
    table = next((table for (_, at, name), table in _tables() if (at, name) == (region, named)), None)
    if table is None or not isinstance(wanted, bool) or wanted != (table.ttl.get("TimeToLiveStatus") == "ENABLED"):
        return None
    return f"TimeToLive is already {'enabled' if wanted else 'disabled'}"


def _tables() -> Iterator[tuple[tuple[str, str, str], Any]]:
    """The tables that moto holds, by account, region and name."""
    backends: Any = getattr(sys.modules.get("moto.dynamodb.models"), "dynamodb_backends", {})
    for account, by_region in list(backends.items()):
        for region, backend in list(by_region.items()):
            for name, table in list(backend.tables.items()):
                yield (account, region, name), table


def _expiry(attributes: Any, name: str) -> datetime | None:
    """When an item expires: to the second; ``None`` for another type than a number, and for times out of reach."""
    value = attributes.get(name)
    if getattr(value, "type", None) != "N":
        return None
    try:
        return EPOCH + timedelta(seconds=int(float(value.value)))
    except (OverflowError, ValueError):
        return None


def _item(table: Any, attributes: Any) -> Any:
    """The table's item with the keys that are among these attributes, if there is one."""
    keys = [attributes.get(name) for name in table.table_key_attrs]
    if any(key is None for key in keys):
        return None
    found = table.items.get(keys[0])
    return found.get(keys[1]) if len(keys) == 2 and found is not None else found
