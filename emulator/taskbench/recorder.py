"""The machine's Lambda function: it calls the application's handler, records the calls and lets plans act."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from emulator.answers import Answer
from emulator.aws.interception import AwsRequest
from emulator.aws.java_sdk import refusal
from emulator.errors import EmulatorError
from emulator.lambda_.call import LONGEST_FUNCTION_SECONDS, Failure, HandlerCall, Runtime
from emulator.lambda_.outcomes import ProcessExit, TimeStandsStill
from emulator.lambda_.payload import EXIT_ERROR, TIMED_OUT
from emulator.lambda_.time.handler_time import HandlerTimedOut
from emulator.lambda_.time.shown import current_handler_time, process_time
from emulator.taskbench.acts import leave
from emulator.taskbench.iterations import Ending, Iteration, parse_result
from emulator.taskbench.kept import Kept
from emulator.taskbench.plans import IterationCall, Plans, Scope
from emulator.taskbench.storage_calls import StorageCall, read_storage_call
from emulator.tasks import Registry, TaskDefinition
from emulator.tasks.errors import raised_text

log = logging.getLogger(__name__)

NOT_RAISED_BY_TASKS: Final = (HandlerTimedOut, ProcessExit, TimeStandsStill, KeyboardInterrupt)
"""What else leaves a run, and is no ``Exception``: the emulator's own ends of a call, and Ctrl-C."""

THROTTLED: Final = "Lambda.TooManyRequestsException"
ENDINGS: Final[Sequence[tuple[type[BaseException], Ending]]] = (
    (HandlerTimedOut, "timed out"),
    (ProcessExit, "exited"),
    (SystemExit, "exited"),
)
"""Exception that leaves a handler -> how its call ended; with any other, it ``raised``."""

FAILURES: Final[Mapping[str, Ending]] = {TIMED_OUT: "timed out", EXIT_ERROR: "exited"}
"""Lambda's error type -> how the call ended; with any other, it ``raised``."""


@dataclass(slots=True)
class Called:
    """The result of a call of the handler."""

    answer: Any = None
    ended: Ending = "answered"


