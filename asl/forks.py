"""Parallel and inline Map: starting, counting and aborting branches. ``asl.frames`` draws which event follows which.

The functions return the outcome of a fork as a value, ``None`` while it is open; ``asl.machine`` acts on it.
"""

from typing import Any, TypeAlias

from asl import calls, map_run_steps
from asl.decisions import ItemsFound
from asl.effects import Decided
from asl.errors import RUNTIME, StateError
from asl.frames import Branch, Fork
from asl.limits import check_built
from asl.outcomes import Failed
from asl.run import Run
from asl.states.common import ForkBranches, ForkItems
from asl.states.task import Task
from asl.tolerance import threshold_exceeded, tolerated_failure
from asl.values import Payload

Result: TypeAlias = Payload | Failed | None
"""The outcome of a fork: its state's result or failure; ``None`` while the fork is open."""


def begin(run: Run, owner: Branch, spec: ForkBranches | ForkItems) -> Result:
    """Start the branches; a Map without items ends immediately."""
    fork = Fork(owner, spec)
    if isinstance(spec, ForkBranches):
        check_built(spec.argument, owner.state.name)
        run.record(owner, "ParallelStateStarted", None)
        owner.fork = fork
        for index, block in enumerate(spec.blocks):
            _start(run, fork, Branch(run, block, spec.argument, fork, index))
        return None
    run.record(owner, "MapStateStarted", {"length": len(spec.items)})
    run.effects.append(Decided(owner.entered_event, owner.state.name, ItemsFound(len(spec.items))))
    if spec.tolerate is not None:
        fork.tolerated = spec.tolerate()
    owner.fork = fork
    if not spec.items:
        return _succeeded(run, fork, owner.last_event)
    for _ in range(min(spec.max_concurrency, len(spec.items))):
        if failed := _start_iteration(run, fork, spec):
            return failed
    return None


def _start(run: Run, fork: Fork, branch: Branch) -> None:
    branch.last_event = fork.owner.last_event
    if fork.iterates:
        run.record(branch, "MapIterationStarted", _iteration(branch))
    fork.branches.append(branch)
    run.ready.append(("enter", branch, None))


def _start_iteration(run: Run, fork: Fork, spec: ForkItems) -> Failed | None:
    """Start the next item's iteration, after the owner's last event.

    If ItemSelector fails for the item, the Map fails, and the running iterations are aborted; a States.Runtime, which
    ends the execution, is the next event.
    """
    owner, index = fork.owner, len(fork.branches)
    item = spec.items[index]
    outer_item = owner.item
    owner.item = of_context = {"Index": index, "Value": item}
    try:
        payload = spec.select(item, index)
        if payload.value is not item:
            check_built(payload, owner.state.name)
        branch = Branch(run, spec.block, payload, fork, index)
    except StateError as error:
        cause = owner.cause_of(error)
        run.record_evaluation(owner, error, cause)
        if error.name != RUNTIME:
            abort(run, fork, owner.last_event)
        return Failed(error.name, cause)
    finally:
        owner.item = outer_item
    branch.item = of_context
    _start(run, fork, branch)
    return None


def end_branch(run: Run, branch: Branch, fork: Fork) -> Result:
    """The branch has ended; its input is now its output."""
    last = branch.last_event
    if fork.iterates:
        run.record(branch, "MapIterationSucceeded", _iteration(branch))
    return _settle(run, branch, fork, branch.input, last)


def fail_branch(run: Run, branch: Branch, fork: Fork) -> int:
    """The branch ends with an uncaught error. Returns ``failing``, the event that the next ones follow."""
    failing = branch.last_event
    run.close(branch)
    if fork.iterates:
        run.record_after(failing, "MapIterationFailed", _iteration(branch))
    if isinstance(branch.state, Task):
        run.record_after(failing, "TaskStateAborted", None)
    fork.failed += 1
    return failing


def tolerate(run: Run, branch: Branch, fork: Fork, failing: int, error: Failed) -> Result:
    """Take the error as the branch's output: the Map tolerates it."""
    failure = Payload(tolerated_failure("FAILED", error.error, error.cause))
    return _settle(run, branch, fork, failure, failing)


def break_off(run: Run, fork: Fork, failing: int, error: Failed) -> Failed:
    """An uncaught error of a branch is the error of the Parallel or Map; the other branches are aborted."""
    abort(run, fork, failing)
    fork.owner.last_event = failing
    if fork.tolerated is None:
        return error
    exceeded = threshold_exceeded()
    return Failed(exceeded.name, exceeded.cause)


def _settle(run: Run, branch: Branch, fork: Fork, output: Payload, last: int) -> Result:
    """The branch has its output; the next event follows the event ``last``."""
    fork.outputs[branch.index] = output
    fork.remaining -= 1
    if isinstance(fork.spec, ForkItems) and len(fork.branches) < len(fork.spec.items):
        fork.owner.last_event = last
        if failed := _start_iteration(run, fork, fork.spec):
            return failed
    return None if fork.remaining else _succeeded(run, fork, branch.last_event)


def _succeeded(run: Run, fork: Fork, last: int) -> Payload:
    """``Succeeded`` and ``Exited`` both follow the last event of the branch that ended last."""
    run.record_after(last, f"{fork.owner.state.type}StateSucceeded", None)
    fork.owner.last_event = last
    return fork.result


def abort(run: Run, fork: Fork, failing: int) -> None:
    """Abort the branches that have not ended."""
    for branch in fork.branches:
        if not branch.done:
            if fork.iterates:
                run.record_after(failing, "MapIterationAborted", _iteration(branch))
            _abort_branch(run, branch, failing)


def _abort_branch(run: Run, branch: Branch, failing: int) -> None:
    run.close(branch)
    if branch.call is not None:
        calls.abandon(run, branch)
    if branch.map_run is not None:
        map_run_steps.abandon(run, branch, branch.map_run)
    for kind in tuple(branch.timers):
        run.cancel_timer(branch, kind)
    if branch.fork is not None:
        abort(run, branch.fork, failing)
    if branch.entered_event and branch.state.type in ("Task", "Wait", "Parallel", "Map"):
        run.record_after(failing, f"{branch.state.type}StateAborted", None)


def _iteration(branch: Branch) -> dict[str, Any]:
    assert branch.outer is not None
    return {"name": branch.outer.owner.state.name, "index": branch.index}
