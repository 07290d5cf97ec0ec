"""What a template has and nothing here makes: it is listed, and refused when something asks for it."""

import json
from pathlib import Path
from typing import Any

import pytest

from emulator import BlockedCallError, Emulator, EmulatorError, NotEmulatedError

FILTER = {
    "Type": "AWS::Logs::SubscriptionFilter",
    "Properties": {
        "LogGroupName": {"Ref": "Group"},
        "FilterPattern": "",
        "DestinationArn": "arn:aws:lambda:us-east-1:123456789012:function:f",
    },
}
RESOURCES = {
    "Nightly": {"Type": "AWS::Glue::Job", "Properties": {"Name": "nightly", "Role": "r", "Command": {}}},
    "Named": {"Type": "AWS::IAM::User", "Properties": {}},
    "Group": {"Type": "AWS::Logs::LogGroup"},
    "Filter": FILTER,
}


def deploy(emulator: Emulator, folder: Path, **arguments: Any) -> Any:
    path = folder / "template.json"
    path.write_text(json.dumps({"Resources": RESOURCES}), encoding="utf-8")
    return emulator.deploy(path, stack_name="s", **arguments)


def test_it_is_listed_and_has_a_name_and_an_arn(emulator: Emulator, tmp_path: Path) -> None:
    app = deploy(emulator, tmp_path)
    assert app.not_emulated == {
        "AWS::Glue::Job": ["Nightly"],
        "AWS::IAM::User": ["Named"],
        "AWS::Logs::SubscriptionFilter": ["Filter"],
    }
    assert app["Nightly"] == "nightly"
    assert app["Named"].startswith("s-Named-")
    assert emulator.blocked == []


def test_a_call_that_asks_for_it_is_refused_with_its_place(emulator: Emulator, tmp_path: Path) -> None:
    app = deploy(emulator, tmp_path)
    iam = emulator.client("iam")
    with pytest.raises(NotEmulatedError, match=r"iam:GetUser asks for Named \(AWS::IAM::User\) at .*json:1:"):
        iam.get_user(UserName=app["Named"])
    with pytest.raises(iam.exceptions.NoSuchEntityException):  # moto's own
        iam.get_user(UserName="another")


def test_a_test_may_make_it(emulator: Emulator, tmp_path: Path) -> None:
    app = deploy(emulator, tmp_path)
    iam = emulator.client("iam")
    iam.create_user(UserName=app["Named"])
    assert iam.get_user(UserName=app["Named"])["User"]["UserName"] == app["Named"]


def write_log(emulator: Emulator, group: str) -> None:
    logs = emulator.client("logs")
    logs.create_log_stream(logGroupName=group, logStreamName="x")
    at = int(emulator.clock.now().timestamp() * 1000)
    logs.put_log_events(logGroupName=group, logStreamName="x", logEvents=[{"timestamp": at, "message": "m"}])


def test_a_trigger_is_told_of_when_its_event_would_have_come(tmp_path: Path) -> None:
    emulator = Emulator().__enter__()
    write_log(emulator, deploy(emulator, tmp_path)["Group"])
    with pytest.raises(BlockedCallError) as caught:
        emulator.close()
    assert "after logs:PutLogEvents AWS would have started Filter (AWS::Logs::SubscriptionFilter)" in str(caught.value)
    assert "leave_out=['Filter']" in str(caught.value)


def test_what_is_left_out_is_not_told_of(emulator: Emulator, tmp_path: Path) -> None:
    app = deploy(emulator, tmp_path, leave_out=["Filter"])
    assert "AWS::Logs::SubscriptionFilter" not in app.not_emulated
    write_log(emulator, app["Group"])
    assert emulator.blocked == []
    with pytest.raises(EmulatorError, match="no resource 'Filtr'\n    fix: Did you mean \"Filter\""):
        deploy(emulator, tmp_path, leave_out=["Filtr"])


@pytest.mark.parametrize("on", [True, False])
def test_a_trigger_that_is_switched_off_is_not_told_of(emulator: Emulator, tmp_path: Path, on: bool) -> None:
    queue = {"Fn::GetAtt": ["Queue", "Arn"]}
    somewhere = "arn:aws:ecs:us-east-1:123456789012:cluster/x"
    role = "arn:aws:iam::123456789012:role/r"
    wanted = "RUNNING" if on else "STOPPED"
    pipe = {"Source": queue, "Target": somewhere, "RoleArn": role, "DesiredState": wanted}
    resources = {"Queue": {"Type": "AWS::SQS::Queue"}, "Pipe": {"Type": "AWS::Pipes::Pipe", "Properties": pipe}}
    path = tmp_path / "template.json"
    path.write_text(json.dumps({"Resources": resources}), encoding="utf-8")
    app = emulator.deploy(path)
    assert any("Pipe" in names for names in app.not_emulated.values())
    emulator.client("sqs").send_message(QueueUrl=app["Queue"], MessageBody="x")
    assert len(emulator.blocked) == int(on)
    emulator.blocked.clear()
