"""The task tokens of an execution, for a test that answers them: those that are open, and the next one of a state.

The executions that its tasks and handlers started, and the children of its map runs, count as its own. Nothing here
looks at all calls twice: while time passes, the driver tells of each task that begins to wait.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from asl.effects import CallTarget
from asl.events import TaskStarted, Token
from asl.problems import did_you_mean
from emulator.aws.arns import region_of
from emulator.driver import Driver
from emulator.errors import EmulatorError, StuckExecutionError
from emulator.execution import Execution, StateMachine
from emulator.history.waits import since_text, waits
from emulator.stepfunctions.offers import OfferedTasks
from emulator.stepfunctions.store import Store
from emulator.tokens import TaskToken
from emulator.world import World
from emulator.wrong_types import check_text, given


class OpenTokens:
    """The task tokens of one emulator's executions."""

    def __init__(self, world: World, driver: Driver, store: Store, offers: OfferedTasks) -> None:
        self._world = world
        self._driver = driver
        self._store = store
        self._offers = offers
        self.answered_by: Callable[[Execution, str], str | None] = lambda _execution, _state: None
        """The stub of a test that has answered a state of an execution."""

    def open(self, execution: Execution) -> Sequence[TaskToken]:
        """The tokens that a worker holds now, in the order of their calls."""
        return [
            self._token(each, call)
            for each, call in self._calls(execution)
            if call.resource.pattern in ("", ".waitForTaskToken") and each.machine.is_taken(call.token)
        ]

    def wait(self, execution: Execution, state_name: str, index: int | None) -> TaskToken:
        """The token of ``state_name``; see ``Execution.wait_for_task_token``."""
        self._check(execution, state_name, index)

        def is_meant(each: Execution, call: CallTarget) -> bool:
            return call.state_name == state_name and index in (None, _index(each, call.token))

        found = [
            pair for pair in self._calls(execution) if is_meant(*pair) and pair[0].machine.is_offered(pair[1].token)
        ]

        def told(each: Execution, token: Token) -> None:
            call = self._driver.open_calls[each.arn, token]
            if call.resource.waits and is_meant(each, call) and is_within(each, execution):
                found.append((each, call))

        if not found:
            self._driver.on_waiting.append(told)
            try:
                self._driver.timeline.run_until(lambda: bool(found) or execution.finish is not None)
            finally:
                self._driver.on_waiting.remove(told)
        if not found:
            raise self._never(execution, state_name, index)
        owner, call = found[0]
        if call.resource.kind == "activity" and not owner.machine.is_taken(call.token):
            self._offers.withdraw(owner, call.token)
            started = partial(TaskStarted, token=call.token, worker_name=None)
            self._driver.send(owner, lambda at: started(at=at), at=self._world.now())
            self._world.settle()
        return self._token(owner, call)

    def _calls(self, execution: Execution) -> Iterator[tuple[Execution, CallTarget]]:
        """The open calls that a worker has to answer, of the execution and of those within it."""
        executions = self._store.executions, self._store.children
        for (arn, _), call in list(self._driver.open_calls.items()):
            if call.resource.waits:
                found = next((each for table in executions if (each := table.get(arn)) is not None), None)
                if found is not None and found.finish is None and is_within(found, execution):
                    yield found, call

    def _token(self, execution: Execution, call: CallTarget) -> TaskToken:
        def send(operation: str, **members: Any) -> None:
            client = self._world.client("stepfunctions", region=region_of(execution.arn))
            getattr(client, operation)(**members)

        assert call.task_token is not None, "its resource waits for a worker"
        return TaskToken(
            call.task_token,
            state_name=call.state_name,
            index=_index(execution, call.token),
            arn=execution.arn,
            input=_input(call),
            send=send,
            is_open=lambda: self._driver.is_open(execution, call.token),
        )

    # What people are told --------------------------------------------------------------------------------------------

    def _check(self, execution: Execution, state_name: str, index: int | None) -> None:
        """Raise ``EmulatorError`` for a state that no machine has, and for one that never waits for a worker."""
        check_text("state_name", state_name, 'run.wait_for_task_token("Approve")')
        number: object = index
        if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 0):
            raise EmulatorError(f"{given('index', number)} is not the number of an item, 0 or more")
        own = execution.state_machine
        machines = [own, *(each for each in self._store.machines.list() if each.arn != own.arn)]
        tasks = [task for each in machines for task in each.program.tasks]
        waiting = [task.name for task in tasks if task.resource.waits]
        if state_name in waiting:
            return
        types = {state.name: state.type for each in machines for _, state in each.program.block.walk()}
        if state_name not in types:
            hint = did_you_mean(state_name, types)
            if hint is None:
                hint = f"{own.source} has: {_listed(own)}"
            raise EmulatorError(f"wait_for_task_token: no state machine has a state {state_name!r}\n    {hint}")
        called = [task.resource.text for task in tasks if task.name == state_name]
        what = f"a Task of {called[0]}" if called else f"a {types[state_name]} state"
        there = f"; these wait for a worker: {', '.join(dict.fromkeys(waiting))}" if waiting else ""
        raise EmulatorError(
            f"wait_for_task_token: {state_name!r} is {what}, and never gets a task token{there}\n"
            "    fix: name a Task of an activity, or one whose Resource ends in .waitForTaskToken"
        )

    def _never(self, execution: Execution, state_name: str, index: int | None) -> EmulatorError:
        """The error when the state did not come to wait."""
        where = state_name if index is None else f"{state_name} with index {index}"
        if execution.finish is not None:
            came = f"it ended {execution.status}"
            if execution.error is not None:
                came += f" with {execution.error}" + (f": {execution.cause}" if execution.cause else "")
            path = execution.path
            gone = " -> ".join(path[-8:])
            lines = [f"wait_for_task_token: execution {execution.name} did not come to wait in {where}: {came}"]
            lines.append(f"    states: {'... ' if len(path) > 8 else ''}{gone}")
            if (stub := self.answered_by(execution, state_name)) is not None:
                lines.append(f"    {stub} answered {state_name}, so that it did not wait")
                lines.append("    fix: use .never() for the answer by the token, or delete the stub")
            return EmulatorError("\n".join(lines))
        lines = [f"wait_for_task_token: execution {execution.name} does not come to wait in {where}:"]
        for each in waits(execution):
            lines.append(
                f"    {each.state}: waits for {each.what}, {since_text(each, execution.time)}".removesuffix(", ")
            )
        opened = [
            f"{token.state_name}" + ("" if token.index is None else f" (index {token.index})")
            for token in self.open(execution)
        ]
        if opened:
            lines.append(f"    open tokens: {', '.join(opened[:10])}{' ...' if len(opened) > 10 else ''}")
        return StuckExecutionError("\n".join(lines))


def _listed(machine: StateMachine) -> str:
    names = [state.name for _, state in machine.program.block.walk()]
    return ", ".join(names[:10]) + (" ..." if len(names) > 10 else "")


def is_within(execution: Execution, outer: Execution) -> bool:
    """Whether it is ``outer``, or was started in it."""
    each: Execution | None = execution
    while each is not None and each is not outer:
        each = each.parent
    return each is outer


def _index(execution: Execution, token: Token) -> int | None:
    """The number of the Map's item: of the inline Map around the call, else of the child of a map run."""
    position = execution.machine.position(token)
    items = (*execution.items, *(() if position is None else position.items))
    return items[-1] if items else None


def _input(call: CallTarget) -> Any:
    """What the worker gets: of ``lambda:invoke`` the Payload, else the Parameters or Arguments."""
    argument = call.argument.value
    return argument.get("Payload") if call.resource.service == "lambda" and isinstance(argument, dict) else argument
