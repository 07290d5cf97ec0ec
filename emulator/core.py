"""The emulator as people use it: state machines and functions, runs, time, and what happened.

An ``Emulator`` is a world of its own: state machines, functions, executions, tables and rules begin empty and end with
it. Everything happens on its virtual clock, in this process, when somebody asks for it: a call of the API does all that
can be done now; ``run`` and ``clock.advance`` let time pass. What it consists of is ``emulator.assembly``.
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
    """The emulator's time. It moves only when it is moved: by ``advance``, or by ``run`` to the end of an execution."""

    def __init__(self, timeline: TimeLine) -> None:
        self._timeline = timeline

    def now(self) -> datetime:
        """The virtual time: aware, UTC."""
        return self._timeline.clock.now()

    @property
    def next_at(self) -> datetime | None:
        """When the next thing is due, if time is let pass; ``None`` when nothing lies ahead."""
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
        """Let time pass, and all that is due in it happen, each thing at its time.

        In a handler it is the handler that sleeps, up to its timeout, and what others do meanwhile happens.
        """
        length = (by or timedelta()) + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if length < timedelta():
            raise ValueError(f"time does not go back: advance({length})")
        if (handler := current_handler_time()) is not None:
            handler.sleep(length.total_seconds())
            self._timeline.catch_up(handler.now())
            return
        self._timeline.advance_to(self.now() + length)

    def advance_to(self, when: datetime) -> None:
        """Let time pass until ``when`` (aware)."""
        if when.tzinfo is None:
            raise ValueError(f"give a time zone: {when.isoformat()} could be anywhere; datetime(..., tzinfo=UTC)")
        if when < self.now():
            raise ValueError(f"time does not go back: it is {self.now().isoformat()}, not before {when.isoformat()}")
        self._timeline.advance_to(when.astimezone(UTC))


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
        self.assembly = Assembly(
            start=start,
            seed=seed,
            region=region,
            root=Path(root) if root is not None else Path(),
            missing_function=missing_function,
            polling_waits=polling_waits,
            backends=parse(backend),
        )
        """The services that it consists of, for programs on top of it such as a server. Tests need none of it."""
        self.account_id = self.assembly.account_id
        self.region = region
        self.clock = EmulatorClock(self.assembly.timeline)
        self._tasks: TaskBench | None = None

    def __repr__(self) -> str:
        count = len(self.assembly.service.store.executions)
        return f"<Emulator at {self.clock.now():%Y-%m-%dT%H:%M:%SZ}, executions: {count}>"

    # Opening and closing -------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        """Answer this process's boto3 from now on."""
        self.assembly.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give boto3 back and forget everything; ``EmulatorError`` when what was planned for tasks never came."""
        unused = None if error is not None or self._tasks is None or not self.is_open else self._tasks.unused()
        self.close()
        if unused:
            raise EmulatorError(unused)

    def close(self) -> None:
        """What leaving the ``with`` block does."""
        self.assembly.close()

    @property
    def is_open(self) -> bool:
        """Whether this process's boto3 is answered here."""
        return self.assembly.is_open

    @property
    def blocked(self) -> list[str]:
        """Why requests were refused that would have left this process, each with the line that made it."""
        return self.assembly.blocked

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
        """Create a state machine from a file, JSON text or a value, in the place of one of the same name.

        A file is JSON, or YAML by its name's ending. ``substitutions`` are the values of every ``${Name}`` in it or in
        the text, as SAM's DefinitionSubstitutions. ``name`` is the file's name up to its first dot unless given.
        Raises ``DefinitionError`` with every problem.
        """
        given = read_definition(definition, self.assembly.root, substitutions or {})
        if name is not None:
            _check_name(name)
        service, program = self.assembly.service, given.program
        return add_machine(service, name or given.name, program, role_arn, self.region, source=given.source)

    def start(self, machine: StateMachine | Definition, input: Any = None, *, name: str | None = None) -> Execution:
        """Start an execution and let it come as far as it can without time passing.

        ``input`` is a JSON value, ``{}`` when it is ``None``. Raises ``InputError`` when it is none, or is too large.
        """
        if not isinstance(machine, StateMachine):
            machine = self.state_machine(machine)
        service = self.assembly.service
        self.assembly.targets.check(machine)
        if name is not None:
            _check_name(name)
            if service.store.executions.get(execution_arn(machine, name)) is not None:
                raise EmulatorError(f"an execution named {name!r} of {machine.name} exists already; names are unique")
        execution = begin(service, machine, input_text(input), name)
        self.assembly.settle()
        return execution

    def run(self, machine: StateMachine | Definition, input: Any = None, *, name: str | None = None) -> Execution:
        """Start an execution and let time pass until it is over. Raises what ``start`` and ``finish`` raise."""
        with self.assembly.hold():
            execution = self.start(machine, input, name=name)
        return self.finish(execution)

    def finish(self, execution: Execution) -> Execution:
        """Let time pass until ``execution`` is over.

        Raises ``StuckExecutionError`` when it waits for a worker or a token and nothing else lies ahead.
        """
        if not self.assembly.timeline.run_until(lambda: execution.finish is not None):
            raise StuckExecutionError(_stuck(execution))
        return execution

    def client(self, service: str, *, region: str | None = None) -> Any:
        """A boto3 client that this emulator answers, as any other client of this process while it is open."""
        return self.assembly.client(service, region=region)

    @property
    def executions(self) -> list[Execution]:
        """Every execution so far, in the order in which they were started, by whomever."""
        self.assembly.others.look()
        return self.assembly.service.store.executions.list()

    @property
    def bus(self) -> "Bus":
        """EventBridge: what was put, what did not arrive, and why rules did not match."""
        return self.assembly.others.bus

    @property
    def tasks(self) -> "TaskBench":
        """Background tasks: trigger, run, abort, look."""
        if self._tasks is None:
            from emulator.taskbench import TaskBench

            self._tasks = TaskBench(self)
        return self._tasks

    def run_until(self, done: Callable[[], bool]) -> bool:
        """Let time pass until ``done()``; ``False`` when nothing lies ahead any more that could bring it about."""
        return self.assembly.timeline.run_until(done)

    def await_events(self, count: int = 1, *, timeout_seconds: float = PATIENCE_SECONDS) -> None:
        """Wait, in real time, until other programs have put ``count`` events that came to targets here.

        The virtual clock stands. Each event counts for one call. Raises ``EmulatorError`` when fewer came in time, or
        when the buses are in this process, where nobody else reaches them.
        """
        self.assembly.others.await_events(count, timeout_seconds)

    def _task_root(self, code: str | os.PathLike[str], name: str, handler: object) -> "TaskRoot":
        from emulator.lambda_.task_root import TaskRoot

        folder = self.assembly.root / code
        if not folder.is_dir():
            raise EmulatorError(
                f"function {name!r}: code={os.fspath(code)!r} is no folder (looked for {folder.resolve()})"
            )
        if not isinstance(handler, str):
            raise EmulatorError(
                f"function {name!r}: with code, handler is a name in it (module.function), not {handler!r}"
            )
        return TaskRoot(folder)


def _check_name(name: str) -> None:
    if not is_name(name):
        raise EmulatorError(
            f"{name!r} is no name: 1 to {NAME_LIMIT} characters, no blanks, no controls, none of {FORBIDDEN}"
        )


def _stuck(execution: Execution) -> str:
    waiting = ", ".join(sorted(set(execution.awaited_answers.values()))) or execution.path[-1]
    return (
        f"execution {execution.name} waits in {waiting} for somebody outside: nothing in this emulator will go on.\n"
        "    fix: answer the task (send_task_success with its token, or get_activity_task), or give the state "
        "TimeoutSeconds or HeartbeatSeconds;\n"
        "    start(...) instead of run(...) leaves the execution waiting."
    )
