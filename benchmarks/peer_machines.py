"""What peers are given: the machines that are measured here, changed where a peer could not run them.

Their Wait sleeps, and a Lambda function costs them a process or a container, so waits are of 0 seconds and nothing
calls a function. What one of them refuses or does not end in time is told by the machine, and the others go on.
"""

import json
import threading
from collections.abc import Mapping
from functools import partial
from itertools import count as count_up
from time import monotonic
from typing import Any, Final, NamedTuple, TypeAlias

from benchmarks.machines import (
    EXPRESSION_INPUT,
    EXPRESSION_STATES,
    INTRINSIC_INPUT,
    LOOP_ITERATIONS,
    PASS,
    PASSES_THAT_FIT,
    PEER_ITEMS,
    PEER_ITERATIONS,
    Definition,
    chain,
    expression_chain,
    four_states,
    intrinsic_chain,
    loop,
    over_items,
)
from benchmarks.measure import Effort, seconds

Times: TypeAlias = dict[str, list[float] | str]
"""Key of ``MACHINES``, or ``process`` -> seconds of each repetition, or why there are none."""

REPETITIONS: Final = 3
PATIENCE_SECONDS: Final = 30.0
"""How long a machine's executions may take, all together."""
POLL_SECONDS: Final = 0.002

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


class Given(NamedTuple):
    """A definition, its input, how many executions of it at once, and how many times longer ours goes on.

    What an execution takes at least is not multiplied by ``longer``: one of the peers sleeps before each.
    """

    definition: Definition
    input: Any = None
    executions: int = 1
    longer: float = 1


MACHINES: Final[Mapping[str, Given]] = {
    "chain": Given(chain(200)),
    "intrinsics": Given(intrinsic_chain(EXPRESSION_STATES), INTRINSIC_INPUT),
    "loop": Given(
        loop(_COUNT, wait_seconds=0),
        {"n": 0, "flags": [False] * (PEER_ITERATIONS - 1) + [True]},
        longer=LOOP_ITERATIONS / PEER_ITERATIONS,
    ),
    "map": Given(over_items(PASS), list(range(PEER_ITEMS)), longer=PASSES_THAT_FIT / PEER_ITEMS),
    "executions": Given(four_states(wait_seconds=0), executions=200),
    "jsonata": Given(expression_chain(EXPRESSION_STATES), EXPRESSION_INPUT),
}
"""The last one is the one that most cannot run."""

SMALLEST: Final = Given(four_states(wait_seconds=0))
_LEAST: Final = Given(chain(1))


class PeerError(Exception):
    """A machine did not succeed; ``str()`` says what its peer said."""


def measured(client: Any, effort: Effort) -> Times:
    """The times of each machine, after one run to warm up."""
    found: Times = {}
    repetitions = effort.times(REPETITIONS)
    least = min(seconds(partial(run, client, _LEAST), repetitions))
    for key, given in MACHINES.items():
        try:
            taken = seconds(partial(run, client, given), repetitions)
            found[key] = [least + given.longer * max(0.0, each - least) for each in taken]
        except Exception as error:  # whatever a peer breaks with, the next machine may do
            found[key] = (str(error).splitlines() or [type(error).__name__])[0][:160]
    return found


def run(client: Any, given: Given) -> None:
    """Run the executions of a new machine, all started before the first is awaited; raises ``PeerError``."""
    role = "arn:aws:iam::123456789012:role/r"
    text = json.dumps({} if given.input is None else given.input)
    name = f"machine-{next(_NUMBERS)}"
    machine = client.create_state_machine(name=name, definition=json.dumps(given.definition), roleArn=role)
    arn = machine["stateMachineArn"]
    started = []
    for _ in range(given.executions):
        name = f"run-{next(_NUMBERS)}"
        started.append(client.start_execution(stateMachineArn=arn, name=name, input=text)["executionArn"])
    until = monotonic() + PATIENCE_SECONDS
    for execution in started:
        _await(client, execution, until)
    client.delete_state_machine(stateMachineArn=arn)


def _await(client: Any, execution: str, until: float) -> None:
    pause = threading.Event()
    while (found := client.describe_execution(executionArn=execution))["status"] == "RUNNING":
        if monotonic() > until:
            client.stop_execution(executionArn=execution)
            raise PeerError(f"still running after {PATIENCE_SECONDS:.0f} s")
        pause.wait(POLL_SECONDS)
    if found["status"] != "SUCCEEDED":
        raise PeerError(f"{found['status']}: {found.get('error', '')} {found.get('cause', '')}".rstrip(" :"))
