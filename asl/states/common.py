"""What every state has: its name, where it goes, its data flow, and what answers its errors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from asl.flow import UNCHANGED, Flow
from asl.outcomes import Leave, Outcome
from asl.retry import Catcher, Retrier
from asl.scope import StateScope
from asl.values import Payload

if TYPE_CHECKING:
    from asl.program import Block

ParseBlock: TypeAlias = "Callable[[Mapping[str, Any]], Block]"
"""Parses the block of a branch or an item processor: how a state type reaches the states inside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A state of a program. ``next`` is ``None`` where the branch ends."""

    type: ClassVar[str]
    name: str
    next: str | None = None
    flow: Flow = UNCHANGED
    retry: tuple[Retrier, ...] = ()
    catch: tuple[Catcher, ...] = ()
    entered_type: str = field(init=False)
    exited_type: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "entered_type", f"{self.type}StateEntered")
        object.__setattr__(self, "exited_type", f"{self.type}StateExited")

    def enter(self, scope: StateScope) -> Outcome:
        """What the state does with its input; asked again at each retry."""
        raise NotImplementedError

    def resume(self, scope: StateScope, result: Payload) -> Leave:
        """What becomes of the result that the state waited for."""
        return self.flow.leave(scope, result, self.next)
