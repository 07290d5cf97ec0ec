"""The map run of a Distributed Map inside its parent's execution: opening it, passing it events, abandoning it.

The run itself is ``asl.map_run``. The functions return its outcome as a value; ``asl.machine`` acts on it.
"""

from asl.chance import Chance
from asl.decisions import ItemsFound
from asl.effects import CloseMapRun, Decided
from asl.errors import RUNTIME, StateError
from asl.events import MapRunEvent
from asl.frames import Branch, Waiting
from asl.map_run import Identity, MapRunState, read_limits
from asl.outcomes import Distribute, Failed
from asl.run import Run, present
from asl.values import Payload


def begin(run: Run, owner: Branch, spec: Distribute) -> Payload | Failed | None:
    """Begin a map run; its fields are read between MapStateStarted and MapRunStarted."""
    run.record(owner, "MapStateStarted", {"length": len(spec.items or ())})
    limits = read_limits(owner, spec)
    machine_arn = run.state_machine_arn
    label = spec.distribution.label or Chance(f"{machine_arn}/{owner.state.name}").uuid()
    arn = f"{machine_arn.replace(':stateMachine:', ':mapRun:')}/{label}:{run.chance.uuid()}"
    token = run.new_token()
    owner.map_run = map_run = MapRunState(owner, spec, Identity(token, arn, label), limits)
    run.waiting[token] = Waiting("map run", owner)
    run.record(owner, "MapRunStarted", {"mapRunArn": arn})
    map_run.started_event = owner.last_event
    run.effects += map_run.open()
    return _conclude(run, owner, map_run)


def receive(run: Run, owner: Branch, map_run: MapRunState, event: MapRunEvent) -> Payload | Failed | None:
    """The map run's outcome after ``event``; ``None`` while it is open."""
    run.effects += map_run.receive(event)
    return _conclude(run, owner, map_run)


def _conclude(run: Run, owner: Branch, map_run: MapRunState) -> Payload | Failed | None:
    """Close the run once it has its verdict; on AWS, Exited follows MapRunStarted.

    A States.Runtime ends the execution and is the next event, as in an inline Map.
    """
    verdict = map_run.verdict
    if verdict is None:
        return None
    if map_run.items_known is not None:
        run.effects.append(Decided(owner.entered_event, owner.state.name, ItemsFound(map_run.items_known)))
    del run.waiting[map_run.identity.token]
    owner.map_run = None
    if isinstance(verdict, StateError):
        cause = owner.cause_of(verdict)
        if verdict.name != RUNTIME:
            run.record(owner, "MapRunFailed", present(error=verdict.name, cause=cause))
        return Failed(verdict.name, cause)
    run.record(owner, "MapRunSucceeded", None)
    run.record(owner, "MapStateSucceeded", None)
    owner.last_event = map_run.started_event
    return verdict


def abandon(run: Run, owner: Branch, map_run: MapRunState) -> None:
    """Abandon the map run of a branch that is being aborted."""
    token = map_run.identity.token
    run.effects.append(CloseMapRun(token, "ABORTED"))
    run.record_after(map_run.started_event, "MapRunAborted", None)
    del run.waiting[token]
    owner.map_run = None


def record_aborts(run: Run) -> None:
    """Record the map runs as aborted, because the execution is being stopped."""
    for kind, branch, _, _ in run.waiting.values():
        if kind == "map run" and branch.map_run is not None:
            run.record_end("MapRunAborted", branch.map_run.started_event, None)
