"""The one reader of a history: a fold over its records, from the flat list to a tree.

A record names the event that it follows (``previous_event_id``), and this gives its place in the tree: a visit, the
beginning of a branch or item, or the beginning of a Parallel's attempt, where all its branches begin. The fold keeps
the place of every event, so each read takes in only the new records.

A history does not state three things directly:

- A Parallel or Map that is tried again has no event for the attempt that failed: the next ``...StateStarted`` follows
  the last event of the failing branch. That event is inside the Parallel or Map, so the reader searches outwards for
  its owner.
- ``EvaluationFailed`` follows the event before the state, but names the state.
- Only the end of the execution reports the error of a Fail state in a branch; the machine's decisions report it too.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from asl.decisions import Caught, Retried, RuleChosen, Unanswered
from asl.effects import Decided, Record
from asl.errors import EXCEED_TOLERATED_FAILURE_THRESHOLD
from asl.tolerance import threshold_exceeded
from emulator.history.visits import Branch, Try, Visit

Place: TypeAlias = Visit | Branch | Try
"""The place of an event: a visit, the beginning of a branch, or the beginning of an attempt's branches."""


class Tree:
    """An execution's visits, as far as its records have been read."""

    def __init__(self) -> None:
        self.root = Branch()
        self.visits: list[Visit] = []
        """Every visit, in the order of entry."""
        self.last: Visit | None = None
        """The visit most recently entered or left."""
        self.ended: Record | None = None
        """The record of the execution's end."""
        self._places: list[Place] = [self.root]
        self._records: Sequence[Record] = ()
        self._named: dict[str, list[Visit]] = {}
        self._named_count = 0
        self._decisions = 0

    def read(self, records: Sequence[Record], decisions: Sequence[Decided] = ()) -> "Tree":
        """Itself, updated; ``records`` and ``decisions`` are all those of one execution, from the first."""
        places, visits = self._places, self.visits
        if len(records) < len(places) and len(decisions) == self._decisions:
            return self
        self._records = records
        put, add, last, root = places.append, visits.append, self.last, self.root
        for record in records[len(places) - 1 :]:
            before, kind = places[record.previous_event_id], record.type
            if kind in ENTERED:
                visit = Visit()
                visit.entered = record
                visit.branch = branch = before.branch if before.__class__ is Visit else _branch(before)
                branch.visits.append(visit)
                add(visit)
                put(visit)
                last = visit
            elif kind in EXITED:
                if before.__class__ is Visit and before.exited is None and before.branch is root:
                    visit = before  # no other visit can be open at the top level, so names need not be compared
                else:
                    visit = _outwards(before, record.details["name"])  # type: ignore[index]
                visit.exited = record
                put(visit)
                last = visit
            elif (take := _TAKE.get(kind)) is not None:
                put(take(self, before, record))
            else:
                put(before)
        self.last = last
        for event_id, _, decision in decisions[self._decisions :]:
            if decision.__class__ is not RuleChosen and isinstance(decision, Retried | Caught | Unanswered):
                place = places[event_id]
                assert isinstance(place, Visit), "a decision names the event of entering its state"
                place.decisions = (*place.decisions, decision)
        self._decisions = len(decisions)
        return self

    def by_name(self) -> Mapping[str, Sequence[Visit]]:
        """State name -> its visits, for every state that was entered."""
        named = self._named
        for visit in self.visits[self._named_count :]:
            name = visit.entered.details["name"]  # type: ignore[index]
            if name in named:
                named[name].append(visit)
            else:
                named[name] = [visit]
        self._named_count = len(self.visits)
        return named

    # What a record means ---------------------------------------------------------------------------------------------
    #
    # Each method takes a record in and returns its place.

    def _call_began(self, before: Place, record: Record) -> Place:
        assert isinstance(before, Visit), "a call follows its own visit's events"
        before.tries = (*before.tries, Try(before, record))
        return before

    def _call_succeeded(self, before: Place, record: Record) -> Place:
        assert isinstance(before, Visit), "a call follows its own visit's events"
        before.tries[-1].ended = record
        return before

    def _call_never_ran(self, before: Place, record: Record) -> Place:
        """A task that was not even scheduled: the attempt is this event alone."""
        return self._call_failed(self._call_began(before, record), record)

    def _call_failed(self, before: Place, record: Record) -> Place:
        assert isinstance(before, Visit), "a call follows its own visit's events"
        details = record.details or {}
        _fail(before, record, details.get("error"), details.get("cause"))
        return before

    def _started(self, before: Place, record: Record) -> Place:
        """A Parallel or Map begins an attempt, the first one or a retry."""
        visit = _owner(before, record, "StateStarted")
        self._fail_from_inside(visit, before, record)
        began = Try(visit, record)
        visit.tries = (*visit.tries, began)
        return began if record.type == "ParallelStateStarted" else visit

    def _succeeded(self, before: Place, record: Record) -> Place:
        _owner(before, record, "StateSucceeded").tries[-1].ended = record
        return before

    def _failed(self, before: Place, record: Record) -> Place:
        visit = _owner(before, record, "StateFailed")
        self._fail_from_inside(visit, before, record)
        visit.told_failed = True
        return visit

    def _item_began(self, before: Place, record: Record) -> Place:
        details = record.details or {}
        return _begin(_outwards(before, details["name"]).tries[-1], details["index"])

    def _item_failed(self, before: Place, record: Record) -> Place:
        _outwards(before, (record.details or {})["name"]).tries[-1].items_failed += 1
        return before

    def _evaluation_failed(self, before: Place, record: Record) -> Place:
        details = record.details or {}
        branches = before.branches if isinstance(before, Try) else [_branch(before)]
        visit = next(branch.visits[-1] for branch in branches if branch.visits[-1].name == details["state"])
        error, cause = details.get("error"), details.get("cause")
        if visit.tries and not visit.tries[-1].failed:
            _fail(visit, record, error, cause)
        visit.told_error, visit.told_cause = error, cause
        return visit

    def _execution_failed(self, before: Place, record: Record) -> Place:
        """The error belongs to the state where it ended, and to the states inside whose error no event reports."""
        self.ended = record
        details = record.details or {}
        error, cause = details.get("error"), details.get("cause")
        visit = before.visit if isinstance(before, Try) else before
        if not isinstance(visit, Visit) or visit.exited is not None:
            return before
        visit.told_failed, visit.told_error, visit.told_cause = True, error, cause
        while visit.type != "Task" and visit.tries and (failed := visit.tries[-1]).failed:
            known = failed.told_error
            failed.told_error, failed.told_cause = error, cause
            inner = failed.failed_in
            if inner is None or known is not None or error == EXCEED_TOLERATED_FAILURE_THRESHOLD:
                break
            visit = inner
            visit.told_error, visit.told_cause = error, cause
        return before

    def _execution_ended(self, before: Place, record: Record) -> Place:
        self.ended = record
        return before

    def _fail_from_inside(self, visit: Visit, before: Place, record: Record) -> None:
        """Mark the last attempt of a Parallel or Map as failed with the event before ``record``, unless it is."""
        if not visit.tries or visit.tries[-1].failed:
            return
        last = visit.tries[-1]
        innermost = next(iter(_around(before)))
        inner = innermost if innermost is not visit and last.ended is None else None
        error, cause = (None, None) if inner is None else (inner.told_error, inner.told_cause)
        if last.items_failed > 1:
            exceeded = threshold_exceeded()
            error, cause = exceeded.name, exceeded.cause
        if inner is not None:
            inner.told_failed = True
        last.failed_in = inner
        _fail(visit, self._records[record.previous_event_id - 1], error, cause)


