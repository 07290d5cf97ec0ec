"""SNS refuses what AWS refuses, in its recorded words: to boto3, over the query protocol, and to tasks."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator

NAME = "arn:aws:sns:us-east-1:123456789012:"
GROUP = "Invalid parameter: The MessageGroupId parameter is required for FIFO topics"
DEDUPLICATION = (
    "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
    "provided explicitly"
)
NO_DEFAULT = "Invalid parameter: Message Structure - No default entry in JSON message body"

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("no group", {"TopicArn": f"{NAME}f.fifo", "Message": "m"}, GROUP),
    ("no group, as target", {"TargetArn": f"{NAME}f.fifo", "Message": "m"}, GROUP),
    ("no id", {"TopicArn": f"{NAME}f.fifo", "Message": "m", "MessageGroupId": "g"}, DEDUPLICATION),
    (
        "garbage",
        {"TopicArn": "garbage", "Message": "m"},
        "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1",
    ),
    (
        "short",
        {"TopicArn": "arn:aws:sns:t", "Message": "m"},
        "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 4",
    ),
    ("empty", {"TopicArn": f"{NAME}t", "Message": ""}, "Invalid parameter: Empty message"),
    ("no default", {"TopicArn": f"{NAME}t", "Message": "{}", "MessageStructure": "json"}, NO_DEFAULT),
    ("default {}", {"TopicArn": f"{NAME}t", "Message": '{"default": {}}', "MessageStructure": "json"}, NO_DEFAULT),
    (
        "no JSON",
        {"TopicArn": f"{NAME}t", "Message": "m", "MessageStructure": "json"},
        "Invalid parameter: Message Structure - JSON message body failed to parse",
    ),
    ("subject", {"TopicArn": f"{NAME}t", "Message": "m", "Subject": "s" * 101}, "Invalid parameter: Subject"),
    ("two lines", {"TopicArn": f"{NAME}t", "Message": "m", "Subject": "a\nb"}, "Invalid parameter: Subject"),
    ("no subject", {"TopicArn": f"{NAME}t", "Message": "m", "Subject": ""}, "Invalid parameter: Subject"),
    ("long", {"TopicArn": f"{NAME}t", "Message": "ä" * 131_073}, "Invalid parameter: Message too long"),
    (
        "no target",
        {"Message": "m"},
        "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter",
    ),
]
CASES = pytest.mark.parametrize(
    ("members", "text"), [row[1:] for row in REFUSED], ids=[row[0].replace(" ", "-") for row in REFUSED]
)


@pytest.fixture
def topics() -> Iterator[Emulator]:
    with Emulator() as emulator:
        sns = emulator.client("sns")
        sns.create_topic(Name="t")
        sns.create_topic(Name="f.fifo", Attributes={"FifoTopic": "true"})
        yield emulator


@CASES
def test_what_publish_refuses(topics: Emulator, members: dict[str, Any], text: str) -> None:
    with pytest.raises(ClientError) as told:
        topics.client("sns").publish(**members)
    error = told.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("InvalidParameter", text)
    assert told.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize(
    ("members", "text"),
    [row[1:] for row in REFUSED if row[0] != "long"],  # Step Functions itself refuses it
    ids=[row[0].replace(" ", "-") for row in REFUSED if row[0] != "long"],
)
@pytest.mark.parametrize(("resource", "prefix"), [("sns:publish", "SNS"), ("aws-sdk:sns:publish", "Sns")])
def test_tasks_get_the_same_words(
    topics: Emulator, resource: str, prefix: str, members: dict[str, Any], text: str
) -> None:
    if resource == "sns:publish" and not members.keys() & {"TopicArn", "TargetArn"}:
        pytest.skip("refused when the machine is created")
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": members, "End": True}
    run = topics.run({"StartAt": "A", "States": {"A": task}})
    assert run.error == f"{prefix}.InvalidParameterException"
    assert str(run.cause).startswith(f"{text} (Service: ")


def test_arns_of_other_operations_are_checked(topics: Emulator) -> None:
    text = "Invalid parameter: {} Reason: An ARN must have at least 6 elements, not 1"
    with pytest.raises(ClientError) as told:
        topics.client("sns").delete_topic(TopicArn="t")
    assert told.value.response["Error"]["Message"] == text.format("TopicArn")
    with pytest.raises(ClientError) as told:
        topics.client("sns").unsubscribe(SubscriptionArn="PendingConfirmation")
    assert told.value.response["Error"]["Message"] == text.format("SubscriptionArn")


def test_a_topic_that_does_not_exist(topics: Emulator) -> None:
    """``test_publish_base_error_topic_arn``."""
    with pytest.raises(ClientError) as told:
        topics.client("sns").publish(TopicArn=f"{NAME}gone", Message="x")
    assert told.value.response["Error"]["Message"] == "Topic does not exist"
    parameters = {"TopicArn": f"{NAME}gone", "Message": "x"}
    task = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Parameters": parameters, "End": True}
    run = topics.run({"StartAt": "A", "States": {"A": task}})
    assert run.error == "SNS.NotFoundException"
    assert "Topic does not exist (Service: AmazonSNS; Status Code: 404; Error Code: NotFound; " in str(run.cause)


def test_what_publish_takes(topics: Emulator) -> None:
    sns = topics.client("sns")
    sns.publish(TopicArn=f"{NAME}t", Message='{"default": "m", "sqs": {}}', MessageStructure="json", Subject="s" * 100)
    sns.publish(TopicArn=f"{NAME}t", Message="ä" * 131_072)
    sns.publish(PhoneNumber="+15555550100", Message="m")
    sns.publish(TopicArn=f"{NAME}f.fifo", Message="m", MessageGroupId="g", MessageDeduplicationId="d")
