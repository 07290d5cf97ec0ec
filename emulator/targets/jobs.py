"""Jobs that a Task waits for: optimized integrations with ``.sync``, on the virtual clock.

The job is started with one call, and described until it has ended: at once, then every minute of virtual time. Its end
is what the backend says it is: a job that the backend never ends does not end here, either. An abandoned task stops its
job, as AWS does: whether it timed out, its execution was stopped, or its branch was cut. ``emulator.integrations.jobs``
has the calls.

On AWS a rule of EventBridge tells Step Functions of the end of most jobs, or it polls; both end with the same
description. A run waits for the first look only: later ones repeat, as a rule's schedule does.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

from asl.effects import CallTarget
from asl.events import TaskFailed, TaskSucceeded, Token
from asl.resources import Resource
from asl.values import Json, encode
from emulator.answers import Reply, bounded
from emulator.aws.arns import region_of
from emulator.aws.endpoint_prefixes import prefix_of
from emulator.errors import NotEmulatedError
from emulator.execution import Execution
from emulator.integrations.job import ABANDONED, Job, Source, at, members, result_of, verdict_of
from emulator.integrations.jobs import JOBS, job_of
from emulator.targets.services import ServiceCalls
from emulator.targets.target import Parts, place
from emulator.timeline import Alarm

FAILED: Final = "States.TaskFailed"
MOST_STATUSES: Final = 10
"""No job has more statuses on the way to its end."""
BETWEEN_LOOKS: Final = timedelta(minutes=1)


@dataclass(slots=True)
class Running:
    """A job whose end a task waits for; ``start`` is the answer to its start, ``alarm`` the next look at it."""

    execution: Execution
    call: CallTarget
    job: Job
    start: Json
    alarm: Alarm | None = None


class Jobs(ServiceCalls):
    """Starts jobs, and reports their end to the tasks that wait for it."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._driver = parts.driver
        self._running: dict[tuple[str, Token], Running] = {}
        """The execution's ARN and the call's token -> the job."""

    @staticmethod
    def supports(resource: Resource) -> str | None:
        """``None`` if the job can be started and described; otherwise the reason."""
        job = job_of(resource)
        if job is not None and not job.describe:
            return f'"{resource.text}" starts a job outside of AWS, which is not emulated'
        return ServiceCalls.supports(resource)

    def call(self, execution: Execution, call: CallTarget) -> Reply | None:
        """Start the job: the reply is the answer to that, or its error; the end comes later."""
        from emulator.targets import aws

        job = job_of(call.resource)
        assert job is not None, "the table of targets has asked"
        service = aws.boto3_name(call.resource)
        if self._world.remote(prefix_of(service)) is not None:
            raise NotEmulatedError(
                f"{call.resource.text} waits for a job of an external backend, which works in real time "
                f"({place(execution.state_machine, call.state_name)})"
            )
        answer = self._answer(execution, call, job.added(_object(call.argument.value)))
        if answer.output is not None:
            running = Running(execution, call, job, json.loads(answer.output))
            self._running[execution.arn, call.token] = running
            self._look_at(running)
        return Reply(answer, self._world.now())

    def abandon(self, execution: Execution, token: Token) -> None:
        """Stop the job that the call waits for, without waiting for the answer."""
        running = self._running.pop((execution.arn, token), None)
        if running is not None:
            line = self._driver.line_of(execution)
            if running.alarm is not None:
                line.cancel(running.alarm)
            line.soon(lambda: self._stop(running))

    def _look_at(self, running: Running, *, after: timedelta = timedelta()) -> None:
        line = self._driver.line_of(running.execution)
        running.alarm = line.at(
            line.clock.now() + after,
            lambda: self._look(running),
            repeats=bool(after),
            what=lambda: f"execution {running.execution.name}: a look at the job of state {running.call.state_name}",
            is_timer=False,
        )

    def _look(self, running: Running) -> None:
        """Ask how the job is, and report its end."""
        execution, call, job = running.execution, running.call, running.job
        found, described = self._described_until_it_stays(running)
        verdict = verdict_of(job, described) if found else "succeeded" if job.gone else None
        if verdict is None:
            self._look_at(running, after=BETWEEN_LOOKS)
            return
        del self._running[execution.arn, call.token]
        if not self._driver.is_open(execution, call.token):
            return
        self._driver.close(execution, call.token)
        shown = job.shown(_object(described))
        text = encode(running.start if job.gives_start or not found else result_of(job, shown))
        now = self._world.now()
        if verdict == "succeeded":
            self._driver.send(execution, lambda at: TaskSucceeded(at, call.token, text), at=now)
        else:
            cause = bounded(encode(shown))
            self._driver.send(execution, lambda at: TaskFailed(at, call.token, FAILED, cause), at=now)

    def _described_until_it_stays(self, running: Running) -> tuple[bool, Json]:
        """moto moves some jobs on with each description: they are asked for until the status is the same twice."""
        before = None
        for _ in range(MOST_STATUSES):
            found, described = self._described(running)
            status = at(described, running.job.ends.status)
            if not found or status == before or verdict_of(running.job, described) is not None:
                break
            before = status
        return found, described

    def _described(self, running: Running) -> tuple[bool, Json]:
        """Whether the job is there, and its description; an error of the service counts as nothing new."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self._ask(running, running.job.describe, running.job.asks)
        except ClientError as error:
            return not error.response["Error"]["Code"].startswith("ResourceNotFound"), None
        except BotoCoreError:
            return True, None
        return True, at(answer, running.job.at)

    def _stop(self, running: Running) -> None:
        """Best effort, as on AWS: an error of the service changes nothing."""
        from botocore.exceptions import BotoCoreError, ClientError

        if running.job.stop:
            try:
                self._ask(running, running.job.stop, running.job.stops)
            except (BotoCoreError, ClientError):
                return

    def _ask(self, running: Running, operation: str, sources: Mapping[str, Source]) -> dict[str, Json]:
        """The answer to a call about the job, in Step Functions' names."""
        from emulator.targets import aws

        asked = members(
            sources,
            start=running.start,
            given=running.call.argument.value,
            reason=ABANDONED.format(running.execution.arn),
        )
        client = partial(self._world.client, region=region_of(running.execution.arn))
        return aws.ask(running.call.resource, operation, asked, client=client)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def rows() -> Iterator[tuple[str, str, str, str, str, str, str]]:
    """The table of jobs for the docs."""
    for (service, action), job in JOBS.items():
        gone = "it is gone" if job.gone else ""
        yield (
            f"`{service}:{action}.sync`",
            f"{job.describe or '-'}",
            ", ".join(filter(None, (*job.ends.succeeded, gone))) or "-",
            "an exit code other than 0" if job.ends.reads is not None else ", ".join(job.ends.failed) or "-",
            job.stop or "-",
            "the answer to the start" if job.gives_start else f"`{{{job.wrapped}: ...}}`" if job.wrapped else "the job",
            job.unverified or "-",
        )


def waits_for_job(resource: Resource) -> bool:
    """Whether a task of this resource waits for a job."""
    return job_of(resource) is not None
