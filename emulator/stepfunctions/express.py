"""StartSyncExecution: an Express execution whose caller waits for its end.

Recorded: ``test_express_sync``; ``test_start_sync_execution`` (refused by a Standard machine). Prices: AWS bills the
duration in steps of 100 ms, and memory in chunks of 64 MB.
"""

from datetime import timedelta
from typing import Final, NamedTuple

from emulator.execution import Execution, StateMachine
from emulator.stepfunctions.checks import check_input, check_word, checked_name
from emulator.stepfunctions.errors import aws_error
from emulator.stepfunctions.executions import begin, new_name
from emulator.stepfunctions.find import find_active
from emulator.stepfunctions.machines import included
from emulator.stepfunctions.service import Request, Response, StepFunctions
from emulator.timeline import TimeLine

BILLED_STEP: Final = timedelta(milliseconds=100)
BILLED_MEMORY: Final = 64
"""Megabytes. AWS bills more for large inputs and many parallel steps; by which rule is not known."""


class SyncStart(NamedTuple):
    """A request to start an execution that its caller waits for, checked."""

    machine: StateMachine
    name: str
    text: str
    trace_header: str | None
    test_case: str | None = None

    def begin(self, service: StepFunctions, line: TimeLine) -> Execution:
        """Start it on ``line``; its context object has no RedriveCount (recorded: ``test_query_runtime_memory``)."""
        machine, name, text, trace, case = self
        return begin(service, machine, text, name, trace_header=trace, test_case=case, line=line, redrives=None)


def start_sync_execution(service: StepFunctions, request: Request, region: str) -> Response:
    """StartSyncExecution: the description of the execution when it has ended, in whatever way."""
    start = checked_start(service, request, region)
    execution = service.world.run_to_end(lambda line: start.begin(service, line))
    return described(execution, request)


def checked_start(service: StepFunctions, request: Request, region: str) -> SyncStart:
    """The start that ``request`` asks for; raises ``AwsError``."""
    check_word(request, "includedData", ("ALL_DATA", "METADATA_ONLY"))
    machine_arn, test_case = service.split_case(request["stateMachineArn"])
    machine = find_active(service, machine_arn, region)
    if machine.type != "EXPRESS":
        raise aws_error("StateMachineTypeNotSupported", machine.arn)
    text = request.get("input", "{}")
    check_input(text)
    name = checked_name(request["name"]) if "name" in request else new_name(service, machine)
    return SyncStart(machine, name, text, request.get("traceHeader"), test_case)


def described(execution: Execution, request: Request) -> Response:
    """The response about an execution that has ended; ``outputDetails`` is there even without an output (recorded)."""
    steps = max(1, -(-execution.elapsed // BILLED_STEP))
    known = {
        "error": execution.error,
        "cause": execution.cause,
        "output": execution.output_text,
        "traceHeader": execution.trace_header,
    }
    response: Response = {
        "executionArn": execution.arn,
        "stateMachineArn": execution.state_machine.arn,
        "name": execution.name,
        "startDate": execution.started_at,
        "stopDate": execution.stopped_at,
        "status": execution.status,
        **{key: value for key, value in known.items() if value is not None},
        "input": execution.input_text,
        "inputDetails": {"included": True},
        "outputDetails": {"included": True},
        "billingDetails": {
            "billedMemoryUsedInMB": BILLED_MEMORY,
            "billedDurationInMilliseconds": steps * (BILLED_STEP // timedelta(milliseconds=1)),
        },
    }
    return included(response, request)
