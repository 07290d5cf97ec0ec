"""``emulator.faults``: what a test plans, and where the plans act.

Each call of a service is asked about once: a state's own call before its stub or target answers (``task``), a request
of boto3, of a handler or of a client over HTTP before the service answers (``request``), and a call of a function that
a service makes (``function``). All delays for a call add up; of the errors the first that was planned and that is
not used up acts. Nothing here is asked while nothing is planned.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from asl.effects import CallTarget
from emulator.answers import Reply
from emulator.aws.interception import AwsRequest
from emulator.aws.owners import Owner
from emulator.driver import Driver
from emulator.errors import EmulatorError
from emulator.execution import Execution
from emulator.faults import calls, requests, retries, tasks
from emulator.faults import entries as entries_of
from emulator.faults import functions as function_calls
from emulator.faults.arguments import (
    check_count,
    check_entries,
    check_probability,
    check_seconds,
    check_status,
    function_fault,
    operations_of,
)
from emulator.faults.calls import names_in
from emulator.faults.errors import ServiceFault, service_fault
from emulator.faults.fault import Act, Call, Connection, Delay, Entries, Fault, Plan, Where
from emulator.faults.function_errors import FunctionFault, is_function_error
from emulator.faults.http_errors import STATUS, http_fault
from emulator.faults.told import unknown_name, unused_lines
from emulator.functions import Functions
from emulator.lambda_.call import Function, InvocationResult
from emulator.lambda_.time.shown import current_handler_time
from emulator.places import caller
from emulator.stepfunctions.service import StepFunctions
from emulator.world import World
from emulator.wrong_types import check_text

CLIENT_TIMEOUT_SECONDS: Final = 60.0
"""boto3's ``read_timeout`` where its configuration says nothing."""
_INVOKE: Final = ("lambda", "Invoke")


