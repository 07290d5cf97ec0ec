"""Parallel: runs its branches in parallel on the same input; the result is the array of their outputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from asl.flow import parse_flow
from asl.retry import parse_catchers, parse_retriers
from asl.scope import StateScope
from asl.states.common import Block, ForkBranches, ParseBlock, State
from asl.walk import blocks_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Parallel(State):
    """Runs every block of ``branches``."""

    type: ClassVar[str] = "Parallel"
    branches: tuple[Block, ...]

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The branches."""
        return self.branches

    def enter(self, scope: StateScope) -> ForkBranches:
        """Start all branches on the effective input."""
        return ForkBranches(self.branches, self.flow.effective(scope))


def parse_parallel(name: str, raw: Mapping[str, Any], parse_block: ParseBlock) -> Parallel:
    """The Parallel state ``raw``, whose fields have been checked."""
    return Parallel(
        name=name,
        next=raw.get("Next"),
        flow=parse_flow(raw, gives_result=True),
        retry=parse_retriers(raw),
        catch=parse_catchers(raw),
        branches=tuple(parse_block(block, place) for place, block in blocks_of(raw)),
    )
