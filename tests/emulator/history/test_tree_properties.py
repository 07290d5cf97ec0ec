"""What the fold of a history keeps for every execution: generated machines, hostile answers, looks in between."""

from typing import Any

from hypothesis import given

from asl.decisions import Caught, Retried, Unanswered
from asl.effects import Decided, Record
from asl.errors import HEARTBEAT_TIMEOUT, TIMEOUT
from emulator.history.tree import Tree
from emulator.history.visits import Branch, Visit
from tests.asl.test_properties import EXECUTIONS, QUICK, executed

SCHEDULED = ("TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled")
STARTED = ("ParallelStateStarted", "MapStateStarted")


def told(branch: Branch) -> Any:
    """All that a tree says below ``branch``."""
    return [
        (
            visit.entered.id,
            visit.exited and visit.exited.id,
            visit.index,
            (visit.failed, visit.error, visit.cause),
            [
                (
                    attempt.begun.id,
                    attempt.ended and attempt.ended.id,
                    (attempt.failed, attempt.error, attempt.cause),
                    attempt.failed_in and attempt.failed_in.entered.id,
                    [told(inner) for inner in attempt.branches],
                )
                for attempt in visit.tries
            ],
        )
        for visit in branch.visits
    ]


def inside(branch: Branch) -> list[int]:
    """The ids of the Entered events of every visit below ``branch``."""
    ids: list[int] = []
    for visit in branch.visits:
        assert visit.branch is branch
        ids.append(visit.entered.id)
        for attempt in visit.tries:
            for inner in attempt.branches:
                assert inner.owner is visit
                ids += inside(inner)
    return ids


def around(visit: Visit) -> list[Visit]:
    """The visits in whose branches ``visit`` is, innermost first."""
    outer = visit.enclosing
    return [] if outer is None else [outer, *around(outer)]


@given(EXECUTIONS)
@QUICK
def test_read_at_once_or_record_by_record_with_looks_in_between_the_tree_is_the_same(execution: Any) -> None:
    records = executed(**execution).records
    grown: list[Record] = []
    tree = Tree()
    for record in records:
        grown.append(record)
        tree.read(grown)
        told(tree.read(grown).root)
        tree.by_name()
    whole = Tree().read(records)
    assert told(tree.root) == told(whole.root)
    assert {name: len(visits) for name, visits in tree.by_name().items()} == {
        name: len(visits) for name, visits in whole.by_name().items()
    }


@given(EXECUTIONS)
@QUICK
def test_every_entered_event_is_one_visit_and_every_exited_event_its_end(execution: Any) -> None:
    records = executed(**execution).records
    tree = Tree().read(records)
    entered = [each.id for each in records if each.type.endswith("StateEntered")]
    assert [visit.entered.id for visit in tree.visits] == entered
    assert sorted(inside(tree.root)) == entered
    exits = {visit.exited.id: visit for visit in tree.visits if visit.exited is not None}
    assert sorted(exits) == [each.id for each in records if each.type.endswith("StateExited")]
    for visit in exits.values():
        assert visit.exited is not None
        assert visit.exited.details is not None
        assert visit.exited.details["name"] == visit.name
        assert visit.exited.type == f"{visit.type}StateExited"


@given(EXECUTIONS)
@QUICK
def test_attempts_are_the_scheduled_and_started_events_of_the_visits(execution: Any) -> None:
    records = executed(**execution).records
    tree = Tree().read(records)
    begun = sorted(attempt.begun.id for visit in tree.visits for attempt in visit.tries)
    assert begun == [each.id for each in records if each.type in SCHEDULED + STARTED]
    for visit in tree.visits:
        assert visit.attempts == (len(visit.tries) if visit.type in ("Task", "Parallel", "Map") else 1)
        for attempt in visit.tries:
            assert attempt.begun.id > visit.entered.id
            assert attempt.ended is None or attempt.ended.id >= attempt.begun.id
            assert attempt.ended is not None or not attempt.failed


@given(EXECUTIONS)
@QUICK
def test_an_error_that_is_told_is_the_one_that_the_state_last_met(execution: Any) -> None:
    """The history alone has the same error as the machine's decisions, or none.

    There are three exceptions. The history does not say whether an error is that of a state or of its catcher's own
    fields; so the states around it and inside it may have either. A Parallel or Map that is aborted while it waits for
    a retry has an earlier error: no event reports the last one. A Task may be aborted between the event of its failure
    and the decision about it.
    """
    played = executed(**execution)
    met: dict[int, list[str | None]] = {}
    decided_after: dict[int, int] = {}
    caught: set[int] = set()
    last_record = 0
    for effect in played.effects:
        if isinstance(effect, Record):
            last_record = effect.id
        elif isinstance(effect, Decided) and isinstance(effect.decision, Retried | Caught | Unanswered):
            error = TIMEOUT if effect.decision.error == HEARTBEAT_TIMEOUT else effect.decision.error
            met.setdefault(effect.event_id, []).append(error)
            decided_after[effect.event_id] = last_record
            if isinstance(effect.decision, Caught):
                caught.add(effect.event_id)
    alone = Tree().read(played.records).visits
    both = Tree().read(played.records, played.decisions).visits
    for told_visit, visit in zip(alone, both, strict=True):
        id_ = visit.entered.id
        last = visit.tries[-1] if visit.tries else None
        if last is not None and last.failed and last.ended is not None and last.ended.id > decided_after.get(id_, 0):
            assert visit.type == "Task"
            assert visit.exited is None
            assert visit.error == told_visit.error == (last.ended.details or {}).get("error")
        else:
            errors = met.get(id_, [None])
            assert visit.error == errors[-1]
            near = [*around(visit), *(each for each in both if visit in around(each))]
            of_catchers = [error for each in near if each.entered.id in caught for error in met[each.entered.id]]
            assert told_visit.error in (None, *errors, *of_catchers)


@given(EXECUTIONS)
@QUICK
def test_branches_are_those_of_the_definition(execution: Any) -> None:
    """Each state stands in the branch that its definition has it in, whatever failed and was tried again."""
    tree = Tree().read(executed(**execution).records)
    outer = {
        inner.name: state.name
        for _, state in execution["program"].block.walk()
        for block in state.blocks
        for inner in block.states.values()
    }
    for visit in tree.visits:
        assert (visit.enclosing and visit.enclosing.name) == outer.get(visit.name)
