"""The description of a job that a stub has started: the answer to ``glue:GetJobRun``, ``batch:DescribeJobs``.

The job has the ids that its start returned, and a status and times on the virtual clock. It also has those of its start
parameters that the description has as text. Until it ends, its status is the service's word for a running job. From
then on, the description is the value of the stub.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from asl.values import instant_text
from emulator.aws import names
from emulator.aws.operations import Asked
from emulator.integrations.job import Job, at, members
from emulator.stubs.modelled import integration_of
from emulator.stubs.started_jobs import StartedJob
from emulator.targets.integrations import Integration
from emulator.targets.shapes import milliseconds_of

TIMES: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...], str]]] = {
    "glue:GetJobRun": (("StartedOn",), ("CompletedOn",), "ExecutionTime"),
    "databrew:DescribeJobRun": (("StartedOn",), ("CompletedOn",), "ExecutionTime"),
    "athena:GetQueryExecution": (("Status.SubmissionDateTime",), ("Status.CompletionDateTime",), ""),
    "batch:DescribeJobs": (("CreatedAt", "StartedAt"), ("StoppedAt",), ""),
    "codebuild:BatchGetBuilds": (("StartTime",), ("EndTime",), ""),
    "codebuild:BatchGetBuildBatches": (("StartTime",), ("EndTime",), ""),
    "ecs:DescribeTasks": (("CreatedAt", "StartedAt"), ("StoppedAt",), ""),
    "emr:DescribeStep": (
        ("Status.Timeline.CreationDateTime", "Status.Timeline.StartDateTime"), ("Status.Timeline.EndDateTime",), ""
    ),
    "emr-containers:DescribeJobRun": (("CreatedAt",), ("FinishedAt",), ""),
    "sagemaker:DescribeTrainingJob": (("CreationTime", "TrainingStartTime"), ("TrainingEndTime",), ""),
    "sagemaker:DescribeProcessingJob": (("CreationTime", "ProcessingStartTime"), ("ProcessingEndTime",), ""),
    "sagemaker:DescribeTransformJob": (("CreationTime", "TransformStartTime"), ("TransformEndTime",), ""),
}  # fmt: skip
"""What describes a job -> the members with the time of its beginning, of its end, and the seconds between them."""

_GOES_ON: Final = ("RUNNING", "INPROGRESS", "PROGRESSING", "CREATING", "STARTING")


def description(jobs: Iterable[StartedJob], asked: Asked, sent: Mapping[str, Any], now: datetime) -> Any:
    """The response, in Step Functions' names, about the jobs that ``sent`` asks for; ``None`` if it asks for none."""
    found: dict[str, tuple[StartedJob, dict[str, Any]]] = {}
    for started in jobs:
        integration = integration_of(started.resource)
        if integration is None or (integration.service, started.job.describe) != (asked.service, asked.operation):
            continue
        if _is_asked_for(started, sent):
            found[repr(_ids(started))] = started, _described(started, asked, integration, now)
    if not found:
        return None
    job = next(iter(found.values()))[0].job
    value: Any = [described for _, described in found.values()]
    steps = job.at.split(".") if job.at else []
    if not (steps and steps[-1].isdigit()):
        value = value[-1]
    for step in reversed(steps):
        value = value if step.isdigit() else {step: value}
    return value


def integration_for(jobs: Iterable[StartedJob], asked: Asked) -> Integration | None:
    """How the jobs are written of which a call asks; ``None`` if it asks of none."""
    for started in jobs:
        integration = integration_of(started.resource)
        if integration is not None and (integration.service, started.job.describe) == (asked.service, asked.operation):
            return integration
    return None


def _ids(started: StartedJob) -> dict[str, Any]:
    return members(started.job.asks, start=started.start, given=started.given)


def _is_asked_for(started: StartedJob, sent: Mapping[str, Any]) -> bool:
    """Whether the request names the job: by the same ids, each alone, in a list, or at the end of an ARN."""
    wanted = _ids(started)
    return len(wanted) == len(started.job.asks) and all(
        any(_is_same(one, other) for one in _each(wanted[name]) for other in _each(sent.get(name))) for name in wanted
    )


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_same(one: Any, other: Any) -> bool:
    texts = isinstance(one, str) and isinstance(other, str)
    return bool(one == other) or (texts and one.rpartition("/")[2] == other.rpartition("/")[2])


def _described(started: StartedJob, asked: Asked, integration: Integration, now: datetime) -> dict[str, Any]:
    job, is_over = started.job, started.ends is not None and now >= started.ends
    shape = _shape(job, asked)
    made = _known(started, shape)
    end = started.ends if is_over else None
    status = started.final_status if is_over else _status(shape, job)
    if job.ends.status and status:
        _put(made, job.ends.status, status)
    key = f"{asked.service}:{asked.operation}"
    began_in, ended_in, seconds_in = TIMES.get(key, ((), (), ""))
    for path in began_in:
        _put(made, path, _time(shape, path, started.began))
    for path in ended_in if end is not None else ():
        _put(made, path, _time(shape, path, end or now))
    if seconds_in:
        _put(made, seconds_in, round(((end or now) - started.began) / timedelta(seconds=1)))
    return _merged(made, started.described) if is_over else made


def _known(started: StartedJob, shape: Any) -> dict[str, Any]:
    """The ids that the start gave, and the parameters that the description has, too, as texts."""
    naming = names.verbatim_naming(shape)
    texts = {name for name, member in naming.items() if shape.members[member].type_name == "string"}
    made: dict[str, Any] = {
        name: each for name, each in started.given.items() if name in texts and isinstance(each, str)
    }
    for path, source in started.job.starts.items():
        where, _, inner = str(source).partition(".")
        if where == "job" and (value := at(started.start, path)) is not None:
            _put(made, inner, value)
    return made


def _shape(job: Job, asked: Asked) -> Any:
    """The shape of a description of the job."""
    shape: Any = names.service_model(asked.service).operation_model(asked.operation).output_shape
    for step in job.at.split(".") if job.at else ():
        shape = shape.member if step.isdigit() else shape.members[names.verbatim_naming(shape)[step]]
    return shape


def _at(shape: Any, path: str) -> Any:
    for step in path.split("."):
        shape = shape.members[names.verbatim_naming(shape)[step]]
    return shape


def _status(shape: Any, job: Job) -> str:
    """The service's word for a job that goes on."""
    if not job.ends.status:
        return ""
    known = {each.upper().replace("_", ""): each for each in _at(shape, job.ends.status).enum}
    return next((known[each] for each in _GOES_ON if each in known), "RUNNING")


def _time(shape: Any, path: str, when: datetime) -> Any:
    return milliseconds_of(when) if _at(shape, path).type_name == "long" else instant_text(when)


def _put(into: dict[str, Any], path: str, value: Any) -> None:
    *outer, last = path.split(".")
    for step in outer:
        into = into.setdefault(step, {})
    into[last] = value


def _merged(made: dict[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """``made`` with what the stub says in its place."""
    both = {
        name: _merged(made[name], each) if isinstance(each, dict) and isinstance(made.get(name), dict) else each
        for name, each in told.items()
    }
    return {**made, **both}
