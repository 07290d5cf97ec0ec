"""Why a stub was never called, for people: what ran instead, and the nearest name."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from asl.effects import CallTarget
from asl.problems import nearest
from emulator.execution import Execution, StateMachine
from emulator.stubs.named import Wanted, action_of, is_named, name_of, named_by, reference_of
from emulator.stubs.requested import sees_requests
from emulator.stubs.script import Script
from emulator.targets.target import TaskState

ALLOW: Final = (
    '    fix: delete it, or allow unused ones: @pytest.mark.emulator(unused_stubs="allow"), '
    'Emulator(unused_stubs="allow")'
)
_MOST: Final = 5


def why_never_called(
    key: tuple[str, str] | Wanted, machines: Sequence[StateMachine], executions: Sequence[Execution], past: int
) -> str:
    """What comes after "was never called" of a stub; ``key`` is the state and machine, or the resource, that it names.

    ``past`` is how many calls there were before the stub was made.
    """
    if past:
        return f": {'its call was' if past == 1 else f'its {past} calls were'} made before it; make it before the run"
    if not executions:
        return ": no execution was started"
    ran = list(dict.fromkeys(name for execution in executions for name in _entered(execution)))
    names = sorted({task.name for task in _named(key, machines)})
    if not names:
        what = "no Task called it" if isinstance(key, Wanted) else "no state machine has a Task of this name"
        if isinstance(key, Wanted) and key.resource is not None and sees_requests(key.resource):
            what = "no Task and no handler called it"
        return f": {what}; {_ran(ran, '' if isinstance(key, Wanted) else key[0])}"
    shown = f"state {names[0]!r}" if len(names) == 1 else f"the states {', '.join(map(repr, names[:_MOST]))}"
    if not any(name in ran for name in names):
        return f": no execution entered {shown}; {_ran(ran, names[0])}"
    return f": {shown} was entered, and made no call that it is for"


def near_unused(
    unused: Sequence[tuple[tuple[str, str] | Wanted, Script]], execution: Execution, call: CallTarget
) -> str | None:
    """The one of the stubs that were never called that is nearest to a call that nothing answers."""
    machine = execution.state_machine
    called = name_of(reference_of(call) or "")
    named: dict[str, tuple[Script, str]] = {}
    for key, script in unused:
        if not isinstance(key, Wanted):
            is_other = key[0] == call.state_name
            named[f"state {key[0]}"] = script, f"machine={machine.name!r}" if is_other else repr(call.state_name)
        elif key.action:
            named[f"action {key.action}"] = script, repr(action_of(call.resource))
        else:
            named[f"name {name_of(key.reference)}"] = script, repr(called)
    wanted = [f"state {call.state_name}", f"action {action_of(call.resource)}", f"name {called}"]
    found = next((near[0] for each in wanted if (near := nearest(each, named, 0.8))), None)
    if found is None:
        return None
    script, meant = named[found]
    place = f"{script.place}: " if script.place else ""
    return f"{place}{script.words} was never called; did you mean {meant}?"


def _named(key: tuple[str, str] | Wanted, machines: Iterable[StateMachine]) -> list[TaskState]:
    """The Tasks that a stub names."""
    tasks = [(machine, task) for machine in machines for task in machine.program.tasks]
    if isinstance(key, Wanted):
        word = key.action or name_of(key.reference)
        return [task for _, task in tasks if word in words_of(task)]
    name, of = key
    return [task for machine, task in tasks if task.name == name and (not of or is_named(machine.arn, of))]


def words_of(task: TaskState) -> Iterator[str]:
    """What a stub by resource could name to be for ``task``; empty for a name that is known only when it is called."""
    resource = task.resource
    if resource.kind != "service":
        yield name_of(resource.text)
        return
    yield action_of(resource)
    if argument := named_by(resource):
        literal = task.literal_argument(argument)
        yield "" if literal is None else name_of(literal)


def _entered(execution: Execution) -> Iterator[str]:
    """The names of the Tasks that it entered."""
    for visit in execution.tree.visits:
        if visit.type == "Task":
            yield visit.name


def _ran(names: list[str], wanted: str) -> str:
    """The Tasks that were entered, the nearest first."""
    if not names:
        return "no Task was entered"
    near = nearest(wanted, names)
    shown = [*near, *(name for name in names if name not in near)]
    more = f" and {len(shown) - _MOST} more" if len(shown) > _MOST else ""
    return f"these Tasks were entered: {', '.join(map(repr, shown[:_MOST]))}{more}"
