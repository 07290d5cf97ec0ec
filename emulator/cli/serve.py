"""``emulate serve``: an emulator behind an HTTP port."""

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from emulator.cli.deploy import columns, report, unmade_lines
from emulator.cli.functions import register, unanswered
from emulator.cli.options import (
    ACCEPT_CALL,
    BACKEND,
    DYNAMODB_TTL,
    FAULTS,
    HANDLERS,
    HTTP,
    LATENCIES,
    MISSING_FUNCTION,
    SEED,
    TEMPLATE_OPTIONS,
    Refused,
    StubOptions,
    TemplateOptions,
    named_values,
    near_file,
    read_instant,
    refuse_definition,
    stub_options,
    template_options,
)
from emulator.cli.task import EXAMPLE
from emulator.cli.terminal import Terminal, count_text

if TYPE_CHECKING:
    from emulator.tasks import Tasks
    from emulator.templates import Application


@click.command()
@click.argument("template", required=False)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8083, show_default=True, help="The port; 0 takes any free one."
)
@click.option(
    "--allow-host",
    "allowed",
    multiple=True,
    metavar="NAME[:PORT]",
    callback=lambda _ctx, _option, names: _checked_names(names),
    help="Another name of this server, such as a proxy's; .NAME for all names that end so; repeatable.",
)
@click.option(
    "--max-body",
    type=click.IntRange(1),
    metavar="MIB",
    help="The largest body of a request.  [default: 1024 for S3, 66 for Lambda, else 16]",
)
@click.option(
    "--time",
    "time_",
    type=click.Choice(["skip", "real"]),
    default="skip",
    show_default=True,
    help="skip: waits take no real time; the clock moves when a client polls an execution. real: the system's clock.",
)
@click.option(
    "--state-machine",
    "machine_files",
    multiple=True,
    metavar="[NAME=]FILE",
    help="Create this state machine; repeatable. Its name is the file's, up to the first dot, unless NAME is given.",
)
@click.option(
    "--express-state-machine",
    "express_files",
    multiple=True,
    metavar="[NAME=]FILE",
    help="The same, of type EXPRESS; repeatable.",
)
@click.option(
    "--template",
    "templates",
    multiple=True,
    metavar="FILE|FOLDER",
    help="Deploy this SAM or CloudFormation template, or another application (docs/templates.md); repeatable.",
)
@template_options
@stub_options
@HANDLERS
@click.option(
    "--tasks",
    "task_modules",
    multiple=True,
    metavar="MODULE|FILE.py",
    help="Definitions of background tasks, served at /graphql; repeatable.",
)
@click.option("--app", metavar="MODULE:OBJECT", help="The application: ctx.app of each run; a function is called.")
@click.option("--profile", metavar="NAME", help="The release that tasks emulate.  [default: documented]")
@click.option("--region", default="us-east-1", show_default=True, help="The region of --state-machine.")
@click.option("--start", metavar="TIME", callback=read_instant, help="When the virtual clock starts.  [default: now]")
@SEED
@BACKEND
@ACCEPT_CALL
@MISSING_FUNCTION
@LATENCIES
@DYNAMODB_TTL
@HTTP
@FAULTS
def serve(
    template: str | None,
    host: str,
    port: int,
    allowed: tuple[str, ...],
    max_body: int | None,
    time_: str,
    machine_files: tuple[str, ...],
    express_files: tuple[str, ...],
    templates: tuple[str, ...],
    of_template: TemplateOptions,
    of_stubs: StubOptions,
    handlers: tuple[str, ...],
    task_modules: tuple[str, ...],
    app: str | None,
    profile: str | None,
    region: str,
    start: datetime | None,
    seed: int | str,
    backend: tuple[str, ...],
    accepted_calls: tuple[str, ...],
    missing_function: Literal["raise", "fail"],
    latencies: Literal["none", "aws"],
    dynamodb_ttl: Literal["within days", "at expiry", "never"],
    http_servers: tuple[str, ...],
    faults_file: str | None,
) -> int:
    """Answer AWS clients over HTTP: the AWS CLI, clients in other languages, boto3 in other processes.

    TEMPLATE is an application to deploy first, as with --template.

    The emulator answers Step Functions, EventBridge and Lambda's Invoke; the backend answers DynamoDB, SQS, SNS, S3 and
    others, all at one address, until Ctrl-C. Nothing is saved. /_emulator/health returns the status, POST
    /_emulator/reset starts over, POST /_emulator/clock with {"seconds": 60} advances the clock.

    With --tasks, /graphql serves background tasks, with a page to try it in a browser; `emulate tasks` uses it. A
    triggered task runs to its end immediately, or in real time with --time real.
    """
    for option, value in (("--app", app), ("--profile", profile)):
        if value and not task_modules:
            raise click.UsageError(f"{option} needs --tasks: emulate serve --tasks MODULE {option} {value}")
    templates = (*templates, *([template] if template else []))
    for each in templates:
        if not Path(each).exists():
            raise Refused(f"serve: there is no file {each}{near_file(each)}")
    if of_template.are_given and not templates:
        raise click.UsageError(f"{TEMPLATE_OPTIONS} need --template")
    try:
        from emulator.server import listening
        from emulator.server.gateway import Gateway

        if task_modules:
            from emulator.tasks.graphql import make_schema
    except ModuleNotFoundError as error:
        if error.name not in ("ariadne", "graphql", "starlette", "uvicorn"):
            raise
        what, extras = ("serve --tasks", "graphql,server") if task_modules else ("serve", "server")
        raise Refused(f"emulate {what} needs {error.name}\n    fix: pip install 'asl-emulator[{extras}]'") from None
    from emulator.aws.backends import parse
    from emulator.aws.environment import region_given
    from emulator.cli.loading import load, load_functions, make_app
    from emulator.clock import SystemClock
    from emulator.core import Emulator

    terminal = Terminal()
    backends = parse(backend or None)
    machines = _named_files([*machine_files, *express_files])
    express = _named_files(express_files)
    real = time_ == "real"
    warned: set[str] = set()  # the same machines are made again at each reset

    def make() -> Emulator:
        began = start or SystemClock().now()
        emulator = Emulator(
            start=began,
            seed=seed,
            region=region,
            polling_waits=not real,
            backend=backends,
            accepted_calls=accepted_calls,
            missing_function=missing_function,
            latencies=latencies,
            dynamodb_ttl=dynamodb_ttl,
            unused_faults="allow",
            unused_stubs="allow",
        )
        if faults_file is not None:
            emulator.faults.read(Path(faults_file).absolute())
        of_stubs.declare(emulator)
        for url, server in named_values("--http", http_servers).items():
            emulator.http(url, forward=server)
        unfit = register(emulator, functions)
        for name, file in machines.items():
            machine = emulator.state_machine(file, name=name, type="EXPRESS" if name in express else "STANDARD")
            for problem in () if of_stubs.mock_config else unanswered(emulator, machine, unfit):
                if problem not in warned:
                    warned.add(problem)
                    terminal.warn(f"warning: {problem}")
        if not templates:
            check_names(emulator)
        return emulator

    def check_names(emulator: Emulator) -> None:
        lines = [] if faults_file is None else list(emulator.faults.misspelt_lines())
        for line in (*lines, *(emulator.assembly.stubs.misspelt_lines() if of_stubs.files else ())):
            if line not in warned:
                warned.add(line)
                terminal.warn(f"warning: {line}")

    def opened(emulator: Emulator) -> "list[Application]":
        applications = [emulator.deploy(each, **of_template.arguments) for each in templates]
        check_names(emulator)
        return applications

    def deploy(emulator: Emulator) -> "Tasks":
        emulator.tasks.register(*definitions)
        emulator.tasks.profile = profile or "documented"
        if application is not None:
            emulator.tasks.app = make_app(load(application), application)
        return emulator.tasks.tasks

    applications: list[tuple[list[str], list[str]]] = []

    def deployed(url: str) -> list[str]:
        from emulator.server.apis import addresses

        apis = [(f"API {name}", address) for name, address in addresses(served.served.emulator.assembly, url)]
        made, unmade = ([line for each in applications for line in each[at]] for at in (0, 1))
        return [*made, *columns(apis), *unmade]

    def tell_ready(url: str) -> None:
        terminal.warn(f"Ready on {url}")
        if task_modules:
            terminal.warn(f"    GraphQL, and a page to try it: {url}/graphql\n    emulate tasks list --url {url}")
        if host not in ("127.0.0.1", "::1", "localhost"):
            terminal.warn(f"No authentication: anyone who can reach {host} has full access.")
            terminal.warn("    Clients that use a name of this machine need it here: --allow-host NAME")
        for line in deployed(url):
            terminal.warn(line)
        terminal.warn(f"    export AWS_ENDPOINT_URL={url}\n    export AWS_DISABLE_HOST_PREFIX_INJECTION=true")
        terminal.warn(f"    export AWS_DEFAULT_REGION={region} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test")

    with terminal.users_code():
        with region_given(region):
            functions = load_functions(handlers)
            definitions = [load(spec) for spec in task_modules]
        application = app or (f"{EXAMPLE}:make_app" if EXAMPLE in task_modules else None)
        with make() as trial:  # report problems before a client can connect
            applications += [_description(each) for each in opened(trial)]
            if task_modules:
                _check_tasks(lambda: make_schema(deploy(trial)))
        debug = os.environ.get("DEBUG") == "true"
        most_body = max_body and max_body << 20
        served = Gateway(
            make,
            real_time=real,
            deploy=deploy if task_modules else None,
            opened=opened if templates else None,
            debug=debug,
            names=allowed,
            listening=host,
            most_body=most_body,
        )
        listening.serve(served, host, port, tell_ready)
    return 0


