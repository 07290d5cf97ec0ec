"""How a stub's answer reaches the execution: the same events, in the same order, as the real target's.

- A function, or a service that answers its request: one reply.
- A job (``.sync``) or a task token: the service takes the request (TaskSubmitted), then the job or the worker ends the
  task. An error of the service itself refuses the request instead: there is no TaskSubmitted. A job whose status is one
  of failure fails the task with its description as the cause, and one that is abandoned is stopped.
- An activity: a worker takes the task (ActivityStarted), then ends it, or never does.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from asl.effects import CallTarget
from asl.events import Event, TaskFailed, TaskStarted, TaskSucceeded, Token
from asl.resources import Resource
from emulator.answers import Answer, Reply, bounded
from emulator.driver import Driver
from emulator.execution import Execution
from emulator.stubs.answers import Raises, Returns
from emulator.stubs.jobs import job_failure
from emulator.stubs.results import status_failure, submitted_text, task_result, unfulfilled
from emulator.stubs.started_jobs import StartedJob, StartedJobs
from emulator.timeline import Alarm
from emulator.world import World


class Delivery:
    """Gives answers to executions; those that take time are kept until they come or are no longer needed."""

    def __init__(self, world: World, driver: Driver, started: StartedJobs) -> None:
        self._world = world
        self._started = started
        self._driver = driver
        self._coming: dict[tuple[str, Token], Alarm] = {}
        """The execution's ARN and the call's token -> the answer that is to come."""
        self._jobs: dict[tuple[str, Token], Callable[[], None]] = {}
        """The jobs that go on -> stops one."""

    def give(
        self,
        execution: Execution,
        call: CallTarget,
        answer: Returns | Raises | None,
        delay: timedelta,
        stopped: Callable[[str], None],
        submitted: str | None = None,
    ) -> Reply | None:
        """The reply to a call; ``None`` if it comes later, or not at all (an ``answer`` of ``None``).

        ``submitted`` is what the service responds to the request of a job or of a task with a token. ``stopped`` is
        called with that, JSON text, when a job is stopped.
        """
        now = self._world.now()
        if isinstance(answer, Raises) and answer.step:
            return Reply(Answer(error=answer.error, cause=answer.cause, step=answer.step), now + delay)
        if call.resource.waits:
            return self._end_later(execution, call, answer, now, delay, stopped, submitted)
        if submitted is not None:
            return self._start(execution, call, answer, now, delay, submitted)
        if answer is None:
            return None
        if isinstance(answer, Raises):
            return Reply(Answer(error=answer.error, cause=answer.cause), now + delay)
        if (failure := status_failure(call.resource, answer)) is not None:
            return Reply(failure, now + delay)
        if isinstance(answer.value, dict):
            self._started.note(call.resource, call.argument.value, answer.value, None, now + delay, now + delay)
        return Reply(Answer(output=task_result(self._world, execution, call, answer)), now + delay)

    def _start(
        self,
        execution: Execution,
        call: CallTarget,
        answer: Returns | Raises | None,
        now: datetime,
        delay: timedelta,
        submitted: str,
    ) -> Reply:
        """Start a job for which the task does not wait: ``answer`` is what becomes of it."""
        start = Returns(json.loads(submitted), submitted)
        self._note(call, submitted, answer, now, delay)
        return Reply(Answer(output=task_result(self._world, execution, call, start)), now)

    def _note(
        self, call: CallTarget, submitted: str, answer: Returns | Raises | None, now: datetime, delay: timedelta
    ) -> StartedJob | None:
        return self._started.note(
            call.resource,
            call.argument.value,
            json.loads(submitted),
            answer.value if isinstance(answer, Returns) else None,
            now,
            None if answer is None else now + delay,
            is_failure=isinstance(answer, Raises),
        )

    def _end_later(
        self,
        execution: Execution,
        call: CallTarget,
        answer: Returns | Raises | None,
        now: datetime,
        delay: timedelta,
        stopped: Callable[[str], None],
        given: str | None,
    ) -> Reply | None:
        """The service takes the request, or a worker the task; it ends after ``delay``."""
        is_activity = call.resource.kind == "activity"
        if isinstance(answer, Raises) and not is_activity and is_of_service(call.resource, answer.error):
            return Reply(Answer(error=answer.error, cause=answer.cause), now + delay)
        if is_activity:
            self._driver.send(execution, lambda at: TaskStarted(at, call.token, None), at=now)
        else:
            submitted = submitted_text(self._world, execution, call, answer) if given is None else given
            if (failure := unfulfilled(call.resource, json.loads(submitted))) is not None:
                return Reply(failure, now)
            self._driver.answer(execution, call, Reply(Answer(output=submitted), now))
            if call.resource.pattern.startswith(".sync"):
                job = self._note(call, submitted, answer, now, delay)
                self._jobs[execution.arn, call.token] = lambda: self._stop(job, lambda: stopped(submitted))
        if isinstance(answer, Returns) and (failed := job_failure(call.resource, answer)) is not None:
            answer = failed
        if isinstance(answer, Returns):
            text = task_result(self._world, execution, call, answer)
            self._send(execution, call, lambda at: TaskSucceeded(at, call.token, text), now, delay)
        elif isinstance(answer, Raises):
            error, cause = answer.error, bounded(answer.cause)
            self._send(execution, call, lambda at: TaskFailed(at, call.token, error, cause), now, delay)
        return None

    def _send(
        self,
        execution: Execution,
        call: CallTarget,
        event: Callable[[datetime], Event],
        now: datetime,
        delay: timedelta,
    ) -> None:
        """Send ``event`` when the delay has passed, unless the task has ended otherwise by then."""
        key = execution.arn, call.token

        def end() -> None:
            self._coming.pop(key, None)
            self._jobs.pop(key, None)
            if self._driver.is_open(execution, call.token):
                self._driver.close(execution, call.token)
                self._driver.send(execution, event, at=self._world.now())

        line = self._driver.line_of(execution)
        if delay:
            what = f"execution {execution.name}: the answer of state {call.state_name}"
            self._coming[key] = line.at(now + delay, end, what=what)
        else:
            line.soon(end)

    def _stop(self, job: StartedJob | None, stopped: Callable[[], None]) -> None:
        if job is not None:
            job.stop(self._world.now())
        stopped()

    def abandon(self, execution: Execution, token: Token) -> None:
        """Cancel the answer that is to come, and stop the job."""
        alarm = self._coming.pop((execution.arn, token), None)
        if alarm is not None:
            self._driver.line_of(execution).cancel(alarm)
        if (stop := self._jobs.pop((execution.arn, token), None)) is not None:
            stop()


def is_of_service(resource: Resource, error: str) -> bool:
    """Whether the error is one of the service's own, which refuses the request: ``SQS.QueueDoesNotExistException``."""
    prefix = error.partition(".")[0].lower()
    names = {resource.service.removeprefix("aws-sdk:").replace("-", "")} | _ALSO.get(resource.service, set())
    return "." in error and prefix in names


_ALSO = {"events": {"eventbridge"}, "states": {"stepfunctions", "sfn"}, "elasticmapreduce": {"emr"}}
"""Service of a resource -> other prefixes of its errors, in lower case."""
