"""RedriveAllowPolicy: which queues may name a queue as their dead-letter queue."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator import Emulator

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

ARN = "arn:aws:sqs:us-east-1:123456789012:{}"


@pytest.fixture
def sqs(emulator: Emulator) -> "SQSClient":
    client: SQSClient = boto3.client("sqs")
    return client


def dead(sqs: "SQSClient", policy: Any) -> str:
    return sqs.create_queue(QueueName="dead", Attributes={"RedriveAllowPolicy": json.dumps(policy)})["QueueUrl"]


def redrive(name: str = "dead") -> Any:
    return {"RedrivePolicy": json.dumps({"deadLetterTargetArn": ARN.format(name), "maxReceiveCount": 1})}


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        ({"redrivePermission": "allowAll"}, ["one", "two"]),
        ({"redrivePermission": "denyAll"}, []),
        ({"redrivePermission": "byQueue", "sourceQueueArns": [ARN.format("one")]}, ["one"]),
    ],
)
def test_a_queue_says_whose_dead_letters_it_takes(sqs: "SQSClient", policy: Any, allowed: list[str]) -> None:
    url = dead(sqs, policy)
    for name in ("one", "two"):
        if name in allowed:
            sqs.create_queue(QueueName=name, Attributes=redrive())
            continue
        with pytest.raises(ClientError, match=f"{ARN.format('dead')} does not allow {ARN.format(name)}") as refused:
            sqs.create_queue(QueueName=name, Attributes=redrive())
        assert refused.value.response["Error"]["Code"] == "InvalidParameterValue"
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedriveAllowPolicy"])["Attributes"]
    assert json.loads(shown["RedriveAllowPolicy"]) == policy


def test_a_queue_that_changes_is_asked_for_too(sqs: "SQSClient") -> None:
    dead(sqs, {"redrivePermission": "denyAll"})
    url = sqs.create_queue(QueueName="one")["QueueUrl"]
    with pytest.raises(ClientError, match="does not allow"):
        sqs.set_queue_attributes(QueueUrl=url, Attributes=redrive())
    assert "RedrivePolicy" not in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    sqs.set_queue_attributes(
        QueueUrl=sqs.get_queue_url(QueueName="dead")["QueueUrl"],
        Attributes={"RedriveAllowPolicy": '{"redrivePermission": "allowAll"}'},
    )
    sqs.set_queue_attributes(QueueUrl=url, Attributes=redrive())
    plain = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert "RedriveAllowPolicy" not in plain


@pytest.mark.parametrize(
    "policy",
    [
        [],
        {"redrivePermission": "all"},
        {"redrivePermission": "byQueue"},
        {"redrivePermission": "denyAll", "sourceQueueArns": [ARN.format("one")]},
        {"redrivePermission": "byQueue", "sourceQueueArns": [ARN.format("one")] * 11},
    ],
)
def test_a_wrong_policy_is_refused(sqs: "SQSClient", policy: Any) -> None:
    with pytest.raises(ClientError, match="RedriveAllowPolicy is invalid"):
        dead(sqs, policy)


def test_a_template_has_such_queues(emulator: Emulator, tmp_path: Path) -> None:
    allow = {"redrivePermission": "byQueue", "sourceQueueArns": [ARN.format("one")]}
    redriven = {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 3}
    resources = {
        "Dead": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "dead", "RedriveAllowPolicy": allow}},
        "One": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "one", "RedrivePolicy": redriven}},
    }
    (tmp_path / "template.json").write_text(json.dumps({"Resources": resources}))
    app = emulator.deploy(tmp_path / "template.json")
    assert app.not_enforced == app.not_emulated == {}
