"""Two runs compared, in words: ``run.diff(other)``.

The input, then each part of the run, the execution itself before what is inside of its states: the first state that is
another one; then of each state that both entered the same number of times its calls, output and length of time; then
the end. Values are those of ``emulator.normalised``, with all ids alike. "it" is this run, "the other" the other one.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

from asl.decisions import Caught, RuleChosen
from emulator.differences import differences
from emulator.errors import EmulatorError
from emulator.history.calls import arguments
from emulator.history.execution_data import ExecutionData
from emulator.history.visits import Branch, Visit
from emulator.history.words import cause_text, duration_text
from emulator.normalised import Normalised
from emulator.wrong_types import kind

_MOST: Final = 8
"""Differences that are told of one value."""


class Compared(ExecutionData, Protocol):
    """The parts of ``emulator.execution.Execution`` that are compared; that class describes each."""

    @property
    def children(self) -> "Sequence[Compared]": ...


def compare(one: Compared, other: object) -> str:
    """``Execution.diff``: one difference a line; empty without any."""
    if type(other) is not type(one):
        raise EmulatorError(f"diff: {kind(other)} is not an execution\n    fix: run.diff(emulator.run(...))")
    return "\n".join(_execution(one, other, ""))


def _execution(one: Compared, other: Compared, where: str) -> Iterator[str]:
    values = [Normalised(each.started_at, each.stopped_at or each.time, is_numbered=False) for each in (one, other)]
    yield from _values(f"{where}input", one.input, other.input, values)
    lanes = _lanes(one.tree.root, where), _lanes(other.tree.root, where)
    for name, branch in lanes[0].items():
        if name in lanes[1]:
            yield from _lane(name, (one, branch), (other, lanes[1][name]), values)
    for name in dict.fromkeys([*lanes[0], *lanes[1]]):
        if (name in lanes[0]) is not (name in lanes[1]):
            yield f"{name}only {'it' if name in lanes[0] else 'the other'} began this"
    for child, its in zip(one.children, other.children, strict=False):
        yield from _execution(child, its, f"{where}child {child.items[-1]}: ")
    if len(one.children) != len(other.children):
        yield f"{where}it has {len(one.children)} children, the other {len(other.children)}"
    if (one.status, one.error, one.cause) != (other.status, other.error, other.cause):
        ends = [values[n].text(_end(each)) for n, each in enumerate((one, other))]
        if ends[0] != ends[1]:
            yield f"{where}end: it {ends[0]}, the other {ends[1]}"
    yield from _values(f"{where}output", one.output, other.output, values)
    if one.elapsed != other.elapsed:
        yield f"{where}time: it took {duration_text(one.elapsed)}, the other {duration_text(other.elapsed)}"


def _lanes(branch: Branch, where: str) -> dict[str, Branch]:
    """The branch itself, and the branches and items inside of its states, each with the words for its place."""
    found = {where: branch}
    seen: dict[str, int] = {}
    for visit in branch.visits:
        seen[visit.name] = seen.get(visit.name, 0) + 1
        again = f", visit {seen[visit.name]}" if seen[visit.name] > 1 else ""
        for each in visit.branches:
            word = "item" if visit.type == "Map" else "branch"
            found.update(_lanes(each, f"{where}{visit.name}{again}, {word} {each.index}: "))
    return found


def _lane(
    where: str, mine: tuple[Compared, Branch], its: tuple[Compared, Branch], values: Sequence[Normalised]
) -> Iterator[str]:
    ours, theirs = mine[1].visits, its[1].visits
    names = [visit.name for visit in ours], [visit.name for visit in theirs]
    if names[0] != names[1]:
        at = next((n for n, pair in enumerate(zip(*names, strict=False)) if pair[0] != pair[1]), min(map(len, names)))
        told = [_step(each, at) for each in (mine, its)]
        before = f"after {ours[at - 1].name!r}" if at else "at the beginning"
        yield f"{where}path: {before} it went to {told[0]}, the other to {told[1]}"
    for name in dict.fromkeys(names[0]):
        pairs = [[visit for visit in visits if visit.name == name] for visits in (ours, theirs)]
        if pairs[1] and len(pairs[0]) != len(pairs[1]):
            yield f"{where}{name}: it was there {_times(len(pairs[0]))}, the other {_times(len(pairs[1]))}"
        elif pairs[1]:
            for number, (visit, that) in enumerate(zip(*pairs, strict=True), 1):
                again = f", visit {number}" if len(pairs[0]) > 1 else ""
                yield from _visit(f"{where}{name}{again}", visit, that, values)


def _step(side: tuple[Compared, Branch], at: int) -> str:
    """The state at a place of a path, and the rule or catcher that led there."""
    execution, visits = side[0], side[1].visits
    if at >= len(visits):
        return "its end" if execution.status != "RUNNING" else "nothing yet"
    why = ""
    if at:
        before = visits[at - 1]
        for each in execution.decisions:
            if each.event_id == before.entered.id and isinstance(each.decision, RuleChosen):
                why = " by its Default" if each.decision.rule is None else f" by rule {each.decision.rule}"
            elif each.event_id == before.entered.id and isinstance(each.decision, Caught):
                why = f" by catcher {each.decision.catcher} for {before.error}"
    return f"{visits[at].name!r}{why}"


def _visit(where: str, one: Visit, other: Visit, values: Sequence[Normalised]) -> Iterator[str]:
    if one.attempts != other.attempts:
        yield f"{where}: it was tried {_times(one.attempts)}, the other {_times(other.attempts)}"
    elif one.type == "Task":
        for number, (attempt, that) in enumerate(zip(one.tries, other.tries, strict=False), 1):
            again = f", attempt {number}" if len(one.tries) > 1 else ""
            yield from _values(f"{where}{again}: called with", arguments(one, attempt), arguments(other, that), values)
    if one.error != other.error:
        yield f"{where}: it met {one.error or 'no error'}, the other {other.error or 'no error'}"
    if one.exited is not None and other.exited is not None:
        yield from _values(f"{where}: output", one.output, other.output, values)
    took = [visit.exited_at - visit.entered_at for visit in (one, other) if visit.exited_at is not None]
    if len(took) == 2 and took[0] != took[1]:
        yield f"{where}: it took {duration_text(took[0])}, the other {duration_text(took[1])}"


def _values(where: str, one: Any, other: Any, values: Sequence[Normalised]) -> Iterator[str]:
    """The JSON paths at which two values differ, this run's first."""
    if one == other:
        return
    found = list(differences(values[0].value(one), values[1].value(other)))
    for each in found[:_MOST]:
        yield f"{where} {each.path}: {each.there or 'nothing'}, the other {each.wanted or 'nothing'}"
    if len(found) > _MOST:
        yield f"{where}: {len(found) - _MOST} more differences"


def _end(execution: Compared) -> str:
    if execution.status == "SUCCEEDED":
        return "SUCCEEDED"
    said = ": ".join(each for each in (execution.error, execution.cause and cause_text(execution.cause)) if each)
    return f"{execution.status} with {said}" if said else execution.status


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
