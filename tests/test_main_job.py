"""The main job, as a person sees it: ``emulate task`` imports articles, from the event to the last child.

The tests read what is printed, not what is inside. Made-up time, ids and all: only the real seconds differ from run to
run.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from click.testing import CliRunner, Result

from emulator import Emulator
from emulator.cli import main
from emulator.examples import article_import
from emulator.lambda_.time import patches

ROOT = Path(__file__).parents[1]

STORY = """\
+00:00:00  importArticles: event put on the bus background-tasks
+00:00:00  importArticles: EventBridge started background-task-sfn for task ID
+00:06:20  indexBatch: EventBridge started background-task-sfn for task ID
+00:06:20  indexBatch: iteration 1, continue, waits 1 min (ran 0 s, 15 min left)
+00:07:20  indexBatch: iteration 2, continue, waits 1 min (ran 0 s, 15 min left)
+00:08:20  indexBatch: iteration 3, continue, waits 1 min (ran 0 s, 15 min left)
+00:09:20  indexBatch: iteration 4, done (ran 0 s, 15 min left)
+00:09:20  indexBatch: success
+00:12:40  importArticles: iteration 1, continue (ran 12 min 40 s, 2 min 20 s left)
+00:12:40  indexBatch: EventBridge started background-task-sfn for task ID
+00:12:40  indexBatch: iteration 1, continue, waits 1 min (ran 0 s, 15 min left)
+00:13:40  indexBatch: iteration 2, continue, waits 1 min (ran 0 s, 15 min left)
+00:14:40  indexBatch: iteration 3, continue, waits 1 min (ran 0 s, 15 min left)
+00:15:40  indexBatch: iteration 4, done (ran 0 s, 15 min left)
+00:15:40  indexBatch: success
+00:15:50  importArticles: iteration 2, continue, waits 44 min 10 s (ran 3 min 10 s, 11 min 50 s left)
+01:03:10  importArticles: iteration 3, continue, waits 1 min (ran 3 min 10 s, 11 min 50 s left)
+01:03:10  indexBatch: EventBridge started background-task-sfn for task ID
+01:03:10  indexBatch: iteration 1, continue, waits 1 min (ran 0 s, 15 min left)
+01:04:10  importArticles: iteration 4, continue, waits 1 min (ran 0 s, 15 min left)
+01:04:10  indexBatch: iteration 2, continue, waits 1 min (ran 0 s, 15 min left)
+01:05:10  importArticles: iteration 5, continue, waits 1 min (ran 0 s, 15 min left)
+01:05:10  indexBatch: iteration 3, continue, waits 1 min (ran 0 s, 15 min left)
+01:06:10  importArticles: iteration 6, continue, waits 1 min (ran 0 s, 15 min left)
+01:06:10  indexBatch: iteration 4, done (ran 0 s, 15 min left)
+01:06:10  indexBatch: success
+01:07:10  importArticles: iteration 7, done (ran 0 s, 15 min left)
+01:07:10  importArticles: success

"""

REPORT = """\
importArticles "Import articles" SUCCESS after 1 h 7 min of virtual time
  task       ID
  execution  background-task-sfn, SUCCEEDED, started by EventBridge
  states     TransformEvent -> Run -> CheckStatus -> (Run -> CheckStatus -> Waiter) x 5 -> Run ->
             CheckStatus -> Done

  iteration  started      ran            left           answer
          1  +00:00:00    12 min 40 s    2 min 20 s     continue
             info: Close to the timeout: page 9 is left for the next call
          2  +00:12:40    3 min 10 s     11 min 50 s    continue, waits 44 min 10 s
             info: Rate limited: waiting 2650 seconds before page 11
          3  +01:00:00    3 min 10 s     11 min 50 s    continue, waits 1 min
             info: All 60 articles are imported, the batches are being indexed
          4  +01:04:10    0 s            15 min         continue, waits 1 min
          5  +01:05:10    0 s            15 min         continue, waits 1 min
          6  +01:06:10    0 s            15 min         continue, waits 1 min
          7  +01:07:10    0 s            15 min         done
             info: Articles imported

  children   status   iterations  took
             success  4           3 min         indexBatch, 'Index pages up to 4'
             success  4           3 min         indexBatch, 'Index pages up to 8'
             success  4           3 min         indexBatch, 'Index pages up to 12'

  history    65 of 25,000 events, up to 9 an iteration: room for 2,770 more
  payload    at most 368 of 262,144 bytes
  output     27 of 237,568 bytes
  time       1 h 7 min of virtual time: 19 min in the handler, 48 min 10 s of waiting
             REAL s of real time
  tables     background-tasks 25 items, articles 60 items

