"""One execution: its data, its status, and its history, state by state."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Self, TypeAlias

from asl.effects import Decided, Finish, Record, Status
from asl.events import Event
from asl.history import render
from asl.machine import Machine
from asl.program import Program
from emulator.history.states import States
from emulator.history.tree import Tree
from emulator.history.visits import Visit

ExecutionStatus: TypeAlias = Literal["RUNNING"] | Status


@dataclass(frozen=True, slots=True)
class StateMachine:
    """A state machine as it was created or last updated."""

    arn: str
    name: str
    program: Program
    role_arn: str
    created_at: datetime
    source: str = "definition"
    tags: Mapping[str, str] = field(default_factory=dict)
    revision_id: str | None = None

    @property
    def definition(self) -> str:
        """The definition's text, unchanged."""
        return self.program.text


class Execution:
    """An execution of a state machine, running or ended.

    ``status`` is ``RUNNING``, ``SUCCEEDED``, ``FAILED``, ``TIMED_OUT`` or ``ABORTED``; times are aware, UTC, on the
    emulator's clock.
    """

    def __init__(self, arn: str, name: str, state_machine: StateMachine, input_text: str, started_at: datetime) -> None:
        self.arn = arn
        self.name = name
        self.state_machine = state_machine
        self.input_text = input_text
        self.started_at = started_at
        self.stopped_at: datetime | None = None
        self.machine = Machine(state_machine.program)
        self.events: list[Event] = []
        self.records: list[Record] = []
        self.decisions: list[Decided] = []
        """Which Choice rules, retriers and catchers applied, in order."""
        self._tree = Tree()
        self.finish: Finish | None = None
        self.real_ns = 0
        """Nanoseconds of real time that the emulator and the handlers worked on it; no result depends on it."""
        self.trace_header: str | None = None
        """The ``traceHeader`` with which StartExecution was called."""
        self.map_run_arn: str | None = None
        """The map run that it is a child execution of."""
        self.exceptions: list[tuple[str, BaseException]] = []
        self.awaited_answers: dict[int, str] = {}
        """Calls that an external worker has to answer: token -> the state's name."""

    def __repr__(self) -> str:
        return f"<Execution {self.name} {self.status} path={self.path}>"

    @property
    def status(self) -> ExecutionStatus:
        """Its status."""
        return "RUNNING" if self.finish is None else self.finish.status

    @property
    def input(self) -> Any:
        """The input, parsed."""
        return json.loads(self.input_text)

    @property
    def output_text(self) -> str | None:
        """The output as JSON text; ``None`` unless it succeeded."""
        return None if self.finish is None else self.finish.output

    @property
    def output(self) -> Any:
        """The output, parsed; ``None`` unless it succeeded."""
        return None if self.output_text is None else json.loads(self.output_text)

    @property
    def error(self) -> str | None:
        """The error's name, when it failed with one."""
        return None if self.finish is None else self.finish.error

    @property
    def cause(self) -> str | None:
        """The error's text, when it failed with one."""
        return None if self.finish is None else self.finish.cause

    @property
    def elapsed(self) -> timedelta:
        """How long it took, or has taken up to its last event, in virtual time."""
        end = self.stopped_at or (self.records[-1].at if self.records else self.started_at)
        return end - self.started_at

    def assert_succeeded(self) -> Self:
        """Itself, when it succeeded; otherwise raises ``AssertionError`` with its path and error."""
        __tracebackhide__ = True
        if self.status == "SUCCEEDED":
            return self
        from emulator.history.lines import failure_lines

        raise AssertionError("\n".join(failure_lines(self)))

    @property
    def history(self) -> list[dict[str, Any]]:
        """The events as GetExecutionHistory returns them, oldest first."""
        return [render(record) for record in self.records]

    @property
    def tree(self) -> Tree:
        """The history as a tree: visits, their attempts, branches and items. Each access reads the new records."""
        return self._tree.read(self.records, self.decisions)

    @property
    def path(self) -> list[str]:
        """The names of the states it entered, in order, including those inside Parallel and Map."""
        return [visit.name for visit in self.tree.visits]

    @property
    def final_state(self) -> str | None:
        """The state in which it ended; while it runs, the state that it is in or has just left."""
        last = self.tree.last
        return None if last is None else last.name

    @property
    def states(self) -> States:
        """State name -> input, output, attempts and errors, for each state that was entered."""
        return States(self.tree.by_name(), self.state_machine.program)

    @property
    def visits(self) -> list[Visit]:
        """Every visit to a state, in the order of entry."""
        return list(self.tree.visits)
