"""What a state answers when it is entered or resumed. A state never acts: the machine does what the outcome says.

The two outcomes that hold blocks of states stand beside ``Block``, in ``asl.states.common``.
"""

from datetime import datetime
from typing import NamedTuple

from asl.distribution import Distribution
from asl.resources import Resource
from asl.values import Json, Payload


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


class Distribute(NamedTuple):
    """Run the state's item processor once an item, or a batch of items, each as an execution of its own.

    ``items`` is an array, or an object whose members are the items; ``None`` when they are yet to be read.
    """

    distribution: Distribution
    effective: Payload
    items: list[Json] | dict[str, Json] | None
    max_concurrency: int


class Failed(NamedTuple):
    """The state, or what it waited for, has failed with this error."""

    error: str | None
    cause: str | None