"""


@pytest.fixture
def emulate(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    return lambda *args: CliRunner().invoke(main, args, prog_name="emulate")


def same_each_time(text: str) -> str:
    text = re.sub(r"\b[0-9a-f]{24}\b", "ID", text)
    return re.sub(r"\d+\.\d s of real time", "REAL s of real time", text)


@pytest.mark.parametrize("args", [("task",), ("run",), ("task", "importArticles")], ids=" ".join)
def test_what_a_person_sees(emulate: Callable[..., Result], args: tuple[str, ...]) -> None:
    result = emulate(*args)
    assert result.exit_code == 0
    assert same_each_time(result.stderr) == STORY
    report, record = result.stdout.split("\n{\n")
    assert same_each_time(report) + "\n" == REPORT
    shown = json.loads("{" + record)
    assert (shown["taskStatus"], shown["iterations"]) == ("success", 7)
    assert shown["output"] == {"articles": 60, "batches": 3}
    assert shown["finishedOn"] == "2030-01-01T01:07:10.000Z"


def test_as_one_json_document(emulate: Callable[..., Result]) -> None:
    result = emulate("task", "--json", "--start", "2026-11-22T08:00:00Z")
    assert (result.exit_code, result.stderr) == (0, "")
    document = json.loads(result.stdout)
    assert (document["status"], document["execution_status"]) == ("success", "SUCCEEDED")
    assert document["output"] == {"articles": 60, "batches": 3}
    assert document["path"][:3] == ["TransformEvent", "Run", "CheckStatus"]
    assert [each["wait"] for each in document["iterations"]] == [None, 2650, 60, 60, 60, 60, None]
    assert document["iterations"][0]["started_at"] == "2026-11-22T08:00:00Z"
    assert [child["status"] for child in document["children"]] == ["success"] * 3
    assert document["elapsed"]["virtual_seconds"] == 4030
    assert document["elapsed"]["real_seconds"] < 60


def test_the_same_with_freezegun_alone(monkeypatch: pytest.MonkeyPatch, emulate: Callable[..., Result]) -> None:
    """What somebody sees who installed the package without its extra ``fast``."""
    monkeypatch.setattr(patches, "ORDER", ("freezegun",))
    assert same_each_time(emulate("task").stdout).startswith(REPORT)


def test_the_example_in_a_test_of_ones_own() -> None:
    with Emulator() as emulator:
        emulator.tasks.register(article_import)
        emulator.tasks.app = article_import.make_app()
        run = emulator.tasks.trigger("importArticles", {"blog": "https://blog.example"})
        run.run_until_waiting()
        assert run.waiting_for == 2650
        stored = boto3.client("dynamodb").scan(TableName=article_import.ARTICLES_TABLE)
        assert stored["Count"] == 50
        run.abort("The editors changed their minds")
        run.run_to_end()
        assert (run.task.status, run.states[-1]) == ("aborted", "Aborted")
        assert run.execution.elapsed == timedelta(hours=1)
        assert [child.task.status for child in run.children] == ["success", "success"]


def test_aborting_the_import_aborts_its_batches() -> None:
    with Emulator() as emulator:
        emulator.tasks.register(article_import)
        emulator.tasks.app = article_import.make_app()
        run = emulator.tasks.trigger("importArticles", {"blog": "https://blog.example"})
        emulator.clock.advance(minutes=7)
        run.abort()
        run.run_to_end()
        assert [child.task.status for child in run.children] == ["aborted", "aborted"]


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_make_hands_everything_on() -> None:
    """``make`` alone lists the targets; ``make emulate`` keeps each quote and $ of what it is given."""
    listed = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, check=True)
    assert "make emulate" in listed.stdout
    planned = subprocess.run(
        [
            "make",
            "--no-print-directory",
            "-C",
            str(ROOT),
            "-n",
            "emulate",
            "DEFINITION=my flow.asl.json",
            'INPUT={"a.$": "it\'s"}',
            "HANDLERS=a b",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    command = " ".join(planned.stdout.rpartition("bin/emulate")[2].replace("\\\n", " ").split())
    assert command == "run \"$EMULATE_DEFINITION\" --input \"$EMULATE_INPUT\" --handlers 'a' --handlers 'b'"


def test_the_module_can_be_run(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "emulator", "task", "--quiet"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    assert json.loads(done.stdout)["taskStatus"] == "success"
