"""A map run: the frame of a Distributed Map, from its first item to its result.

The machine opens one when it enters the state, passes it the events that name its token, and carries out its effects
and, at the end, its verdict. Items are read in pages, so that only those about to start are in memory; a child's input
is built when the child starts. Results are kept in the order of the items, or the driver exports them as they arrive.

Our decisions, not recorded on AWS: the percentage of failures is checked once all items are known; children are
stopped as soon as too many have failed; a child that was stopped counts as failed.
"""

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, NamedTuple, Protocol, assert_never

from asl.bounds import LARGEST_ITEMS
from asl.distribution import ItemBatcher
from asl.effects import CloseMapRun, Effect, OpenMapRun, ReadItems, StartChild, StopChildren, WriteResults
from asl.errors import DATA_LIMIT_EXCEEDED, ITEM_READER_FAILED, StateError, runtime_error, too_large
from asl.events import (
    ChildEnded,
    ItemsRead,
    MapRunBroken,
    MapRunEvent,
    MapRunUpdated,
    ResultsWritten,
    Token,
    Transformation,
)
from asl.outcomes import Distribute
from asl.scope import StateScope
from asl.tolerance import Tolerated, threshold_exceeded
from asl.values import MAX_DEPTH, PAYLOAD_LIMIT, Json, JsonTextError, Payload, decode, encode, exceeds_limit, size

MOST_CHILDREN: Final = 10_000
"""The most children that AWS runs at a time (quotas of the developer guide)."""

STATE_DATA: Final = "STATE_DATA"
"""``$$.Map.Item.Source`` of items that come from the state's input."""


class Owner(StateScope, Protocol):
    """The branch whose state the map run belongs to; ``item`` is the value of ``$$.Map.Item``."""

    item: dict[str, Json] | None


class Item(NamedTuple):
    """An item without a child so far: the JSON text that was read, or a value from the state's input."""

    text: str | None
    value: Json
    key: str | None
    source: str

    @property
    def given(self) -> str:
        """The JSON text that a child gets without an ItemSelector; the pair for a member of an object (measured)."""
        text = encode(self.value) if self.text is None else self.text
        return text if self.key is None else f'{{"Key":{encode(self.key)},"Value":{text}}}'


class Limits(NamedTuple):
    """The values of the state's fields for this run, read when it opens; a request without a field is ``None``."""

    tolerated: Tolerated
    read_request: Payload | None
    write_request: Payload | None
    max_items: int
    batch_items: int | None
    batch_bytes: int


class Identity(NamedTuple):
    """The token that names the run to the driver, its ARN, and its label."""

    token: Token
    arn: str
    label: str


