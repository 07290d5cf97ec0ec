"""``store``: a run's access to its own task and to the log of this iteration.

Changes made with ``save=False`` wait for the next saving call of any kind, or for the end of the run; of two
values for one field, the later wins. The local copy (``get_task`` and similar) is the record as of the last
save; only a save brings in changes by others, such as an abort for ``is_aborted``. Log entries are appended,
never replaced. Profiles of the original join unsaved values, and lose entries.
"""

import copy
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from .errors import TaskError, error_object, not_in_profile, raised_text
from .plain import Json, JsonObject, copied, lenient, plain, plain_object, to_milliseconds
from .queries import Page
from .records import LogItem, Task, TaskLog, TaskStatus
from .rules import CONTINUED_INPUT, EQUALITY, PENDING_MERGE, spread
from .service import Tasks
from .storage import StatusConflictError, Storage

log = logging.getLogger(__name__)

WRITE_ITEMS: Final = {"append": Storage.append_items, "last_batch": Storage.replace_items}
"""The profile's ``log_items`` -> how a save writes log entries."""

ABORT_RACE: Final[Mapping[str, tuple[str, ...]]] = {"keep_aborted": (TaskStatus.ABORTED,), "last_write": ()}
"""The profile's ``abort_race`` -> the statuses that a run's writes do not overwrite."""


