"""Map: runs its item processor once for every item of an array; the result is the array of the outputs, in item order.

Inline mode; distributed mode is ``asl.states.distributed``. The text for ItemsPath is recorded on AWS
(``test_state_map_context_object``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from asl.errors import EvaluationError, StateError, runtime_error
from asl.evaluation import as_reader, compile_typed, is_jsonata
from asl.flow import field_reader
from asl.paths import Reader
from asl.scope import StateScope
from asl.states import distributed
from asl.states.any_map import AnyMap, parse_selector, parse_shared, parse_tolerance
from asl.states.common import ForkItems, ParseBlock, State
from asl.tolerance import Tolerance, Tolerated
from asl.values import Json, Payload
from asl.walk import is_distributed, processor_of

INLINE_CONCURRENCY: Final = 40
"""The most iterations that AWS runs at a time, whatever the definition allows (quotas of the developer guide)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Map(AnyMap):
    """Runs ``processor`` for each item that ``items_path`` finds, on the input that ``item_selector`` gives for it."""

    no_array: Callable[[Payload], StateError]
    read_items: Reader | None
    item_selector: Reader | None
    tolerance: Tolerance | None

    def enter(self, scope: StateScope) -> ForkItems:
        """Start the iterations; fails the state if the items are not an array."""
        effective = self.flow.effective(scope)
        allowed = self.max_concurrency(effective.value, scope)
        items = effective.value if self.read_items is None else self.read_items(effective.value, scope)
        if not isinstance(items, list):
            raise self.no_array(effective)
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
    items_path = raw.get("ItemsPath", "$")
    return Map(
        **parse_shared(name, raw, parse_block),
        no_array=_no_items if is_jsonata(raw) else lambda _: _no_array(items_path),
        read_items=_parse_items(raw, items_path),
        item_selector=parse_selector(raw),
        tolerance=parse_tolerance(raw),
    )


def _parse_items(raw: Mapping[str, Any], items_path: str) -> Reader | None:
    if is_jsonata(raw):
        return as_reader(compile_typed(raw["Items"], "Items", "array")) if "Items" in raw else None
    return None if items_path == "$" else field_reader(items_path)


def _no_array(items_path: str) -> StateError:
    return runtime_error(f'Reference path "{items_path}" must point to array.')


def _no_items(given: Payload) -> StateError:
    """Without Items, the input must be the array (``test_map_state_items_input_types``)."""
    return EvaluationError(f"Map state input must be an array but was: {given.text}", None)
