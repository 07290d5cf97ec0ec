"""Tasks that clean up after themselves, in tests and on the command line: their last record is still told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from emulator import Emulator, EmulatorError
from emulator.cli import main
from emulator.tasks import task

JOBS = """
from emulator.tasks import task

@task(title="Tidy", self_cleanup="always")
def tidy(ctx):
    if not ctx.input.get("n"):
        ctx.trigger("child")
        return ctx.response.continue_({"n": 1}, seconds=5)
    return ctx.response.error("late", code="LATE") if ctx.input.get("fail") else ctx.response.done("ready", {"n": 1})

@task(title="Child")
def child(ctx):
    return ctx.response.continue_({}, seconds=60)
"""


def test_the_record_of_a_deleted_task_is_kept_as_it_last_was(emulator: Emulator) -> None:
    def body(ctx: Any) -> Any:
        return ctx.response.done("ready", {"n": 1})

    run = emulator.tasks.trigger(task(id="tidy", title="Tidy", self_cleanup="onSuccess")(body))
    assert run.last_task == run.task
    run.run_to_end()
    assert run.execution.status == "SUCCEEDED"
    assert (run.last_task.status, run.last_task.output) == ("success", {"n": 1})
    assert str(run.tree) == 'tidy "Tidy" success, 1 iteration'
    with pytest.raises(EmulatorError, match="it was never triggered, or it was deleted"):
        _ = run.task
    with pytest.raises(EmulatorError, match="it was never triggered"):
        _ = emulator.tasks.find("0123")


@pytest.mark.parametrize(("fail", "status", "code"), [(False, "success", 0), (True, "failed", 1)])
def test_the_command_tells_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str, code: int, *, fail: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / f"tidy_jobs_{status}.py").write_text(JOBS)
    args = ["task", "tidy", "--from", f"tidy_jobs_{status}.py", "--input", json.dumps({"fail": fail})]
    result = CliRunner().invoke(main, args)
    assert (result.exit_code, json.loads(result.stdout[result.stdout.rindex("\n{") :])["taskStatus"]) == (code, status)
    assert f'tidy "Tidy" {status.upper()} after 5 s of virtual time' in result.stdout
    assert "child: running" in result.stderr, "deleted with its parent while it ran"
    document = json.loads(CliRunner().invoke(main, [*args, "--json"]).stdout)
    assert (document["status"], document["record"]["iterations"], document["logs"]) == (status, 2, [])
