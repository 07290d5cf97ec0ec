"""The API's errors, with AWS's codes and texts (recorded: ``test_sfn_api``)."""

from typing import Final

from emulator.aws.refusals import AwsError

TEXTS: Final = {
    "InvalidArn": "Invalid Arn: '{}'",
    "InvalidName": "Invalid Name: '{}'",
    "InvalidDefinition": "Invalid State Machine Definition: '{}'",
    "InvalidLoggingConfiguration": "Invalid Logging Configuration: {}",
    "InvalidExecutionInput": "Invalid State Machine Execution Input: '{}'",
    "InvalidOutput": "Invalid Output: '{}'",
    "InvalidToken": "Invalid Token: '{}'",
    "StateMachineDoesNotExist": "State Machine Does Not Exist: '{}'",
    "StateMachineDeleting": "State Machine is being deleted: '{}'",
    "StateMachineTypeNotSupported": "This operation is not supported by this type of state machine",
    "StateMachineAlreadyExists": "State Machine Already Exists: '{}'",
    "ExecutionDoesNotExist": "Execution Does Not Exist: '{}'",
    "ExecutionAlreadyExists": "Execution Already Exists: '{}'",
    "ActivityDoesNotExist": "Activity Does Not Exist: '{}'",
    "TaskTimedOut": "Task Timed Out: '{}'",
    "MissingRequiredParameter": "{}",
    "ResourceNotFound": "Resource not found: '{}'",
    "ValidationException": "{}",
}
"""Code -> its text, with ``{}`` where AWS puts the ARN, name or reason."""


def aws_error(code: str, detail: str) -> AwsError:
    """The error ``code`` about ``detail``."""
    return AwsError(code, TEXTS[code].format(detail))
