"""The emulator as people use it: state machines and functions, runs, time, and what happened.

Each ``Emulator`` is separate: its state machines, functions, executions, tables and rules begin empty and end with it.
Everything happens on its virtual clock, in this process, on request: an API call does all that can be done now;
``run`` and ``clock.advance`` let time pass. Its parts are in ``emulator.assembly``.
"""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from asl.bounds import NAME_LIMIT
from emulator.assembly import Assembly
from emulator.aws.account import DEFAULT_ROLE
from emulator.aws.backends import Backend, parse
from emulator.definitions.given import Definition, input_text, read_definition
from emulator.errors import EmulatorError, StuckExecutionError
from emulator.execution import Execution, StateMachine
from emulator.external import PATIENCE_SECONDS
from emulator.lambda_.call import LONGEST_FUNCTION_SECONDS
from emulator.lambda_.time.shown import current_handler_time
from emulator.stepfunctions.checks import FORBIDDEN, is_name
from emulator.stepfunctions.executions import begin, execution_arn
from emulator.stepfunctions.machines import add_machine
from emulator.timeline import TimeLine

if TYPE_CHECKING:
    from emulator.eventbridge.bus import Bus
    from emulator.lambda_.nodejs import NodeHandler
    from emulator.lambda_.task_root import TaskRoot
    from emulator.taskbench import TaskBench


class EmulatorClock:
    """The emulator's time. It moves only by ``advance``, or by ``run`` to the end of an execution."""

    def __init__(self, timeline: TimeLine) -> None:
        self._timeline = timeline

    def now(self) -> datetime:
        """The virtual time: aware, UTC."""
        return self._timeline.clock.now()

    @property
    def next_at(self) -> datetime | None:
        """When the next thing is due; ``None`` when nothing is scheduled."""
        return self._timeline.next_at()

    def advance(
        self,
        by: timedelta | None = None,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
    ) -> None:
        """Let time pass, and do everything due in it, each thing at its time.

        Called in a handler, the handler sleeps, up to its timeout, and what is due meanwhile is done.
        """
        length = (by or timedelta()) + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if length < timedelta():
            raise ValueError(f"time cannot go back: advance({length})")
        if (handler := current_handler_time()) is not None:
            handler.sleep(length.total_seconds())
            self._timeline.catch_up(handler.now())
            return
        self._timeline.advance_to(self.now() + length)

    def advance_to(self, when: datetime) -> None:
        """Let time pass until ``when`` (aware)."""
        if when.tzinfo is None:
            raise ValueError(f"{when.isoformat()} has no time zone; write datetime(..., tzinfo=UTC)")
        if when < self.now():
            raise ValueError(f"time cannot go back: it is {self.now().isoformat()}, later than {when.isoformat()}")
        self._timeline.advance_to(when.astimezone(UTC))


