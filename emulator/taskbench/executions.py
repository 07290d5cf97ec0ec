"""The executions of background tasks, and the EventBridge events that start them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from emulator.errors import EmulatorError
from emulator.eventbridge.entries import envelope
from emulator.execution import Execution
from emulator.lambda_.time.shown import current_handler_time
from emulator.taskbench.entries import Entry, read_entry
from emulator.taskbench.host import Host


class Executions:
    """Finds the executions of each task among those of the emulator."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._seen = 0
        self._started: dict[str, list[Execution]] = {}

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The events of background tasks that were put on a bus, in order."""
        return tuple(filter(None, map(read_entry, self._host.assembly.others.bus.entries)))

    @property
    def task_ids(self) -> list[str]:
        """The tasks that have an execution, in the order of their first one."""
        self._look()
        return list(self._started)

    def of(self, task_id: str) -> Sequence[Execution]:
        """The executions that the task's event started; without one, ``EmulatorError`` with the reason."""
        self._look()
        if task_id not in self._started:
            raise EmulatorError(f'no execution was started for task "{task_id}": {self._why_not_started(task_id)}')
        return self._started[task_id]

    def finish(self, task_id: str) -> None:
        """Let time pass until every execution of a task has ended, also those that start meanwhile."""
        while running := [each for each in self.of(task_id) if each.finish is None]:
            self._host.finish(running[0])

    def deliver_again(self, execution: Execution) -> None:
        """Start the machine once more with the event that started ``execution``, as EventBridge may.

        Raises ``EmulatorError`` for an execution that no event started.
        """
        if "id" not in execution.input:
            raise EmulatorError(
                f"execution {execution.name} was started by StartExecution, which starts nothing twice; "
                "only an EventBridge event may be delivered again"
            )
        world = self._host.assembly
        name = f"{execution.input['id']}_{world.chance('delivery', execution.arn).uuid()}"
        with world.hold():
            world.start_machine(execution.state_machine.arn, execution.input_text, name)
        if current_handler_time() is not None:
            world.catch_up()

    def _look(self) -> None:
        """Sort the executions that are new by their tasks."""
        executions = self._host.executions
        for execution in executions[self._seen :]:
            if (started := _task_id(execution)) is not None:
                self._started.setdefault(started, []).append(execution)
        self._seen = len(executions)

    def _why_not_started(self, task_id: str) -> str:
        world = self._host.assembly
        bus = world.others.bus
        for lost in reversed(bus.undelivered):
            if _detail(lost.event.get("detail")).get("webinyTaskId") == task_id:
                return f"the rule {lost.rule} could not deliver its event to {lost.target}: {lost.reason}"
        for entry in bus.entries:
            detail = json.loads(entry["Detail"]) if isinstance(entry["Detail"], str) else None
            if _detail(detail).get("webinyTaskId") == task_id:
                event = envelope(entry, event_id="-", account=world.account_id, region=world.region, now=world.now())
                name = str(entry.get("EventBusName", "default"))
                why = bus.explain(event, name, world.region)
                if not why:
                    return f'its event was put on the bus "{name}", which has no enabled rule'
                lines = [f"\n    rule {rule}: {'; '.join(reasons) or 'it matched'}" for rule, reasons in why.items()]
                return f'no rule of the bus "{name}" picked up its event{"".join(lines)}'
        return "no event was put for it (Tasks.create makes a record only; Tasks.trigger also puts the event)"


def _detail(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _task_id(execution: Execution) -> str | None:
    """The id of the background task that an execution's input, an EventBridge event, names."""
    event = execution.input
    id_ = _detail(event.get("detail")).get("webinyTaskId") if isinstance(event, dict) else None
    return id_ if isinstance(id_, str) else None
