"""A state, its block, and the outcomes that run blocks: three types that refer to one another."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, TypeAlias

from asl.flow import UNCHANGED, Flow
from asl.outcomes import Call, Chosen, Distribute, Failed, Leave, Park
from asl.retry import Catcher, Retrier
from asl.scope import StateScope
from asl.source import NO_LINES, Lines
from asl.tolerance import Tolerated
from asl.values import Json, Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The parts that every state has. ``next`` is ``None`` if the state ends its branch.

    ``pointer`` is its JSON pointer in the whole definition, ``/States/A``; ``lines`` are that definition's.
    """

    type: ClassVar[str]
    name: str
    next: str | None = None
    flow: Flow = UNCHANGED
    retry: tuple[Retrier, ...] = ()
    catch: tuple[Catcher, ...] = ()
    pointer: str = ""
    lines: Lines = field(default=NO_LINES, repr=False, compare=False)
    entered_type: str = field(init=False)
    exited_type: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "entered_type", f"{self.type}StateEntered")
        object.__setattr__(self, "exited_type", f"{self.type}StateExited")

    @property
    def line(self) -> int | None:
        """The line at which the state begins in its definition's text; ``None`` if the definition is not text."""
        return self.lines.line(self.pointer)

    @property
    def blocks(self) -> "tuple[Block, ...]":
        """The blocks inside the state: branches, or the item processor."""
        return ()

    def enter(self, scope: StateScope) -> "Outcome":
        """The outcome of the state for its input; called again at each retry."""
        raise NotImplementedError

    def resume(self, scope: StateScope, result: Payload) -> Leave:
        """Leave the state with the result that it waited for."""
        return self.flow.leave(scope, result, self.next)


@dataclass(frozen=True, slots=True)
class Block:
    """States that run one after another in one scope of variables: the whole machine, a branch, an item processor."""

    start_at: str
    states: Mapping[str, State]

    def walk(self) -> Iterator[tuple["Block", State]]:
        """Every state in the block with the state's own block, including states in branches and item processors.

        In the order of the definition; the states inside a state follow it.
        """
        for state in self.states.values():
            yield self, state
            for inner in state.blocks:
                yield from inner.walk()


ParseBlock: TypeAlias = Callable[[Mapping[str, Any], str], Block]
"""(block, its pointer within the state) -> the parsed block: with it a state type parses the states inside."""


class ForkBranches(NamedTuple):
    """Run all blocks on ``argument`` in parallel; resume with the array of their outputs."""

    blocks: Sequence[Block]
    argument: Payload


class ForkItems(NamedTuple):
    """Run ``block`` once per item, at most ``max_concurrency`` at a time; resume with the array of the outputs.

    ``select(item, index)`` gives an iteration's input and is called when the iteration starts. ``tolerate()`` gives
    the number of iterations that may fail; if it is ``None``, the first failure fails the state.
    """

    block: Block
    items: Sequence[Json]
    max_concurrency: int
    select: Callable[[Json, int], Payload]
    tolerate: Callable[[], Tolerated] | None = None


Outcome: TypeAlias = Leave | Chosen | Park | Call | ForkBranches | ForkItems | Distribute | Failed
"""What ``enter`` returns."""
