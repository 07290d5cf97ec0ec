"""The resources of Step Functions: machines, executions, activities, map runs and their children.

The service uses ``Store`` and ``Table`` only, so another store can keep the same resources on disk.
"""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from emulator.aws.arns import region_of
from emulator.execution import Execution, StateMachine
from emulator.stepfunctions.distributed_map.map_run import MapRun
from emulator.stepfunctions.offers import Activity


class Resource(Protocol):
    """Anything with an ARN."""

    @property
    def arn(self) -> str:
        """The ARN."""
        ...


T = TypeVar("T", bound=Resource)


class Table(Protocol[T]):
    """The resources of one kind, in the order in which they were added."""

    def __len__(self) -> int:
        """How many resources there are."""
        ...

    def get(self, arn: str) -> T | None:
        """The resource of ``arn``, if there is one."""
        ...

    def put(self, resource: T) -> None:
        """Add a resource; it replaces one with the same ARN. Call it again when the resource has changed."""
        ...

    def delete(self, arn: str) -> None:
        """Remove a resource, if it exists."""
        ...

    def list(self, owner: str | None = None) -> "list[T]":
        """All resources, or those of an owner, oldest first."""
        ...


class Store(Protocol):
    """The tables. Each says what its owners are."""

    @property
    def machines(self) -> Table[StateMachine]:
        """State machines, by region."""
        ...

    @property
    def executions(self) -> Table[Execution]:
        """Executions, by the ARN of their machine. They are put when they start and when they end."""
        ...

    @property
    def activities(self) -> Table[Activity]:
        """Activities, by region."""
        ...

    @property
    def map_runs(self) -> Table[MapRun]:
        """Map runs, by the ARN of the execution that started them. They are put when they open, change and close."""
        ...

    @property
    def children(self) -> Table[Execution]:
        """The executions of map runs that can be described, by the ARN of their map run."""
        ...


class MemoryTable(Generic[T]):
    """A table in memory; ``owner`` gives the owner of a resource."""

    def __init__(self, owner: Callable[[T], str]) -> None:
        self._owner = owner
        self._all: dict[str, T] = {}
        self._owned: dict[str, dict[str, T]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def get(self, arn: str) -> T | None:
        """The resource of ``arn``, if there is one."""
        return self._all.get(arn)

    def put(self, resource: T) -> None:
        """Add a resource; it replaces one with the same ARN."""
        self._all[resource.arn] = resource
        self._owned.setdefault(self._owner(resource), {})[resource.arn] = resource

    def delete(self, arn: str) -> None:
        """Remove a resource, if it exists."""
        resource = self._all.pop(arn, None)
        if resource is not None:
            owner = self._owner(resource)
            del self._owned[owner][arn]
            if not self._owned[owner]:
                del self._owned[owner]

    def list(self, owner: str | None = None) -> "list[T]":
        """All resources, or those of an owner, oldest first."""
        return list((self._all if owner is None else self._owned.get(owner, {})).values())


class MemoryStore:
    """A store that ends with the emulator."""

    def __init__(self) -> None:
        self.machines: Table[StateMachine] = MemoryTable(lambda machine: region_of(machine.arn))
        self.executions: Table[Execution] = MemoryTable(lambda execution: execution.state_machine.arn)
        self.activities: Table[Activity] = MemoryTable(lambda activity: region_of(activity.arn))
        self.map_runs: Table[MapRun] = MemoryTable(lambda run: run.parent.arn)
        self.children: Table[Execution] = MemoryTable(lambda child: child.map_run_arn or "")