def _fail(visit: Visit, record: Record, error: str | None, cause: str | None) -> None:
    """Mark the last attempt as failed, with ``record`` unless it had ended before."""
    last = visit.tries[-1]
    last.ended = last.ended or record
    last.failed = True
    last.told_error, last.told_cause = visit.told_error, visit.told_cause = error, cause


def _branch(place: Place) -> Branch:
    """The branch that continues at ``place``: a new one where branches begin."""
    if isinstance(place, Visit):
        return place.branch
    if isinstance(place, Branch):
        return place
    return _begin(place, len(place.branches))


def _begin(within: Try, index: int) -> Branch:
    branch = Branch(within, index)
    if not isinstance(within.branches, list):
        within.branches = []
    within.branches.append(branch)
    return branch


def _around(place: Place) -> Iterable[Visit]:
    """The visits around ``place`` that have not been left, from the innermost."""
    visit = place if isinstance(place, Visit) else place.visit if isinstance(place, Try) else place.owner
    while visit is not None:
        if visit.exited is None:
            yield visit
        visit = visit.branch.owner


def _outwards(place: Place, name: str) -> Visit:
    """The visit around ``place`` of the state ``name``."""
    if isinstance(place, Visit) and place.exited is None and place.name == name:
        return place
    return next(visit for visit in _around(place) if visit.name == name)


