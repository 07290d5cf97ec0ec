"""A run as text that is the same for each run that does the same: ``run.snapshot()``.

It has the input; each state that was entered, with its calls, attempts, decisions, assigned variables and output; what
is inside of a Parallel or Map, indented; and the end. One fact is one line, so that a diff shows what has changed.
Values are those of ``emulator.normalised``. A state without an output passed its input on.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import zip_longest
from typing import Any, Final, Protocol

from asl.decisions import Caught, Retried, RuleChosen
from asl.effects import Decided, Record
from asl.problems import did_you_mean
from emulator.errors import EmulatorError
from emulator.history.calls import arguments, called
from emulator.history.execution_data import ExecutionData
from emulator.history.lines import label
from emulator.history.visits import Branch, Try, Visit
from emulator.history.words import cause_text, duration_text
from emulator.mermaid import diagram
from emulator.normalised import Normalised

_WIDTH: Final = 100


class Named(Protocol):
    """A state machine, as far as snapshots need it."""

    @property
    def name(self) -> str: ...


class Pictured(ExecutionData, Protocol):
    """The parts of ``emulator.execution.Execution`` that a snapshot shows; that class describes each."""

    map_run_arn: str | None
    records: list[Record]

    @property
    def state_machine(self) -> Named: ...
    @property
    def children(self) -> "Sequence[Pictured]": ...
    @property
    def children_forgotten(self) -> int: ...


def snapshot(execution: Pictured, format: str) -> str:
    """``Execution.snapshot``."""
    if format not in _FORMATS:
        near, names = did_you_mean(format, _FORMATS), ", ".join(_FORMATS)
        raise EmulatorError(f"snapshot: there is no format {format!r}\n    {near or 'There are: ' + names}")
    return _FORMATS[format](execution)


def snapshot_text(execution: Pictured) -> str:
    """The run as text."""
    normalised = Normalised(execution.started_at, execution.stopped_at or execution.time)
    return "\n".join(_Text(execution, normalised).lines(f"run of {execution.state_machine.name}")) + "\n"


_FORMATS: Final[Mapping[str, Callable[[Pictured], str]]] = {"text": snapshot_text, "mermaid": diagram}


class _Text:
    """The lines of one execution."""

    def __init__(self, execution: Pictured, normalised: Normalised) -> None:
        self._execution = execution
        self._values = normalised
        self._decisions: dict[int, list[Decided]] = {}
        for each in execution.decisions:
            self._decisions.setdefault(each.event_id, []).append(each)
        self._children = list(execution.children)

    def lines(self, title: str) -> Iterator[str]:
        """The execution, from its title to its end."""
        execution = self._execution
        took = f", {duration_text(execution.elapsed)}" if execution.elapsed else ""
        yield f"{title}: {execution.status}{took}"
        yield from self._valued("input", execution.input, 0)
        yield from self._branch(execution.tree.root, 0)
        if execution.children_forgotten:
            yield f"{execution.children_forgotten} more children, which are not kept"
        if execution.status == "SUCCEEDED":
            yield from self._valued("output", execution.output, 0)
        elif execution.status != "RUNNING":
            yield self._values.text(f"{execution.status}: {failure(execution.error, execution.cause)}")

    def _branch(self, branch: Branch, depth: int) -> Iterator[str]:
        for visit, after in zip_longest(branch.visits, branch.visits[1:]):
            yield from self._visit(visit, after, depth)

    def _visit(self, visit: Visit, after: Visit | None, depth: int) -> Iterator[str]:
        pad = "  " * (depth + 1)
        took = timedelta() if visit.exited_at is None else visit.exited_at - visit.entered_at
        left = "" if visit.exited is not None or visit.failed else ", not left"
        yield f"{'  ' * depth}{visit.name} ({visit.type}{f', {duration_text(took)}' if took else ''}{left})"
        decided = [each.decision for each in self._decisions.get(visit.entered.id, ())]
        answers = iter([each for each in decided if not isinstance(each, RuleChosen)])
        for number, attempt in enumerate(visit.tries, 1):
            yield from self._attempt(visit, attempt, number, depth + 1)
            if attempt.failed and isinstance(answer := next(answers, None), Retried):
                yield f"{pad}retrier {answer.retrier}, retry {answer.retry} after {duration_text(answer.delay)}"
        yield from self._inside(visit, depth + 1)
        for each in decided:
            if isinstance(each, RuleChosen):
                rule = "Default" if each.rule is None else f"rule {each.rule}"
                yield f"{pad}{rule}{f' -> {after.name}' if after else ''}"
            elif isinstance(each, Caught):
                yield f"{pad}catcher {each.catcher} for {visit.error}{f' -> {after.name}' if after else ''}"
        if visit.assigned:
            yield from self._valued("assign", visit.assigned, depth + 1)
        if visit.output_text is not None and visit.output != visit.input:
            yield from self._valued("output", visit.output, depth + 1)

    def _attempt(self, visit: Visit, attempt: Try, number: int, depth: int) -> Iterator[str]:
        label = f"attempt {number}" if len(visit.tries) > 1 else "call"
        if visit.type == "Task":
            yield from self._valued(f"{label} {called(attempt)}".rstrip(), arguments(visit, attempt), depth)
        elif len(visit.tries) > 1:
            yield f"{'  ' * depth}{label}"
        if attempt.failed:
            yield self._values.text(f"{'  ' * depth}failed: {failure(attempt.error, attempt.cause)}")

    def _inside(self, visit: Visit, depth: int) -> Iterator[str]:
        """The branches or items of the last attempt; of a Distributed Map, its children."""
        pad = "  " * depth
        for branch in visit.branches:
            yield f"{pad}{label(branch)}"
            if branch.visits and visit.type == "Map":
                yield from self._valued("input", branch.visits[0].input, depth + 1)
            yield from self._branch(branch, depth + 1)
        if self._children and visit.type == "Map" and visit.tries:
            for child in self._children_of(visit.tries[-1]):
                title, *lines = _Text(child, self._values).lines(f"child {child.items[-1]}")
                yield from (f"{pad}{title}", *(f"{pad}  {line}" for line in lines))

    def _children_of(self, attempt: Try) -> list[Pictured]:
        """The children of the map run of an attempt of a Distributed Map."""
        records = self._execution.records
        runs = [each for each in records if each.type == "MapRunStarted" and each.previous_event_id == attempt.begun.id]
        arns = [(each.details or {}).get("mapRunArn") for each in runs]
        return [child for child in self._children if child.map_run_arn in arns]

    def _valued(self, label: str, value: Any, depth: int) -> Iterator[str]:
        """``label: value`` on one line, or the value's own lines below the label where it is long."""
        pad = "  " * depth
        line = f"{pad}{label}: {self._values.json(value)}"
        if len(line) <= _WIDTH or not isinstance(value, dict | list):
            yield line
            return
        yield f"{pad}{label}:"
        text = json.dumps(self._values.value(value), ensure_ascii=False, indent=2)
        yield from (f"{pad}  {each}" for each in text.splitlines())


def failure(error: str | None, cause: str | None) -> str:
    """``Card.Declined: no money``, whichever exist."""
    return ": ".join(each for each in (error, cause and cause_text(cause)) if each) or "without a name"
