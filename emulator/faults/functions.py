"""Faults of calls of functions, whoever calls: a state, a rule, a mapping, boto3.

A function's own errors are its answer. An error of Lambda's API refuses the call; the callers that have sent a request
(states and boto3) were asked about it before, the services that call a function themselves are asked here.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from emulator.faults.errors import ServiceFault
from emulator.faults.fault import Act, Delay
from emulator.faults.function_errors import FunctionFault
from emulator.functions import RefusedCallError
from emulator.lambda_.call import Function, InvocationResult


def answer(
    acts: Iterable[Act],
    function: Function,
    *,
    request_id: str,
    arn: str,
    region: str,
    at: datetime,
    invoke: Callable[[], InvocationResult],
) -> InvocationResult:
    """The answer of a function whose call these acts change. Raises ``RefusedCallError``."""
    later = timedelta()
    for act in acts:
        match act:
            case Delay(seconds=seconds):
                later += timedelta(seconds=seconds)
            case ServiceFault():
                raise RefusedCallError(act.status, act.name, act.message)
            case FunctionFault():
                done = act.result(function, request_id=request_id, arn=arn, region=region, at=at)
                return replace(done, duration=done.duration + later)
            case _:
                raise AssertionError(act)
    done = invoke()
    return replace(done, duration=done.duration + later) if later else done
