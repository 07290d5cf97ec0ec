"""A planned fault: the calls that it is for, how often it acts, and what it does to a call."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from emulator.aws.arns import name_of
from emulator.faults.calls import Operations
from emulator.faults.errors import ServiceFault
from emulator.faults.function_errors import FunctionFault
from emulator.logical_ids import Kind, LogicalIds


@dataclass(slots=True)
class Call:
    """A call that faults may act on: an operation of a service (boto3's name), and who makes it.

    ``state`` is the state whose call it is, or whose function makes it; ``function`` the handler that makes it.
    ``caller`` names the caller's own stream of chance.
    """

    service: str
    operation: str
    resources: Callable[[], frozenset[str]]
    caller: str
    where: str = ""
    state: str | None = None
    machine: str | None = None
    execution: str | None = None
    function: str | None = None
    _resources: frozenset[str] | None = field(default=None, init=False)

    def names(self, resource: str) -> bool:
        """Whether the call is about this resource, by its name, ARN or URL."""
        return resource in self.named or (":" in resource and name_of(resource) in self.named)

    @property
    def named(self) -> frozenset[str]:
        """The names of the resources that it is about."""
        if self._resources is None:
            self._resources = self.resources()
        return self._resources


@dataclass(frozen=True, slots=True)
class Where:
    """The calls that a fault is for; ``None`` is any."""

    operations: Operations
    resource: str | None = None
    state: str | None = None
    machine: str | None = None
    function: str | None = None
    logical_ids: LogicalIds = field(default_factory=LogicalIds, compare=False, repr=False)

    def holds(self, call: Call) -> bool:
        """Whether ``call`` is one of them."""
        return self.holds_but_for_resource(call) and self._names(call)

    def holds_but_for_resource(self, call: Call) -> bool:
        """Whether ``call`` is one of them, if its resource is left out of account."""
        return (
            self.operations.hold(call.service, call.operation)
            and self.state in (None, call.state)
            and self._is_named("machine", self.machine, call.machine)
            and self._is_named("function", self.function, call.function)
        )

    def _is_named(self, kind: Kind, wanted: str | None, name: str | None) -> bool:
        """Whether a machine or a function is the one that is wanted, by its name, its ARN or its logical id."""
        if wanted is None or wanted == name:
            return True
        return name is not None and (name_of(wanted) == name or name in self.logical_ids.names(wanted, kind))

    def _names(self, call: Call) -> bool:
        """Whether the call is about the resource, by its name, ARN, URL or logical id."""
        if self.resource is None or call.names(self.resource):
            return True
        return any(call.names(name) for name in self.logical_ids.names(self.resource))


@dataclass(frozen=True, slots=True)
class Delay:
    """The answer comes later, by ``seconds`` of the virtual clock."""

    seconds: float

    def __str__(self) -> str:
        return f"{self.seconds:g} s late"


@dataclass(frozen=True, slots=True)
class Connection:
    """No answer comes: the client gives up after ``seconds``, or cannot connect (``None``)."""

    seconds: float | None

    def __str__(self) -> str:
        return "not reached" if self.seconds is None else "without an answer"


@dataclass(frozen=True, slots=True)
class Entries:
    """The entries at these positions fail, the others do not; without an ``error`` they are not processed."""

    positions: tuple[int, ...]
    error: ServiceFault | None

    def __str__(self) -> str:
        return f"entries {', '.join(map(str, self.positions))}{f' {self.error}' if self.error else ''}"


Act: TypeAlias = ServiceFault | FunctionFault | Delay | Connection | Entries


@dataclass(slots=True)
class Plan:
    """What a test has planned. ``words`` is how it wrote it, ``place`` the line.

    ``draw`` gives the next number, 0 to 1, of a caller's stream.
    """

    act: Act
    where: Where
    words: str
    place: str | None
    times: int | None
    from_call: int
    probability: float | None
    draw: Callable[[str], float]
    met: int = 0
    """How many calls it was for."""
    acted: list[str] = field(default_factory=list)
    """What the calls were that it changed, at most ``MOST_TOLD``."""
    count: int = 0
    """How many calls it changed."""
    others: set[str] = field(default_factory=set)
    """The resources of calls that it would have been for, but for its own; those of about ``MOST_TOLD`` calls."""
    is_stopped: bool = False
    is_told: bool = False
    """Whether the test has been told that it is misspelt."""

    def takes(self, call: Call) -> bool:
        """Whether it acts on this call; it then counts."""
        if self.is_stopped or (self.times is not None and self.count >= self.times):
            return False
        if not self.where.holds(call):
            if self.where.resource and len(self.others) < MOST_TOLD and self.where.holds_but_for_resource(call):
                self.others |= call.named
            return False
        self.met += 1
        if self.met < self.from_call:
            return False
        if self.probability is not None and self.draw(call.caller) >= self.probability:
            return False
        self.count += 1
        if len(self.acted) < MOST_TOLD:
            self.acted.append(f"{call.service}:{call.operation}{f' {call.where}' if call.where else ''}")
        return True


MOST_TOLD: Final = 20


class Fault:
    """A fault that a test has planned; ``emulator.faults.fail(...)`` and the other methods return it."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    @property
    def count(self) -> int:
        """How many calls it has changed so far."""
        return self._plan.count

    @property
    def calls(self) -> tuple[str, ...]:
        """The first 20 of these calls: ``"dynamodb:PutItem in state Charge of execution order-7"``."""
        return tuple(self._plan.acted)

    def at(self, place: str) -> "Fault":
        """Internal: the fault is planned at this place of a file."""
        self._plan.place = place
        return self

    def withdraw(self) -> None:
        """Internal: its file is wrong elsewhere; it neither acts nor counts as unused."""
        self._plan.is_told = True
        self.stop()

    def stop(self) -> None:
        """End it: later calls are answered as if it had not been planned."""
        self._plan.is_stopped = True

    def __repr__(self) -> str:
        return f"<Fault {self._plan.words}, acted {'once' if self.count == 1 else f'{self.count} times'}>"
