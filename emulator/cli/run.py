"""``emulate run``: run a state machine, and show its path."""

import json
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Literal

import click

from emulator.cli.functions import check_handlers, register, warn_of_untold
from emulator.cli.options import (
    ACCEPT_CALL,
    BACKEND,
    HANDLERS,
    INPUT,
    JSON,
    MISSING_FUNCTION,
    QUIET,
    SEED,
    SET,
    START,
    SUBSTITUTIONS,
    TYPE,
    check_settings,
    read_input,
    refuse_definition,
    substitution_values,
)
from emulator.cli.task import EXAMPLE, run_task
from emulator.cli.terminal import Terminal, styled

if TYPE_CHECKING:
    from emulator.core import Emulator
    from emulator.execution import Execution

MOST_PROGRESS_LINES: Final = 100
"""States that are printed one by one while an execution runs; the trace has all of them."""


@click.command()
@click.argument("definition", required=False)
@INPUT
@HANDLERS
@SET
@SUBSTITUTIONS
@TYPE
@START
@SEED
@BACKEND
@ACCEPT_CALL
@MISSING_FUNCTION
@JSON
@QUIET
def run(
    definition: str | None,
    input_: str | None,
    handlers: tuple[str, ...],
    settings: tuple[str, ...],
    substitutions_file: str | None,
    type_: Literal["STANDARD", "EXPRESS"],
    start: datetime | None,
    seed: int | str,
    backend: tuple[str, ...],
    accepted_calls: tuple[str, ...],
    missing_function: Literal["raise", "fail"],
    as_json: bool,
    quiet: bool,
) -> int:
    """Run the state machine in the file DEFINITION, and show its path.

    Without DEFINITION, run the example, a background task (see `emulate task`).
    """
    if definition is None:
        if handlers:
            raise click.UsageError("--handlers needs a DEFINITION: emulate run machine.asl.json --handlers ...")
        if accepted_calls:
            raise click.UsageError("--accept-call needs a DEFINITION")
        if missing_function != "raise":
            raise click.UsageError("--missing-function needs a DEFINITION")
        if settings or substitutions_file:
            raise click.UsageError("--set and --definition-substitutions need a DEFINITION")
        if type_ != "STANDARD":
            raise click.UsageError("--type needs a DEFINITION")
        return run_task(None, EXAMPLE, None, input_, 0, start, seed, backend, as_json, quiet)
    from emulator.cli.loading import load_functions
    from emulator.core import Emulator

    terminal = Terminal(quiet=quiet or as_json)
    value = read_input(input_)
    if not Path(definition).is_file():
        refuse_definition(definition)
    values = substitution_values(settings, substitutions_file)
    names = _names_in(definition)
    check_settings(settings, names)
    missing = [name for name in names if name not in values]
    values = {name: value for name, value in values.items() if name in names}
    began = perf_counter()
    with (
        terminal.users_code(),
        Emulator(
            start=start,
            seed=seed,
            backend=backend or None,
            accepted_calls=accepted_calls,
            missing_function=missing_function,
        ) as emulator,
    ):
        unfit = register(emulator, load_functions(handlers))
        machine = emulator.state_machine(definition, substitutions=values, type=type_)
        for name in missing:
            terminal.warn(f"warning: ${{{name}}} in {definition} has no value\n    fix: --set {name}=VALUE")
        check_handlers(emulator, machine, unfit)
        with emulator.assembly.hold():
            execution = emulator.start(machine, input_text=json.dumps(value, ensure_ascii=False))
        calls_out = '"Task"' in machine.definition  # without one, it ends before a spinner would show
        with terminal.busy(definition) if calls_out else nullcontext():
            _watch(emulator, execution, terminal)
        untold = emulator.blocked.take_untold()
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
    succeeded = not warn_of_untold(untold, terminal)
    return 0 if succeeded and execution.status == "SUCCEEDED" else 1


def _names_in(definition: str) -> tuple[str, ...]:
    """The names of all ``${Name}`` in the file."""
    from emulator.definitions.files import read_definition_file

    return read_definition_file(Path(definition)).names


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
