"""The machine: one execution of a program as a fold over its events.

``receive(event)`` is the only input and its effects the only output: no clock, no thread, no call. Parallel and Map
are frames (``asl.frames``): a ``Branch`` is one sequence of states, a ``Fork`` the branches that a state waits for.
Branches that can run wait in one queue and run in a fixed order, so the same events always give the same history.

This module runs states and handles errors. Calls, forks and map runs, for which states wait, are modules of their own
(``asl.calls``, ``asl.forks``, ``asl.map_run_steps``) and return their outcomes.

Ids, ``previousEventId`` and the order of events follow AWS's recordings. With several open branches, AWS's order
depends on its timing; ours is the order in which the branches started.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, Final, assert_never

from asl import calls, forks, map_run_steps
from asl.chance import Chance
from asl.decisions import Caught, Retried, RuleFailed, Unanswered
from asl.effects import CallTarget, Decided, Effect, Finish, Status
from asl.errors import HEARTBEAT_TIMEOUT, RUNTIME, TIMEOUT, EvaluationError, StateError
from asl.events import (
    CallFailed,
    CallSucceeded,
    ChildEnded,
    Event,
    ItemsRead,
    MapRunBroken,
    MapRunUpdated,
    ResultsWritten,
    Start,
    Stop,
    TaskFailed,
    TaskHeartbeat,
    TaskOffered,
    TasksHeld,
    TaskStarted,
    TaskSucceeded,
    TimersFired,
    Token,
)
from asl.frames import NOTHING, Branch, Fork, PendingCall, Position, position
from asl.history import EVENT_LIMIT, MOST_EVENTS
from asl.limits import LONGEST_EXECUTION, assigned_texts, check_built, growth
from asl.outcomes import Call, Chosen, Distribute, Failed, Leave, Park
from asl.program import Program
from asl.retry import answer_error
from asl.run import HistoryFullError, OpenTimer, Run, StepKind, present
from asl.states.choice import Choice
from asl.states.common import ForkBranches, ForkItems
from asl.states.task import Task
from asl.states.wait import Wait
from asl.values import Payload, size


class Machine:
    """One execution of ``program``. Give it a ``Start``, then the events that its effects request, as they happen."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._run = Run(MOST_EVENTS[program.type])
        self._record = self._run.record

    @property
    def status(self) -> Status | None:
        """How the execution ended; ``None`` while it runs."""
        return None if self.ended is None else self.ended.status

    @property
    def ended(self) -> Finish | None:
        """How the execution ended, and its output or error; ``None`` while it runs."""
        return self._run.ended

    @property
    def root(self) -> Branch | None:
        """The execution's own branch, which leads to every frame; kept after the end. ``None`` before ``Start``."""
        return self._run.root

    def let_go(self) -> None:
        """Let go of the frames of an execution that has ended, and about which nothing more is asked.

        They refer to one another in circles. Python finds those by looking at all objects of the process, again and
        again: for a map run of 10,000 children that took as long as a third of the rest.
        """
        assert self._run.ended is not None, "it runs"
        self._run.root = None
        self._run.waiting.clear()

    @property
    def open_timers(self) -> tuple[OpenTimer, ...]:
        """The timers that are set, in the order in which they were set; none after the end of the execution."""
        return self._run.open_timers

    @property
    def open_calls(self) -> tuple[CallTarget, ...]:
        """The calls that wait for answers, in the order in which they were scheduled; none after the end."""
        return self._run.open_calls

    def is_offered(self, token: Token) -> bool:
        """Whether a worker can answer this call, or take it: its service has the request, its activity the task."""
        waiting = self._run.waiting.get(token)
        pending = None if waiting is None else waiting.branch.call
        return pending is not None and pending.scheduled and not pending.awaits_answer

    def is_taken(self, token: Token) -> bool:
        """Whether a worker has the token of this call."""
        waiting = self._run.waiting.get(token)
        pending = None if waiting is None else waiting.branch.call
        return pending is not None and pending.started and not pending.awaits_answer

    def position(self, token: Token) -> Position | None:
        """Where the call ``token`` was made; ``None`` if the machine does not wait for it."""
        found = self._run.waiting.get(token)
        return None if found is None else position(found.branch)

    def receive(self, event: Event) -> list[Effect]:
        """The effects of ``event``. An unexpected event, such as a late answer, has none.

        Neither has an event before ``Start``, or a second ``Start``. Raises ``JsonTextError`` for a ``Start`` or
        ``TaskSucceeded`` whose text is not JSON, and is then unchanged.
        """
        run = self._run
        if run.ended is not None or isinstance(event, Start) is (run.root is not None):
            return []
        run.now = event.at
        effects: list[Effect] = []
        run.effects = effects
        try:
            self._take(event)
            ready = run.ready
            while ready and run.ended is None:
                step, branch, argument = ready.popleft()
                if not branch.done:
                    STEPS[step](self, branch, argument)
        except HistoryFullError as full:
            if self.program.type == "EXPRESS":
                run.ready.clear()
                return effects
            cause = f"The execution reached the maximum number of history events ({EVENT_LIMIT})."
            self._finish_failed(full.previous, RUNTIME, cause)
        return effects

    # Events --------------------------------------------------------------------------------------------------------

    def _take(self, event: Event) -> None:
        match event:
            case Start():
                self._start(event)
            case TimersFired(tokens=tokens):
                for token in tokens:
                    self._fire(token)
            case TasksHeld(held=held):
                self._run.held = held
            case CallSucceeded() | CallFailed() | TaskOffered() | TaskStarted():
                self._called(event)
            case TaskSucceeded() | TaskFailed() | TaskHeartbeat():
                self._called(event)
            case ItemsRead() | ChildEnded() | ResultsWritten() | MapRunBroken() | MapRunUpdated():
                found = self._run.waiting.get(event.token)
                if found is not None and found.branch.map_run is not None and found.kind == "map run":
                    result = map_run_steps.receive(self._run, found.branch, found.branch.map_run, event)
                    self._came_to(found.branch, result)
            case Stop(error=error, cause=cause):
                map_run_steps.record_aborts(self._run)
                self._run.record_end("ExecutionAborted", 0, present(error=error, cause=cause))
                self._run.finish(Finish("ABORTED", None, error, cause))
            case _:
                assert_never(event)

    def _called(self, event: calls.CallEvent) -> None:
        found = self._run.waiting.get(event.token)
        if found is not None and found.branch.call is not None and found.kind == "call":
            self._came_to(found.branch, calls.receive(self._run, found.branch, found.branch.call, event))

    def _start(self, start: Start) -> None:
        run, payload = self._run, Payload.read(start.input)
        run.execution_arn = start.execution_arn
        run.state_machine_arn = start.state_machine_arn
        run.region = start.region
        run.held = start.held
        run.chance = Chance(start.seed)
        run.start, run.input = start, payload.value
        run.root = root = Branch(run, self.program.block, payload, None, 0)
        self._record(root, "ExecutionStarted", {"input": payload, "roleArn": start.role_arn})
        root.last_event = 0
        self._bound(root)
        if not start.is_stopped:
            run.ready.append(("enter", root, None))

    def _bound(self, root: Branch) -> None:
        """Set the timer that ends the execution. Express executions have five minutes, for which tests do wait.

        A TimeoutSeconds of 0 sets no limit here; AWS accepts it, and what it does there is not known.
        """
        own, longest = self.program.timeout_seconds, LONGEST_EXECUTION[self.program.type]
        bound = min(timedelta(seconds=own), longest) if own else longest
        passive = not own and self.program.type == "STANDARD"
        self._run.set_timer(root, "execution", self._run.now + bound, passive=passive)

    def _fire(self, token: Token) -> None:
        found = self._run.waiting.get(token)
        if found is None or found.at is None or self._run.ended is not None:
            return
        kind, branch = found.kind, found.branch
        self._run.close_timer(branch, kind)
        match kind:
            case "wake":
                assert isinstance(branch.state, Wait)
                self._go_on(branch, branch.state.wake)
            case "retry":
                self._run.ready.append(("attempt", branch, None))
            case "execution":
                map_run_steps.record_aborts(self._run)
                self._run.record_end("ExecutionTimedOut", 0, {})
                self._run.finish(Finish("TIMED_OUT"))
            case _:
                assert branch.call is not None
                name = HEARTBEAT_TIMEOUT if kind == "heartbeat" else TIMEOUT
                self._run.ready.append(("fail", branch, calls.time_out(self._run, branch, branch.call, name)))

    # Running states ------------------------------------------------------------------------------------------------

    def _enter(self, branch: Branch, _: None) -> None:
        """Enter the branch's state and run until the branch waits for something or ends."""
        self._leave(branch, self._enter_state(branch))

    def _attempt(self, branch: Branch, _: None) -> None:
        """Try the branch's state again."""
        branch.fork = None
        self._leave(branch, self._ask(branch))

    def _leave(self, branch: Branch, leave: Leave | None) -> None:
        """Leave the branch's state, enter the next, and so on, as long as states leave immediately."""
        while leave is not None:
            output, to, assigned = leave
            state = branch.state
            details: dict[str, Any] = {"name": state.name, "output": output}
            try:
                if output is not branch.input:
                    check_built(output, state.name)
                if assigned:
                    details["assignedVariables"] = texts = assigned_texts(assigned, branch.sizes, self._run.stored)
            except StateError as error:
                leave = self._fail_with(branch, error)
                continue
            self._record(branch, state.exited_type, details)
            if assigned:
                branch.variables = {**branch.variables, **assigned}
                self._run.stored += growth(texts, branch.sizes)
                branch.sizes = {**branch.sizes, **{name: size(text) for name, text in texts.items()}}
            branch.input = output
            branch.fork = None
            if to is None:
                self._end(branch)
                return
            branch.state = branch.block.states[to]
            leave = self._enter_state(branch)

    def _enter_state(self, branch: Branch) -> Leave | None:
        state = branch.state
        branch.entered_after = branch.last_event
        self._record(branch, state.entered_type, {"name": state.name, "input": branch.input})
        branch.entered_event = branch.last_event
        branch.entered_at = self._run.now
        if branch.retry_count:
            branch.retries = NOTHING
            branch.retry_count = 0
        return self._ask(branch)

    def _ask(self, branch: Branch) -> Leave | None:
        """Get the state's outcome and begin it. Returns how the branch leaves the state, ``None`` if it waits."""
        run, state = self._run, branch.state
        if isinstance(state, Task):
            branch.token = run.new_token()
        try:
            outcome = state.enter(branch)
            if isinstance(outcome, Leave):
                return outcome
            match outcome:
                case Chosen():
                    return self._follow(branch, outcome)
                case Park(until=until):
                    run.set_timer(branch, "wake", until)
                case Call():
                    calls.schedule(run, branch, outcome, self.program.integrations)
                case ForkBranches() | ForkItems():
                    return self._forked(branch, forks.begin(run, branch, outcome))
                case Distribute():
                    self._came_to(branch, map_run_steps.begin(run, branch, outcome))
                case Failed():
                    return self._fail(branch, outcome)
                case _:
                    assert_never(outcome)
        except StateError as error:
            return self._fail_with(branch, error)
        return None

    def _follow(self, branch: Branch, chosen: Chosen) -> Leave:
        state = branch.state
        assert isinstance(state, Choice)
        decision = chosen.decision
        self._run.effects.append(Decided(branch.entered_event, state.name, decision))
        if isinstance(decision, RuleFailed):
            assert chosen.failure is not None
            raise chosen.failure
        return state.follow(branch, decision, chosen.effective)

    def _go_on(self, branch: Branch, how: Callable[[Branch], Leave]) -> None:
        """Queue the branch to leave its state; ``how`` may fail like the state's own work."""
        try:
            leave: Leave | None = how(branch)
        except StateError as error:
            leave = self._fail_with(branch, error)
        if leave is not None:
            self._run.ready.append(("leave", branch, leave))

    def _end(self, branch: Branch) -> None:
        """The branch has ended: it is the execution's own, or one of a fork's branches."""
        self._run.close(branch)
        fork = branch.outer
        if fork is None:
            self._run.record_end("ExecutionSucceeded", branch.last_event, {"output": branch.input})
            self._run.finish(Finish("SUCCEEDED", branch.input.text))
        else:
            self._leave(fork.owner, self._forked(fork.owner, forks.end_branch(self._run, branch, fork)))

    # Outcomes of calls, map runs and forks ---------------------------------------------------------------------------

    def _resume(self, branch: Branch, result: Payload) -> None:
        branch.result = result
        self._go_on(branch, lambda scope: scope.state.resume(scope, result))
        branch.result = None

    def _begin_call(self, branch: Branch, pending: PendingCall) -> None:
        calls.begin(self._run, branch, pending)

    def _came_to(self, branch: Branch, result: Payload | Failed | None) -> None:
        """Act on the outcome of a call or a map run; ``None`` while it is open."""
        if isinstance(result, Payload):
            self._resume(branch, result)
        elif result is not None:
            self._run.ready.append(("fail", branch, result))

    def _forked(self, owner: Branch, result: Payload | Failed | None) -> Leave | None:
        """Act on the outcome of a fork. Returns how its owner leaves the state if it failed."""
        if isinstance(result, Payload):
            self._resume(owner, result)
            return None
        return None if result is None else self._fail(owner, result, forked=True)

    # Errors --------------------------------------------------------------------------------------------------------

    def _failed(self, branch: Branch, failed: Failed) -> None:
        """The task or map run that the state waited for has failed."""
        forked = branch.state.type == "Map"
        self._leave(branch, self._fail(branch, failed, forked=forked))

    def _fail_with(self, branch: Branch, error: StateError) -> Leave | None:
        """The state's own work, such as an expression, failed."""
        cause = branch.cause_of(error)
        forked = isinstance(error, EvaluationError) and branch.state.type in ("Map", "Parallel")
        self._run.record_evaluation(branch, error, cause)
        return self._fail(branch, Failed(error.name, cause), forked=forked)

    def _fail(self, branch: Branch, failed: Failed, *, forked: bool = False) -> Leave | None:
        """The branch's state failed: wait for a retry, leave by a catcher, or end the branch.

        A failed Parallel or Map (``forked``) is recorded as failed only if it is not retried, and not for a
        States.Runtime of its own: ExecutionFailed is then the next event (recorded:
        ``test_map_item_reader_csv_max_items_paths``). An error in a catcher's own work is not caught.
        """
        run, state = self._run, branch.state
        name, cause, of_result = failed
        decision = answer_error(name, state.retry, state.catch, branch.retries, run.chance, of_result=of_result)
        run.effects.append(Decided(branch.entered_event, state.name, decision))
        if isinstance(decision, Retried):
            branch.retries = {**branch.retries, decision.retrier: decision.retry}
            branch.retry_count += 1
            run.set_timer(branch, "retry", run.now + decision.delay)
            return None
        if forked and name != RUNTIME:
            self._record(branch, f"{state.type}StateFailed", None)
        if isinstance(decision, Caught):
            try:
                leave = state.catch[decision.catcher].leave(branch, _shown(name), cause)
                check_built(leave.output, state.name)
                if leave.assigned is not None:
                    assigned_texts(leave.assigned, branch.sizes, run.stored)
                return leave
            except StateError as error:
                name, cause = error.name, branch.cause_of(error)
                failed = Failed(name, cause)
                run.record_evaluation(branch, error, cause)
                run.effects.append(Decided(branch.entered_event, state.name, Unanswered(name)))
        if branch.outer is None or name == RUNTIME:
            self._finish_failed(branch.last_event, _shown(name), cause)
        else:
            self._fail_branch(branch, branch.outer, failed)
        return None

    def _fail_branch(self, branch: Branch, fork: Fork, error: Failed) -> None:
        """A branch of a fork ends with an error: the Map tolerates it, or the fork fails with it."""
        failing, owner = forks.fail_branch(self._run, branch, fork), fork.owner
        if fork.tolerates:
            shown = Failed(_shown(error.error), error.cause)
            self._leave(owner, self._forked(owner, forks.tolerate(self._run, branch, fork, failing, shown)))
        elif leave := self._forked(owner, forks.break_off(self._run, fork, failing, error)):
            self._run.ready.append(("leave", owner, leave))

    def _finish_failed(self, previous: int, name: str | None, cause: str | None) -> None:
        self._run.record_end("ExecutionFailed", previous, present(error=name, cause=cause))
        self._run.finish(Finish("FAILED", None, name, cause))


STEPS: Final[Mapping[StepKind, Callable[[Machine, Branch, Any], None]]] = {
    "enter": Machine._enter,
    "attempt": Machine._attempt,
    "call": Machine._begin_call,
    "leave": Machine._leave,
    "fail": Machine._failed,
}
"""Next step of a branch -> its method."""


def replay(program: Program, events: Iterable[Event]) -> tuple[Machine, list[Effect]]:
    """The machine after ``events``, and all effects so far, which must not be carried out again."""
    machine = Machine(program)
    return machine, [effect for event in events for effect in machine.receive(event)]


def _shown(name: str | None) -> str | None:
    """The error's name as AWS shows it: a missed heartbeat, which also matches its own name, is shown as a timeout."""
    return TIMEOUT if name == HEARTBEAT_TIMEOUT else name
