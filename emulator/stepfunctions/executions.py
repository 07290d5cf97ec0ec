"""Executions: start, describe, list, stop, and their histories. ``map_runs.py`` lists those of map runs."""

from typing import Final

from asl.events import Stop
from asl.history import render
from emulator.aws.arns import Arn, region_of
from emulator.execution import Execution, StateMachine
from emulator.stepfunctions.checks import check_input, check_word, checked_name
from emulator.stepfunctions.errors import aws_error
from emulator.stepfunctions.find import find_active, find_execution, find_machine
from emulator.stepfunctions.machines import described_machine, included, label
from emulator.stepfunctions.map_runs import list_children
from emulator.stepfunctions.paging import next_token, page
from emulator.stepfunctions.service import Request, Response, StepFunctions
from emulator.stepfunctions.status import listed, redrive_status
from emulator.timeline import TimeLine

STATUSES: Final = ("SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING")


def start_execution(service: StepFunctions, request: Request, region: str) -> Response:
    """StartExecution: repeating a name and its input while the execution runs returns that execution.

    An Express machine starts another execution each time (service model, StartExecution).
    """
    machine_arn, test_case = service.split_case(request["stateMachineArn"])
    machine = find_active(service, machine_arn, region)
    text = request.get("input", "{}")
    check_input(text)
    name = checked_name(request["name"]) if "name" in request else new_name(service, machine)
    existing = named(service, machine, name)
    if existing is not None:
        if existing.status != "RUNNING" or existing.input_text != text:
            raise aws_error("ExecutionAlreadyExists", existing.arn)
        return {"executionArn": existing.arn, "startDate": existing.started_at}
    execution = begin(service, machine, text, name, trace_header=request.get("traceHeader"), test_case=test_case)
    service.world.settle()
    return {"executionArn": execution.arn, "startDate": execution.started_at}


def named(service: StepFunctions, machine: StateMachine, name: str) -> Execution | None:
    """The execution of this name; ``None`` when the name is free, as it always is for an Express machine."""
    return None if machine.type == "EXPRESS" else service.store.executions.get(_arn(machine, name))


def _arn(machine: StateMachine, name: str) -> str:
    return str(Arn.parse(machine.arn)._replace(type="execution", qualifier=name))


def _express_arn(service: StepFunctions, machine: StateMachine, name: str) -> str:
    """The ARN of an Express execution; it ends in an id of its own (recorded: ``test_express_async``)."""
    id_ = service.world.chance("express execution", machine.arn).uuid()
    return str(Arn.parse(machine.arn)._replace(type="express", qualifier=f"{name}:{id_}"))


def begin(
    service: StepFunctions,
    machine: StateMachine,
    text: str,
    name: str | None = None,
    *,
    trace_header: str | None = None,
    test_case: str | None = None,
    line: TimeLine | None = None,
    redrives: int | None = 0,
) -> Execution:
    """Start an execution with the input ``text``, which has been checked.

    ``line`` and ``redrives`` are those of ``Driver.begin``; ``test_case`` is one of a mock configuration.
    """
    for check in service.on_start:
        check(machine)
    if test_case is not None and service.check_case is not None:
        service.check_case(machine, test_case)
    name = name or new_name(service, machine)
    arn = _arn(machine, name) if machine.type == "STANDARD" else _express_arn(service, machine, name)
    execution = Execution(arn, name, machine, text, service.world.now())
    execution.trace_header, execution.test_case = trace_header, test_case
    if (calling := service.driver.calling) is not None:
        execution.parent, _ = calling
    with service.driver.timeline.beginning(f"execution of {machine.name}", execution.started_at):
        service.store.executions.put(execution)
        service.started.append(execution)
        seed = service.world.chance("execution", execution.arn, once=True).uuid()
        service.driver.begin(execution, region=region_of(machine.arn), seed=seed, line=line, redrives=redrives)
    return execution