class Faults:
    """Errors and delays for calls of services: ``emulator.faults``.

    Each method plans one for a call, ``"service:Operation"``: boto3's or Step Functions' name of the service, and the
    API's name of the operation, also as Step Functions or boto3 writes it; ``"dynamodb:*"``, ``"dynamodb"`` and
    ``"*"`` are many. By default every such call gets it, whoever makes it. These arguments narrow it:

    - ``times``: how many calls get it, ``from_call``: the first of them, counted from 1. Requests are counted: boto3
      in a handler repeats one that was throttled, and each repetition is a call.
    - ``resource``: the name, ARN or URL of a table, queue, bucket, function, topic, bus, machine, ... in the request.
    - ``state``: the state whose call it is, or whose function makes the call; ``machine``: its state machine.
    - ``function``: the function whose handler makes the call.
    - ``probability``: a call in how many gets it, drawn from the emulator's ``seed``. Without it nothing is drawn.

    A fault that was never used fails the test, unless the emulator was made with ``unused_faults="allow"``.
    """

    def __init__(
        self,
        world: World,
        driver: Driver,
        functions: Functions,
        service: StepFunctions,
        sleep: Callable[[datetime], None],
        ask_of: Callable[["Faults"], None],
        unused: Literal["fail", "allow"],
    ) -> None:
        self._world = world
        self._driver = driver
        self._functions = functions
        self._service = service
        self._sleep = sleep
        self._allows_unused = unused == "allow"
        self._ask_of = ask_of
        self.plans: list[Plan] = []
        """Internal: the plans, in order."""

    # What a test plans -------------------------------------------------------------------------------------------

    def fail(
        self,
        call: str,
        error: str,
        message: str | None = None,
        *,
        status: int | None = None,
        check: bool = True,
        times: int | None = None,
        from_call: int = 1,
        probability: float | None = None,
        resource: str | None = None,
        state: str | None = None,
        machine: str | None = None,
        function: str | None = None,
    ) -> Fault:
        """Let calls fail with an error of the service: ``fail("dynamodb:PutItem", "ThrottlingException", times=2)``.

        ``error`` is the API's code; the answer has its HTTP status and form, and ``message`` or AWS's own. For
        ``"lambda:Invoke"`` it may be the error of a function itself: ``"Sandbox.Timedout"``, ``"Runtime.ExitError"``
        (too little memory), ``"Lambda.Unknown"``, ``"Function.ResponseSizeTooLarge"``, or another ``"Runtime..."``; for
        ``"http:invoke"`` and ``"apigateway:invoke"`` a status, and ``message`` the response's body.

        Raises ``EmulatorError`` for an operation or an error that boto3's model does not have, with the nearest;
        ``check=False`` takes any error.
        """
        operations = operations_of(call)
        check_text("error", error, calls.EXAMPLE)
        if message is not None:
            check_text("message", message, 'message="Rate exceeded"')
        check_status(status)
        act: Act
        if operations.service in STATUS:
            act = http_fault(operations.service, error, message, check=check)
        elif operations.service == "lambda" and is_function_error(error):
            act = function_fault(operations, error, message)
        else:
            act = service_fault(operations, error, message, status, check=check)
        words = f'faults.fail("{call}", "{error}"'
        where = Where(operations, resource, state, machine, function)
        return self._plan(act, where, words, times, from_call, probability)

    def delay(
        self,
        call: str,
        *,
        seconds: float,
        times: int | None = None,
        from_call: int = 1,
        probability: float | None = None,
        resource: str | None = None,
        state: str | None = None,
        machine: str | None = None,
        function: str | None = None,
    ) -> Fault:
        """Let answers come later, on the virtual clock: ``delay("dynamodb:*", seconds=3)``.

        The service acts at once, its answer takes ``seconds``: a state's ``TimeoutSeconds`` and a function's timeout
        count them. Several delays of one call add up. Raises ``EmulatorError`` for an unknown operation.
        """
        operations = operations_of(call)
        check_seconds(seconds)
        words = f'faults.delay("{call}", seconds={seconds!r}'
        where = Where(operations, resource, state, machine, function)
        return self._plan(Delay(float(seconds)), where, words, times, from_call, probability)

    def time_out(
        self,
        call: str,
        *,
        seconds: float = CLIENT_TIMEOUT_SECONDS,
        times: int | None = None,
        from_call: int = 1,
        probability: float | None = None,
        resource: str | None = None,
        state: str | None = None,
        machine: str | None = None,
        function: str | None = None,
    ) -> Fault:
        """Let no answer come: after ``seconds`` of the virtual clock the client gives up.

        boto3 raises ``ReadTimeoutError``, a state gets ``...SdkClientException``. The service does not act. Raises
        ``EmulatorError`` for an unknown operation.
        """
        operations = operations_of(call)
        check_seconds(seconds)
        words = f'faults.time_out("{call}"'
        where = Where(operations, resource, state, machine, function)
        return self._plan(Connection(float(seconds)), where, words, times, from_call, probability)

    def disconnect(
        self,
        call: str,
        *,
        times: int | None = None,
        from_call: int = 1,
        probability: float | None = None,
        resource: str | None = None,
        state: str | None = None,
        machine: str | None = None,
        function: str | None = None,
    ) -> Fault:
        """Let the service not be reached: boto3 raises ``EndpointConnectionError``, a state ``...SdkClientException``.

        Raises ``EmulatorError`` for an unknown operation.
        """
        where = Where(operations_of(call), resource, state, machine, function)
        return self._plan(Connection(None), where, f'faults.disconnect("{call}"', times, from_call, probability)

    def fail_entries(
        self,
        call: str,
        error: str | None = None,
        message: str | None = None,
        *,
        entries: Sequence[int] = (0,),
        check: bool = True,
        times: int | None = None,
        from_call: int = 1,
        probability: float | None = None,
        resource: str | None = None,
        state: str | None = None,
        machine: str | None = None,
        function: str | None = None,
    ) -> Fault:
        """Let some entries of a batch fail, counted from 0, and the others be done.

        ``fail_entries("events:PutEvents", "ThrottlingException", entries=[1])``, and so for Kinesis' PutRecords,
        Firehose's PutRecordBatch and the batches of SQS. The entries of DynamoDB's BatchWriteItem and BatchGetItem are
        unprocessed, without an error. Raises ``EmulatorError`` for other operations and for unknown errors.
        """
        operations = operations_of(call)
        form = entries_of.form_of(operations.service, operations.names, call)
        check_entries(entries)
        if form.needs_error and error is None:
            raise EmulatorError(f'fail_entries("{call}"): give the error of the entries, "InternalFailure" for example')
        if error is not None and not form.needs_error:
            raise EmulatorError(f'fail_entries("{call}"): its entries have no error; they are left unprocessed')
        told = None if error is None else service_fault(operations, error, message, None, check=check)
        words = f'faults.fail_entries("{call}"' + (f', "{error}"' if error else "") + f", entries={list(entries)}"
        where = Where(operations, resource, state, machine, function)
        return self._plan(Entries(tuple(entries), told), where, words, times, from_call, probability)

    def read(self, file: str | os.PathLike[str]) -> list[Fault]:
        """Plan what a JSON file says: ``[{"fail": "dynamodb:PutItem", "error": "ThrottlingException", "times": 2}]``.

        Each entry has the name of a method and its arguments. Raises ``EmulatorError`` with the place of what is wrong.
        """
        from emulator.faults.files import read

        return read(self._world.root / file, os.fspath(file), lambda name: getattr(self, name))

    def _plan(
        self,
        act: Act,
        where: Where,
        words: str,
        times: int | None,
        from_call: int,
        probability: float | None,
    ) -> Fault:
        for name in ("resource", "state", "machine", "function"):
            value = getattr(where, name)
            if value is not None:
                check_text(name, value, f'{name}="orders"')
                words += f", {name}={value!r}"
        check_count("times", times)
        check_count("from_call", from_call)
        check_probability(probability)
        words += "" if probability is None else f", probability={probability}"
        words += "" if times is None else f", times={times}"
        words += "" if from_call == 1 else f", from_call={from_call}"
        number = len(self.plans)
        draw = lambda name: self._world.chance("fault", f"{number}/{name}").fraction()  # noqa: E731
        plan = Plan(act, where, f"{words})", caller(), times, from_call, probability, draw)
        self._check_names([plan])
        if not self.plans:
            self._ask_of(self)
            self._service.on_start.append(lambda machine: self._check_names(self.plans))
        self.plans.append(plan)
        return Fault(plan)

    # Where the plans act -----------------------------------------------------------------------------------------

    def task(self, execution: Execution, call: CallTarget, ask: Callable[[], Reply | None]) -> Reply | None:
        """The reply to a state's own call; ``ask`` has its stub or target answer."""
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
        later, error = self._acts(about, lambda act: not isinstance(act, Entries | FunctionFault))
        if error is None:
            reply = ask()
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
            response = entries_of.answer(request, (service, operation), error, ask, self._new_id)
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
        kinds = (FunctionFault,) if is_asked else (FunctionFault, ServiceFault, Delay)
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
        return retries.use(owner, self._wait, self._fraction)

    def _fraction(self) -> float:
        handler_time = current_handler_time()
        name = "" if handler_time is None else handler_time.request_id
        return self._world.chance("retry of a client", name).fraction()

    # What people are told ----------------------------------------------------------------------------------------

    def unused(self) -> str | None:
        """A line for each fault that never acted, with the nearest name of what there is; ``None`` if all acted."""
        return "\n".join(unused_lines(self.plans, self._service.store, self._functions)) or None

    def _check_names(self, plans: Iterable[Plan]) -> None:
        """Raise ``EmulatorError`` for a state, machine or function that there is not, if a name is like it."""
        for plan in () if self._allows_unused else plans:
            found = unknown_name(plan.where, self._service.store, self._functions)
            if found is not None and found[1] is not None and not (plan.met or plan.is_stopped or plan.is_told):
                what, near = found
                plan.is_told = True
                raise EmulatorError(f"{plan.place or ''}: {plan.words}: {what}\n    Did you mean {near}?".lstrip(": "))

    def counts(self) -> dict[str, int]:
        """What faults did -> how often: ``dynamodb:PutItem ThrottlingException``."""
        counts: dict[str, int] = {}
        for plan in self.plans:
            if plan.count:
                what = f"{plan.where.operations.text} {plan.act}"
                counts[what] = counts.get(what, 0) + plan.count
        return counts


def _machine_of(execution: Execution) -> str:
    """The name of its state machine; of a child of a map run, that of the machine with the Map."""
    while execution.map_run_arn is not None and execution.parent is not None:
        execution = execution.parent
    return execution.state_machine.name
