"""The parts of ``emulator.execution.Execution`` that its readers share; that class describes each."""

from datetime import datetime, timedelta
from typing import Any, Protocol

from asl.effects import Decided
from emulator.history.tree import Tree


class ExecutionEnd(Protocol):
    """What came of it, how long it took, and its visits."""

    @property
    def time(self) -> datetime: ...
    @property
    def status(self) -> str: ...
    @property
    def error(self) -> str | None: ...
    @property
    def cause(self) -> str | None: ...
    @property
    def elapsed(self) -> timedelta: ...
    @property
    def tree(self) -> Tree: ...


class ExecutionData(ExecutionEnd, Protocol):
    """Its values and decisions, too."""

    items: tuple[int, ...]
    decisions: list[Decided]
    started_at: datetime
    stopped_at: datetime | None

    @property
    def input(self) -> Any: ...
    @property
    def output(self) -> Any: ...