def _description(app: "Application") -> tuple[list[str], list[str]]:
    """What a template has made, in short: machines and outputs; and what is not emulated."""
    document = report(app)
    rows = [(f"machine {name}", machine.arn) for name, machine in app.machines().items()]
    rows += [(f"output {name}", str(value)) for name, value in document["outputs"].items()]
    first = f"{app.name}: {count_text(len(document['resources']), 'resource')}"
    return [first, *columns(rows)], unmade_lines(document)


def _named_files(specs: Sequence[str]) -> dict[str, str]:
    """The files of ``--state-machine`` by the names of their machines; refuses two of one name."""
    found: dict[str, str] = {}
    for spec in specs:
        name, separator, file = spec.partition("=")
        if not separator or "/" in name or Path(spec).is_file():
            name, file = Path(spec).name.partition(".")[0], spec
        if not Path(file).is_file():
            refuse_definition(file)
        if name in found:
            raise Refused(
                f"--state-machine: {found[name]} and {file} are both the state machine {name!r}\n"
                f"    fix: give one of them another name: --state-machine NAME={file}"
            )
        found[name] = file
    return found


def _checked_names(names: tuple[str, ...]) -> tuple[str, ...]:
    from emulator.access import is_name

    for name in names:
        if not is_name(name):
            raise click.BadParameter(f"{name!r} is not a name of a server; it looks like proxy.test, .test or [::1]:80")
    return names


def _check_tasks(make_schema: Callable[[], object]) -> None:
    """Refuse definitions that GraphQL cannot name, and unknown profiles."""
    try:
        make_schema()
    except ValueError as error:
        raise Refused(f"--tasks: {error}") from None
