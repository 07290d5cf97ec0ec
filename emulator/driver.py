"""The loop between a machine's effects and its events, for every execution of an emulator.

Effects are carried out in the order of the machine's requests; their results return to it as events, each at its own
time. A target answers when its own work ends: a handler that slept for an hour answers an hour later. An answer that is
no longer awaited, because its task timed out meanwhile, changes nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVarTuple, assert_never

from asl.effects import (
    AbandonCall,
    CallTarget,
    CancelTimer,
    CloseMapRun,
    Decided,
    Effect,
    Finish,
    MapRunEffect,
    OpenMapRun,
    ReadItems,
    Record,
    SetTimer,
    StartChild,
    StopChildren,
    WriteResults,
)
from asl.events import CallFailed, CallSucceeded, Event, Start, Stop, TaskOffered, TasksHeld, TimersFired, Token
from emulator.answers import Answer, Reply, bounded
from emulator.clock import stopwatch_ns
from emulator.errors import EmulatorError
from emulator.execution import Execution
from emulator.timeline import Alarm, TimeLine
from emulator.tokens import TokenWaits

if TYPE_CHECKING:
    from emulator.latencies import Latencies


Given = TypeVarTuple("Given")


class Targets(Protocol):
    """Answers the calls of executions."""

    def call(self, execution: Execution, call: CallTarget) -> Reply | None:
        """The reply; ``None`` when it comes later, by ``Driver.answer``, or from a worker.

        Raises ``EmulatorError`` when no target can answer; the execution then ends, ABORTED, with its text as cause.
        """
        ...

    def abandon(self, execution: Execution, call: CallTarget) -> None:
        """Note that the execution no longer waits for this call, which may not have been made yet."""
        ...


class MapRunWork(Protocol):
    """Does the work of Distributed Maps."""

    def do(self, parent: Execution, effect: MapRunEffect) -> None:
        """Do it, and later answer with the event that the effect names, never immediately."""
        ...


class Driver:
    """Runs executions on one time line."""

    targets: Targets

    def __init__(self, timeline: TimeLine) -> None:
        self.timeline = timeline
        self._lines: dict[str, TimeLine] = {}
        """The executions that run ahead of ``timeline``, by their ARN, each with its own line (``emulator.ahead``)."""
        self._alarms: dict[tuple[str, Token], Alarm] = {}
        self._due: dict[str, list[Token]] = {}
        self._starts: dict[str, Start] = {}
        """The starts that have not been delivered, by the execution's ARN."""
        self._open: dict[tuple[str, Token], CallTarget] = {}
        self.calling: tuple[Execution, str] | None = None
        """The execution whose call is being answered, and the name of the state that called."""
        self.map_runs: MapRunWork | None = None
        self.on_error: list[Callable[[EmulatorError], None]] = []
        """Called with an error of the emulator's own that ends an execution, before it is raised."""
        self.on_status: list[Callable[[Execution], None]] = []
        """Called with every execution when it has started and runs, and again when it has ended."""
        self.latencies: Latencies | None = None
        """How long calls take; ``None`` when each is answered at its instant."""
        self.on_waiting: list[Callable[[Execution, Token], None]] = []
        """Called when a task waits for a worker from now on, with its execution and the call's token."""
        self.token_waits: TokenWaits | None = None
        """What executions ask about their task tokens."""
        self.held: Callable[[Execution], frozenset[str]] | None = None
        """The states of an execution whose tasks may fail before they run; ``None`` when there are none."""
        self.log: Callable[[Execution], None] | None = None
        """Called with an execution that is logged after each of its events."""

    def begin(
        self,
        execution: Execution,
        *,
        region: str,
        seed: int | str,
        redrives: int | None = 0,
        line: TimeLine | None = None,
    ) -> None:
        """Start ``execution`` at its ``started_at``, on ``line`` or the emulator's own.

        ``redrives`` is what its context object says; ``None``: nothing.
        """
        if line is not None and line is not self.timeline:
            self._lines[execution.arn] = line
        execution.clock = self._time_of
        execution.token_waits = self.token_waits
        machine = execution.state_machine
        start = Start(
            at=execution.started_at,
            input=execution.input_text,
            execution_arn=execution.arn,
            name=execution.name,
            state_machine_arn=machine.arn,
            state_machine_name=machine.name,
            role_arn=machine.role_arn,
            region=region,
            seed=seed,
            redrives=redrives,
        )
        self._starts[execution.arn] = start
        self.send(execution, self._take_start, execution.arn, start, at=execution.started_at)

    def _take_start(self, _: datetime, arn: str, start: Start) -> Start:
        return self._starts.pop(arn, start)

    def line_of(self, execution: Execution) -> TimeLine:
        """The time line on which the execution runs."""
        return self._lines.get(execution.arn, self.timeline) if self._lines else self.timeline

    def _time_of(self, execution: Execution) -> datetime:
        return self.line_of(execution).clock.now()

    def take_over(self, line: TimeLine, outer: TimeLine) -> None:
        """The executions of ``line``, which ends, run on ``outer`` from now on."""
        for arn in [arn for arn, own in self._lines.items() if own is line]:
            self._lines[arn] = outer
        if outer is self.timeline:
            self._lines = {arn: own for arn, own in self._lines.items() if own is not outer}

    def stop(self, execution: Execution, stop: Stop) -> None:
        """Stop ``execution`` at once, also in the middle of a handler; one that has not begun enters no state.

        The stop waits, as ``TimeLine.now_or_at`` says, for what is due before ``stop.at``.
        """

        def deliver() -> None:
            if (start := self._starts.pop(execution.arn, None)) is not None:
                self._deliver(execution, start._replace(is_stopped=True))
            self._deliver(execution, stop._replace(at=max(stop.at, self.timeline.clock.now())))

        self.timeline.now_or_at(stop.at, deliver)

    def send(
        self, execution: Execution, event: Callable[[datetime, *Given], Event], *given: *Given, at: datetime
    ) -> None:
        """Send the execution ``event(time of delivery, *given)``, at ``at`` or as soon as possible."""
        line = self.line_of(execution)
        if at > line.clock.now():
            line.at(at, partial(self._make, execution, event, given), what=partial(_answer_text, execution))
        else:
            line.soon(self._make, execution, event, given)

    def _make(self, execution: Execution, event: Callable[..., Event], given: tuple[Any, ...]) -> None:
        """Make the event and deliver it."""
        self._deliver(execution, event(self.line_of(execution).clock.now(), *given))

    def _deliver(self, execution: Execution, event: Event) -> None:
        if execution.finish is not None:
            return
        if self.held is not None and (held := self.held(execution)) != execution.held:
            event = self._hold(execution, event, held)
        execution.events.append(event)
        began = stopwatch_ns()
        records = execution.records
        for effect in execution.machine.receive(event):
            if type(effect) is Record:  # so are most
                records.append(effect)
            else:
                self._do(execution, effect)
        execution.real_ns += stopwatch_ns() - began
        if len(execution.events) == 1 and execution.finish is None:
            self._tell(execution)
        if self.on_waiting and isinstance(event, CallSucceeded | TaskOffered) and self.is_open(execution, event.token):
            for told in self.on_waiting:
                told(execution, event.token)
        if execution.is_logged and self.log is not None:
            self.log(execution)

    def _hold(self, execution: Execution, event: Event, held: frozenset[str]) -> Event:
        """Tell the machine which tasks may fail before they run, by ``event`` if it is the first one, else before."""
        execution.held = held
        if isinstance(event, Start):
            return event._replace(held=held)
        said = TasksHeld(event.at, held)
        execution.events.append(said)
        execution.machine.receive(said)
        return event

    def _do(self, execution: Execution, effect: Effect) -> None:
        match effect:
            case Record():
                execution.records.append(effect)
            case Decided():
                execution.decisions.append(effect)
            case SetTimer(token=token, at=at, passive=passive):
                alarm = self.line_of(execution).at(
                    at,
                    partial(self._fire, execution, token),
                    passive=passive,
                    what=partial(_timer_text, execution, token),
                )
                self._alarms[execution.arn, token] = alarm
            case CancelTimer(token=token):
                if alarm_ := self._alarms.pop((execution.arn, token), None):
                    self.line_of(execution).cancel(alarm_)
            case CallTarget():
                self._open[execution.arn, effect.token] = effect
                if effect.resource.waits:
                    execution.awaited_answers[effect.token] = effect.state_name
                self._call_later(execution, effect)
            case AbandonCall(token=token):
                if (abandoned := self.close(execution, token)) is not None:
                    self.targets.abandon(execution, abandoned)
            case OpenMapRun() | ReadItems() | StartChild() | StopChildren() | WriteResults() | CloseMapRun():
                assert self.map_runs is not None
                self.map_runs.do(execution, effect)
            case Finish():
                try:
                    if len(execution.events) == 1:
                        self._tell(execution)  # it ends in its first step: first that it runs
                finally:  # it has ended, even if a backend does not take the event about its beginning
                    execution.finish = effect
                    execution.stopped_at = execution.events[-1].at
                self._tell(execution)
                if self._lines:
                    self._lines.pop(execution.arn, None)
            case _:
                assert_never(effect)

    def _tell(self, execution: Execution) -> None:
        for tell in self.on_status:
            tell(execution)

    def _fire(self, execution: Execution, token: Token) -> None:
        """Collect the timers of one instant: the machine gets all of them in one event."""
        self._alarms.pop((execution.arn, token), None)
        due = self._due.setdefault(execution.arn, [])
        due.append(token)
        if len(due) == 1:
            self.line_of(execution).soon(self._fire_due, execution)

    def _fire_due(self, execution: Execution) -> None:
        tokens = self._due.pop(execution.arn)
        self._deliver(execution, TimersFired(self.line_of(execution).clock.now(), tuple(tokens)))

    def _call_later(self, execution: Execution, call: CallTarget) -> None:
        """Make the call after everything requested before it, or when its way to the service is over."""
        line, latencies = self.line_of(execution), self.latencies
        ways = None if latencies is None else latencies.of_task(call.resource, f"{execution.arn}/{call.token}")
        if ways is None:
            line.soon(self._call, execution, call)
        else:
            way, back = ways
            line.at(line.clock.now() + way, partial(self._call, execution, call, back))

    def _call(self, execution: Execution, call: CallTarget, back: timedelta | None = None) -> None:
        if (execution.arn, call.token) not in self._open:
            return
        began = stopwatch_ns()
        before, self.calling = self.calling, (execution, call.state_name)
        try:
            reply = self.targets.call(execution, call)
        except EmulatorError as error:  # the caller gets this error, and the execution does not wait for ever
            execution.unanswered = error
            for tell in self.on_error:
                tell(error)
            with suppress(EmulatorError):  # a backend that is down does not take the event about the end, either
                self._deliver(execution, Stop(self.line_of(execution).clock.now(), type(error).__name__, str(error)))
            raise
        finally:
            self.calling = before
            execution.real_ns += stopwatch_ns() - began
        if call.state_name in execution.held and (reply is None or not reply.answer.step):
            self._deliver(execution, TaskOffered(self.line_of(execution).clock.now(), call.token))
        if reply is not None:
            self.answer(execution, call, reply if back is None else replace(reply, at=reply.at + back))
        elif call.resource.kind == "activity":
            self._deliver(execution, TaskOffered(self.timeline.clock.now(), call.token))

    def answer(self, execution: Execution, call: CallTarget, reply: Reply) -> None:
        """Give the execution the reply to its call, at the reply's time."""
        if reply.exception is not None:
            execution.exceptions.append((call.state_name, reply.exception))
        answer = reply.answer
        if answer.output is None or not call.resource.waits:
            self.close(execution, call.token)
        self.send(execution, _event, call.token, answer, at=reply.at)

    def is_open(self, execution: Execution, token: Token) -> bool:
        """Whether the execution still waits for this call."""
        return (execution.arn, token) in self._open

    @property
    def open_calls(self) -> Mapping[tuple[str, Token], CallTarget]:
        """The calls that executions wait for, by the execution's ARN and the call's token."""
        return self._open

    @contextmanager
    def between_calls(self) -> Iterator[None]:
        """A block in which no call is being answered: what is due happens while a handler sleeps."""
        before, self.calling = self.calling, None
        try:
            yield
        finally:
            self.calling = before

    def close(self, execution: Execution, token: Token) -> CallTarget | None:
        """Accept no more answers to this call; returns the call, if it was open."""
        execution.awaited_answers.pop(token, None)
        return self._open.pop((execution.arn, token), None)


TIMERS: Final[Mapping[str, str]] = {
    "execution": "the time limit",
    "wake": "the end of state {state}",
    "retry": "another attempt of state {state}",
    "timeout": "the timeout of state {state}",
    "heartbeat": "the heartbeat of state {state}",
}
"""Kind of a timer -> what it is, for people."""


def _answer_text(execution: Execution) -> str:
    """What the delivery of an answer is."""
    return f"execution {execution.name}: an answer"


def _timer_text(execution: Execution, token: Token) -> str:
    """What a timer of an execution is."""
    found = next((each for each in execution.machine.open_timers if each.token == token), None)
    what = "" if found is None else f": {TIMERS[found.kind].format(state=found.state_name)}"
    return f"execution {execution.name}{what}"


def _event(at: datetime, token: Token, answer: Answer) -> Event:
    if answer.output is None:
        return CallFailed(at, token, answer.error, bounded(answer.cause), answer.refused, answer.step)
    return CallSucceeded(at, token, answer.output)
