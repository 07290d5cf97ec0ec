"""One execution: its data, its status, and its history, state by state."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import EllipsisType, MappingProxyType
from typing import Any, Final, Literal, Protocol, Self, TypeAlias

from asl.effects import Decided, Finish, Record, Status
from asl.events import NO_TASKS, Event
from asl.history import render
from asl.machine import Machine
from asl.program import Program
from asl.validate import MachineType
from emulator.errors import EmulatorError
from emulator.history.states import States
from emulator.history.tree import Tree
from emulator.history.visits import Visit
from emulator.tokens import TaskToken, TokenWaits

ExecutionStatus: TypeAlias = Literal["RUNNING"] | Status

UNLOGGED: Final[Mapping[str, Any]] = MappingProxyType({"level": "OFF", "includeExecutionData": False})
UNTRACED: Final[Mapping[str, Any]] = MappingProxyType({"enabled": False})
"""AWS's values for a state machine that was created without these configurations."""


@dataclass(frozen=True, slots=True)
class StateMachine:
    """A state machine at one time: an update does not change this value."""

    arn: str
    """Its ARN, as boto3 takes it."""
    name: str
    """Its name."""
    program: Program
    """The compiled definition."""
    role_arn: str
    """The role, which is not checked."""
    created_at: datetime
    """When it was created; aware, UTC."""
    source: str = "definition"
    """What messages call the definition: the file's path, where it came from a file."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """The tags that CreateStateMachine was given."""
    revision_id: str | None = None
    """The revision as DescribeStateMachine shows it; ``None`` until the first update."""
    is_deleting: bool = False
    """Whether it was deleted while some of its executions ran."""
    logging: Mapping[str, Any] = field(default_factory=lambda: UNLOGGED)
    """Its ``loggingConfiguration``, as DescribeStateMachine shows it."""
    tracing: Mapping[str, Any] = field(default_factory=lambda: UNTRACED)
    """Its ``tracingConfiguration``, as DescribeStateMachine shows it; no trace is recorded."""

    @property
    def definition(self) -> str:
        """The definition as JSON text."""
        return self.program.text

    @property
    def type(self) -> MachineType:
        """``STANDARD`` or ``EXPRESS``."""
        return self.program.type


class MapRuns(Protocol):
    """What an execution asks about the children of its map runs."""

    def children(self, execution: "Execution") -> "Sequence[Execution]":
        """Those that are kept, in the order of their starts."""
        ...

    def forgotten(self, execution: "Execution") -> int:
        """How many are not kept any more."""
        ...


class Execution:
    """An execution of a state machine, running or ended. Its values change while it runs."""

    def __init__(self, arn: str, name: str, state_machine: StateMachine, input_text: str, started_at: datetime) -> None:
        self.arn = arn
        """Its ARN, as boto3 takes it."""
        self.name = name
        """Its name."""
        self.state_machine = state_machine
        """The state machine as it was at the start."""
        self.input_text = input_text
        """The input as JSON text."""
        self.started_at = started_at
        """When it started; aware, UTC."""
        self.stopped_at: datetime | None = None
        """When it ended; ``None`` while it runs."""
        self.machine = Machine(state_machine.program)
        self.events: list[Event] = []
        self.records: list[Record] = []
        self.held: frozenset[str] = NO_TASKS
        """The states whose tasks may fail before they run, as the machine knows it."""
        self.is_logged: bool = state_machine.logging["level"] != "OFF"
        """Whether a log group gets any of its events."""
        self.seen_by_log = 0
        """How many of its records were looked at for the log."""
        self.decisions: list[Decided] = []
        """Which rules of Choice states were chosen, and which retriers and catchers answered errors, in order."""
        self._tree: Tree | None = None
        self.finish: Finish | None = None
        self.clock: Callable[[Execution], datetime] | None = None
        """The time of an execution; not a function of this one's own, which would hold it in a circle."""
        self.real_ns = 0
        """Nanoseconds of real time that the emulator and the handlers worked on it; no result depends on it."""
        self.test_case: str | None = None
        """The test case of a mock configuration whose answers its tasks get; a child of a map run has its parent's."""
        self.trace_header: str | None = None
        """The ``traceHeader`` that StartExecution was given."""
        self.map_run_arn: str | None = None
        """The ARN of its map run, when it is a child of one."""
        self.items: tuple[int, ...] = ()
        """As a child of a map run: its number in each map run around it, from 0, the outermost first."""
        self.exceptions: list[tuple[str, BaseException]] = []
        """What handlers raised, in order: the name of the state, and the exception with its traceback."""
        self.unanswered: EmulatorError | None = None
        """Why nothing could answer a call of it; it then ended, ABORTED."""
        self.awaited_answers: dict[int, str] = {}
        """Calls that an external worker has to answer: token -> the state's name."""
        self.parent: Execution | None = None
        """The execution whose task or handler started it, or whose map run it is a child of."""
        self.token_waits: TokenWaits | None = None
        """Who knows its task tokens."""
        self.map_runs: MapRuns | None = None
        """Who knows the children of its map runs; ``None`` while it has none."""

    def __repr__(self) -> str:
        return f"<Execution {self.name} {self.status} path={self.path}>"

    @property
    def status(self) -> ExecutionStatus:
        """``RUNNING``, ``SUCCEEDED``, ``FAILED``, ``TIMED_OUT`` or ``ABORTED``."""
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
        """The error's name; ``None`` unless it failed, timed out or was aborted with one."""
        return None if self.finish is None else self.finish.error

    @property
    def cause(self) -> str | None:
        """The error's text; ``None`` where it has none."""
        return None if self.finish is None else self.finish.cause

    @property
    def elapsed(self) -> timedelta:
        """The virtual time from its start to its end, or that has passed so far."""
        return (self.stopped_at or self.time) - self.started_at

    @property
    def time(self) -> datetime:
        """The time on its emulator's clock."""
        return self.started_at if self.clock is None else max(self.started_at, self.clock(self))

    def wait_for_task_token(self, state_name: str, *, index: int | None = None) -> TaskToken:
        """Let time pass until the state waits for a worker, and return its token: the test answers as the worker.

        ``index`` is the number of an item, from 0: of the Map around the state, or of the Distributed Map whose child
        the state runs in. A task of an activity is taken as a worker takes it, unless one has. A nested execution's
        state is found as well.

        Raises ``EmulatorError`` when no state machine has such a state, when the state never waits for a worker, and
        when the execution ends first; ``StuckExecutionError`` when nothing is left that could bring it there.
        """
        __tracebackhide__ = True
        if self.token_waits is None:
            raise EmulatorError(f"execution {self.name} was not started by an emulator: it has no task tokens")
        return self.token_waits.wait(self, state_name, index)

    @property
    def tokens(self) -> Sequence[TaskToken]:
        """The task tokens that wait for an answer now, its nested executions' too, in the order of their calls.

        Those of ``.waitForTaskToken``, and of activities whose task a worker has taken. No time passes.
        """
        return () if self.token_waits is None else self.token_waits.open(self)

    def as_stubs(self, *, left_out: Literal["raise", "skip"] = "raise") -> dict[str, Any]:
        """The answers that its tasks got, by state, as a JSON value: that of a file of stubs (``docs/stubs.md``).

        Raises ``EmulatorError`` for what the history does not have: the items of a Distributed Map, failures without a
        name. With ``left_out="skip"`` these states are left out.
        """
        from emulator.history.recorded import checked, record

        processors = self.state_machine.program.processors
        without = [name for name, program in processors.items() if not any(program.tasks)]
        return {"tasks": checked(record(self.tree, self.records, without), left_out, f"execution {self.name}")}

    def assert_succeeded(self, *, output: Any = ...) -> Self:
        """Return the execution if it succeeded, with this ``output``, a JSON value.

        ``contains({...})`` stands for an object with more members, ``unittest.mock.ANY`` for any value: see
        ``docs/assertions.md``. Else raise ``AssertionError`` with its path and what went wrong, or with the JSON paths
        at which the output differs.
        """
        __tracebackhide__ = True
        from emulator.assertions.ends import check_succeeded

        check_succeeded(self, output)
        return self

    def assert_failed(self, *, error: Any = None, cause: Any = None) -> Self:
        """Return the execution if it failed, with this ``error`` and ``cause``. Else raise ``AssertionError``.

        A time-out is the error States.Timeout; an execution that was stopped did not fail. The ``cause`` is the whole
        text or, of the JSON that Lambda makes of an exception, its ``errorMessage``. Each is text,
        ``contains("part")``, or a pattern of ``re.compile``.
        """
        __tracebackhide__ = True
        from emulator.assertions.ends import check_failed

        check_failed(self, error, cause)
        return self

    def assert_path(
        self, path: Sequence[str | EllipsisType], *, within: str | None = None, index: int | None = None
    ) -> Self:
        """Return the execution if it entered these states: ``["Charge", "Ship"]``. Else raise ``AssertionError``.

        ``...`` stands for any states: ``["Charge", ..., "Ship"]``. States in a Parallel or Map are left out, unless one
        of them is named: then it is ``path``, all of them in the order of entry. ``within="Each", index=2`` is the path
        of that branch or item alone, counted from 0; without ``index`` each branch or item has this path.

        Raises ``EmulatorError``, with the nearest name, for a state that the machine does not have.
        """
        __tracebackhide__ = True
        from emulator.assertions.paths import check_path

        check_path(self, path, within, index)
        return self

    def assert_called(self, state_name: str, *, times: int | None = None, input: Any = ...) -> Self:
        """Return the execution if the Task called its function, service or worker. Else raise ``AssertionError``.

        ``times`` is how often, 0 for not at all, retries and items of a Map included; without it, once or more.
        ``input`` is what was called with, as ``TaskCall.input``; then only the calls with it count.

        Raises ``EmulatorError`` for a name that no state has, with the nearest, and for a state that is not a Task.
        """
        __tracebackhide__ = True
        from emulator.assertions.calls import check_called

        check_called(self, state_name, times, input)
        return self

    def assert_waited(
        self,
        state_name: str,
        length: timedelta | None = None,
        /,
        *,
        days: float | None = None,
        hours: float | None = None,
        minutes: float | None = None,
        seconds: float | None = None,
    ) -> Self:
        """Return the execution if it was this long in the state: ``assert_waited("Pause", minutes=5)``.

        It is virtual time, of all visits together; those at the same time, of a Map's items, count once. Else raise
        ``AssertionError``.

        Raises ``EmulatorError``, with the nearest name, for a state that the machine does not have.
        """
        __tracebackhide__ = True
        from emulator.assertions.times import check_waited

        check_waited(self, state_name, length, {"days": days, "hours": hours, "minutes": minutes, "seconds": seconds})
        return self

    def snapshot(self, *, format: Literal["text", "mermaid"] = "text") -> str:
        """The run as text that is the same for each run that does the same: states, inputs, outputs, decisions.

        Ids, task tokens and times are named by the rules of ``docs/snapshots.md``. ``format="mermaid"`` is a diagram of
        the states that it took. Raises ``EmulatorError`` for another format.
        """
        from emulator.snapshots import snapshot

        return snapshot(self, format)

    def diff(self, other: "Execution") -> str:
        """What the ``other`` run did differently, in words; empty if nothing.

        Inputs, the first state that is another one, calls, outputs, times and ends are compared, not ids and tokens.
        """
        from emulator.compared import compare

        return compare(self, other)

    @property
    def children(self) -> "Sequence[Execution]":
        """The executions of the items of its Distributed Maps, in the order of their starts.

        Of a run with more than 1,000, those whose histories are kept.
        """
        return () if self.map_runs is None else self.map_runs.children(self)

    @property
    def children_forgotten(self) -> int:
        """Internal: how many children of its map runs are not kept any more."""
        return 0 if self.map_runs is None else self.map_runs.forgotten(self)

    @property
    def history(self) -> list[dict[str, Any]]:
        """The events as GetExecutionHistory returns them, oldest first."""
        return [render(record) for record in self.records]

    @property
    def tree(self) -> Tree:
        """The history as a tree: visits, their attempts, branches and items. Each access reads the new records."""
        self._tree = self._tree or Tree()
        return self._tree.read(self.records, self.decisions)

    @property
    def path(self) -> list[str]:
        """The names of the states in the order in which they were entered, including those in Parallel and Map."""
        return [visit.name for visit in self.tree.visits]

    @property
    def final_state(self) -> str | None:
        """The name of the state in which it ended; while it runs, of the one that it is in, or has just left."""
        last = self.tree.last
        return None if last is None else last.name

    @property
    def states(self) -> States:
        """For each state that was entered: its input, output, attempts and error, by the state's name."""
        return States(self.tree.by_name(), self.state_machine.program)

    @property
    def visits(self) -> list[Visit]:
        """All visits to states, in the order in which they began."""
        return list(self.tree.visits)
