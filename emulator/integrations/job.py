"""Jobs: what an optimized integration with ``.sync`` starts, and how Step Functions follows it to its end.

For each action there is a row: the call that describes the job, what of its answer the state gets, which of its
statuses are success and which failure, and the call that stops the job when the task is abandoned. All names are Step
Functions' own (``JobRunState``), so that a row reads the answers of services and of stubs alike.

The rows are in ``emulator.integrations.jobs``.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from asl.values import Json

Verdict: TypeAlias = Literal["succeeded", "failed"]
Source: TypeAlias = str | tuple[str, ...]
"""Where a call's member comes from: ``start.JobRunId`` of the answer to the start, ``given.JobName`` of the task's
parameters, ``job.Id`` of the job's description; any other text is meant as it is. A tuple makes a list."""

ABANDONED: Final = "The Task state in AWS Step Functions execution [{}] which was managing this resource was aborted"
"""The reason that a stopped job is given, and a stopped execution (measured)."""
REASON: Final = "reason"


class Ends(NamedTuple):
    """The member of a job with its status, and the values that end it. ``reads`` is asked of a job that has ended."""

    status: str
    succeeded: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    reads: "Callable[[Any], bool] | None" = None
    """Whether it succeeded, where more than the status says that."""


class Job(NamedTuple):
    """How one kind of job goes on and ends.

    ``describe`` is the operation that tells of it, with the members ``asks``; the job is at ``at`` in its answer.
    ``ends``: the member with its status, the values that are success, and those that are failure. The state gets the
    job, as the member ``wrapped`` of an object if that is not empty, or the answer to the start (``gives_start``).
    ``stop``, with ``stops``, stops it; an empty one: nothing does. ``starts`` are the members of the answer to a start,
    for a job that only a stub knows. ``gone``: it succeeds when there is no such thing any more. ``ends_by`` is how
    Step Functions learns of the end on AWS: a rule of EventBridge, or ``polling``. ``unverified`` is what no source
    shows.
    """

    describe: str
    asks: Mapping[str, Source]
    ends: "Ends"
    starts: Mapping[str, Source]
    at: str = ""
    wrapped: str = ""
    stop: str = ""
    stops: Mapping[str, Source] = {}
    gives_start: bool = False
    gone: bool = False
    ends_by: str = "polling"
    unverified: str = ""
    added: Callable[[dict[str, Any]], dict[str, Any]] = lambda given: given
    """The task's parameters and what Step Functions adds to them."""
    shown: Callable[[dict[str, Any]], dict[str, Any]] = lambda job: job
    """The job as the state gets it, where the call that describes it says more or names things otherwise."""


def at(value: Any, path: str) -> Any:
    """The value at ``path``, members and indices joined by dots; ``None`` if there is none."""
    for step in path.split(".") if path else ():
        if isinstance(value, list) and step.isdigit():
            value = value[int(step)] if int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def verdict_of(job: Job, described: Json) -> Verdict | None:
    """How the job ended that is ``described``; ``None`` while it goes on, or if that is not said."""
    status, ends = at(described, job.ends.status) if job.ends.status else None, job.ends
    if status in ends.failed:
        return "failed"
    if status not in ends.succeeded:
        return None
    return "failed" if ends.reads is not None and not ends.reads(described) else "succeeded"


def is_open(job: Job, described: Json) -> bool:
    """Whether ``described`` has a status, and one that ends nothing."""
    has_status = bool(job.ends.status) and at(described, job.ends.status) is not None
    return has_status and verdict_of(job, described) is None


def result_of(job: Job, described: Json) -> Json:
    """What the state gets of the job that is ``described``."""
    return {job.wrapped: described} if job.wrapped else described


def members(
    sources: Mapping[str, Source], *, start: Json = None, given: Json = None, job: Json = None, reason: str = ""
) -> dict[str, Any]:
    """The members of a call, filled from their sources; those that no source has are left out."""
    of: dict[str, Json] = {"start": start, "given": given, "job": job}

    def value(source: Source) -> Any:
        if isinstance(source, tuple):
            return [each for each in map(value, source) if each is not None]
        where, _, path = source.partition(".")
        if path and where in of:
            return at(of[where], path)
        return reason if source == REASON else source

    made: dict[str, Any] = {}
    for path, source in sources.items():
        if (found := value(source)) is not None:
            _put(made, path.split("."), found)
    return made


def _put(into: dict[str, Any], path: list[str], value: Any) -> None:
    """Set the member at ``path``; an index, always 0, makes a list."""
    name, *rest = path
    if not rest:
        into[name] = value
    elif rest[0].isdigit():
        _put(into.setdefault(name, [{}])[0], rest[1:], value)
    else:
        _put(into.setdefault(name, {}), rest, value)
