"""Jobs (``.sync``) that only a stub knows: the answer to their start, how they end, and the call that stops them.

The stub says what the job's description is at its end. What the service says when it starts follows from that and from
the task's parameters, by the rows of ``emulator.integrations.jobs``; an id that the stub does not give is made up.
"""

import json
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from asl.effects import CallTarget
from asl.problems import nearest
from asl.resources import Resource
from asl.values import Json, encode
from emulator.integrations.job import ABANDONED, Ends, Job, at, is_open, members, verdict_of
from emulator.integrations.jobs import job_of
from emulator.integrations.optimized import called_operation
from emulator.stubs.answers import Raises, Returns
from emulator.stubs.call import TaskCall

_FAILED: Final = "States.TaskFailed"
_EXECUTION: Final = Job(
    "DescribeExecution",
    {},
    Ends("Status", ("SUCCEEDED",), ("FAILED", "TIMED_OUT", "ABORTED")),
    {},
)
"""An execution that a task waits for (``states:startExecution.sync``), as far as its end goes."""


class StoppedJob(NamedTuple):
    """A job that was stopped because its task was abandoned: it timed out, its execution or its branch ended."""

    call: TaskCall
    """The call that started it."""
    operation: str
    """What Step Functions calls on AWS, ``glue:BatchStopJobRun``; empty where it calls nothing."""
    request: dict[str, Any]
    """The members of that call, in Step Functions' names."""


def started(resource: Resource, given: Json, value: Json, new_id: Callable[[], str]) -> dict[str, Json] | None:
    """The answer to a job's start without its metadata; ``None`` for a resource that waits for no job.

    ``given`` are the task's parameters, ``value`` is what the stub says; ``new_id`` makes up an id.
    """
    job = job_of(resource)
    if job is None:
        return None
    if job.gives_start and isinstance(value, dict):
        return {name: each for name, each in value.items() if not name.startswith("Sdk")}
    described = at(value, job.wrapped)
    answer = members(job.starts, given=given, job=described)
    unknown = {
        path: "job.Id"
        for path, source in job.starts.items()
        if path.endswith("Id") and isinstance(source, str) and source.startswith("job.") and at(answer, path) is None
    }
    if unknown:
        known = {path: source for path, source in job.starts.items() if path not in unknown}
        answer = members({**known, **unknown}, given=given, job={**_object(described), "Id": new_id()})
    return dict(sorted(answer.items()))


def job_failure(resource: Resource, answer: Returns) -> Raises | None:
    """The failure of a job whose description, which the stub gives, has a status of failure."""
    job = _waited_for(resource)
    if job is None or answer.is_success or job.gives_start:
        return None
    if (resource.service, resource.action) == ("eks", "runJob") and _has_failed(answer.value):
        return Raises(_FAILED, encode(answer.value))
    described = at(answer.value, job.wrapped)
    return Raises(_FAILED, encode(_in_order(described))) if verdict_of(job, described) == "failed" else None


def _has_failed(value: Json) -> bool:
    """Whether a Job of Kubernetes has failed (developer guide, "Create and manage Amazon EKS clusters")."""
    conditions = at(value, "status.conditions")
    return isinstance(conditions, list) and any(
        at(each, "type") == "Failed" and at(each, "status") in (None, "True") for each in conditions
    )


def _waited_for(resource: Resource) -> Job | None:
    if resource.service == "states" and resource.pattern.startswith(".sync"):
        return _EXECUTION
    return job_of(resource)


def _in_order(value: Json) -> Json:
    """``value`` with its members in alphabetical order, as Step Functions writes descriptions."""
    if isinstance(value, dict):
        return {name: _in_order(each) for name, each in sorted(value.items())}
    return [_in_order(each) for each in value] if isinstance(value, list) else value


def open_problem(resource: Resource, value: Json) -> str | None:
    """What is wrong with a job whose status ends nothing: it goes on, or there is no such status.

    ``None`` if it has ended, if it has no status (it has succeeded), or if ``resource`` waits for no job.
    """
    job = _waited_for(resource)
    if job is None or job.gives_start or not is_open(job, described := at(value, job.wrapped)):
        return None
    status, ends = at(described, job.ends.status), (*job.ends.succeeded, *job.ends.failed)
    where = f"{job.wrapped}.{job.ends.status}" if job.wrapped else job.ends.status
    lowered = {each.lower(): each for each in ends}
    near = nearest(status.lower(), lowered, 0.75) if isinstance(status, str) else []
    if near:
        return f'{where}: {encode(status)} does not end the job. Did you mean "{lowered[near[0]]}"?'
    if job.gone:
        return None  # the last that is known of what is deleted
    return (
        f"{where}: a job that is {encode(status)} has not ended, and its task goes on. It ends with "
        f"{', '.join(ends)}; never() is for one that does not end"
    )


def stopped_job(asked: TaskCall, call: CallTarget, start: str) -> StoppedJob:
    """The stop of the job that ``call`` has started; ``start`` is the answer to that, JSON text."""
    resource, reason = call.resource, ABANDONED.format(asked.execution.arn)
    answer = json.loads(start)
    if resource.service == "states":
        return StoppedJob(
            asked, "states:StopExecution", {"ExecutionArn": answer.get("ExecutionArn", ""), "Cause": reason}
        )
    job = job_of(resource)
    if job is None or not job.stop:
        return StoppedJob(asked, "", {})
    service = called_operation(resource.service, resource.action).partition(":")[0]
    request = members(job.stops, start=answer, given=call.argument.value, reason=reason)
    return StoppedJob(asked, f"{service}:{job.stop}", request)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
