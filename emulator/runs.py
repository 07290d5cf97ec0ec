"""The state machines that a test makes and the executions that it starts: checked, and given to Step Functions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from emulator import arguments
from emulator.assembly import Assembly
from emulator.aws.account import role_arn as default_role
from emulator.aws.regions import checked_region
from emulator.definitions.given import Definition, read_definition
from emulator.definitions.given import input_text as as_input_text
from emulator.errors import EmulatorError
from emulator.execution import Execution, StateMachine
from emulator.stepfunctions.executions import begin, named
from emulator.stepfunctions.machines import add_machine, check_partition
from emulator.wrong_types import check_choice, check_mapping, check_text

if TYPE_CHECKING:
    from asl.validate import MachineType


class Runs:
    """What ``Emulator.state_machine`` and ``Emulator.start`` do."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._unnamed_machines: dict[str, dict[str, str]] = {}
        """Region -> the type and text of a definition without a name -> the name of its machine."""

    def state_machine(
        self,
        definition: Definition,
        *,
        name: str | None = None,
        role_arn: str | None = None,
        substitutions: Mapping[str, Any] | None = None,
        region: str | None = None,
        type: "MachineType" = "STANDARD",
    ) -> StateMachine:
        """Create a state machine, in place of one of the same name and region."""
        self._assembly.check_open("state_machine(...)")
        if substitutions is not None:
            check_mapping("substitutions", substitutions, 'substitutions={"Table": "orders"}')
        if name is not None:
            arguments.check_name(name)
        if role_arn is not None:
            check_text("role_arn", role_arn, "the ARN of a role, or leave it out")
        check_choice("type", type, ("STANDARD", "EXPRESS"))
        given = read_definition(definition, self._assembly.root, substitutions or {}, type)
        region = self._assembly.region if region is None else checked_region(region)
        check_partition(given.program, region, given.source)
        role = role_arn or default_role(region)
        called: str = name or given.name or self._unnamed(f"{type} {given.program.text}", region)
        return add_machine(self._assembly.service, called, given.program, role, region, source=given.source)

    def _unnamed(self, definition: str, region: str) -> str:
        """A name for a machine without one: ``StateMachine``, ``StateMachine-2``, the same for the same definition."""
        names: dict[str, str] = self._unnamed_machines.setdefault(region, {})
        return names.setdefault(definition, f"StateMachine-{len(names) + 1}" if names else "StateMachine")

    def start(
        self,
        machine: StateMachine | Definition,
        input: Any,
        *,
        input_text: str | None,
        name: str | None,
        test_case: str | None,
    ) -> Execution:
        """Start an execution, and run it until it ends or waits for time to pass."""
        self._assembly.check_open("starting an execution")
        case = None
        if not isinstance(machine, StateMachine):
            found = arguments.machine_of(self._assembly, machine)
            machine, case = found or (self.state_machine(machine), None)
        if test_case is not None:
            arguments.check_case(self._assembly, machine, test_case)
        service = self._assembly.service
        if name is not None:
            arguments.check_name(name)
            if named(service, machine, name) is not None:
                raise EmulatorError(f"an execution named {name!r} of {machine.name} already exists; names are unique")
        text = as_input_text(input, input_text)
        execution = begin(service, machine, text, name, test_case=test_case or case)
        self._assembly.settle()
        return execution
