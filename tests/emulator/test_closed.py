"""A closed emulator runs nothing: what it ran would reach no backend, and AWS itself."""

from collections.abc import Callable
from typing import Any

import pytest

from emulator import Emulator, EmulatorError

WAIT = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 5, "End": True}}}


@pytest.mark.parametrize(
    "call",
    [
        lambda emulator: emulator.run(WAIT),
        lambda emulator: emulator.start(WAIT),
        lambda emulator: emulator.start(emulator.executions[0].state_machine),
        lambda emulator: emulator.finish(emulator.executions[0]),
        lambda emulator: emulator.state_machine(WAIT),
        lambda emulator: emulator.lambda_function("f", print),
        lambda emulator: emulator.clock.advance(hours=1),
        lambda emulator: emulator.clock.advance_to(emulator.clock.now()),
        lambda emulator: emulator.run_until(lambda: True),
    ],
)
def test_a_closed_emulator_refuses_to_run(call: Callable[[Emulator], Any]) -> None:
    with Emulator() as emulator:
        emulator.start(WAIT)

    with pytest.raises(EmulatorError, match=r"this emulator is closed\n    fix: .* a fixture yields it"):
        call(emulator)


def test_what_happened_can_be_read_after_it_has_closed() -> None:
    with Emulator() as emulator:
        emulator.run(WAIT)

    assert emulator.executions[0].status == "SUCCEEDED"
    assert emulator.bus.entries == []


def test_an_emulator_that_is_opened_again_runs() -> None:
    with Emulator() as emulator:
        pass
    with emulator:
        assert emulator.run(WAIT).status == "SUCCEEDED"
