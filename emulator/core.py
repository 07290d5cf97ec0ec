"""The emulator: one clock, one time line, and the services on it, put together.

An ``Emulator`` is a world of its own: state machines, functions, executions, tables and rules begin empty and end with
it. Everything happens on its virtual clock, in this process, when somebody asks for it: a call of the API does all that
can be done now; ``run`` and ``clock.advance`` let time pass.
"""

import json
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeAlias

from asl.bounds import NAME_LIMIT
from asl.program import Program, compile  # noqa: A004 - the word of the field
from asl.values import JsonTextError, decode, exceeds_limit, size
from emulator.aws.account import ACCOUNT_ID
from emulator.aws.arns import region_of
from emulator.aws.backends import Backend, Services, parse
from emulator.aws.door import AwsRequest, open_door
from emulator.aws.environment import Environment
from emulator.aws.responses import HttpResponse
from emulator.chance import Streams
from emulator.clock import VirtualClock, current_line, stopwatch_ns
from emulator.driver import Driver
from emulator.errors import EmulatorError, InputError, StuckExecutionError
from emulator.execution import Execution, StateMachine
from emulator.functions import Functions
from emulator.lambda_.call import LONGEST_FUNCTION_SECONDS
from emulator.mapruns.runs import MapRuns
from emulator.stepfunctions import wire
from emulator.stepfunctions.checks import FORBIDDEN, is_name
from emulator.stepfunctions.executions import begin, execution_arn
from emulator.stepfunctions.machines import add_machine
from emulator.stepfunctions.service import StepFunctions
from emulator.stepfunctions.status import status_change
from emulator.stepfunctions.store import MemoryStore
from emulator.targets.registry import Registry
from emulator.targets.target import Parts
from emulator.timeline import TimeLine

if TYPE_CHECKING:
    from emulator.aws.lambda_api import LambdaApi
    from emulator.aws.remote import Remote
    from emulator.eventbridge.bus import Bus
    from emulator.lambda_.nodejs import NodeHandler
    from emulator.lambda_.task_root import TaskRoot
    from emulator.taskbench import TaskBench

Definition: TypeAlias = str | os.PathLike[str] | Mapping[str, Any]
"""A definition: a file's path, its JSON text, or its value."""

DEFAULT_ROLE: Final = f"arn:aws:iam::{ACCOUNT_ID}:role/emulator"
PATIENCE_SECONDS: Final = 10.0
"""Real seconds that are waited for a backend outside when nothing lies ahead any more on the virtual clock."""
GRACE_SECONDS: Final = 2.0
"""Real seconds that somebody outside gets to answer a task before the virtual clock goes on to what lies ahead."""


class EmulatorClock:
    """The emulator's time. It moves only when it is moved: by ``advance``, or by ``run`` to the end of an execution."""

    def __init__(self, line: TimeLine) -> None:
        self._line = line

    def now(self) -> datetime:
        """The virtual time: aware, UTC."""
        return self._line.clock.now()

    @property
    def next_at(self) -> datetime | None:
        """When the next thing is due, if time is let pass; ``None`` when nothing lies ahead."""
        return self._line.next_at()

    def advance(
        self,
        by: timedelta | None = None,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
    ) -> None:
        """Let time pass, and all that is due in it happen, each thing at its time.

        In a handler it is the handler that sleeps, up to its timeout, and what others do meanwhile happens.
        """
        length = (by or timedelta()) + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if length < timedelta():
            raise ValueError(f"time does not go back: advance({length})")
        if (handler := current_line()) is not None:
            handler.sleep(length.total_seconds())
            self._line.catch_up(handler.now())
            return
        self._line.advance_to(self.now() + length)

    def advance_to(self, when: datetime) -> None:
        """Let time pass until ``when`` (aware)."""
        if when.tzinfo is None:
            raise ValueError(f"give a time zone: {when.isoformat()} could be anywhere; datetime(..., tzinfo=UTC)")
        if when < self.now():
            raise ValueError(f"time does not go back: it is {self.now().isoformat()}, not before {when.isoformat()}")
        self._line.advance_to(when.astimezone(UTC))


