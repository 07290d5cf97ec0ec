"""What people are told of faults: names that nothing has, and the faults that were never used."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias

from asl.problems import nearest
from emulator.aws.arns import name_of
from emulator.faults.calls import Operations
from emulator.faults.fault import Plan, Where
from emulator.functions import Functions
from emulator.stepfunctions.store import Store


def unknown_name(where: Where, store: Store, functions: Functions) -> tuple[str, str | None] | None:
    """What a fault names that there is not, and the nearest that there is; ``None`` if there is everything."""
    machines = store.machines.list()
    known: dict[Literal["state", "machine", "function"], list[str]] = {
        "state": [state.name for each in machines for _, state in each.program.block.walk()],
        "machine": [each.name for each in machines],
        "function": [each.name for each in functions.all()],
    }
    for name, names in known.items():
        value: str | None = getattr(where, name)
        ids = [] if name == "state" else list(where.logical_ids.known(name))
        if value is not None and name_of(value) not in names and value not in ids:
            near = nearest(name_of(value), [*names, *ids])
            return f"there is no {name} {value!r}", f"{name}={near[0]!r}" if near else None
    return None


ALLOW: Final = (
    '    fix: delete it, or allow unused ones: @pytest.mark.emulator(unused_faults="allow"), '
    'Emulator(unused_faults="allow")'
)
_MOST: Final = 5
Seen: TypeAlias = Mapping[tuple[str, str], int]
"""Service (boto3's name) and operation -> how many calls were made since a fault was planned."""


def unused_lines(plans: Iterable[Plan], store: Store, functions: Functions, seen: Seen) -> list[str]:
    """A line for each fault that acted on fewer calls than planned; of one with a probability, that was never asked.

    The last line says what to do.
    """
    lines = [_line(plan, store, functions, seen) for plan in plans if _is_owed(plan)]
    return [*lines, ALLOW] if lines else []


def _is_owed(plan: Plan) -> bool:
    if plan.is_told or (plan.probability and plan.met):
        return False
    return plan.count < (1 if plan.is_stopped else plan.times or 1)


def _line(plan: Plan, store: Store, functions: Functions, seen: Seen) -> str:
    place = f"{plan.place}: " if plan.place else ""
    if plan.count:
        often = "once" if plan.count == 1 else f"{plan.count} times"
        return f"{place}{plan.words} acted {often} of {plan.times}: there were no more such calls"
    if plan.met:
        often = "1 such call was" if plan.met == 1 else f"{plan.met} such calls were"
        return f"{place}{plan.words} was never used; {often} made, and it begins with number {plan.from_call}"
    found = unknown_name(plan.where, store, functions)
    if found is None and plan.where.resource and plan.others:
        found = _other_resources(plan.where.resource, sorted(plan.others))
    if found is None:
        return f"{place}{plan.words} was never used: {_calls(plan.where.operations, seen)}"
    what, near = found
    return f"{place}{plan.words} was never used; {what}{f'. Did you mean {near}?' if near else ''}"


def _other_resources(resource: str, others: list[str]) -> tuple[str, str | None]:
    """That such calls were made, of other resources, and the nearest of these."""
    near = nearest(name_of(resource), others)
    return "such calls were made, but for other resources", f"resource={near[0]!r}" if near else None


def _calls(operations: Operations, seen: Seen) -> str:
    """The calls that were made instead, the nearest operation first."""
    same = {call: count for call, count in seen.items() if operations.hold(*call)}
    if same:
        count = sum(same.values())
        return f"{'1 call' if count == 1 else f'{count} calls'} of {operations.text} came, none of them as it says"
    made = [f"{service}:{operation}" for service, operation in seen]
    if not made:
        return "no call of a service was made"
    wanted = f"{operations.service}:{operations.names[0]}" if operations.names else operations.text
    near = nearest(wanted, made)
    shown = [*near, *(each for each in made if each not in near)]
    more = f" and {len(shown) - _MOST} more" if len(shown) > _MOST else ""
    return f"it was not called; these were: {', '.join(shown[:_MOST])}{more}"
