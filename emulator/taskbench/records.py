"""The records of background tasks as a test reads them: not counted as the application's reads, never refused.

Those of a handler of the user's own are read where it keeps them, if it keeps them as the original's releases do
(``kept``). What cannot be read so is an error that says it, never an empty answer.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from emulator.aws.interception import AwsRequest
from emulator.errors import EmulatorError
from emulator.taskbench.host import Host, check_open
from emulator.taskbench.recorder import Recorder
from emulator.taskbench.storage_calls import deleted_task
from emulator.tasks import Task, TaskLog, Tasks
from emulator.tasks.queries import MAX_LIMIT

T = TypeVar("T")


class Records:
    """Reads through ``tasks``, each time inside a block of ``looking``.

    Every method raises ``EmulatorError`` unless the emulator is open.
    """

    def __init__(self, host: Host, tasks: Tasks, recorder: Recorder) -> None:
        self.tasks = tasks
        self._host = host
        self._recorder = recorder
        self._kept = recorder.kept
        self._deleted: dict[str, Task] = {}

    def read(self, question: Callable[[Tasks], T]) -> T:
        """The answer of ``tasks`` to ``question``."""
        check_open(self._host)
        with self._recorder.looking():
            return question(self.tasks)

    def get(self, id: str) -> Task | None:
        """The task's record, or ``None``."""
        if self._recorder.is_own and self._kept.knows(id):
            return self.read(lambda _: self._kept.task(id))
        return self.read(lambda tasks: tasks.get(id))

    def find(self, id: str) -> Task:
        """The task's record; raises ``EmulatorError`` when there is none, or none that can be read."""
        if (task := self.get(id)) is None:
            self.check_readable(id, "its record")
            raise EmulatorError(f'there is no task with the id "{id}": it was never triggered, or it was deleted')
        return task

    def has(self, id: str) -> bool:
        """Whether the record is in the table of ``emulator.tasks``."""
        return self.read(lambda tasks: tasks.get(id)) is not None

    def logs(self, id: str) -> list[TaskLog]:
        """The task's logs, oldest first; raises ``EmulatorError`` when they cannot be read."""
        if self._recorder.is_own and self._kept.knows(id):
            return self.read(lambda _: self._kept.logs(id))
        logs = list(self.read(lambda tasks: tasks.list_logs({"task": id}, limit=MAX_LIMIT)))
        if logs or self.has(id):
            return logs
        self.check_readable(id, "its logs")
        return []

    def check_readable(self, id: str, what: str) -> None:
        """Raise ``EmulatorError`` when a handler of the user's own keeps the task in a form that is not known."""
        if self._recorder.is_own and not self._kept.knows(id):
            raise EmulatorError(
                f'there is no task with the id "{id}" here, so {what} cannot be seen: tasks.handler is a handler of '
                "your own, which keeps its tasks itself\n    known are records in the table of emulator.tasks, and "
                "entries of the models webinyTask and webinyTaskLog, as the releases store them\n"
                "    fix: read your own tables, or look at run.execution and run.iterations"
            )

    def check_listed(self, what: str) -> None:
        """Raise ``EmulatorError`` when the table is empty because a handler of the user's own keeps its tasks."""
        if self._recorder.is_own and not self.read(lambda tasks: tasks.list(limit=1)):
            raise EmulatorError(
                f"{what} reads the table of emulator.tasks, which is empty: tasks.handler is a handler of your own and "
                "keeps its tasks itself\n    fix: tasks.runs has the tasks whose executions were started"
            )

    def last(self, id: str) -> Task:
        """The task's record; of a deleted task, the record as it was before."""
        return self.get(id) or self._deleted.get(id) or self.find(id)

    def children(self) -> Mapping[str, Sequence[str]]:
        """Id of a task -> the tasks that it triggered, oldest first, as records say or requests of its calls."""
        children: dict[str, list[str]] = {}
        for task in self.read(lambda tasks: tasks.list(sort="createdOn_ASC", limit=MAX_LIMIT)):
            if task.parent_id is not None:
                children.setdefault(task.parent_id, []).append(task.id)
        for id_, parent in self._kept.parents.items():
            if id_ not in (held := children.setdefault(parent, [])):
                held.append(id_)
        return children

    def remember(self, request: AwsRequest, table_name: str) -> None:
        """Keep the record of a task that the request is about to delete: tasks may clean up after themselves."""
        if (id_ := deleted_task(request, table_name)) is not None and (task := self.get(id_)) is not None:
            self._deleted[id_] = task
