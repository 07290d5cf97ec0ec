"""The parts shared by both kinds of Map: items, item processor, number of concurrent iterations, input of an iteration.

Texts about the items are recorded on AWS (``test_state_map_context_object``, ``test_map_state_items_input_types``); the
one about an ItemsPath that finds nothing is measured there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, TypeAlias, TypedDict

from asl.errors import EvaluationError, StateError, runtime_error
from asl.evaluation import NOTHING, as_reader, compile_typed, is_jsonata
from asl.flow import Flow, parse_flow
from asl.paths import (
    Path,
    PathConflict,
    PathNotFound,
    Reader,
    Scope,
    compile_path,
    follow,
    invalid_path,
    reference_path_conflict,
)
from asl.retry import Catcher, Retrier, parse_catchers, parse_retriers
from asl.scope import StateScope
from asl.states.common import Block, ParseBlock, State
from asl.states.numbers import parse_count, parse_share
from asl.templates import compile_template
from asl.tolerance import Count, Tolerance
from asl.values import Json, Payload, encode
from asl.walk import blocks_of

ReadItems: TypeAlias = Callable[[Payload, StateScope], Any]
"""(effective input, scope) -> the array of the items or, if the Map takes one, the object whose members they are."""

Holder: TypeAlias = Literal["array", "object"]
"""What may hold the items."""

HOLDERS: Final[Mapping[Holder, type]] = {"array": list, "object": dict}
"""AWS's name of it -> its type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyMap(State):
    """Runs ``processor`` for each item, ``max_concurrency`` at a time (0: no limit)."""

    type: ClassVar[str] = "Map"
    processor: Block
    max_concurrency: Count

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The item processor."""
        return (self.processor,)


class Shared(TypedDict):
    """The fields of ``AnyMap``."""

    name: str
    next: str | None
    flow: Flow
    retry: tuple[Retrier, ...]
    catch: tuple[Catcher, ...]
    processor: Block
    max_concurrency: Count


def parse_shared(name: str, raw: Mapping[str, Any], parse_block: ParseBlock) -> Shared:
    """The shared fields of the Map ``raw``; ``Iterator`` and ``Parameters`` are older names."""
    place, processor = next(blocks_of(raw))
    return {
        "name": name,
        "next": raw.get("Next"),
        "flow": parse_flow({key: value for key, value in raw.items() if key != "Parameters"}, gives_result=True),
        "retry": parse_retriers(raw),
        "catch": parse_catchers(raw),
        "processor": parse_block(processor, place),
        "max_concurrency": _parse_max_concurrency(raw),
    }


def parse_items(raw: Mapping[str, Any], *holders: Holder) -> ReadItems:
    """ItemsPath or Items, by default the effective input; a value that is none of ``holders`` fails the state."""
    types = tuple(HOLDERS[each] for each in holders)
    return _parse_expression(raw, holders, types) if is_jsonata(raw) else _parse_path(raw.get("ItemsPath", "$"), types)


def _parse_expression(raw: Mapping[str, Any], holders: tuple[Holder, ...], types: tuple[type, ...]) -> ReadItems:
    evaluate = compile_typed(raw["Items"], "Items", *holders) if "Items" in raw else None

    def read(effective: Payload, scope: StateScope) -> Json:
        found = effective.value if evaluate is None else evaluate(scope, NOTHING)
        if not isinstance(found, types):
            shown = effective.text if evaluate is None else encode(found)
            raise EvaluationError(f"Map state input must be an array but was: {shown}", None)
        return found

    return read


def _parse_path(text: str, types: tuple[type, ...]) -> ReadItems:
    path = compile_path(text)

    def read(effective: Payload, scope: StateScope) -> Json:
        try:
            found = path.read(effective.value, scope)
        except PathNotFound as miss:
            raise _no_items(path, effective, scope, miss) from None
        if not isinstance(found, types):
            raise runtime_error(f'Reference path "{text}" must point to array.')
        return found

    return read


def _no_items(path: Path, effective: Payload, scope: StateScope, miss: PathNotFound) -> StateError:
    """ItemsPath finds nothing: AWS follows it as a Reference Path, step by step, unlike other paths that are read."""
    given = effective
    if path.root == "context":
        given = Payload(scope.context())
    elif path.variable is not None:
        if path.variable not in scope.variables:
            return invalid_path(path, miss)
        given = Payload(scope.variables[path.variable])
    try:
        follow(path.keys or (), given.value)
    except PathConflict as conflict:
        return reference_path_conflict(path, conflict, given)
    return invalid_path(path, miss)


def parse_selector(raw: Mapping[str, Any]) -> Reader | None:
    """ItemSelector, formerly Parameters: the input of an iteration; with ``None`` the input is the item."""
    field = "ItemSelector" if "ItemSelector" in raw else "Parameters"
    if field not in raw:
        return None
    return (
        as_reader(compile_typed(raw[field], field, "object"))
        if is_jsonata(raw)
        else compile_template(raw[field], field)
    )


def _parse_max_concurrency(raw: Mapping[str, Any]) -> Count:
    """MaxConcurrency: 0, the default, means no limit. AWS stalls on a negative value; here it fails the state."""
    count = parse_count(raw, "MaxConcurrency", is_bounded=False)
    if count is None:
        return lambda _document, _scope: 0

    def max_concurrency(document: Json, scope: Scope) -> int:
        value = count(document, scope)
        if value < 0:
            path = raw.get("MaxConcurrencyPath")
            raise runtime_error(f"The MaxConcurrencyPath field refers to a negative value: {path} == {value}")
        return value

    return max_concurrency


def parse_tolerance(raw: Mapping[str, Any]) -> Tolerance | None:
    """The tolerance of the Map ``raw``; ``None`` if it has none of the fields."""
    count, percentage = parse_count(raw, "ToleratedFailureCount"), parse_share(raw, "ToleratedFailurePercentage")
    return None if count is None and percentage is None else Tolerance(count, percentage)
