"""Pages of a listing. The token of the next page is the number of the items before it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

MOST_ITEMS: Final = 100
"""The most items of a page (API reference)."""


def page(member: str, items: Sequence[Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """The items of the page that a request asks for with its Limit and NextToken; the last page has no NextToken."""
    token = str(body.get("NextToken") or "0")
    begin = int(token) if token.isdecimal() else len(items)
    end = begin + (body.get("Limit") or MOST_ITEMS)
    return {member: list(items[begin:end]), **({"NextToken": str(end)} if end < len(items) else {})}
