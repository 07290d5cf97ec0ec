"""The examples, run as a user would run them: a copy of the folder, a process of its own, nothing but what is in it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.needs import needs_node

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.mark.parametrize("name", [pytest.param("node-tasks", marks=needs_node), "orders"])
def test_an_example_passes(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    assert not list(folder.rglob("conftest.py"))
    command = [sys.executable, "-W", "error::ResourceWarning", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout
