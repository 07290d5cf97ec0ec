"""What some tests need that is not Python's: they are skipped, with the reason, where it is missing."""

import shutil
import subprocess
from typing import Final

import pytest

from emulator.lambda_.nodejs.installed import OLDEST

WITHOUT_RECORDINGS: Final = "the recordings are not beside the checkout"
"""Why a test that replays recordings is skipped; pytest counts such tests at its end."""


def node_major() -> int:
    """The version of the Node.js that is installed, 0 without one."""
    node = shutil.which("node")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout if node else ""
    number = said.strip().removeprefix("v").partition(".")[0]
    return int(number) if number.isdecimal() else 0


needs_node = pytest.mark.skipif(node_major() < OLDEST, reason=f"needs Node.js {OLDEST} or newer, as `node` on PATH")
