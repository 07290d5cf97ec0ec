"""Handlers that wait with threads and child processes have one history, wherever they run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.one_history import history_hash

ROOT = Path(__file__).parents[3]
PLACES = [
    {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LC_ALL": "tr_TR.UTF-8"},
    {"PYTHONHASHSEED": "2", "TZ": "America/New_York", "LC_ALL": "C"},
]


@pytest.mark.skipif(os.name != "posix", reason="its child processes are forked")
def test_there_is_one_history_in_this_process_and_in_others() -> None:
    found = {history_hash(), history_hash()}
    command = [sys.executable, "-m", "benchmarks.one_history"]
    for place in PLACES:
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **place}, capture_output=True, text=True, check=True
        )
        found.add(done.stdout.strip())
    assert len(found) == 1
