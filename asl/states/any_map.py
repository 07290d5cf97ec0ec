"""The parts shared by both kinds of Map: item processor, number of concurrent iterations, input of an iteration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypedDict

from asl.errors import runtime_error
from asl.evaluation import as_reader, compile_typed, is_jsonata
from asl.flow import Flow, parse_flow
from asl.paths import Reader, Scope
from asl.retry import Catcher, Retrier, parse_catchers, parse_retriers
from asl.states.common import Block, ParseBlock, State
from asl.states.numbers import parse_count, parse_share
from asl.templates import compile_template
from asl.tolerance import Count, Tolerance
from asl.values import Json
from asl.walk import blocks_of


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
    count = parse_count(raw, "MaxConcurrency")
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
