"""Answers to the requests of AWS clients, from one table: service -> its answer and the change to a backend's response.

A service that is not in the table, or a request that its row does not answer, goes to the backend: moto or an external
one. A request that promises a later event which nothing would bring is refused (``emulator.promised``). Hooks see
each request before it is answered, and each response before the client gets it; requests that the
emulator makes for itself, such as those for a bus's rules, have no hooks.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeAlias

from emulator.aws.backends import BackendRouter
from emulator.aws.interception import API, AwsRequest
from emulator.aws.operations import asked, identify, members
from emulator.aws.promises import constants
from emulator.aws.refusals import AwsError
from emulator.aws.responses import HttpResponse, aws_response
from emulator.external import OtherPrograms
from emulator.lambda_.time.handler_time import HandlerTime
from emulator.lambda_.time.shown import current_handler_time
from emulator.promised import refuse_promises
from emulator.stepfunctions import wire
from emulator.stepfunctions.service import StepFunctions
from emulator.timeline import TimeLine
from emulator.world import World

if TYPE_CHECKING:
    from emulator.apigateway.apis import Api
    from emulator.latencies import Latencies
    from emulator.notifications.buckets import Buckets
    from emulator.notifications.topics import Topics
    from emulator.scheduler.schedules import Schedules

RequestHook: TypeAlias = Callable[[AwsRequest], None]
"""Called with a request before it is answered; what it raises, the client raises."""
ResponseHook: TypeAlias = Callable[[AwsRequest, HttpResponse], HttpResponse]
"""Returns the response that replaces the response to the request."""


class PlannedAnswers(Protocol):
    """What a test has planned for requests: faults, or stubs."""

    def request(self, request: AwsRequest, ask: Callable[[], Any]) -> Any:
        """The response to a request; ``ask`` gives what it would be without them."""
        ...


class Requests:
    """Answers the requests of one emulator. ``lambda_api`` is created when first needed."""

    def __init__(
        self,
        world: World,
        timeline: TimeLine,
        backend: BackendRouter,
        step_functions: StepFunctions,
        others: OtherPrograms,
        lambda_api: Callable[[], Any],
        accepted_calls: frozenset[str],
        tell: Callable[[str], None],
        pipes: Callable[[], Any],
        api_at: Callable[[str], "tuple[Api, str] | None"],
    ) -> None:
        self._world = world
        self._timeline = timeline
        self._backend = backend
        self._own_keys = {each.access_key for each in backend.backends.endpoints}
        self._step_functions = step_functions
        self._others = others
        self._lambda_api = lambda_api
        self._accepted_calls = accepted_calls
        self._tell = tell
        self._api_at = api_at
        self._pipes = pipes
        self.latencies: Latencies | None = None
        """How long the calls of handlers take; ``None`` when each is answered at its instant."""
        self.constants = constants.ConstantAnswers()
        """The calls that moto has answered with constants."""
        self._buckets: Buckets | None = None
        self._topics: Topics | None = None
        self._schedules: Schedules | None = None
        self.faults: PlannedAnswers | None = None
        """What a test has planned to fail; ``None`` if nothing."""
        self.stubs: PlannedAnswers | None = None
        """The stubs of a test; ``None`` if there are none."""
        self.deployed: Callable[[AwsRequest], HttpResponse | None] | None = None
        """What answers requests of CloudFormation and API Gateway that look at what a template has made."""
        self.asked: dict[str, int] = {}
        """Service -> how many requests came for it, the emulator's own apart."""
        self.before: list[RequestHook] = []
        self.after: list[ResponseHook] = []

    @property
    def schedules(self) -> "Schedules":
        """The schedules of EventBridge Scheduler, from the first call about one."""
        if self._schedules is None:
            from emulator.scheduler.schedules import Schedules

            self._schedules = Schedules(self._world, self._others.bus.deliveries.tell)
        return self._schedules

    @property
    def buckets(self) -> "Buckets":
        """The notifications of buckets, created at the first request about one's."""
        if self._buckets is None:
            from emulator.notifications.buckets import Buckets

            self._buckets = Buckets(self._world, self._put_event, self._tell)
        return self._buckets

    @property
    def topics(self) -> "Topics":
        """The deliveries of topics, created at the first one and at the first request about a subscription."""
        if self._topics is None:
            from emulator.notifications.topics import Topics

            self._topics = Topics(self._world, self._tell)
        return self._topics

    def _put_event(self, event: dict[str, Any], region: str) -> None:
        """Put a service's own event on the default bus of a region."""
        self._others.bus.put(event, "default", region)

    def answer(self, request: AwsRequest) -> Any:
        """The response (``botocore.awsrequest.AWSResponse``) to a request of this process's boto3, or of a server.

        What the request starts begins after the response (``emulator.timeline``). Raises ``EmulatorError`` when it
        cannot be answered. A handler's call takes its time, if calls have latencies.
        """
        handler_time = None if self.latencies is None or request.is_internal else current_handler_time()
        if handler_time is not None and (ways := self._ways(request, handler_time)) is not None:
            handler_time.sleep(ways[0].total_seconds())
            response = self._answer(request)
            handler_time.sleep(ways[1].total_seconds())
            return response
        return self._answer(request)

    def _ways(self, request: AwsRequest, handler_time: HandlerTime) -> tuple[timedelta, timedelta] | None:
        """How long a handler's call takes on its way, and on its way back."""
        found = identify(request)
        if self.latencies is None or found is None:
            return None
        name = f"{handler_time.request_id}/{handler_time.now()}/{found.operation}"
        return self.latencies.of(found.service, found.operation, name)

    def _answer(self, request: AwsRequest) -> Any:
        row = ROUTES.get(request.service, BACKEND)
        if row.looks:
            self._others.look()
        with self._timeline.call():
            if request.is_internal:
                return self._ask(request, row, ())
            self.asked[request.service] = self.asked.get(request.service, 0) + 1
            for check in self.before:
                check(request)
            if self.faults is not None:
                return self.faults.request(request, lambda: self._ask_stubs(request, row))
            return self._ask_stubs(request, row)

    def _ask_stubs(self, request: AwsRequest, row: "Route") -> Any:
        if self.stubs is not None:
            return self.stubs.request(request, lambda: self._ask(request, row, self.after))
        return self._ask(request, row, self.after)

    def _ask(self, request: AwsRequest, row: "Route", after: Sequence[ResponseHook]) -> Any:
        response = self._answer_here(request, row)
        if response is None:
            return self._ask_backend(request, row, after)
        for hook in after:
            response = hook(request, response)
        return aws_response(request.prepared.url, response.status, response.headers, response.body)

    def _answer_here(self, request: AwsRequest, row: "Route") -> HttpResponse | None:
        from emulator.aws.members import check_request, check_values  # imports botocore, which a run may not need

        try:
            check_request(request)
            check_values(request)
            response = row.answer(self, request)
            if response is None:
                refuse_promises(self._world, request, self._accepted_calls)
            return response
        except AwsError as error:
            content = {"__type": error.code, "message": error.message}
            return wire.respond(error.status, content, self._new_id())

    def _ask_backend(self, request: AwsRequest, row: "Route", after: Sequence[ResponseHook]) -> Any:
        answered = self._backend.send(request)
        if (
            request.service in constants.SERVICES
            and not request.is_internal
            and self._world.remote(request.service) is None
        ):
            self.constants.note(request)
        if row.told is not None and answered.status_code < 300:
            row.told(self, request, answered)
        if row.answered is None and not after:
            return answered
        given = response = HttpResponse(answered.status_code, answered.headers, answered.content)
        if row.answered is not None and given.status < 300:
            response = row.answered(self, request, response)
        for hook in after:
            response = hook(request, response)
        if response is given:
            return answered
        return aws_response(request.prepared.url, response.status, response.headers, response.body)

    def _new_id(self) -> str:
        return self._world.chance("request").uuid()

    # The services ------------------------------------------------------------------------------------------------

    def _ask_step_functions(self, request: AwsRequest) -> HttpResponse | None:
        target = request.header("X-Amz-Target")
        tells = not request.served and not self._world.blocked.is_task()
        id_ = self._new_id()
        account = None if request.account in self._own_keys else request.account
        with self._step_functions.asked_by(account):
            return wire.answer(
                self._step_functions, target, request.body, region=request.region, request_id=id_, tells=tells
            )

    def _ask_bus(self, request: AwsRequest) -> HttpResponse | None:
        content = self._others.bus.answer(request)
        if request.operation == "PutEvents":
            self._world.settle()
        return None if content is None else wire.respond(200, content, self._new_id())

    def _ask_scheduler(self, request: AwsRequest) -> HttpResponse | None:
        found = self._scheduler_call(request)
        if found is not None:
            from emulator.scheduler.checks import DEFAULTS, check_call, completed

            check_call(self._world, *found, request.region)
            if found[0] in DEFAULTS:
                arn = self.schedules.repeated(completed(*found), request.region)
                if found[0] == "CreateSchedule" and arn is not None:
                    return wire.respond(200, {"ScheduleArn": arn}, self._new_id())
                request.prepared.body = json.dumps(completed(found[0], json.loads(request.body))).encode()
        return None

    def _scheduler_answered(self, request: AwsRequest, response: HttpResponse) -> HttpResponse:
        from emulator.scheduler.schedules import CHANGES

        found = self._scheduler_call(request)
        if found is not None and found[0] in CHANGES:
            self.schedules.changed(*found, request.region)
            self._world.settle()
        elif found is not None and found[0] == "GetSchedule":
            action = self.schedules.action_after_completion(found[1], request.region)
            if action is not None:
                content = {**json.loads(response.body), "ActionAfterCompletion": action}
                return response._replace(body=json.dumps(content).encode())
        return response

    def _scheduler_call(self, request: AwsRequest) -> tuple[str, dict[str, Any]] | None:
        """The operation and members of a request; ``None`` when an external backend answers, or it is none."""
        if request.is_internal or self._world.remote("scheduler") is not None:
            return None
        found = asked(request, "scheduler")
        return None if found is None else (found.operation, members(request, found))

    def _ask_s3(self, request: AwsRequest) -> HttpResponse | None:
        if self._world.remote("s3") is not None:
            return None
        if self._buckets is None and "notification" not in request.prepared.url:
            return None
        return self.buckets.answer(request)

    def _s3_told(self, request: AwsRequest, response: Any) -> None:
        if self._buckets is not None and self._world.remote("s3") is None:
            self._buckets.changed(request, response)

    def _ask_api(self, request: AwsRequest) -> HttpResponse | None:
        from emulator.apigateway.gateway import answer

        return answer(self._world, self._api_at(request.prepared.url), request)

    def _ask_sns(self, request: AwsRequest) -> HttpResponse | None:
        if request.operation not in ("Subscribe", "SetSubscriptionAttributes") or self._world.remote("sns") is not None:
            return None
        from emulator.aws.moto.topics import error_body

        if (reason := self.topics.refused(request)) is None:
            return None
        return HttpResponse(400, {"Content-Type": "text/xml"}, error_body(reason))

    def _ask_lambda(self, request: AwsRequest) -> HttpResponse | None:
        response: HttpResponse | None = self._lambda_api().answer(request)
        return response

    def _ask_pipes(self, request: AwsRequest) -> HttpResponse | None:
        if self._world.remote("pipes") is not None:
            self._pipes().check_external(request)
            return None
        content = self._pipes().answer(request)
        return None if content is None else wire.respond(200, content, self._new_id())

    def _ask_tagging(self, request: AwsRequest) -> HttpResponse | None:
        from emulator import tagging

        if (content := self._tagging_content(request)) is None:
            return None
        answered = tagging.answer(self._world, request.operation, content, request.region)
        return None if answered is None else wire.respond(200, answered, self._new_id())

    def _tagging_answered(self, request: AwsRequest, response: HttpResponse) -> HttpResponse:
        from emulator import tagging

        if (content := self._tagging_content(request)) is None:
            return response
        given = json.loads(response.body or b"{}")
        whole = tagging.completed(self._world, request.operation, content, given, request.region)
        return response if whole is None else response._replace(body=json.dumps(whole).encode())

    def _tagging_content(self, request: AwsRequest) -> dict[str, Any] | None:
        """The request's members; ``None`` when it is one of the emulator's own, or an external backend answers it."""
        if request.is_internal or self._world.remote(request.service) is not None:
            return None
        try:
            content = json.loads(request.body or b"{}")
        except ValueError:
            return None
        return content if isinstance(content, dict) else None

    def _ask_logs(self, request: AwsRequest) -> HttpResponse | None:
        """Write what executions have logged, before a log group is read or changed; the backend answers."""
        if request.is_internal:
            return None
        self._step_functions.logs.write()
        if self._world.remote("logs") is not None:
            return None
        from emulator.aws.filtered_logs import answer
        from emulator.lambda_api import log_groups

        log_groups.check(self._world, request)
        return answer(request, self._backend.send)

    def _ask_deployed(self, request: AwsRequest) -> HttpResponse | None:
        return None if self.deployed is None or request.is_internal else self.deployed(request)

    def _ask_nobody(self, request: AwsRequest) -> HttpResponse | None:
        return None

    def _bus_answered(self, request: AwsRequest, response: HttpResponse) -> HttpResponse:
        content = self._others.bus.answered(request, response.body)
        if content is not response.body:
            response = response._replace(body=content)
        if not request.is_internal and self._world.remote("events") is None:
            self._others.bus.timed.changed(request.operation, json.loads(request.body or b"{}"), request.region)
        return self._without_bridges(request, response)

    def _without_bridges(self, request: AwsRequest, response: HttpResponse) -> HttpResponse:
        """A listing of an external backend, without the resources that the emulator itself created there."""
        from emulator.eventbridge.bridge import LISTINGS, without_bridges

        is_listing = (request.service, request.operation) in LISTINGS
        if request.is_internal or not is_listing or self._world.remote(request.service) is None:
            return response
        return response._replace(body=without_bridges(request.service, request.operation, response.body))


