"""What a Task called, and with what, as its history has it."""

from typing import Any

from asl.values import Payload
from emulator.history.visits import Try, Visit


def called(attempt: Try) -> str:
    """``charge`` for a function or an activity, else ``sqs:sendMessage``; empty for a call that was never made."""
    details = attempt.begun.details or {}
    resource, kind = str(details.get("resource", "")), details.get("resourceType")
    return f"{kind}:{resource}" if kind else resource.rpartition(":")[2]


def arguments(visit: Visit, attempt: Try) -> Any:
    """The Task's Arguments or Parameters, evaluated; without these, or for a call that was never made, its input."""
    details = attempt.begun.details or {}
    sent = details.get("parameters", details.get("input"))
    return sent.value if isinstance(sent, Payload) else visit.input


def input_of_call(visit: Visit, attempt: Try) -> Any:
    """What the function, service or worker got: of ``lambda:invoke`` the Payload, else the arguments."""
    value = arguments(visit, attempt)
    is_invoke = (attempt.begun.details or {}).get("resourceType") == "lambda"
    return value.get("Payload") if is_invoke and isinstance(value, dict) else value
