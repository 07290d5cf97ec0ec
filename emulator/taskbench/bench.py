"""``TaskBench``: the background-task application deployed into an emulator."""

import json
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from asl.problems import did_you_mean
from emulator.answers import Answer
from emulator.aws.account import DEFAULT_ROLE
from emulator.aws.interception import AwsRequest
from emulator.errors import EmulatorError
from emulator.eventbridge.entries import envelope
from emulator.execution import Execution
from emulator.lambda_.call import LONGEST_FUNCTION_SECONDS
from emulator.lambda_.nodejs import NodeHandler
from emulator.lambda_.nodejs.handler import PREFIX
from emulator.lambda_.time.shown import current_handler_time
from emulator.taskbench.entries import Entry, read_entry
from emulator.taskbench.injection import Injection
from emulator.taskbench.plans import EVERYBODY, Plan, Scope
from emulator.taskbench.recorder import RecordedRuntime, Recorder, WatchedRegistry
from emulator.taskbench.run import TaskRun
from emulator.taskbench.storage_calls import deleted_task
from emulator.tasks import Profile, Registry, Task, TaskDefinition, TaskLog, Tasks, deploy, make_handler
from emulator.tasks.queries import DEFAULT_LIMIT, MAX_LIMIT, Page
from emulator.tasks.transport import event_entry

if TYPE_CHECKING:
    from emulator.core import Emulator

FUNCTION_NAME: Final = "background-task"
TABLE_NAME: Final = "background-tasks"