def new_name(service: StepFunctions, machine: StateMachine) -> str:
    """A name for an execution started without one; each machine has its own stream."""
    return service.world.chance("execution name", machine.name).uuid()


def describe_execution(service: StepFunctions, request: Request, region: str) -> Response:
    """DescribeExecution."""
    execution = find_execution(service, request["executionArn"], region, express=True)
    service.world.polled([execution], request)
    described: Response = {
        "executionArn": execution.arn,
        "stateMachineArn": execution.state_machine.arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": execution.started_at,
        "input": execution.input_text,
        "inputDetails": {"included": True},
        "redriveCount": 0,
    }
    machine = service.store.machines.get(execution.state_machine.arn)
    is_deleting = machine is not None and machine.is_deleting
    status, reason = redrive_status(execution, service.world.now(), is_deleting=is_deleting)
    described["redriveStatus"] = status
    if reason is not None:
        described["redriveStatusReason"] = reason
    known = {"stopDate": execution.stopped_at, "error": execution.error, "cause": execution.cause}
    described |= {key: value for key, value in known.items() if value is not None}
    if execution.output_text is not None:
        described |= {"output": execution.output_text, "outputDetails": {"included": True}}
    if execution.trace_header is not None:
        described["traceHeader"] = execution.trace_header
    if execution.map_run_arn is not None:
        described["mapRunArn"] = execution.map_run_arn
    return included(described, request)


def describe_state_machine_for_execution(service: StepFunctions, request: Request, region: str) -> Response:
    """DescribeStateMachineForExecution: the machine as it was when the execution started."""
    execution = find_execution(service, request["executionArn"], region, express=True)
    machine = execution.state_machine
    described = {**described_machine(machine), "updateDate": machine.created_at}
    if execution.map_run_arn is not None:
        described |= {"mapRunArn": execution.map_run_arn, "label": label(machine.arn)}
    return included(described, request)


def list_executions(service: StepFunctions, request: Request, region: str) -> Response:
    """ListExecutions: newest first."""
    if ("stateMachineArn" in request) == ("mapRunArn" in request):
        raise aws_error("ValidationException", "Exactly one of stateMachineArn and mapRunArn must be specified")
    check_word(request, "statusFilter", STATUSES)
    wanted = request.get("statusFilter")
    if "mapRunArn" in request:
        return list_children(service, request, region, wanted)
    machine = find_machine(service, request["stateMachineArn"], region)
    if machine.type == "EXPRESS":
        raise aws_error("StateMachineTypeNotSupported", machine.arn)
    mine = service.store.executions.list(machine.arn)[::-1]
    service.world.polled(mine, request)
    matching = [each for each in mine if wanted in (None, each.status)]
    found, token = page(matching, request, "ListExecutions", longest_token=3096)
    return {"executions": [listed(each, each.arn, machine.arn) for each in found], **next_token(token)}


def stop_execution(service: StepFunctions, request: Request, region: str) -> Response:
    """StopExecution, done when it returns: one that has ended does not change; the response has the time it ended."""
    execution = find_execution(service, request["executionArn"], region)
    if execution.stopped_at is None:
        service.driver.stop(execution, Stop(service.world.now(), request.get("error"), request.get("cause")))
        service.world.settle()
    return {"stopDate": execution.stopped_at or service.world.now()}


def get_execution_history(service: StepFunctions, request: Request, region: str) -> Response:
    """GetExecutionHistory: oldest first, or newest first with ``reverseOrder``."""
    execution = find_execution(service, request["executionArn"], region)
    service.world.polled([execution], request)
    records = execution.records
    found, token = page(records[::-1] if request.get("reverseOrder") else records, request, "GetExecutionHistory")
    events = [render(record) for record in found]
    if not request.get("includeExecutionData", True):
        for event in events:
            for details in event.values():
                if isinstance(details, dict):
                    details.pop("input", None)
                    details.pop("output", None)
    return {"events": events, **next_token(token)}