class Emulator:
    """Step Functions, Lambda, EventBridge and, through a backend, the services around them.

    Use it as a context manager: while it is open, plain boto3 of this process is answered here and nothing leaves.
    ``start`` is when its clock begins (aware; 2030-01-01T00:00:00Z), ``seed`` fixes all chance, ``root`` is the folder
    that definitions' relative paths begin at.

    A task whose function nobody registered raises ``MissingHandlerError``; with ``missing_function="fail"`` the task
    fails as on AWS, with ``Lambda.ResourceNotFoundException``. With ``polling_waits=False`` asking an execution twice
    how it stands lets no time pass.

    ``backend`` says where buses, queues, tables and all the rest live: ``"moto"`` (in this process), ``"localstack"``,
    the URL of any endpoint of AWS's shape, or a mapping of services to these (``"*"`` for the others). Without one it
    is what EMULATOR_BACKEND says, else moto. What is made there while the emulator is open is deleted when it closes.
    """

    def __init__(
        self,
        *,
        start: datetime | None = None,
        seed: int | str = 0,
        region: str = "us-east-1",
        root: str | os.PathLike[str] | None = None,
        missing_function: Literal["raise", "fail"] = "raise",
        polling_waits: bool = True,
        backend: Backend = None,
    ) -> None:
        self.missing_function = missing_function
        self.polling_waits = polling_waits
        self.account_id = ACCOUNT_ID
        self.region = region
        self.root = Path(root) if root is not None else Path()
        self.chance = Streams(seed).stream
        self._line = TimeLine(VirtualClock(start))
        self._line.look_outside = self._look_outside
        self.clock = EmulatorClock(self._line)
        self.functions = Functions(self)
        self._driver = Driver(self._line)
        self.service = StepFunctions(self, self._driver, MemoryStore())
        self._backend = Services(parse(backend), self.client)
        self.blocked: list[str] = []
        """Why requests were refused that would have left this process, each with the line that made it."""
        self._map_runs = MapRuns(self, self._driver, self.service.store)
        self.targets = self._driver.targets = Registry(Parts(self, self._driver, self.functions, self.service))
        self._driver.on_status.append(self._tell_status)
        self._bus: Bus | None = None
        self._lambda_api: LambdaApi | None = None
        self._tasks: TaskBench | None = None
        self._polls: dict[str, int] = {}
        self._clients: dict[tuple[str, str], Any] = {}
        self._waited_for: set[tuple[str, Any]] = set()
        self._close: list[Callable[[], None]] = []
        self.on_request: list[Callable[[AwsRequest], None]] = []
        """Told of every request that a client is about to send; what one raises, the client raises."""

    def __repr__(self) -> str:
        return f"<Emulator at {self.clock.now():%Y-%m-%dT%H:%M:%SZ}, executions: {len(self.service.store.executions)}>"

    # Opening and closing -------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        """Answer this process's boto3 from now on."""
        if self._close:
            raise EmulatorError("this emulator is open already; make another one")
        key = next((endpoint.access_key for endpoint in self._backend.backends.endpoints), None)
        environment = Environment(self.region, access_key=key)
        self._close = [environment.close, open_door(self.answer, self.blocked), self._backend.close, self._close_bus]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give boto3 back and forget everything; ``EmulatorError`` when what was planned for tasks never came."""
        unused = None if error is not None or self._tasks is None or not self._close else self._tasks.unused()
        self.close()
        if unused:
            raise EmulatorError(unused)

    def close(self) -> None:
        """What leaving the ``with`` block does."""
        self._map_runs.close()
        self.functions.close()
        while self._close:
            self._close.pop()()

    # What people call ----------------------------------------------------------------------------------------------

    def lambda_function(
        self,
        name: str,
        handler: "Callable[[Any, Any], Any] | str | NodeHandler",
        *,
        timeout_seconds: float = LONGEST_FUNCTION_SECONDS,
        memory_mb: int = 128,
        environment: Mapping[str, str] | None = None,
        code: str | os.PathLike[str] | None = None,
    ) -> str:
        """Register ``handler`` (a callable, or ``module:function``) as the Lambda function ``name``; its ARN.

        A handler in Node.js is a ``NodeHandler``, or ``node:folder/file.function`` (``docs/nodejs.md``).

        Tasks find it by the name in their Resource or FunctionName, whatever region and account stand there.
        ``timeout_seconds`` counts on the virtual clock, which only sleeping moves; Lambda's own default is 3. ``code``
        is the folder (SAM's CodeUri) that ``handler``, then a name, is imported from, apart from all other modules.
        """
        return self.functions.add(
            name,
            handler,
            timeout_seconds=timeout_seconds,
            memory_mb=memory_mb,
            environment=environment,
            task_root=None if code is None else self._task_root(code, name, handler),
        )

    def state_machine(
        self,
        definition: Definition,
        *,
        name: str | None = None,
        role_arn: str = DEFAULT_ROLE,
        substitutions: Mapping[str, Any] | None = None,
    ) -> StateMachine:
        """Create a state machine from a file, JSON text or a value, in the place of one of the same name.

        A file is JSON, or YAML by its name's ending. ``substitutions`` are the values of every ``${Name}`` in it or in
        the text, as SAM's DefinitionSubstitutions. ``name`` is the file's name up to its first dot unless given.
        Raises ``DefinitionError`` with every problem.
        """
        program, source, named = self._read(definition, substitutions or {})
        if name is not None:
            _check_name(name)
        return add_machine(self.service, name or named, program, role_arn, self.region, source=source)

    def start(self, machine: StateMachine | Definition, input: Any = None, *, name: str | None = None) -> Execution:
        """Start an execution and let it come as far as it can without time passing.

        ``input`` is a JSON value, ``{}`` when it is ``None``. Raises ``InputError`` when it is none, or is too large.
        """
        if not isinstance(machine, StateMachine):
            machine = self.state_machine(machine)
        self.targets.check(machine)
        if name is not None:
            _check_name(name)
            if self.service.store.executions.get(execution_arn(machine, name)) is not None:
                raise EmulatorError(f"an execution named {name!r} of {machine.name} exists already; names are unique")
        execution = begin(self.service, machine, input_text(input), name)
        self.settle()
        return execution

    def run(self, machine: StateMachine | Definition, input: Any = None, *, name: str | None = None) -> Execution:
        """Start an execution and let time pass until it is over. Raises what ``start`` and ``finish`` raise."""
        with self._line.hold():
            execution = self.start(machine, input, name=name)
        return self.finish(execution)

    def finish(self, execution: Execution) -> Execution:
        """Let time pass until ``execution`` is over.

        Raises ``StuckExecutionError`` when it waits for a worker or a token and nothing else lies ahead.
        """
        if not self._line.run_until(lambda: execution.finish is not None):
            raise StuckExecutionError(_stuck(execution))
        return execution

    def client(self, service: str, *, region: str | None = None) -> Any:
        """A boto3 client that this emulator answers, as any other client of this process while it is open."""
        key = (service, region or self.region)
        if key not in self._clients:
            from emulator.aws.clients import make_client

            self._clients[key] = make_client(service, key[1])
        return self._clients[key]

    @property
    def executions(self) -> list[Execution]:
        """Every execution so far, in the order in which they were started, by whomever."""
        self.look_outside()
        return self.service.store.executions.list()

    @property
    def bus(self) -> "Bus":
        """EventBridge: what was put, what did not arrive, and why rules did not match."""
        if self._bus is None:
            from emulator.eventbridge.bus import Bus

            self._bus = Bus(self)
        return self._bus

    @property
    def tasks(self) -> "TaskBench":
        """Background tasks: trigger, run, abort, look."""
        if self._tasks is None:
            from emulator.taskbench import TaskBench

            self._tasks = TaskBench(self)
        return self._tasks

    def _tell_status(self, execution: Execution) -> None:
        """Step Functions' own event about a change of status, when anybody listens; none about children of map runs."""
        if self._backend.used and execution.map_run_arn is None:
            region = region_of(execution.arn)
            chance = self.chance("event", f"{execution.arn}/{execution.status}", once=True)
            self.bus.put(status_change(execution, chance.uuid(), self.now()), "default", region)

    # What the services ask -----------------------------------------------------------------------------------------

    def remote(self, service: str) -> "Remote | None":
        """The backend outside of this process that has a service (an endpoint prefix), if one has."""
        return self._backend.remote(service)

    def has_function(self, arn: str) -> bool:
        """Whether the function is registered here."""
        return self.functions.get(arn) is not None

    def now(self) -> datetime:
        """The time: the clock's, or a handler's own while one runs."""
        line = current_line()
        return self.clock.now() if line is None else line.now()

    def settle(self) -> None:
        """Let everything happen that can without time passing."""
        self._line.run_ready()

    def run_until(self, done: Callable[[], bool]) -> bool:
        """Let time pass until ``done()``; ``False`` when nothing lies ahead any more that could bring it about."""
        return self._line.run_until(done)

    def look_outside(self) -> bool:
        """Let what other programs have put on buses at a backend outside happen; whether there was anything.

        Time does it before it passes, and so does every look at executions: who only waits has to ask.
        """
        if not (self._close and self._backend.remote("events")) or self._line.running:
            return False
        came = self.bus.look_outside()
        if came:
            self.settle()
        return came

    def await_events(self, count: int = 1, *, timeout_seconds: float = PATIENCE_SECONDS) -> None:
        """Wait, in real time, until other programs have put ``count`` events that came to targets here.

        The virtual clock stands. Each event counts for one call. Raises ``EmulatorError`` when fewer came in time, or
        when the buses are in this process, where nobody else reaches them.
        """
        if self._backend.remote("events") is None:
            raise EmulatorError(
                "await_events: the buses are in this process, no other program reaches them\n"
                '    fix: Emulator(backend="localstack"), or another backend outside for events'
            )
        self.look_outside()
        end = stopwatch_ns() + timeout_seconds * 1e9
        while self.bus.unawaited < count and (left := (end - stopwatch_ns()) / 1e9) > 0:
            self.bus.wait_outside(left, lambda: False)
            self.settle()
        if self.bus.unawaited < count:
            raise EmulatorError(
                f"await_events: {self.bus.unawaited} of {count} events came within {timeout_seconds:g} s; "
                f"{self.bus.links_text()}"
            )
        self.bus.unawaited -= count

    def _look_outside(self, idle: bool) -> bool:
        """Before the clock moves: has anything come? Whoever waits outside gets some real time to bring it about."""
        if not self._backend.remote("events"):
            return False
        if self.bus.look_outside():
            return True
        waiting = {(each.arn, token) for each in self.service.store.executions.list() for token in each.outside}
        patience = PATIENCE_SECONDS if idle else GRACE_SECONDS
        if not idle and waiting <= self._waited_for:
            return False
        self._waited_for |= waiting
        return self.bus.wait_outside(patience, lambda: self._line.has_work) or self._line.has_work

    def _close_bus(self) -> None:
        if self._bus is not None and self._bus.bridge is not None:
            self._bus.bridge.close()

    def hold(self) -> AbstractContextManager[None]:
        """A block in which nothing starts: what is asked for there waits until time is let pass, or for ``settle``."""
        return self._line.hold()

    def catch_up(self) -> None:
        """From inside of a handler: let all that is due until its own time happen now, in its middle."""
        self._line.catch_up(self.now())

    @property
    def is_open(self) -> bool:
        """Whether this process's boto3 is answered here."""
        return bool(self._close)

    def polled(self, execution: Execution) -> None:
        """A client asks how the execution stands: one that asks again and sees nothing new is waiting.

        Then time passes up to what comes next, as it would between two polls on AWS; but not while the execution
        waits for an external worker, which may be about to answer. In a handler that a task or a rule called, only
        what is due by the handler's own time happens.
        """
        if execution.finish is not None or not self.polling_waits:
            return
        seen = len(execution.records)
        if self._polls.get(execution.arn) != seen:
            self._polls[execution.arn] = seen
            return
        if self._line.running:
            if current_line() is not None:
                self.catch_up()
            return
        at = self._line.next_at()
        if at is not None and self._line.awaits and not execution.outside:
            self._line.advance_to(at)
            self._polls[execution.arn] = len(execution.records)

    def start_machine(self, arn: str, text: str, name: str) -> None:
        """Start an execution for a rule; raises ``LookupError`` when there is no such machine."""
        machine = self.service.store.machines.get(arn)
        if machine is None:
            raise LookupError(f"there is no state machine {arn}")
        begin(self.service, machine, text, name)
        self.settle()

    def call_function(self, arn: str, text: str) -> None:
        """Call a function for a rule, without waiting for its answer; raises ``LookupError`` when there is none."""
        function = self.functions.get(arn)
        if function is None:
            raise LookupError(f"there is no function {arn}")
        self._line.at(self.now(), lambda: self.functions.call_later(function, text, arn=arn))
        self.settle()

    # The door ------------------------------------------------------------------------------------------------------

    def answer(self, request: AwsRequest) -> Any:
        """The response (``botocore.awsrequest.AWSResponse``) to a request: one of this process's boto3, or of a server.

        Raises ``EmulatorError`` for what nobody here can answer; the emulator has to be open.
        """
        with self._line.call():
            return self._answer(request)

    def _answer(self, request: AwsRequest) -> Any:
        for tell in self.on_request:
            tell(request)
        if request.service == "states":
            self.look_outside()
            target, request_id = request.header("X-Amz-Target"), self.chance("request").uuid()
            return _http(
                request, wire.answer(self.service, target, request.body, region=request.region, request_id=request_id)
            )
        if request.service == "events":
            from emulator.eventbridge.bus import BusError

            try:
                content = self.bus.answer(request)
                self.settle()
            except BusError as error:
                refusal = {"__type": error.code, "message": error.message}
                return _http(request, wire.respond(400, refusal, self.chance("request").uuid()))
            if content is not None:
                return _http(request, wire.respond(200, content, self.chance("request").uuid()))
        if request.service == "lambda":
            response = self.lambda_api.answer(request)
            if response is not None:
                return _http(request, response)
        response = self._backend.send(request)
        return response if self._backend.remote(request.service) is None else self._from_outside(request, response)

    def _from_outside(self, request: AwsRequest, response: Any) -> Any:
        """A response of a backend outside, without what the emulator itself has made there."""
        from emulator.eventbridge.bridge import LISTINGS, without_bridges

        if request.service == "events" and response.status_code < 300:
            self.bus.answered(request.operation, request.region)
        if (request.service, request.operation) not in LISTINGS or response.status_code >= 300:
            return response
        from emulator.aws.responses import aws_response

        content = without_bridges(request.service, request.operation, response.content)
        return aws_response(request.prepared.url, response.status_code, response.headers, content)

    def _task_root(self, code: str | os.PathLike[str], name: str, handler: object) -> "TaskRoot":
        from emulator.lambda_.task_root import TaskRoot

        folder = self.root / code
        if not folder.is_dir():
            raise EmulatorError(
                f"function {name!r}: code={os.fspath(code)!r} is no folder (looked for {folder.resolve()})"
            )
        if not isinstance(handler, str):
            raise EmulatorError(
                f"function {name!r}: with code, handler is a name in it (module.function), not {handler!r}"
            )
        return TaskRoot(folder)

    @property
    def lambda_api(self) -> "LambdaApi":
        """Lambda's API: Invoke, and functions that are created by uploading their code."""
        if self._lambda_api is None:
            from emulator.aws.lambda_api import LambdaApi

            self._lambda_api = LambdaApi(self.functions, self._line, self._read_object)
            self._close.insert(0, self._lambda_api.close)
        return self._lambda_api

    def _read_object(self, bucket: str, key: str) -> bytes:
        body: bytes = self.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def _read(self, definition: Definition, substitutions: Mapping[str, Any]) -> tuple[Program, str, str]:
        """The program, what to call its source in messages, and a name for its machine."""
        from emulator.definitions.files import parse_definition, read_definition_file

        if isinstance(definition, Mapping):
            if not substitutions:
                return compile(_text(definition)), "definition", "StateMachine"
            definition = _text(definition)
        text = os.fspath(definition)
        if isinstance(definition, str) and text.lstrip().startswith("{"):
            return parse_definition(text, "definition", substitutions).compile(), "definition", "StateMachine"
        path = self.root / text
        if not path.exists():
            raise EmulatorError(f"there is no definition {text} (looked for {path.resolve()})")
        return read_definition_file(path, text, substitutions).compile(), text, path.name.partition(".")[0]


def input_text(value: Any) -> str:
    """An execution's input as JSON text; raises ``InputError`` for what JSON cannot hold, or AWS would not take."""
    if value is None:
        return "{}"
    text = _text(value)
    if exceeds_limit(text):
        raise InputError(f"the input has {size(text):,} bytes; StartExecution takes 262,144 at most")
    return text


def _text(value: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        decode(text)
    except (TypeError, ValueError, RecursionError) as error:
        reason = error.message if isinstance(error, JsonTextError) else str(error)
        raise InputError(f"not a JSON value: {reason}") from None
    return text


def _check_name(name: str) -> None:
    if not is_name(name):
        raise EmulatorError(
            f"{name!r} is no name: 1 to {NAME_LIMIT} characters, no blanks, no controls, none of {FORBIDDEN}"
        )


def _stuck(execution: Execution) -> str:
    waiting = ", ".join(sorted(set(execution.outside.values()))) or execution.path[-1]
    return (
        f"execution {execution.name} waits in {waiting} for somebody outside: nothing in this emulator will go on.\n"
        "    fix: answer the task (send_task_success with its token, or get_activity_task), or give the state "
        "TimeoutSeconds or HeartbeatSeconds;\n"
        "    start(...) instead of run(...) leaves the execution waiting."
    )


def _http(request: AwsRequest, response: HttpResponse) -> Any:
    from emulator.aws.responses import aws_response

    return aws_response(request.prepared.url, response.status, response.headers, response.body)
