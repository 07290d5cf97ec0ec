"""The command line: ``emulate run`` a machine, ``emulate task`` a background task, ``emulate check`` definitions,
``emulate serve`` it all over HTTP, and ``emulate tasks`` that such a server has (``cli.tasks``).

A command parses, calls and prints. Exit codes: 0 all well, 1 it ran and did not succeed (or problems were found),
2 it could not run (definition, input, handlers, usage), 3 a fault of the emulator's own, 130 Ctrl-C. Heavy things are
imported where they are used: ``check`` needs no emulator, ``run`` no boto3 unless the machine calls a service.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from emulator.cli.options import (
    BACKEND,
    HANDLERS,
    INPUT,
    JSON,
    QUIET,
    SEED,
    SET,
    START,
    SUBSTITUTIONS,
    Refused,
    near_file,
    read_file,
    read_input,
    read_instant,
)
from emulator.cli.tasks.commands import tasks
from emulator.cli.terminal import Terminal, styled

if TYPE_CHECKING:
    from asl import Problem
    from emulator.core import Emulator
    from emulator.execution import Execution, StateMachine
    from emulator.lambda_.nodejs import NodeHandler
    from emulator.taskbench import TaskBench, TaskRun
    from emulator.tasks import Tasks

EXAMPLE: Final = "emulator.examples.article_import"
EXAMPLE_INPUT: Final = {"blog": "https://blog.example"}
MOST_PROGRESS_LINES: Final = 100
"""States that are told one by one while an execution runs; the trace tells all."""


class Commands(click.Group):
    """Turns whatever ends a command into its exit code, and never shows a traceback from our inside."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command and leave the process, also when called by a test runner."""
        options["standalone_mode"] = False
        sys.exit(_exit_code(lambda: super(Commands, self).main(*args, **options)))


def _exit_code(command: Callable[[], Any]) -> int:
    from asl.problems import DefinitionError
    from emulator.errors import EmulatorError

    try:
        code = command()
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", file=sys.stderr)
        return 130
    except DefinitionError as error:
        for problem in error.problems:
            click.echo(problem.text(error.source), file=sys.stderr)
        click.echo(_count(len(error.problems), "problem"), file=sys.stderr)
        return 2
    except (Refused, EmulatorError) as error:
        click.echo(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nobody reads on; what is still buffered goes nowhere
        return 1
    except Exception as error:
        from emulator.aws.remote import refusal_text

        if (refused := refusal_text(error)) is not None:
            click.echo(f"error: {refused}", file=sys.stderr)
            return 2
        if os.environ.get("EMULATE_TRACEBACK"):
            raise
        click.echo(f"internal error: {type(error).__name__}: {error}", file=sys.stderr)
        click.echo(
            "    This is a fault of the emulator; EMULATE_TRACEBACK=1 shows where, please report it.", file=sys.stderr
        )
        return 3


def _version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"emulate {version('asl-emulator')} (Python {sys.version.split()[0]})")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Say the version.")
def main() -> None:
    """Step Functions in your own process, on virtual time.

    Results go to standard output, everything else to standard error. Exit codes: 0 all well, 1 it ran and did not
    succeed, 2 it could not run, 130 stopped with Ctrl-C. NO_COLOR, FORCE_COLOR and COLUMNS are respected.
    """


main.add_command(tasks)

# run -----------------------------------------------------------------------------------------------------------------


