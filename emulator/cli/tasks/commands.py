"""``emulate tasks``: background tasks of a server that runs (``emulate serve --tasks ...``), asked over GraphQL.

Exit codes: 0 all well; 1 the server declined, or a task that was watched did not succeed; 2 it could not be asked (no
server, no such task, usage). Data goes to standard output, everything else to standard error.
"""

import json
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import click

from emulator.cli.options import INPUT, read_input
from emulator.cli.terminal import Terminal, is_live, json_text, styled
from emulator.errors import EmulatorError

DEFAULT_URL: Final = "http://127.0.0.1:8083"
TIMEOUT_SECONDS: Final = 60.0
"""How long an answer may take, in real time: where waits cost nothing, requests wait for tasks that run."""
MOST: Final = 10_000
"""Tasks that one question asks for at most."""
STATUSES: Final = ("pending", "running", "success", "failed", "aborted")
OVER: Final = ("success", "failed", "aborted", "deleted")
DETAIL_WIDTH: Final = 400

TASK: Final = (
    "id name definitionId parentId taskStatus iterations input output createdOn savedOn startedOn finishedOn "
    "executionName eventResponse createdBy { id displayName type }"
)
LOG: Final = "id iteration executionName createdOn items { message createdOn type data error }"
ERROR: Final = "error { message code data }"

DEFINITIONS: Final = f"{{ backgroundTasks {{ answer: listDefinitions {{ data {{ id title }} {ERROR} }} }} }}"
GET: Final = f"query ($id: ID!) {{ backgroundTasks {{ answer: getTask(id: $id) {{ data {{ {TASK} }} {ERROR} }} }} }}"
LIST: Final = f"""
query ($where: WebinyBackgroundTaskListWhereInput, $limit: Int) {{
  backgroundTasks {{
    answer: listTasks(where: $where, limit: $limit) {{ data {{ {TASK} }} meta {{ totalCount }} {ERROR} }}
  }}
}}"""
IDS: Final = f"{{ backgroundTasks {{ answer: listTasks(limit: {MOST}) {{ data {{ id }} {ERROR} }} }} }}"
LOGS: Final = f"""
query ($id: ID!) {{ backgroundTasks {{ answer: getTask(id: $id) {{ data {{ logs {{ {LOG} }} }} {ERROR} }} }} }}"""
WATCH: Final = f"""
query ($where: WebinyBackgroundTaskListWhereInput) {{
  backgroundTasks {{
    answer: listTasks(where: $where, sort: [createdOn_ASC], limit: {MOST}) {{
      data {{ id name definitionId taskStatus iterations createdOn savedOn startedOn logs {{ {LOG} }} }} {ERROR}
    }}
  }}
}}"""
TRIGGER: Final = f"""
mutation ($definition: WebinyBackgroundTaskDefinitionEnum!, $input: JSON, $name: String, $delay: Number) {{
  backgroundTasks {{
    answer: triggerTask(definition: $definition, input: $input, name: $name, delay: $delay) {{
      data {{ {TASK} }} {ERROR}
    }}
  }}
}}"""
ABORT: Final = f"""
mutation ($id: ID!, $message: String) {{
  backgroundTasks {{ answer: abortTask(id: $id, message: $message) {{ data {{ {TASK} }} {ERROR} }} }}
}}"""

pause: Callable[[float], object] = threading.Event().wait
"""Lets real seconds pass between two looks; Ctrl-C ends it."""


class DeclinedError(Exception):
    """The server was asked and declined; exit code 1."""


class Server:
    """The GraphQL API at a URL."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(self, query: str, **variables: Any) -> Any:
        """The answer ``{"data", ...}`` of the one operation in ``query``.

        Raises ``DeclinedError`` with its error, ``EmulatorError`` when there is nobody to ask.
        """
        content = self._send({"query": query, "variables": {k: v for k, v in variables.items() if v is not None}})
        if errors := content.get("errors"):
            raise DeclinedError("\n".join(str(error.get("message")) for error in errors))
        answer = content["data"]["backgroundTasks"]["answer"]
        if error := answer["error"]:
            code = f" ({error['code']})" if error["code"] else ""
            raise DeclinedError(f"{error['message']}{code}")
        return answer

    def task(self, id: str) -> dict[str, Any]:
        """The record of a task; raises ``EmulatorError`` with the nearest id when there is none."""
        found: dict[str, Any] | None = self.ask(GET, id=id)["data"] if id else None
        if found is None:
            raise EmulatorError(f'there is no task with the id "{id}"{self._near(id)}')
        return found

    def _near(self, id: str) -> str:
        ids = [each["id"] for each in self.ask(IDS)["data"]]
        from asl.problems import nearest

        near = [each for each in ids if id and each.startswith(id)] or nearest(id, ids)
        if near:
            return f'. Did you mean "{near[0]}"?'
        return (
            f" at {self.url}\n    emulate tasks list shows those that there are" if ids else "; there are no tasks yet"
        )

    def _send(self, content: Any) -> Any:
        url = f"{self.url}/graphql"
        try:
            request = urllib.request.Request(url, json.dumps(content).encode(), {"Content-Type": "application/json"})
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as response:
                status, body = response.status, response.read()
        except urllib.error.HTTPError as error:
            status, body = error.code, error.read()
        except ValueError as error:
            raise EmulatorError(f"--url {self.url}: {error}\n    fix: --url {DEFAULT_URL}") from None
        except OSError as error:
            reason = getattr(error, "reason", error)
            what = getattr(reason, "strerror", None) or str(reason)
            raise EmulatorError(
                f"nobody answers at {self.url}: {what.lower()}\n"
                "    fix: start the server with emulate serve --tasks MODULE (or file.py),\n"
                "         or say where it is with --url URL or EMULATOR_URL"
            ) from None
        try:
            answer = json.loads(body)
        except ValueError:
            answer = None
        if isinstance(answer, dict) and (status == 200 or isinstance(answer.get("errors"), list)):
            if status == 200:
                return answer
            raise EmulatorError("\n".join(str(error.get("message")) for error in answer["errors"]))
        raise EmulatorError(
            f"{self.url} answers, but not as a server with background tasks does: HTTP {status} to POST /graphql\n"
            "    fix: start the server with emulate serve --tasks MODULE (or file.py)"
        )


class TaskCommands(click.Group):
    """Turns what the server declines into exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except DeclinedError as error:
            click.echo(f"error: {error}", err=True)
            return 1


def _server(_ctx: click.Context, _param: click.Parameter, url: str) -> Server:
    return Server(url)


URL = click.option(
    "--url",
    "server",
    envvar="EMULATOR_URL",
    show_envvar=True,
    default=DEFAULT_URL,
    show_default=True,
    callback=_server,
    help="Where `emulate serve --tasks ...` answers.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Write JSON.")
INTERVAL = click.option(
    "--interval",
    type=click.FloatRange(min=0.05),
    default=1.0,
    show_default=True,
    help="Real seconds between two looks.",
)


@click.group(cls=TaskCommands)
def tasks() -> None:
    """Background tasks of a running server: emulate serve --tasks MODULE.

    Exit codes: 0 all well, 1 the server declined or a watched task did not succeed, 2 it could not be asked.
    """