class Store:
    """The store of one run. ``entry`` is the log of this iteration, ``None`` if the task keeps no logs."""

    def __init__(self, tasks: Tasks, task: Task, entry: TaskLog | None) -> None:
        self._tasks = tasks
        self._task = task
        self._entry = entry
        self._fields: dict[str, Any] = {}
        self._items: list[LogItem] = []
        self._profile = tasks.profile
        self._merge = PENDING_MERGE[tasks.profile.pending_merge]

    def get_task(self) -> Task:
        """The record as of the last save."""
        return copy.deepcopy(self._task)

    def get_status(self) -> str:
        """The task's status."""
        return self._task.status

    def get_input(self) -> JsonObject | None:
        """The task's input, without unsaved changes."""
        return copy.deepcopy(self._task.input)

    def get_output(self) -> JsonObject | None:
        """The task's output, without unsaved changes."""
        return copy.deepcopy(self._task.output)

    def update_task(
        self, values: Mapping[str, Any] | Callable[[Task], Mapping[str, Any]], *, save: bool = True
    ) -> None:
        """Set fields of the task by their wire names (``{"name": ...}``); a function gets the record first."""
        given = values(self.get_task()) if callable(values) else values
        self._fields = self._merge.join(self._fields, self._tasks.update_fields(given, "update_task"))
        if save:
            self.save()

    def update_input(self, values: Any, *, save: bool = True) -> None:
        """Merge ``values`` into the input; if it is a function of the input, its result replaces the input.

        An input equal to the saved one is not written.
        """
        current = self.current_input()
        given = self._json(values(copied(current)) if callable(values) else values, "update_input")
        new = given if callable(values) else {**spread(current), **spread(given)}
        if EQUALITY[self._profile.equality](new, self._task.input):
            if self._merge.over_unsaved:
                self._fields.pop("input", None)
        else:
            self._fields = self._merge.join(self._fields, {"input": new})
        if save:
            self.save()

    def update_output(self, values: Any, *, save: bool = True) -> None:
        """Replace the output by ``values``; successive unsaved values are merged first."""
        new, unsaved = self._json(values, "update_output"), self._fields.get("output") or {}
        mergeable = isinstance(unsaved, dict) and isinstance(new, dict)
        self._fields["output"] = self._merge.join(unsaved, new) if mergeable else new
        if save:
            self.save()

    def add_info_log(self, message: str, data: Any = None, *, save: bool = True) -> None:
        """Add an entry to this iteration's log; has no effect if the definition has no database logs."""
        self._add(message, "info", data=plain(data, "add_info_log: data"))
        if save:
            self.save()

    def add_error_log(self, message: str, error: Any = None, *, save: bool = True) -> None:
        """Add an error entry, and log it with ``logging``.

        For an exception, the message, code and data are kept, but not the traceback; anything else is kept
        unchanged.
        """
        log.error("%s %s", message, error if error is not None else "")
        kept = error_object(error) if isinstance(error, BaseException) else plain(error, "add_error_log: error")
        raised = raised_text(error) if isinstance(error, BaseException) else None
        self._add(message, "error", error=kept, raised=raised)
        if save:
            self.save()

    def list_child_tasks(self, definition_id: str | None = None) -> Page[Task]:
        """The tasks that this one triggered, oldest first, optionally of one definition; reads the database."""
        if not self._profile.has("list_child_tasks"):
            raise not_in_profile(self._profile, "list_child_tasks")
        return self._tasks.list_children(self._task, definition_id)

    def save(self) -> None:
        """Write all unsaved changes, if any: the task's fields, then the log entries.

        Changes that cannot be written stay unsaved, and the exception is passed on.
        """
        self._save_fields()
        self._save_items()

    def current_input(self) -> Any:
        """A copy of the input to change: includes unsaved changes if the later of two values wins."""
        stored = self._fields.get("input", self._task.input) if self._merge.over_unsaved else self._task.input
        return copied({} if stored is None else stored)

    def continued_input(self, given: Json) -> Json:
        """The next run's input if this run continues with ``given``."""
        return CONTINUED_INPUT[self._profile.continue_input](self.current_input(), given)

    def start(self, fields: Mapping[str, Any]) -> bool:
        """Write the start of a run; ``False`` if the user has aborted the task."""
        return self._write_unless_aborted(fields)

    def settle(self, fields: Mapping[str, Any], item: LogItem | None, *, item_if_aborted: bool = True) -> bool:
        """Write the end of a run together with all unsaved changes; ``False`` if the task was aborted meanwhile.

        In that case the status stays aborted and ``finishedOn`` unset; every other field is written, and ``item``
        only with ``item_if_aborted``.
        """
        fields = self._merge.join(self._fields, dict(fields))
        if won := self._write_unless_aborted(fields):
            self._fields.clear()
        else:
            self._fields = fields
            for field in ("taskStatus", "finishedOn"):
                self._fields.pop(field, None)
            self._save_fields()
        new = [item] if item is not None and (won or item_if_aborted) else []
        if self._profile.log_items == "last_batch":
            self._save_items()  # the releases save them with the task's fields, before the last entry replaces them
        self._save_items(new)
        return won

    def has_unsaved(self) -> bool:
        """Whether there are unsaved changes."""
        return bool(self._fields or self._items)

    def discard(self) -> None:
        """Drop all unsaved changes."""
        self._fields.clear()
        self._items.clear()

    def item(
        self, message: str, kind: str, *, data: Json = None, error: Json = None, raised: str | None = None
    ) -> LogItem:
        """A log entry with the current time."""
        at = to_milliseconds(self._tasks.now())
        return LogItem(message, at, "error" if kind == "error" else "info", data, error, raised)

    def _add(
        self, message: Any, kind: str, *, data: Json = None, error: Json = None, raised: str | None = None
    ) -> None:
        if not isinstance(message, str) or not message:
            raise TypeError(f"a log entry needs a string as its message, not {message!r}")
        if self._entry is not None:
            self._items.append(self.item(message, kind, data=data, error=lenient(error), raised=raised))

    def _json(self, values: Any, what: str) -> Any:
        """A JSON copy of values that a run stores: an object, or any JSON if the profile allows it."""
        return (plain if self._profile.values == "any" else plain_object)(values, what)

    def _save_fields(self) -> None:
        if "taskStatus" in self._fields:
            if self._write_unless_aborted(self._fields):
                self._fields.clear()
            else:
                del self._fields["taskStatus"]
        if self._fields:
            self._task = self._tasks.write(self._task.id, self._fields)
            self._fields.clear()

    def _save_items(self, new: Sequence[LogItem] = ()) -> None:
        items = [*self._items, *new]
        if items and self._entry is not None:
            self._check_messages(items)
            write = WRITE_ITEMS[self._profile.log_items]
            self._entry = write(self._tasks.storage, self._entry, items)
            self._items.clear()

    def _check_messages(self, items: Sequence[LogItem]) -> None:
        """Reject entries without a message; only an error without one, which some profiles allow, creates them."""
        missing: list[Json] = [
            {"id": "message", "fieldId": "message", "storageId": "text@message", "error": "Message is required."}
            | {"parents": ["items", str(index)]}
            for index, item in enumerate(items)
            if not item.message
        ]
        if missing:
            raise TaskError("Validation failed.", "VALIDATION_FAILED", missing)

    def _write_unless_aborted(self, fields: Mapping[str, Any]) -> bool:
        barred = ABORT_RACE[self._profile.abort_race]
        try:
            self._task = self._tasks.write(self._task.id, fields, never_from=barred)
        except StatusConflictError as conflict:
            self._task = conflict.task
            return False
        return True
