"""``TaskBench``: the background-task application deployed into an emulator."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any, Final

from asl.problems import did_you_mean
from emulator.answers import Answer
from emulator.aws.account import role_arn
from emulator.errors import EmulatorError
from emulator.lambda_.nodejs import NodeHandler
from emulator.lambda_.nodejs.handler import PREFIX
from emulator.taskbench.entries import Entry
from emulator.taskbench.executions import Executions
from emulator.taskbench.host import Host, check_open
from emulator.taskbench.injection import Injection
from emulator.taskbench.kept import Kept
from emulator.taskbench.parts import Parts
from emulator.taskbench.plans import ALL_TASKS, Scope
from emulator.taskbench.recorder import RecordedRuntime, Recorder, WatchedRegistry
from emulator.taskbench.records import Records
from emulator.taskbench.run import TaskRun
from emulator.tasks import Profile, Registry, Task, TaskDefinition, TaskLog, Tasks, deploy, make_handler
from emulator.tasks.machine import LATEST, definition
from emulator.tasks.queries import DEFAULT_LIMIT, Page
from emulator.tasks.transport import event_entry
from emulator.wrong_types import kind, shown

FUNCTION_NAME: Final = "background-task"
TABLE_NAME: Final = "background-tasks"


class TaskBench(Injection):
    """Background tasks of one emulator: register definitions; trigger, read and abort tasks.

    Raises ``EmulatorError`` unless the emulator is open: boto3 creates the table and the rule of background tasks.
    """

    def __init__(self, emulator: Host) -> None:
        check_open(emulator)
        self._world = world = emulator.assembly
        self._in_node: NodeHandler | None = None
        self._own_handler = make_handler(lambda: self.tasks)
        self._recorder = Recorder(self._own_handler, world.now, TABLE_NAME, Kept(lambda: world.client("dynamodb")))
        self._recorder.on_error = self._keep_error
        self._registry = WatchedRegistry(self._recorder.watched)
        self._function_arn, role = self._add_function(), role_arn(world.region)
        made = deploy(world.client, lambda_arn=self._function_arn, table_name=TABLE_NAME, role_arn=role)
        self._machine, self._machine_arn = LATEST, made.state_machine_arn
        self._bus_name = made.event_bus_name
        self._table_name = made.table_name
        self._records = Records(emulator, self._make_tasks(None, Profile.documented()), self._recorder)
        self._executions = Executions(emulator)
        super().__init__(Parts(emulator, self._recorder, self._records, self._executions), ALL_TASKS)
        world.requests.before.append(self._recorder.request)
        world.requests.before.append(lambda request: self._records.remember(request, TABLE_NAME))
        world.functions.scripted_errors[self._function_arn] = self._refused

    # The application -----------------------------------------------------------------------------------------------

    def register(self, *definitions: TaskDefinition | type[TaskDefinition] | ModuleType) -> None:
        """Register definitions: functions with ``@task``, subclasses of ``TaskDefinition``, all of a module.

        A definition that is registered already changes nothing. Raises ``EmulatorError`` for another definition with
        the same id, for a module without definitions, and for an object that is not a definition.
        """
        for each in definitions:
            if not isinstance(each, ModuleType):
                self._register(each)
                continue
            held = [found for found in Registry.of(each) if found.id not in BUILT_IN]
            if not held:
                raise EmulatorError(
                    f"the module {each.__name__} has no task definitions; decorate its functions with @task(title=...)"
                )
            for found in held:
                self._register(found)

    @property
    def definitions(self) -> list[TaskDefinition]:
        """The registered definitions, in order, without the built-in ``testingRun``."""
        return [definition for definition in self._registry if definition.id not in BUILT_IN]

    @property
    def tasks(self) -> Tasks:
        """The application's own ``Tasks``, for everything else."""
        return self._records.tasks

    @property
    def app(self) -> Any:
        """The ``app`` of runs and hooks: set attributes on it, or set it to your own application."""
        return self.tasks.app

    @app.setter
    def app(self, app: Any) -> None:
        self._records.tasks = self._make_tasks(app, self.profile)

    @property
    def profile(self) -> Profile:
        """The behaviour of the original that applies: ``documented`` unless set to another ``Profile`` or its name.

        It chooses the state machine, too: that of executions that start from then on.
        """
        return self.tasks.profile

    @profile.setter
    def profile(self, profile: Profile | str) -> None:
        self._records.tasks = self.tasks.scoped(profile=profile)
        if self._machine != (machine := self.profile.machine):
            text = definition(self._function_arn, machine)
            with self._world.hold():
                client = self._world.client("stepfunctions")
                client.update_state_machine(stateMachineArn=self._machine_arn, definition=text)
            self._machine = machine

    @property
    def handler(self) -> Callable[[Any, Any], Any] | NodeHandler:
        """The handler of the machine's Lambda function: by default, it runs the registered definitions.

        Set it to a function, a ``NodeHandler`` or its text (``"node:dist/background-task.handler"``); ``None`` restores
        the default. A handler of your own stores its tasks itself: see ``send``.
        """
        return self._recorder.handler if self._in_node is None else self._in_node

    @handler.setter
    def handler(self, handler: Callable[[Any, Any], Any] | NodeHandler | str | None) -> None:
        if isinstance(handler, str):
            if not handler.startswith(PREFIX):
                raise EmulatorError(f"tasks.handler = {handler!r}: give the function itself, or node:folder/file.name")
            handler = NodeHandler(handler)
        elif handler is not None and not isinstance(handler, NodeHandler):
            from emulator.lambda_.fitness import why_not

            if (why := why_not(handler)) is not None:
                raise EmulatorError(f"tasks.handler: {why}")
        self._in_node = handler if isinstance(handler, NodeHandler) else None
        self._recorder.handler = handler if callable(handler) else self._own_handler
        self._recorder.is_own, self._recorder.in_node = handler is not None, self._in_node is not None
        self._add_function()

    @property
    def has_own_handler(self) -> bool:
        """Whether ``handler`` is one of your own."""
        return self._recorder.is_own

    @property
    def lambda_timeout_seconds(self) -> float:
        """The timeout of the machine's Lambda function: 900, Lambda's maximum, unless set."""
        return self._recorder.timeout_seconds

    @lambda_timeout_seconds.setter
    def lambda_timeout_seconds(self, seconds: float) -> None:
        self._recorder.timeout_seconds = seconds
        self._add_function()

    # Tasks ---------------------------------------------------------------------------------------------------------

    def trigger(
        self,
        definition: str | TaskDefinition,
        input: Any = None,
        *,
        name: str | None = None,
        delay: Any = 0,
    ) -> TaskRun:
        """Create a task and put the event that starts its machine; the task is pending until time passes.

        Registers ``definition`` if it is new. ``delay`` is in seconds. Raises the errors of ``register`` and
        ``Tasks.trigger``, and ``EmulatorError`` for an unknown id or an event that no rule picked up.
        """
        self._parts.check_open()
        if isinstance(definition, TaskDefinition):
            self._register(definition)
        elif not isinstance(definition, str):
            raise EmulatorError(
                f"tasks.trigger: {shown(definition)} is not a task\n"
                "    fix: give the id of a registered definition, as text, or the definition itself"
            )
        elif self._registry.get(definition) is None:
            raise EmulatorError(self._unknown_definition(definition))
        task = self.tasks.trigger(definition, input, name=name, delay=delay)
        run = TaskRun(self._parts, task.id)
        self._executions.of(task.id)
        return run

    def send(
        self,
        definition_id: str,
        *,
        id: str | None = None,
        delay: Any = 0,
        tenant: str = "root",
        locale: str = "en-US",
    ) -> TaskRun:
        """Put only the event that starts the machine: for a task whose record another program keeps.

        The event is the original's, with a new ``id`` unless one is given. Nothing runs until time passes. The run has
        a ``task`` only if the table has a record with this id. Raises ``EmulatorError`` for an event that no rule
        picked up.
        """
        self._parts.check_open()
        fields = {
            "webinyTaskId": id or self._new_id(),
            "webinyTaskDefinitionId": definition_id,
            "tenant": tenant,
            "locale": locale,
            "delay": delay,
        }
        with self._world.hold():
            self._world.client("events").put_events(Entries=[event_entry(fields, self._bus_name)])
        run = TaskRun(self._parts, fields["webinyTaskId"])
        self._executions.of(run.id)
        return run

    def of(self, definition: str | TaskDefinition) -> Injection:
        """Plans for the tasks of one definition, also those that other tasks trigger.

        Raises ``EmulatorError`` for an unknown id, unless the handler is one of your own.
        """
        id_ = definition.id if isinstance(definition, TaskDefinition) else definition
        if self._registry.get(id_) is None and not self._recorder.is_own:
            raise EmulatorError(self._unknown_definition(id_))
        return Injection(self._parts, Scope(definition_id=id_))

    @property
    def remaining_time(self) -> tuple[int, ...]:
        """Milliseconds left of the function's timeout when a task's first, second, ... iteration begins.

        The last number applies to all later iterations. When it is empty, iterations begin with the whole timeout.
        """
        return self._recorder.remaining_time

    @remaining_time.setter
    def remaining_time(self, milliseconds: Sequence[int]) -> None:
        given: object = milliseconds
        if isinstance(given, str | bytes) or not isinstance(given, Iterable):
            raise ValueError(
                f"tasks.remaining_time = {given!r} is {kind(given)}, not a list of milliseconds\n"
                "    fix: tasks.remaining_time = [60_000]"
            )
        milliseconds = list(milliseconds)
        for each in milliseconds:
            self._recorder.check_remaining(each)
        self._recorder.remaining_time = tuple(milliseconds)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The events of background tasks that were put on a bus, in order."""
        return self._executions.entries

    def unused(self) -> str | None:
        """The plans for more than one task that never acted, as a message; ``None`` when all acted."""
        return self._parts.plans.unused_of_many(" in this test")

    def find(self, id: str) -> TaskRun:
        """The run of a task by its id; raises ``EmulatorError`` when the table has no such task."""
        if not (self._recorder.is_own and id in self._executions.task_ids):
            self._records.find(id)
        return TaskRun(self._parts, id)

    @property
    def runs(self) -> Sequence[TaskRun]:
        """The runs of all tasks whose events started an execution, in the order of these starts."""
        return [TaskRun(self._parts, id_) for id_ in self._executions.task_ids]

    def abort(self, id: str, message: str | None = None) -> Task:
        """``Tasks.abort``: mark a task as aborted now; its machine ends at its next iteration."""
        self._parts.check_open()
        return self.tasks.abort(id, message)

    def get(self, id: str) -> Task | None:
        """The task's record, or ``None``; raises ``EmulatorError`` when it cannot be read (see ``TaskRun.task``)."""
        if (task := self._records.get(id)) is None:
            self._records.check_readable(id, "its record")
        return task

    def list(
        self,
        where: Mapping[str, Any] | None = None,
        *,
        sort: str | Sequence[str] = "createdOn_DESC",
        limit: int = DEFAULT_LIMIT,
        after: str | None = None,
    ) -> Page[Task]:
        """``Tasks.list``: the tasks that match ``where``, newest first."""
        self._records.check_listed("tasks.list")
        return self._records.read(lambda tasks: tasks.list(where, sort=sort, limit=limit, after=after))

    def list_logs(
        self,
        where: Mapping[str, Any] | None = None,
        *,
        sort: str | Sequence[str] = "createdOn_ASC",
        limit: int = DEFAULT_LIMIT,
        after: str | None = None,
    ) -> Page[TaskLog]:
        """``Tasks.list_logs``: the logs that match ``where``, oldest first."""
        self._records.check_listed("tasks.list_logs")
        return self._records.read(lambda tasks: tasks.list_logs(where, sort=sort, limit=limit, after=after))

    # Inside --------------------------------------------------------------------------------------------------------

    def _keep_error(self, what: str, error: Exception) -> None:
        """Keep what a task raised with its execution, for the lines that people see."""
        if (calling := self._world.driver.calling) is not None:
            execution, state = calling
            execution.exceptions.append((f"{state}, {what}", error))

    def _make_tasks(self, app: Any, profile: Profile) -> Tasks:
        return Tasks(
            clients=self._world.client,
            now=self._world.now,
            new_id=self._new_id,
            table_name=self._table_name,
            event_bus_name=self._bus_name,
            registry=self._registry,
            app=app,
            profile=profile,
            calling=self._world.hold,
        )

    def _new_id(self) -> str:
        return self._world.chance("background task").uuid().replace("-", "")[:24]

    def _add_function(self) -> str:
        functions = self._world.functions
        handler: Recorder | RecordedRuntime = self._recorder
        if self._in_node is not None:
            handler = RecordedRuntime(self._recorder, functions.in_node(self._in_node))
        return functions.add(
            FUNCTION_NAME, handler, timeout_seconds=self._recorder.timeout_seconds, memory_mb=1024, environment=None
        )

    def _register(self, definition: TaskDefinition | type[TaskDefinition]) -> None:
        is_class = isinstance(definition, type) and issubclass(definition, TaskDefinition)
        if not is_class and not isinstance(definition, TaskDefinition):
            raise EmulatorError(f"{definition!r} is not a task definition; decorate the function with @task(title=...)")
        made = definition() if isinstance(definition, type) else definition
        if (known := self._registry.get(made.id)) is None:
            self._registry.add(made)
        elif _code(known) is not _code(made):
            raise EmulatorError(
                f'there is another task definition with the id "{made.id}"; give one of them another id'
            )

    def _unknown_definition(self, id: str) -> str:
        ids = [definition.id for definition in self.definitions]
        near = did_you_mean(id, ids)
        return (
            f'there is no task "{id}".{f" {near}" if near else ""}\n'
            f"    registered: {', '.join(ids) or 'none'}\n"
            "    fix: emulator.tasks.register(definition_or_module)"
        )

    def _refused(self, payload: str) -> Answer | None:
        event = json.loads(payload)
        return self._recorder.refused(event.get("payload"), self._world.chance("invocation", FUNCTION_NAME).uuid())


BUILT_IN: Final = frozenset(Registry().ids())


def _code(definition: TaskDefinition) -> Any:
    """The function that a definition runs, the same for all instances of its class."""
    return getattr(definition.run, "__func__", definition.run)