@tasks.command("list")
@URL
@click.option("--status", "statuses", multiple=True, type=click.Choice(STATUSES), help="Only these; several times.")
@click.option("--definition", "definitions", multiple=True, metavar="ID", help="Only tasks of it; several times.")
@click.option("--parent", metavar="ID", help="Only the children of this task.")
@click.option("--limit", type=click.IntRange(1, MOST), default=50, show_default=True, help="The most that are shown.")
@JSON
def list_(
    server: Server,
    statuses: tuple[str, ...],
    definitions: tuple[str, ...],
    parent: str | None,
    limit: int,
    as_json: bool,
) -> int:
    """List tasks, newest first."""
    terminal = Terminal()
    filters = {"taskStatus_in": list(statuses), "definitionId_in": list(definitions), "parentId": parent}
    answer = server.ask(LIST, where={key: value for key, value in filters.items() if value}, limit=limit)
    found = answer["data"]
    if as_json:
        terminal.json(found)
    elif found:
        terminal.data("\n".join(_table(found, terminal.width)))
    hidden = answer["meta"]["totalCount"] - len(found)
    if hidden or not found:
        terminal.warn(f"{hidden:,} more; --limit shows them" if hidden else "no tasks")
    return 0


@tasks.command()
@click.argument("definition", required=False)
@URL
@INPUT
@click.option("--name", help="What this run is called.  [default: the definition's title]")
@click.option("--delay", type=click.IntRange(min=0), help="Seconds to wait before the first run.")
@click.option("--watch", "watched", is_flag=True, help="Watch it to its end, as `emulate tasks watch` does.")
@INTERVAL
@JSON
def trigger(
    definition: str | None,
    server: Server,
    input_: str | None,
    name: str | None,
    delay: int | None,
    watched: bool,
    interval: float,
    as_json: bool,
) -> int:
    """Trigger a task of DEFINITION.

    Its id goes to standard output. Without DEFINITION it says which there are.
    """
    terminal = Terminal()
    value = read_input(input_)
    if not isinstance(value, dict):
        raise EmulatorError(f"--input must be a JSON object for a background task, not {type(value).__name__}")
    known = [each["id"] for each in server.ask(DEFINITIONS)["data"]]
    if definition not in known:
        from asl.problems import nearest

        near = nearest(definition or "", known)
        hint = f' Did you mean "{near[0]}"?' if near else ""
        question = f'there is no task definition "{definition}".{hint}' if definition else "which definition?"
        raise EmulatorError(
            f"{question}\n    there are: {', '.join(known)}\n    private ones can only be triggered by code"
        )
    record = server.ask(TRIGGER, definition=definition, input=value, name=name, delay=delay)["data"]
    if as_json:
        terminal.json(record, indent=None if watched else 2)
    else:
        terminal.data(record["id"])
    return _watch(server, [record["id"]], interval, terminal, as_json) if watched else 0


@tasks.command()
@click.argument("id")
@URL
@click.option("--message", help="What the task's log says.  [default: Task aborted.]")
@JSON
def abort(id: str, server: Server, message: str | None, as_json: bool) -> int:
    """Abort the task ID, pending or running.

    Its execution ends at its next run.
    """
    terminal = Terminal()
    record = server.ask(ABORT, id=server.task(id)["id"], message=message)["data"]
    if as_json:
        terminal.json(record)
    else:
        terminal.data(f"{record['id']} {styled(record['taskStatus'])}")
    return 0


@tasks.command()
@click.argument("id")
@URL
@JSON
def logs(id: str, server: Server, as_json: bool) -> int:
    """Show what the task ID logged, oldest first."""
    terminal = Terminal()
    found = server.ask(LOGS, id=server.task(id)["id"])["data"]["logs"]
    if as_json:
        terminal.json(found)
        return 0
    items = [(log["iteration"], item) for log in found for item in log["items"]]
    for iteration, item in items:
        kind = styled("error" if item["type"] == "error" else "done", f"{item['type']:<5}")
        terminal.data(f"{item['createdOn']}  iteration {iteration:<3} {kind}  {item['message']}")
        for name in ("data", "error"):
            if item[name]:
                terminal.data(f"    {name}: {_short(item[name])}")
    if not items:
        terminal.warn("no logs")
    return 0


