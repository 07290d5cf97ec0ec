"""``assert_path``: which states an execution, a branch or an item entered."""

from collections.abc import Iterable, Iterator, Sequence
from types import EllipsisType
from typing import NamedTuple

from asl.decisions import Caught, RuleChosen
from emulator.assertions.asserted import (
    WIDTH,
    Asserted,
    children,
    distributed_maps,
    find,
    holders,
    is_count,
    place,
    state_of,
    told_path,
)
from emulator.errors import EmulatorError
from emulator.history.lines import path_text
from emulator.history.visits import Branch, Visit
from emulator.history.words import cut
from emulator.wrong_types import given


def check_path(execution: Asserted, path: Sequence[str | EllipsisType], within: str | None, index: int | None) -> None:
    """``Execution.assert_path``."""
    __tracebackhide__ = True
    program = execution.state_machine.program
    _check_steps(execution, path)
    if within is None:
        if index is not None:
            raise EmulatorError(
                f"assert_path: index={index!r} is of a branch or an item, and no Parallel or Map is named\n"
                f'    fix: within="NAME", index={index!r}'
            )
        has_inner = any(name not in program.block.states for name in path if isinstance(name, str))
        visits = execution.tree.visits if has_inner else execution.tree.root.visits
        _check_visits(execution, visits, path, "the path", has_inner=has_inner)
        return
    outer = state_of(execution, within, "assert_path")
    if not outer.blocks and within not in distributed_maps(program):
        raise EmulatorError(
            f"assert_path: within={within!r} is a {outer.type} state; branches and items are those of a Parallel or Map"
        )
    if index is not None and not is_count(index):
        raise EmulatorError(f"assert_path: {given('index', index)} is not the number of a branch or an item, from 0")
    lanes = list(_lanes(execution, within))
    chosen = [lane for lane in lanes if index in (None, lane.number)]
    if not chosen:
        kind = "branch" if outer.type == "Parallel" else "item"
        number = f"{kind} {index}" if index is not None else kind
        raise AssertionError(f"{place(execution, outer)}: {within!r} began no {number}\n{told_path(execution)}")
    for lane in chosen:
        kind = "branch" if outer.type == "Parallel" else "item"
        what = f"the path of {kind} {lane.number} of {within!r}"
        _check_visits(lane.execution, lane.visits, path, what, has_inner=False)


class _Lane(NamedTuple):
    """The visits of one branch or item, in the execution that they belong to."""

    execution: Asserted
    number: int
    visits: Sequence[Visit]


def _lanes(execution: Asserted, within: str) -> Iterator[_Lane]:
    """The branches or items of each visit to the Parallel or Map, those of its last attempt."""
    for holder in holders(execution, within):
        for visit in holder.tree.by_name().get(within, ()):
            for branch in visit.branches:
                assert branch.index is not None, "a branch inside of a state has a number"
                yield _Lane(holder, branch.index, branch.visits)
        if within in holder.state_machine.program.processors:
            for child in children(holder, within):
                yield _Lane(child, child.items[-1], child.tree.root.visits)


def _check_steps(execution: Asserted, path: object) -> None:
    """Raise ``EmulatorError`` for a path that is no list of names, and for a name that no state has."""
    if isinstance(path, str) or not isinstance(path, Iterable):
        raise EmulatorError(f'assert_path: {given("path", path)} is not a list of names\n    fix: ["Charge", "Ship"]')
    for step in path:
        if step is not ...:
            state_of(execution, step, "assert_path")


def _check_visits(
    execution: Asserted, visits: Sequence[Visit], path: Sequence[str | EllipsisType], what: str, *, has_inner: bool
) -> None:
    __tracebackhide__ = True
    names = [visit.name for visit in visits]
    at, wanted = _mismatch(names, list(path))
    if at is None:
        return
    before = visits[at - 1] if at else None
    came = repr(names[at]) if at < len(names) else _nothing(execution, before)
    told = f"it begins with {came}" if before is None else f"after {before.name!r} came {came}"
    at_place, why = place(execution, None if before is None else find(execution, before.name)), ""
    if before is not None and not has_inner and at < len(names):
        at_place, why = _turn(execution, before, at_place)
    branch = Branch()
    branch.visits = list(visits)
    expected = " -> ".join("..." if step is ... else str(step) for step in path) or "no state"
    taken = " -> ".join(names) if has_inner else path_text(branch)
    raise AssertionError(
        f"{at_place}: {what} is not the expected one: {told}{why}, not {wanted}\n"
        f"    expected: {cut(expected, 4 * WIDTH)}\n    path:     {cut(taken, 4 * WIDTH)}"
    )


def _nothing(execution: Asserted, before: Visit | None) -> str:
    """Why no state came after ``before``."""
    if before is not None and before.exited is None and before.error is not None:
        return f"nothing: it failed with {before.error}"
    if execution.status in ("SUCCEEDED", "RUNNING"):
        return "the end" if execution.status == "SUCCEEDED" else "nothing yet"
    return f"nothing: the execution {execution.status}{(execution.error and f' with {execution.error}') or ''}"


def _mismatch(names: list[str], steps: list[str | EllipsisType]) -> tuple[int | None, str]:
    """The first visit that is not the expected one, and what was expected there; ``None`` if there is none.

    Each run of names between two ``...`` is found at its first place after the run before.
    """
    runs: list[list[str]] = [[]]
    for step in steps:
        if isinstance(step, str):
            runs[-1].append(step)
        else:
            runs.append([])
    at = 0
    for number, run in enumerate(runs):
        is_first, is_last = number == 0, number == len(runs) - 1
        if is_first:
            if (wrong := _first_wrong(names, run, 0)) is not None:
                return wrong, repr(run[wrong])
        elif is_last and run:
            begin = len(names) - len(run)
            if begin < at or names[begin:] != run:
                return len(names), f"{' -> '.join(run)} at the end"
        else:
            found = (i for i in range(at, len(names) - len(run) + 1) if names[i : i + len(run)] == run)
            begin = next(found, -1)
            if begin < 0:
                return len(names), " -> ".join(run)
            at = begin
        at += len(run)
    if len(runs) == 1 and len(names) > at:
        return at, "the end"
    return None, ""


def _first_wrong(names: list[str], run: list[str], at: int) -> int | None:
    return next((i for i, name in enumerate(run) if names[at + i : at + i + 1] != [name]), None)


def _turn(execution: Asserted, visit: Visit, otherwise: str) -> tuple[str, str]:
    """The place of the rule or catcher that decided what came after ``visit``, and a word about it."""
    state = find(execution, visit.name)
    of_visit = [each.decision for each in execution.decisions if each.event_id == visit.entered.id]
    decision = of_visit[-1] if of_visit else None
    if isinstance(decision, RuleChosen):
        if decision.rule is None:
            return place(execution, state, "Default"), " by its Default"
        return place(execution, state, "Choices", decision.rule), f" by rule {decision.rule} of its Choices"
    if isinstance(decision, Caught):
        where = place(execution, state, "Catch", decision.catcher)
        return where, f" by catcher {decision.catcher} for {visit.error}"
    return otherwise, ""
