"""Self-cleanup: when a task has ended, deletes it, its descendants, and all their logs."""

import logging
from collections.abc import Iterator

from .errors import NotFoundError
from .storage import Storage

log = logging.getLogger(__name__)


def delete_subtree(storage: Storage, task_id: str) -> None:
    """Delete the task, its descendants (children before parents) and all their logs.

    Never raises: a failure to delete or list is logged as a warning, and the rest is deleted. Tasks that are each
    other's parents, and a task that is already gone, are handled.
    """
    for id_ in _children_first(storage, task_id, set()):
        try:
            for entry in storage.list_logs(id_):
                storage.delete_log(entry)
            storage.delete_task(id_)
        except NotFoundError:
            continue
        except Exception:
            log.warning('Task "%s" could not be cleaned up', id_, exc_info=True)


def _children_first(storage: Storage, task_id: str, seen: set[str]) -> Iterator[str]:
    seen.add(task_id)
    try:
        children = storage.list_tasks({"parentId": task_id})
    except Exception:
        log.warning('The children of task "%s" could not be listed', task_id, exc_info=True)
        children = []
    for child in children:
        if child.id not in seen:
            yield from _children_first(storage, child.id, seen)
    yield task_id
