"""A run as a Mermaid diagram: the states that it entered, and how it went from one to the next.

A transition that was taken more than once says how often. The branches of a Parallel are drawn side by side in its
state; the items of a Map, and the children of a Distributed Map, are drawn as one.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Protocol

from asl.decisions import Caught, RuleChosen
from asl.effects import Decided, Record
from emulator.history.tree import Tree
from emulator.history.visits import Branch, Visit


class Drawn(Protocol):
    """The parts of ``emulator.execution.Execution`` that a diagram shows; that class describes each."""

    decisions: list[Decided]
    records: list[Record]
    map_run_arn: str | None

    @property
    def status(self) -> str: ...
    @property
    def error(self) -> str | None: ...
    @property
    def tree(self) -> Tree: ...
    @property
    def children(self) -> "Sequence[Drawn]": ...


def diagram(execution: Drawn) -> str:
    """A ``stateDiagram-v2``, as Mermaid reads it."""
    return "\n".join(["stateDiagram-v2", *_Diagram().lines(execution)]) + "\n"


class _Diagram:
    """The ids of states by name: names may have any characters."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def lines(self, execution: Drawn) -> Iterator[str]:
        """The states and transitions of the execution."""
        end = execution.status
        if execution.error is not None:
            end = f"{end} {execution.error}"
        yield from self._region([(execution, execution.tree.root)], 1, "" if end == "RUNNING" else end)

    def _region(self, lanes: Sequence[tuple[Drawn, Branch]], depth: int, end: str = "") -> Iterator[str]:
        """The states of branches that run the same states, each state once, then the transitions between them."""
        pad = "    " * depth
        visits: dict[str, list[tuple[Drawn, Visit]]] = {}
        for execution, branch in lanes:
            for visit in branch.visits:
                visits.setdefault(visit.name, []).append((execution, visit))
        for name, entered in visits.items():
            yield f'{pad}state "{_escaped(name)}" as {self._id(name)}'
            regions = list(_regions(entered))
            if regions:
                yield f"{pad}state {self._id(name)} {{"
                for number, region in enumerate(regions):
                    yield from ([f"{pad}    --"] if number else [])
                    yield from self._region(region, depth + 1)
                yield f"{pad}}}"
        steps: Counter[tuple[str, str, str]] = Counter()
        for execution, branch in lanes:
            steps.update(self._steps(execution, branch, end))
        for (begin, to, said), count in steps.items():
            label = " ".join([*([said] if said else []), *([f"x {count:,}"] if count > 1 else [])])
            yield f"{pad}{begin} --> {to}{f': {_escaped(label)}' if label else ''}"

    def _steps(self, execution: Drawn, branch: Branch, end: str) -> Iterator[tuple[str, str, str]]:
        """From, to, and why, for each step of a branch; ``[*]`` is its beginning and its end."""
        visits = branch.visits
        if not visits:
            return
        yield "[*]", self._id(visits[0].name), ""
        for visit, after in pairwise(visits):
            yield self._id(visit.name), self._id(after.name), _why(execution, visit)
        for visit in visits:
            yield from ((self._id(visit.name), self._id(visit.name), "retry") for _ in visit.tries[1:])
        if end or visits[-1].exited is not None:
            yield self._id(visits[-1].name), "[*]", end

    def _id(self, name: str) -> str:
        return self._ids.setdefault(name, f"s{len(self._ids) + 1}")


def _regions(entered: Iterable[tuple[Drawn, Visit]]) -> Iterator[list[tuple[Drawn, Branch]]]:
    """What is drawn inside of a state: each branch of a Parallel, or all items of a Map as one."""
    found: dict[int, list[tuple[Drawn, Branch]]] = {}
    for execution, visit in entered:
        for branch in visit.branches:
            found.setdefault(0 if visit.type == "Map" else branch.index or 0, []).append((execution, branch))
        for child in _children(execution, visit):
            found.setdefault(0, []).append((child, child.tree.root))
    yield from found.values()


def _children(execution: Drawn, visit: Visit) -> Iterator[Drawn]:
    begun = {attempt.begun.id for attempt in visit.tries[-1:]} if visit.type == "Map" and not visit.branches else set()
    for record in execution.records if begun else ():
        if record.type == "MapRunStarted" and record.previous_event_id in begun:
            arn = (record.details or {}).get("mapRunArn")
            yield from (child for child in execution.children if child.map_run_arn == arn)


def _why(execution: Drawn, visit: Visit) -> str:
    """The rule or the catcher that was chosen."""
    for each in execution.decisions:
        if each.event_id == visit.entered.id:
            if isinstance(each.decision, RuleChosen):
                return "Default" if each.decision.rule is None else f"rule {each.decision.rule}"
            if isinstance(each.decision, Caught):
                return f"catcher {each.decision.catcher} for {visit.error}"
    return ""


def _escaped(text: str) -> str:
    """Mermaid reads ``#quot;`` as a quotation mark; a semicolon, a colon or a new line would end the text."""
    named = {"#": "#35;", '"': "#quot;", ";": "#59;", ":": "#58;", "\n": " "}
    return "".join(named.get(each, each) for each in text)
