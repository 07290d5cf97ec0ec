"""``TaskRun``: one task, from its trigger to the last of its children."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from emulator.errors import EmulatorError
from emulator.execution import Execution
from emulator.taskbench.iterations import Iteration
from emulator.tasks import Task, TaskLog
from emulator.tasks.queries import MAX_LIMIT

if TYPE_CHECKING:
    from emulator.taskbench.bench import TaskBench

WAITER: Final = "Waiter"
"""The state of the machine in which a task sleeps between two iterations."""


class TaskRun:
    """One task, from its trigger on. Everything is read when it is asked for, so it is as fresh as can be."""

    def __init__(self, bench: "TaskBench", id: str) -> None:
        self._bench = bench
        self.id = id

    def __repr__(self) -> str:
        return f"<TaskRun {self.id} iterations={len(self.iterations)}>"

    # Time ----------------------------------------------------------------------------------------------------------

    def run_to_end(self) -> "TaskRun":
        """Let time pass until the task's execution is over, then those of its children, and of theirs.

        The clock jumps over every wait. Children run alongside their parent, on the same clock; those that are still
        running when it ends are finished one after another, oldest first. Raises ``EmulatorError`` for a child that
        no rule picked up, and when an iteration named in ``at`` never came.
        """
        self._bench._check_open()
        self._bench._world.finish(self.execution)
        missed = sorted(number for id_, number in self._bench._appointments if id_ == self.id)
        if missed:
            raise EmulatorError(
                f"at(iteration={missed[0]}, ...): task {self.id} ended after {len(self.iterations)} iterations"
            )
        for child in self.children:
            child.run_to_end()
        return self

    def run_until_waiting(self) -> "TaskRun":
        """Let time pass until the machine next falls asleep in Waiter, or is over: ``waiting_for`` is then ``None``."""
        self._bench._check_open()
        execution = self.execution
        before = _falls_asleep(execution)

        def asleep_or_over() -> bool:
            return execution.finish is not None or _falls_asleep(execution) > before

        self._bench._world.run_until(asleep_or_over)
        return self

    def at(self, *, iteration: int, call: Callable[[], object]) -> "TaskRun":
        """Call ``call`` when that iteration (from 1) begins, before the application reads the task."""
        if iteration <= len(self.iterations):
            raise ValueError(
                f"at(iteration={iteration}): {len(self.iterations)} iterations of the task are over already"
            )
        self._bench._appointments.setdefault((self.id, iteration), []).append(call)
        return self

    def abort(self, message: str | None = None) -> "TaskRun":
        """Abort the task now; its execution ends at its next iteration. Raises what ``Tasks.abort`` raises."""
        self._bench.abort(self.id, message)
        return self

    # Looking -------------------------------------------------------------------------------------------------------

    @property
    def task(self) -> Task:
        """The task's record as it now is in the table."""
        return self._bench._task(self.id)

    @property
    def execution(self) -> Execution:
        """The execution that the task's event started; of several (an event delivered twice) the first."""
        return self._bench._execution(self.id)

    @property
    def states(self) -> list[str]:
        """The states that the machine entered, in order."""
        return self.execution.path

    @property
    def waiting_for(self) -> int | None:
        """The whole seconds that the machine still sleeps, ``None`` when it does not."""
        execution = self.execution
        last = execution.visits[-1] if execution.records else None
        if execution.finish is not None or last is None or last.name != WAITER or last.exited_at is not None:
            return None
        left = last.entered_at + timedelta(seconds=last.input["wait"]) - self._bench._world.now()
        return -(-left // timedelta(seconds=1))

    @property
    def iterations(self) -> tuple[Iteration, ...]:
        """The calls of the handler so far."""
        return tuple(self._bench._iterations.get(self.id, ()))

    @property
    def logs(self) -> list[TaskLog]:
        """The task's log records, oldest first: one for each run of the task."""
        return list(self._bench.list_logs({"task": self.id}, limit=MAX_LIMIT))

    @property
    def children(self) -> list["TaskRun"]:
        """The tasks that this one triggered, oldest first; each has its own ``children``."""
        self._bench._check_open()
        return [TaskRun(self._bench, child.id) for child in self._bench.tasks.list_children(self.id)]


def _falls_asleep(execution: Execution) -> int:
    """How often the machine has gone to sleep in Waiter."""
    return sum(
        record.type == "WaitStateEntered" and (record.details or {}).get("name") == WAITER
        for record in execution.records
    )
