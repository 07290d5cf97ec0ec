"""Activities: create, describe, delete, list, and the tasks that their workers request."""

from functools import partial

from asl.effects import CallTarget
from asl.events import TaskStarted
from emulator.aws.arns import Arn, region_of
from emulator.execution import Execution
from emulator.stepfunctions.checks import checked_arn, checked_name
from emulator.stepfunctions.find import find_activity, is_here, is_own
from emulator.stepfunctions.machines import AWS_KEY
from emulator.stepfunctions.offers import Activity
from emulator.stepfunctions.paging import next_token, page
from emulator.stepfunctions.service import Request, Response, StepFunctions
from emulator.stepfunctions.tags import read_tags


def create_activity(service: StepFunctions, request: Request, region: str) -> Response:
    """CreateActivity: repeating a name returns the same activity."""
    name = checked_name(request["name"])
    arn = str(Arn.of("states", region, service.account_id, "activity", name))
    activity = service.store.activities.get(arn)
    if activity is None:
        activity = Activity(arn, name, service.world.now(), read_tags(request.get("tags", ())))
        service.store.activities.put(activity)
    return {"activityArn": arn, "creationDate": activity.created_at}


def describe_activity(service: StepFunctions, request: Request, region: str) -> Response:
    """DescribeActivity."""
    activity = find_activity(service, request["activityArn"], region)
    return {
        "activityArn": activity.arn,
        "name": activity.name,
        "creationDate": activity.created_at,
        "encryptionConfiguration": AWS_KEY,
    }


def delete_activity(service: StepFunctions, request: Request, region: str) -> Response:
    """DeleteActivity: succeeds even if it does not exist."""
    arn = checked_arn(request["activityArn"], "activity")
    if is_here(arn, region):
        service.store.activities.delete(arn)
        service.offers.forget(arn)
    return {}


def list_activities(service: StepFunctions, request: Request, region: str) -> Response:
    """ListActivities: by name."""
    own = (each for each in service.store.activities.list(region) if is_own(service, each.arn))
    here = sorted(own, key=lambda activity: activity.name)
    found, token = page(here, request, "ListActivities")
    listed = [{"activityArn": a.arn, "name": a.name, "creationDate": a.created_at} for a in found]
    return {"activities": listed, **next_token(token)}


def offer(service: StepFunctions, execution: Execution, call: CallTarget) -> None:
    """Offer the task to workers of its activity; raises ``LookupError`` for none in the execution's own region."""
    arn = call.resource.text
    if service.store.activities.get(arn) is None or not is_here(arn, region_of(execution.arn)):
        raise LookupError(arn)
    service.offers.offer(arn, execution, call)


def get_activity_task(service: StepFunctions, request: Request, region: str) -> Response:
    """GetActivityTask: the oldest waiting task, or a response without a token."""
    activity = find_activity(service, request["activityArn"], region)
    offered = service.offers.take(activity.arn)
    if offered is None:
        return {}
    execution, call = offered
    started = partial(TaskStarted, token=call.token, worker_name=request.get("workerName"))
    service.tell(execution, lambda at: started(at=at))
    return {"taskToken": call.task_token, "input": call.argument.text}
