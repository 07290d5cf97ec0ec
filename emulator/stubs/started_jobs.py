"""Jobs that stubs have started, so that a call can ask how one is: when it began, when it ends, and what it is then.

A Task with ``.sync`` has a stub that describes the job at its end. A Task, or a handler, that only starts a job gets
the answer to the start; its stub says with ``submits`` what that is, and then how the job ends. Without ``submits`` the
job ends at once and well.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from asl.resources import Resource
from asl.values import Json
from emulator.aws.endpoint_prefixes import prefix_of
from emulator.integrations.job import Job, at
from emulator.integrations.jobs import JOBS
from emulator.integrations.optimized import called_operation
from emulator.stubs.modelled import integration_of

_STOPS: Final = ("STOP", "CANCEL", "TERMINAT", "ABORT")


@dataclass(slots=True)
class StartedJob:
    """One job. ``resource`` is the one that waits for it (``.sync``), ``given`` the parameters of its start.

    ``start`` is the answer to that, ``described`` the job at its end, as far as the stub says; ``ends`` is ``None`` for
    one that never ends.
    """

    job: Job
    resource: Resource
    given: dict[str, Any]
    start: Json
    described: dict[str, Any]
    began: datetime
    ends: datetime | None
    is_failure: bool = False
    stopped_as: str = ""
    """The status of one that was stopped."""

    @property
    def final_status(self) -> str:
        """The status at its end, where the stub does not say it."""
        if self.stopped_as:
            return self.stopped_as
        ends = self.job.ends
        known = ends.failed if self.is_failure and ends.failed else ends.succeeded
        return known[0] if known else ""

    def stop(self, now: datetime) -> None:
        """End it now, as stopped."""
        ends = self.job.ends
        stopped = [each for each in ends.failed if any(word in each.upper() for word in _STOPS)]
        self.ends, self.is_failure, self.described = now, True, {}
        self.stopped_as = stopped[0] if stopped else ""


class StartedJobs:
    """The jobs of one emulator, the oldest first."""

    def __init__(self) -> None:
        self.all: list[StartedJob] = []
        self.prefixes: set[str] = set()
        """The endpoint prefixes of their services."""

    def note(
        self,
        resource: Resource,
        given: Json,
        start: Json,
        described: Json,
        began: datetime,
        ends: datetime | None,
        *,
        is_failure: bool = False,
    ) -> StartedJob | None:
        """Keep the job that a call of ``resource`` has started; ``None`` if it starts none that can be described."""
        found = job_started_by(resource)
        if found is None:
            return None
        job, waiting = found
        inner = {} if job.gives_start else at(described, job.wrapped)
        made = StartedJob(
            job,
            waiting,
            given if isinstance(given, dict) else {},
            start,
            inner if isinstance(inner, dict) else {},
            began,
            ends,
            is_failure,
        )
        self.all.append(made)
        if (integration := integration_of(waiting)) is not None:
            self.prefixes.add(prefix_of(integration.service))
        return made


@lru_cache(maxsize=1024)
def job_started_by(resource: Resource) -> tuple[Job, Resource] | None:
    """The job that a call of ``resource`` starts, whether it waits for it or not, and the resource that waits for it.

    ``aws-sdk:glue:startJobRun`` starts the job of ``glue:startJobRun.sync``.
    """
    if resource.kind != "service" or not (resource.pattern.startswith(".sync") or not resource.pattern):
        return None
    integration = integration_of(resource)
    called = "" if integration is None else f"{integration.service}:{integration.operation}"
    for (service, action), job in JOBS.items():
        if job.describe and not job.gone and called and called_operation(service, action) == called:
            text = f"arn:aws:states:::{service}:{action}.sync"
            return job, replace(resource, text=text, service=service, action=action, pattern=".sync")
    return None
