"""Faults in a file: what it may say, for a test, for ``emulate run`` and for a server; and what is wrong with one."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from emulator import Emulator, EmulatorError
from emulator.cli import main

LIST = {
    "StartAt": "List",
    "States": {
        "List": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:sqs:listQueues",
            "Parameters": {},
            "Retry": [{"ErrorEquals": ["Sqs.SqsException"], "IntervalSeconds": 5}],
            "End": True,
        }
    },
}


def write(folder: Path, content: Any) -> str:
    file = folder / "faults.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(file)


def test_a_file_plans_what_the_methods_plan(emulator: Emulator, tmp_path: Path) -> None:
    planned = [
        {"fail": "sqs:listQueues", "error": "ThrottlingException", "times": 1},
        {"delay": "sqs:*", "seconds": 2, "state": "List"},
    ]
    first, second = emulator.faults.read(write(tmp_path, planned))
    run = emulator.run(LIST).assert_succeeded()
    assert (first.count, second.count, run.elapsed.total_seconds()) == (1, 2, 9)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("[", r"faults.json is not JSON: Expecting value: line 1 column 2"),
        ({}, "is not a list of faults"),
        ([5], "number 1 is not an object, but 5"),
        ([{"fial": "sqs:ListQueues"}], r'number 1 has no kind of fault\n    Did you mean "fail"'),
        ([{"delay": "sqs:ListQueues", "fail": "x"}], "number 1 has fail and delay"),
        ([{"delay": "sqs:ListQueues", "second": 1}], r"number 1: delay has no 'second'\n    Did you mean \"seconds\""),
        ([{"delay": "sqs:ListQueues"}], "number 1: delay needs seconds"),
        ([{"disconnect": "sqs:*"}, {"fail": "sqs:ListQueus", "error": "X"}], "number 2: .*Did you mean"),
    ],
)
def test_what_is_wrong_in_a_file_has_its_place(emulator: Emulator, tmp_path: Path, content: Any, text: str) -> None:
    with pytest.raises(EmulatorError, match=f"(?s){text}"):
        emulator.faults.read(write(tmp_path, content))
    for plan in emulator.assembly.faults._acting.plans:
        plan.is_told = True


def test_a_command_takes_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.asl.json").write_text(json.dumps(LIST), encoding="utf-8")
    file = write(tmp_path, [{"fail": "sqs:ListQueues", "error": "ThrottlingException", "times": 2}])
    result = CliRunner().invoke(main, ["run", "list.asl.json", "--faults", file, "--json"])
    document = json.loads(result.stdout)
    assert (result.exit_code, document["status"], document["elapsed"]["virtual_seconds"]) == (0, "SUCCEEDED", 15)
    assert document["answered"] == {
        "emulated": {"aws-sdk:sqs:listQueues": 1},
        "stubbed": {},
        "faulted": {"sqs:ListQueues ThrottlingException": 2},
        "requests": {"sqs": 1},
        "constants": [],
    }
    plain = CliRunner().invoke(main, ["run", "list.asl.json", "--faults", file])
    assert "faulted: sqs:ListQueues ThrottlingException (2)" in plain.output
    more = [{"fail": "sqs:ListQueues", "error": "ThrottlingException", "times": 9}]
    unused = CliRunner().invoke(main, ["run", "list.asl.json", "--faults", write(tmp_path, more)])
    assert "faults.json: number 1: faults.fail(" in unused.stderr
    near = [{"fail": "sqs:ListQueues", "error": "ThrottlingException", "state": "Lisst"}]
    misspelt = CliRunner().invoke(main, ["run", "list.asl.json", "--faults", write(tmp_path, near)])
    assert misspelt.exit_code == 2
    assert "there is no state 'Lisst'. Did you mean state='List'?" in misspelt.stderr
    wrong = CliRunner().invoke(
        main, ["run", "list.asl.json", "--faults", write(tmp_path, [{"fail": "sqs:X", "error": "Y"}])]
    )
    assert wrong.exit_code != 0
    assert "sqs has no operation 'X'" in wrong.output


def test_all_mistakes_of_a_file_are_told_together(emulator: Emulator, tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    file.write_text('[{"fail": "dynamodb:PutItm", "error": "X"}, {"fial": "sqs"}, {"disconnect": "sqs"}]')
    with pytest.raises(EmulatorError, match=r"(?s)number 1: .*PutItem.*number 2 .*'fail'|\"fail\"|fail"):
        emulator.faults.read(file)
