"""The machine: one execution of a program as a fold over its events.

``receive(event)`` is the only way in and its effects the only way out: no clock, no thread, no call. Parallel and Map
are frames (``asl.frames``): a ``Branch`` is one sequence of states, a ``Fork`` the branches that a state waits for.
What can go on waits in one queue and is stepped in a fixed order, so the same events always give the same history.

Ids, ``previousEventId`` and the order of events follow AWS's recordings; where several branches are open at once
AWS's own order depends on its timing, and ours is: the order in which they were started.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NoReturn, TypeAlias, assert_never

from asl import errors
from asl.chance import Chance
from asl.effects import AbandonCall, CallTarget, CancelTimer, CloseMapRun, Effect, Finish, Record, SetTimer, Status
from asl.errors import EvaluationError, StateError, runtime_error, too_large
from asl.events import (
    CallFailed,
    CallSucceeded,
    ChildEnded,
    Event,
    ItemsRead,
    MapRunBroken,
    MapRunEvent,
    MapRunUpdated,
    ResultsWritten,
    Start,
    Stop,
    TaskFailed,
    TaskHeartbeat,
    TaskStarted,
    TaskSucceeded,
    TimersFired,
    Token,
)
from asl.frames import Branch, Fork, PendingCall, Waiting
from asl.history import EVENT_LIMIT
from asl.map_run import Identity, MapRun, read_limits
from asl.outcomes import Call, Distribute, Failed, Leave, Park
from asl.program import Program
from asl.retry import find_catcher, find_retrier
from asl.states.common import ForkBranches, ForkItems
from asl.states.task import Task
from asl.states.wait import Wait
from asl.tokens import task_token
from asl.tolerance import threshold_exceeded
from asl.values import (
    PAYLOAD_LIMIT,
    TOO_DEEP,
    Json,
    JsonTextError,
    Payload,
    encode,
    exceeds_depth,
    exceeds_limit,
    instant_text,
    size,
)

LONGEST_EXECUTION: Final = timedelta(days=365)
"""A Standard execution that runs longer ends TIMED_OUT (quotas of the developer guide)."""

STORED_LIMIT: Final = 10 * 1024 * 1024
"""Bytes that all variables of an execution may have together."""


class _HistoryFullError(Exception):
    """The next event would be one too many; ``previous`` is the event it would have followed."""

    def __init__(self, previous: int) -> None:
        super().__init__(previous)
        self.previous = previous


Step: TypeAlias = "tuple[Callable[[Branch, Any], None], Branch, Any]"


class Machine:
    """One execution of ``program``. Give it a ``Start``, then what its effects ask for, in the order it happens."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.execution_arn = ""
        self.context: dict[str, Json] = {}
        self.chance = Chance(0)
        self._region = ""
        self._state_machine_arn = ""
        self._status: Status | None = None
        self._effects: list[Effect] = []
        self._events = 0
        self._tokens = 0
        self._stored = 0
        self._waiting: dict[Token, Waiting] = {}
        self._ready: deque[Step] = deque()

    now: datetime

    @property
    def status(self) -> Status | None:
        """How the execution ended; ``None`` while it runs."""
        return self._status

    def receive(self, event: Event) -> list[Effect]:
        """What follows from ``event``. An event that nobody waits for, such as a late answer, has no effects.

        Nor has anything before ``Start``, or a second ``Start``. Raises ``JsonTextError`` for a ``Start`` or
        ``TaskSucceeded`` whose text is not JSON; nothing has happened then.
        """
        started = self._events > 0
        if self._status is not None or isinstance(event, Start) is started:
            return []
        self.now = event.at
        effects: list[Effect] = []
        self._effects = effects
        try:
            self._take(event)
            ready = self._ready
            while ready and self._status is None:
                step, branch, argument = ready.popleft()
                if not branch.done:
                    step(branch, argument)
        except _HistoryFullError as full:
            cause = f"The execution reached the maximum number of history events ({EVENT_LIMIT})."
            self._finish_failed(full.previous, errors.RUNTIME, cause)
        return effects

    # What an event means -------------------------------------------------------------------------------------------

    def _take(self, event: Event) -> None:
        match event:
            case Start():
                self._start(event)
            case TimersFired(tokens=tokens):
                for token in tokens:
                    self._fire(token)
            case CallSucceeded() | CallFailed() | TaskStarted() | TaskSucceeded() | TaskFailed() | TaskHeartbeat():
                found = self._waiting.get(event.token)
                if found is not None and found.branch.call is not None and found.kind == "call":
                    self._answered(found.branch, found.branch.call, event)
            case ItemsRead() | ChildEnded() | ResultsWritten() | MapRunBroken() | MapRunUpdated():
                found = self._waiting.get(event.token)
                if found is not None and found.branch.map_run is not None and found.kind == "map run":
                    self._map_run_goes_on(found.branch, found.branch.map_run, event)
            case Stop(error=error, cause=cause):
                self._record_map_run_aborts()
                self._record_end("ExecutionAborted", 0, _present(error=error, cause=cause))
                self._finish(Finish("ABORTED", None, error, cause))
            case _:
                assert_never(event)

    def _start(self, start: Start) -> None:
        payload = Payload.read(start.input)
        self.execution_arn = start.execution_arn
        self._region = start.region
        self._state_machine_arn = start.state_machine_arn
        self.chance = Chance(start.seed)
        self.context = {
            "Execution": {
                "Id": start.execution_arn,
                "Input": payload.value,
                "StartTime": instant_text(start.at),
                "Name": start.name,
                "RoleArn": start.role_arn,
                "RedriveCount": 0,
            },
            "StateMachine": {"Id": start.state_machine_arn, "Name": start.state_machine_name},
        }
        root = Branch(self, self.program.block, payload, None, 0)
        self._record(root, "ExecutionStarted", {"input": payload, "roleArn": start.role_arn})
        root.last_event = 0
        bound = min(timedelta(seconds=self.program.timeout_seconds or 10**9), LONGEST_EXECUTION)
        self._set_timer(root, "execution", self.now + bound)
        self._ready.append((self._enter, root, None))

    def _fire(self, token: Token) -> None:
        found = self._waiting.get(token)
        if found is None or found.kind in ("call", "map run"):
            return
        kind, branch = found
        del self._waiting[token], branch.timers[kind]
        match kind:
            case "wake":
                assert isinstance(branch.state, Wait)
                self._go_on(branch, branch.state.wake)
            case "retry":
                self._ready.append((self._attempt, branch, None))
            case "execution":
                self._record_map_run_aborts()
                self._record_end("ExecutionTimedOut", 0, {})
                self._finish(Finish("TIMED_OUT"))
            case _:
                name = errors.HEARTBEAT_TIMEOUT if kind == "heartbeat" else errors.TIMEOUT
                self._timed_out(branch, name)

    def _answered(
        self,
        branch: Branch,
        pending: PendingCall,
        event: CallSucceeded | CallFailed | TaskStarted | TaskSucceeded | TaskFailed | TaskHeartbeat,
    ) -> None:
        match event:
            case CallSucceeded(output=output):
                self._call_succeeded(branch, pending, _read_answer(output))
            case CallFailed(error=error, cause=cause):
                self._call_failed(branch, pending, error, cause)
            case TaskStarted(worker_name=worker_name):
                if not pending.started:
                    self._started(branch, pending, _present(workerName=worker_name))
            case TaskHeartbeat():
                if pending.started and not pending.awaits_answer:
                    self._start_heartbeat(branch, pending)
            case TaskSucceeded(output=output):
                payload = Payload.read(output)
                if pending.awaits_answer:
                    pending.early = event
                else:
                    self._task_succeeded(branch, pending, payload)
            case TaskFailed(error=error, cause=cause):
                if pending.awaits_answer:
                    pending.early = event
                else:
                    self._call_failed(branch, pending, error, cause)
            case _:
                assert_never(event)

    # Running states ------------------------------------------------------------------------------------------------

    def _enter(self, branch: Branch, _: None) -> None:
        """Enter the branch's state and run on until the branch waits for something or ends."""
        self._run(branch, self._enter_state(branch))

    def _attempt(self, branch: Branch, _: None) -> None:
        """Try the branch's state again."""
        self._run(branch, self._ask(branch))

    def _run(self, branch: Branch, leave: Leave | None) -> None:
        """Leave the branch's state, enter the next, and so on, for as long as states answer at once."""
        while leave is not None:
            output, to, assigned = leave
            state = branch.state
            details: dict[str, Any] = {"name": state.name, "output": output}
            try:
                if output is not branch.input:
                    _check_built(output, state.name)
                if assigned is not None:
                    details["assignedVariables"] = texts = self._assigned_texts(branch, assigned)
            except StateError as error:
                leave = self._fail_with(branch, error)
                continue
            self._record(branch, state.exited_type, details)
            if assigned is not None:
                branch.variables = {**branch.variables, **assigned}
                self._stored += _growth(branch, texts)
                branch.sizes.update({name: size(text) for name, text in texts.items()})
            branch.input = output
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
        branch.entered_at = self.now
        if branch.retry_count:
            branch.retries = {}
            branch.retry_count = 0
        return self._ask(branch)

    def _ask(self, branch: Branch) -> Leave | None:
        """Ask the state what to do and begin it; how the branch leaves the state, ``None`` when it does not yet."""
        if isinstance(branch.state, Task):
            branch.token = self._new_token()
        try:
            outcome = branch.state.enter(branch)
            if isinstance(outcome, Leave):
                return outcome
            match outcome:
                case Park(until=until):
                    self._set_timer(branch, "wake", until)
                case Call():
                    self._schedule(branch, outcome)
                case ForkBranches() | ForkItems():
                    return self._fork(branch, outcome)
                case Distribute():
                    self._open_map_run(branch, outcome)
                case Failed(error=error, cause=cause):
                    return self._fail(branch, error, cause)
                case _:
                    assert_never(outcome)
        except StateError as error:
            return self._fail_with(branch, error)
        return None

    def _go_on(self, branch: Branch, how: Callable[[Branch], Leave]) -> None:
        """Queue the branch to leave its state; ``how`` may fail as the state's own work may."""
        try:
            leave: Leave | None = how(branch)
        except StateError as error:
            leave = self._fail_with(branch, error)
        if leave is not None:
            self._ready.append((self._run, branch, leave))

    def _fail_with(self, branch: Branch, error: StateError) -> Leave | None:
        """The state's own work failed, an expression among it."""
        cause = self._cause(branch, error)
        forked = isinstance(error, EvaluationError) and branch.state.type in ("Map", "Parallel")
        self._tell_evaluation(branch, error, cause)
        return self._fail(branch, error.name, cause, forked=forked)

    def _tell_evaluation(self, branch: Branch, error: StateError, cause: str | None) -> None:
        """Tell of a failed expression; the event follows what came before the state (``test_undefined_reference``)."""
        if isinstance(error, EvaluationError):
            branch.last_event = branch.entered_event if error.after_entered else branch.entered_after
            details = _present(error=error.name, cause=cause, location=error.location, state=branch.state.name)
            self._record(branch, "EvaluationFailed", details)

    def _cause(self, branch: Branch, error: StateError) -> str | None:
        if not error.prefixed:
            return error.cause
        return (
            f"An error occurred while executing the state '{branch.state.name}' "
            f"(entered at the event id #{branch.entered_event}). {error.cause}"
        )

    def _assigned_texts(self, branch: Branch, assigned: Mapping[str, Json]) -> dict[str, str]:
        """Variable -> its JSON text, as ``assignedVariables`` has it; raises ``StateError`` for what is too much.

        Bounds: developer guide, "Passing data between states with variables"; the texts are ours.
        """
        texts = {name: encode(value) for name, value in assigned.items()}
        if any(exceeds_depth(assigned[name], text) for name, text in texts.items()):
            raise runtime_error(TOO_DEEP)
        for name, text in texts.items():
            if exceeds_limit(text):
                _refuse_size(f"The variable '{name}' has {size(text)} bytes, a variable", PAYLOAD_LIMIT)
        if (together := sum(map(size, texts.values()))) > PAYLOAD_LIMIT:
            _refuse_size(f"The variables of one Assign have {together} bytes, those of an Assign", PAYLOAD_LIMIT)
        if (stored := self._stored + _growth(branch, texts)) > STORED_LIMIT:
            _refuse_size(f"The execution's variables would have {stored} bytes, those of an execution", STORED_LIMIT)
        return texts

    def _close(self, branch: Branch) -> None:
        """The branch does nothing more; its own variables are gone."""
        branch.done = True
        self._stored -= sum(branch.sizes.values())

    def _end(self, branch: Branch) -> None:
        """The branch has come to its end: the execution has, or one of a fork's branches has."""
        self._close(branch)
        fork = branch.outer
        if fork is None:
            self._record_end("ExecutionSucceeded", branch.last_event, {"output": branch.input})
            self._finish(Finish("SUCCEEDED", branch.input.text))
            return
        last = branch.last_event
        if isinstance(fork.spec, ForkItems):
            self._record(branch, "MapIterationSucceeded", _iteration(branch))
        self._settle(branch, fork, branch.input, last)

    def _settle(self, branch: Branch, fork: Fork, output: Payload, last: int) -> None:
        """The branch has given its output; what comes next follows the event ``last``."""
        owner, spec = fork.owner, fork.spec
        fork.outputs[branch.index] = output
        fork.remaining -= 1
        if isinstance(spec, ForkItems) and len(fork.branches) < len(spec.items):
            owner.last_event = last
            try:
                self._start_iteration(fork, spec)
            except StateError as error:
                self._run(owner, self._selection_failed(fork, error))
                return
        if fork.remaining == 0:
            owner.fork = None
            self._fork_succeeded(owner, branch.last_event, fork.result)

    # Errors --------------------------------------------------------------------------------------------------------

    def _fail(self, branch: Branch, name: str | None, cause: str | None, *, forked: bool = False) -> Leave | None:
        """The branch's state failed: wait for a retry, or leave by a catcher, or end the branch.

        A failed Parallel or Map (``forked``) says so only when it is not tried again.
        """
        state = branch.state
        index = find_retrier(state.retry, name)
        if index is not None and (done := branch.retries.get(index, 0)) < state.retry[index].max_attempts:
            branch.retries[index] = done + 1
            branch.retry_count += 1
            self._set_timer(branch, "retry", self.now + state.retry[index].delay(done, self.chance))
            return None
        if forked:
            self._record(branch, f"{state.type}StateFailed", None)
        if catcher := find_catcher(state.catch, name):
            try:
                leave = catcher.leave(branch, _shown(name), cause)
                _check_built(leave.output, state.name)
                if leave.assigned is not None:
                    self._assigned_texts(branch, leave.assigned)
                return leave
            except StateError as error:
                name, cause = error.name, self._cause(branch, error)
                self._tell_evaluation(branch, error, cause)
        if branch.outer is None or name == errors.RUNTIME:
            self._finish_failed(branch.last_event, _shown(name), cause)
        else:
            self._branch_failed(branch, branch.outer, name, cause)
        return None

    def _branch_failed(self, branch: Branch, fork: Fork, name: str | None, cause: str | None) -> None:
        """An error that a branch did not catch is the error of the Parallel or Map; the other branches are aborted."""
        failing, owner = branch.last_event, fork.owner
        self._close(branch)
        if isinstance(fork.spec, ForkItems):
            self._record_after(failing, "MapIterationFailed", _iteration(branch))
        if isinstance(branch.state, Task):
            self._record_after(failing, "TaskStateAborted", None)
        if fork.tolerated is not None:
            fork.failed += 1
            if not fork.tolerated.exceeded(fork.failed, len(fork.outputs)):
                failure: Json = {"Error": _shown(name) or "", "Cause": cause or ""}
                self._settle(branch, fork, Payload(failure), failing)
                return
            exceeded = threshold_exceeded()
            name, cause = exceeded.name, exceeded.cause
        self._abort_branches(fork, failing)
        owner.fork = None
        owner.last_event = failing
        leave = self._fail(owner, name, cause, forked=True)
        if leave is not None:
            self._ready.append((self._run, owner, leave))

    def _abort_branches(self, fork: Fork, failing: int) -> None:
        for branch in fork.branches:
            if not branch.done:
                if isinstance(fork.spec, ForkItems):
                    self._record_after(failing, "MapIterationAborted", _iteration(branch))
                self._abort(branch, failing)

    def _abort(self, branch: Branch, failing: int) -> None:
        self._close(branch)
        self._release(branch)
        if branch.fork is not None:
            self._abort_branches(branch.fork, failing)
        if branch.entered_event and branch.state.type in ("Task", "Wait", "Parallel", "Map"):
            self._record_after(failing, f"{branch.state.type}StateAborted", None)

    # Parallel and Map ----------------------------------------------------------------------------------------------

    def _fork(self, owner: Branch, spec: ForkBranches | ForkItems) -> Leave | None:
        """Start the branches; a Map without items is over at once."""
        fork = Fork(owner, spec)
        if isinstance(spec, ForkBranches):
            _check_built(spec.argument, owner.state.name)
            self._record(owner, "ParallelStateStarted", None)
            owner.fork = fork
            for block in spec.blocks:
                self._start_branch(fork, Branch(self, block, spec.argument, fork, len(fork.branches)))
            return None
        self._record(owner, "MapStateStarted", {"length": len(spec.items)})
        if spec.tolerate is not None:
            fork.tolerated = spec.tolerate()
        if not spec.items:
            self._fork_succeeded(owner, owner.last_event, Payload([], "[]"))
            return None
        owner.fork = fork
        started = owner.last_event
        for _ in range(min(spec.max_concurrency, len(spec.items))):
            owner.last_event = started
            try:
                self._start_iteration(fork, spec)
            except StateError as error:
                return self._selection_failed(fork, error)
        return None

    def _start_iteration(self, fork: Fork, spec: ForkItems) -> None:
        """Start the next item's iteration, behind the owner's last event."""
        owner, index = fork.owner, len(fork.branches)
        outer_item = owner.item
        owner.item = {"Index": index, "Value": spec.items[index]}
        try:
            payload = spec.select(spec.items[index], index)
            if payload.value is not spec.items[index]:
                _check_built(payload, owner.state.name)
            branch = Branch(self, spec.block, payload, fork, index)
        finally:
            owner.item = outer_item
        branch.item = {"Index": index, "Value": spec.items[index]}
        branch.last_event = owner.last_event
        self._record(branch, "MapIterationStarted", _iteration(branch))
        fork.branches.append(branch)
        self._ready.append((self._enter, branch, None))

    def _selection_failed(self, fork: Fork, error: StateError) -> Leave | None:
        """ItemSelector failed for an item: the Map has failed, and with it the iterations that are under way."""
        owner = fork.owner
        cause = self._cause(owner, error)
        self._tell_evaluation(owner, error, cause)
        self._abort_branches(fork, owner.last_event)
        owner.fork = None
        return self._fail(owner, error.name, cause, forked=True)

    def _start_branch(self, fork: Fork, branch: Branch) -> None:
        branch.last_event = fork.owner.last_event
        fork.branches.append(branch)
        self._ready.append((self._enter, branch, None))

    def _fork_succeeded(self, owner: Branch, last: int, result: Payload) -> None:
        """``Succeeded`` and ``Exited`` both follow the last event of the branch that ended last."""
        self._record_after(last, f"{owner.state.type}StateSucceeded", None)
        owner.last_event = last
        self._go_on(owner, lambda branch: branch.state.resume(branch, result))

    # Distributed Map -----------------------------------------------------------------------------------------------

    def _open_map_run(self, owner: Branch, spec: Distribute) -> None:
        """Begin a map run; its fields are read between MapStateStarted and MapRunStarted."""
        self._record(owner, "MapStateStarted", {"length": len(spec.items or ())})
        limits = read_limits(owner, spec)
        machine_arn = self._state_machine_arn
        label = spec.distribution.label or Chance(f"{machine_arn}/{owner.state.name}").uuid()
        arn = f"{machine_arn.replace(':stateMachine:', ':mapRun:')}/{label}:{self.chance.uuid()}"
        token = self._new_token()
        owner.map_run = run = MapRun(owner, spec, Identity(token, arn, label), limits)
        self._waiting[token] = Waiting("map run", owner)
        self._record(owner, "MapRunStarted", {"mapRunArn": arn})
        run.started_event = owner.last_event
        self._effects += run.open()
        self._conclude(owner, run)

    def _map_run_goes_on(self, owner: Branch, run: MapRun, event: MapRunEvent) -> None:
        self._effects += run.receive(event)
        self._conclude(owner, run)

    def _conclude(self, owner: Branch, run: MapRun) -> None:
        """Leave the state when the run has come to its verdict; AWS says that Exited follows MapRunStarted."""
        verdict = run.verdict
        if verdict is None:
            return
        del self._waiting[run.identity.token]
        owner.map_run = None
        if isinstance(verdict, StateError):
            cause = self._cause(owner, verdict)
            self._record(owner, "MapRunFailed", _present(error=verdict.name, cause=cause))
            self._ready.append((self._map_run_failed, owner, (verdict.name, cause)))
            return
        self._record(owner, "MapRunSucceeded", None)
        self._record(owner, "MapStateSucceeded", None)
        owner.last_event = run.started_event
        self._go_on(owner, lambda branch: branch.state.resume(branch, verdict))

    def _map_run_failed(self, owner: Branch, error: tuple[str | None, str | None]) -> None:
        self._run(owner, self._fail(owner, *error, forked=True))

    def _record_map_run_aborts(self) -> None:
        """The execution is being ended from outside, and its map runs with it."""
        for kind, branch in self._waiting.values():
            if kind == "map run" and branch.map_run is not None:
                self._record_end("MapRunAborted", branch.map_run.started_event, None)

    # Tasks ---------------------------------------------------------------------------------------------------------

    def _schedule(self, branch: Branch, call: Call) -> None:
        """Say that the task is scheduled; it starts once every branch that can has come as far."""
        _check_built(call.argument, branch.state.name)
        branch.call = pending = PendingCall(call)
        details = {**pending.details, **self._request(call)}
        self._record(branch, f"{pending.family}Scheduled", details)
        self._waiting[branch.token] = Waiting("call", branch)
        self._ready.append((self._begin_call, branch, pending))

    def _request(self, call: Call) -> dict[str, Any]:
        """What a Scheduled event says of the request."""
        resource = call.resource
        if resource.kind == "service":
            details: dict[str, Any] = {"region": self._region, "parameters": call.argument}
        else:
            details = {"resource": resource.text, "input": call.argument}
        if call.timeout_seconds is not None:
            details["timeoutInSeconds"] = call.timeout_seconds
        if call.heartbeat_seconds is not None and resource.kind != "lambda":
            details["heartbeatInSeconds"] = call.heartbeat_seconds
        if call.role_arn is not None:
            details["taskCredentials"] = {"roleArn": call.role_arn}
        return details

    def _begin_call(self, branch: Branch, pending: PendingCall) -> None:
        """Ask for the call. An activity's task starts only when a worker takes it."""
        resource = pending.call.resource
        if resource.kind != "activity":
            self._started(branch, pending, None if resource.kind == "lambda" else {})
        token_text = task_token(self.execution_arn, branch.token) if resource.waits else None
        argument, role_arn = pending.call.argument, pending.call.role_arn
        self._effects.append(CallTarget(branch.token, resource, argument, branch.state.name, token_text, role_arn))

    def _started(self, branch: Branch, pending: PendingCall, details: dict[str, Any] | None) -> None:
        """The task has started: its time limits count from now."""
        call = pending.call
        pending.started = True
        shown = None if details is None else {**pending.details, **details}
        self._record(branch, f"{pending.family}Started", shown)
        if call.timeout_seconds is not None:
            self._set_timer(branch, "timeout", self.now + timedelta(seconds=call.timeout_seconds))
        if not pending.awaits_answer:
            self._start_heartbeat(branch, pending)

    def _start_heartbeat(self, branch: Branch, pending: PendingCall) -> None:
        """Count the heartbeat's seconds anew."""
        seconds = pending.call.heartbeat_seconds
        if seconds is not None:
            self._cancel_timer(branch, "heartbeat")
            self._set_timer(branch, "heartbeat", self.now + timedelta(seconds=seconds))

    def _call_succeeded(self, branch: Branch, pending: PendingCall, payload: Payload) -> None:
        """The target answered: with the result, or, where a worker or job ends the task, that it took the request.

        The heartbeat of such a task counts from here, not while the request is being made (developer guide).
        """
        if not pending.call.resource.waits:
            self._task_succeeded(branch, pending, payload)
        elif pending.awaits_answer:
            pending.submitted = True
            self._record(branch, "TaskSubmitted", {**pending.details, "output": payload})
            self._start_heartbeat(branch, pending)
            if pending.early is not None:
                self._answered(branch, pending, pending.early)

    def _task_succeeded(self, branch: Branch, pending: PendingCall, payload: Payload) -> None:
        if exceeds_limit(payload.text):
            cause = too_large(pending.call.resource.label)
            self._call_failed(branch, pending, errors.DATA_LIMIT_EXCEEDED, cause)
            return
        self._close_call(branch)
        self._record(branch, f"{pending.family}Succeeded", {**pending.details, "output": payload})
        self._go_on(branch, lambda scope: scope.state.resume(scope, payload))

    def _call_failed(self, branch: Branch, pending: PendingCall, name: str | None, cause: str | None) -> None:
        self._close_call(branch)
        if name == errors.RUNTIME:
            cause = self._cause(branch, errors.runtime_error(cause or ""))
        self._record(branch, f"{pending.family}Failed", {**pending.details, **_present(error=name, cause=cause)})
        self._ready.append((self._task_failed, branch, (name, cause)))

    def _timed_out(self, branch: Branch, name: str) -> None:
        """A missed heartbeat is recorded as States.Timeout, without a cause (``test_heartbeat_timeout``)."""
        pending = branch.call
        assert pending is not None
        self._effects.append(AbandonCall(branch.token))
        self._close_call(branch)
        self._record(branch, f"{pending.family}TimedOut", {**pending.details, "error": errors.TIMEOUT})
        self._ready.append((self._task_failed, branch, (name, None)))

    def _task_failed(self, branch: Branch, error: tuple[str | None, str | None]) -> None:
        self._run(branch, self._fail(branch, *error))

    def _close_call(self, branch: Branch) -> None:
        """Nobody waits for the call any more."""
        branch.call = None
        del self._waiting[branch.token]
        self._cancel_timer(branch, "timeout")
        self._cancel_timer(branch, "heartbeat")

    # Tokens, timers, records -----------------------------------------------------------------------------------------

    def _new_token(self) -> Token:
        self._tokens += 1
        return self._tokens

    def _set_timer(self, branch: Branch, kind: str, at: datetime) -> None:
        token = branch.timers[kind] = self._new_token()
        self._waiting[token] = Waiting(kind, branch)
        self._effects.append(SetTimer(token, at))

    def _cancel_timer(self, branch: Branch, kind: str) -> None:
        token = branch.timers.pop(kind, None)
        if token is not None:
            del self._waiting[token]
            self._effects.append(CancelTimer(token))

    def _release(self, branch: Branch) -> None:
        """Give up everything that the branch waits for."""
        if branch.call is not None:
            self._effects.append(AbandonCall(branch.token))
            self._close_call(branch)
        if branch.map_run is not None:
            token = branch.map_run.identity.token
            self._effects.append(CloseMapRun(token, "ABORTED"))
            self._record_after(branch.map_run.started_event, "MapRunAborted", None)
            del self._waiting[token]
            branch.map_run = None
        for kind in tuple(branch.timers):
            self._cancel_timer(branch, kind)

    def _record(self, branch: Branch, type_: str, details: Mapping[str, Any] | None) -> None:
        """Append an event to the branch's chain."""
        id_ = self._events + 1
        if id_ >= EVENT_LIMIT:
            raise _HistoryFullError(branch.last_event)
        self._events = id_
        self._effects.append(Record(id_, branch.last_event, type_, self.now, details))
        branch.last_event = id_

    def _record_after(self, previous: int, type_: str, details: Mapping[str, Any] | None) -> None:
        """Append an event that no chain goes on from."""
        if self._events + 1 >= EVENT_LIMIT:
            raise _HistoryFullError(previous)
        self._record_end(type_, previous, details)

    def _record_end(self, type_: str, previous: int, details: Mapping[str, Any] | None) -> None:
        """Append an event whatever the limit: the one that ends the execution."""
        self._events += 1
        self._effects.append(Record(self._events, previous, type_, self.now, details))

    def _finish_failed(self, previous: int, name: str | None, cause: str | None) -> None:
        self._record_end("ExecutionFailed", previous, _present(error=name, cause=cause))
        self._finish(Finish("FAILED", None, name, cause))

    def _finish(self, finish: Finish) -> None:
        self._status = finish.status
        for token, (kind, _) in self._waiting.items():
            self._effects.append(_given_up(kind, token))
        self._waiting.clear()
        self._ready.clear()
        self._effects.append(finish)


