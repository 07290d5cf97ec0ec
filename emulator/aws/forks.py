"""Requests of a forked child: it has a copy of the emulator, so what it writes would be lost, and is refused by name.

The refusals of a child are told to its parent, or a program that ignores how its child ended would hide them: the child
leaves them in a file, and the parent looks for it. Processes and threads that a Node.js handler starts do the same. An
emulator that the child opens itself is the child's own.
"""

import os
from collections.abc import Callable
from typing import Final

WHERE: Final = (
    "in a forked child of the process in which the emulator is open; the child has a copy of the emulator, so that "
    "what it writes would be lost"
)
FIX: Final = "\n    fix: use a thread (Thread, ThreadPoolExecutor), or make the call in the process itself"
_FOLDER: Final = os.environ.get("TMPDIR", "/tmp")
_NAME: Final = os.urandom(8).hex()
"""A forked child has the name of its parent."""

_returned: Final[list[str]] = []


def collect(note: Callable[[str], object]) -> None:
    """Call ``note`` with the text of each refusal that children have left for this process."""
    left = path()
    if not os.path.exists(left):  # noqa: PTH110 - each emulator that closes asks it
        return
    with open(left, encoding="utf-8") as file:  # noqa: PTH123
        texts = file.read().split("\0")
    os.unlink(left)  # noqa: PTH108
    for text in filter(None, texts):
        if text in _returned:
            _returned.remove(text)
        else:
            note(text)


def returned(text: str) -> None:
    """The error of a refusal has itself come to this process; ``collect`` leaves its text out."""
    _returned.append(text)


def leave(text: str, process: int) -> None:
    """Leave the text of a refusal for the parent ``process``."""
    try:
        file = os.open(path(process), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError:  # the error itself is raised all the same
        return
    try:
        os.write(file, f"{text}\0".encode())
    finally:
        os.close(file)


def path(process: int | None = None) -> str:
    """The file with the refusals of children of ``process``, by default this one."""
    process = os.getpid() if process is None else process
    return f"{_FOLDER}/asl-emulator-{process}-{_NAME}"
