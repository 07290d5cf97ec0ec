"""The assertions of an execution: what they check, and what they say when it is not so.

A text begins with the place of the state that it is about, ``order.asl.json:41``, then says what was expected and what
was instead. Errors of the test itself, such as a name that no state has, are ``EmulatorError``.

A state in a Distributed Map runs in the map run's children, which are executions of their own: named by the parent, it
is that of all its children.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import EllipsisType
from typing import Any, Final, NamedTuple, Protocol

from asl.decisions import Caught, RuleChosen
from asl.effects import Decided
from asl.errors import TIMEOUT
from asl.problems import join, nearest
from asl.program import Program
from asl.source import Lines
from asl.values import Payload
from emulator.differences import Contains, differences, lines_of, shown
from emulator.errors import EmulatorError
from emulator.history.lines import Told, failure_lines, path_text, summary_line
from emulator.history.visits import Branch, Try, Visit
from emulator.history.words import cause_text, cut, duration_text
from emulator.wrong_types import check_text, given

IN_CODE: Final = "definition"
"""The source of a definition that did not come from a file."""
_WIDTH: Final = 100
_MOST_CALLS: Final = 5


class State(Protocol):
    """A state of a program, as far as assertions need it."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def blocks(self) -> Sequence[object]: ...
    @property
    def pointer(self) -> str: ...
    @property
    def lines(self) -> Lines: ...