class Route(NamedTuple):
    """How the requests of a service are answered.

    ``answer`` returns ``None`` to leave a request to the backend, and raises ``AwsError``; ``answered`` changes the
    backend's response; ``told`` is given a backend's successful response, which it does not change or read if it is a
    stream; ``looks`` says whether events of other programs are fetched first.
    """

    answer: Callable[[Requests, AwsRequest], HttpResponse | None]
    answered: Callable[[Requests, AwsRequest, HttpResponse], HttpResponse] | None = None
    looks: bool = False
    told: Callable[[Requests, AwsRequest, Any], None] | None = None


BACKEND: Final = Route(Requests._ask_nobody)
ROUTES: Final[Mapping[str, Route]] = {
    "apigateway": Route(Requests._ask_deployed),
    "cloudformation": Route(Requests._ask_deployed),
    "states": Route(Requests._ask_step_functions, looks=True),
    "events": Route(Requests._ask_bus, Requests._bus_answered),
    "lambda": Route(Requests._ask_lambda),
    "logs": Route(Requests._ask_logs),
    "pipes": Route(Requests._ask_pipes),
    "scheduler": Route(Requests._ask_scheduler, Requests._scheduler_answered),
    "tagging": Route(Requests._ask_tagging, Requests._tagging_answered),
    API: Route(Requests._ask_api),
    "s3": Route(Requests._ask_s3, told=Requests._s3_told),
    "sns": Route(Requests._ask_sns),
    "sqs": Route(Requests._ask_nobody, Requests._without_bridges),
}
"""Endpoint prefix -> how its requests are answered. The backend answers all other services."""
