"""The machine, execution, activity or map run that an ARN in a request names, or AWS's refusal.

A request finds the resources of its own region: the ARN of another region's is that of a resource which does not exist.
"""

from emulator.aws.arns import Arn, is_arn
from emulator.execution import Execution, StateMachine
from emulator.stepfunctions.checks import checked_arn
from emulator.stepfunctions.distributed_map.map_run import MapRun
from emulator.stepfunctions.errors import aws_error
from emulator.stepfunctions.offers import Activity
from emulator.stepfunctions.service import StepFunctions


def is_here(arn: str, region: str) -> bool:
    """Whether a request to ``region`` can reach the resource of ``arn``."""
    return is_arn(arn) and Arn.parse(arn).region == region


def is_own(service: StepFunctions, arn: str) -> bool:
    """Whether the resource is of the account that asks."""
    return Arn.parse(arn).account == service.account_id


def find_machine(service: StepFunctions, arn: str, region: str) -> StateMachine:
    """The machine of ``arn``; raises ``StateMachineDoesNotExist``."""
    machine = service.store.machines.get(checked_arn(arn, "stateMachine"))
    if machine is None or not is_here(arn, region):
        raise aws_error("StateMachineDoesNotExist", arn)
    return machine


def find_active(service: StepFunctions, arn: str, region: str) -> StateMachine:
    """The machine of ``arn``; raises ``StateMachineDoesNotExist``, and ``StateMachineDeleting``."""
    machine = find_machine(service, unlabelled(arn), region)
    if machine.is_deleting:
        raise aws_error("StateMachineDeleting", arn)
    return machine


def unlabelled(arn: str) -> str:
    """The ARN of a machine; refuses, as AWS does, that of a Distributed Map, whose label follows the machine's name.

    The code is the service model's; the text is our own.
    """
    if "/" in checked_arn(arn, "stateMachine"):
        raise aws_error("ValidationException", f"This operation does not support the ARN of a Distributed Map: {arn}")
    return arn


def find_labelled_machine(service: StepFunctions, arn: str, region: str) -> StateMachine | None:
    """The machine that the children of a Distributed Map run, once any has started."""
    if "/" not in arn or not is_here(arn, region):
        return None
    runs = reversed(service.store.map_runs.list())
    return next((run.machine for run in runs if run.machine.arn == arn), None)


def find_execution(service: StepFunctions, arn: str, region: str, *, express: bool = False) -> Execution:
    """The execution of ``arn``, which may be a child of a map run; raises ``ExecutionDoesNotExist``.

    With ``express`` it may be an Express child, whose ARN has another type.
    """
    child = service.store.children.get(arn) if is_here(arn, region) else None
    if child is not None and express:
        return child
    execution = service.store.executions.get(checked_arn(arn, "execution")) or child
    if execution is None or not is_here(arn, region):
        raise aws_error("ExecutionDoesNotExist", arn)
    return execution


def find_activity(service: StepFunctions, arn: str, region: str) -> Activity:
    """The activity of ``arn``; raises ``ActivityDoesNotExist``."""
    activity = service.store.activities.get(checked_arn(arn, "activity"))
    if activity is None or not is_here(arn, region):
        raise aws_error("ActivityDoesNotExist", arn)
    return activity


def find_tagged(service: StepFunctions, arn: str, region: str) -> StateMachine | Activity:
    """The machine or activity of ``arn``; raises ``ResourceNotFound``."""
    tagged = service.store.machines.get(arn) or service.store.activities.get(arn)
    if tagged is None or not is_here(arn, region):
        raise aws_error("ResourceNotFound", arn)
    return tagged


def find_map_run(service: StepFunctions, arn: str, region: str) -> MapRun:
    """The map run of ``arn``; raises ``ResourceNotFound``."""
    run = service.store.map_runs.get(arn)
    if run is None or not is_here(arn, region):
        raise aws_error("ResourceNotFound", arn)
    return run
