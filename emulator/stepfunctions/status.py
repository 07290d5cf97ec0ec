"""What follows from an execution's status: whether it can be redriven, and the event that reports a change.

Source: developer guide, "Step Functions Execution Status Change"; recorded: ``test_event_bridge_events_base``.
"""

from datetime import datetime
from typing import Any

from emulator.aws.arns import Arn
from emulator.execution import Execution


def redrive_status(execution: Execution) -> tuple[str, str | None]:
    """``redriveStatus`` and ``redriveStatusReason`` of DescribeExecution."""
    if execution.status in ("RUNNING", "SUCCEEDED"):
        return "NOT_REDRIVABLE", f"Execution is {execution.status} and cannot be redriven"
    return "REDRIVABLE" if execution.map_run_arn is None else "REDRIVABLE_BY_MAP_RUN", None


def status_change(execution: Execution, event_id: str, at: datetime) -> dict[str, Any]:
    """The event that Step Functions puts on the default bus when an execution starts or ends."""
    arn = Arn.parse(execution.arn)
    status, reason = redrive_status(execution)
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
            "startDate": _milliseconds(execution.started_at),
            "stopDate": None if execution.stopped_at is None else _milliseconds(execution.stopped_at),
            "input": execution.input_text,
            "output": execution.output_text,
            "stateMachineVersionArn": None,
            "stateMachineAliasArn": None,
            "redriveCount": 0,
            "redriveDate": None,
            "redriveStatus": status,
            "redriveStatusReason": reason or f"Execution is {execution.status} and is redrivable",
            "inputDetails": {"included": True},
            "outputDetails": None if execution.output_text is None else {"included": True},
            "error": execution.error,
            "cause": execution.cause,
        },
    }


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)
