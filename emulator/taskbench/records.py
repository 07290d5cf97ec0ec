"""The records of background tasks as a test reads them: not counted as the application's reads, never refused."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TypeVar

from emulator.aws.interception import AwsRequest
from emulator.errors import EmulatorError
from emulator.taskbench.host import Host, check_open
from emulator.taskbench.storage_calls import deleted_task
from emulator.tasks import Task, Tasks
from emulator.tasks.queries import MAX_LIMIT

T = TypeVar("T")


class Records:
    """Reads through ``tasks``, each time inside a block of ``looking``.

    Every method raises ``EmulatorError`` unless the emulator is open.
    """

    def __init__(self, host: Host, tasks: Tasks, looking: Callable[[], AbstractContextManager[None]]) -> None:
        self.tasks = tasks
        self._host = host
        self._looking = looking
        self._deleted: dict[str, Task] = {}

    def read(self, question: Callable[[Tasks], T]) -> T:
        """The answer of ``tasks`` to ``question``."""
        check_open(self._host)
        with self._looking():
            return question(self.tasks)

    def get(self, id: str) -> Task | None:
        """The task's record, or ``None``."""
        return self.read(lambda tasks: tasks.get(id))

    def find(self, id: str) -> Task:
        """The task's record; raises ``EmulatorError`` when the table has none."""
        if (task := self.get(id)) is None:
            raise EmulatorError(f'there is no task with the id "{id}": it was never triggered, or it was deleted')
        return task

    def last(self, id: str) -> Task:
        """The task's record; of a deleted task, the record as it was before."""
        return self.get(id) or self._deleted.get(id) or self.find(id)

    def children(self) -> Mapping[str, Sequence[Task]]:
        """Id of a task -> the tasks that it triggered, oldest first."""
        children: dict[str, list[Task]] = {}
        for task in self.read(lambda tasks: tasks.list(sort="createdOn_ASC", limit=MAX_LIMIT)):
            if task.parent_id is not None:
                children.setdefault(task.parent_id, []).append(task)
        return children

    def remember(self, request: AwsRequest, table_name: str) -> None:
        """Keep the record of a task that the request is about to delete: tasks may clean up after themselves."""
        if (id_ := deleted_task(request, table_name)) is not None and (task := self.get(id_)) is not None:
            self._deleted[id_] = task