def replay(program: Program, events: Iterable[Event]) -> tuple[Machine, list[Effect]]:
    """The machine that has received ``events``, and all effects so far: what was asked for must not be done again."""
    machine = Machine(program)
    return machine, [effect for event in events for effect in machine.receive(event)]


def _given_up(kind: str, token: Token) -> Effect:
    if kind == "call":
        return AbandonCall(token)
    return CloseMapRun(token, "ABORTED") if kind == "map run" else CancelTimer(token)


def _shown(name: str | None) -> str | None:
    """The error's name as AWS shows it: a missed heartbeat is matched by its own name too, and shown as a timeout."""
    return errors.TIMEOUT if name == errors.HEARTBEAT_TIMEOUT else name


def _iteration(branch: Branch) -> dict[str, Any]:
    assert branch.outer is not None
    return {"name": branch.outer.owner.state.name, "index": branch.index}


def _present(**details: str | None) -> dict[str, Any]:
    """The details that are known: AWS leaves out what is not."""
    return {name: value for name, value in details.items() if value is not None}


def _check_built(payload: Payload, name: str) -> None:
    """Raises ``StateError`` when the state ``name`` built more than a state may hand on."""
    if exceeds_limit(payload.text):
        raise StateError(errors.DATA_LIMIT_EXCEEDED, too_large(name))
    if exceeds_depth(payload.value, payload.text):
        raise runtime_error(TOO_DEEP)


def _growth(branch: Branch, texts: Mapping[str, str]) -> int:
    """By how many bytes the branch's own variables grow when these are assigned."""
    return sum(size(text) - branch.sizes.get(name, 0) for name, text in texts.items())


def _refuse_size(what: str, limit: int) -> NoReturn:
    raise StateError(errors.DATA_LIMIT_EXCEEDED, f"{what} may have {limit} at most.", prefixed=True)


def _read_answer(text: str) -> Payload:
    """A target's answer; text that is not JSON, such as Python's NaN, is handed on as a string."""
    try:
        return Payload.read(text)
    except JsonTextError:
        return Payload(text)
