"""The version of the installed Node.js, determined once."""

import shutil
import subprocess
from functools import cache
from typing import Final

from emulator.errors import EmulatorError

OLDEST: Final = 18
"""The oldest supported Node.js: Lambda's oldest runtime that calls handlers in this way."""


@cache
def _version(node: str) -> str | None:
    """The output of ``node --version``; ``None`` if it cannot be run."""
    try:
        done = subprocess.run([node, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def node_version(node: str, function: str) -> int:
    """The major version, 20 for v20.1.0; raises ``EmulatorError`` if Node.js is missing or too old."""
    fix = f"install Node.js {OLDEST} or newer (https://nodejs.org), or set NodeHandler(..., node='/path/to/node')"
    path = shutil.which(node)
    if path is None:
        raise EmulatorError(f"function {function} needs Node.js, but {node!r} was not found\n    fix: {fix}")
    said = _version(path)
    major = (said or "").removeprefix("v").partition(".")[0]
    if not major.isdecimal():
        raise EmulatorError(
            f"function {function} needs Node.js, but {path} is not Node.js: "
            f"`{node} --version` {'fails' if said is None else f'prints {said!r}'}\n    fix: {fix}"
        )
    if int(major) < OLDEST:
        raise EmulatorError(
            f"function {function} needs Node.js {OLDEST} or newer, but {path} is {said}\n    fix: {fix}"
        )
    return int(major)