class Recorder:
    """Calls ``handler`` and keeps the iterations of each task.

    Calls nest when a test starts an execution in the middle of another execution's call.
    """

    def __init__(
        self, handler: Callable[[Any, Any], Any], now: Callable[[], datetime], table_name: str, kept: Kept
    ) -> None:
        self.plans = Plans()
        self.kept = kept
        self.is_own = False
        """Whether the handler is one of the user's own, so that it keeps its tasks itself."""
        self.in_node = False
        """Whether that handler has a process of its own, whose requests are told from the test's."""
        self.remaining_time: tuple[int, ...] = ()
        """Milliseconds left when a task's first, second, ... iteration begins; the last applies to all later ones."""
        self.timeout_seconds: float = LONGEST_FUNCTION_SECONDS
        self.handler = handler
        self.on_error: Callable[[str, Exception], None] | None = None
        """Called with what a task's run or hook raises, and which of them it was: its error is only in the record."""
        self._now = now
        self._table_name = table_name
        self._iterations: dict[str, list[Iteration]] = {}
        self._begun: dict[str, int] = {}
        self._calls: list[IterationCall] = []
        self._looking = 0
        self._refused: dict[str, ClientError] = {}
        """Id of a client's invocation -> the error that a plan refused it with."""

    def begun(self, task_id: str) -> int:
        """The number of calls for a task, a running one included."""
        return self._begun.get(task_id, 0)

    def iterations(self, task_id: str) -> tuple[Iteration, ...]:
        """The calls for a task that have ended, in order."""
        return tuple(sorted(self._iterations.get(task_id, ()), key=lambda each: each.number))

    def check_remaining(self, milliseconds: Any) -> None:
        """Raise ``ValueError`` unless the function's timeout may have this much left."""
        most = round(self.timeout_seconds * 1000)
        if isinstance(milliseconds, bool) or not isinstance(milliseconds, int) or not 1 <= milliseconds <= most:
            raise ValueError(
                f"{milliseconds!r} milliseconds cannot be left: give 1 to {most:,}, the timeout of the function "
                "(emulator.tasks.lambda_timeout_seconds)"
            )

    def check_to_come(self, scope: Scope, name: str, iteration: int) -> None:
        """Raise ``ValueError`` when that iteration of the scope's task has ended; ``name`` is the caller's."""
        ended = 0 if scope.task_id is None else len(self.iterations(scope.task_id))
        if iteration <= ended:
            raise ValueError(f"{name}(iteration={iteration}): {ended} iterations of the task have ended already")

    def check_used(self, task_id: str) -> None:
        """Raise ``EmulatorError`` when a plan for the task never acted."""
        where = f", task {task_id} ended after {self.begun(task_id)} iterations"
        if unused := self.plans.unused(Scope(task_id=task_id), where):
            raise EmulatorError(f"{unused}\n    {OWN_MOMENTS}" if self.is_own else unused)

    def __call__(self, event: Any, context: Any) -> Any:
        """The function's handler."""
        with self.call(event, context.get_remaining_time_in_millis) as called:
            called.answer = self.handler(event, context)
        return called.answer

    @contextmanager
    def call(self, event: Any, remaining_ms: Callable[[], int]) -> Iterator["Called"]:
        """A block for a call of the handler with ``event``, in the call's own time; plans may end it."""
        called = Called()
        payload = event.get("payload") if isinstance(event, Mapping) else None
        if not isinstance(payload, Mapping) or (call := self._begin(payload)) is None:
            yield called
            return
        started_at = self._now()
        ended: Ending = "raised"
        self._calls.append(call)
        try:
            if self.remaining_time:
                leave(self.remaining_time[min(call.number, len(self.remaining_time)) - 1])
            self.plans.reach("before iteration", call)
            yield called
            self.plans.reach("after iteration", call)
            ended = called.ended
        except BaseException as error:
            ended = next((ending for kind, ending in ENDINGS if isinstance(error, kind)), "raised")
            raise
        finally:
            self._calls.pop()
            left = remaining_ms()
            if (handler_time := current_handler_time()) is not None and handler_time.expired:
                ended = "timed out"
            result = parse_result(called.answer) if ended == "answered" else None
            name = str(payload.get("executionName"))
            counts = (call.reads, call.writes)
            self._keep(call, Iteration(call.number, started_at, self._now(), left, result, ended, name, *counts))

    def refused(self, payload: Any, request_id: str) -> Answer | None:
        """Lambda's refusal of a call that a plan throttles; ``None`` for any other call."""
        if not self.plans or not isinstance(payload, Mapping):
            return None
        id_ = str(payload.get("webinyTaskId"))
        call = IterationCall(id_, str(payload.get("webinyTaskDefinitionId")), self.begun(id_) + 1)
        if not self.plans.reach("throttling", call):
            return None
        self._begun[id_] = call.number
        now, name = self._now(), str(payload.get("executionName"))
        self._keep(call, Iteration(call.number, now, now, 0, None, "throttled", name))
        code = "TooManyRequestsException"
        cause = refusal("Rate Exceeded.", service="AWSLambda", status=429, code=code, request_id=request_id)
        return Answer(error=THROTTLED, cause=cause)

    def request(self, request: AwsRequest) -> None:
        """Count a request that this process is about to send; raises the error with which a plan refuses it."""
        if self._looking:
            return
        call = self._calls[-1] if self._calls else None
        if self.is_own and call is not None:
            self.kept.note_start(request, call.task_id)
        storage_call = read_storage_call(request, self._table_name)
        if storage_call is None and self.is_own and (request.served or not self.in_node):
            storage_call = self.kept.call(request)
        if storage_call is None:
            return
        invocation = request.header("amz-sdk-invocation-id") if request.served else ""
        if (again := self._refused.get(invocation)) is not None:
            raise again  # the client's own retry, which is no read or write of the program
        if call is not None:
            call.writes += storage_call.writes
            call.reads += not storage_call.writes
        if self.plans:
            try:
                self.plans.reach("write" if storage_call.writes else "read", call, storage_call)
            except Exception as error:
                if not request.served or isinstance(error, HandlerTimedOut):
                    raise
                refused = _over_http(error, storage_call)
                if invocation:
                    self._refused[invocation] = refused
                raise refused from error

    @contextmanager
    def looking(self) -> Iterator[None]:
        """A block whose requests are the test's own: not counted, never refused."""
        self._looking += 1
        try:
            yield
        finally:
            self._looking -= 1

    def watched(self, definition: TaskDefinition) -> TaskDefinition:
        """A copy of ``definition`` whose run lets plans act before and after it."""
        same = copy(definition)

        def execute(ctx: Any) -> Any:
            call = self._calls[-1] if self._calls else None
            self.plans.reach("before run", call)
            try:
                result = definition.execute(ctx)
            except Exception as error:
                self._tell(f"task {definition.id}", error)
                self.plans.reach("after run", call)
                raise
            except BaseException as error:
                if not isinstance(error, NOT_RAISED_BY_TASKS):
                    log.error('Task "%s" raised %s', definition.id, raised_text(error))
                raise
            self.plans.reach("after run", call)
            return result

        def call_hook(name: str, **values: Any) -> None:
            try:
                definition.call_hook(name, **values)
            except Exception as error:
                self._tell(f"{name} of task {definition.id}", error)
                raise

        vars(same)["execute"] = execute
        vars(same)["call_hook"] = call_hook
        return same

    def _tell(self, what: str, error: Exception) -> None:
        if self.on_error is not None:
            self.on_error(what, error)

    def _begin(self, payload: Mapping[str, Any]) -> IterationCall | None:
        id_ = payload.get("webinyTaskId")
        if not isinstance(id_, str):
            return None
        number = self._begun[id_] = self.begun(id_) + 1
        return IterationCall(id_, str(payload.get("webinyTaskDefinitionId")), number)

    def _keep(self, call: IterationCall, iteration: Iteration) -> None:
        self._iterations.setdefault(call.task_id, []).append(iteration)


