"""The API of map runs: ListMapRuns, DescribeMapRun, UpdateMapRun, and the executions of a map run.

Members: service model ``stepfunctions/2016-11-23``. Recorded: ``resultsWritten`` counts every child that has
ended, whether the results are exported or not.
"""

from typing import Any, Final

from asl.events import MapRunUpdated
from emulator.stepfunctions.checks import check_range
from emulator.stepfunctions.distributed_map.map_run import Counts, MapRun
from emulator.stepfunctions.errors import aws_error
from emulator.stepfunctions.find import find_execution, find_map_run
from emulator.stepfunctions.paging import next_token, page
from emulator.stepfunctions.service import Request, Response, StepFunctions
from emulator.stepfunctions.status import listed

COMPLETED: Final = "Map Run is completed and cannot be updated"

UNLIMITED: Final = 2**31 - 1
"""``maxConcurrency`` of a run that has no limit (measured on AWS)."""


def list_map_runs(service: StepFunctions, request: Request, region: str) -> Response:
    """ListMapRuns: the map runs of an execution, newest first."""
    execution = find_execution(service, request["executionArn"], region)
    service.world.polled([execution], request)
    found, token = page(service.store.map_runs.list(execution.arn)[::-1], request, "ListMapRuns")
    return {"mapRuns": [_listed(run) for run in found], **next_token(token)}


def describe_map_run(service: StepFunctions, request: Request, region: str) -> Response:
    """DescribeMapRun."""
    run = find_map_run(service, request["mapRunArn"], region)
    service.world.polled([run.parent], request)
    stopped = {} if run.stopped_at is None else {"stopDate": run.stopped_at}
    executions, items = run.executions, run.items
    waiting = max(run.read - items.running - items.over, 0)
    return {
        "mapRunArn": run.arn,
        "executionArn": run.parent.arn,
        "status": run.status,
        "startDate": run.started_at,
        **stopped,
        "maxConcurrency": run.max_concurrency or UNLIMITED,
        "toleratedFailurePercentage": run.tolerated_failure_percentage,
        "toleratedFailureCount": run.tolerated_failure_count,
        "itemCounts": _counts(items, waiting),
        "executionCounts": _counts(executions, max(len(run.queued), executions.pending)),
        "redriveCount": 0,
    }


def update_map_run(service: StepFunctions, request: Request, region: str) -> Response:
    """UpdateMapRun: new limits from now on; a run that has ended is refused."""
    run = find_map_run(service, request["mapRunArn"], region)
    if run.status != "RUNNING":
        raise aws_error("ValidationException", COMPLETED)
    count, percentage = request.get("toleratedFailureCount"), request.get("toleratedFailurePercentage")
    concurrency = request.get("maxConcurrency")
    check_range(request, "toleratedFailureCount", 0)
    check_range(request, "maxConcurrency", 0)
    check_range(request, "toleratedFailurePercentage", 0, 100)
    run.max_concurrency = run.max_concurrency if concurrency is None else concurrency
    run.tolerated_failure_count = run.tolerated_failure_count if count is None else count
    run.tolerated_failure_percentage = run.tolerated_failure_percentage if percentage is None else percentage
    service.store.map_runs.put(run)
    service.tell(run.parent, lambda at: MapRunUpdated(at, run.opened.token, concurrency, count, percentage))
    return {}


def list_children(service: StepFunctions, request: Request, region: str, wanted: str | None) -> Response:
    """ListExecutions of a map run: newest first."""
    run = find_map_run(service, request["mapRunArn"], region)
    service.world.polled([run.parent], request)
    matching = [child for child in reversed(run.children) if wanted in (None, child.status)]
    found, token = page(matching, request, "ListExecutions", longest_token=3096)
    children = [
        {**listed(child, run.child_arn(child.name), run.machine.arn), "mapRunArn": run.arn, "itemCount": child.items}
        for child in found
    ]
    return {"executions": children, **next_token(token)}


def _listed(run: MapRun) -> dict[str, Any]:
    stopped = {} if run.stopped_at is None else {"stopDate": run.stopped_at}
    return {
        "executionArn": run.parent.arn,
        "mapRunArn": run.arn,
        "stateMachineArn": run.machine.arn,
        "startDate": run.started_at,
        **stopped,
    }


def _counts(counts: Counts, pending: int) -> dict[str, int]:
    return {
        "pending": pending,
        "running": counts.running,
        "succeeded": counts.succeeded,
        "failed": counts.failed,
        "timedOut": counts.timed_out,
        "aborted": counts.aborted,
        "total": pending + counts.running + counts.over,
        "resultsWritten": counts.over,
        "failuresNotRedrivable": 0,
        "pendingRedrive": 0,
    }
