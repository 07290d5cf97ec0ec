"""What the operations of Step Functions share: the emulator that they are part of, and what exists in it.

Requests and responses are dicts with the members of the service model ``stepfunctions/2016-11-23``; points in time are
aware datetimes. Refusals are ``AwsError``. What is not emulated raises ``NotEmulatedError``.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias

from asl.events import Event
from emulator.driver import Driver
from emulator.execution import Execution, StateMachine
from emulator.mapruns.runs import MapRuns
from emulator.stepfunctions.offers import Activity, OfferedTasks
from emulator.world import World

Request: TypeAlias = dict[str, Any]
Response: TypeAlias = dict[str, Any]


class StepFunctions:
    """The service's state. Each operation is a function of it, a request and a region (``operations.py``)."""

    map_runs: MapRuns

    def __init__(self, world: World, driver: Driver) -> None:
        self.world = world
        self.driver = driver
        self.machines: dict[str, StateMachine] = {}
        self.executions: dict[str, Execution] = {}
        self.activities: dict[str, Activity] = {}
        self.offers = OfferedTasks(driver)

    def tell(self, execution: Execution, event: Callable[[datetime], Event]) -> None:
        """Give an execution the event of this moment, and let happen what comes of it."""
        self.driver.send(execution, event, at=self.world.now())
        self.world.settle()
