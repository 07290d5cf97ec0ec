"""Failures of a task before it runs: which of them AWS has an event for, and which states they need to be known for.

| step | functions by ARN | activities | services |
| --- | --- | --- | --- |
| ``schedule`` | LambdaFunctionScheduleFailed | ActivityScheduleFailed | - |
| ``start`` | LambdaFunctionStartFailed | - | TaskStartFailed |
| ``submit`` | - | - | TaskSubmitFailed, of ``.sync`` and ``.waitForTaskToken`` |

Source: the types of events of GetExecutionHistory. ``lambda:invoke`` is a service.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from asl.events import CallStep
from asl.resources import Resource
from emulator.execution import Execution, StateMachine
from emulator.logical_ids import LogicalIds
from emulator.stubs.answers import Answer, Raises
from emulator.stubs.named import action_of, is_logical_id, is_named, named_by
from emulator.targets.target import TaskState

FITS: Final[Mapping[CallStep, tuple[Callable[[Resource], bool], str]]] = {
    "schedule": (lambda resource: resource.kind != "service", "a task of a function by its ARN, or of an activity"),
    "start": (lambda resource: resource.kind != "activity", "a task of a function by its ARN, or of a service"),
    "submit": (
        lambda resource: resource.kind == "service" and resource.waits,
        "a task of a service with .sync or .waitForTaskToken",
    ),
}
"""Step -> the resources whose tasks can fail at it, and their name."""
HELD: Final = ("schedule", "start")
"""The steps that come before the call: the machine has to know the states of such tasks."""


def wrong_step(resource: Resource, answer: Answer) -> str | None:
    """What is wrong with a failure before the task runs; ``None`` if nothing is."""
    if not isinstance(answer, Raises) or not answer.step or FITS[answer.step][0](resource):
        return None
    wanted = FITS[answer.step][1]
    other = next((step for step, (fits, _) in FITS.items() if fits(resource)), "start")
    return f'only {wanted} fails to {answer.step}, not "{resource.text}"\n    fix: fails_to_{other}(...)'


class Held:
    """The states of machines whose tasks may fail before they run, by the stubs that say so."""

    def __init__(self, logical_ids: LogicalIds) -> None:
        self._logical_ids = logical_ids
        self._states: list[tuple[str, str]] = []
        """Name of a state, and its machine: a name, an ARN, or empty for any."""
        self._actions: list[str] = []
        self._references: list[str] = []
        self._found: dict[str, tuple[StateMachine, frozenset[str]]] = {}

    def add(
        self, answer: Answer, *, state: tuple[str, str] | None = None, action: str = "", reference: str = ""
    ) -> bool:
        """Note a new answer; returns whether it is one of those failures."""
        if not isinstance(answer, Raises) or answer.step not in HELD:
            return False
        self._found.clear()
        if state is not None:
            self._states.append(state)
        elif action:
            self._actions.append(action)
        else:
            self._references.append(reference)
        return True

    def of(self, execution: Execution) -> frozenset[str]:
        """The states of an execution."""
        machine = execution.state_machine
        found = self._found.get(machine.arn)
        if found is None or found[0] is not machine:
            found = self._found[machine.arn] = machine, frozenset(self._names(machine.program.tasks))
        return found[1]

    def _names(self, tasks: Iterable[TaskState]) -> Iterable[str]:
        named = {name for name, _ in self._states}
        for task in tasks:
            by_action = action_of(task.resource) in self._actions
            if task.name in named or by_action or self._is_referred_to(task):
                yield task.name

    def _is_referred_to(self, task: TaskState) -> bool:
        """Whether the task calls, or may call, a function, activity or machine that has such a stub."""
        if not self._references:
            return False
        if task.resource.kind != "service":
            return self._is_one(task.resource.text)
        argument = named_by(task.resource)
        literal = task.literal_argument(argument) if argument else ""
        return literal is None or bool(literal and self._is_one(literal))

    def _is_one(self, reference: str) -> bool:
        ids = self._logical_ids
        return any(is_named(reference, each) or is_logical_id(ids, reference, each) for each in self._references)
