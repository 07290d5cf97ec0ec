"""The emulator as people use it: state machines and functions, runs, time, and what happened.

Each ``Emulator`` is separate: its state machines, functions, executions, tables and rules begin empty and end with it.
Everything happens on its virtual clock, in this process, on request: an API call does all that can be done now;
``run`` and ``clock.advance`` let time pass. Its parts are in ``emulator.assembly``.
"""

import os
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from emulator import arguments, running_test
from emulator.assembly import Assembly
from emulator.aws.backends import Backend
from emulator.aws.regions import checked_region
from emulator.blocked import BlockedCalls
from emulator.closing import Closing
from emulator.definitions.given import Definition
from emulator.emulator_bus import EmulatorBus
from emulator.emulator_clock import EmulatorClock
from emulator.execution import Execution, StateMachine
from emulator.expiry import Mode
from emulator.external import PATIENCE_SECONDS
from emulator.finishing import finish
from emulator.lambda_.call import LONGEST_FUNCTION_SECONDS
from emulator.runs import Runs
from emulator.settings import read_settings
from emulator.wrong_types import check_text

if TYPE_CHECKING:
    from asl.validate import MachineType
    from emulator import latencies as kinds
    from emulator.answered import Answered
    from emulator.endpoints.endpoints import Endpoint
    from emulator.faults import Faults
    from emulator.lambda_.nodejs import NodeHandler
    from emulator.report import Left
    from emulator.stubs import Stub
    from emulator.stubs.mock_config import MockConfig
    from emulator.taskbench import TaskBench
    from emulator.templates import Application


