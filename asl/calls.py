"""A Task's call, from its Scheduled event to its result or its error.

The functions return the outcome of a call as a value, ``None`` while it is open; ``asl.machine`` acts on it.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, TypeAlias, assert_never

from asl.effects import AbandonCall, CallTarget
from asl.errors import DATA_LIMIT_EXCEEDED, TIMEOUT, runtime_error, too_large
from asl.events import (
    CallFailed,
    CallStep,
    CallSucceeded,
    TaskFailed,
    TaskHeartbeat,
    TaskOffered,
    TaskStarted,
    TaskSucceeded,
)
from asl.frames import Branch, PendingCall, Waiting
from asl.integrations import Integrations
from asl.limits import check_built
from asl.outcomes import Call, Failed
from asl.run import Run, present
from asl.tokens import task_token
from asl.values import JsonTextError, Payload, exceeds_limit

CallEvent: TypeAlias = (
    CallSucceeded | CallFailed | TaskOffered | TaskStarted | TaskSucceeded | TaskFailed | TaskHeartbeat
)
Result: TypeAlias = Payload | Failed | None
"""The outcome of a call: the task's result or its failure; ``None`` while the call is open."""


def schedule(run: Run, branch: Branch, call: Call, integrations: Integrations | None) -> None:
    """Record that the task is scheduled; the call starts when every branch that can run has run this far.

    For parameters that Step Functions does not send, the state fails first (recorded:
    ``test_invoke_with_headers[singleStringHeader]``).

    The task of an activity is scheduled when its target has offered it: for an activity that does not exist, the state
    fails first (recorded: ``test_activity_task_on_deleted``).
    """
    check_built(call.argument, branch.state.name)
    if integrations is not None and call.resource.kind == "service":
        refusal = integrations.refuse(call.resource, call.argument.value)
        if refusal is not None:
            raise runtime_error(refusal)
    branch.call = pending = PendingCall(call)
    if call.resource.kind != "activity" and branch.state.name not in run.held:
        _record_scheduled(run, branch, pending)
    run.waiting[branch.token] = Waiting("call", branch)
    run.ready.append(("call", branch, pending))


def _record_scheduled(run: Run, branch: Branch, pending: PendingCall) -> None:
    pending.scheduled = True
    run.record(branch, f"{pending.family}Scheduled", _request(run, pending))


def _request(run: Run, pending: PendingCall) -> dict[str, Any]:
    """The details of a Scheduled event, with the request."""
    call, resource = pending.call, pending.call.resource
    if resource.kind == "service":
        details: dict[str, Any] = {**pending.details, "region": run.region, "parameters": call.argument}
    else:
        details = {"resource": resource.text, "input": call.argument}
    if call.timeout_seconds is not None:
        details["timeoutInSeconds"] = call.timeout_seconds
    if call.heartbeat_seconds is not None and resource.kind != "lambda":
        details["heartbeatInSeconds"] = call.heartbeat_seconds
    if call.role_arn is not None:
        details["taskCredentials"] = {"roleArn": call.role_arn}
    return details


def begin(run: Run, branch: Branch, pending: PendingCall) -> None:
    """Request the call. An activity's task starts only when a worker takes it."""
    call, token = pending.call, branch.token
    if pending.scheduled:
        _begin_to_run(run, branch, pending)
    token_text = task_token(run.execution_arn, token) if call.resource.waits else None
    pending.target = CallTarget(token, call.resource, call.argument, branch.state.name, token_text, call.role_arn)
    run.effects.append(pending.target)


def receive(run: Run, branch: Branch, pending: PendingCall, event: CallEvent) -> Result:
    """The call's outcome after ``event``; raises ``JsonTextError`` for a worker's report that is not JSON."""
    report = Payload.read(event.output) if isinstance(event, TaskSucceeded) else None
    if not pending.scheduled and not isinstance(event, CallFailed | TaskHeartbeat):
        _record_scheduled(run, branch, pending)
    match event:
        case CallSucceeded(output=output):
            return _target_answered(run, branch, pending, _read_answer(output))
        case CallFailed(error=error, cause=cause, refused=refused, step=step):
            shown = branch.cause_of(runtime_error(cause or "")) if refused else cause
            if step or (pending.awaits_answer and not refused):
                return _failed_before(run, branch, pending, event, step or "submit")
            return _failed(run, branch, pending, error, shown)
        case TaskOffered():
            if pending.call.resource.kind != "activity" and not pending.started:
                _begin_to_run(run, branch, pending)
        case TaskStarted(worker_name=worker_name):
            if not pending.started:
                _start(run, branch, pending, present(workerName=worker_name))
        case TaskHeartbeat():
            if pending.started and not pending.awaits_answer:
                _start_heartbeat(run, branch, pending)
        case TaskSucceeded():
            assert report is not None
            if not pending.awaits_answer:
                return _succeeded(run, branch, pending, report)
            pending.early = event
        case TaskFailed(error=error, cause=cause):
            if not pending.awaits_answer:
                return _failed(run, branch, pending, error, cause)
            pending.early = event
        case _:
            assert_never(event)
    return None