def _owner(place: Place, record: Record, suffix: str) -> Visit:
    """The Parallel or Map around ``place`` that ``record`` is about: ``ParallelStateStarted``, ``MapStateFailed``...

    It is the innermost that has not failed for good. One whose work never began, or had succeeded, failed in its own
    fields, which no event reports: the record is then about the next one outwards, if there is one.
    """
    type_ = record.type.removesuffix(suffix)
    found = [visit for visit in _around(place) if visit.type == type_ and not visit.told_failed]
    if suffix == "StateStarted" and record.id == found[0].entered.id + 1:
        return found[0]
    return next((visit for visit in found if _is_tried(visit)), found[0])


def _is_tried(visit: Visit) -> bool:
    """Whether an attempt is in progress, or its failure was reported by an event."""
    return visit.told_error is not None or bool(
        visit.tries and (visit.tries[-1].failed or visit.tries[-1].ended is None)
    )


_TYPES: Final = ("Task", "Parallel", "Map", "Pass", "Choice", "Wait", "Succeed", "Fail")
ENTERED: Final = frozenset(f"{type_}StateEntered" for type_ in _TYPES)
EXITED: Final = frozenset(f"{type_}StateExited" for type_ in _TYPES)
"""The types of the events of entering and leaving a state."""

_TAKE: Final[Mapping[str, Callable[[Tree, Place, Record], Place]]] = {
    **{f"{family}Scheduled": Tree._call_began for family in ("Task", "LambdaFunction", "Activity")},
    **{f"{family}Succeeded": Tree._call_succeeded for family in ("Task", "LambdaFunction", "Activity")},
    **{f"{family}Failed": Tree._call_failed for family in ("Task", "LambdaFunction", "Activity", "MapRun")},
    **dict.fromkeys(("LambdaFunctionScheduleFailed", "ActivityScheduleFailed"), Tree._call_never_ran),
    **dict.fromkeys(("LambdaFunctionStartFailed", "TaskStartFailed", "TaskSubmitFailed"), Tree._call_failed),
    **{f"{family}TimedOut": Tree._call_failed for family in ("Task", "LambdaFunction", "Activity")},
    **{f"{type_}StateStarted": Tree._started for type_ in ("Parallel", "Map")},
    **{f"{type_}StateSucceeded": Tree._succeeded for type_ in ("Parallel", "Map")},
    **{f"{type_}StateFailed": Tree._failed for type_ in ("Parallel", "Map")},
    "MapIterationStarted": Tree._item_began,
    "MapIterationFailed": Tree._item_failed,
    "EvaluationFailed": Tree._evaluation_failed,
    "ExecutionFailed": Tree._execution_failed,
    "ExecutionSucceeded": Tree._execution_ended,
    "ExecutionAborted": Tree._execution_ended,
    "ExecutionTimedOut": Tree._execution_ended,
}
"""Type of an event -> the method that takes it in; other events change nothing in the tree."""
