"""Outcomes: what a state returns when it is entered or resumed. A state never acts; the machine acts on the outcome.

The two outcomes that hold blocks of states are next to ``Block``, in ``asl.states.common``.
"""

from datetime import datetime
from typing import NamedTuple

from asl.decisions import ChoiceDecision
from asl.distribution import Distribution
from asl.errors import StateError
from asl.resources import Resource
from asl.values import Json, Payload


class Leave(NamedTuple):
    """Done: ``output`` goes to the state ``next``, or is the branch's output if ``next`` is ``None``."""

    output: Payload
    next: str | None
    assigned: dict[str, Json] | None = None


class Chosen(NamedTuple):
    """Report ``decision``, then call the Choice's ``follow`` with it and the effective input, or raise ``failure``."""

    decision: ChoiceDecision
    effective: Payload
    failure: StateError | None = None
    """What a ``RuleFailed`` tells of."""


class Park(NamedTuple):
    """Sleep until ``until`` (aware, UTC), then resume."""

    until: datetime


class Call(NamedTuple):
    """Call ``resource`` with ``argument``; the limits are seconds, ``None`` if the definition sets none.

    A limit of 0 is shown in the history and is none.
    """

    resource: Resource
    argument: Payload
    timeout_seconds: int | None
    heartbeat_seconds: int | None
    role_arn: str | None


class Distribute(NamedTuple):
    """Run the state's item processor once per item or batch of items, each as an execution of its own.

    ``items`` is an array, or an object whose members are the items; ``None`` if they are still to be read.
    """

    distribution: Distribution
    effective: Payload
    items: list[Json] | dict[str, Json] | None
    max_concurrency: int


class Failed(NamedTuple):
    """The state, or what it waited for, has failed with this error.

    ``of_result`` is true for the States.DataLimitExceeded of a task's result, which wildcards of Catch match, too.
    """

    error: str | None
    cause: str | None
    of_result: bool = False
