"""What a Task's Resource names."""

import pytest

from asl.resources import Resource, known_resources, parse_resource
from tests.asl.driving import ACTIVITY, FUNCTION


@pytest.mark.parametrize(
    ("text", "resource"),
    [
        (FUNCTION, Resource(FUNCTION, "lambda")),
        (FUNCTION + ":$LATEST", Resource(FUNCTION + ":$LATEST", "lambda")),
        (FUNCTION + ":live", Resource(FUNCTION + ":live", "lambda")),
        (
            "arn:aws-cn:lambda:cn-north-1:123456789012:function:f",
            Resource("arn:aws-cn:lambda:cn-north-1:123456789012:function:f", "lambda"),
        ),
        (ACTIVITY, Resource(ACTIVITY, "activity")),
        (
            "arn:aws:states:::sqs:sendMessage",
            Resource("arn:aws:states:::sqs:sendMessage", "service", "sqs", "sendMessage"),
        ),
        (
            "arn:aws:states:::states:startExecution.sync:2",
            Resource("arn:aws:states:::states:startExecution.sync:2", "service", "states", "startExecution", ".sync:2"),
        ),
        (
            "arn:aws:states:::aws-sdk:s3:listBuckets.waitForTaskToken",
            Resource(
                "arn:aws:states:::aws-sdk:s3:listBuckets.waitForTaskToken",
                "service",
                "aws-sdk:s3",
                "listBuckets",
                ".waitForTaskToken",
            ),
        ),
    ],
)
def test_a_resource_is_read(text: str, resource: Resource) -> None:
    assert parse_resource(text) == resource


@pytest.mark.parametrize(
    "text",
    [
        "",
        "f",
        "arn:aws:lambda:eu-central-1:12:function:f",
        "arn:aws:states:::dynamodb:query",
        "arn:aws:states:::sqs:sendMessage.sync",
        "arn:aws:states:::aws-sdk:s3:listBuckets.sync",
        "arn:aws:states:::sqs:sendMessage.waitForTaskTokens",
        "arn:aws:states:::batch:submitJob.waitForTaskToken",  # measured
        "arn:aws:states:::sqs",
        FUNCTION + "\n",
        FUNCTION + ":a:b",
    ],
)
def test_what_aws_does_not_recognise_is_none(text: str) -> None:
    """test_invalid_integration"""
    assert parse_resource(text) is None


@pytest.mark.parametrize(
    ("text", "waits", "label"),
    [
        (FUNCTION, False, FUNCTION),
        (ACTIVITY, True, ACTIVITY),
        ("arn:aws:states:::sqs:sendMessage", False, "sqs"),
        ("arn:aws:states:::sqs:sendMessage.waitForTaskToken", True, "sqs"),
        ("arn:aws:states:::states:startExecution.sync", True, "states"),
        ("arn:aws:states:::aws-sdk:sqs:sendMessage", False, "aws-sdk:sqs"),
    ],
)
def test_who_ends_a_task_and_what_aws_calls_it(text: str, waits: bool, label: str) -> None:
    resource = parse_resource(text)
    assert resource is not None
    assert (resource.waits, resource.label) == (waits, label)


def test_only_start_execution_has_both_forms_of_sync() -> None:
    assert [text for text in known_resources() if text.endswith(".sync:2")] == [
        "arn:aws:states:::states:startExecution.sync:2"
    ]
