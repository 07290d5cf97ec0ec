"""Which Node.js is installed, asked once."""

import shutil
import subprocess
from functools import cache
from typing import Final

from emulator.errors import EmulatorError

OLDEST: Final = 18
"""The oldest Node.js that handlers run on: Lambda's oldest runtime that still knows this way of calling them."""


@cache
def _version(node: str) -> str | None:
    """What ``node --version`` says; ``None`` when it cannot be run."""
    try:
        done = subprocess.run([node, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def node_version(node: str, function: str) -> int:
    """The major version, 20 of v20.1.0; raises ``EmulatorError`` when Node.js is missing or too old."""
    fix = f"install Node.js {OLDEST} or newer (https://nodejs.org), or name it: NodeHandler(..., node='/path/to/node')"
    path = shutil.which(node)
    if path is None:
        raise EmulatorError(f"function {function} runs on Node.js, and there is no {node!r} here\n    fix: {fix}")
    said = _version(path)
    major = (said or "").removeprefix("v").partition(".")[0]
    if not major.isdecimal():
        raise EmulatorError(
            f"function {function} runs on Node.js, and {path} is none: "
            f"`{node} --version` {'fails' if said is None else f'says {said!r}'}\n    fix: {fix}"
        )
    if int(major) < OLDEST:
        raise EmulatorError(
            f"function {function} runs on Node.js {OLDEST} or newer, and {path} is {said}\n    fix: {fix}"
        )
    return int(major)
