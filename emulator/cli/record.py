"""``emulate record``: a history of AWS becomes a file of stubs."""

import json
import sys
from pathlib import Path

import click

from emulator.cli.options import Refused


@click.command()
@click.argument("history", metavar="HISTORY|-")
@click.option("-o", "--output", metavar="FILE", help="The file to write.  [default: standard output]")
@click.option(
    "--left-out",
    type=click.Choice(["raise", "skip"]),
    default="raise",
    show_default=True,
    help="If an answer is missing in the history. raise: an error. skip: its state is left out.",
)
def record(history: str, output: str | None, left_out: str) -> int:
    """Write the answers that the tasks of an execution got, as stubs in JSON.

    HISTORY is a file with AWS's output: aws stepfunctions get-execution-history --execution-arn ... > history.json
    """
    from emulator.stubs.recorded import answers_in, answers_of

    if history == "-":
        from emulator.history.given import read_texts

        answers = answers_in(read_texts(sys.stdin.read(), "stdin"), "stdin", left_out)
    else:
        answers = answers_of(history, Path(), left_out)
    write_stubs({"tasks": answers}, output)
    return 0


def write_stubs(answers: object, output: str | None) -> None:
    """Write stubs to a file, or to standard output; raises ``Refused`` for a file that cannot be written."""
    text = json.dumps(answers, ensure_ascii=False, indent=2)
    if output is None:
        click.echo(text)
        return
    try:
        Path(output).write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise Refused(f"{output} cannot be written: {error.strerror}") from None
