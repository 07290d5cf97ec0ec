"""Tasks that wait for a worker of their activity, and how long a worker waits for a task."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Condition, get_ident
from typing import Final

from asl.effects import CallTarget
from asl.events import Token
from emulator.driver import Driver
from emulator.execution import Execution

LONG_POLL: Final = timedelta(seconds=60)
"""How long GetActivityTask waits for a task (API reference of GetActivityTask)."""


@dataclass(frozen=True, slots=True)
class Activity:
    """An activity as it was created."""

    arn: str
    name: str
    created_at: datetime
    tags: Mapping[str, str]


class OfferedTasks:
    """The waiting tasks of every activity, by its ARN, oldest first."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._tasks: dict[str, dict[tuple[str, Token], tuple[Execution, CallTarget]]] = {}
        """An activity's ARN -> its tasks by the execution's ARN and the call's token."""
        self._changed = Condition()
        self._home = get_ident()
        self.on_offer: list[Callable[[str], None]] = []
        """Called with the ARN of an activity when it has a task for a worker."""

    def offer(self, activity_arn: str, execution: Execution, call: CallTarget) -> None:
        """Make the task available to a worker."""
        with self._changed:
            self._tasks.setdefault(activity_arn, {})[execution.arn, call.token] = execution, call
            self._changed.notify_all()
        for tell in self.on_offer:
            tell(activity_arn)

    def take(self, activity_arn: str) -> tuple[Execution, CallTarget] | None:
        """The oldest task whose execution still waits for it; ``None`` when there is none.

        A worker in its own thread waits for a task for up to a real minute, as on AWS. The thread that created the
        emulator does not wait: nothing would happen meanwhile.
        """
        with self._changed:
            if get_ident() != self._home:
                self._changed.wait_for(lambda: self._tasks.get(activity_arn), timeout=LONG_POLL.total_seconds())
            tasks = self._tasks.get(activity_arn, {})
            while tasks:
                execution, call = tasks.pop(next(iter(tasks)))
                if self._driver.is_open(execution, call.token):
                    return execution, call
        return None

    def withdraw(self, execution: Execution, token: Token) -> None:
        """Drop the task of a call that is abandoned, or that a test takes, if no worker has taken it."""
        with self._changed:
            for tasks in self._tasks.values():
                tasks.pop((execution.arn, token), None)

    def forget(self, activity_arn: str) -> None:
        """Drop the tasks of a deleted activity."""
        self._tasks.pop(activity_arn, None)
