"""What follows from an execution's status: whether it can be redriven, its descriptions, and the event of a change.

Source: developer guide, "Step Functions Execution Status Change"; recorded: ``test_event_bridge_events_base``.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from asl.values import Json
from emulator.aws.arns import Arn
from emulator.execution import Execution

MOST_INCLUDED: Final = 248 * 1024
"""The most characters of input and output together, escaped, that a status change event includes."""


REDRIVABLE_FOR: Final = timedelta(days=14)
"""How long after its end an execution can be redriven."""
LONGEST_EXECUTION: Final = timedelta(days=365)
MOST_REDRIVABLE_EVENTS: Final = 24_998
"""The most events of a history that can go on: with 24,999 it cannot."""


def redrive_status(execution: Execution, at: datetime, *, is_deleting: bool = False) -> tuple[str, str | None]:
    """``redriveStatus`` and ``redriveStatusReason`` of DescribeExecution at ``at`` (aware).

    ``is_deleting``: its machine is.
    Source: developer guide, "Redriving executions", and the service model, DescribeExecution, ``redriveStatusReason``.
    """
    if execution.status in ("RUNNING", "SUCCEEDED"):
        return "NOT_REDRIVABLE", f"Execution is {execution.status} and cannot be redriven"
    if is_deleting:
        return "NOT_REDRIVABLE", "State machine is in DELETING status"
    if len(execution.records) > MOST_REDRIVABLE_EVENTS:
        return "NOT_REDRIVABLE", "Execution history event limit exceeded"
    if at - execution.started_at > LONGEST_EXECUTION:
        return "NOT_REDRIVABLE", "Execution has exceeded the max execution time"
    if at - (execution.stopped_at or at) > REDRIVABLE_FOR:
        return "NOT_REDRIVABLE", "Execution redrivable period exceeded"
    return "REDRIVABLE" if execution.map_run_arn is None else "REDRIVABLE_BY_MAP_RUN", None


class Run(Protocol):
    """An execution, or the summary of a map run's child."""

    @property
    def name(self) -> str:
        """The execution's name."""
        ...

    @property
    def status(self) -> str:
        """The execution's status."""
        ...

    @property
    def started_at(self) -> datetime:
        """When it started."""
        ...

    @property
    def stopped_at(self) -> datetime | None:
        """When it ended."""
        ...


def listed(run: Run, arn: str, machine_arn: str) -> dict[str, Any]:
    """The members that ListExecutions has of every execution."""
    return {
        "executionArn": arn,
        "stateMachineArn": machine_arn,
        "name": run.name,
        "status": run.status,
        "startDate": run.started_at,
        "redriveCount": 0,
        **({} if run.stopped_at is None else {"stopDate": run.stopped_at}),
    }


def integration_description(
    execution: Execution, date: Callable[[datetime], Json], read: Callable[[str], Json] = str
) -> dict[str, Json]:
    """DescribeExecution in the form of ``.sync`` tasks and of map results: PascalCase names in sorted order.

    ``date`` gives a time's form; ``read`` gives the form of the input's and output's text, by default the text itself.
    """
    status, reason = redrive_status(execution, execution.stopped_at or execution.time)
    output, stopped_at = execution.output_text, execution.stopped_at
    described: dict[str, Json] = {
        "Cause": execution.cause,
        "Error": execution.error,
        "ExecutionArn": execution.arn,
        "Input": read(execution.input_text),
        "InputDetails": {"Included": True},
        "Name": execution.name,
        "Output": None if output is None else read(output),
        "OutputDetails": None if output is None else {"Included": True},
        "RedriveCount": 0,
        "RedriveStatus": status,
        "RedriveStatusReason": reason,
        "StartDate": date(execution.started_at),
        "StateMachineArn": execution.state_machine.arn,
        "Status": execution.status,
        "StopDate": None if stopped_at is None else date(stopped_at),
    }
    return {key: value for key, value in described.items() if value is not None}


def status_change(execution: Execution, event_id: str, at: datetime) -> dict[str, Any]:
    """The event that Step Functions puts on the default bus when an execution starts or ends."""
    arn = Arn.parse(execution.arn)
    status, reason = redrive_status(execution, at)
    input_text, output_text = _included(execution)
    return {
        "version": "0",
        "id": event_id,
        "detail-type": "Step Functions Execution Status Change",
        "source": "aws.states",
        "account": arn.account,
        "time": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "region": arn.region,
        "resources": [execution.arn],
        "detail": {
            "executionArn": execution.arn,
            "stateMachineArn": execution.state_machine.arn,
            "name": execution.name,
            "status": execution.status,
            "startDate": milliseconds(execution.started_at),
            "stopDate": None if execution.stopped_at is None else milliseconds(execution.stopped_at),
            "input": input_text,
            "output": output_text,
            "stateMachineVersionArn": None,
            "stateMachineAliasArn": None,
            "redriveCount": 0,
            "redriveDate": None,
            "redriveStatus": status,
            "redriveStatusReason": reason or f"Execution is {execution.status} and is redrivable",
            "inputDetails": {"included": input_text is not None},
            "outputDetails": None if execution.output_text is None else {"included": output_text is not None},
            "error": execution.error,
            "cause": execution.cause,
        },
    }


def _included(execution: Execution) -> tuple[str | None, str | None]:
    """Input and output as an event has them: without the input, then without both, when they are too large escaped."""
    given, output = execution.input_text, execution.output_text
    of_output = 0 if output is None else len(json.dumps(output))
    if len(json.dumps(given)) + of_output <= MOST_INCLUDED:
        return given, output
    return None, output if of_output <= MOST_INCLUDED else None


def milliseconds(at: datetime) -> int:
    """``at`` in milliseconds since 1970."""
    return round(at.timestamp() * 1000)
