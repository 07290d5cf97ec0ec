"""The parts of a ``TaskBench``, which its runs and injections share."""

from dataclasses import dataclass

from emulator.assembly import Assembly
from emulator.taskbench.executions import Executions
from emulator.taskbench.host import Host, check_open
from emulator.taskbench.plans import Plans
from emulator.taskbench.recorder import Recorder
from emulator.taskbench.records import Records


@dataclass(frozen=True, slots=True)
class Parts:
    """The emulator, the Lambda function behind the machine, the tasks' records, and their executions."""

    host: Host
    recorder: Recorder
    records: Records
    executions: Executions

    @property
    def world(self) -> Assembly:
        """The emulator's services."""
        return self.host.assembly

    @property
    def plans(self) -> Plans:
        """The plans of the test, and the errors of the functions that it planned."""
        return self.recorder.plans

    def check_open(self) -> None:
        """Raise ``EmulatorError`` unless the emulator is open."""
        check_open(self.host)
