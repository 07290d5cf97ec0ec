"""A state, the block that it stands in, and the outcomes that run blocks: three types that name one another."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, TypeAlias

from asl.decisions import ChoiceDecision
from asl.flow import UNCHANGED, Flow
from asl.outcomes import Call, Distribute, Failed, Leave, Park
from asl.retry import Catcher, Retrier
from asl.scope import StateScope
from asl.source import NO_LINES, Lines
from asl.tolerance import Tolerated
from asl.values import Json, Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What every state has. ``next`` is ``None`` where the branch ends.

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
        """The line at which the state begins in its definition's text; ``None`` when it did not come as text."""
        return self.lines.line(self.pointer)

    @property
    def blocks(self) -> "tuple[Block, ...]":
        """The blocks inside it: branches, or the item processor."""
        return ()

    def enter(self, scope: StateScope) -> "Outcome":
        """What the state does with its input; asked again at each retry."""
        raise NotImplementedError

    def resume(self, scope: StateScope, result: Payload) -> Leave:
        """What becomes of the result that the state waited for."""
        return self.flow.leave(scope, result, self.next)


@dataclass(frozen=True, slots=True)
class Block:
    """States that run one after another, one scope of variables: the machine's own, a branch, an item processor."""

    start_at: str
    states: Mapping[str, State]

    def walk(self) -> Iterator[tuple["Block", State]]:
        """Every state in it, with the state's own block; those of branches and of all item processors included.

        The order is that of the definition; the states inside a state follow it.
        """
        for state in self.states.values():
            yield self, state
            for inner in state.blocks:
                yield from inner.walk()


ParseBlock: TypeAlias = Callable[[Mapping[str, Any], str], Block]
"""(block, its pointer within the state) -> the block parsed: how a state type reaches the states inside it."""


class ForkBranches(NamedTuple):
    """Run every block on ``argument`` side by side; resume with the array of their outputs."""

    blocks: Sequence[Block]
    argument: Payload


class ForkItems(NamedTuple):
    """Run ``block`` once an item, at most ``max_concurrency`` at a time; resume with the array of the outputs.

    ``select(item, index)`` gives an iteration's input and is asked when the iteration starts. ``tolerate()`` says how
    many iterations may fail; ``None`` when the state does not say, and the first failure is the state's.
    """

    block: Block
    items: Sequence[Json]
    max_concurrency: int
    select: Callable[[Json, int], Payload]
    tolerate: Callable[[], Tolerated] | None = None


Outcome: TypeAlias = Leave | ChoiceDecision | Park | Call | ForkBranches | ForkItems | Distribute | Failed
"""What a state answers when it is entered; a ``ChoiceDecision`` is carried out by the Choice's own ``follow``."""
