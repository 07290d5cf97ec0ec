"""The output of the command line: data on stdout, everything else on stderr.

The emulator's own texts are ASCII; characters of users' texts that the stream cannot encode are escaped. Colour follows
``NO_COLOR``, ``FORCE_COLOR``, and whether the stream is a terminal. rich is imported only for the spinner.
"""

import json
import logging
import os
import shutil
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TextIO

import click

from emulator.places import is_users

LONGEST_LINE: Final = 120

COLOURS: Final = {
    "SUCCEEDED": "green",
    "success": "green",
    "done": "green",
    "continue": "cyan",
    "RUNNING": "cyan",
    "running": "cyan",
    "pending": "cyan",
    "FAILED": "red",
    "TIMED_OUT": "red",
    "ABORTED": "yellow",
    "failed": "red",
    "error": "red",
    "aborted": "yellow",
}
"""The colour of each status of executions, tasks and answers."""


class Terminal:
    """Both streams of a command; ``quiet`` leaves out the progress."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self._status: Any = None
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")

    @property
    def width(self) -> int:
        """Columns to write in: the terminal's or ``COLUMNS``, at most 120; 100 if neither is known."""
        return max(40, min(shutil.get_terminal_size((100, 24)).columns, LONGEST_LINE))

    def data(self, text: str) -> None:
        """Write to stdout."""
        click.echo(text, file=sys.stdout, color=_coloured(sys.stdout))

    def json(self, value: Any, *, indent: int | None = 2) -> None:
        """Write a JSON document to stdout; times as ISO text."""
        self.data(json_text(value, indent=indent))

    def note(self, text: str) -> None:
        """Write progress to stderr, unless quiet."""
        if not self.quiet:
            self.warn(text)

    def warn(self, text: str) -> None:
        """Write to stderr, even if quiet; above the spinner, if any."""
        if self._status is None:
            click.echo(text, file=sys.stderr, color=_coloured(sys.stderr))
            return
        from rich.text import Text

        self._status.console.print(Text.from_ansi(text), soft_wrap=True)

    @contextmanager
    def users_code(self) -> Iterator[None]:
        """A block in which users' code runs: its output and its logs go to stderr."""
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_BriefFormatter("%(levelname)s %(name)s: %(message)s"))
        logging.basicConfig(handlers=[handler])
        with redirect_stdout(sys.stderr):
            yield

    @contextmanager
    def busy(self, text: str) -> Iterator[None]:
        """Show a spinner with ``text`` on a terminal; ``busy_with`` changes the text."""
        if self.quiet or not is_live(sys.stderr):
            yield
            return
        from rich.console import Console
        from rich.text import Text

        spinner = "dots" if encodes(sys.stderr, "\u280b") else "line"
        console = Console(stderr=True, no_color=not _coloured(sys.stderr), highlight=False)
        with console.status(Text(text), spinner=spinner) as self._status:
            try:
                yield
            finally:
                self._status = None

    def busy_with(self, text: str) -> None:
        """Change the text of the spinner."""
        if self._status is not None:
            from rich.text import Text

            self._status.update(Text(text))


_HERE: Final = str(Path(__file__).parent)


class _BriefFormatter(logging.Formatter):
    """Tracebacks with the user's own lines; without any, with all but the command line's."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        frames = [frame for frame in traceback.extract_tb(ei[2]) if not frame.filename.startswith(_HERE)]
        frames = [frame for frame in frames if is_users(frame.filename)] or frames
        return "".join([*traceback.format_list(frames), *traceback.format_exception_only(ei[1])]).rstrip("\n")


def json_text(value: Any, *, indent: int | None = 2) -> str:
    """``value`` as JSON, ASCII only if stdout can write nothing else."""
    ascii_only = not encodes(sys.stdout, "\u00e9\u4e16\U0001f600")
    return json.dumps(value, ensure_ascii=ascii_only, indent=indent, default=_plain)


def styled(status: str, text: str | None = None) -> str:
    """``text`` (the status itself unless given) in the colour of the status."""
    return click.style(text or status, fg=COLOURS.get(status))


def count_text(number: int, what: str) -> str:
    """``1 file``, ``2,000 files``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def is_live(stream: TextIO) -> bool:
    """Whether the stream is a terminal that can change text already written."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def encodes(stream: TextIO, text: str) -> bool:
    """Whether the stream can write ``text`` as it is."""
    try:
        text.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _coloured(stream: TextIO) -> bool:
    """https://no-color.org and https://force-color.org: any value but the empty text counts; NO_COLOR wins."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_live(stream)


def _plain(value: Any) -> str:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)
