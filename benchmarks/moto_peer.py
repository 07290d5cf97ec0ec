"""The same machines in moto's own Step Functions interpreter, in a process of its own.

It needs what the extra ``bench`` installs. Its Wait sleeps and its Lambda needs Docker, so waits are of 0 seconds here
and nothing calls a function.
"""

import importlib.util
import json
import sys
import threading
from functools import partial
from itertools import count as count_up
from typing import Any

from benchmarks.machines import MOTO_ITERATIONS, PASS, Definition, chain, four_states, loop, over_items
from benchmarks.measure import answer_of, python, seconds

_COUNT: Definition = {
    "Type": "Pass",
    "Parameters": {
        "n.$": "States.MathAdd($.n, 1)",
        "done.$": "States.ArrayGetItem($.flags, $.n)",
        "flags.$": "$.flags",
    },
}
_NUMBERS = count_up()
"""moto names no execution itself: without a name all are called None."""


def missing() -> str | None:
    """What moto's interpreter lacks here, and how to get it; ``None`` when it can run."""
    lacking = [name for name in ("antlr4", "jsonpath_ng") if importlib.util.find_spec(name) is None]
    return f"not installed: {', '.join(lacking)} (pip install 'asl-emulator[bench]')" if lacking else None


def medians() -> dict[str, list[float]]:
    """Key of ``MACHINES``, or ``process`` -> seconds of each repetition."""
    found: dict[str, list[float]] = answer_of("benchmarks.moto_peer", "all")
    whole = seconds(lambda: python("-m", "benchmarks.moto_peer", "process"), 3)
    return {**found, "process": whole}


def run(definition: Definition, input: Any = None, *, count: int = 1) -> None:
    """Run ``count`` executions of a new machine, all started before the first is awaited."""
    import boto3

    client = boto3.client("stepfunctions", region_name="us-east-1")
    role = "arn:aws:iam::123456789012:role/r"
    arn = client.create_state_machine(name="m", definition=json.dumps(definition), roleArn=role)["stateMachineArn"]
    text = json.dumps({} if input is None else input)
    started = []
    for _ in range(count):
        name = f"run-{next(_NUMBERS)}"
        started.append(client.start_execution(stateMachineArn=arn, name=name, input=text)["executionArn"])
    pause = threading.Event()
    for execution in started:
        while (status := client.describe_execution(executionArn=execution)["status"]) == "RUNNING":
            pause.wait(0.002)
        if status != "SUCCEEDED":
            raise RuntimeError(f"moto: {client.get_execution_history(executionArn=execution)['events'][-1]}")
    client.delete_state_machine(stateMachineArn=arn)


MACHINES: dict[str, tuple[Definition, Any, int, float]] = {
    "chain": (chain(200), None, 1, 1),
    "loop": (
        loop(_COUNT, wait_seconds=0),
        {"n": 0, "flags": [False] * (MOTO_ITERATIONS - 1) + [True]},
        1,
        MOTO_ITERATIONS,
    ),
    "map": (over_items(PASS), list(range(100)), 1, 1),
    "executions": (four_states(wait_seconds=0), None, 200, 1),
}
"""Key -> definition, input, executions, and what the seconds are divided by."""


def main(which: str) -> dict[str, list[float]]:
    """Seconds of three repetitions of each machine, after one to warm up; for ``process``, one run of the smallest."""
    from moto import mock_aws

    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        if which == "process":
            run(four_states(wait_seconds=0))
            return {}
        return {
            key: seconds(partial(run, definition, given, count=count), 3, per=per)
            for key, (definition, given, count, per) in MACHINES.items()
        }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
