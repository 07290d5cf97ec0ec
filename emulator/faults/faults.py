"""``emulator.faults``: what a test plans. ``emulator.faults.acting`` lets the plans act, once there is one."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from typing import Final, Literal, ParamSpec

from emulator.errors import EmulatorError
from emulator.execution import StateMachine
from emulator.faults import calls
from emulator.faults import entries as entries_of
from emulator.faults.acting import Acting
from emulator.faults.arguments import (
    check_count,
    check_entries,
    check_probability,
    check_seconds,
    check_status,
    function_fault,
    operations_of,
)
from emulator.faults.calls import Operations
from emulator.faults.errors import service_fault
from emulator.faults.fault import Act, Connection, Delay, Entries, Fault, Plan, Where
from emulator.faults.function_errors import is_function_error
from emulator.faults.http_errors import http_fault
from emulator.faults.told import unknown_name, unused_lines
from emulator.functions import Functions
from emulator.logical_ids import LogicalIds
from emulator.places import caller
from emulator.stepfunctions.service import StepFunctions
from emulator.targets.web_errors import STATUS
from emulator.world import World
from emulator.wrong_types import check_text

CLIENT_TIMEOUT_SECONDS: Final = 60.0
"""boto3's ``read_timeout`` where its configuration says nothing."""
_INVOKE: Final = ("lambda", "Invoke")


_P = ParamSpec("_P")


