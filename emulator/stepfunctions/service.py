"""What the operations of Step Functions share: the emulator they belong to, and its resources.

Requests and responses are dicts with the members of the service model ``stepfunctions/2016-11-23``; points in time are
aware datetimes. Refusals are ``AwsError``; anything not emulated raises ``NotEmulatedError``.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias

from asl.events import Event
from emulator.driver import Driver
from emulator.execution import Execution
from emulator.stepfunctions.offers import OfferedTasks
from emulator.stepfunctions.store import Store
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
        driver.on_status.append(self._status_changed)

    def tell(self, execution: Execution, event: Callable[[datetime], Event]) -> None:
        """Send an execution an event now, and do what follows from it."""
        self.driver.send(execution, event, at=self.world.now())
        self.world.settle()

    def _status_changed(self, execution: Execution) -> None:
        if execution.map_run_arn is None:
            self.store.executions.put(execution)