class TaskBench(Injection):
    """Background tasks of one emulator: register definitions, trigger, look, abort.

    ``tasks`` is the application's own ``Tasks``, for everything that is not here. Raises ``EmulatorError`` when the
    emulator is not open: the tables and rules of background tasks are made through boto3.
    """

    def __init__(self, emulator: "Emulator") -> None:
        super().__init__(self, EVERYBODY)
        self._emulator = emulator
        self._world = world = emulator.assembly
        self._timeout_seconds: float = LONGEST_FUNCTION_SECONDS
        self._in_node: NodeHandler | None = None
        self._seen = 0
        self._started: dict[str, list[Execution]] = {}
        self._errors: list[Exception] = []
        self._check_open()
        self._own_handler = make_handler(lambda: self.tasks)
        self._recorder = Recorder(self._own_handler, world.now, TABLE_NAME)
        self._plans = self._recorder.plans
        self._registry = WatchedRegistry(self._recorder.watched)
        made = deploy(world.client, lambda_arn=self._add_function(), table_name=TABLE_NAME, role_arn=DEFAULT_ROLE)
        self._bus_name = made.event_bus_name
        self._table_name = made.table_name
        self.tasks = self._make_tasks(None, Profile.documented())
        world.requests.before.append(self._recorder.request)
        self._deleted: dict[str, Task] = {}
        world.requests.before.append(self._remember)
        world.functions.refuse[FUNCTION_NAME] = self._refused

    # The application -----------------------------------------------------------------------------------------------

    def register(self, *definitions: TaskDefinition | type[TaskDefinition] | ModuleType) -> None:
        """Make definitions known: made by ``@task``, classes of the class form, or modules, for all that they hold.

        The same one again changes nothing. Raises ``EmulatorError`` for a second one of the same id, for a module
        without any, and for what is no definition.
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
        """What is registered, in order, without the built-in ``testingRun``."""
        return [definition for definition in self._registry if definition.id not in BUILT_IN]

    @property
    def app(self) -> Any:
        """What runs and hooks get as ``app``: set attributes on it, or set it to your own application."""
        return self.tasks.app

    @app.setter
    def app(self, app: Any) -> None:
        self.tasks = self._make_tasks(app, self.profile)

    @property
    def profile(self) -> Profile:
        """Which behaviour of the original holds: ``documented`` unless set, to a ``Profile`` or its name."""
        return self.tasks.profile

    @profile.setter
    def profile(self, profile: Profile | str) -> None:
        self.tasks = self.tasks.scoped(profile=profile)

    @property
    def handler(self) -> Callable[[Any, Any], Any] | NodeHandler:
        """The Lambda function behind the machine: that of the registered definitions unless set.

        Set it to a function, a ``NodeHandler`` or its text (``"node:dist/background-task.handler"``); to ``None`` for
        the definitions' own again. One that is set keeps its tasks where it likes: see ``send``.
        """
        return self._recorder.handler if self._in_node is None else self._in_node

    @handler.setter
    def handler(self, handler: Callable[[Any, Any], Any] | NodeHandler | str | None) -> None:
        if isinstance(handler, str):
            if not handler.startswith(PREFIX):
                raise EmulatorError(f"tasks.handler = {handler!r}: give the function itself, or node:folder/file.name")
            handler = NodeHandler(handler)
        self._in_node = handler if isinstance(handler, NodeHandler) else None
        self._recorder.handler = handler if callable(handler) else self._own_handler
        self._add_function()

    @property
    def lambda_timeout_seconds(self) -> float:
        """The timeout of the Lambda function behind the machine: 900, Lambda's most, unless set."""
        return self._timeout_seconds

    @lambda_timeout_seconds.setter
    def lambda_timeout_seconds(self, seconds: float) -> None:
        self._timeout_seconds = seconds
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
        """Create a task and put the event that starts its machine; the task is pending until time is let pass.

        A definition that is not registered is, as long as its id is free. ``delay`` is in seconds. Raises what
        ``Tasks.trigger`` raises, and ``EmulatorError`` for an unknown id or an event that no rule picked up.
        """
        self._check_open()
        if isinstance(definition, TaskDefinition):
            self._register(definition)
        elif self._registry.get(definition) is None:
            raise EmulatorError(self._unknown_definition(definition))
        task = self.tasks.trigger(definition, input, name=name, delay=delay)
        run = TaskRun(self, task.id)
        self._executions(task.id)
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
        """Put the event that starts the machine, and nothing else: for a task whose record somebody else keeps.

        The event is the original's, with a new ``id`` unless one is given. Nothing runs until time is let pass. The run
        has no ``task`` unless there is a record of this id. Raises ``EmulatorError`` for an event that no rule picked
        up.
        """
        self._check_open()
        fields = {
            "webinyTaskId": id or self._new_id(),
            "webinyTaskDefinitionId": definition_id,
            "tenant": tenant,
            "locale": locale,
            "delay": delay,
        }
        with self._world.hold():
            self._world.client("events").put_events(Entries=[event_entry(fields, self._bus_name)])
        run = TaskRun(self, fields["webinyTaskId"])
        self._executions(run.id)
        return run

    def of(self, definition: str | TaskDefinition) -> Injection:
        """The tasks of one definition, triggered by whomever, to plan what happens to them."""
        id_ = definition.id if isinstance(definition, TaskDefinition) else definition
        if self._registry.get(id_) is None:
            raise EmulatorError(self._unknown_definition(id_))
        return Injection(self, Scope(definition_id=id_))

    @property
    def remaining_time(self) -> tuple[int, ...]:
        """Milliseconds left of the function's timeout when a task's first, second, ... iteration begins.

        The last number holds for all later iterations; empty, nothing is taken from the timeout.
        """
        return self._recorder.remaining_time

    @remaining_time.setter
    def remaining_time(self, milliseconds: Sequence[int]) -> None:
        for each in milliseconds:
            self._check_remaining(each)
        self._recorder.remaining_time = tuple(milliseconds)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The events of background tasks that were put on a bus, in order."""
        return tuple(filter(None, map(read_entry, self._emulator.bus.entries)))

    def unused(self) -> str | None:
        """Why what was planned for more than one task, and never came, is wrong; ``None`` when all of it came."""
        return _told(self._plans.unused_of_many(), "nothing in this test came to it")

    def find(self, id: str) -> TaskRun:
        """The run of a task that somebody else triggered; raises ``EmulatorError`` when there is no such task."""
        self._task(id)
        return TaskRun(self, id)

    @property
    def runs(self) -> Sequence[TaskRun]:
        """Every task whose event started an execution, in the order in which they did."""
        self._look()
        return [TaskRun(self, id_) for id_ in self._started]

    def abort(self, id: str, message: str | None = None) -> Task:
        """``Tasks.abort``: mark a task as aborted, at the time that it is; its machine ends at its next iteration."""
        self._check_open()
        return self.tasks.abort(id, message)

    def get(self, id: str) -> Task | None:
        """The task's record, or ``None``."""
        self._check_open()
        with self._recorder.looking():
            return self.tasks.get(id)

    def list(
        self,
        where: Mapping[str, Any] | None = None,
        *,
        sort: str | Sequence[str] = "createdOn_DESC",
        limit: int = DEFAULT_LIMIT,
        after: str | None = None,
    ) -> Page[Task]:
        """``Tasks.list``: the tasks that ``where`` holds for, newest first."""
        self._check_open()
        with self._recorder.looking():
            return self.tasks.list(where, sort=sort, limit=limit, after=after)

    def list_logs(
        self,
        where: Mapping[str, Any] | None = None,
        *,
        sort: str | Sequence[str] = "createdOn_ASC",
        limit: int = DEFAULT_LIMIT,
        after: str | None = None,
    ) -> Page[TaskLog]:
        """``Tasks.list_logs``: the logs that ``where`` holds for, oldest first."""
        self._check_open()
        with self._recorder.looking():
            return self.tasks.list_logs(where, sort=sort, limit=limit, after=after)

    # Inside --------------------------------------------------------------------------------------------------------

    def _check_open(self) -> None:
        if not self._emulator.is_open:
            raise EmulatorError(
                "background tasks need an open emulator: use it as `with Emulator() as emulator`, "
                "or take the pytest fixture `emulator`"
            )

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
            FUNCTION_NAME, handler, timeout_seconds=self._timeout_seconds, memory_mb=1024, environment=None
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

    def _remember(self, request: AwsRequest) -> None:
        """Keep the record of a task that is about to be deleted: tasks may clean up after themselves."""
        if (id_ := deleted_task(request, TABLE_NAME)) is not None and (task := self.get(id_)) is not None:
            self._deleted[id_] = task

    def _last_task(self, id: str) -> Task:
        return self.get(id) or self._deleted.get(id) or self._task(id)

    def _task(self, id: str) -> Task:
        if (task := self.get(id)) is None:
            raise EmulatorError(
                f'there is no task with the id "{id}": none of that id was triggered, or it was deleted'
            )
        return task

    def _executions(self, id: str) -> Sequence[Execution]:
        """The executions that the task's event started; raises ``EmulatorError`` that says why there is none."""
        self._look()
        if id not in self._started:
            raise EmulatorError(f'no execution was started for task "{id}": {self._why_not_started(id)}')
        return self._started[id]

    def _look(self) -> None:
        """Find the executions that are new, and the tasks that they run."""
        executions = self._emulator.executions
        for execution in executions[self._seen :]:
            if (started := _task_id(execution)) is not None:
                self._started.setdefault(started, []).append(execution)
        self._seen = len(executions)

    def _why_not_started(self, id: str) -> str:
        bus = self._emulator.bus
        for lost in reversed(bus.undelivered):
            if _detail(lost.event.get("detail")).get("webinyTaskId") == id:
                return f"the rule {lost.rule} could not deliver its event to {lost.target}: {lost.reason}"
        for entry in bus.entries:
            detail = json.loads(entry["Detail"]) if isinstance(entry["Detail"], str) else None
            if _detail(detail).get("webinyTaskId") == id:
                event = envelope(
                    entry,
                    event_id="-",
                    account=self._world.account_id,
                    region=self._world.region,
                    now=self._world.now(),
                )
                name = str(entry.get("EventBusName", "default"))
                why = bus.explain(event, name, self._world.region)
                if not why:
                    return f'its event was put on the bus "{name}", which has no enabled rule'
                lines = [f"\n    rule {rule}: {'; '.join(reasons) or 'it matched'}" for rule, reasons in why.items()]
                return f'no rule of the bus "{name}" picked up its event{"".join(lines)}'
        return "no event was put for it (Tasks.create makes a record only; Tasks.trigger also puts the event)"

    def _refused(self, payload: str) -> Answer | None:
        event = json.loads(payload)
        return self._recorder.refused(event.get("payload"), self._world.chance("invocation", FUNCTION_NAME).uuid())

    def _finish(self, id: str) -> None:
        """Let time pass until every execution of a task is over; one may be started meanwhile."""
        while running := [each for each in self._executions(id) if each.finish is None]:
            self._emulator.finish(running[0])
        self._check_calls()

    def _deliver_again(self, execution: Execution) -> None:
        """Start the machine once more with the event that started ``execution``, as EventBridge may."""
        if "id" not in execution.input:
            raise EmulatorError(
                f"execution {execution.name} was started by StartExecution, which starts nothing twice; "
                "only an EventBridge event may be delivered again"
            )
        name = f"{execution.input['id']}_{self._world.chance('delivery', execution.arn).uuid()}"
        with self._world.hold():
            self._world.start_machine(execution.state_machine.arn, execution.input_text, name)
        if current_handler_time() is not None:
            self._world.catch_up()

    def _children(self) -> Mapping[str, Sequence[Task]]:
        """Every task that another one triggered, oldest first, by the id of that one."""
        children: dict[str, list[Task]] = {}
        for task in self.list(sort="createdOn_ASC", limit=MAX_LIMIT):
            if task.parent_id is not None:
                children.setdefault(task.parent_id, []).append(task)
        return children

    # What the planning asks ----------------------------------------------------------------------------------------

    def _check_remaining(self, milliseconds: Any) -> None:
        most = round(self._timeout_seconds * 1000)
        if isinstance(milliseconds, bool) or not isinstance(milliseconds, int) or not 1 <= milliseconds <= most:
            raise ValueError(
                f"{milliseconds!r} milliseconds cannot be left: give 1 to {most:,}, the timeout of the function "
                "(bench.lambda_timeout_seconds)"
            )

    def _check_to_come(self, scope: Scope, name: str, iteration: int) -> None:
        over = 0 if scope.task_id is None else len(self._recorder.iterations(scope.task_id))
        if iteration <= over:
            raise ValueError(f"{name}(iteration={iteration}): {over} iterations of the task are over already")

    def _guarded(self, told: str, call: Callable[[], object]) -> Callable[[Any], None]:
        """``call``, whose exceptions are the test's and not the application's."""

        def act(_storage_call: Any) -> None:
            try:
                call()
            except Exception as error:
                error.add_note(f"raised by {told}")
                self._errors.append(error)

        return act

    def _check_calls(self) -> None:
        """Raise what a function given to ``at`` raised."""
        if self._errors:
            raise self._errors.pop(0)

    def _check_used(self, id: str) -> None:
        """Raise ``EmulatorError`` when something planned for the task never came."""
        count = self._recorder.begun(id)
        if told := _told(self._plans.unused(Scope(task_id=id)), f"task {id} ended after {count} iterations"):
            raise EmulatorError(told)


def _told(unused: Sequence[Plan], why: str) -> str | None:
    """What never came, and how near it was."""
    lines = []
    for plan in unused:
        near = f" and {plan.reached} of them" if plan.reached else ""
        lines.append(f"{plan.told}: {why}{near}")
    return "\n".join(lines) or None


BUILT_IN: Final = frozenset(Registry().ids())


def _code(definition: TaskDefinition) -> Any:
    """The function that a definition runs, whichever instance of its class it is."""
    return getattr(definition.run, "__func__", definition.run)


def _detail(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _task_id(execution: Execution) -> str | None:
    """The id of the background task that an execution's input, an EventBridge event, names."""
    event = execution.input
    id_ = _detail(event.get("detail")).get("webinyTaskId") if isinstance(event, dict) else None
    return id_ if isinstance(id_, str) else None
