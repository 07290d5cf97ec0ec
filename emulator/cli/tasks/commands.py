"""``emulate tasks``: background tasks of a running server (``emulate serve --tasks ...``), over GraphQL.

Exit codes: 0 success; 1 the server declined, or a watched task did not succeed; 2 the request was not possible (no
server, no such task, usage). Data goes to standard output, everything else to standard error.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import click

from emulator.cli.options import INPUT, Refused, read_input
from emulator.cli.tasks.client import (
    ABORT,
    DEFAULT_URL,
    DEFINITIONS,
    LIST,
    LOGS,
    MOST,
    TRIGGER,
    DeclinedError,
    Server,
)
from emulator.cli.tasks.watch import STATUSES, watch_tasks
from emulator.cli.terminal import Terminal, json_text, styled
from emulator.errors import EmulatorError

DETAIL_WIDTH: Final = 400


class TaskCommands(click.Group):
    """Turns a refusal of the server into exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except DeclinedError as error:
            click.echo(f"error: {error}", err=True)
            return 1


def _server(_ctx: click.Context, _param: click.Parameter, url: str) -> Server:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused(f"--url {url!r} is not the address of a server\n    fix: --url {DEFAULT_URL}")
    return Server(url)


URL = click.option(
    "--url",
    "server",
    envvar="EMULATOR_URL",
    show_envvar=True,
    default=DEFAULT_URL,
    show_default=True,
    callback=_server,
    help="The address of `emulate serve --tasks ...`.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Write JSON.")
INTERVAL = click.option(
    "--interval",
    type=click.FloatRange(min=0.05),
    default=1.0,
    show_default=True,
    help="Real seconds between two polls.",
)


@click.group(cls=TaskCommands)
def tasks() -> None:
    """Background tasks of a running server: emulate serve --tasks MODULE.

    Exit codes: 0 success, 1 the server declined or a watched task did not succeed, 2 no server or usage.
    """


@tasks.command("list")
@URL
@click.option(
    "--status", "statuses", multiple=True, type=click.Choice(STATUSES), help="Only tasks with this status; repeatable."
)
@click.option(
    "--definition", "definitions", multiple=True, metavar="ID", help="Only tasks of this definition; repeatable."
)
@click.option("--parent", metavar="ID", help="Only the children of this task.")
@click.option("--limit", type=click.IntRange(1, MOST), default=50, show_default=True, help="The most tasks to show.")
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
@click.option("--name", help="The name of the task.  [default: the definition's title]")
@click.option("--delay", type=click.IntRange(min=0), help="Seconds to wait before the first run.")
@click.option("--watch", "watched", is_flag=True, help="Watch it until it ends, like `emulate tasks watch`.")
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

    Prints the task's id. Without DEFINITION, lists the definitions.
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
            f"{question}\n    there are: {', '.join(known)}\n    private ones can be triggered only by code"
        )
    record = server.ask(TRIGGER, definition=definition, input=value, name=name, delay=delay)["data"]
    if as_json:
        terminal.json(record, indent=None if watched else 2)
    else:
        terminal.data(record["id"])
    return watch_tasks(server, [record["id"]], interval, terminal, as_json) if watched else 0


@tasks.command()
@click.argument("id")
@URL
@click.option("--message", help="The message in the task's log.  [default: Task aborted.]")
@JSON
def abort(id: str, server: Server, message: str | None, as_json: bool) -> int:
    """Abort the pending or running task ID.

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
    """Show the log of the task ID, oldest first."""
    terminal = Terminal()
    found = server.ask(LOGS, id=server.task(id)["id"])["data"]["logs"]
    if as_json:
        terminal.json(found)
        return 0
    items = [(log["iteration"], item) for log in found for item in log["items"]]
    for iteration, item in items:
        kind = styled("error" if item["type"] == "error" else "done", f"{item['type']:<5}")
        terminal.data(f"{item['createdOn']}  iteration {iteration:<3} {kind}  {item['message']}")
        for line in (item["raised"] or "").splitlines():
            terminal.data(f"    {line.rstrip()}")
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
    """Show the events of tasks until they end.

    Watches the tasks ID... and their children; without ID, all pending and running tasks. Exit code 0 if all of them
    succeed. --json writes one JSON object per line for each event.
    """
    terminal = Terminal()
    wanted = [server.task(each)["id"] for each in dict.fromkeys(ids)]
    if not ids:
        found = server.ask(LIST, where={"taskStatus_in": ["pending", "running"]}, limit=MOST)["data"]
        wanted = [each["id"] for each in found]
        if not wanted:
            terminal.warn("no task is pending or running")
            return 0
    return watch_tasks(server, wanted, interval, terminal, as_json)


@tasks.command()
@click.option(
    "--endpoint-url",
    envvar=["AWS_ENDPOINT_URL", "EMULATOR_URL"],
    show_envvar=True,
    default=DEFAULT_URL,
    show_default=True,
    help="DynamoDB's address: an emulator, LocalStack, or AWS.",
)
@click.option("--table", default="background-tasks", show_default=True, help="The name of the table.")
@click.option("--region", envvar="AWS_REGION", default="us-east-1", show_default=True, help="The table's region.")
def init(endpoint_url: str, table: str, region: str) -> int:
    """Create the table of background tasks in DynamoDB.

    Works with any DynamoDB-compatible endpoint. The table has the keys PK and SK, and the indexes GSI1 to GSI4 the keys
    GSIn_PK and GSIn_SK, all strings. An existing table is left as it is if its keys are these, and refused otherwise.
    """
    from emulator.cli.tasks.table import init_table

    terminal = Terminal()
    made = init_table(endpoint_url, table, region)
    terminal.warn(f"{'created' if made else 'exists already:'} the table {table} at {endpoint_url}")
    return 0


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