class Machine(Protocol):
    """A state machine, as far as assertions need it."""

    @property
    def name(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def program(self) -> Program: ...
    @property
    def definition(self) -> str: ...


class Asserted(Told, Protocol):
    """The parts of ``emulator.execution.Execution`` that are checked; that class describes each."""

    items: tuple[int, ...]
    decisions: list[Decided]
    stopped_at: datetime | None

    @property
    def state_machine(self) -> Machine: ...
    @property
    def output(self) -> Any: ...
    @property
    def children(self) -> "Sequence[Asserted]": ...
    @property
    def children_forgotten(self) -> int: ...


# How it ended --------------------------------------------------------------------------------------------------------


def check_succeeded(execution: Asserted, output: Any) -> None:
    """``Execution.assert_succeeded``; ``output`` is ``...`` for any."""
    __tracebackhide__ = True
    if execution.status != "SUCCEEDED":
        raise AssertionError("\n".join([_summary(execution), *failure_lines(execution)[1:]]))
    if output is not ... and (found := list(differences(execution.output, output))):
        raise AssertionError("\n".join([_at_end(execution, "the output is not the expected one"), *lines_of(found)]))


def _summary(execution: Asserted) -> str:
    """The summary's line, which has the machine's name; the place before it where the definition is a file."""
    summary = summary_line(execution)
    return summary if execution.state_machine.source == IN_CODE else _at_end(execution, summary)


def check_failed(execution: Asserted, error: Any, cause: Any) -> None:
    """``Execution.assert_failed``; ``None`` is for any error or cause."""
    __tracebackhide__ = True
    if execution.status not in ("FAILED", "TIMED_OUT"):
        with_ = "" if error is None else f" with {_expected(error)}"
        lines = [_at_end(execution, f"the execution was to fail{with_}; it is {execution.status}")]
        lines += [
            f"    state {visit.name!r} failed with {visit.error or 'an error'}, which was caught"
            for visit in execution.tree.visits
            if visit.failed and visit.exited is not None
        ][:_MOST_CALLS]
        raise AssertionError("\n".join([*lines, *failure_lines(execution)]))
    met = TIMEOUT if execution.error is None and execution.status == "TIMED_OUT" else execution.error
    if error is not None and not _is_met(met, error):
        what = f"the execution failed with {met or 'no error'}, not with {_expected(error)}"
        why = [] if execution.cause is None else [f"    cause: {cut(cause_text(execution.cause), 4 * _WIDTH)}"]
        raise AssertionError("\n".join([_at_end(execution, what), *why]))
    given_ = execution.cause
    if cause is not None and not _is_met(given_, cause) and not (given_ and _is_met(cause_text(given_), cause)):
        lines = [_at_end(execution, f"the execution failed with {met or 'no error'} and another cause")]
        told = "none" if given_ is None else cut(cause_text(given_), 4 * _WIDTH)
        raise AssertionError("\n".join([*lines, f"    cause:    {told}", f"    expected: {_expected(cause)}"]))


def _is_met(text: str | None, expected: Any) -> bool:
    if isinstance(expected, re.Pattern):
        return text is not None and expected.search(text) is not None
    return next(differences(text, expected), None) is None


def _expected(value: Any) -> str:
    if isinstance(value, re.Pattern):
        return f"a match of {value.pattern!r}"
    if isinstance(value, Contains):
        return f"a text with {shown(value.part)}"
    return value if isinstance(value, str) else repr(value)


# Which states it took ------------------------------------------------------------------------------------------------


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
    if not outer.blocks and within not in _distributed(program):
        raise EmulatorError(
            f"assert_path: within={within!r} is a {outer.type} state; branches and items are those of a Parallel or Map"
        )
    if index is not None and not _is_count(index):
        raise EmulatorError(f"assert_path: {given('index', index)} is not the number of a branch or an item, from 0")
    lanes = list(_lanes(execution, within))
    chosen = [lane for lane in lanes if index in (None, lane.number)]
    if not chosen:
        kind = "branch" if outer.type == "Parallel" else "item"
        number = f"{kind} {index}" if index is not None else kind
        raise AssertionError(f"{_place(execution, outer)}: {within!r} began no {number}\n{_told_path(execution)}")
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
    for holder in _holders(execution, within):
        for visit in holder.tree.by_name().get(within, ()):
            for branch in visit.branches:
                assert branch.index is not None, "a branch inside of a state has a number"
                yield _Lane(holder, branch.index, branch.visits)
        if within in holder.state_machine.program.processors:
            for child in _children(holder, within):
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
    if at < len(names):
        came = repr(names[at])
    else:
        ended = f"the end, {execution.status}" if execution.status != "RUNNING" else "nothing yet"
        came = ended if before is None or before.exited is not None else "no other state"
    told = f"it begins with {came}" if before is None else f"after {before.name!r} came {came}"
    place, why = _place(execution, None if before is None else _find(execution, before.name)), ""
    if before is not None and not has_inner and at < len(names):
        place, why = _turn(execution, before, place)
    branch = Branch()
    branch.visits = list(visits)
    expected = " -> ".join("..." if step is ... else str(step) for step in path) or "no state"
    taken = " -> ".join(names) if has_inner else path_text(branch)
    raise AssertionError(
        f"{place}: {what} is not the expected one: {told}{why}, not {wanted}\n"
        f"    expected: {cut(expected, 4 * _WIDTH)}\n    path:     {cut(taken, 4 * _WIDTH)}"
    )


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


def _turn(execution: Asserted, visit: Visit, place: str) -> tuple[str, str]:
    """The place of the rule or catcher that decided what came after ``visit``, and a word about it."""
    state = _find(execution, visit.name)
    of_visit = [each.decision for each in execution.decisions if each.event_id == visit.entered.id]
    decision = of_visit[-1] if of_visit else None
    if isinstance(decision, RuleChosen):
        if decision.rule is None:
            return _place(execution, state, "Default"), " by its Default"
        return _place(execution, state, "Choices", decision.rule), f" by rule {decision.rule} of its Choices"
    if isinstance(decision, Caught):
        where = _place(execution, state, "Catch", decision.catcher)
        return where, f" by catcher {decision.catcher} for {visit.error}"
    return place, ""


# What it called ------------------------------------------------------------------------------------------------------


class _Call(NamedTuple):
    """One call of a Task; ``input`` is that of ``TaskCall.input``."""

    input: Any
    items: tuple[int, ...]
    attempt: int

    def words(self) -> str:
        where = "".join(f"[{index}]" for index in self.items)
        again = f"attempt {self.attempt}, " if self.attempt > 1 else ""
        return f"    call{where}: {again}input {shown(self.input)}"


def check_called(execution: Asserted, name: str, times: int | None, input: Any) -> None:
    """``Execution.assert_called``; ``input`` is ``...`` for any."""
    __tracebackhide__ = True
    state = state_of(execution, name, "assert_called")
    if state.type != "Task":
        raise EmulatorError(
            f"assert_called: {name!r} is a {state.type} state, and only a Task calls something\n"
            f"    fix: name a Task, or use assert_path(...) or run.states[{name!r}]"
        )
    if times is not None and not _is_count(times):
        raise EmulatorError(f"assert_called: times={times!r} is not a number of calls\n    fix: times=2")
    calls = list(_calls(execution, name))
    found = [list(differences(call.input, input)) if input is not ... else [] for call in calls]
    count = sum(not each for each in found)
    if count == times if times is not None else count:
        return
    with_ = " with this input" if input is not ... else ""
    wanted = f" {_times(times)}" if times is not None else ""
    what = f"{name!r} was to be called{with_}{wanted}; it was called {_times(count)}{with_}"
    lines = [f"{_place(execution, state)}: {what}{_never_entered(execution, name) if not calls else ''}"]
    if input is not ... and calls and not count:
        nearest_ = min(range(len(calls)), key=lambda number: len(found[number]))
        number = f"the nearest of its {len(calls)} calls" if len(calls) > 1 else "its call"
        lines += [f"    {number} differs:", *(f"    {line}" for line in lines_of(found[nearest_]))]
    elif calls:
        lines += [call.words() for call in calls[:_MOST_CALLS]]
        lines += [f"    ... {len(calls) - _MOST_CALLS} more"] if len(calls) > _MOST_CALLS else []
    else:
        lines.append(_told_path(execution))
    raise AssertionError("\n".join(lines))


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _times(count: int) -> str:
    return "not at all" if count == 0 else "once" if count == 1 else f"{count} times"


def _calls(execution: Asserted, name: str) -> Iterator[_Call]:
    for holder in _holders(execution, name):
        for visit in holder.tree.by_name().get(name, ()):
            for number, attempt in enumerate(visit.tries, 1):
                yield _Call(_called_with(visit, attempt), (*holder.items, *visit.items), number)


def _called_with(visit: Visit, attempt: Try) -> Any:
    """What the function, service or worker got: of ``lambda:invoke`` the Payload, else the arguments.

    A task that was not even scheduled has no event with its arguments: its state's input.
    """
    details = attempt.begun.details or {}
    sent = details.get("parameters", details.get("input"))
    value = sent.value if isinstance(sent, Payload) else visit.input
    if details.get("resourceType") == "lambda" and isinstance(value, dict):
        return value.get("Payload")
    return value


# How long it was in a state ------------------------------------------------------------------------------------------


def check_waited(execution: Asserted, name: str, given_: timedelta | None, units: Mapping[str, float | None]) -> None:
    """``Execution.assert_waited``: the length is ``given_``, or the sum of ``units``."""
    __tracebackhide__ = True
    state = state_of(execution, name, "assert_waited")
    length = _length(given_, {unit: count for unit, count in units.items() if count is not None})
    spans = [
        (visit.entered_at, visit.exited_at or holder.stopped_at or holder.time)
        for holder in _holders(execution, name)
        for visit in holder.tree.by_name().get(name, ())
    ]
    waited = _covered(spans)
    if spans and waited == length:
        return
    if not spans:
        why, lines = f"; the execution never entered it{_never_entered(execution, name)}", [_told_path(execution)]
    else:
        why = f"; it was {_exact(waited, length)}" + (f" in {len(spans)} visits" if len(spans) > 1 else "")
        shown_ = ", ".join(_exact(end - begin, length) for begin, end in spans[:_MOST_CALLS])
        lines = [f"    visits: {shown_}{', ...' if len(spans) > _MOST_CALLS else ''}"] if len(spans) > 1 else []
    what = f"{_place(execution, state)}: {name!r} was to take {_exact(length, waited)} of virtual time{why}"
    raise AssertionError("\n".join([what, *lines]))


def _length(given_: object, units: Mapping[str, float]) -> timedelta:
    """The length of time; raises ``EmulatorError`` for none, for two, and for what is none."""
    try:
        length = timedelta(**units) if given_ is None else given_
    except (TypeError, ValueError, OverflowError):
        length = None
    if not isinstance(length, timedelta) or length < timedelta() or (given_ is None) is not bool(units):
        told = [*([] if given_ is None else [given("length", given_)]), *(f"{u}={n!r}" for u, n in units.items())]
        raise EmulatorError(
            f"assert_waited: {', '.join(told) or 'no length'} is not a length of time\n"
            "    fix: minutes=10, or timedelta(minutes=10)"
        )
    return length


def _covered(spans: Iterable[tuple[datetime, datetime]]) -> timedelta:
    """The length of time that is in at least one of the spans: visits at the same time count once."""
    total, reached = timedelta(), None
    for begin, end in sorted(spans):
        if reached is None or begin > reached:
            reached = begin
        if end > reached:
            total, reached = total + (end - reached), end
    return total


def _exact(length: timedelta, other: timedelta) -> str:
    """``1 h 30 min``; in seconds where that text is the same for both lengths."""
    text = duration_text(length)
    return text if length == other or text != duration_text(other) else f"{length.total_seconds()} s"


# The states of a machine, and those who have them --------------------------------------------------------------------


def state_of(execution: Asserted, name: object, method: str) -> State:
    """The state ``name``; raises ``EmulatorError`` with the nearest name if the machine has none."""
    check_text("state_name" if method != "assert_path" else "path", name, f'{method}("Charge")')
    found = _find(execution, str(name))
    if found is not None:
        return found
    known = [state.name for _, state in execution.state_machine.program.block.walk()]
    near = nearest(str(name), known) or [each for each in known if each.lower() == str(name).lower()]
    hint = f'Did you mean "{near[0]}"?' if near else f"It has: {', '.join(known[:10])}{' ...' if known[10:] else ''}"
    raise EmulatorError(f"{method}: {_place(execution, None)} has no state {name!r}\n    {hint}")


def _find(execution: Asserted, name: str) -> State | None:
    return next((state for _, state in execution.state_machine.program.block.walk() if state.name == name), None)


def _distributed(program: Program) -> Iterator[str]:
    """The names of its Distributed Maps, also of those in each other."""
    for name, inner in program.processors.items():
        yield name
        yield from _distributed(inner)


def _holders(execution: Asserted, name: str) -> Iterator[Asserted]:
    """The executions in which the state ``name`` runs: this one, or children of its map runs."""
    for outer, inner in execution.state_machine.program.processors.items():
        if any(state.name == name for _, state in inner.block.walk()):
            for child in _children(execution, outer):
                yield from _holders(child, name)
            return
    yield execution


def _children(execution: Asserted, outer: str) -> Iterator[Asserted]:
    """The children of the map runs of the Distributed Map ``outer``."""
    if execution.children_forgotten:
        raise EmulatorError(
            f"the histories of {execution.children_forgotten:,} children of {outer!r} are not kept any more: "
            "nothing can be said about all of them\n    fix: run fewer items, or look at run.children"
        )
    inner = execution.state_machine.program.processors[outer]
    yield from (child for child in execution.children if child.state_machine.program is inner)


def _place(execution: Asserted, state: State | None, *parts: str | int) -> str:
    """``order.asl.json:41``, the place of a state or of a part of it; of a definition in code the machine's name."""
    machine = execution.state_machine
    if machine.source == IN_CODE:
        return machine.name
    source = machine.source
    line = None if state is None else state.lines.line(join(state.pointer, *parts))
    return source if line is None else f"{source}:{line}"


def _at_end(execution: Asserted, what: str) -> str:
    """``what`` with the place of the state in which the execution ended."""
    last = execution.tree.last
    return f"{_place(execution, None if last is None else _find(execution, last.name))}: {what}"


def _never_entered(execution: Asserted, name: str) -> str:
    entered = any(name in holder.tree.by_name() for holder in _holders(execution, name))
    return " (it was entered)" if entered else ""


def _told_path(execution: Asserted) -> str:
    lines = [f"    path: {cut(path_text(execution.tree.root), 4 * _WIDTH)}"]
    if execution.status not in ("SUCCEEDED", "RUNNING"):
        said = ": ".join(each for each in (execution.error, execution.cause and cause_text(execution.cause)) if each)
        lines.append(f"    {execution.status}{said and f' with {cut(said, 2 * _WIDTH)}'}")
    return "\n".join(lines)
