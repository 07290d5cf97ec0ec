"""Machines of one task, for tests of stubs."""

from typing import Any

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:charge"
INVOKE = "arn:aws:states:::lambda:invoke"
GLUE = "arn:aws:states:::glue:startJobRun.sync"


def task(resource: str = FUNCTION, **fields: Any) -> dict[str, Any]:
    """A Task that ends its machine."""
    return {"Type": "Task", "Resource": resource, "End": True, **fields}


def machine(state: dict[str, Any] | None = None, name: str = "Charge", **fields: Any) -> dict[str, Any]:
    """A machine with one state."""
    return {"StartAt": name, "States": {name: task() if state is None else state}, **fields}
