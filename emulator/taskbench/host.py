"""The emulator under a ``TaskBench``, as the bench sees it."""

from collections.abc import Callable
from typing import Protocol

from emulator.assembly import Assembly
from emulator.errors import EmulatorError
from emulator.execution import Execution


class Host(Protocol):
    """What a bench asks of an ``Emulator``."""

    @property
    def assembly(self) -> Assembly:
        """Its services."""
        ...

    @property
    def is_open(self) -> bool:
        """Whether it answers this process's boto3."""
        ...

    @property
    def executions(self) -> list[Execution]:
        """Every execution so far, in the order of their starts."""
        ...

    def finish(self, execution: Execution) -> Execution:
        """Let time pass until ``execution`` has ended."""
        ...

    def run_until(self, done: Callable[[], bool]) -> bool:
        """Let time pass until ``done()``; ``False`` when nothing more is due before that."""
        ...


def check_open(host: Host) -> None:
    """Raise ``EmulatorError`` unless the emulator is open."""
    if not host.is_open:
        raise EmulatorError(
            "background tasks need an open emulator: use it as `with Emulator() as emulator`, "
            "or take the pytest fixture `emulator`"
        )
