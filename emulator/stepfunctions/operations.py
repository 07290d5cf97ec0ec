"""The operations of the service model ``stepfunctions/2016-11-23``: the function and the request members of each."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from emulator.stepfunctions import activities, executions, express, machines, map_runs, tags, tokens, validate
from emulator.stepfunctions.service import Request, Response, StepFunctions

OperationFunction: TypeAlias = Callable[[StepFunctions, Request, str], Response]


class Operation(NamedTuple):
    """``answer(service, request, region)``. A member that neither of the other two fields lists is refused, by name."""

    answer: OperationFunction
    members: frozenset[str] = frozenset()
    unchanged: Mapping[str, Any] = MappingProxyType({})
    """Members accepted only with one value, which changes nothing; and that value."""


def _row(
    answer: OperationFunction, members: str = "", unchanged: Mapping[str, Any] = MappingProxyType({})
) -> Operation:
    return Operation(answer, frozenset(members.split()), unchanged)


_UNPUBLISHED: Final[Mapping[str, Any]] = {"publish": False}

OPERATIONS: Final[Mapping[str, Operation]] = {
    "CreateStateMachine": _row(
        machines.create_state_machine,
        "name definition roleArn type loggingConfiguration tags tracingConfiguration",
        _UNPUBLISHED,
    ),
    "DescribeStateMachine": _row(machines.describe_state_machine, "stateMachineArn includedData"),
    "UpdateStateMachine": _row(
        machines.update_state_machine,
        "stateMachineArn definition roleArn loggingConfiguration tracingConfiguration",
        _UNPUBLISHED,
    ),
    "DeleteStateMachine": _row(machines.delete_state_machine, "stateMachineArn"),
    "ListStateMachines": _row(machines.list_state_machines, "maxResults nextToken"),
    "ValidateStateMachineDefinition": _row(
        validate.validate_state_machine_definition, "definition type severity maxResults"
    ),
    "StartExecution": _row(executions.start_execution, "stateMachineArn name input traceHeader"),
    "StartSyncExecution": _row(express.start_sync_execution, "stateMachineArn name input traceHeader includedData"),
    "DescribeExecution": _row(executions.describe_execution, "executionArn includedData"),
    "DescribeStateMachineForExecution": _row(
        executions.describe_state_machine_for_execution, "executionArn includedData"
    ),
    "ListExecutions": _row(executions.list_executions, "stateMachineArn mapRunArn statusFilter maxResults nextToken"),
    "StopExecution": _row(executions.stop_execution, "executionArn error cause"),
    "GetExecutionHistory": _row(
        executions.get_execution_history, "executionArn reverseOrder includeExecutionData maxResults nextToken"
    ),
    "CreateActivity": _row(activities.create_activity, "name tags"),
    "DescribeActivity": _row(activities.describe_activity, "activityArn"),
    "DeleteActivity": _row(activities.delete_activity, "activityArn"),
    "ListActivities": _row(activities.list_activities, "maxResults nextToken"),
    "GetActivityTask": _row(activities.get_activity_task, "activityArn workerName"),
    "SendTaskSuccess": _row(tokens.send_task_success, "taskToken output"),
    "SendTaskFailure": _row(tokens.send_task_failure, "taskToken error cause"),
    "SendTaskHeartbeat": _row(tokens.send_task_heartbeat, "taskToken"),
    "ListTagsForResource": _row(tags.list_tags_for_resource, "resourceArn"),
    "TagResource": _row(tags.tag_resource, "resourceArn tags"),
    "UntagResource": _row(tags.untag_resource, "resourceArn tagKeys"),
    "ListMapRuns": _row(map_runs.list_map_runs, "executionArn maxResults nextToken"),
    "DescribeMapRun": _row(map_runs.describe_map_run, "mapRunArn"),
    "UpdateMapRun": _row(
        map_runs.update_map_run, "mapRunArn maxConcurrency toleratedFailureCount toleratedFailurePercentage"
    ),
}

NOT_EMULATED: Final = (
    "CreateStateMachineAlias",
    "DeleteStateMachineAlias",
    "DeleteStateMachineVersion",
    "DescribeStateMachineAlias",
    "ListStateMachineAliases",
    "ListStateMachineVersions",
    "PublishStateMachineVersion",
    "RedriveExecution",
    "TestState",
    "UpdateStateMachineAlias",
)
"""The operations that are not emulated."""
