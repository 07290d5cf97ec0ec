"""``emulate task``: trigger a background task by its event, and run it to its end."""

import sys
from datetime import datetime
from time import perf_counter
from typing import TYPE_CHECKING, Final

import click

from emulator.cli.functions import warn_of_untold
from emulator.cli.options import BACKEND, INPUT, JSON, QUIET, SEED, START, Refused, read_input
from emulator.cli.terminal import Terminal, count_text

if TYPE_CHECKING:
    from emulator.core import Emulator
    from emulator.taskbench import TaskBench, TaskRun

EXAMPLE: Final = "emulator.examples.article_import"
EXAMPLE_INPUT: Final = {"blog": "https://blog.example"}


@click.command()
@click.argument("task", required=False)
@click.option("--from", "module", metavar="MODULE|FILE.py", help="The task definitions.  [default: the example]")
@click.option("--app", metavar="MODULE:OBJECT", help="The application: ctx.app of each run; a function is called.")
@INPUT
@click.option("--delay", type=click.IntRange(min=0), default=0, help="Seconds to wait before the first run.")
@START
@SEED
@BACKEND
@JSON
@QUIET
def task(
    task: str | None,
    module: str | None,
    app: str | None,
    input_: str | None,
    delay: int,
    start: datetime | None,
    seed: int | str,
    backend: tuple[str, ...],
    as_json: bool,
    quiet: bool,
) -> int:
    """Trigger the background task TASK by its EventBridge event, and run it until it ends.

    Event, rule, state machine, Lambda handler and DynamoDB tables are all emulated in this process. TASK is the id of a
    definition in the module of --from; it is optional if only one definition is not private.
    """
    return run_task(task, module or EXAMPLE, app, input_, delay, start, seed, backend, as_json, quiet)


def run_task(
    task: str | None,
    module: str,
    app: str | None,
    input_: str | None,
    delay: int,
    start: datetime | None,
    seed: int | str,
    backend: tuple[str, ...],
    as_json: bool,
    quiet: bool,
) -> int:
    terminal = Terminal(quiet=quiet or as_json)
    is_example = module == EXAMPLE
    value = EXAMPLE_INPUT if is_example and input_ is None else read_input(input_)
    if not isinstance(value, dict):
        raise Refused(f"--input must be a JSON object for a background task, not {type(value).__name__}")
    began = perf_counter()
    with terminal.users_code(), terminal.busy("starting ..."):
        from emulator.cli.loading import load, make_app
        from emulator.cli.task_report import document, report_lines
        from emulator.core import Emulator
        from emulator.errors import EmulatorError
        from emulator.places import has_users_lines
        from emulator.tasks import TaskError
        from emulator.tasks.errors import raised_text

        with Emulator(start=start, seed=seed, backend=backend or None) as emulator:
            bench, definitions = emulator.tasks, load(module)
            bench.register(definitions)
            id_ = _task_id(bench, task, module)
            app = app or (f"{EXAMPLE}:make_app" if is_example else None)
            if app is not None:
                bench.app = make_app(load(app), app)
            try:
                triggered = bench.trigger(id_, value, delay=delay)
            except TaskError as error:
                raise Refused(f"task {id_} was not triggered: {error}") from None
            except Exception as error:
                if isinstance(error, EmulatorError) or not has_users_lines(error.__traceback__):
                    raise
                click.echo(f"error: task {id_} was not triggered: {raised_text(error)}", file=sys.stderr)
                return 1
            _watch_task(emulator, bench, triggered, terminal)
            triggered.run_to_end()
            real_seconds = perf_counter() - began
            if as_json:
                result = document(triggered, real_seconds=real_seconds)
            else:
                lines = report_lines(triggered, real_seconds=real_seconds, width=terminal.width)
            record, tables = triggered.last_task, _tables(emulator)
            failed_child = any(run.last_task.status == "failed" for run in bench.runs)
            untold = emulator.blocked.take_untold()
    if as_json:
        terminal.json(result)
    elif quiet:
        terminal.json(record.to_dict(), indent=None)
    else:
        terminal.data("\n".join([*lines, f"  tables     {tables}", ""]))
        terminal.json(record.to_dict())
    succeeded = not warn_of_untold(untold, terminal)
    return 0 if succeeded and record.status == "success" and not failed_child else 1


def _task_id(bench: "TaskBench", wanted: str | None, module: str) -> str:
    """The id of a registered definition: ``wanted``, or the only one that is not private."""
    ids = [definition.id for definition in bench.definitions]
    public = [definition.id for definition in bench.definitions if not definition.is_private]
    if wanted is None and len(public) == 1:
        return public[0]
    if wanted in ids:
        return str(wanted)
    from asl.problems import nearest

    near = nearest(wanted or "", ids)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    question = f'there is no task "{wanted}" in {module}.{hint}' if wanted else f"which task of {module}?"
    raise Refused(f"{question}\n    there are: {', '.join(ids)}\n    fix: emulate task ID --from {module}")


def _watch_task(emulator: "Emulator", bench: "TaskBench", triggered: "TaskRun", terminal: Terminal) -> None:
    """Let time pass until the task ends; print the events of the task and of its children."""
    from emulator.cli.task_report import Story
    from emulator.history.words import offset_text

    execution = triggered.execution
    story = Story(bench, execution.started_at)
    terminal.note(f"+00:00:00  {triggered.last_task.definition_id}: event put on the bus {bench.tasks.event_bus_name}")

    def over() -> bool:
        for line in story.lines(emulator.clock.now()):
            terminal.note(line)
        terminal.busy_with(offset_text(emulator.clock.now() - execution.started_at))
        return execution.finish is not None and all(run.execution.finish is not None for run in bench.runs)

    emulator.run_until(over)
    terminal.note("")


def _tables(emulator: "Emulator") -> str:
    client = emulator.client("dynamodb")
    own = emulator.tasks.tasks.table_name
    names = sorted(client.list_tables()["TableNames"], key=lambda name: (name != own, name))
    counts = {name: client.describe_table(TableName=name)["Table"]["ItemCount"] for name in names}
    return ", ".join(f"{name} {count_text(count, 'item')}" for name, count in counts.items())