OWN_MOMENTS: Final = (
    "the handler is one of your own: of its moments, the calls, and any reads and writes of DynamoDB are seen "
    '(before="iteration", write="any", nth=2); words such as "success" only if it stores tasks as the releases do'
)


def _over_http(error: Exception, call: StorageCall) -> ClientError:
    """The error of a plan as AWS's answer to another process; an exception's type is its code."""
    if isinstance(error, ClientError):
        return error
    code = str(getattr(error, "code", None) or type(error).__name__)
    return ClientError({"Error": {"Code": code, "Message": str(error)}}, call.operation)


class WatchedRegistry(Registry):
    """A registry that looks up definitions and passes them through ``watch``."""

    def __init__(self, watch: Callable[[TaskDefinition], TaskDefinition]) -> None:
        super().__init__()
        self._watch = watch

    def get(self, id: str) -> TaskDefinition | None:
        """The first definition with that id, or ``None``."""
        found = super().get(id)
        return None if found is None else self._watch(found)


class RecordedRuntime(Runtime):
    """A handler in another language, which replaces the recorder's own; its calls are recorded in the same way."""

    def __init__(self, recorder: Recorder, runtime: Runtime) -> None:
        self._recorder = recorder
        self._runtime = runtime

    @property
    def name(self) -> str:
        """The handler's name."""
        return self._runtime.name

    def run(self, call: HandlerCall, event: str, logged: list[str]) -> str | Failure:
        """The handler's answer, unless a plan ends the call first."""
        outcome: str | Failure
        with process_time(call.handler_time):
            try:
                with self._recorder.call(json.loads(event), call.handler_time.remaining_milliseconds) as called:
                    outcome = self._runtime.run(call, event, logged)
                    if isinstance(outcome, str):
                        called.answer = json.loads(outcome)
                    else:
                        called.ended = FAILURES.get(outcome.error_type, "raised")
            except HandlerTimedOut as error:
                return call.timed_out(error)
            except ProcessExit as error:
                return call.exited(error.status, error, "a plan of the test ended the process")
        return outcome

    def close(self) -> None:
        """End the handler's processes."""
        self._runtime.close()
