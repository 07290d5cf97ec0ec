"""The events of a server's tasks until they end: polled at intervals, each event reported once."""

import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from emulator.cli.tasks.client import WATCH, Server
from emulator.cli.terminal import Terminal, is_live, styled

STATUSES: Final = ("pending", "running", "success", "failed", "aborted")
OVER: Final = ("success", "failed", "aborted", "deleted")

pause: Callable[[float], object] = threading.Event().wait
"""Lets real seconds pass between two polls; Ctrl-C ends it."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to a task: ``status`` is new, or it logged ``item`` in ``iteration``."""

    at: str
    task: Mapping[str, Any]
    status: str | None = None
    iteration: int | None = None
    item: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As ``watch --json`` writes it."""
        who = {"at": self.at, "task": self.task["id"], "definition": self.task["definitionId"]}
        if self.status is not None:
            return {**who, "status": self.status, "iterations": self.task["iterations"]}
        item = {name: value for name, value in self.item.items() if name != "createdOn" and value is not None}
        return {**who, "iteration": self.iteration, "log": item}

    def line(self, start: datetime) -> str:
        """As a line of text; the time counts from ``start``."""
        from emulator.history.words import offset_text

        who = (
            f"{offset_text(max(_instant(self.at), start) - start)}  {self.task['definitionId']} {self.task['id'][:8]}:"
        )
        if self.status is not None:
            runs = self.task["iterations"]
            many = f" after {runs} {'run' if runs == 1 else 'runs'}" if self.status in OVER and runs else ""
            return f"{who} {styled(self.status)}{many}"
        kind = styled("error") if self.item["type"] == "error" else "info"
        return f"{who} iteration {self.iteration}, {kind}: {self.item['message']}"


class Story:
    """The tasks that are watched, and the new events of each poll."""

    def __init__(self, ids: Iterable[str]) -> None:
        self.tasks: dict[str, Mapping[str, Any]] = {}
        self._ids = list(ids)
        self._status: dict[str, str] = {}
        self._told: dict[str, int] = {}
        self._reached: set[tuple[str, str]] = set()

    @property
    def is_over(self) -> bool:
        """Whether every task has ended."""
        return all(self._status.get(each) in OVER for each in self._ids)

    @property
    def succeeded(self) -> bool:
        """Whether every task succeeded."""
        return all(self._status.get(each) == "success" for each in self._ids)

    def look(self, server: Server) -> list[Happening]:
        """Poll the server; the new events in the order of time."""
        live = [each for each in self._ids if self._status.get(each) not in OVER]
        found = {each["id"]: each for each in server.ask(WATCH, where={"id_in": live})["data"]}
        parents = self._ids
        while parents:
            children = server.ask(WATCH, where={"parentId_in": parents, "id_not_in": [*self._ids, *found]})["data"]
            found.update({child["id"]: child for child in children})
            parents = [child["id"] for child in children]
        self._ids += [each for each in found if each not in self._ids]
        new = [each for task in found.values() for each in self._new(task)]
        for id_ in live:
            if id_ not in found:
                gone = {"id": id_, "definitionId": "task", "iterations": 0, **self.tasks.get(id_, {})}
                self._status[id_] = "deleted"
                new.append(Happening(max([each.at for each in new], default=gone.get("savedOn", "")), gone, "deleted"))
        return sorted(new, key=lambda each: each.at)

    def _new(self, task: Mapping[str, Any]) -> Iterator[Happening]:
        id_, status = task["id"], task["taskStatus"]
        self.tasks[id_] = task
        self._status[id_] = status
        for reached, at in (("pending", task["createdOn"]), ("running", task["startedOn"])):
            if at is not None and self._is_news(id_, reached):
                yield Happening(at, task, reached)
        items = [(log["iteration"], item) for log in task["logs"] for item in log["items"]]
        for iteration, item in items[self._told.get(id_, 0) :]:
            yield Happening(item["createdOn"], task, None, iteration, item)
        self._told[id_] = len(items)
        if status in OVER and self._is_news(id_, status):
            yield Happening(max([task["savedOn"], *(item["createdOn"] for _, item in items)]), task, status)

    def _is_news(self, id: str, status: str) -> bool:
        """Whether the task's status is not reported yet; marks it as reported."""
        is_news = (id, status) not in self._reached
        self._reached.add((id, status))
        return is_news


def watch_tasks(server: Server, ids: Sequence[str], interval: float, terminal: Terminal, as_json: bool) -> int:
    story = Story(ids)
    with _shown(story, terminal, as_json) as tell:
        while True:
            for happening in story.look(server):
                tell(happening)
            if story.is_over:
                break
            pause(interval)
    if not as_json:
        over = [each["taskStatus"] for each in story.tasks.values()]
        counts = [f"{over.count(status):,} {styled(status)}" for status in STATUSES if status in over]
        terminal.warn(", ".join(counts))
    return 0 if story.succeeded else 1


@contextmanager
def _shown(story: Story, terminal: Terminal, as_json: bool) -> Iterator[Callable[[Happening], None]]:
    """A function that prints an event: as a JSON line, as a line, or on a terminal above a table of the tasks."""
    start: list[datetime] = []

    def line(happening: Happening) -> str:
        if not start:
            start.append(min(_instant(each["createdOn"]) for each in story.tasks.values()))
        return happening.line(start[0])

    if as_json:
        yield lambda happening: terminal.json(happening.to_dict(), indent=None)
    elif not is_live(sys.stdout):
        yield lambda happening: terminal.data(line(happening))
    else:
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        console = Console(highlight=False)
        with Live(get_renderable=lambda: _live_table(story), console=console, refresh_per_second=4) as live:
            yield lambda happening: live.console.print(Text.from_ansi(line(happening)), soft_wrap=True)


def _live_table(story: Story) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name in ("TASK", "STATUS", "RUNS", "LAST LOG"):
        table.add_column(name, justify="right" if name == "RUNS" else "left", no_wrap=True)
    for task in [*story.tasks.values()][-20:]:
        said = [item["message"] for log in task["logs"] for item in log["items"]]
        status = Text.from_ansi(styled(task["taskStatus"]))
        table.add_row(
            f"{task['definitionId']} {task['id'][:8]}", status, str(task["iterations"]), said[-1] if said else ""
        )
    return table


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
