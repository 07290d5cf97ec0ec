"""``TaskRun``: one task, from its trigger to the last of its children."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self

from emulator.errors import EmulatorError
from emulator.execution import Execution
from emulator.taskbench.entries import Entry
from emulator.taskbench.injection import Injection
from emulator.taskbench.iterations import Iteration
from emulator.taskbench.parts import Parts
from emulator.taskbench.plans import Scope
from emulator.taskbench.usage import Usage, usage_of
from emulator.tasks import Task, TaskLog

WAITER: Final = "Waiter"
"""The state in which the machine waits between two iterations."""


class TaskRun(Injection):
    """One task, from its trigger on. Its properties are read anew each time."""

    def __init__(self, parts: Parts, id: str) -> None:
        super().__init__(parts, Scope(task_id=id))
        self.id = id

    def __repr__(self) -> str:
        return f"<TaskRun {self.id} iterations={len(self.iterations)}>"

    # Time ----------------------------------------------------------------------------------------------------------

    def run_to_end(self) -> Self:
        """Let time pass until the executions of the task and of all its descendants have ended.

        The clock jumps over every wait. Children run alongside their parent, on the same clock; those that are still
        running when it ends are finished one after another, oldest first. Raises ``EmulatorError`` for a child whose
        event no rule picked up, and for a plan for the task or a descendant (``at``, ``fail_write``...) that never
        acted. Raises the errors of functions given to ``at``.
        """
        parts = self._parts
        parts.check_open()
        ended: set[str] = set()
        ahead: Sequence[str] = [self.id]
        while ahead:
            for id_ in ahead:
                parts.executions.finish(id_)
                parts.plans.raise_error()
            ended.update(ahead)
            ahead = [id_ for id_ in _below(self.id, parts.records.children()) if id_ not in ended]
        for id_ in ended:
            parts.recorder.check_used(id_)
        return self

    def run_until_waiting(self) -> Self:
        """Let time pass until the machine next enters Waiter, or ends (``waiting_for`` is then ``None``).

        Raises the errors of functions given to ``at``.
        """
        self._parts.check_open()
        execution = self.execution
        seen = len(execution.tree.visits)

        def is_waiting_or_ended() -> bool:
            nonlocal seen
            visits = execution.tree.visits
            new, seen = visits[seen:], len(visits)
            return execution.finish is not None or any(visit.name == WAITER for visit in new)

        self._parts.host.run_until(is_waiting_or_ended)
        self._parts.plans.raise_error()
        return self

    def abort(self, message: str | None = None) -> Self:
        """Abort the task now; its execution ends at its next iteration. Raises the errors of ``Tasks.abort``."""
        self._parts.check_open()
        if self._parts.recorder.is_own and not self._parts.records.has(self.id):
            raise EmulatorError(
                f"abort: task {self.id} is one of tasks.handler, a handler of your own, which keeps its tasks itself\n"
                "    fix: abort it as your application does, by its API or in its table"
            )
        self._parts.records.tasks.abort(self.id, message)
        return self

    def deliver_again(self) -> Self:
        """Let EventBridge deliver the task's event once more, which starts another execution of the task.

        In a function given to ``at``, the execution begins immediately, in the middle of the running iteration, and
        runs until its first wait. Otherwise it begins when time passes. Raises ``EmulatorError`` for a task that no
        event started.
        """
        self._parts.check_open()
        self._parts.executions.deliver_again(self.execution)
        return self

    # Looking -------------------------------------------------------------------------------------------------------

    @property
    def task(self) -> Task:
        """The task's record in the table; raises ``EmulatorError`` when there is none, or none that can be read.

        That of a handler of your own can be read if it stores its tasks as the original's releases do.
        """
        return self._parts.records.find(self.id)

    @property
    def last_task(self) -> Task:
        """``task``, or the last record of a deleted task: one that cleaned up after itself, for example."""
        return self._parts.records.last(self.id)

    @property
    def entry(self) -> Entry:
        """The EventBridge entry that triggered the task; raises ``EmulatorError`` when no event was put for it."""
        entry = next((entry for entry in self._parts.executions.entries if entry.task_id == self.id), None)
        if entry is None:
            raise EmulatorError(f"no event was put for task {self.id}")
        return entry

    @property
    def execution(self) -> Execution:
        """The execution that the task's event started; the first one if the event was delivered twice."""
        return self.executions[0]

    @property
    def executions(self) -> tuple[Execution, ...]:
        """Every execution of the task, in the order of their starts."""
        return tuple(self._parts.executions.of(self.id))

    @property
    def states(self) -> list[str]:
        """The states that the machine entered, in order."""
        return self.execution.path

    @property
    def waiting_for(self) -> int | None:
        """The whole seconds that the machine still waits, ``None`` when it is not waiting."""
        execution = self.execution
        last = execution.tree.last
        if last is None or last.type != "Wait" or last.exited is not None or execution.finish is not None:
            return None
        until = last.entered_at + timedelta(seconds=last.input["wait"])
        return -((self._parts.world.now() - until) // timedelta(seconds=1))

    @property
    def iterations(self) -> tuple[Iteration, ...]:
        """The calls of the handler so far, those of all executions, in the order in which they began."""
        return self._parts.recorder.iterations(self.id)

    @property
    def usage(self) -> Usage:
        """The task's use of AWS's limits: history events, bytes of payloads and output."""
        return usage_of(self.execution)

    @property
    def logs(self) -> list[TaskLog]:
        """The task's log records, oldest first: one for each run of the task. Like ``task``, or ``EmulatorError``."""
        return self._parts.records.logs(self.id)

    @property
    def children(self) -> list["TaskRun"]:
        """The tasks that this one triggered, oldest first; each has its own ``children``.

        Those of a handler of your own are the tasks that its calls started, by an event or an execution.
        """
        return [TaskRun(self._parts, child) for child in self._parts.records.children().get(self.id, ())]

    @property
    def tree(self) -> "TaskTree":
        """The task with all its descendants; ``print(run.tree)`` shows it."""
        return _tree(self._parts, self.id, self._parts.records.children())


@dataclass(frozen=True, slots=True)
class TaskTree:
    """A task and the tasks that it triggered, with their records at that time; ``str`` has a line for each task."""

    run: TaskRun
    task: Task
    children: tuple["TaskTree", ...] = ()

    def walk(self, depth: int = 0) -> Iterator[tuple[int, "TaskTree"]]:
        """The task itself, then its descendants, each with its depth; parents before their children."""
        yield depth, self
        for child in self.children:
            yield from child.walk(depth + 1)

    def __str__(self) -> str:
        return "\n".join(f"{'  ' * depth}{tree.line}" for depth, tree in self.walk())

    @property
    def line(self) -> str:
        """``importArticles "Nightly" success, 14 iterations``."""
        count = self.task.iterations
        iterations = f"{count} iteration{'' if count == 1 else 's'}"
        return f'{self.task.definition_id} "{self.task.name}" {self.task.status}, {iterations}'


def _tree(parts: Parts, id: str, children: Mapping[str, Sequence[str]]) -> TaskTree:
    below = tuple(_tree(parts, child, children) for child in children.get(id, ()))
    return TaskTree(TaskRun(parts, id), parts.records.last(id), below)


def _below(id: str, children: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The ids of a task's descendants, parents before their children."""
    for child in children.get(id, ()):
        yield child
        yield from _below(child, children)
