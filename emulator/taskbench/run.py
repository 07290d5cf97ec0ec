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
from emulator.tasks.queries import MAX_LIMIT

WAITER: Final = "Waiter"
"""The state of the machine in which a task sleeps between two iterations."""


class TaskRun(Injection):
    """One task, from its trigger on. Everything is read when it is asked for, so it is as fresh as can be."""

    def __init__(self, parts: Parts, id: str) -> None:
        super().__init__(parts, Scope(task_id=id))
        self.id = id

    def __repr__(self) -> str:
        return f"<TaskRun {self.id} iterations={len(self.iterations)}>"

    # Time ----------------------------------------------------------------------------------------------------------

    def run_to_end(self) -> Self:
        """Let time pass until the task's executions are over, then those of its children, and of theirs.

        The clock jumps over every wait. Children run alongside their parent, on the same clock; those that are still
        running when it ends are finished one after another, oldest first. Raises ``EmulatorError`` for a child that
        no rule picked up, and when something planned for the task or a child (``at``, ``fail_write``...) never came;
        and what the functions given to ``at`` raised.
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
        """Let time pass until the machine next falls asleep in Waiter, or is over: ``waiting_for`` is then ``None``.

        Raises what the functions given to ``at`` raised.
        """
        self._parts.check_open()
        execution = self.execution
        seen = len(execution.tree.visits)

        def asleep_or_over() -> bool:
            nonlocal seen
            visits = execution.tree.visits
            new, seen = visits[seen:], len(visits)
            return execution.finish is not None or any(visit.name == WAITER for visit in new)

        self._parts.host.run_until(asleep_or_over)
        self._parts.plans.raise_error()
        return self

    def abort(self, message: str | None = None) -> Self:
        """Abort the task now; its execution ends at its next iteration. Raises what ``Tasks.abort`` raises."""
        self._parts.check_open()
        self._parts.records.tasks.abort(self.id, message)
        return self

    def deliver_again(self) -> Self:
        """Let EventBridge deliver the task's event once more: another execution of the task, beside the first.

        In a function given to ``at`` it begins right there and comes as far as it can without a wait, in the middle
        of the iteration that is at it; else when time is let pass.
        """
        self._parts.check_open()
        self._parts.executions.deliver_again(self.execution)
        return self

    # Looking -------------------------------------------------------------------------------------------------------

    @property
    def task(self) -> Task:
        """The task's record as it now is in the table."""
        return self._parts.records.find(self.id)

    @property
    def last_task(self) -> Task:
        """``task``; of one that is gone, because it cleaned up after itself for example, the record as it last was."""
        return self._parts.records.last(self.id)

    @property
    def entry(self) -> Entry:
        """The EventBridge entry with which the task was triggered; raises ``EmulatorError`` when there is none."""
        entry = next((entry for entry in self._parts.executions.entries if entry.task_id == self.id), None)
        if entry is None:
            raise EmulatorError(f"no event was put for task {self.id}")
        return entry

    @property
    def execution(self) -> Execution:
        """The execution that the task's event started; of several (an event delivered twice) the first."""
        return self.executions[0]

    @property
    def executions(self) -> tuple[Execution, ...]:
        """Every execution of the task, in the order in which they were started."""
        return tuple(self._parts.executions.of(self.id))

    @property
    def states(self) -> list[str]:
        """The states that the machine entered, in order."""
        return self.execution.path

    @property
    def waiting_for(self) -> int | None:
        """The whole seconds that the machine still sleeps, ``None`` when it does not."""
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
        """What the task has used of AWS's limits: history events, bytes of payloads and output."""
        return usage_of(self.execution)

    @property
    def logs(self) -> list[TaskLog]:
        """The task's log records, oldest first: one for each run of the task."""
        return list(self._parts.records.list_logs({"task": self.id}, limit=MAX_LIMIT))

    @property
    def children(self) -> list["TaskRun"]:
        """The tasks that this one triggered, oldest first; each has its own ``children``."""
        where = {"parentId": self.id}
        found = self._parts.records.list(where, sort="createdOn_ASC", limit=MAX_LIMIT)
        return [TaskRun(self._parts, child.id) for child in found]

    @property
    def tree(self) -> "TaskTree":
        """The task with its children, and theirs; ``print(run.tree)`` shows it."""
        return _tree(self._parts, self.last_task, self._parts.records.children())


@dataclass(frozen=True, slots=True)
class TaskTree:
    """A task and what it triggered, as the records were when it was asked for; ``str`` has a line for each task."""

    run: TaskRun
    task: Task
    children: tuple["TaskTree", ...] = ()

    def walk(self, depth: int = 0) -> Iterator[tuple[int, "TaskTree"]]:
        """The task itself, then everything below it, each with its depth; parents before their children."""
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


def _tree(parts: Parts, task: Task, children: Mapping[str, Sequence[Task]]) -> TaskTree:
    below = tuple(_tree(parts, child, children) for child in children.get(task.id, ()))
    return TaskTree(TaskRun(parts, task.id), task, below)


def _below(id: str, children: Mapping[str, Sequence[Task]]) -> Iterator[str]:
    """The ids of everything that a task triggered, parents before their children."""
    for child in children.get(id, ()):
        yield child.id
        yield from _below(child.id, children)
