"""Map: runs its item processor once for every item of an array; the result is the array of the outputs, in item order.

Inline mode; distributed mode is ``asl.states.distributed``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from asl.paths import Reader
from asl.scope import StateScope
from asl.states import distributed
from asl.states.any_map import AnyMap, ReadItems, parse_items, parse_selector, parse_shared, parse_tolerance
from asl.states.common import ForkItems, ParseBlock, State
from asl.tolerance import Tolerance, Tolerated
from asl.values import Json, Payload
from asl.walk import is_distributed, processor_of

INLINE_CONCURRENCY: Final = 40
"""The most iterations that AWS runs at a time, whatever the definition allows (quotas of the developer guide)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Map(AnyMap):
    """Runs ``processor`` for each item that ``read_items`` finds, on the input that ``item_selector`` gives for it."""

    read_items: ReadItems
    item_selector: Reader | None
    tolerance: Tolerance | None

    def enter(self, scope: StateScope) -> ForkItems:
        """Start the iterations; fails the state if the items are not an array."""
        effective = self.flow.effective(scope)
        allowed = self.max_concurrency(effective.value, scope)
        items = self.read_items(effective, scope)
        at_a_time = min(allowed or INLINE_CONCURRENCY, INLINE_CONCURRENCY)
        return ForkItems(
            self.processor, items, at_a_time, self._select(scope, effective), self._tolerate(scope, effective)
        )

    def _tolerate(self, scope: StateScope, effective: Payload) -> Callable[[], Tolerated] | None:
        tolerance = self.tolerance
        return None if tolerance is None else lambda: tolerance.read(effective.value, scope)

    def _select(self, scope: StateScope, effective: Payload) -> Callable[[Json, int], Payload]:
        """An iteration's input: the item, or the ItemSelector applied to the effective input and ``$$.Map.Item``."""
        selector = self.item_selector
        if selector is None:
            return lambda item, _index: Payload(item)
        return lambda _item, _index: Payload(selector(effective.value, scope))


def parse_map(name: str, raw: Mapping[str, Any], parse_block: ParseBlock) -> State:
    """The Map state ``raw``, whose fields have been checked."""
    if is_distributed(processor_of(raw)):
        return distributed.parse_distributed_map(name, raw, parse_block)
    return Map(
        **parse_shared(name, raw, parse_block),
        read_items=parse_items(raw, "array"),
        item_selector=parse_selector(raw),
        tolerance=parse_tolerance(raw),
    )
