"""``emulate run``: run a state machine, and show its path."""

import json
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import click

from emulator.cli.functions import refusing_unanswered, register, warn_of_untold
from emulator.cli.options import (
    ACCEPT_CALL,
    BACKEND,
    DYNAMODB_TTL,
    FAULTS,
    HANDLERS,
    HTTP,
    INPUT,
    JSON,
    LATENCIES,
    MISSING_FUNCTION,
    QUIET,
    RECORD,
    SEED,
    SET,
    START,
    SUBSTITUTIONS,
    TEMPLATE_OPTIONS,
    TYPE,
    Refused,
    StubOptions,
    TemplateOptions,
    check_settings,
    named_values,
    read_input,
    refuse_definition,
    stub_options,
    substitution_values,
    template_options,
)
from emulator.cli.task import EXAMPLE, run_task
from emulator.cli.terminal import Terminal, styled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.core import Emulator
    from emulator.execution import Execution, StateMachine
    from emulator.lambda_.nodejs import NodeHandler

    Functions = Mapping[str, Callable[..., Any] | NodeHandler]

MOST_PROGRESS_LINES: Final = 100
"""States that are printed one by one while an execution runs; the trace has all of them."""


@click.command()
@click.argument("definition", required=False)
@click.argument("machine", required=False)
@click.argument("given", required=False, metavar="[INPUT]")
@INPUT
@HANDLERS
@SET
@SUBSTITUTIONS
@TYPE
@template_options
@stub_options
@click.option("--test-case", metavar="NAME", help="The test case of --mock-config that runs.")
@START
@SEED
@BACKEND
@ACCEPT_CALL
@MISSING_FUNCTION
@LATENCIES
@DYNAMODB_TTL
@HTTP
@RECORD
@FAULTS
@JSON
@QUIET
def run(
    definition: str | None,
    machine: str | None,
    given: str | None,
    input_: str | None,
    handlers: tuple[str, ...],
    settings: tuple[str, ...],
    substitutions_file: str | None,
    type_: Literal["STANDARD", "EXPRESS"],
    of_template: TemplateOptions,
    of_stubs: StubOptions,
    test_case: str | None,
    start: datetime | None,
    seed: int | str,
    backend: tuple[str, ...],
    accepted_calls: tuple[str, ...],
    missing_function: Literal["raise", "fail"],
    latencies: Literal["none", "aws"],
    dynamodb_ttl: Literal["within days", "at expiry", "never"],
    http_servers: tuple[str, ...],
    record: str | None,
    faults_file: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Run the state machine in the file DEFINITION, and show its path.

    DEFINITION may be a template. Its resources are created first. Then the state machine with the logical id MACHINE
    runs, with the template's own functions: emulate run template.yaml Orders '{"id": 7}'. MACHINE is optional if the
    template has only one.

    Without DEFINITION, run the example, a background task (see `emulate task`).
    """
    if definition is None:
        if handlers:
            raise click.UsageError("--handlers needs a DEFINITION: emulate run machine.asl.json --handlers ...")
        if accepted_calls:
            raise click.UsageError("--accept-call needs a DEFINITION")
        if missing_function != "raise":
            raise click.UsageError("--missing-function needs a DEFINITION")
        if latencies != "none":
            raise click.UsageError("--latencies needs a DEFINITION")
        if dynamodb_ttl != "within days":
            raise click.UsageError("--dynamodb-ttl needs a DEFINITION")
        if faults_file is not None:
            raise click.UsageError("--faults needs a DEFINITION")
        if settings or substitutions_file:
            raise click.UsageError("--set and --definition-substitutions need a DEFINITION")
        if of_template.are_given:
            raise click.UsageError(f"{TEMPLATE_OPTIONS} need a template as DEFINITION")
        if of_stubs.files or test_case:
            raise click.UsageError("--stubs and --test-case need a DEFINITION")
        if type_ != "STANDARD":
            raise click.UsageError("--type needs a DEFINITION")
        if record is not None or http_servers:
            raise click.UsageError("--record and --http need a DEFINITION")
        return run_task(None, EXAMPLE, None, input_, 0, start, seed, backend, as_json, quiet)
    if test_case and of_stubs.mock_config is None:
        raise click.UsageError("--test-case needs --mock-config: emulate run machine.asl.json --mock-config FILE ...")
    from emulator.cli.loading import load_functions
    from emulator.core import Emulator

    terminal = Terminal(quiet=quiet or as_json)
    machine, text = _positions(machine, given, input_)
    value = read_input(text, "--input" if text is input_ else "INPUT")
    wanted: _Template | _Definition
    if _is_application(definition):
        if settings or substitutions_file or type_ != "STANDARD":
            raise Refused("--set, --definition-substitutions and --type are for a definition; a template says them")
        wanted = _Template(definition, machine, of_template)
    else:
        if machine is not None or of_template.are_given:
            raise Refused(f"{definition} is not a template: MACHINE, {TEMPLATE_OPTIONS} are for templates")
        wanted = _Definition(definition, substitution_values(settings, substitutions_file), settings, type_)
    began = perf_counter()
    with (
        terminal.users_code(),
        Emulator(
            start=start,
            seed=seed,
            backend=backend or None,
            accepted_calls=accepted_calls,
            missing_function=missing_function,
            latencies=latencies,
            dynamodb_ttl=dynamodb_ttl,
            unused_stubs="allow",
            unused_faults="allow",
        ) as emulator,
    ):
        if faults_file is not None:
            emulator.faults.read(Path(faults_file).absolute())
        of_stubs.declare(emulator)
        for url, server in named_values("--http", http_servers).items():
            emulator.http(url, forward=server)
        to_run, unfit = wanted.made(emulator, load_functions(handlers), terminal)
        misspelt = [] if faults_file is None else list(emulator.faults.misspelt_lines())
        misspelt += emulator.assembly.stubs.misspelt_lines() if of_stubs.files else ()
        if misspelt:
            raise Refused("\n".join(misspelt))
        with refusing_unanswered(emulator, to_run, unfit):
            with emulator.assembly.hold():
                text = json.dumps(value, ensure_ascii=False)
                execution = emulator.start(to_run, input_text=text, test_case=test_case)
            calls_out = '"Task"' in to_run.definition  # without one, it ends before a spinner would show
            with terminal.busy(definition) if calls_out else nullcontext():
                _watch(emulator, execution, terminal)
        untold = emulator.blocked.take_untold()
        answered = emulator.answered
        unused = list(emulator.assembly.stubs.unused_lines()) if of_stubs.files else []
        unused += (emulator.assembly.unused_faults() or "").splitlines()
    real_seconds = perf_counter() - began
    if record is not None:
        from emulator.cli.record import write_stubs

        write_stubs(execution.as_stubs(), record)
    if as_json:
        terminal.json({**_execution_document(execution, real_seconds), "answered": answered.document()})
    elif quiet:
        if execution.status == "SUCCEEDED":
            terminal.json(execution.output, indent=None)
        else:
            terminal.warn("\n".join(_trace_failure(execution, terminal.width)))
    else:
        _print_execution(execution, terminal)
        if not answered.is_all_emulated:
            terminal.note("\n".join(answered.lines()))
    for line in unused:
        terminal.warn(f"warning: {line}")
    succeeded = not warn_of_untold(untold, terminal)
    return 0 if succeeded and execution.status == "SUCCEEDED" else 1


def _positions(machine: str | None, given: str | None, option: str | None) -> tuple[str | None, str | None]:
    """The machine's id and the input; with one argument it is the input if it looks like one."""
    if machine is not None and given is None and machine.lstrip().startswith(("{", "[", "@", '"')):
        machine, given = None, machine
    if given is not None and option is not None:
        raise Refused("the input is given twice: as INPUT and with --input")
    return machine, given if option is None else option


def _is_application(definition: str) -> bool:
    """Whether ``definition`` is a template, or the folder of one; refuses what is not there."""
    from emulator.definitions.folders import is_template

    path = Path(definition)
    if is_template(path):
        return True
    if path.is_dir() or (path.is_file() and path.suffix not in (".json", ".yaml", ".yml")):
        from emulator.templates import formats  # imports botocore, which a definition may not need

        if path.is_file() and path.suffix in formats.FOREIGN:
            return True
        if path.is_dir() and (formats.application_in(path) or formats.source_of(path)):
            return True
    if not path.is_file():
        refuse_definition(definition)
    return False


class _Definition(NamedTuple):
    """A file with a definition, the values of its substitutions, and the settings as they were given."""

    file: str
    values: "dict[str, Any]"
    settings: tuple[str, ...]
    type: Literal["STANDARD", "EXPRESS"]

    def made(
        self, emulator: "Emulator", functions: "Functions", terminal: Terminal
    ) -> "tuple[StateMachine, Mapping[str, str]]":
        """Its state machine, with the functions of ``--handlers``, and why some of these are none."""
        from emulator.definitions.files import read_definition_file

        names = read_definition_file(Path(self.file)).names
        check_settings(self.settings, names)
        missing = [name for name in names if name not in self.values]
        unfit = register(emulator, functions)
        values = {name: value for name, value in self.values.items() if name in names}
        machine = emulator.state_machine(self.file, substitutions=values, type=self.type)
        for name in missing:
            terminal.warn(f"warning: ${{{name}}} in {self.file} has no value\n    fix: --set {name}=VALUE")
        return machine, unfit


class _Template(NamedTuple):
    """A template, the logical id of a machine in it, and the options about the template."""

    file: str
    machine: str | None
    options: TemplateOptions

    def made(
        self, emulator: "Emulator", functions: "Functions", terminal: Terminal
    ) -> "tuple[StateMachine, Mapping[str, str]]":
        """The machine of the application, with the functions of ``--handlers`` in place of the template's."""
        app = emulator.deploy(self.file, **self.options.arguments)
        register(emulator, {app.get(name, name): each for name, each in functions.items()})
        machines = app.machines()
        if self.machine is None and len(machines) != 1:
            raise Refused(f"which machine? {self.file} has {', '.join(machines) or 'none'}")
        machine = app.machine(self.machine or next(iter(machines)))
        return machine, {}


def _watch(emulator: "Emulator", execution: "Execution", terminal: Terminal) -> None:
    """Let time pass until the execution ends or waits for an external worker; print each state that it enters."""
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
                terminal.note("... more states: see the trace below")
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
            f"error: the execution is waiting in {waiting} for an external worker, and none can answer here.\n"
            "    fix: give the state TimeoutSeconds or HeartbeatSeconds, or run it from Python: "
            "emulator.start(...), then run.wait_for_task_token(...)"
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
