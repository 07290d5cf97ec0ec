"""Whose code a line is: the user's, or a library's.

A line is the user's unless its file is part of the emulator, of Python's standard library, or of an installed package.
Messages show the user's own innermost line; where there is none, the innermost of all.
"""

import inspect
import sysconfig
import traceback
from collections.abc import Sequence
from functools import cache
from os import sep
from pathlib import Path
from types import TracebackType
from typing import Final

_EMULATOR: Final = Path(__file__).parent
_EXAMPLES: Final = f"{_EMULATOR / 'examples'}/"
"""The example is shown as a user's code would be."""
_OURS: Final = (f"{_EMULATOR}/", f"{_EMULATOR.parent / 'asl'}/")
_LIBRARIES: Final = (
    *_OURS,
    *(f"{sysconfig.get_path(name)}/" for name in ("stdlib", "platstdlib", "purelib", "platlib")),
)
_INSTALLED: Final = ("/site-packages/", "/dist-packages/")
_GENERATED: Final = ("<frozen ", "<attrs ", "<__array_function__")

folder = str(Path.cwd())
"""The folder to which places are relative: that in which pytest was started, else the process."""


@cache
def is_users(filename: str) -> bool:
    """Whether the code object's file is the user's."""
    name = filename.replace("\\", "/")
    if name.startswith(_EXAMPLES):
        return True
    return not (name.startswith((*_GENERATED, *_LIBRARIES)) or any(part in name for part in _INSTALLED))


def place_of(filename: str, line: int | str | None) -> str:
    """``folder/file.py:12``, relative to ``folder`` for a file below it."""
    return f"{filename.removeprefix(f'{folder}{sep}')}:{line}"


def caller() -> str | None:
    """The innermost line of the user's code that is running in this thread, ``file.py:12``."""
    frame = inspect.currentframe()
    while frame is not None:
        if is_users(frame.f_code.co_filename):
            return place_of(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return None


def opener() -> tuple[str, str] | None:
    """The function of the user's that enters a context manager right now: its file and its qualified name."""
    frame = inspect.currentframe()
    while frame is not None:
        name = frame.f_code.co_filename
        if is_users(name):
            return name, frame.f_code.co_qualname
        if not name.startswith(_LIBRARIES):
            return None
        frame = frame.f_back
    return None


def users_lines(trace: TracebackType | None, most: int = 3) -> list[traceback.FrameSummary]:
    """The user's lines of a traceback, the innermost last, at most ``most``; without any, a library's innermost line.

    Lines of libraries below the user's innermost one are left out: they say how the error came, not where to look.
    """
    frames = traceback.extract_tb(trace)
    others = [frame for frame in frames if not frame.filename.startswith(_OURS)]
    return [frame for frame in frames if is_users(frame.filename)][-most:] or others[-1:]


def format_lines(trace: TracebackType | None, most: int = 3) -> list[str]:
    """``users_lines`` as text, the innermost first, without marks below the code; an entry has two lines."""
    lines = users_lines(trace, most)[::-1]
    return traceback.format_list([(line.filename, line.lineno or 0, line.name, line.line) for line in lines])


def has_users_lines(trace: TracebackType | None) -> bool:
    """Whether the user's code is in a traceback: it raised the exception, or called what raised it."""
    return any(is_users(frame.filename) for frame in users_lines(trace))


def text_of(error: BaseException) -> str:
    """``str(error)``; a text that says so if the user's own ``__str__`` raises or returns something else."""
    try:
        return str(error)
    except Exception as second:
        return f"<str() of it raises {type(second).__name__}>"


def users_lines_of_node(trace: Sequence[str], most: int = 3) -> list[str]:
    """The user's lines of a JavaScript stack, the innermost first; without any, the innermost of all."""
    return [line for line in trace if "/node_modules/" not in line and "node:" not in line][:most] or list(trace[:1])
