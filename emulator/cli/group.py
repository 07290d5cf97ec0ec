"""The command line: ``emulate run`` a machine, ``emulate record`` stubs, ``emulate task`` a background task,
``emulate check`` definitions, ``emulate deploy`` a template, ``emulate serve`` all of it over HTTP, ``emulate tasks``
of such a server (``cli.tasks``), ``emulate clean`` a backend.

A command parses, calls and prints. Exit codes: 0 success, 1 the run did not succeed (or ``check`` found problems),
2 it could not run (definition, input, handlers, usage), 3 a bug in the emulator, 130 Ctrl-C. Slow imports are in the
functions that need them: ``check`` needs no emulator, ``run`` no boto3 unless the machine calls a service.
"""

import os
import sys
from collections.abc import Callable
from typing import Any

import click

from emulator.cli.check import check
from emulator.cli.clean import clean
from emulator.cli.deploy import deploy
from emulator.cli.options import Refused
from emulator.cli.record import record
from emulator.cli.run import run
from emulator.cli.serve import serve
from emulator.cli.task import task
from emulator.cli.tasks.commands import tasks
from emulator.cli.terminal import count_text


class Commands(click.Group):
    """Turns the end of a command into its exit code; never shows a traceback of the emulator's own code."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command and leave the process, even under a test runner."""
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
        click.echo(count_text(len(error.problems), "problem"), file=sys.stderr)
        return 2
    except (Refused, EmulatorError) as error:
        click.echo(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the reader has closed the pipe; drop the rest of the buffer
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
            "    This is a bug in the emulator; please report it. EMULATE_TRACEBACK=1 shows the traceback.",
            file=sys.stderr,
        )
        return 3


def _version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"emulate {version('asl-emulator')} (Python {sys.version.split()[0]})")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show the version.")
def main() -> None:
    """Step Functions in your own process, on virtual time.

    Results go to standard output, everything else to standard error. Exit codes: 0 success, 1 the run did not succeed,
    2 it could not run, 130 stopped with Ctrl-C. NO_COLOR, FORCE_COLOR and COLUMNS are respected.
    """


for command in (run, record, task, check, deploy, serve, tasks, clean):
    main.add_command(command)
