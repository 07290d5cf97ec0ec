"""``RunContext``, the argument of a run: its input, the store, its possible answers, and questions it can ask."""

import math
import os
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, Generic

from .definitions import TaskDefinition
from .plain import JsonObject
from .records import Task, TaskStatus
from .response import In, Out, Response
from .service import Tasks
from .store import Store

CLOSE_MINUTES_VARIABLE: Final = "WEBINY_TASKS_TIMEOUT_CLOSE_MINUTES"
CLOSE_MINUTES: Final = 3
ASSUMED_RUNTIME: Final = timedelta(minutes=14)
"""The assumed duration of an invocation if the Lambda context does not give its remaining time."""

_INTEGER: Final = re.compile(r"\s*([+-]?\d+)", re.ASCII)


class RunContext(Generic[In, Out]):
    """One run of one task; ``In`` and ``Out`` are the types of its input and output.

    ``input`` is a copy: changing it does not change the stored input. ``app`` is the application; ``tasks`` has
    the same operations, and acts as the creator of the task.
    """

    def __init__(
        self,
        tasks: Tasks,
        store: Store,
        input: In,
        remaining: Callable[[], float],
    ) -> None:
        self.tasks = tasks
        self.app: Any = tasks.app
        self.store = store
        self.input = input
        self.response: Response[In, Out] = Response(tasks.now, tasks.profile)
        self._remaining = remaining

    def is_aborted(self) -> bool:
        """Whether the user had aborted the task at the time of the store's last save."""
        return self.store.get_status() == TaskStatus.ABORTED

    def is_close_to_timeout(self, seconds: float | timedelta | None = None) -> bool:
        """Whether this invocation has less than ``seconds`` left; the default (also for 0) is 180.

        The environment variable ``WEBINY_TASKS_TIMEOUT_CLOSE_MINUTES`` changes the default. It is advice only.
        """
        if isinstance(seconds, timedelta):
            seconds = seconds.total_seconds()
        return self._remaining() < (seconds or _close_minutes() * 60) * 1000

    def trigger(
        self,
        definition: str | TaskDefinition,
        input: Any = None,
        *,
        name: str | None = None,
        delay: Any = 0,
    ) -> Task:
        """Trigger a child task of this one; see ``Tasks.trigger``."""
        return self.tasks.trigger(definition, input, name=name, parent=self.store.get_task().id, delay=delay)

    def parts(self) -> dict[str, Any]:
        """The values of ``RUN_PARAMETERS``, for a run in keyword style."""
        return {
            "context": self.app,
            "app": self.app,
            "tasks": self.tasks,
            "input": self.input,
            "response": self.response,
            "is_close_to_timeout": self.is_close_to_timeout,
            "is_aborted": self.is_aborted,
            "store": self.store,
            "trigger": self.trigger,
        }


def remaining_milliseconds(context: Any, now: Callable[[], datetime], started: datetime) -> Callable[[], float]:
    """The invocation's remaining time: from the Lambda context, or else counted from 14 minutes after ``started``."""
    if callable(ask := getattr(context, "get_remaining_time_in_millis", None)):
        return lambda: float(ask())
    return lambda: (started + ASSUMED_RUNTIME - now()) / timedelta(milliseconds=1)


def run_context(
    tasks: Tasks, definition: TaskDefinition, store: Store, remaining: Callable[[], float]
) -> RunContext[Any, Any]:
    """The context of a run; raises ``ValidationError`` if the stored input does not match the ``input_type``."""
    stored: JsonObject | None = store.get_input()
    converts = definition.input_type is not None
    given = definition.convert_input(stored or {}) if converts else stored
    return RunContext(tasks, store, given, remaining)


def _close_minutes() -> int:
    match = _INTEGER.match(os.environ.get(CLOSE_MINUTES_VARIABLE, ""))
    minutes = int(match[1]) if match else 0
    return minutes if minutes > 0 and math.isfinite(minutes) else CLOSE_MINUTES
