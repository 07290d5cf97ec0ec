"""Task tokens: the holder of one answers the task, or reports that work on it continues."""

from asl.events import TaskFailed, TaskHeartbeat, TaskSucceeded, Token
from asl.tokens import read_task_token
from asl.values import PAYLOAD_LIMIT
from emulator.aws.refusals import AwsError
from emulator.execution import Execution
from emulator.stepfunctions.checks import check_json, too_long
from emulator.stepfunctions.errors import aws_error
from emulator.stepfunctions.find import is_here
from emulator.stepfunctions.service import Request, Response, StepFunctions


def send_task_success(service: StepFunctions, request: Request, region: str) -> Response:
    """SendTaskSuccess: the service model bounds the characters of the output, the task itself its bytes."""
    output = request["output"]
    if len(output) > PAYLOAD_LIMIT:
        raise too_long(output, "output")
    execution, token = _find_task(service, request["taskToken"], region)
    check_json(output, "InvalidOutput", "the output", "Invalid output.")
    service.driver.close(execution, token)
    service.tell(execution, lambda at: TaskSucceeded(at, token, output))
    return {}


def send_task_failure(service: StepFunctions, request: Request, region: str) -> Response:
    """SendTaskFailure."""
    execution, token = _find_task(service, request["taskToken"], region)
    service.driver.close(execution, token)
    service.tell(execution, lambda at: TaskFailed(at, token, request.get("error"), request.get("cause")))
    return {}


def send_task_heartbeat(service: StepFunctions, request: Request, region: str) -> Response:
    """SendTaskHeartbeat."""
    execution, token = _find_task(service, request["taskToken"], region)
    service.tell(execution, lambda at: TaskHeartbeat(at, token))
    return {}


def _find_task(service: StepFunctions, text: str, region: str) -> tuple[Execution, Token]:
    found = read_task_token(text)
    if found is None or not is_here(found[0], region):
        raise _told(aws_error("InvalidToken", "Invalid token"), service, text)
    execution = service.store.executions.get(found[0]) or service.store.children.get(found[0])
    if execution is None or not service.driver.is_open(execution, found[1]):
        raise _told(aws_error("TaskTimedOut", "Provided task does not exist anymore"), service, text)
    return execution, found[1]


def _told(error: AwsError, service: StepFunctions, text: str) -> AwsError:
    from emulator.stepfunctions.token_words import about_token

    error.told = about_token(service, text)
    return error