class Emulator:
    """Step Functions, Lambda, EventBridge and, through a backend, the services around them.

    Use it as a context manager: while it is open, it answers plain boto3 of this process, and nothing leaves.
    ``start`` is the start of its clock (aware; 2030-01-01T00:00:00Z), ``seed`` fixes all randomness, ``root`` is the
    folder of definitions with a relative path.

    A task whose function is not registered raises ``MissingHandlerError``; with ``missing_function="fail"`` the task
    fails as on AWS, with ``Lambda.ResourceNotFoundException``. With ``polling_waits=False``, asking twice for an
    execution's status lets no time pass.

    ``backend`` provides buses, queues, tables and all the rest: ``"moto"`` (in this process), ``"localstack"``, the URL
    of any AWS-compatible endpoint, or a mapping of services to these (``"*"`` for the others). The default is
    EMULATOR_BACKEND, else moto. Resources created there while the emulator is open are deleted when it closes.
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
        self.assembly = Assembly(
            start=start,
            seed=seed,
            region=region,
            root=Path(root) if root is not None else Path(),
            missing_function=missing_function,
            polling_waits=polling_waits,
            backends=parse(backend),
        )
        """Its services, for programs on top of it such as a server. Tests do not need them."""
        self.account_id = self.assembly.account_id
        self.region = region
        self.clock = EmulatorClock(self.assembly.timeline)
        self._tasks: TaskBench | None = None

    def __repr__(self) -> str:
        count = len(self.assembly.service.store.executions)
        return f"<Emulator at {self.clock.now():%Y-%m-%dT%H:%M:%SZ}, executions: {count}>"

    # Opening and closing -----------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        """Answer this process's boto3 from now on."""
        self.assembly.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Restore boto3 and forget everything; ``EmulatorError`` when a plan for a background task was never used."""
        unused = None if error is not None or self._tasks is None or not self.is_open else self._tasks.unused()
        self.close()
        if unused:
            raise EmulatorError(unused)

    def close(self) -> None:
        """Do what leaving the ``with`` block does, without checking for unused plans."""
        self.assembly.close()

    @property
    def is_open(self) -> bool:
        """Whether it answers this process's boto3."""
        return self.assembly.is_open

    @property
    def blocked(self) -> list[str]:
        """Requests that would have left this process, each with the reason it was refused and the line that made it."""
        return self.assembly.blocked

    # What people call --------------------------------------------------------------------------------------------

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
        """Register ``handler`` (a callable, or ``module:function``) as the Lambda function ``name``; returns its ARN.

        A handler in Node.js is a ``NodeHandler``, or ``node:folder/file.function`` (``docs/nodejs.md``).

        Tasks find it by the name in their Resource or FunctionName, whatever the region and account.
        ``timeout_seconds`` counts on the virtual clock, which only sleeping moves; Lambda's own default is 3. ``code``
        is the folder (SAM's CodeUri) that ``handler``, then a name, is imported from, isolated from other modules.
        """
        return self.assembly.functions.add(
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
        """Create a state machine from a file, JSON text or a value; it replaces one of the same name.

        A file is JSON, or YAML by its extension. ``substitutions`` has the value of every ``${Name}`` in the text, like
        SAM's DefinitionSubstitutions. ``name`` defaults to the file's name up to its first dot. Raises
        ``DefinitionError`` with every problem.
        """
        given = read_definition(definition, self.assembly.root, substitutions or {})
        if name is not None:
            _check_name(name)
        service, program = self.assembly.service, given.program
        return add_machine(service, name or given.name, program, role_arn, self.region, source=given.source)

    def start(self, machine: StateMachine | Definition, input: Any = None, *, name: str | None = None) -> Execution:
        """Start an execution and run it as far as possible without time passing.

        ``input`` is a JSON value; ``None`` means ``{}``. Raises ``InputError`` when it is not JSON or too large.
        """
        if not isinstance(machine, StateMachine):
            machine = self.state_machine(machine)
        service = self.assembly.service
        self.assembly.targets.check(machine)
        if name is not None:
            _check_name(name)
            if service.store.executions.get(execution_arn(machine, name)) is not None:
                raise EmulatorError(f"an execution named {name!r} of {machine.name} already exists; names are unique")
        execution = begin(service, machine, input_text(input), name)
        self.assembly.settle()
        return execution

    def run(self, machine: StateMachine | Definition, input: Any = None, *, name: str | None = None) -> Execution:
        """Start an execution and let time pass until it ends. Raises what ``start`` and ``finish`` raise."""
        with self.assembly.hold():
            execution = self.start(machine, input, name=name)
        return self.finish(execution)

    def finish(self, execution: Execution) -> Execution:
        """Let time pass until ``execution`` ends.

        Raises ``StuckExecutionError`` when it waits for a worker or a token and nothing else is scheduled.
        """
        if not self.assembly.timeline.run_until(lambda: execution.finish is not None):
            raise StuckExecutionError(_stuck(execution))
        return execution

    def client(self, service: str, *, region: str | None = None) -> Any:
        """A boto3 client that this emulator answers, like any client of this process while it is open."""
        return self.assembly.client(service, region=region)

    @property
    def executions(self) -> list[Execution]:
        """Every execution so far, in the order in which they started."""
        self.assembly.others.look()
        return self.assembly.service.store.executions.list()

    @property
    def bus(self) -> "Bus":
        """EventBridge: the events that were put, those not delivered, and why rules did not match."""
        return self.assembly.others.bus

    @property
    def tasks(self) -> "TaskBench":
        """Background tasks: trigger, run, abort, inspect."""
        if self._tasks is None:
            from emulator.taskbench import TaskBench

            self._tasks = TaskBench(self)
        return self._tasks

    def run_until(self, done: Callable[[], bool]) -> bool:
        """Let time pass until ``done()``; ``False`` when nothing more is scheduled and it is still not done."""
        return self.assembly.timeline.run_until(done)

    def await_events(self, count: int = 1, *, timeout_seconds: float = PATIENCE_SECONDS) -> None:
        """Wait, in real time, until ``count`` events of other programs have reached targets here.

        The virtual clock does not move. Each event counts for one call. Raises ``EmulatorError`` when fewer arrived in
        time, or when the buses are in this process, where other programs cannot reach them.
        """
        self.assembly.others.await_events(count, timeout_seconds)

    def _task_root(self, code: str | os.PathLike[str], name: str, handler: object) -> "TaskRoot":
        from emulator.lambda_.task_root import TaskRoot

        folder = self.assembly.root / code
        if not folder.is_dir():
            raise EmulatorError(
                f"function {name!r}: code={os.fspath(code)!r} is not a folder (looked for {folder.resolve()})"
            )
        if not isinstance(handler, str):
            raise EmulatorError(
                f"function {name!r}: with code, handler is a name in it (module.function), not {handler!r}"
            )
        return TaskRoot(folder)


def _check_name(name: str) -> None:
    if not is_name(name):
        raise EmulatorError(
            f"{name!r} is not a valid name: 1 to {NAME_LIMIT} characters, no blanks, no controls, none of {FORBIDDEN}"
        )


def _stuck(execution: Execution) -> str:
    waiting = ", ".join(sorted(set(execution.awaited_answers.values()))) or execution.path[-1]
    return (
        f"execution {execution.name} waits in {waiting} for an external worker: "
        "nothing in this emulator will continue it.\n"
        "    fix: answer the task (send_task_success with its token, or get_activity_task), or give the state "
        "TimeoutSeconds or HeartbeatSeconds;\n"
        "    start(...) instead of run(...) leaves the execution waiting."
    )