def _told_at_its_line(method: Callable[_P, Fault]) -> Callable[_P, Fault]:
    """A method whose errors begin with the test's line and the method, as those of stubs do."""

    @wraps(method)
    def told(*arguments: _P.args, **named: _P.kwargs) -> Fault:
        try:
            return method(*arguments, **named)
        except EmulatorError as error:
            place, text = caller(), str(error)
            if place is None or text.startswith(f"{place}: "):
                raise
            raise EmulatorError(f"{place}: faults.{method.__name__}(...): {text}") from None

    return told


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

    These may be logical ids of a template, too.

    - ``probability``: a call in how many gets it, drawn from the emulator's ``seed``. Without it nothing is drawn.

    A fault that acted on fewer calls than planned (one, without ``times``) fails the test, unless the emulator was made
    with ``unused_faults="allow"``.
    """

    def __init__(
        self,
        world: World,
        functions: Functions,
        service: StepFunctions,
        logical_ids: LogicalIds,
        acting: Acting,
        ask: Callable[[Acting], None],
        unused: Literal["fail", "allow"],
    ) -> None:
        self._world = world
        self._functions = functions
        self._service = service
        self._logical_ids = logical_ids
        self._acting = acting
        self._ask = ask
        self._allows_unused = unused == "allow"

    # What a test plans -------------------------------------------------------------------------------------------

    @_told_at_its_line
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
        machine: StateMachine | str | None = None,
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
        where = self._where(operations, resource, state, machine, function)
        return self._plan(act, where, words, times, from_call, probability)

    @_told_at_its_line
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
        machine: StateMachine | str | None = None,
        function: str | None = None,
    ) -> Fault:
        """Let answers come later, on the virtual clock: ``delay("dynamodb:*", seconds=3)``.

        The service acts at once, its answer takes ``seconds``: a state's ``TimeoutSeconds`` and a function's timeout
        count them. Several delays of one call add up. Raises ``EmulatorError`` for an unknown operation.
        """
        operations = operations_of(call)
        check_seconds(seconds)
        words = f'faults.delay("{call}", seconds={seconds!r}'
        where = self._where(operations, resource, state, machine, function)
        return self._plan(Delay(float(seconds)), where, words, times, from_call, probability)

    @_told_at_its_line
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
        machine: StateMachine | str | None = None,
        function: str | None = None,
    ) -> Fault:
        """Let no answer come: after ``seconds`` of the virtual clock the client gives up.

        boto3 raises ``ReadTimeoutError``, a state gets ``...SdkClientException``. The service does not act. Raises
        ``EmulatorError`` for an unknown operation.
        """
        operations = operations_of(call)
        check_seconds(seconds)
        words = f'faults.time_out("{call}"'
        where = self._where(operations, resource, state, machine, function)
        return self._plan(Connection(float(seconds)), where, words, times, from_call, probability)

    @_told_at_its_line
    def disconnect(
        self,
        call: str,
        *,
        times: int | None = None,
        from_call: int = 1,
        probability: float | None = None,
        resource: str | None = None,
        state: str | None = None,
        machine: StateMachine | str | None = None,
        function: str | None = None,
    ) -> Fault:
        """Let the service not be reached: boto3 raises ``EndpointConnectionError``, a state ``...SdkClientException``.

        Raises ``EmulatorError`` for an unknown operation.
        """
        where = self._where(operations_of(call), resource, state, machine, function)
        return self._plan(Connection(None), where, f'faults.disconnect("{call}"', times, from_call, probability)

    @_told_at_its_line
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
        machine: StateMachine | str | None = None,
        function: str | None = None,
    ) -> Fault:
        """Let some entries of a batch fail, counted from 0, and the others be done.

        ``fail_entries("events:PutEvents", "ThrottlingException", entries=[1])``, and so for Kinesis' PutRecords,
        Firehose's PutRecordBatch, the batches of SQS and SNS, S3's DeleteObjects and the targets of rules. The entries
        of DynamoDB's BatchWriteItem and BatchGetItem are unprocessed, without an error. Raises ``EmulatorError`` for
        other operations and for unknown errors.
        """
        operations = operations_of(call)
        needs_error = entries_of.needs_error(operations.service, operations.names, call)
        check_entries(entries)
        if needs_error and error is None:
            raise EmulatorError(f'"{call}": give the error of the entries, "InternalFailure" for example')
        if error is not None and not needs_error:
            raise EmulatorError(f'"{call}": its entries have no error; they are left unprocessed')
        told = None if error is None else service_fault(operations, error, message, None, check=check)
        words = f'faults.fail_entries("{call}"' + (f', "{error}"' if error else "") + f", entries={list(entries)}"
        where = self._where(operations, resource, state, machine, function)
        return self._plan(Entries(tuple(entries), told), where, words, times, from_call, probability)

    def read(self, file: str | os.PathLike[str]) -> list[Fault]:
        """Plan what a JSON file says: ``[{"fail": "dynamodb:PutItem", "error": "ThrottlingException", "times": 2}]``.

        Each entry has the name of a method and its arguments. Raises ``EmulatorError`` with the place of what is wrong.
        """
        from emulator.faults.files import read

        return read(
            self._world.root / file, os.fspath(file), lambda name: getattr(Faults, name).__wrapped__.__get__(self)
        )

    def _where(
        self,
        operations: Operations,
        resource: str | None,
        state: str | None,
        machine: StateMachine | str | None,
        function: str | None,
    ) -> Where:
        of = machine.name if isinstance(machine, StateMachine) else machine
        return Where(operations, resource, state, of, function, self._logical_ids)

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
        plans = self._acting.plans
        number = len(plans)
        draw = lambda name: self._world.chance("fault", f"{number}/{name}").fraction()  # noqa: E731
        plan = Plan(act, where, f"{words})", caller(), times, from_call, probability, draw)
        self._check_names([plan])
        if not plans:
            self._ask(self._acting)
            self._service.on_start.append(lambda machine: self._check_names(plans))
        plans.append(plan)
        return Fault(plan)

    # What people are told ----------------------------------------------------------------------------------------

    def unused(self) -> str | None:
        """A line for each fault that never acted, with the nearest name of what there is; ``None`` if all acted."""
        acting = self._acting
        return "\n".join(unused_lines(acting.plans, self._service.store, self._functions, acting.seen)) or None

    def misspelt_lines(self) -> Iterator[str]:
        """The faults that name a state, a machine or a function that there is not, where one has a near name."""
        for plan in self._acting.plans:
            found = unknown_name(plan.where, self._service.store, self._functions)
            if found is not None and found[1] is not None:
                yield f"{plan.place or ''}: {plan.words}: {found[0]}. Did you mean {found[1]}?".lstrip(": ")

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
        for plan in self._acting.plans:
            if plan.count:
                what = f"{plan.where.operations.text} {plan.act}"
                counts[what] = counts.get(what, 0) + plan.count
        return counts
