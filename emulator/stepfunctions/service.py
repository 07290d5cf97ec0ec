"""What the operations of Step Functions share: the emulator they belong to, and its resources.

Requests and responses are dicts with the members of the service model ``stepfunctions/2016-11-23``; points in time are
aware datetimes. Refusals are ``AwsError``; anything not emulated raises ``NotEmulatedError``.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias

from asl.events import Event
from emulator.driver import Driver
from emulator.execution import Execution, StateMachine
from emulator.stepfunctions.logs import Logs
from emulator.stepfunctions.offers import OfferedTasks
from emulator.stepfunctions.store import Store
from emulator.stepfunctions.token_waits import OpenTokens
from emulator.world import World

Request: TypeAlias = dict[str, Any]
Response: TypeAlias = dict[str, Any]


class StepFunctions:
    """The service's state. Each operation is a function of it, a request and a region (``operations.py``)."""

    def __init__(self, world: World, driver: Driver, store: Store) -> None:
        self.world = world
        self.driver = driver
        self.store = store
        self.offers = OfferedTasks(driver)
        self.logs = Logs(world, driver.timeline)
        self._asking: str | None = None
        self.started: list[Execution] = []
        """Every execution but the children of map runs, also those that went with their machine, as they started."""
        self.on_machine: list[Callable[[StateMachine], None]] = []
        """Called with each machine before it is created or changed; what they raise refuses it."""
        self.on_start: list[Callable[[StateMachine], None]] = []
        """Called with the machine of each execution before it starts; what they raise refuses it."""
        self.check_case: Callable[[StateMachine, str], None] | None = None
        """Raises an error for a test case that a machine does not have; ``None`` while there are no test cases."""
        driver.log = self.logs.take
        driver.token_waits = self.tokens = OpenTokens(world, driver, store, self.offers)
        driver.on_status.append(self._status_changed)

    @property
    def account_id(self) -> str:
        """The account of the request that is being answered: what it makes and lists is of this account."""
        return self._asking or self.world.account_id

    @contextmanager
    def asked_by(self, account: str | None) -> Iterator[None]:
        """A block in which a request of another account is answered; ``None``: of the emulator's own."""
        before, self._asking = self._asking, account
        try:
            yield
        finally:
            self._asking = before

    def tell(self, execution: Execution, event: Callable[[datetime], Event]) -> None:
        """Send an execution an event now, and do what follows from it."""
        self.driver.send(execution, event, at=self.world.now())
        self.world.settle()

    def split_case(self, arn: str) -> tuple[str, str | None]:
        """The ARN of a state machine, and the test case that follows it: ``<arn>#<case>``, if there are test cases."""
        if self.check_case is None or "#" not in arn:
            return arn, None
        machine, _, case = arn.partition("#")
        return machine, case

    def _status_changed(self, execution: Execution) -> None:
        if execution.map_run_arn is None:
            self.store.executions.put(execution)
            if execution.finish is not None:
                self._delete_idle(execution.state_machine.arn)

    def delete_machine(self, arn: str) -> None:
        """Delete a machine and its executions; while some of these run, it only becomes DELETING.

        AWS then ends them at their next step (service model, DeleteStateMachine); here they run to their end.
        """
        machine = self.store.machines.get(arn)
        if machine is not None:
            self.store.machines.put(replace(machine, is_deleting=True))
            self._delete_idle(arn)

    def _delete_idle(self, arn: str) -> None:
        """Delete the machine, if it is DELETING and none of its executions runs."""
        machine = self.store.machines.get(arn)
        if machine is None or not machine.is_deleting:
            return
        executions = self.store.executions.list(arn)
        if any(execution.finish is None for execution in executions):
            return
        for execution in executions:
            for run in self.store.map_runs.list(execution.arn):
                for child in self.store.children.list(run.arn):
                    self.store.children.delete(child.arn)
                self.store.map_runs.delete(run.arn)
            self.store.executions.delete(execution.arn)
        self.store.machines.delete(arn)
