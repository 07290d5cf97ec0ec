"""The target of each Task: one table, searched from the top; the first row that matches the resource wins.

``docs/supported.md`` is generated from it, and the driver calls through it. What a test has scripted comes first.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, Protocol

from asl.effects import CallTarget
from asl.resources import Resource, known_resources, parse_resource
from emulator.answers import Reply
from emulator.errors import EmulatorError, MissingHandlerError, NotEmulatedError
from emulator.execution import Execution, StateMachine
from emulator.targets.activities import Activities
from emulator.targets.api_gateway import ApiGatewayInvoke
from emulator.targets.functions import SDK_INVOKES, LambdaFunctions, LambdaInvoke, LambdaSdkCalls
from emulator.targets.http import HttpInvoke, in_time
from emulator.targets.jobs import Jobs, waits_for_job
from emulator.targets.nested import NestedExecutions
from emulator.targets.polls import ActivityPolls
from emulator.targets.services import ServiceCalls
from emulator.targets.sync_executions import SyncExecutions
from emulator.targets.target import PASSED, Parts, Scripted, Target, place


class Row(NamedTuple):
    """``answers(resource)``: whether the row covers the resource; ``shown``: how the docs write the row's resources.

    ``emulated`` is what the docs say about them. Without ``shown``, the docs list the row's resources one by one.
    """

    answers: Callable[[Resource], bool]
    target: type[Target]
    shown: str = ""
    emulated: str = "yes"


def _is(service: str, action: str) -> Callable[[Resource], bool]:
    return lambda resource: (resource.service, resource.action) == (service, action)


ROWS: Final[tuple[Row, ...]] = (
    Row(
        lambda resource: resource.kind == "lambda",
        LambdaFunctions,
        "arn:aws:lambda:<region>:<account>:function:<name>",
    ),
    Row(
        lambda resource: resource.kind == "activity",
        Activities,
        "arn:aws:states:<region>:<account>:activity:<name>",
    ),
    Row(_is("lambda", "invoke"), LambdaInvoke),
    Row(_is("states", "startExecution"), NestedExecutions),
    Row(_is("apigateway", "invoke"), ApiGatewayInvoke),
    Row(_is("http", "invoke"), HttpInvoke),
    Row(_is("aws-sdk:sfn", "getActivityTask"), ActivityPolls),
    Row(_is("aws-sdk:sfn", "startSyncExecution"), SyncExecutions),
    Row(lambda resource: resource.service == "aws-sdk:lambda" and resource.action in SDK_INVOKES, LambdaSdkCalls),
    Row(
        lambda resource: resource.service.startswith("aws-sdk:"),
        ServiceCalls,
        "arn:aws:states:::aws-sdk:<service>:<action>",
        "where moto has the service",
    ),
    Row(waits_for_job, Jobs),
    Row(lambda resource: True, ServiceCalls),
)
"""The last row rejects, by name, the optimized integrations that are not emulated."""


class TaskFaults(Protocol):
    """The faults of states' own calls that a test has planned."""

    def task(
        self, execution: Execution, call: CallTarget, ask: Callable[[], Reply | None], *, is_scripted: bool
    ) -> Reply | None:
        """The reply to a call; ``ask`` gives what it would be without a fault, perhaps one that a test has scripted."""
        ...


class TargetRegistry:
    """The targets of one emulator."""

    def __init__(self, parts: Parts) -> None:
        self._world = parts.world
        self._targets = tuple(row.target(parts) for row in ROWS)
        self._found: dict[str, tuple[Target, str | None]] = {}
        """Resource as written -> its target, and the reason if that does not support it."""
        self.scripted: Scripted | None = None
        """What a test has declared; ``None`` until it declares something."""
        self.faults: TaskFaults | None = None
        """What a test has planned; ``None`` if nothing."""
        self.emulated: dict[str, int] = {}
        """Resource as written -> how many calls its target has answered."""
        self.stubbed: dict[str, int] = {}
        """Resource as written -> how many calls a stub has answered."""

    def call(self, execution: Execution, call: CallTarget) -> Reply | None:
        """The answer to a call: a fault that a test has planned, its scripted answer, or that of the resource's target.

        Raises ``EmulatorError`` if the call cannot be answered: the machine has come to this task, and no earlier.
        """
        if self.faults is not None:
            is_scripted = self.scripted is not None and self.scripted.has_answer(execution, call)
            reply = self.faults.task(execution, call, lambda: self._call(execution, call), is_scripted=is_scripted)
        else:
            reply = self._call(execution, call)
        return in_time(reply, self._world.now()) if call.resource.service == "http" else reply

    def _call(self, execution: Execution, call: CallTarget) -> Reply | None:
        scripted = self.scripted
        text = call.resource.text
        if scripted is not None and (reply := scripted.answer(execution, call)) is not PASSED:
            self.stubbed[text] = self.stubbed.get(text, 0) + 1
            return reply
        target, why = self._find(call.resource)
        try:
            if why is not None:
                raise NotEmulatedError(f"{why} ({place(execution.state_machine, call.state_name)})")
            reply = target.call(execution, call)
            self.emulated[text] = self.emulated.get(text, 0) + 1
            return reply
        except (NotEmulatedError, MissingHandlerError) as error:
            told = "" if scripted is None else scripted.why_not(execution, call)
            lines = str(error).split("\n")
            if told:
                lines.insert(1, f"    {told}")
            else:
                near = None if scripted is None else scripted.near(execution, call)
                first = next((at for at, line in enumerate(lines) if line.startswith("    fix: ")), len(lines))
                lines[first:first] = [*([f"    {near}"] if near else []), _by_a_stub(error, call)]
            error.args = ("\n".join(lines),)
            raise

    def abandon(self, execution: Execution, call: CallTarget) -> None:
        """Tell the target that the execution no longer waits for this call."""
        if self.scripted is not None:
            self.scripted.abandon(execution, call)
        target, _ = self._find(call.resource)
        target.abandon(execution, call.token)

    def unanswerable(self, machine: StateMachine) -> Iterator[EmulatorError]:
        """An error for each task whose function is not registered or whose service is not emulated."""
        for task in machine.program.tasks:
            if self.scripted is not None and self.scripted.is_for(machine, task):
                continue
            target, why = self._find(task.resource)
            if why is not None:
                yield NotEmulatedError(f"{why} ({place(machine, task.name)})")
            elif (error := target.missing(task, machine)) is not None:
                yield error

    def _find(self, resource: Resource) -> tuple[Target, str | None]:
        found = self._found.get(resource.text)
        if found is None:
            target = next(each for row, each in zip(ROWS, self._targets, strict=True) if row.answers(resource))
            found = self._found[resource.text] = target, target.supports(resource)
        return found


def _by_a_stub(error: EmulatorError, call: CallTarget) -> str:
    """The stub that answers a call which nothing answers; of a function only by state, as ``lambda:invoke`` is all."""
    text = f"    fix: emulator.task({call.state_name!r}).returns(...) scripts its answer"
    if call.resource.kind != "service" or isinstance(error, MissingHandlerError):
        return text
    action = f"{call.resource.service}:{call.resource.action}{call.resource.pattern}"
    return f"{text}, emulator.stub({action!r}).returns(...) that of every such task"


def resources() -> Iterator[tuple[str, str]]:
    """Every resource as the docs write it, and whether it is emulated (``yes``, ``no``, or a condition)."""
    yield from ((row.shown, row.emulated) for row in ROWS if row.shown)
    for text in known_resources():
        resource = parse_resource(text)
        assert resource is not None
        row = next(row for row in ROWS if row.answers(resource))
        yield text, row.target.emulated(resource)
