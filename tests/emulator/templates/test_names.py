"""Names of stacks: what a folder gives, what a template makes of them, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator, EmulatorError

LONG = "a-folder-with-a-name-that-is-as-long-as-those-of-samples-which-say-all-that-they-show-and-for-whom"
NAME, ID = {"Ref": "AWS::StackName"}, {"Ref": "AWS::StackId"}


def write(folder: Path, **resources: Any) -> Path:
    folder.mkdir()
    (folder / "template.json").write_text(json.dumps({"Resources": resources}))
    return folder / "template.json"


def activity(name: Any) -> dict[str, Any]:
    return {"Type": "AWS::StepFunctions::Activity", "Properties": {"Name": name}}


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("shop", "shop"),
        ("my_shop.v2", "my-shop-v2"),
        ("2048-game", "stack-2048-game"),
        ("__", "stack"),
        ("L" * 200, "L" * 128),
    ],
)
def test_a_folder_gives_a_name_that_a_stack_may_have(
    emulator: Emulator, tmp_path: Path, folder: str, name: str
) -> None:
    path = write(tmp_path / folder, Q={"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q"}})
    assert emulator.deploy(path).name == name


@pytest.mark.parametrize(
    ("written", "end"),
    [
        ({"Fn::Sub": "${AWS::StackName}-approvals"}, "-approvals"),
        ({"Fn::Join": ["-", [NAME, "approvals"]]}, "-approvals"),
        ({"Fn::Join": ["-", [{"Fn::Select": [1, {"Fn::Split": ["/", ID]}]}, "approvals"]]}, "-approvals"),
        ({"Fn::Select": ["1", {"Fn::Split": ["/", {"Fn::Sub": "${AWS::StackId}"}]}]}, ""),
        ({"Fn::Join": ["", [NAME, NAME, "x"]]}, "x"),
    ],
)
def test_a_long_folder_leaves_room_for_the_names_of_resources(
    emulator: Emulator, tmp_path: Path, written: Any, end: str
) -> None:
    app = emulator.deploy(write(tmp_path / LONG, Approve=activity(written)))
    name = app.resources()[0].ref.rpartition(":")[2]
    assert LONG.startswith(app.name)
    assert name.startswith(app.name)
    assert name.endswith(end)
    assert 70 < len(name) <= 80


def test_the_id_of_a_stack_has_a_part_without_its_name(emulator: Emulator, tmp_path: Path) -> None:
    name = {"Fn::Join": ["-", ["approve", {"Fn::Select": [2, {"Fn::Split": ["/", ID]}]}]]}
    assert emulator.deploy(write(tmp_path / LONG, Approve=activity(name))).name == LONG


@pytest.mark.parametrize("name", ["a_b", "2048", "", "x" * 129, "-a"])
def test_a_name_that_no_stack_may_have_is_refused(emulator: Emulator, tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "shop", Approve=activity("approve"))
    with pytest.raises(EmulatorError, match=r"is not the name of a stack: up to 128 letters(.|\n)*--stack-name shop"):
        emulator.deploy(path, stack_name=name)


@pytest.mark.parametrize(
    ("type_", "member"),
    [
        ("AWS::StepFunctions::Activity", "Name"),
        ("AWS::SQS::Queue", "QueueName"),
        ("AWS::Lambda::Function", "FunctionName"),
        ("AWS::Events::Rule", "Name"),
    ],
)
def test_a_name_that_is_too_long_says_how_to_name_the_stack(
    emulator: Emulator, tmp_path: Path, type_: str, member: str
) -> None:
    others: dict[str, Any] = {"EventPattern": {"source": ["x"]}} if type_ == "AWS::Events::Rule" else {}
    if type_ == "AWS::Lambda::Function":
        others = {"Runtime": "python3.12", "Handler": "f.run", "Code": {"ZipFile": "def run(e, c): pass"}}
    resource = {"Type": type_, "Properties": {member: {"Fn::Sub": "${AWS::StackName}-approvals"}, **others}}
    path = write(tmp_path / "shop", Approve=resource)
    with pytest.raises(EmulatorError, match="on the command line --stack-name shop") as refused:
        emulator.deploy(path, stack_name=LONG)
    assert "template.json:1:" in str(refused.value)
