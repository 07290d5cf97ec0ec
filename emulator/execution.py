"""One execution: what it is, how far it has come, and what it went through, told state by state."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any, Literal, Self, TypeAlias

from asl.effects import Decided, Finish, Record, Status
from asl.events import Event
from asl.history import render
from asl.machine import Machine
from asl.program import Program
from asl.values import Payload

ExecutionStatus: TypeAlias = Literal["RUNNING"] | Status


@dataclass(frozen=True, slots=True)
class StateMachine:
    """A state machine as it was created; ``updated_at`` and ``revision`` change when it is updated."""

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
        """The definition's text, as it was given."""
        return self.program.text


@dataclass(slots=True)
class Visit:
    """One stay in a state. ``output`` is ``None`` until the state is left; ``attempts`` counts calls of a task."""

    name: str
    type: str
    input: Any
    entered_at: datetime
    output: Any = None
    exited_at: datetime | None = None
    attempts: int = 0
    error: str | None = None
    cause: str | None = None
    assigned: dict[str, Any] = field(default_factory=dict)


class StateRuns:
    """All stays of an execution in one state; ``input`` and ``output`` are those of the last one."""

    def __init__(self, name: str, visits: list[Visit]) -> None:
        self.name = name
        self.visits = tuple(visits)

    @property
    def input(self) -> Any:
        """What the state was last given, before InputPath."""
        return self.visits[-1].input

    @property
    def output(self) -> Any:
        """What the state last handed on; ``None`` when it was not left."""
        return self.visits[-1].output

    @property
    def attempts(self) -> int:
        """How often the state's work was tried, retries included, in all stays together."""
        return sum(visit.attempts for visit in self.visits)

    @property
    def error(self) -> str | None:
        """The error name of the last attempt that failed, caught or not."""
        return next((visit.error for visit in reversed(self.visits) if visit.error is not None), None)

    def __repr__(self) -> str:
        return f"StateRuns({self.name!r}, visits={len(self.visits)}, attempts={self.attempts})"


class States(Mapping[str, StateRuns]):
    """The states that an execution entered, by name."""

    def __init__(self, runs: Mapping[str, StateRuns], known: list[str]) -> None:
        self._runs = runs
        self._known = known

    def __getitem__(self, name: str) -> StateRuns:
        if name in self._runs:
            return self._runs[name]
        entered = ", ".join(self._runs) or "none"
        if name in self._known:
            raise KeyError(f"the execution never entered the state {name!r}; it entered: {entered}")
        near = get_close_matches(name, self._known, n=1)
        hint = f", did you mean {near[0]!r}?" if near else "."
        raise KeyError(f"the machine has no state {name!r}{hint} The execution entered: {entered}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._runs)

    def __len__(self) -> int:
        return len(self._runs)


class Execution:
    """An execution of a state machine, running or over.

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
        """Which rules of its Choices, which retriers and catchers answered, in the order in which they did."""
        self.finish: Finish | None = None
        self.real_ns = 0
        """Nanoseconds that the emulator and the handlers worked on it in fact; no result depends on it."""
        self.trace_header: str | None = None
        """The ``traceHeader`` with which StartExecution was called."""
        self.map_run_arn: str | None = None
        """The map run that it is a child of."""
        self.exceptions: list[tuple[str, BaseException]] = []
        self.outside: dict[int, str] = {}
        """Calls that somebody outside has to answer: token -> the state's name."""

    def __repr__(self) -> str:
        return f"<Execution {self.name} {self.status} path={self.path}>"

    @property
    def status(self) -> ExecutionStatus:
        """How it stands."""
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
        """How long it took, or has taken so far up to its last event, in virtual time."""
        end = self.stopped_at or (self.records[-1].at if self.records else self.started_at)
        return end - self.started_at

    def assert_succeeded(self) -> Self:
        """Itself, when it succeeded; raises ``AssertionError`` that tells its way and what went wrong."""
        __tracebackhide__ = True
        if self.status == "SUCCEEDED":
            return self
        from emulator.trace import failure_lines

        raise AssertionError("\n".join(failure_lines(self)))

    @property
    def history(self) -> list[dict[str, Any]]:
        """The events as GetExecutionHistory answers them, oldest first."""
        return [render(record) for record in self.records]

    @property
    def path(self) -> list[str]:
        """The names of the states it entered, in order; those inside of Parallel and Map as they were entered."""
        return [record.details["name"] for record in self.records if _entered(record)]  # type: ignore[index]

    @property
    def final_state(self) -> str | None:
        """The state that it ended in; while it runs, the one that it is in or has just left."""
        names = (record.details for record in reversed(self.records) if record.type.endswith(_STAYS))
        return next((details["name"] for details in names if details is not None), None)

    @property
    def states(self) -> States:
        """What each state that was entered was given, handed on, and how often it was tried."""
        runs: dict[str, list[Visit]] = {}
        for visit in self.visits:
            runs.setdefault(visit.name, []).append(visit)
        known = list(_state_names(self.state_machine.program))
        return States({name: StateRuns(name, visits) for name, visits in runs.items()}, known)

    @property
    def visits(self) -> list[Visit]:
        """Every stay in a state, in the order in which they began."""
        return visits(self.records)


_STAYS = ("StateEntered", "StateExited")
_ATTEMPTS = ("Scheduled", "ParallelStateStarted", "MapStateStarted")
_FAILURES = ("Failed", "TimedOut")


def visits(records: list[Record]) -> list[Visit]:
    """The stays in states that ``records`` tell of, in the order in which they began."""
    found: list[Visit] = []
    of_event: dict[int, Visit] = {}
    for record in records:
        details = record.details or {}
        if _entered(record):
            kind = record.type.removesuffix("StateEntered")
            visit = Visit(details["name"], kind, _value(details["input"]), record.at)
            visit.attempts = 0 if kind in ("Task", "Parallel", "Map") else 1
            found.append(visit)
            of_event[record.id] = visit
            continue
        chained = of_event.get(record.previous_event_id)
        if record.type.endswith("StateExited"):
            name = details["name"]
            if chained is None or chained.name != name or chained.exited_at is not None:
                chained = next(v for v in reversed(found) if v.name == name and v.exited_at is None)
            chained.output, chained.exited_at = _value(details["output"]), record.at
            chained.assigned = {key: json.loads(text) for key, text in details.get("assignedVariables", {}).items()}
        elif chained is not None and record.type != "MapIterationStarted":
            if record.type.endswith(_ATTEMPTS):
                chained.attempts += 1
            if record.type.endswith(_FAILURES) and not record.type.startswith("MapIteration"):
                chained.error, chained.cause = details.get("error"), details.get("cause")
        if chained is not None:
            of_event[record.id] = chained
    return found


def _entered(record: Record) -> bool:
    return record.type.endswith("StateEntered")


def _value(payload: Payload) -> Any:
    return json.loads(payload.text)


def _state_names(program: Program) -> Iterator[str]:
    definition = json.loads(program.text)
    blocks = [definition]
    while blocks:
        for name, state in blocks.pop().get("States", {}).items():
            yield name
            blocks += state.get("Branches", [])
            blocks += [state[key] for key in ("ItemProcessor", "Iterator") if key in state]