class MapRunState:
    """One map run as its machine has it. ``verdict`` is its result, or the state's error; ``None`` while it is open."""

    def __init__(self, owner: Owner, spec: Distribute, identity: Identity, limits: Limits) -> None:
        self.identity = identity
        self.verdict: Payload | StateError | None = None
        self.started_event = 0
        """The id of the MapRunStarted event."""
        self._owner = owner
        self._spec = spec
        self._distribution = spec.distribution
        self._limits = limits
        self._exports = spec.distribution.writer.argument is not None
        self._items: deque[Item] = deque(_items(spec.items))
        self._more = spec.items is None
        self._known = len(self._items)
        self._reading = False
        self._writing = False
        self._selected: deque[str] = deque()
        """Items after ItemSelector, as JSON text, that are not in a batch yet."""
        self._index = 0
        self._children = 0
        self._running: dict[int, int] = {}
        """Index of a running child -> the number of its items."""
        self._failed = 0
        self._failure: StateError | None = None
        self._results: list[tuple[str, bool] | None] = []
        self._size = 2

    @property
    def items_known(self) -> int | None:
        """How many items there are; ``None`` while they are being read."""
        return None if self._more else self._known

    # Interface to the machine ----------------------------------------------------------------------------------------

    def open(self) -> list[Effect]:
        """Begin: read items, or start children."""
        writer = self._distribution.writer
        tolerated = self._limits.tolerated
        effects: list[Effect] = [
            OpenMapRun(
                self.identity.token,
                self.identity.arn,
                self._distribution.state_name,
                self.identity.label,
                None if self._more else self._known,
                self._spec.max_concurrency,
                tolerated.count,
                tolerated.percentage,
                writer.transformation,
                writer.output_type,
                self._exports,
            )
        ]
        self._attempt(effects)
        return effects

    def receive(self, event: MapRunEvent) -> list[Effect]:
        """The effects of ``event``; none if the run does not wait for it."""
        effects: list[Effect] = []
        if not self._awaits(event):
            return effects
        match event:
            case ItemsRead():
                self._take_items(event)
            case ChildEnded():
                self._take_child(event)
            case MapRunBroken(error=error, cause=cause):
                self._end(StateError(error, cause), effects)
            case ResultsWritten(details=details):
                self._end(self._failure or Payload.read(details), effects)
            case MapRunUpdated():
                self._update(event)
            case _:
                assert_never(event)
        if self.verdict is None:
            self._attempt(effects)
        return effects

    # Events ----------------------------------------------------------------------------------------------------------

    def _awaits(self, event: MapRunEvent) -> bool:
        match event:
            case ItemsRead():
                return self._reading
            case ChildEnded(child=child):
                return child in self._running
            case MapRunBroken():
                return self._reading or self._writing
            case ResultsWritten():
                return self._writing
            case MapRunUpdated():
                return True
            case _:
                assert_never(event)

    def _take_items(self, event: ItemsRead) -> None:
        keys: Any = event.keys or [None] * len(event.items)
        self._items += [Item(text, None, key, event.source) for text, key in zip(event.items, keys, strict=True)]
        self._known += len(event.items)
        self._reading, self._more = False, event.more

    def _take_child(self, event: ChildEnded) -> None:
        items = self._running.pop(event.child)
        succeeded = event.status == "SUCCEEDED"
        if not succeeded:
            self._failed += items
        if event.result is not None and not self._exports:
            self._size += size(event.result) + 1
            self._results[event.child] = (event.result if self._size <= PAYLOAD_LIMIT else "", succeeded)

    def _update(self, event: MapRunUpdated) -> None:
        tolerated = self._limits.tolerated
        if event.max_concurrency is not None:
            self._spec = self._spec._replace(max_concurrency=event.max_concurrency)
        count, percentage = event.tolerated_failure_count, event.tolerated_failure_percentage
        self._limits = self._limits._replace(
            tolerated=Tolerated(
                tolerated.count if count is None else count,
                tolerated.percentage if percentage is None else percentage,
            )
        )

    # Progress --------------------------------------------------------------------------------------------------------

    def _attempt(self, effects: list[Effect]) -> None:
        """Continue; an item that cannot become a child's input fails the run."""
        try:
            self._go_on(effects)
        except StateError as error:
            self._end(error, effects)

    def _go_on(self, effects: list[Effect]) -> None:
        """Start children, read items if needed, and finish if nothing is left."""
        if self._failure is None and self._limits.tolerated.exceeded(self._failed, None if self._more else self._known):
            self._failure = threshold_exceeded()
            if self._exports:
                effects.append(StopChildren(self.identity.token))
        if self._failure is not None:
            if not self._exports or not (self._running or self._reading):
                self._finish(effects)
            return
        most = min(self._spec.max_concurrency or MOST_CHILDREN, MOST_CHILDREN)
        while len(self._running) < most and (made := self._next_input()) is not None:
            effects.append(self._start(*made))
        if self._more and not self._reading and not self._items:
            effects.append(self._read())
        if not self._running and not self._reading:
            self._finish(effects)

    def _start(self, text: str, items: int) -> StartChild:
        index = self._children
        self._children += 1
        self._running[index] = items
        if not self._exports:
            self._results.append(None)
        return StartChild(self.identity.token, index, self._owner.chance.uuid(), text, items)

    def _read(self) -> ReadItems:
        reader, request = self._distribution.reader, self._limits.read_request
        assert reader is not None
        assert request is not None
        max_items = _checked_max_items(self._limits.max_items)
        self._reading = True
        return ReadItems(self.identity.token, reader.resource, request, reader.config, max_items, self._known)

    def _finish(self, effects: list[Effect]) -> None:
        """No children run: export the results, or combine them."""
        if not self._exports:
            self._end(self._failure or self._result(), effects)
        elif not self._writing:
            request = self._limits.write_request
            assert request is not None
            self._writing = True
            pending = () if self._failure is None else tuple(text for text, _ in iter(self._next_input, None))
            effects.append(WriteResults(self.identity.token, request, pending))

    def _end(self, verdict: Payload | StateError, effects: list[Effect]) -> None:
        self.verdict = verdict
        status: Any = "FAILED" if isinstance(verdict, StateError) else "SUCCEEDED"
        effects.append(CloseMapRun(self.identity.token, status))

    def _result(self) -> Payload | StateError:
        """The results in the order of the items, in the form of WriterConfig."""
        if self._size > PAYLOAD_LIMIT:
            return StateError(DATA_LIMIT_EXCEEDED, too_large(self._distribution.state_name))
        writer = self._distribution.writer
        results = [result for result in self._results if result is not None]
        texts = list(_arranged(results, writer.transformation))
        if writer.output_type == "JSONL":
            return Payload("\n".join(texts))
        return Payload.read(f"[{','.join(texts)}]")

    # Inputs ----------------------------------------------------------------------------------------------------------

    def _next_input(self) -> tuple[str, int] | None:
        """The next child's input and its number of items; ``None`` if there is none, or none yet."""
        if self._distribution.batcher is not None:
            return self._next_batch(self._distribution.batcher)
        if not self._items:
            return None
        return self._checked(self._select(self._items.popleft())), 1

    def _select(self, item: Item) -> str:
        """The item, or the ItemSelector applied to it and the state's effective input."""
        index, selector = self._index, self._distribution.item_selector
        self._index += 1
        if selector is None:
            return item.given
        value = item.value if item.text is None else _read(item.text)
        key: dict[str, Json] = {} if item.key is None else {"Key": item.key}
        outer = self._owner.item
        self._owner.item = {"Index": index, "Value": value, **key, "Source": item.source}
        try:
            return encode(selector(self._spec.effective.value, self._owner))
        finally:
            self._owner.item = outer

    def _next_batch(self, batcher: ItemBatcher) -> tuple[str, int] | None:
        """As many items as the batch may hold; the limit in bytes has priority over the number of items.

        Form: ``{"BatchInput": ..., "Items": [...]}``. A batch waits for more items until it is full or all are read.
        """
        most = self._limits.batch_items or MOST_ITEMS
        while self._items and len(self._selected) < most:
            self._selected.append(self._select(self._items.popleft()))
        if not self._selected:
            return None
        head = "{"
        if batcher.batch_input is not None:
            head += f'"BatchInput":{encode(batcher.batch_input(self._spec.effective.value, self._owner))},'
        head += '"Items":['
        count, used = 1, size(head) + size(self._selected[0]) + len("]}")
        for text in islice(self._selected, 1, most):
            length = size(text) + len(",")
            if used + length > self._limits.batch_bytes:
                break
            count, used = count + 1, used + length
        if count == len(self._selected) < most and self._more and self._failure is None:
            return None
        taken = [self._selected.popleft() for _ in range(count)]
        return self._checked(f"{head}{','.join(taken)}]}}"), count

    def _checked(self, text: str) -> str:
        """``text``, or raises ``StateError`` if it cannot be the input of an execution."""
        if exceeds_limit(text):
            raise StateError(DATA_LIMIT_EXCEEDED, too_large(self._distribution.state_name))
        if text.count("[") + text.count("{") > MAX_DEPTH:
            _read(text)
        return text


