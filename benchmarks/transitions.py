"""One transition: a chain of 200 Pass states, with its history."""

import json
from datetime import UTC, datetime

from asl import Machine, compile  # noqa: A004 - the word of the field
from asl.events import Start
from benchmarks import bars
from benchmarks.machines import chain
from benchmarks.measure import Effort, Figure, bare_seconds, seconds
from emulator import Emulator

LENGTH = 200


def figures(effort: Effort) -> list[Figure]:
    """Microseconds a transition: the machine alone, then everything around it."""
    definition, repetitions = chain(LENGTH), effort.times(200)
    per = LENGTH / 1e6
    bare = bare_seconds(2 * LENGTH, per=per)
    peer = ("chain", 1e6 / LENGTH, "")

    program = compile(json.dumps(definition))
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:chain"
    start = Start(datetime(2030, 1, 1, tzinfo=UTC), "{}", arn, "run", arn, "chain", "role", "us-east-1")
    alone = seconds(lambda: Machine(program).receive(start), repetitions, per=per)

    with Emulator() as emulator:
        machine = emulator.state_machine(definition)
        run = seconds(lambda: emulator.run(machine), repetitions, per=per)
    return [
        Figure("200-Pass chain, a transition, the machine alone", "µs", alone, bars.TRANSITION_US, bare, peer),
        Figure("200-Pass chain, a transition, Emulator.run", "µs", run, bars.TRANSITION_US, bare, peer),
    ]