class Emulator:
    """Step Functions, Lambda and EventBridge in this process, on virtual time; a backend answers for other services.

    Use it as a context manager. While it is open, it answers every boto3 client of this process, and no request
    reaches AWS. It starts empty, and everything in it is gone when it closes.

    Several may be open at a time, nested, side by side or in threads, and close in any order. Each has contents of its
    own. Its ``client``, its tasks and the handlers that it calls are answered by itself, other code by the emulator
    that its asyncio task or thread opened last, else by the one that was opened last. Threads, and jobs of executors,
    are answered as the code that starts them. A ``mock_aws`` meanwhile empties nothing: the emulator answers.

    - ``start``: the time at which its clock begins (aware). Default: 2030-01-01T00:00:00Z.
    - ``seed``: decides all random values. The same seed gives the same history.
    - ``region``: the region of ARNs, and of boto3 clients that name none; AWS_DEFAULT_REGION is set to it while the
      emulator is open. Default: AWS_DEFAULT_REGION, as boto3 reads it, else us-east-1.
    - ``root``: the folder at which relative paths begin. Default: the working directory.
    - ``missing_function``: what a task does whose function is not registered. ``"raise"`` raises
      ``MissingHandlerError``; with ``"fail"`` the task fails as on AWS, with ``Lambda.ResourceNotFoundException``.
    - ``polling_waits``: whether time passes when a client asks for the status of an execution, repeats the same
      request, with no other in between, and nothing has changed, as it would between two polls on AWS (also from the
      fifth time on when it asks several questions in turn); and while it waits in a long poll of SQS.
    - ``backend``: where buses, queues, tables and other resources are. ``"moto"`` (in this process), ``"localstack"``,
      the URL of an AWS-compatible endpoint, or a mapping of services to these (``"*"`` for all others). Default: the
      environment variable EMULATOR_BACKEND, else moto. What is made there while the emulator is open is deleted when
      it closes. Raises ``EmulatorError`` for anything else.
    - ``accepted_calls``: calls that promise a later event, such as ``"cloudwatch:PutMetricAlarm"``, and that the test
      needs only as calls: moto answers them, and nothing happens later. Others are refused when they are made;
      ``docs/supported.md`` lists them. Raises ``EmulatorError`` for any other name.
    - ``latencies``: how long the calls of executions and handlers take on the clock. ``"none"`` (default), ``"aws"``
      (lengths of the order of AWS's, from ``seed``), or seconds by kind of call: ``{"dynamodb": 0.02, "lambda:Invoke":
      (0.03, 0.3), "*": 0}``, a pair being the median and what one call in a hundred exceeds. See ``docs/latencies.md``.
    - ``dynamodb_ttl``: when the items of tables in this process go whose time to live has passed: ``"within days"``
      (default: two days later, as AWS may), ``"at expiry"``, a ``timedelta`` after it, or ``"never"``.
    - ``unused_faults``: whether a fault that acted less than planned fails the test (``"fail"``) or not (``"allow"``).
    - ``allow_blocked``: whether calls that nothing emulates are expected. Otherwise each of them that the program
      swallows fails the test when the emulator closes; see ``blocked``.
    - ``unused_stubs``: whether an answer of a stub that was never given fails the test when the ``with`` block
      ends: ``"fail"`` or ``"allow"``.
    """

    def __init__(
        self,
        *,
        start: datetime | None = None,
        seed: int | str = 0,
        region: str | None = None,
        root: str | os.PathLike[str] | None = None,
        missing_function: Literal["raise", "fail"] = "raise",
        polling_waits: bool = True,
        backend: Backend = None,
        accepted_calls: Iterable[str] = (),
        allow_blocked: bool = False,
        latencies: "kinds.Given" = "none",
        dynamodb_ttl: Mode | timedelta = "within days",
        unused_stubs: Literal["fail", "allow"] = "fail",
        unused_faults: Literal["fail", "allow"] = "fail",
    ) -> None:
        settings = read_settings(
            start=start,
            seed=seed,
            region=region,
            root=root,
            missing_function=missing_function,
            polling_waits=polling_waits,
            backend=backend,
            accepted_calls=accepted_calls,
            allow_blocked=allow_blocked,
            latencies=latencies,
            dynamodb_ttl=dynamodb_ttl,
            unused_stubs=unused_stubs,
            unused_faults=unused_faults,
        )
        self.assembly = Assembly(settings)
        """Internal: its services, for programs on top of it such as a server."""
        self.account_id: str = self.assembly.account_id
        """The account of all ARNs, 12 digits."""
        self.region: str = self.assembly.region
        """The region of ARNs, and of boto3 clients that name none."""
        self.clock = EmulatorClock(self.assembly.timeline)
        """The virtual time."""
        self._bus = EmulatorBus(self.assembly)
        self._tasks: TaskBench | None = None
        self._closing = Closing(self.assembly, allows_unused_faults=unused_faults == "allow")
        self._runs = Runs(self.assembly)

    def __repr__(self) -> str:
        count = len(self.assembly.service.store.executions)
        coming = f", next {self.clock.next_text}" if self.clock.next_text else ""
        return f"<Emulator at {self.clock.now():%Y-%m-%dT%H:%M:%SZ}, executions: {count}{coming}>"

    # Opening and closing -----------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        """Answer this process's boto3 from now on."""
        self.assembly.open()
        running_test.opened(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Restore boto3 and forget everything.

        Raises ``BlockedCallError`` when the program swallowed the error of a call that nothing emulates (if another
        exception is on its way, it is a note of that one), and ``EmulatorError`` when a stub, a fault or a plan for a
        background task was never used.
        """
        self._closing.leave(error, None if self._tasks is None else self._tasks.unused)

    @property
    def left(self) -> "Left | None":
        """Internal: the state of its buses and queues when it closed, for the report of a failing test."""
        return self._closing.left

    def close(self) -> None:
        """Give boto3 back, end the processes of functions, and delete everything, as leaving the ``with`` block does.

        Closing again does nothing. Raises ``BlockedCallError`` when a call that nothing emulates was swallowed (if
        another exception is on its way, it is a note of that one). Leaving the block also raises ``EmulatorError`` when
        a fault that was planned with ``emulator.tasks`` never came.
        """
        self._closing.close(sys.exception())

    @property
    def is_open(self) -> bool:
        """Whether it answers the boto3 clients of this process."""
        return self.assembly.is_open

    @property
    def blocked(self) -> BlockedCalls:
        """One text for each call that was refused because nothing emulates it: what, why, and its line.

        The test fails at its end for each call in it whose error was swallowed, wherever that was: in a Catch, in
        ``except`` of a handler, a thread, a background task, a rule's target.
        A call whose error came up to the test function or into ``pytest.raises`` is not judged; nor is one that was
        removed (``emulator.blocked.clear()``).
        """
        return self.assembly.all_blocked()

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
        region: str | None = None,
    ) -> str:
        """Register the Lambda function ``name``, in place of one of the same name and region, and return its ARN.

        Tasks, rules and ``Invoke`` find it by its whole ARN, or by its name alone in its own region.

        - ``name``: a name, or an ARN: of a function in another account, for example.
        - ``handler``: a callable ``(event, context)``, text such as ``"package.module:function"``, or a handler in
          Node.js: a ``NodeHandler``, or text such as ``"node:folder/file.function"``.
        - ``timeout_seconds``: 1 to 900, on the virtual clock, which moves when the handler sleeps. Lambda's own
          default is 3.
        - ``memory_mb``: what the context and the environment say. It is not measured.
        - ``environment``: is set in ``os.environ`` while the handler runs, with Lambda's own variables. Without it
          ``os.environ`` stays as it is, unless the function is in another region.
          What a handler changes in the process (variables, folder, signals, locale and the like) ends with its call.
        - ``code``: a folder, as SAM's CodeUri. ``handler`` is then text such as ``"module.function"``, imported from
          that folder. Functions with the same module names do not share modules.
        - ``region``: of the function, and of the boto3 clients that its handler makes. Default: the emulator's.

        Raises ``ValueError`` for settings that Lambda refuses, ``EmulatorError`` for a folder that does not exist, and
        for a handler that Lambda could not call: a module, file or function that is not there, parameters other than
        two positional ones, ``async def``. A handler named by text is imported at its first call, not here: its
        module's text is read. If the import fails, the call fails as on Lambda.
        """
        self.assembly.check_open(f"lambda_function({name!r})")
        arguments.check_function_name(name)
        root = self.assembly.root
        task_root = None if code is None else arguments.task_root(root, code, name, handler)
        arguments.check_handler(name, handler, root, None if task_root is None else task_root.folder)
        return self.assembly.functions.add(
            name,
            handler,
            timeout_seconds=timeout_seconds,
            memory_mb=memory_mb,
            environment=environment,
            task_root=task_root,
            region=None if region is None else checked_region(region),
        )

    def http(self, url: str, app: Callable[..., Any] | None = None, *, forward: bool | str = False) -> "Endpoint":
        """Let an application answer the requests of ``http:invoke`` and ``apigateway:invoke`` to ``url``.

        - ``url``: where the URLs begin that are answered: scheme, host, and perhaps a path. The longest one wins.
        - ``app``: an application of WSGI (Flask, Django, a function) or of ASGI (FastAPI, Starlette, a coroutine
          function). It runs in this process, on the virtual clock, and gets the whole path.
        - ``forward``: ``True`` sends requests to that host itself, a text to another one: ``"http://localhost:8000"``.
          AWS's own hosts are refused.

        Returns the endpoint, whose ``requests`` are those that it got. Raises ``EmulatorError`` for anything else.
        """
        self.assembly.check_open(f"http({url!r})")
        return self.assembly.endpoints.add(url, app, forward)

    def state_machine(
        self,
        definition: Definition,
        *,
        name: str | None = None,
        role_arn: str | None = None,
        substitutions: Mapping[str, Any] | None = None,
        region: str | None = None,
        type: "MachineType" = "STANDARD",
    ) -> StateMachine:
        """Create a state machine, in place of one of the same name and region.

        - ``definition``: the path of a file (JSON, or YAML if the name ends in ``.yaml`` or ``.yml``), JSON text, or a
          value.
        - ``name``: Default: the file's name up to its first dot, else ``StateMachine``; a second definition without a
          name is ``StateMachine-2``.
        - ``role_arn``: is shown, and not checked. Default: the role ``emulator``.
        - ``substitutions``: the values of all ``${Name}`` in the file or text, as SAM's DefinitionSubstitutions.
        - ``region``: of the machine, its executions, and the services that its tasks call. Default: the emulator's.
        - ``type``: ``"STANDARD"`` or ``"EXPRESS"``.

        Raises ``DefinitionError`` with every problem of the definition, ``EmulatorError`` for a file that cannot be
        read and for a name that AWS refuses, ``InputError`` for a value that is not JSON.
        """
        return self._runs.state_machine(
            definition, name=name, role_arn=role_arn, substitutions=substitutions, region=region, type=type
        )

    def deploy(
        self,
        template: str | os.PathLike[str],
        *,
        parameters: Mapping[str, Any] | None = None,
        stack_name: str | None = None,
        imports: Mapping[str, Any] | None = None,
        leave_out: Collection[str] = (),
    ) -> "Application":
        """Make what a template of SAM or CloudFormation describes, under the names that it gives.

        - ``template``: the path of a YAML or JSON file. ``CodeUri`` and ``DefinitionUri`` begin at its folder.
        - ``parameters``: values of the template's parameters, in place of their defaults.
        - ``stack_name``: default: the name of the template's folder.
        - ``imports``: what ``Fn::ImportValue`` finds, by the name of the export.
        - ``leave_out``: logical ids of resources that are not made; Ref and GetAtt find a name and an ARN all the same.

        Returns the application: ``app["OrdersTable"]`` is the Ref of a resource, ``app.machine("Orders")`` a state
        machine, ``app.outputs`` the template's outputs, ``app.not_emulated`` and ``app.not_enforced`` what of it has
        no effect here.

        A resource that cannot be made here is listed, and refused when a call asks for it. A trigger among them fails
        the test when its event would have come, unless ``leave_out`` names it.

        Raises ``TemplateError`` with the place in the template, and ``DefinitionError`` with every problem of a
        definition.
        """
        from emulator.templates import deploy

        return deploy(
            self.assembly,
            self.assembly.root / template,
            source=os.fspath(template),
            name=stack_name,
            parameters=parameters or {},
            imports=imports or {},
            leave_out=leave_out,
        )

    def task(self, state: str, machine: StateMachine | str | None = None) -> "Stub":
        """The stub of a Task, by the name of its state: ``task("Charge").returns({"id": 1})``. See ``Stub``.

        It is for the Tasks of this name of all state machines, or of ``machine``, which may be given by its name or
        ARN. The same arguments give the same stub.

        Raises ``EmulatorError``, here or when the machine starts, for a state that is misspelt or no Task.
        """
        return self.assembly.stubs.task(state, machine)

    def stub(self, resource: str) -> "Stub":
        """The stub of a resource, for all Tasks that call it: ``stub("glue:startJobRun.sync").returns({...})``.

        ``resource`` is a service's action (``"bedrock:invokeModel"``, ``"aws-sdk:textract:detectDocumentText"``) with
        its pattern, a Task's whole Resource, or the name or ARN of a function, an activity or a state machine. A stub
        of ``task`` comes first, then that of a function, activity or machine.

        Raises ``EmulatorError``, with the nearest resource, for anything else.
        """
        return self.assembly.stubs.stub(resource)

    def stubs_from_history(
        self,
        history: Any,
        *,
        machine: StateMachine | str | None = None,
        left_out: Literal["raise", "skip"] = "raise",
    ) -> "Mapping[str, Stub]":
        """Declare what the tasks of an execution were answered, by state, visit and item: stubs from its history.

        - ``history``: what ``aws stepfunctions get-execution-history`` prints: the path of a file, one answer of boto3,
          or a list of them. It has to be whole. The ``history`` of a run does as well.
        - ``machine``: the machine that they are for. Default: any.
        - ``left_out``: what becomes of answers that AWS has left out (``includeExecutionData=False``, outputs that are
          cut, items of a Distributed Map). ``"raise"`` names them; ``"skip"`` gives their states no stub.

        Returns the stubs by state. Raises ``EmulatorError`` for what is no history.
        """
        from emulator.stubs.recorded import answers_of, declare

        answers = answers_of(history, self.assembly.root, left_out)
        return declare(answers, lambda state: self.task(state, machine))

    def stubs_from(self, file: str | os.PathLike[str]) -> None:
        """Declare the stubs of a JSON file: ``{"tasks": {"Charge": {"returns": {"id": 1}}}, "resources": {...}}``.

        Raises ``EmulatorError`` with the place of every mistake. ``docs/stubs.md`` has the keys.
        """
        self.assembly.stubs.read(self.assembly.root / file, os.fspath(file))

    def mock_config(self, file: str | os.PathLike[str]) -> "MockConfig":
        """Read a ``MockConfigFile.json`` of Step Functions Local, unchanged.

        An execution started as ``f"{machine.arn}#HappyPath"``, here or by StartExecution and StartSyncExecution, or
        with ``test_case="HappyPath"``, gets the answers of that test case; a state that it does not name calls its
        real target. ``machines`` of what is returned lists the cases.

        Raises ``EmulatorError`` with the place of every mistake.
        """
        return self.assembly.stubs.mock_config(self.assembly.root / file, os.fspath(file))

    def start(
        self,
        machine: StateMachine | Definition,
        input: Any = None,
        *,
        input_text: str | None = None,
        name: str | None = None,
        test_case: str | None = None,
    ) -> Execution:
        """Start an execution, and run it until it ends or waits for time to pass.

        A ``Definition`` makes a state machine first, as ``state_machine`` does; the ARN of one that exists names it.
        ``input`` is a JSON value; ``None`` means ``{}``. ``input_text`` is the input as JSON text instead, as
        StartExecution takes it. Without a ``name`` the execution gets a random one. ``test_case`` is one of
        ``mock_config``.

        Raises ``InputError`` for an input that is not JSON or has more than 262,144 bytes, and for an ``input`` that is
        the JSON text of an object or array; ``EmulatorError`` for a name that is taken or that AWS refuses and for a
        stub that is wrong for the machine; ``MissingHandlerError`` and ``NotEmulatedError`` when it comes to a task
        that nothing can answer; and what ``state_machine`` raises.
        """
        return self._runs.start(machine, input, input_text=input_text, name=name, test_case=test_case)

    def hold(self) -> AbstractContextManager[None]:
        """A block in which what is started does not begin: it waits until time passes, or for the next boto3 call.

        ``run_until`` can then stop a machine that starts itself without a wait; a ``start`` alone raises.
        """
        return self.assembly.hold()

    def run(
        self,
        machine: StateMachine | Definition,
        input: Any = None,
        *,
        input_text: str | None = None,
        name: str | None = None,
        test_case: str | None = None,
    ) -> Execution:
        """Start an execution and let time pass until it ends; see ``start`` and ``finish``, also for what is raised.

        An execution that fails raises nothing: see ``Execution.assert_succeeded``.
        """
        with self.assembly.hold():
            execution = self.start(machine, input, input_text=input_text, name=name, test_case=test_case)
        return self.finish(execution)

    def finish(self, execution: Execution | str) -> Execution:
        """Let time pass until ``execution``, which may be given by its ARN, ends, and return it.

        Raises ``StuckExecutionError`` when it waits for a worker or a task token and no timer is left that could end
        the wait (after 5000 times of recurring schedules: no timer of an execution), ``EmulatorError`` in a handler
        that a task or a rule called.
        """
        return finish(self.assembly, arguments.execution_of(self.assembly, execution))

    def client(self, service: str, *, region: str | None = None) -> Any:
        """A boto3 client of ``service`` (``"dynamodb"``). ``boto3.client`` does as well while the emulator is open."""
        check_text("service", service, 'client("dynamodb")')
        return self.assembly.client(service, region=region)

    @property
    def executions(self) -> list[Execution]:
        """All executions in the order of their starts, however they were started. Without children of map runs."""
        self.assembly.others.look()
        return list(self.assembly.service.started)

    @property
    def bus(self) -> EmulatorBus:
        """EventBridge: the entries that were put, events that were not delivered, and why rules do not match."""
        return self._bus

    @property
    def answered(self) -> "Answered":
        """How the calls of tasks were answered so far: emulated, by stubs, with faults; and moto's constants."""
        from emulator.answered import answered

        return answered(self.assembly)

    @property
    def faults(self) -> "Faults":
        """Errors and delays for calls of services: plan them, and see how often they acted."""
        self.assembly.check_open("emulator.faults")
        return self.assembly.faults

    @property
    def tasks(self) -> "TaskBench":
        """Background tasks: trigger them, run them, abort them, and look at their records."""
        if self._tasks is None:
            from emulator.taskbench import TaskBench

            self._tasks = TaskBench(self)
        return self._tasks

    def run_until(self, done: Callable[[], bool]) -> bool:
        """Let time pass until ``done()`` is true. Returns ``False`` when no timer is left and it is not, as ``finish``.

        The next time of a recurring schedule is no such timer: let time pass for it with ``clock.advance``.

        ``done`` is called whenever something may have happened, and between works that begin others (``hold``). What
        else is due at its instant may be left for the next call. Raises ``EmulatorError`` as ``finish`` does.
        """
        arguments.check_condition(done)
        return self.assembly.timeline.run_until(done, leaves_rest=True)

    def await_events(self, count: int = 1, *, timeout_seconds: float = PATIENCE_SECONDS) -> None:
        """Wait in real time until other programs have put ``count`` events whose targets are in this emulator.

        Virtual time does not pass. An event counts for one call of this method only. Raises ``EmulatorError`` when
        fewer events came within ``timeout_seconds`` of real time, and when the buses are in this process, where no
        other program can reach them.
        """
        self.assembly.others.await_events(count, timeout_seconds)
