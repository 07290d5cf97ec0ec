"""An application that was deployed from a template."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from asl.problems import did_you_mean, join
from emulator.assembly import Assembly
from emulator.errors import EmulatorError
from emulator.execution import StateMachine
from emulator.templates.document import read_document
from emulator.templates.parameters import read_parameters
from emulator.templates.resources import MAKERS
from emulator.templates.resources.machines import MACHINES
from emulator.templates.sam import resources_of
from emulator.templates.stack import Stack


class Application(Mapping[str, str]):
    """The resources of a template: ``app["OrdersTable"]`` is the Ref of that logical id, such as a table's name."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.name = stack.name
        """The name of the stack."""
        self.outputs: dict[str, Any] = {}
        """The template's outputs by name, with their values."""
        self.not_emulated: Mapping[str, list[str]] = stack.not_emulated
        """Type -> the logical ids of resources that exist by their names only."""
        self.not_enforced: Mapping[str, list[str]] = stack.not_enforced
        """Logical id -> the properties that have no effect here."""

    def machine(self, logical_id: str) -> StateMachine:
        """The state machine of a logical id, for ``emulator.run(app.machine("Orders"), input)``.

        Raises ``EmulatorError`` if the template has none of that id.
        """
        machines = self.machines()
        if logical_id not in machines:
            hint = did_you_mean(logical_id, machines) or f"its state machines are {', '.join(machines) or 'none'}"
            raise EmulatorError(f"{self._stack.document.source} has no state machine {logical_id!r}\n    fix: {hint}")
        return machines[logical_id]

    def machines(self) -> dict[str, StateMachine]:
        """All state machines by their logical ids."""
        store, resources = self._stack.assembly.service.store, self._stack.resources
        found = {each: store.machines.get(self[each]) for each in self if resources[each].type in MACHINES}
        return {logical_id: machine for logical_id, machine in found.items() if machine is not None}

    def __getitem__(self, logical_id: str) -> str:
        if logical_id not in self._stack.resources:
            raise KeyError(f"{logical_id}: {did_you_mean(logical_id, self._stack.resources) or 'not in the template'}")
        return self._stack.made(logical_id, "").ref

    def __iter__(self) -> Iterator[str]:
        stack = self._stack
        return (each.logical_id for each in stack.resources.values() if stack.exists(each))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<Application {self.name}: {len(self)} resources>"


def deploy(
    assembly: Assembly,
    path: Path,
    *,
    source: str,
    name: str | None,
    parameters: Mapping[str, Any],
    imports: Mapping[str, Any],
    leave_out: Collection[str] = (),
) -> Application:
    """Make the resources of the template in the file ``path``; ``source`` names it in messages.

    Raises ``TemplateError`` with the place in the template, ``DefinitionError`` with every problem of a definition,
    ``NotEmulatedError`` with every resource that cannot be made here and is not among ``leave_out``.
    """
    document = read_document(path, source)
    resources = resources_of(document)
    for logical_id in leave_out:
        if logical_id not in resources:
            hint = did_you_mean(logical_id, resources) or "leave_out has logical ids of the template"
            raise EmulatorError(f"{source} has no resource {logical_id!r}\n    fix: {hint}")
    values = read_parameters(document, parameters, lambda wanted: _ssm(assembly, wanted))
    stack = Stack(
        assembly,
        document,
        resources,
        MAKERS,
        name=name or path.resolve().parent.name,
        parameters=values,
        imports=imports,
        left_out=leave_out,
    )
    stack.make_all()
    application = Application(stack)
    for output, written in (document.value.get("Outputs") or {}).items():
        pointer = join("/Outputs", output)
        if "Condition" in written and not stack.condition(written["Condition"], pointer):
            continue
        application.outputs[output] = stack.values.of(written.get("Value"), join(pointer, "Value"))
    return application


def _ssm(assembly: Assembly, name: str) -> str | None:
    client = assembly.client("ssm")
    try:
        return str(client.get_parameter(Name=name)["Parameter"]["Value"])
    except client.exceptions.ParameterNotFound:
        return None
