"""Definitions in short: Tasks of functions, and machines that begin with their first state."""

from typing import Any

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"


def task(name: str, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": FUNCTION + name, **({} if "Next" in fields else {"End": True}), **fields}


def flow(**states: Any) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}
