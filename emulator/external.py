"""Other programs: their events on buses at an external backend, and how long to wait for them in real time."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from emulator.clock import stopwatch_ns
from emulator.errors import EmulatorError
from emulator.execution import Execution
from emulator.shared_change import end_stretch
from emulator.timeline import TimeLine
from emulator.world import World

if TYPE_CHECKING:
    from emulator.eventbridge.bus import Bus

PATIENCE_SECONDS: Final = 10.0
"""Real seconds to wait for an external backend when nothing more is scheduled on the virtual clock."""
GRACE_SECONDS: Final = 2.0
"""Real seconds that an external worker has to answer a task before the virtual clock moves on."""


class OtherPrograms:
    """Fetches what other programs send, and makes the clock wait for it. ``executions`` returns all executions."""

    def __init__(self, world: World, timeline: TimeLine, executions: Callable[[], Iterable[Execution]]) -> None:
        self._world = world
        self._timeline = timeline
        self._executions = executions
        self._bus: Bus | None = None
        self._waited_for: set[tuple[str, Any]] = set()
        self.is_open = False
        timeline.poll_external = self._before_time_passes

    @property
    def bus(self) -> "Bus":
        """EventBridge, created when first used."""
        if self._bus is None:
            from emulator.eventbridge.bus import Bus

            self._bus = Bus(self._world)
        return self._bus

    @property
    def used_bus(self) -> "Bus | None":
        """EventBridge, if it was used."""
        return self._bus

    @property
    def are_there(self) -> bool:
        """Whether other programs can reach the buses."""
        return self._world.remote("events") is not None

    def look(self) -> bool:
        """Deliver the events that other programs have put on buses at an external backend; whether there were any.

        This is done before time passes and whenever executions are read; a program that only waits has to call it.
        """
        if not (self.is_open and self.are_there) or self._timeline.running:
            return False
        came = self.bus.poll_external()
        if came:
            self._world.settle()
        return came

    def await_events(self, count: int, timeout_seconds: float) -> None:
        """``Emulator.await_events``."""
        if not self.are_there:
            raise EmulatorError(
                "await_events: the buses are in this process, where other programs cannot reach them\n"
                '    fix: Emulator(backend="localstack"), or another external backend for events'
            )
        self.look()
        end = stopwatch_ns() + timeout_seconds * 1e9
        while self.bus.unawaited < count and (left := (end - stopwatch_ns()) / 1e9) > 0:
            self.bus.wait_for_external(left, lambda: False)
            self._world.settle()
        if self.bus.unawaited < count:
            raise EmulatorError(
                f"await_events: {self.bus.unawaited} of {count} events arrived within {timeout_seconds:g} s; "
                f"{self.bus.links_text()}"
            )
        self.bus.unawaited -= count

    def _before_time_passes(self, idle: bool) -> bool:
        """Whether anything has arrived. An external worker that is awaited gets some real time to answer."""
        if not self.are_there:
            return False
        end_stretch()  # this may wait for other programs, and threads of this one
        if self.bus.poll_external():
            return True
        waiting = {(each.arn, token) for each in self._executions() for token in each.awaited_answers}
        patience = PATIENCE_SECONDS if idle else GRACE_SECONDS
        if not idle and waiting <= self._waited_for:
            return False
        self._waited_for |= waiting
        return self.bus.wait_for_external(patience, lambda: self._timeline.has_work) or self._timeline.has_work

    def close(self) -> None:
        """Delete the bridge that brings events from the external backend."""
        self.is_open = False
        if self._bus is not None and self._bus.bridge is not None:
            self._bus.bridge.close()
