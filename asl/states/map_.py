"""Map: runs its item processor once for every item of an array; the result is the array of the outputs, in item order.

Inline mode. Texts for MaxConcurrencyPath and ItemsPath are recorded on AWS (``test_max_concurrency_path``,
``test_state_map_context_object``).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias, cast

from asl.errors import runtime_error
from asl.flow import field_reader, parse_flow
from asl.outcomes import ForkItems
from asl.paths import Reader, Scope
from asl.retry import parse_catchers, parse_retriers
from asl.scope import StateScope
from asl.states.common import ParseBlock, State
from asl.templates import compile_template
from asl.values import Json, Payload, encode

if TYPE_CHECKING:
    from asl.program import Block

INLINE_CONCURRENCY: Final = 40
"""Iterations that AWS runs at a time at most, whatever the definition allows (quotas of the developer guide)."""

Count: TypeAlias = Callable[[Json, Scope], int]

_INTEGER: Final = re.compile(r"-?\d{1,10}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Map(State):
    """Runs ``processor`` for each item that ``items_path`` finds, with what ``item_selector`` makes of it."""

    type: ClassVar[str] = "Map"
    processor: "Block"
    items_path: str
    read_items: Reader | None
    item_selector: Reader | None
    max_concurrency: Count

    def enter(self, scope: StateScope) -> ForkItems:
        """Start the iterations; an ``items_path`` that finds no array is a States.Runtime."""
        effective = self.flow.effective(scope)
        allowed = self.max_concurrency(effective.value, scope)
        items = effective.value if self.read_items is None else self.read_items(effective.value, scope)
        if not isinstance(items, list):
            raise runtime_error(f'Reference path "{self.items_path}" must point to array.')
        at_a_time = min(allowed or INLINE_CONCURRENCY, INLINE_CONCURRENCY)
        return ForkItems(self.processor, items, at_a_time, self._select(scope, effective))

    def _select(self, scope: StateScope, effective: Payload) -> Callable[[Json, int], Payload]:
        """An iteration's input: the item, or what ItemSelector makes of the effective input and ``$$.Map.Item``."""
        selector = self.item_selector
        if selector is None:
            return lambda item, _index: Payload(item)
        return lambda _item, _index: Payload(selector(effective.value, scope))


def _parse_max_concurrency(raw: Mapping[str, Any]) -> Count:
    text = raw.get("MaxConcurrencyPath")
    if text is None:
        literal = cast("int", raw.get("MaxConcurrency", 0))
        return lambda _document, _scope: literal
    read = field_reader(text)

    def count(document: Json, scope: Scope) -> int:
        value = read(document, scope)
        if isinstance(value, str) and _INTEGER.fullmatch(value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            shown = value if isinstance(value, str) else encode(value)
            raise runtime_error(
                f'The MaxConcurrencyPath field refers to value "{shown}" which is not a valid integer: {text}'
            )
        if value < 0:
            raise runtime_error(f"The MaxConcurrencyPath field refers to a negative value: {text} == {value}")
        return value

    return count


def parse(name: str, raw: Mapping[str, Any], parse_block: ParseBlock) -> Map:
    """The Map state ``raw``, whose fields have been checked; ``Iterator`` and ``Parameters`` are older names."""
    selector_field = "ItemSelector" if "ItemSelector" in raw else "Parameters"
    items_path = raw.get("ItemsPath", "$")
    return Map(
        name=name,
        next=raw.get("Next"),
        flow=parse_flow({key: value for key, value in raw.items() if key != "Parameters"}),
        retry=parse_retriers(raw),
        catch=parse_catchers(raw),
        processor=parse_block(raw["ItemProcessor"] if "ItemProcessor" in raw else raw["Iterator"]),
        items_path=items_path,
        read_items=None if items_path == "$" else field_reader(items_path),
        item_selector=compile_template(raw[selector_field], selector_field) if selector_field in raw else None,
        max_concurrency=_parse_max_concurrency(raw),
    )