def time_out(run: Run, branch: Branch, pending: PendingCall, name: str) -> Failed:
    """A missed heartbeat is recorded as States.Timeout, without a cause (``test_heartbeat_timeout``)."""
    abandon(run, branch)
    run.record(branch, f"{pending.family}TimedOut", {**pending.details, "error": TIMEOUT})
    return Failed(name, None)


def abandon(run: Run, branch: Branch) -> None:
    """Abandon the branch's call: its answer is no longer needed."""
    run.effects.append(AbandonCall(branch.token))
    _close(run, branch)


def _close(run: Run, branch: Branch) -> None:
    branch.call = None
    del run.waiting[branch.token]
    if branch.timers:
        run.cancel_timer(branch, "timeout")
        run.cancel_timer(branch, "heartbeat")


def _begin_to_run(run: Run, branch: Branch, pending: PendingCall) -> None:
    """The task of a function or a service starts."""
    _start(run, branch, pending, None if pending.call.resource.kind == "lambda" else {})


def _start(run: Run, branch: Branch, pending: PendingCall, details: dict[str, Any] | None) -> None:
    """The task has started: its time limits count from now."""
    pending.started = True
    shown = None if details is None else {**pending.details, **details}
    run.record(branch, f"{pending.family}Started", shown)
    if pending.call.timeout_seconds:
        run.set_timer(branch, "timeout", run.now + timedelta(seconds=pending.call.timeout_seconds))
    if not pending.awaits_answer:
        _start_heartbeat(run, branch, pending)


def _start_heartbeat(run: Run, branch: Branch, pending: PendingCall) -> None:
    """Restart the heartbeat timer."""
    seconds = pending.call.heartbeat_seconds
    if seconds:
        run.cancel_timer(branch, "heartbeat")
        run.set_timer(branch, "heartbeat", run.now + timedelta(seconds=seconds))


def _target_answered(run: Run, branch: Branch, pending: PendingCall, payload: Payload) -> Result:
    """The target answered: with the result or, if a worker or job ends the task, that it accepted the request.

    The heartbeat of such a task counts from here, not from the request (developer guide).
    """
    if not pending.call.resource.waits:
        return _succeeded(run, branch, pending, payload)
    if pending.awaits_answer:
        pending.submitted = True
        run.record(branch, "TaskSubmitted", {**pending.details, "output": payload})
        _start_heartbeat(run, branch, pending)
        if pending.early is not None:
            return receive(run, branch, pending, pending.early)
    return None


def _succeeded(run: Run, branch: Branch, pending: PendingCall, payload: Payload) -> Payload | Failed:
    if exceeds_limit(payload.text):
        failed = _failed(run, branch, pending, DATA_LIMIT_EXCEEDED, too_large(pending.call.resource.label))
        return failed._replace(of_result=True)
    _close(run, branch)
    run.record(branch, f"{pending.family}Succeeded", {**pending.details, "output": payload})
    return payload


def _failed(run: Run, branch: Branch, pending: PendingCall, name: str | None, cause: str | None) -> Failed:
    _close(run, branch)
    if pending.scheduled:
        run.record(branch, f"{pending.family}Failed", {**pending.details, **present(error=name, cause=cause)})
    return Failed(name, cause)


_FAILED: Final[Mapping[CallStep, str]] = {
    "schedule": "ScheduleFailed",
    "start": "StartFailed",
    "submit": "SubmitFailed",
}
"""The step at which a task fails before it runs -> the end of its event's type, in place of that step's own event."""


def _failed_before(run: Run, branch: Branch, pending: PendingCall, event: CallFailed, step: CallStep) -> Failed:
    """The task has failed before it ran: its event takes the place of Scheduled, Started or Submitted."""
    if step != "schedule" and not pending.scheduled:
        _record_scheduled(run, branch, pending)
    if step == "submit" and not pending.started:
        _begin_to_run(run, branch, pending)
    _close(run, branch)
    details = present(error=event.error, cause=event.cause)
    run.record(branch, f"{pending.family}{_FAILED[step]}", {**pending.details, **details})
    return Failed(event.error, event.cause)


def _read_answer(text: str) -> Payload:
    """A target's answer; text that is not JSON, such as Python's NaN, is passed on as a string."""
    try:
        return Payload.read(text)
    except JsonTextError:
        return Payload(text)
