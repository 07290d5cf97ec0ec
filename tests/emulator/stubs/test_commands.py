"""Stubs on the command line and over HTTP: ``emulate run order.asl.json --stubs stubs.json``, ``--mock-config``."""

import json
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from click.testing import CliRunner, Result

from emulator import Emulator
from emulator.cli import main
from tests.emulator.server.served import listening
from tests.emulator.stubs.conftest import FUNCTION, machine, task

CONFIG = {
    "StateMachines": {"Orders": {"TestCases": {"Happy": {"Charge": "Ok"}, "Sad": {"Charge": "No"}}}},
    "MockedResponses": {
        "Ok": {"0": {"Return": {"id": 1}}},
        "No": {"0": {"Throw": {"Error": "Card.Declined", "Cause": "no money"}}},
    },
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SFN_MOCK_CONFIG", raising=False)
    (tmp_path / "order.asl.json").write_text(json.dumps(machine(task(FUNCTION))))
    (tmp_path / "mocks.json").write_text(json.dumps(CONFIG))
    (tmp_path / "stubs.json").write_text(json.dumps({"tasks": {"Charge": {"returns": {"id": 2}}}}))
    return tmp_path


def emulate(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def test_run_with_a_file_of_stubs(folder: Path) -> None:
    result = emulate("run", "order.asl.json", "--stubs", "stubs.json", "--quiet")
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"id": 2})


def test_run_names_a_stub_that_was_not_used(folder: Path) -> None:
    (folder / "more.json").write_text(json.dumps({"resources": {"glue:startJobRun": {"returns": {"JobRunId": "1"}}}}))
    result = emulate("run", "order.asl.json", "--stubs", "stubs.json", "--stubs", "more.json")
    assert result.exit_code == 0
    assert "warning: more.json:1:16: emulator.stub('glue:startJobRun') was never called" in result.stderr


def test_run_refuses_a_task_that_nothing_answers_when_it_is_entered(folder: Path) -> None:
    call = {"ClusterName": "k", "CertificateAuthority": "c", "Endpoint": "https://k", "Method": "GET", "Path": "/"}
    choice = {"Variable": "$.cluster", "BooleanEquals": True, "Next": "Call"}
    states = {
        "Choose": {"Type": "Choice", "Choices": [choice], "Default": "Charge"},
        "Call": {**task("arn:aws:states:::eks:call"), "Parameters": call},
        "Charge": task(FUNCTION),
    }
    (folder / "both.asl.json").write_text(json.dumps({"StartAt": "Choose", "States": states}))
    other = emulate("run", "both.asl.json", "--stubs", "stubs.json", "--input", '{"cluster": false}', "--quiet")
    assert (other.exit_code, json.loads(other.stdout)) == (0, {"id": 2})
    entered = emulate("run", "both.asl.json", "--stubs", "stubs.json", "--input", '{"cluster": true}')
    assert entered.exit_code != 0
    assert "emulator.stub('eks:call').returns(...)" in entered.stderr


def test_run_a_test_case(folder: Path) -> None:
    happy = emulate("run", "order.asl.json", "--mock-config", "mocks.json", "--test-case", "Happy", "--quiet")
    assert (happy.exit_code, json.loads(happy.stdout)) == (0, {"id": 1})
    sad = emulate("run", "order.asl.json", "--mock-config", "mocks.json", "--test-case", "Sad")
    assert sad.exit_code == 1
    assert "Card.Declined" in sad.stdout


def test_the_variable_of_step_functions_local_names_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFN_MOCK_CONFIG", "mocks.json")
    assert emulate("run", "order.asl.json", "--test-case", "Happy", "--quiet").exit_code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--mock-config", "mocks.json", "--test-case", "Hapy"], 'Did you mean "Happy"?'),
        (["--test-case", "Happy"], "--test-case needs --mock-config"),
        (["--stubs", "none.json"], "none.json: a file of stubs cannot be read"),
        (["--stubs", "mocks.json"], 'mocks.json:1:2: /StateMachines: there is no key "StateMachines" here'),
    ],
)
def test_what_is_wrong_is_told_without_a_traceback(folder: Path, words: list[str], told: str) -> None:
    result = emulate("run", "order.asl.json", *words)
    assert result.exit_code != 0
    assert told in result.stderr
    assert "Traceback" not in result.output


@contextmanager
def server(config: Path | None = None, stubs: Path | None = None) -> Any:
    def make() -> Emulator:
        emulator = Emulator(unused_stubs="allow")
        if config is not None:
            emulator.mock_config(config)
        if stubs is not None:
            emulator.stubs_from(stubs)
        return emulator

    with listening(make) as port:
        yield boto3.client(
            "stepfunctions",
            endpoint_url=f"http://127.0.0.1:{port}",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            region_name="us-east-1",
            config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False),
        )


def create(client: Any, kind: str = "STANDARD") -> str:
    role, text = "arn:aws:iam::123456789012:role/r", json.dumps(machine(task(FUNCTION)))
    made = client.create_state_machine(name="Orders", definition=text, roleArn=role, type=kind)
    return str(made["stateMachineArn"])


def test_a_test_case_over_http(folder: Path) -> None:
    with server(config=folder / "mocks.json") as client:
        arn = create(client)
        started = client.start_execution(stateMachineArn=f"{arn}#Sad")
        described = client.describe_execution(executionArn=started["executionArn"])
        assert (described["status"], described["error"]) == ("FAILED", "Card.Declined")
        types = [each["type"] for each in client.get_execution_history(executionArn=started["executionArn"])["events"]]
        assert types[2:5] == ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionFailed"]


def test_stubs_over_http_for_an_express_machine(folder: Path) -> None:
    with server(stubs=folder / "stubs.json") as client:
        answer = client.start_sync_execution(stateMachineArn=create(client, "EXPRESS"))
        assert json.loads(answer["output"]) == {"id": 2}


def test_run_refuses_a_task_that_nothing_answers_only_when_it_is_entered(folder: Path) -> None:
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.go", "BooleanEquals": True, "Next": "Charge"}]}
    states = {"Pick": {**choice, "Default": "No"}, "No": {"Type": "Succeed"}, "Charge": task(FUNCTION)}
    (folder / "pick.asl.json").write_text(json.dumps({"StartAt": "Pick", "States": states}))
    assert emulate("run", "pick.asl.json", '{"go": false}').exit_code == 0
    refused = emulate("run", "pick.asl.json", '{"go": true}')
    assert refused.exit_code == 2
    assert "no handler for" in refused.stderr
    assert "--handlers MODULE" in refused.stderr


def test_run_refuses_a_misspelt_state_of_a_file_of_stubs(folder: Path) -> None:
    (folder / "more.json").write_text(json.dumps({"tasks": {"Chrge": {"returns": 1}}}))
    result = emulate("run", "order.asl.json", "--stubs", "more.json")
    assert result.exit_code == 2
    assert "more.json:1:12" in result.stderr
    assert "Did you mean 'Charge'?" in result.stderr
