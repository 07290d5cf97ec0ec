"""A map run as the API shows it: its limits, its children, and how many of them have each status."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Literal

from asl.chance import Chance
from asl.effects import OpenMapRun, StartChild
from asl.events import ChildStatus
from emulator.aws.arns import Arn
from emulator.execution import Execution, StateMachine
from emulator.stepfunctions.distributed_map.readers import Page
from emulator.stepfunctions.distributed_map.results import ResultFiles

MapRunStatus = Literal["RUNNING", "SUCCEEDED", "FAILED", "ABORTED"]


@dataclass(slots=True)
class Counts:
    """How many children, or items, of a map run have each status."""

    running: int = 0
    succeeded: int = 0
    failed: int = 0
    timed_out: int = 0
    aborted: int = 0
    pending: int = 0

    def ended(self, status: ChildStatus, items: int) -> None:
        """Count ``items`` running ones as ended with ``status``."""
        self.running -= items
        match status:
            case "SUCCEEDED":
                self.succeeded += items
            case "FAILED":
                self.failed += items
            case "TIMED_OUT":
                self.timed_out += items
            case "ABORTED" | "PENDING":
                self.aborted += items

    @property
    def over(self) -> int:
        """Those that have ended, with any status."""
        return self.succeeded + self.failed + self.timed_out + self.aborted


@dataclass(slots=True)
class Child:
    """The summary that is kept of every child."""

    name: str
    items: int
    started_at: datetime
    status: ChildStatus | Literal["RUNNING"] = "RUNNING"
    stopped_at: datetime | None = None


@dataclass(slots=True, eq=False)
class MapRun:
    """A map run, its settings and its progress."""

    opened: OpenMapRun
    parent: Execution
    machine: StateMachine
    started_at: datetime
    max_concurrency: int
    tolerated_failure_count: int
    tolerated_failure_percentage: float
    files: ResultFiles | None
    status: MapRunStatus = "RUNNING"
    stopped_at: datetime | None = None
    children: list[Child] = field(default_factory=list)
    executions: Counts = field(default_factory=Counts)
    items: Counts = field(default_factory=Counts)
    read: int = 0
    """Items that are known so far."""
    around: tuple[int, ...] = ()
    """The index of the item in each map around it, the outermost first."""
    running: dict[int, Execution] = field(default_factory=dict)
    queued: deque[StartChild] = field(default_factory=deque)
    pages: Iterator[Page] | None = None
    next_page: Page | None = None
    kept: tuple[deque[str], deque[str]] = field(default_factory=lambda: (deque(), deque()))
    """ARNs of the ended children whose histories are kept: those that succeeded, and the others."""

    @property
    def arn(self) -> str:
        """The map run's ARN."""
        return self.opened.map_run_arn

    def child_arn(self, name: str) -> str:
        """The ARN of the child with this name; an Express child's ends in an id of its own."""
        if self.machine.type == "STANDARD":
            return f"{_with_type(self.machine.arn, 'execution')}:{name}"
        return f"{_with_type(self.machine.arn, 'express')}:{name}:{Chance(name).uuid()}"


@lru_cache(maxsize=64)
def _with_type(arn: str, kind: str) -> str:
    return str(Arn.parse(arn)._replace(type=kind))