MOST_ITEMS: Final = PAYLOAD_LIMIT // 2
"""The most items in a batch: each takes at least a digit and a comma."""


def read_limits(owner: Owner, spec: Distribute) -> Limits:
    """The values of the state's fields; raises ``StateError`` for a value of the wrong kind.

    A MaxItems below 0 fails the reader, after the run has opened (``test_map_item_reader_csv_max_items_paths``).
    """
    state, document = spec.distribution, spec.effective.value
    tolerated = Tolerated() if state.tolerance is None else state.tolerance.read(document, owner)
    max_items, read_request, write_request = 0, None, None
    if state.reader is not None:
        read_request = Payload(state.reader.argument(document, owner))
        if state.reader.max_items is not None:
            max_items = state.reader.max_items(document, owner)
    if state.writer.argument is not None:
        write_request = Payload(state.writer.argument(document, owner))
    batch_items, batch_bytes = None, PAYLOAD_LIMIT
    if state.batcher is not None:
        if state.batcher.max_items is not None:
            batch_items = _positive("MaxItemsPerBatch", state.batcher.max_items(document, owner))
        if state.batcher.max_bytes is not None:
            batch_bytes = _positive("MaxInputBytesPerBatch", state.batcher.max_bytes(document, owner))
    return Limits(tolerated, read_request, write_request, max_items, batch_items, min(batch_bytes, PAYLOAD_LIMIT))


def _read(text: str) -> Json:
    """The value of an item; raises ``StateError`` if it is nested too deep."""
    try:
        return decode(text)
    except JsonTextError as error:
        raise runtime_error(error.message) from None


def _checked_max_items(value: int) -> int:
    """MaxItems: 0 means all. A value above AWS's maximum is reduced to it; one below 0 fails the reader."""
    if value < 0:
        raise StateError(ITEM_READER_FAILED, "field MaxItems must be positive")
    return min(value, LARGEST_ITEMS)


def _positive(field: str, value: int) -> int:
    if value <= 0:
        raise runtime_error(f"{field} must be positive.")
    return value


def _items(found: list[Json] | dict[str, Json] | None) -> Iterator[Item]:
    if isinstance(found, dict):
        for key, value in found.items():
            yield Item(None, value, key, STATE_DATA)
    else:
        for value in found or ():
            yield Item(None, value, None, STATE_DATA)


def _arranged(results: list[tuple[str, bool]], transformation: Transformation) -> Iterator[str]:
    """The texts of the results; with FLATTEN, a child's array is replaced by its members, a failure is kept."""
    for text, succeeded in results:
        value = decode(text) if transformation == "FLATTEN" and succeeded else None
        if isinstance(value, list):
            yield from map(encode, value)
        else:
            yield text