@main.command()
@click.argument("definition", required=False)
@INPUT
@HANDLERS
@SET
@SUBSTITUTIONS
@START
@SEED
@BACKEND
@JSON
@QUIET
def run(
    definition: str | None,
    input_: str | None,
    handlers: tuple[str, ...],
    settings: tuple[str, ...],
    substitutions_file: str | None,
    start: datetime | None,
    seed: int | str,
    backend: tuple[str, ...],
    as_json: bool,
    quiet: bool,
) -> int:
    """Run the state machine of the file DEFINITION, and show where it went.

    Without DEFINITION the example runs: a background task, see `emulate task`.
    """
    if definition is None:
        if handlers:
            raise click.UsageError("--handlers needs a DEFINITION: emulate run machine.asl.json --handlers ...")
        if settings or substitutions_file:
            raise click.UsageError("--set and --definition-substitutions need a DEFINITION")
        return _run_task(None, EXAMPLE, None, input_, 0, start, seed, backend, as_json, quiet)
    from emulator.cli.loading import load_functions
    from emulator.core import Emulator

    terminal = Terminal(quiet=quiet or as_json)
    value = read_input(input_)
    if not Path(definition).is_file():
        _refuse_definition(definition)
    values = _substitutions(settings, substitutions_file)
    if settings:
        from emulator.definitions.files import read_definition_file

        _check_settings(settings, read_definition_file(Path(definition)).names)
    began = perf_counter()
    with terminal.users_code(), Emulator(start=start, seed=seed, backend=backend or None) as emulator:
        _register(emulator, load_functions(handlers))
        machine = emulator.state_machine(definition, substitutions=values)
        _check_handlers(emulator, machine)
        with emulator.assembly.hold():
            execution = emulator.start(machine, value)
        calls_out = '"Task"' in machine.definition  # without, it is over before a spinner could turn
        with terminal.busy(definition) if calls_out else nullcontext():
            _watch(emulator, execution, terminal)
    real_seconds = perf_counter() - began
    if as_json:
        terminal.json(_execution_document(execution, real_seconds))
    elif quiet:
        if execution.status == "SUCCEEDED":
            terminal.json(execution.output, indent=None)
        else:
            terminal.warn("\n".join(_trace_failure(execution, terminal.width)))
    else:
        _print_execution(execution, terminal)
    return 0 if execution.status == "SUCCEEDED" else 1


def _refuse_definition(name: str) -> NoReturn:
    if Path(name).is_dir():
        raise Refused(f"{name} is a folder; name the file that holds the definition")
    raise Refused(f"there is no definition {name}{near_file(name)}")


def _register(emulator: "Emulator", functions: "Mapping[str, Callable[..., Any] | NodeHandler]") -> None:
    for name, function in functions.items():
        try:
            emulator.lambda_function(name, function)
        except ValueError as error:
            raise Refused(f"--handlers: {error}") from None


def _check_handlers(emulator: "Emulator", machine: "StateMachine") -> None:
    """Refuse a machine with tasks that nobody answers, naming all of them."""
    from emulator.errors import MissingHandlerError

    problems = []
    for error in emulator.assembly.targets.unanswerable(machine):
        text = str(error)
        if isinstance(error, MissingHandlerError):
            text = text.partition("\n    fix:")[0]
            text += "\n    fix: --handlers MODULE (or file.py) with that function, or --handlers NAME=MODULE:FUNCTION"
        problems.append(text)
    if problems:
        raise Refused("\nerror: ".join(dict.fromkeys(problems)))


def _watch(emulator: "Emulator", execution: "Execution", terminal: Terminal) -> None:
    """Let time pass until the execution is over, or waits for somebody outside; tell each state that it enters."""
    from emulator.history.words import offset_text

    seen = 0

    def over() -> bool:
        nonlocal seen
        for visit in execution.tree.visits[seen:]:
            seen += 1
            text = f"{offset_text(visit.entered_at - execution.started_at)}  {visit.name}"
            if seen <= MOST_PROGRESS_LINES:
                terminal.note(text)
            elif seen == MOST_PROGRESS_LINES + 1:
                terminal.note("... more states: they are in the trace below")
            terminal.busy_with(text)
        return execution.finish is not None

    emulator.run_until(over)
    terminal.note("")


def _print_execution(execution: "Execution", terminal: Terminal) -> None:
    from emulator.trace import trace_lines

    first, *others = trace_lines(execution, width=terminal.width)
    terminal.data(first.replace(f" {execution.status}", f" {styled(execution.status)}", 1))
    for line in others:
        terminal.data(line)
    if execution.status == "SUCCEEDED":
        terminal.data("")
        terminal.json(execution.output)
    elif execution.status == "RUNNING":
        waiting = ", ".join(sorted(set(execution.awaited_answers.values())))
        terminal.warn(
            f"error: the execution waits in {waiting} for somebody outside, and nobody here will answer.\n"
            "    fix: give the state TimeoutSeconds or HeartbeatSeconds, or run it from Python: "
            "emulator.start(...), then send_task_success"
        )


def _trace_failure(execution: "Execution", width: int) -> list[str]:
    from emulator.history.lines import failure_lines

    return failure_lines(execution, width=width)


