"""boto3 clients answered by moto, in this process; tests share the clients, but no stored data."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from asl.resources import parse_resource
from asl.values import Json
from emulator.answers import Answer
from emulator.targets import aws

REGION = "us-east-1"
EXECUTION = f"arn:aws:states:{REGION}:123456789012:execution:orders:run-1"
MACHINE = f"arn:aws:states:{REGION}:123456789012:stateMachine:orders"
REQUEST_ID = "8c63a1f2-4c0a-4b53-9c1e-3f0a5a1b2c3d"


@cache
def _client(name: str) -> Any:
    import boto3

    return boto3.Session("id", "secret", region_name=REGION).client(name)


class Services:
    """The services as a task calls them: ``run("sqs:sendMessage", {...})``; ``client`` for setup and checks."""

    client = staticmethod(_client)

    def run(self, resource: str, argument: Json, **more: Any) -> Answer:
        parsed = parse_resource(f"arn:aws:states:::{resource}")
        assert parsed is not None
        return aws.call(
            parsed,
            argument,
            client=self.client,
            execution_arn=EXECUTION,
            state_machine_arn=MACHINE,
            request_id=REQUEST_ID,
            **more,
        )


@pytest.fixture
def services() -> Iterator[Services]:
    """moto's services, empty."""
    from moto import mock_aws

    with mock_aws():
        yield Services()


@pytest.fixture
def table(services: Services) -> str:
    """A DynamoDB table with the key ``id``."""
    services.client("dynamodb").create_table(
        TableName="things",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return "things"


@pytest.fixture
def queue(services: Services) -> str:
    """The URL of an SQS queue."""
    return str(services.client("sqs").create_queue(QueueName="jobs")["QueueUrl"])


@pytest.fixture
def topic(services: Services) -> str:
    """The ARN of an SNS topic."""
    return str(services.client("sns").create_topic(Name="news")["TopicArn"])
