"""What a state answers when it is entered or resumed. A state never acts: the machine does what the outcome says."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from asl.resources import Resource
from asl.values import Json, Payload

if TYPE_CHECKING:
    from asl.program import Block
    from asl.states.distributed import DistributedMap
    from asl.tolerance import Tolerated


class Leave(NamedTuple):
    """Done: ``output`` goes to the state ``next``, or ends the branch when ``next`` is ``None``."""

    output: Payload
    next: str | None
    assigned: dict[str, Json] | None = None


class Park(NamedTuple):
    """Sleep until ``until`` (aware, UTC), then resume."""

    until: datetime


class Call(NamedTuple):
    """Call ``resource`` with ``argument``; the bounds are seconds, ``None`` where the definition sets none."""

    resource: Resource
    argument: Payload
    timeout_seconds: int | None
    heartbeat_seconds: int | None
    role_arn: str | None


class ForkBranches(NamedTuple):
    """Run every block on ``argument`` side by side; resume with the array of their outputs."""

    blocks: Sequence["Block"]
    argument: Payload


class ForkItems(NamedTuple):
    """Run ``block`` once an item, at most ``max_concurrency`` at a time; resume with the array of the outputs.

    ``select(item, index)`` gives an iteration's input and is asked when the iteration starts. ``tolerate()`` says how
    many iterations may fail; ``None`` when the state does not say, and the first failure is the state's.
    """

    block: "Block"
    items: Sequence[Json]
    max_concurrency: int
    select: Callable[[Json, int], Payload]
    tolerate: Callable[[], "Tolerated"] | None = None


class Distribute(NamedTuple):
    """Run the item processor of ``state`` once an item, or a batch of items, each as an execution of its own.

    ``items`` is an array, or an object whose members are the items; ``None`` when they are yet to be read.
    """

    state: "DistributedMap"
    effective: Payload
    items: list[Json] | dict[str, Json] | None
    max_concurrency: int


class Failed(NamedTuple):
    """A Fail state: the branch ends with this error."""

    error: str | None
    cause: str | None


Outcome: TypeAlias = Leave | Park | Call | ForkBranches | ForkItems | Distribute | Failed