@tasks.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@URL
@INTERVAL
@JSON
def watch(ids: tuple[str, ...], server: Server, interval: float, as_json: bool) -> int:
    """Tell what happens to tasks until they are over.

    To the tasks ID... and their children; without ID to all that are pending or running. Exit code 0 when all of them
    succeed. --json writes one JSON object per line for everything that happens.
    """
    terminal = Terminal()
    wanted = [server.task(each)["id"] for each in dict.fromkeys(ids)]
    if not ids:
        found = server.ask(LIST, where={"taskStatus_in": ["pending", "running"]}, limit=MOST)["data"]
        wanted = [each["id"] for each in found]
        if not wanted:
            terminal.warn("no task is pending or running")
            return 0
    return _watch(server, wanted, interval, terminal, as_json)


@tasks.command()
@click.option(
    "--endpoint-url",
    envvar=["AWS_ENDPOINT_URL", "EMULATOR_URL"],
    show_envvar=True,
    default=DEFAULT_URL,
    show_default=True,
    help="Where DynamoDB answers: an emulator, LocalStack, or AWS's own.",
)
@click.option("--table", default="background-tasks", show_default=True, help="The name of the table.")
@click.option("--region", envvar="AWS_REGION", default="us-east-1", show_default=True, help="The table's region.")
def init(endpoint_url: str, table: str, region: str) -> int:
    """Create the table in DynamoDB.

    Background tasks are kept in it, at any endpoint that answers as DynamoDB does. Its keys are PK and SK, and GSI1 to
    GSI4 with GSIn_PK and GSIn_SK, all texts. A table that is there already is left as it is when its keys are those,
    and refused otherwise.
    """
    from emulator.cli.tasks.table import init_table

    terminal = Terminal()
    made = init_table(endpoint_url, table, region)
    terminal.warn(f"{'created' if made else 'there already:'} the table {table} at {endpoint_url}")
    return 0


# Lists ----------------------------------------------------------------------------------------------------------------


def _table(records: Sequence[Mapping[str, Any]], width: int) -> list[str]:
    from emulator.history.words import cut

    longest = max(len("DEFINITION"), *(len(each["definitionId"]) for each in records))
    head = f"{'ID':<24}  {'STATUS':<7}  {'RUNS':>5}  {'CREATED':<20}  {'DEFINITION':<{longest}}  NAME"
    lines = [head]
    for each in records:
        status = styled(each["taskStatus"], f"{each['taskStatus']:<7}")
        created = each["createdOn"].partition(".")[0] + "Z"
        start = f"{each['id']:<24}  {{}}  {each['iterations']:>5}  {created:<20}  {each['definitionId']:<{longest}}  "
        lines.append(start.format(status) + cut(each["name"], max(20, width - len(start) - 5)))
    return lines


def _short(value: Any) -> str:
    from emulator.history.words import cut

    return cut(json_text(value, indent=None), DETAIL_WIDTH)


# Watching -------------------------------------------------------------------------------------------------------------


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
        """As people read it; the time counts from ``start``."""
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
    """The tasks that are watched: what each look at them shows that was not told yet."""

    def __init__(self, ids: Iterable[str]) -> None:
        self.tasks: dict[str, Mapping[str, Any]] = {}
        self._ids = list(ids)
        self._status: dict[str, str] = {}
        self._told: dict[str, int] = {}
        self._reached: set[tuple[str, str]] = set()

    @property
    def is_over(self) -> bool:
        """Whether nothing will happen any more."""
        return all(self._status.get(each) in OVER for each in self._ids)

    @property
    def succeeded(self) -> bool:
        """Whether all of them did."""
        return all(self._status.get(each) == "success" for each in self._ids)

    def look(self, server: Server) -> list[Happening]:
        """What is new, in the order of time."""
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
        """Whether it was not told yet that the task came to this status; from now on it was."""
        is_news = (id, status) not in self._reached
        self._reached.add((id, status))
        return is_news


def _watch(server: Server, ids: Sequence[str], interval: float, terminal: Terminal, as_json: bool) -> int:
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
    """How happenings are told: JSON lines, lines, or on a terminal lines above a table of the tasks."""
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
    for name in ("TASK", "STATUS", "RUNS", "LAST SAID"):
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
