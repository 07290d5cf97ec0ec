"""The command line on a backend outside: a task, a server, and what other programs do meanwhile."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from emulator.cli import main
from tests.backends.conftest import Outside, eventually, serving

ROLE = "arn:aws:iam::123456789012:role/r"
HELLO: Any = {"StartAt": "Hello", "States": {"Hello": {"Type": "Pass", "End": True}}}


@pytest.fixture
def emulate() -> Callable[..., Result]:
    return lambda *args: CliRunner().invoke(main, args)


def test_a_background_task(outside: Outside, emulate: Callable[..., Result]) -> None:
    before = outside.names()
    result = emulate("task", "--json", "--backend", outside.backends.text())
    assert (result.exit_code, result.stderr) == (0, "")
    document = json.loads(result.stdout)
    assert (document["status"], document["output"]) == ("success", {"articles": 60, "batches": 3})
    assert [child["status"] for child in document["children"]] == ["success"] * 3
    assert document["elapsed"]["virtual_seconds"] == 4030
    assert outside.names() == before


def test_tables_may_live_here_and_buses_there(outside: Outside, emulate: Callable[..., Result]) -> None:
    result = emulate("task", "-q", "--backend", outside.backends.text(), "--backend", "dynamodb=moto")
    assert (result.exit_code, json.loads(result.stdout)["taskStatus"]) == (0, "success")


def test_an_event_of_another_program_starts_an_execution_of_a_server(outside: Outside, tmp_path: Path) -> None:
    (tmp_path / "hello.asl.json").write_text(json.dumps(HELLO), encoding="utf-8")
    before = outside.names()
    arguments = ("--state-machine", str(tmp_path / "hello.asl.json"), "--backend", outside.backends.text())
    with serving(*arguments) as url:
        server = Outside(outside.backends, url)
        machine = "arn:aws:states:us-east-1:123456789012:stateMachine:hello"
        server.ask("events", "CreateEventBus", Name="shop")
        server.ask("events", "PutRule", Name="placed", EventBusName="shop", EventPattern='{"source": ["shop"]}')
        target = {"Id": "one", "Arn": machine, "RoleArn": ROLE}
        server.ask("events", "PutTargets", Rule="placed", EventBusName="shop", Targets=[target])
        outside.put("shop", {"order": 8})

        def health() -> Any:
            executions = server.ask("states", "ListExecutions", stateMachineArn=machine)["executions"]
            return [each for each in executions if each["status"] == "SUCCEEDED"]

        (execution,) = eventually(health)
        told = server.ask("states", "DescribeExecution", executionArn=execution["executionArn"])
        assert json.loads(told["input"])["detail"] == {"order": 8}
        assert len(outside.names() - before) >= 4
    assert outside.names() == before
