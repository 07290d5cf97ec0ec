"""Which stub answers a call of boto3, and what it answers.

A stub of an action answers every call of its operation, whether moto would have answered it or not: what a test
declares comes first, as for Tasks. Of a service that is ``FOLLOWED`` it answers only what is refused otherwise.
A state's own request, which a stub left to its service, is not asked about again.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from asl.resources import Resource
from emulator.aws.endpoint_prefixes import prefix_of
from emulator.aws.interception import AwsRequest
from emulator.aws.operations import Asked, identify
from emulator.aws.owners import Owner
from emulator.aws.responses import aws_response
from emulator.blocked import UNTRUE
from emulator.driver import Driver
from emulator.errors import EmulatorError
from emulator.faults.calls import Operations
from emulator.faults.errors import service_fault
from emulator.faults.faults import CLIENT_TIMEOUT_SECONDS
from emulator.faults.requests import break_connection, error_response
from emulator.faults.retries import use_clock
from emulator.lambda_.time.shown import current_handler_time
from emulator.stubbed_calls.call import RequestCall
from emulator.stubbed_calls.jobs import description, integration_for
from emulator.stubbed_calls.wire import parameters, respond
from emulator.stubs.answers import CallsThrough, Raises, Returns, Step
from emulator.stubs.registry import Stubs
from emulator.stubs.requested import FOLLOWED, requested
from emulator.stubs.script import Script
from emulator.targets.integrations import Integration
from emulator.world import World


class StubbedCalls:
    """Answers requests from the stubs of one emulator.

    ``sleep(at)`` lets the caller wait. ``counts``: resource -> how many calls stubs have answered. ``at_close`` keeps
    what is to be undone when the emulator closes.
    """

    def __init__(
        self,
        world: World,
        driver: Driver,
        stubs: Stubs,
        sleep: Callable[[datetime], None],
        counts: dict[str, int],
        owner: Owner,
        at_close: Callable[[Callable[[], None]], object],
    ) -> None:
        self._world = world
        self._driver = driver
        self._stubs = stubs
        self._sleep = sleep
        self._counts = counts
        self._owner = owner
        self._at_close = at_close
        self._has_retries = False
        self._known = 0
        """How many stubs by resource have been looked at."""
        self._found: dict[str, dict[str, list[tuple[Script, Resource, Integration]]]] = {}
        """Endpoint prefix -> operation -> its stubs."""

    def request(self, request: AwsRequest, ask: Callable[[], Any]) -> Any:
        """The response (``botocore.awsrequest.AWSResponse``) to a request; ``ask`` has the service answer."""
        of_service, jobs = self._of_service(request.service), self._stubs.jobs.all
        is_known = of_service is not None or request.service in self._stubs.jobs.prefixes
        if not is_known or (current_handler_time() is None and self._world.blocked.is_task()):
            return ask()
        if (asked := identify(request)) is None:
            return ask()
        if (integration := integration_for(jobs, asked)) is not None:
            ask = partial(self._describe, request, asked, integration, ask)
        found = (of_service or {}).get(asked.operation)
        if found is None:
            return ask()
        if request.service not in FOLLOWED:
            return self._answer(request, asked, found, ask)
        try:
            return ask()
        except (*UNTRUE, NotImplementedError) as error:
            refused = error

        def refuse() -> Any:
            raise refused

        return self._answer(request, asked, found, refuse)

    def _describe(self, request: AwsRequest, asked: Asked, integration: Integration, ask: Callable[[], Any]) -> Any:
        """The description of a job that a stub has started."""
        sent = parameters(request, asked, integration)
        value = description(self._stubs.jobs.all, asked, sent, self._world.now())
        if value is None:
            return ask()
        response = respond(request, asked, integration, value, self._world.chance("request").uuid())
        return aws_response(request.prepared.url, response.status, response.headers, response.body)

    def _of_service(self, prefix: str) -> dict[str, list[tuple[Script, Resource, Integration]]] | None:
        actions = self._stubs.by_action
        if len(actions) != self._known:
            self._known = len(actions)
            self._found = {}
            for script, resource in actions:
                integration = requested(resource)
                if integration is not None:
                    of_service = self._found.setdefault(prefix_of(integration.service), {})
                    of_service.setdefault(integration.operation, []).append((script, resource, integration))
        return self._found.get(prefix)

    def _answer(
        self,
        request: AwsRequest,
        asked: Asked,
        found: list[tuple[Script, Resource, Integration]],
        ask: Callable[[], Any],
    ) -> Any:
        for script, resource, integration in found:
            call = self._call(request, asked, resource, integration)
            script.calls.append(call)
            step = script.take(call)
            if step is not None:
                break
        else:
            return ask()
        if isinstance(step.answer, CallsThrough):
            return ask()
        self._counts[resource.text] = self._counts.get(resource.text, 0) + 1
        answer = self._stubs.given(step, script, call, resource)
        if step.submitted is not None or isinstance(answer, Returns):
            started = self._start(resource, call, step, answer)
            if step.submitted is not None and started:
                start = Returns(json.loads(step.submitted), step.submitted)
                return self._give(request, asked, integration, replace(step, delay=timedelta()), start)
        return self._give(request, asked, integration, step, answer)

    def _start(self, resource: Resource, call: RequestCall, step: Step, answer: Returns | Raises | None) -> bool:
        """Note the job that the call starts, if it starts one."""
        now = self._world.now()
        value = answer.value if isinstance(answer, Returns) else None
        start = value if step.submitted is None else json.loads(step.submitted)
        described = value if step.submitted is not None else None
        ends = None if answer is None else now + step.delay
        began = now if step.submitted is not None else now + step.delay
        note = self._stubs.jobs.note
        job = note(resource, call.input, start, described, began, ends, is_failure=isinstance(answer, Raises))
        return job is not None

    def _call(self, request: AwsRequest, asked: Asked, resource: Resource, integration: Integration) -> RequestCall:
        calling = self._driver.calling if current_handler_time() is not None else None
        sent = parameters(request, asked, integration)
        execution = None if calling is None else calling[0]
        return RequestCall(resource, sent, execution, self._world.now(), self._world.blocked.within())

    def _give(
        self, request: AwsRequest, asked: Asked, integration: Integration, step: Step, answer: Returns | Raises | None
    ) -> Any:
        if not (isinstance(answer, Returns) or self._has_retries):
            self._has_retries = True  # from now on clients that ask again wait on the virtual clock
            self._at_close(use_clock(self._owner, self._world, self._sleep))
        if answer is None:
            if not request.served:
                self._wait(timedelta(seconds=CLIENT_TIMEOUT_SECONDS))
            break_connection(request, CLIENT_TIMEOUT_SECONDS)
        self._wait(step.delay)
        request_id = self._world.chance("request").uuid()
        if isinstance(answer, Raises):
            of = Operations(f"{asked.service}:{asked.operation}", asked.service, (asked.operation,))
            error = service_fault(of, answer.error, answer.cause, None, check=False)
            return error_response(request, asked.service, error, request_id)
        if not isinstance(answer.value, dict):
            where = f"{step.place}: " if step.place else ""
            raise EmulatorError(
                f"{where}{step.words.strip()} of {asked.service}:{asked.operation}: the value is not an object"
            )
        response = respond(request, asked, integration, answer.value, request_id)
        return aws_response(request.prepared.url, response.status, response.headers, response.body)

    def _wait(self, length: timedelta) -> None:
        if length:
            self._sleep(self._world.now() + length)
