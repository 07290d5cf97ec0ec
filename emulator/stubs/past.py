"""The calls that were made before a stub was: a stub that only looks may be made after the run.

They are read from the histories of the executions. What has no history any more, such as an item of a large Distributed
Map, is not among them.
"""

from collections.abc import Callable, Iterable, Iterator

from asl.effects import CallTarget
from asl.frames import Position
from asl.resources import Resource
from emulator.execution import Execution
from emulator.history.visits import Try, Visit
from emulator.stubs.call import TaskCall


def past_calls(executions: Iterable[Execution], is_for: Callable[[Execution, CallTarget], bool]) -> list[TaskCall]:
    """The calls that ``is_for`` holds for, oldest first."""
    found = [call for execution in executions for call in _calls(execution, is_for)]
    return sorted(found, key=lambda call: call.at)


def _calls(execution: Execution, is_for: Callable[[Execution, CallTarget], bool]) -> Iterator[TaskCall]:
    resources = {task.name: task.resource for task in execution.state_machine.program.tasks}
    numbers: dict[str, int] = {}
    for visit in execution.tree.visits:
        if visit.type != "Task" or visit.name not in resources:
            continue
        number = numbers[visit.name] = numbers.get(visit.name, 0) + 1
        for retries, try_ in enumerate(visit.tries):
            call = _call(visit, try_, resources[visit.name])
            if call is not None and is_for(execution, call):
                position = Position(visit.items, retries, visit.entered.id)
                yield TaskCall(execution, call, position, try_.began_at, number)


def _call(visit: Visit, try_: Try, resource: Resource) -> CallTarget | None:
    """The call of a try; ``None`` for one that was never scheduled."""
    details = try_.begun.details or {}
    argument = details.get("parameters" if resource.kind == "service" else "input")
    return None if argument is None else CallTarget(0, resource, argument, visit.name, None, None)
