"""Where planned faults act on calls.

Each call of a service is asked about once: a state's own call before its stub or target answers (``task``), a request
of boto3, of a handler or of a client over HTTP before the service answers (``request``), and a call of a function that
a service makes (``function``). All delays for a call add up; of the errors the first that was planned and that is
not used up acts.

An error of a function itself is left to the call of the function, which knows its code. It acts on the Task where that
may never come: a stub is declared for the Task, or the function has no handler.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from asl.effects import CallTarget
from emulator.answers import Reply
from emulator.aws.interception import AwsRequest
from emulator.aws.owners import Owner
from emulator.driver import Driver
from emulator.execution import Execution
from emulator.faults import calls, entries, function_tasks, requests, retries, tasks
from emulator.faults import functions as function_calls
from emulator.faults.calls import names_in
from emulator.faults.errors import ServiceFault
from emulator.faults.fault import Act, Call, Connection, Delay, Entries, Plan
from emulator.faults.function_errors import FunctionFault
from emulator.functions import Functions
from emulator.lambda_.call import Function, InvocationResult
from emulator.lambda_.time.shown import current_handler_time
from emulator.world import World

_INVOKE: Final = ("lambda", "Invoke")


class Acting:
    """Lets plans act on the calls of one emulator; ``sleep`` lets the caller of a slow service wait."""

    def __init__(self, world: World, driver: Driver, sleep: Callable[[datetime], None], functions: Functions) -> None:
        self._world = world
        self._driver = driver
        self._sleep = sleep
        self._functions = functions
        self._is_asked = False
        """Whether the Task whose call is answered now was asked about the errors of its function."""
        self.plans: list[Plan] = []
        """The plans, in order."""
        self.seen: dict[tuple[str, str], int] = {}
        """Service (boto3's name) and operation -> how many calls were made while it had plans."""

    def task(
        self, execution: Execution, call: CallTarget, ask: Callable[[], Reply | None], *, is_scripted: bool
    ) -> Reply | None:
        """The reply to a state's own call; ``ask`` has its stub or target answer, ``is_scripted``: perhaps a stub."""
        asked = calls.operation_of(call.resource)
        if asked is None:
            return ask()
        about = Call(
            *asked,
            lambda: names_in(tasks.arguments_of(call)),
            caller=f"{execution.arn}/{call.token}",
            where=f"of state {call.state_name} of execution {execution.name}",
            state=call.state_name,
            machine=_machine_of(execution),
            execution=execution.name,
        )
        self._count(about)
        function = function_tasks.failing(call, self._functions, self._world, execution.arn, is_scripted=is_scripted)
        left = Entries if function is not None else Entries | FunctionFault
        later, error = self._acts(about, lambda act: not isinstance(act, left))
        if error is None:
            self._is_asked = function is not None
            try:
                reply = ask()
            finally:
                self._is_asked = False
        elif isinstance(error, FunctionFault):
            assert function is not None, "without one, the fault is left to the call of the function"
            reply = function_tasks.reply(call, error, function, self._world, execution.arn)
        else:
            request_id = self._world.chance("call", f"{execution.arn}/{call.token}", once=True).uuid()
            if isinstance(error, Connection):
                later += error.seconds or 0.0
                answer = tasks.lost(call.resource, is_reached=error.seconds is not None)
            else:
                assert isinstance(error, ServiceFault)
                answer = tasks.failure(call.resource, error, request_id)
            reply = Reply(answer, self._world.now())
        if reply is None or not later:
            return reply
        return replace(reply, at=reply.at + timedelta(seconds=later))

    def request(self, request: AwsRequest, ask: Callable[[], Any]) -> Any:
        """The response (``botocore.awsrequest.AWSResponse``) to a request; ``ask`` has the service answer."""
        found = requests.operation_of(request)
        if found is None:
            return ask()
        service, operation, resources = found
        call = self._call_of(service, operation, resources)
        is_states_own = current_handler_time() is None and self._world.blocked.is_task()
        if not is_states_own:
            self._count(call)

        def concerns(act: Act) -> bool:
            return isinstance(act, Entries) if is_states_own else not isinstance(act, FunctionFault)

        later, error = self._acts(call, concerns)
        if isinstance(error, Connection):
            if not request.served:
                self._wait(later + (error.seconds or 0.0))
            requests.break_connection(request, error.seconds)
        if isinstance(error, ServiceFault):
            response = requests.error_response(request, service, error, self._new_id())
        elif isinstance(error, Entries):
            response = entries.answer(request, (service, operation), error, ask, self._new_id)
        else:
            response = ask()
        self._wait(later)
        return response

    def function(
        self,
        function: Function,
        *,
        request_id: str,
        arn: str,
        region: str,
        is_asked: bool,
        invoke: Callable[[], InvocationResult],
    ) -> InvocationResult:
        """The answer of a function; ``is_asked``: its caller's request was asked about before.

        Raises ``RefusedCallError`` for an error of Lambda's API.
        """
        call = self._call_of(*_INVOKE, lambda: names_in({"FunctionName": arn}) | {function.name})
        if not is_asked:
            self._count(call)
        kinds: tuple[type[Act], ...] = (FunctionFault,) if is_asked else (FunctionFault, ServiceFault, Delay)
        if is_asked and self._is_asked:  # of the Task itself; calls that the handler makes are asked about
            self._is_asked, kinds = False, ()
        later, error = self._acts(call, lambda act: isinstance(act, kinds))
        acts: list[Act] = [Delay(later)] if later else []
        return function_calls.answer(
            [*acts, *([] if error is None else [error])],
            function,
            request_id=request_id,
            arn=arn,
            region=region,
            at=self._world.now(),
            invoke=invoke,
        )

    def _count(self, call: Call) -> None:
        key = call.service, call.operation
        self.seen[key] = self.seen.get(key, 0) + 1

    def _acts(self, call: Call, concerns: Callable[[Act], bool]) -> tuple[float, Act | None]:
        """The seconds by which the call is delayed, and the error that it gets."""
        later, error = 0.0, None
        for plan in self.plans:
            if not concerns(plan.act):
                continue
            if isinstance(plan.act, Delay):
                later += plan.act.seconds if plan.takes(call) else 0.0
            elif error is None and plan.takes(call):
                error = plan.act
        return later, error

    def _call_of(self, service: str, operation: str, resources: Callable[[], frozenset[str]]) -> Call:
        """A call that is made now, by a handler, by a test or by another program."""
        handler_time, calling = current_handler_time(), self._driver.calling
        if not (handler_time is not None or self._world.blocked.is_task()):
            calling = None
        execution, state = calling or (None, None)
        return Call(
            service,
            operation,
            resources,
            caller=handler_time.request_id if handler_time is not None else "",
            where=self._world.blocked.within(),
            state=state,
            machine=None if execution is None else _machine_of(execution),
            execution=None if execution is None else execution.name,
            function=None if handler_time is None else handler_time.function_name,
        )

    def _wait(self, seconds: float) -> None:
        """Let the caller wait: a handler in its own time, others on the clock."""
        if seconds:
            self._sleep(self._world.now() + timedelta(seconds=seconds))

    def _new_id(self) -> str:
        return self._world.chance("request").uuid()

    def use_for_retries(self, owner: Owner) -> Callable[[], None]:
        """Let clients wait on the virtual clock before they ask again, until the result is called."""
        return retries.use_clock(owner, self._world, self._sleep)


def _machine_of(execution: Execution) -> str:
    """The name of its state machine; of a child of a map run, that of the machine with the Map."""
    while execution.map_run_arn is not None and execution.parent is not None:
        execution = execution.parent
    return execution.state_machine.name
