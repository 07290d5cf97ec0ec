"""Functions that call functions, and handlers whose time cannot move."""

import json
import time
from datetime import timedelta
from typing import Any

import boto3
import pytest

from emulator import Emulator, EmulatorError


def machine(function: str) -> dict[str, Any]:
    """One task that calls ``function``."""
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{function}"
    return {"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": arn, "End": True}}}


def test_a_function_that_waits_for_another_one_takes_as_long(emulator: Emulator) -> None:
    def inner(event: Any, context: Any) -> str:
        time.sleep(5)  # noqa: TID251 - the handler's time is virtual
        return "inner"

    def outer(event: Any, context: Any) -> dict[str, Any]:
        client = boto3.client("lambda", region_name="us-east-1")
        answer = client.invoke(FunctionName="inner", Payload=b"{}")
        return {"got": json.loads(answer["Payload"].read()), "left": context.get_remaining_time_in_millis()}

    emulator.lambda_function("inner", inner)
    emulator.lambda_function("outer", outer, timeout_seconds=60)
    execution = emulator.run(machine("outer"))
    assert execution.output == {"got": "inner", "left": 55_000}
    assert execution.elapsed == timedelta(seconds=5)


def test_a_handler_that_waits_for_its_end_without_sleeping_is_told_so(emulator: Emulator) -> None:
    def spin(event: Any, context: Any) -> None:
        while context.get_remaining_time_in_millis() > 1000:
            pass

    emulator.lambda_function("spin", spin)
    with pytest.raises(EmulatorError, match="handler of spin asked for its remaining time again and again"):
        emulator.run(machine("spin"))
