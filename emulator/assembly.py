"""The services of one emulator on one time line, put together: the parts of an ``Emulator``.

It is the ``World`` of the services. Tests do not need it; a server, the commands and the test harness of background
tasks do.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from asl.chance import Chance
from emulator.ahead import Ahead
from emulator.asynchronous import AsyncCalls
from emulator.aws import forks, guard
from emulator.aws.account import ACCOUNT_ID
from emulator.aws.arns import region_of
from emulator.aws.backends import BackendRouter
from emulator.aws.environment import Environment
from emulator.aws.interception import AwsRequest, intercept
from emulator.aws.moto.backend import MotoBackend
from emulator.aws.moto.mocks import hand_over
from emulator.aws.operations import full_name
from emulator.aws.own_clients import OwnClients
from emulator.aws.owners import Owner
from emulator.blocked import BlockedCalls
from emulator.chance import Streams
from emulator.clock import VirtualClock
from emulator.driver import Driver
from emulator.endpoints.endpoints import Endpoints
from emulator.errors import EmulatorError
from emulator.execution import Execution
from emulator.expiry import Expiry
from emulator.external import OtherPrograms
from emulator.functions import Functions
from emulator.lambda_.call import InvocationResult
from emulator.lambda_.time.handler_time import HandlerTime
from emulator.lambda_.time.shown import current_handler_time, process_time
from emulator.logical_ids import LogicalIds
from emulator.long_polls import LongPolls
from emulator.polling import Polling
from emulator.receivers import Receivers
from emulator.requests import Requests
from emulator.settings import Settings
from emulator.stepfunctions.distributed_map.runner import MapRunRunner
from emulator.stepfunctions.service import StepFunctions
from emulator.stepfunctions.status import status_change
from emulator.stepfunctions.store import MemoryStore
from emulator.targets.registry import TargetRegistry
from emulator.targets.target import Parts
from emulator.timeline import Alarm, TimeLine

if TYPE_CHECKING:
    from emulator.apigateway.apis import Apis
    from emulator.aws.remote import Remote
    from emulator.faults import Acting, Faults
    from emulator.lambda_api import LambdaApi
    from emulator.mappings.readers import Readers
    from emulator.pipes import Pipes
    from emulator.stubs.registry import Stubs

_LONG: Final = timedelta(days=366)
"""Longer than anything in moto would sleep."""


class Assembly:
    """One time line and the services on it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.account_id: str = ACCOUNT_ID
        self.region = settings.region
        self.root = settings.root
        self.missing_function = settings.missing_function
        self.polling_waits = settings.polling_waits
        self.blocked = BlockedCalls(self._running, allowed=settings.allow_blocked)
        self._streams = Streams(settings.seed)
        self.endpoints = Endpoints()
        self.logical_ids = LogicalIds()
        self._closing = ExitStack()
        self._is_open = False
        self._was_closed = False
        self.timeline = TimeLine(VirtualClock(settings.start))
        self.ahead = Ahead(self.timeline)
        self.timeline.check = lambda: self.check_open("letting time pass")
        self.started = self.timeline.clock.now()
        self._polls = LongPolls(self, self.timeline, self.ahead, waits=settings.polling_waits)
        moto = MotoBackend(
            self.now, self._shown, self._polls.let_pass, lambda *more: self.requests.topics.published(*more)
        )
        self.backend = BackendRouter(settings.backends, self.internal_client, moto)
        self.owner = Owner(self.answer, self.blocked, self.backend.knows_key, full_name)
        self._clients = OwnClients(self.owner)
        moto.expired = Expiry(self, settings.ttl_delay, moto.remove_expired).written
        self.polling = Polling(self, self.timeline)
        self.functions = Functions(self)
        self.async_calls = AsyncCalls(self, self.functions, self.timeline)
        self.driver = Driver(self.timeline)
        self.ahead.on_take_over.append(self.driver.take_over)
        self.service = StepFunctions(self, self.driver, MemoryStore())
        self._receivers = Receivers(self, self.timeline, self.service, self.functions, self.async_calls)
        self.map_runs = MapRunRunner(self, self.driver, self.service.store)
        self.targets = self.driver.targets = TargetRegistry(
            Parts(
                self,
                self.driver,
                self.functions,
                self.service,
                self.async_calls,
                self.endpoints,
                lambda url: self.apis.at(url),
                lambda: self.others.bus.kept.connections,
            )
        )
        self.driver.on_status.append(self._tell_status)
        self.driver.on_error.append(self.blocked.record_untrue)
        self.others = OtherPrograms(self, self.timeline, self.service.store.executions.list)
        self.requests = Requests(
            self,
            self.timeline,
            self.backend,
            self.service,
            self.others,
            lambda: self.lambda_api,
            settings.accepted_calls,
            self.functions.tell_failure,
            lambda: self.pipes,
            lambda url: self.apis.at(url),
        )
        self.requests.before.append(self.polling.note)
        if settings.latencies is not None:
            from emulator.latencies import Latencies

            taken = Latencies(settings.latencies, lambda name: self.chance("latency", name, once=True))
            self.driver.latencies = self.requests.latencies = taken

    # Opening and closing -----------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether the emulator answers this process's boto3."""
        return self._is_open

    def open(self) -> None:
        """Answer this process's boto3 from now on; raises ``EmulatorError`` when already open."""
        if self._is_open:
            raise EmulatorError("this emulator is already open; create another one")
        key = next((endpoint.access_key for endpoint in self.backend.backends.endpoints), None)
        closing = self._closing
        closing.callback(hand_over)
        closing.callback(Environment(self.region, access_key=key).close)
        closing.callback(intercept(self.owner))
        closing.callback(guard.CLOSED.use())
        closing.callback(self.backend.close)
        closing.callback(self.others.close)
        self.others.is_open = self._is_open = True
        self._was_closed = False
        self.blocked.open()

    def close(self) -> None:
        """Restore boto3 and forget everything, all of it even if a part fails; closing again does nothing."""
        self.all_blocked()
        self._was_closed = self._was_closed or self._is_open
        self._is_open = False
        with ExitStack() as closing:
            closing.callback(self._delete_code)
            closing.push(self._closing.pop_all())
            closing.callback(self.functions.close)
            closing.callback(self.map_runs.close)

    def check_open(self, what: str) -> None:
        """Raises ``EmulatorError`` if the emulator was closed: what runs now would reach no backend, and AWS itself."""
        if self._was_closed and not self._is_open:
            raise EmulatorError(
                f"{what}: this emulator is closed\n"
                "    fix: use it inside its with block; a fixture yields it inside the block and does not return it"
            )

    def all_blocked(self) -> BlockedCalls:
        """The calls that were refused so far, also in forked children."""
        if self._is_open:
            forks.collect(partial(self.blocked.record, place="", within=""))
        return self.blocked

    # For the services (emulator.world.World) ---------------------------------------------------------------------

    def now(self) -> datetime:
        """The time: the clock's, or a handler's own while one runs."""
        handler_time = current_handler_time()
        return self.ahead.now() if handler_time is None else handler_time.now()

    def chance(self, purpose: str, name: str = "", *, once: bool = False) -> Chance:
        """The random stream of a purpose and name."""
        return self._streams.stream(purpose, name, once=once)

    def client(self, service: str, *, region: str | None = None, retries: bool = True) -> Any:
        """A boto3 client that the emulator answers, like any client of this process while it is open."""
        return self._clients.get(service, region or self.region, internal=False, retries=retries)

    def internal_client(self, service: str, *, region: str | None = None) -> Any:
        """A boto3 client for requests that the emulator makes for itself; request hooks do not see them."""
        return self._clients.get(service, region or self.region, internal=True)

    def answer(self, request: AwsRequest) -> Any:
        """The response to a request of botocore; see ``Requests.answer``."""
        return self.requests.answer(request)

    def calling(self) -> AbstractContextManager[None]:
        """A block in which a handler runs here: this emulator answers it, even if another one is opened later."""
        return self.owner.calling()

    def settle(self) -> None:
        """Do everything that takes no time, once the current call has been answered."""
        self.timeline.run_ready()

    def hold(self) -> AbstractContextManager[None]:
        """A block in which nothing starts: requested work waits until time passes, or for ``settle``."""
        return self.timeline.hold()

    def later(self, name: str, delay: timedelta, action: Callable[[], None]) -> None:
        """Do ``action`` when ``delay`` has passed, as the work ``name``."""
        self.timeline.begin(name, self.now() + delay, action)

    def alarm(self, name: str, at: datetime, action: Callable[[], None], *, repeats: bool = False) -> Alarm:
        """Do ``action`` at ``at``, as the work ``name``. With ``repeats`` no run waits for it."""
        return self.timeline.begin(name, at, action, repeats=repeats)

    def cancel(self, alarm: Alarm) -> None:
        """Cancel an action; nothing happens if it is already cancelled or done."""
        self.timeline.cancel(alarm)

    def catch_up(self) -> None:
        """In the middle of a handler: do everything due by its own time."""
        with self.driver.between_calls():
            self.ahead.catch_up(self.now())

    def run_to_end(self, start: Callable[[TimeLine], Execution]) -> Execution:
        """What ``start`` begins on a time line, when it has ended; see ``emulator.ahead``."""
        return self.ahead.run(start)

    def starting(self) -> AbstractContextManager[None]:
        """A block whose StartSyncExecution does not wait; see ``emulator.ahead``."""
        return self.ahead.starting()

    def remote(self, service: str) -> "Remote | None":
        """The external backend of a service (an endpoint prefix); ``None`` when it is in this process."""
        return self.backend.remote(service)

    def remove_leftovers(self, services: Iterable[str], region: str) -> None:
        """Delete what runs that were killed have left of these services at external backends."""
        self.backend.sweep(services, region)

    def has_function(self, arn: str) -> bool:
        """Whether the function is registered."""
        return self.functions.get(arn) is not None

    def polled(self, executions: Sequence[Execution], request: Mapping[str, Any]) -> None:
        """A client asks for the status of executions; see ``emulator.polling``."""
        if self.polling_waits:
            self.polling.polled(executions, request)

    def at(self, when: datetime) -> AbstractContextManager[None]:
        """A block in which it is ``when`` for this thread, and for moto."""
        return process_time(HandlerTime(when, _LONG))

    def _shown(self) -> AbstractContextManager[None]:
        """A block in which the process shows the emulator's time, or the handler's own while one runs."""
        return self.at(self.now())

    def start_machine(self, arn: str, text: str, name: str) -> None:
        """Start an execution for a rule; raises ``LookupError`` when the machine does not exist."""
        self._receivers.start_machine(arn, text, name)

    def ask_function(self, arn: str, text: str, where: str) -> InvocationResult:
        """The answer of a function; what it starts begins after it, and its failure is kept for a report."""
        return self._receivers.ask_function(arn, text, where)

    def call_function(self, arn: str, text: str) -> None:
        """Call a function for a rule, without waiting for its answer; raises ``LookupError`` when it does not exist."""
        self._receivers.call_function(arn, text)

    # Services that are created when first needed -----------------------------------------------------------------

    @cached_property
    def lambda_api(self) -> "LambdaApi":
        """Lambda's API: Invoke, and functions created by uploading their code."""
        from emulator.apigateway.urls import FunctionUrls
        from emulator.lambda_api import LambdaApi
        from emulator.mappings import Mappings

        return LambdaApi(
            self.functions,
            self.async_calls,
            self.timeline,
            self._read_object,
            lambda arn: self.chance("revision", arn),
            Mappings(self.readers, self.functions),
            FunctionUrls(self, lambda: self.apis),
            lambda: self.remote("lambda") is not None,
        )

    def new_folder(self) -> Path:
        """An empty folder, which is deleted when the emulator is closed."""
        from tempfile import TemporaryDirectory

        return Path(self._closing.enter_context(TemporaryDirectory(prefix="asl-emulator-")))

    @cached_property
    def faults(self) -> "Faults":
        """What a test has planned to fail."""
        from emulator.faults import Acting, Faults

        acting = Acting(self, self.driver, self._polls.sleep, self.functions)
        parts = (self.functions, self.service, self.logical_ids, acting)
        return Faults(self, *parts, self._ask_faults, self._settings.unused_faults)

    def _ask_faults(self, acting: "Acting") -> None:
        """From the first fault on, calls of states, requests and calls of functions ask."""
        self.targets.faults = self.requests.faults = self.functions.faults = acting
        self._closing.callback(acting.use_for_retries(self.owner))

    @property
    def has_faults(self) -> bool:
        """Whether a test has planned any."""
        return "faults" in vars(self)

    def unused_faults(self) -> str | None:
        """The faults that never acted, as a message; ``None`` if all did."""
        return self.faults.unused() if self.has_faults else None

    def unused_stubs(self) -> str | None:
        """The stubs that were never called, as a message; ``None`` if all were, or may be unused."""
        return self.stubs.unused() if "stubs" in vars(self) else None

    @cached_property
    def readers(self) -> "Readers":
        """What reads queues and streams."""
        from emulator.aws.moto.sources import Sources
        from emulator.mappings.readers import Readers

        return Readers(self, self.timeline, Sources(self.backend.moto))

    @cached_property
    def pipes(self) -> "Pipes":
        """The pipes of EventBridge."""
        from emulator.pipes import Pipes
        from emulator.pipes.targets import Calls

        parts = (self, self.timeline, self.functions, self.async_calls, self.service, self.driver)
        return Pipes(self.readers, Calls(*parts))

    @cached_property
    def stubs(self) -> "Stubs":
        """The scripted answers of tasks, and of calls of boto3."""
        from emulator.stubbed_calls import StubbedCalls
        from emulator.stubs.registry import Stubs

        stubs = Stubs(self, self.driver, self.service, self.logical_ids, self._settings.unused_stubs)
        self.targets.scripted = stubs
        parts = (self._polls.sleep, self.targets.stubbed, self.owner, self._closing.callback)
        self.requests.stubs = StubbedCalls(self, self.driver, stubs, *parts)
        return stubs

    @property
    def has_apis(self) -> bool:
        """Whether there is an API of API Gateway, or a URL of a function."""
        return "apis" in vars(self)

    @cached_property
    def apis(self) -> "Apis":
        """The APIs of API Gateway and the URLs of functions."""
        from emulator.apigateway.apis import Apis
        from emulator.apigateway.made import read_api

        return Apis(lambda id_, region: read_api(self, id_, region or self.region))

    def _delete_code(self) -> None:
        if "lambda_api" in vars(self):
            self.lambda_api.close()

    def _read_object(self, bucket: str, key: str) -> bytes:
        body: bytes = self.internal_client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def _running(self) -> str:
        """What is running in this thread: a function, and the state that called it; empty for a test's own code."""
        handler_time, call = current_handler_time(), self.driver.calling
        if handler_time is not None:
            return handler_time.owner
        if call is None or not (self.timeline.running or self.ahead.is_inside):
            return ""
        execution, state = call
        return f"in state {state} of execution {execution.name}"

    def _tell_status(self, execution: Execution) -> None:
        """Put Step Functions' own status change event, if the backend is used.

        None for children of map runs, and none for Express executions (developer guide, "Event-driven executions").
        """
        if execution.map_run_arn is None and execution.state_machine.type == "STANDARD" and self.backend.used:
            chance = self.chance("event", f"{execution.arn}/{execution.status}", once=True)
            event = status_change(execution, chance.uuid(), self.now())
            self.others.bus.put(event, "default", region_of(execution.arn))
