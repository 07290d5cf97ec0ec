"""What is calculated in a state: chains with four intrinsic functions in each, and with four JSONata expressions."""

from typing import Any

from benchmarks.machines import (
    EXPRESSION_INPUT,
    EXPRESSION_STATES,
    INTRINSIC_INPUT,
    Definition,
    expression_chain,
    intrinsic_chain,
)
from benchmarks.measure import Effort, Figure, bare_seconds, seconds
from emulator import Emulator


def figures(effort: Effort) -> list[Figure]:
    """Microseconds a state, its transition and history included."""
    length = EXPRESSION_STATES
    return [
        _figure("4 intrinsic functions, a state", "intrinsics", intrinsic_chain(length), INTRINSIC_INPUT, effort),
        _figure("4 JSONata expressions, a state", "jsonata", expression_chain(length), EXPRESSION_INPUT, effort),
    ]


def _figure(name: str, key: str, definition: Definition, given: Definition, effort: Effort) -> Figure:
    per = EXPRESSION_STATES / 1e6
    with Emulator() as emulator:
        machine = emulator.state_machine(definition)

        def run() -> Any:
            return emulator.run(machine, given).assert_succeeded()

        assert run().output["n"] == EXPRESSION_STATES
        samples = seconds(run, effort.times(100), per=per)
    bare = bare_seconds(2 * EXPRESSION_STATES, per=per)
    peer = (key, 1e6 / EXPRESSION_STATES, "")
    return Figure(name, "µs", samples, None, bare, peer, f"a chain of {EXPRESSION_STATES} Pass states")