def _execution_document(execution: "Execution", real_seconds: float) -> dict[str, Any]:
    elapsed = {"virtual_seconds": execution.elapsed.total_seconds(), "real_seconds": round(real_seconds, 3)}
    return {
        "status": execution.status,
        "output": execution.output,
        "error": execution.error,
        "cause": execution.cause,
        "path": execution.path,
        "input": execution.input,
        "started_at": execution.started_at,
        "stopped_at": execution.stopped_at,
        "elapsed": elapsed,
        "history": execution.history,
    }


# task ----------------------------------------------------------------------------------------------------------------


@main.command()
@click.argument("task", required=False)
@click.option("--from", "module", metavar="MODULE|FILE.py", help="Where the definitions are.  [default: the example]")
@click.option("--app", metavar="MODULE:OBJECT", help="The application that runs get as ctx.app; a function is called.")
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
    """Trigger the background task TASK by its EventBridge event, and run it to its end.

    Event, rule, state machine, Lambda handler and DynamoDB tables are all there, in this process. TASK is the id of a
    definition in the module of --from; it can be left out when there is only one that is not private.
    """
    return _run_task(task, module or EXAMPLE, app, input_, delay, start, seed, backend, as_json, quiet)


def _run_task(
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
        from emulator.cli.loading import load
        from emulator.cli.task_report import document, report_lines
        from emulator.core import Emulator
        from emulator.tasks import TaskError

        with Emulator(start=start, seed=seed, backend=backend or None) as emulator:
            bench, definitions = emulator.tasks, load(module)
            bench.register(definitions)
            id_ = _task_id(bench, task, module)
            app = app or (f"{EXAMPLE}:make_app" if is_example else None)
            if app is not None:
                bench.app = _made(load(app), app)
            try:
                triggered = bench.trigger(id_, value, delay=delay)
            except TaskError as error:
                raise Refused(f"task {id_} was not triggered: {error}") from None
            _watch_task(emulator, bench, triggered, terminal)
            triggered.run_to_end()
            real_seconds = perf_counter() - began
            if as_json:
                result = document(triggered, real_seconds=real_seconds)
            else:
                lines = report_lines(triggered, real_seconds=real_seconds, width=terminal.width)
            record, tables = triggered.last_task, _tables(emulator)
    if as_json:
        terminal.json(result)
    elif quiet:
        terminal.json(record.to_dict(), indent=None)
    else:
        terminal.data("\n".join([*lines, f"  tables     {tables}", ""]))
        terminal.json(record.to_dict())
    return 0 if record.status == "success" else 1


def _task_id(bench: "TaskBench", wanted: str | None, module: str) -> str:
    """The id of a registered definition: the one that is wanted, or the only one that is not private."""
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


def _made(app: Any, name: str) -> Any:
    """The application: ``app`` itself, or what it returns when it is a function or class."""
    if not callable(app):
        return app
    try:
        return app()
    except Exception as error:
        import traceback

        lines = traceback.format_exception(error.with_traceback(error.__traceback__ and error.__traceback__.tb_next))
        raise Refused(f"{name}() failed:\n{''.join(lines).rstrip()}") from None


def _watch_task(emulator: "Emulator", bench: "TaskBench", triggered: "TaskRun", terminal: Terminal) -> None:
    """Let time pass until the task is over; tell what happens to it and to its children."""
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
    return ", ".join(f"{name} {_count(count, 'item')}" for name, count in counts.items())


# check ---------------------------------------------------------------------------------------------------------------


@main.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@SET
@SUBSTITUTIONS
@click.option(
    "--type",
    "type_",
    type=click.Choice(["STANDARD", "EXPRESS"], case_sensitive=False),
    default="STANDARD",
    show_default=True,
    help="The type of the state machines.",
)
@click.option(
    "--severity",
    type=click.Choice(["ERROR", "WARNING"], case_sensitive=False),
    default="WARNING",
    show_default=True,
    help="The least that is shown: ERROR leaves warnings out.",
)
@click.option("--strict", is_flag=True, help="Warnings that are shown make exit code 1, too.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
def check(
    files: tuple[str, ...],
    settings: tuple[str, ...],
    substitutions_file: str | None,
    type_: str,
    severity: str,
    strict: bool,
    as_json: bool,
) -> int:
    """Print every problem of the definitions in FILE..., each with its file, line and column.

    JSON, or YAML by the name's ending. A folder stands for every *.asl.json, *.asl.yaml and *.asl.yml in it. Errors are
    what AWS refuses, warnings what it warns about and what is hardly meant.

    Exit code 0 without errors, 1 with, 2 when a file cannot be read.
    """
    from emulator.definitions.files import read_definition_file

    terminal = Terminal()
    values = _substitutions(settings, substitutions_file)
    texts = {str(path): read_definition_file(path, str(path), values) for path in _definition_paths(files)}
    _check_settings(settings, [name for text in texts.values() for name in text.names])
    wanted = ("ERROR",) if severity == "ERROR" else ("ERROR", "WARNING")
    machine_type: Any = type_
    found = {
        name: [problem for problem in text.check(machine_type) if problem.severity in wanted]
        for name, text in texts.items()
    }
    shown = [problem.severity for problems in found.values() for problem in problems]
    errors, warnings = shown.count("ERROR"), shown.count("WARNING")
    if as_json:
        terminal.json([{"file": name, "problems": [_problem_document(p) for p in ps]} for name, ps in found.items()])
    else:
        for name, problems in found.items():
            for problem in problems:
                terminal.data(problem.text(name))
        counts = [_count(number, what) for number, what in ((errors, "error"), (warnings, "warning")) if number]
        terminal.warn(f"{_count(len(texts), 'file')}, {', '.join(counts) or 'no problems'}")
    return 1 if errors or (strict and warnings) else 0


def _definition_paths(names: Sequence[str]) -> list[Path]:
    """The files that ``names`` stand for, each once."""
    from emulator.definitions.files import SUFFIXES, definition_files

    paths: dict[Path, None] = {}
    for name in names:
        path = Path(name)
        if path.is_dir():
            inside = definition_files(path)
            if not inside:
                raise Refused(f"check: there is no definition in the folder {name}: no {', no *'.join(SUFFIXES)}")
            paths.update(dict.fromkeys(inside))
        elif path.exists():
            paths[path] = None
        else:
            raise Refused(f"check: there is no file {name}{near_file(name)}")
    return list(paths)


def _substitutions(settings: Sequence[str], file: str | None) -> dict[str, Any]:
    """The values of ``--definition-substitutions``, and over them those of ``--set``."""
    from emulator.definitions.files import read_substitutions

    values: dict[str, Any] = {}
    if file is not None:
        values = read_substitutions(read_file(file, "--definition-substitutions"), file)
    for setting in settings:
        name, separator, value = setting.partition("=")
        if not separator or not name:
            raise Refused(f"--set {setting}: write NAME=VALUE")
        values[name] = value
    return values


def _check_settings(settings: Sequence[str], names: Sequence[str]) -> None:
    """Refuse a ``--set`` whose name no definition has."""
    for setting in settings:
        name = setting.partition("=")[0]
        if name not in names:
            from asl.problems import nearest

            near = nearest(name, names)
            hint = f' Did you mean "{near[0]}"?' if near else ""
            raise Refused(f"--set {setting}: there is no ${{{name}}} in the definition.{hint}")


def _problem_document(problem: "Problem") -> dict[str, Any]:
    names = ("code", "message", "line", "column", "hint", "severity")
    return {"pointer": problem.place, **{name: getattr(problem, name) for name in names}}


# serve ---------------------------------------------------------------------------------------------------------------


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8083, show_default=True, help="The port; 0 takes any free one."
)
@click.option(
    "--time",
    "time_",
    type=click.Choice(["skip", "real"]),
    default="skip",
    show_default=True,
    help="skip: waits cost nothing, time passes when a client asks a running execution again. real: as for everybody.",
)
@click.option(
    "--state-machine", "machines", multiple=True, metavar="FILE", help="Create this one; may be given several times."
)
@HANDLERS
@click.option(
    "--tasks",
    "task_modules",
    multiple=True,
    metavar="MODULE|FILE.py",
    help="Background tasks: where their definitions are; may be given several times. They are at /graphql then.",
)
@click.option("--app", metavar="MODULE:OBJECT", help="The application that runs get as ctx.app; a function is called.")
@click.option("--profile", metavar="NAME", help="The release that tasks behave as.  [default: documented]")
@click.option("--region", default="us-east-1", show_default=True, help="The region of what --state-machine creates.")
@click.option("--start", metavar="TIME", callback=read_instant, help="When the virtual clock starts.  [default: now]")
@SEED
@BACKEND
def serve(
    host: str,
    port: int,
    time_: str,
    machines: tuple[str, ...],
    handlers: tuple[str, ...],
    task_modules: tuple[str, ...],
    app: str | None,
    profile: str | None,
    region: str,
    start: datetime | None,
    seed: int | str,
    backend: tuple[str, ...],
) -> int:
    """Answer AWS clients over HTTP: the AWS CLI, other languages, boto3 of other processes.

    Step Functions, EventBridge and Lambda's Invoke are answered here, DynamoDB, SQS, SNS, S3 and others by the
    backend, all at one address, until Ctrl-C. Nothing is kept. /_emulator/health says how it is, POST /_emulator/reset
    begins again, POST /_emulator/clock with {"seconds": 60} lets time pass.

    With --tasks, /graphql answers for background tasks, and shows a browser a page to try it; `emulate tasks` asks
    there. A triggered task runs to its end at once, or with --time real in its own time.
    """
    for option, value in (("--app", app), ("--profile", profile)):
        if value and not task_modules:
            raise click.UsageError(f"{option} needs --tasks: emulate serve --tasks MODULE {option} {value}")
    try:
        from emulator.server import gateway

        if task_modules:
            from emulator.tasks.graphql import make_schema
    except ModuleNotFoundError as error:
        if error.name not in ("ariadne", "graphql", "starlette", "uvicorn"):
            raise
        what, extras = ("serve --tasks", "graphql,server") if task_modules else ("serve", "server")
        raise Refused(f"emulate {what} needs {error.name}\n    fix: pip install 'asl-emulator[{extras}]'") from None
    from emulator.aws.backends import parse
    from emulator.cli.loading import load, load_functions
    from emulator.clock import SystemClock
    from emulator.core import Emulator

    terminal = Terminal()
    backends = parse(backend or None)
    for file in machines:
        if not Path(file).is_file():
            _refuse_definition(file)
    real = time_ == "real"

    def make() -> Emulator:
        began = start or SystemClock().now()
        emulator = Emulator(start=began, seed=seed, region=region, polling_waits=not real, backend=backends)
        _register(emulator, functions)
        for file in machines:
            _check_handlers(emulator, emulator.state_machine(file))
        return emulator

    def deploy(emulator: Emulator) -> "Tasks":
        emulator.tasks.register(*definitions)
        emulator.tasks.profile = profile or "documented"
        if application is not None:
            emulator.tasks.app = _made(load(application), application)
        return emulator.tasks.tasks

    def tell_ready(url: str) -> None:
        terminal.warn(f"Ready on {url}")
        if task_modules:
            terminal.warn(f"    GraphQL, and a page to try it: {url}/graphql\n    emulate tasks list --url {url}")
        if host not in ("127.0.0.1", "::1", "localhost"):
            terminal.warn(f"Nobody is asked who he is: whoever reaches {host} may do everything here.")
        terminal.warn(f"    export AWS_ENDPOINT_URL={url}\n    export AWS_DISABLE_HOST_PREFIX_INJECTION=true")

    with terminal.users_code():
        functions = load_functions(handlers)
        definitions = [load(spec) for spec in task_modules]
        application = app or (f"{EXAMPLE}:make_app" if EXAMPLE in task_modules else None)
        with make() as trial:  # what is wrong is said before anybody can connect
            if task_modules:
                _check_tasks(lambda: make_schema(deploy(trial)))
        debug = os.environ.get("DEBUG") == "true"
        served = gateway.Gateway(make, real_time=real, deploy=deploy if task_modules else None, debug=debug)
        gateway.serve(served, host, port, tell_ready)
    return 0


def _check_tasks(make_schema: Callable[[], object]) -> None:
    """Refuse definitions that GraphQL cannot name, and a profile that there is not."""
    try:
        make_schema()
    except ValueError as error:
        raise Refused(f"--tasks: {error}") from None


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


if __name__ == "__main__":
    main()
