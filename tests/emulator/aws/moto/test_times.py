"""moto answers at the emulator's time: stamps, hidden and delayed messages, long polls; nothing waits in real time."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from freezegun import freeze_time
from moto.sqs.models import Message, SQSBackend

from emulator import Emulator
from emulator.lambda_.time import patches

# Handlers read and pass virtual time:
# ruff: noqa: TID251

START = datetime(2030, 1, 1, tzinfo=UTC)
TABLE: Any = {
    "TableName": "orders",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
}


def task(arn: str) -> dict[str, Any]:
    return {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": arn, "End": True}}}


def queue(emulator: Emulator, **attributes: str) -> tuple[Any, str]:
    client = emulator.client("sqs")
    return client, client.create_queue(QueueName="q", Attributes=attributes)["QueueUrl"]


def bodies(client: Any, url: str, **options: Any) -> list[str]:
    return [each["Body"] for each in client.receive_message(QueueUrl=url, **options).get("Messages", [])]


# Stamps


@pytest.mark.parametrize("package", patches.ORDER)
def test_stamps_are_virtual(package: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(package)
    monkeypatch.setattr(patches, "choose", lambda: package)
    emulator.clock.advance(days=3)
    at = START + timedelta(days=3)
    s3, dynamodb = emulator.client("s3"), emulator.client("dynamodb")
    s3.create_bucket(Bucket="shop")
    s3.put_object(Bucket="shop", Key="k", Body=b"")
    assert s3.list_buckets()["Buckets"][0]["CreationDate"] == at
    assert s3.head_object(Bucket="shop", Key="k")["LastModified"] == at
    assert s3.list_objects_v2(Bucket="shop")["Contents"][0]["LastModified"] == at
    assert dynamodb.create_table(**TABLE)["TableDescription"]["CreationDateTime"] == at
    client, url = queue(emulator)
    client.send_message(QueueUrl=url, MessageBody="m")
    [message] = client.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
    milliseconds = str(int(at.timestamp() * 1000))
    assert message["Attributes"]["SentTimestamp"] == milliseconds
    assert message["Attributes"]["ApproximateFirstReceiveTimestamp"] == milliseconds
    secret = emulator.client("secretsmanager")
    secret.create_secret(Name="key", SecretString="x")
    assert secret.describe_secret(SecretId="key")["CreatedDate"] == at


def test_a_message_of_sns_says_the_virtual_time(emulator: Emulator) -> None:
    client, url = queue(emulator)
    sns = emulator.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:q")
    sns.publish(TopicArn=topic, Message="hello")
    assert '"2030-01-01T00:00:00' in bodies(client, url)[0]


def test_in_a_handler_stamps_follow_its_sleep(emulator: Emulator) -> None:
    emulator.client("s3").create_bucket(Bucket="shop")

    def handler(event: Any, context: Any) -> list[str]:
        s3, seen = boto3.client("s3"), []
        for _ in range(2):
            time.sleep(60)
            s3.put_object(Bucket="shop", Key="k", Body=b"")
            seen.append(s3.head_object(Bucket="shop", Key="k")["LastModified"].isoformat())
        return [*seen, datetime.now(UTC).isoformat()]

    assert emulator.run(task(emulator.lambda_function("f", handler))).output == [
        "2030-01-01T00:01:00+00:00",
        "2030-01-01T00:02:00+00:00",
        "2030-01-01T00:02:00+00:00",
    ]


def test_the_test_itself_keeps_real_time_and_a_frozen_one(emulator: Emulator) -> None:
    emulator.client("sqs").list_queues()
    assert datetime.now(UTC) < START
    with freeze_time("2020-01-01"):
        s3 = emulator.client("s3")
        s3.create_bucket(Bucket="shop")
        assert s3.list_buckets()["Buckets"][0]["CreationDate"] == START
        assert datetime.now(UTC).year == 2020


# Hidden and delayed messages


def test_a_hidden_message_appears_at_the_end_of_its_timeout(emulator: Emulator) -> None:
    client, url = queue(emulator, VisibilityTimeout="30")
    client.send_message(QueueUrl=url, MessageBody="m")
    assert bodies(client, url) == ["m"]
    assert bodies(client, url) == []
    emulator.clock.advance(seconds=29.999)
    assert bodies(client, url) == []
    emulator.clock.advance(seconds=0.001)
    assert bodies(client, url, VisibilityTimeout=7) == ["m"]
    emulator.clock.advance(seconds=7)
    [message] = client.receive_message(QueueUrl=url)["Messages"]
    client.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    assert bodies(client, url) == ["m"]


@pytest.mark.parametrize(("of_queue", "of_message"), [("0", {"DelaySeconds": 10}), ("10", {})])
def test_a_delayed_message_appears_at_the_end_of_its_delay(
    of_queue: str, of_message: dict[str, int], emulator: Emulator
) -> None:
    client, url = queue(emulator, DelaySeconds=of_queue)
    client.send_message(QueueUrl=url, MessageBody="m", **of_message)
    assert bodies(client, url) == []
    emulator.clock.advance(seconds=9)
    assert bodies(client, url) == []
    emulator.clock.advance(seconds=1)
    assert bodies(client, url) == ["m"]


def test_a_message_that_is_too_old_is_gone(emulator: Emulator) -> None:
    client, url = queue(emulator, MessageRetentionPeriod="60")
    client.send_message(QueueUrl=url, MessageBody="m")
    emulator.clock.advance(seconds=61)
    assert bodies(client, url) == []


def test_a_message_received_too_often_is_in_the_dead_letter_queue(emulator: Emulator) -> None:
    client = emulator.client("sqs")
    dead = client.create_queue(QueueName="dead")["QueueUrl"]
    policy = '{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead", "maxReceiveCount": "2"}'
    client, url = queue(emulator, VisibilityTimeout="5", RedrivePolicy=policy)
    client.send_message(QueueUrl=url, MessageBody="m")
    for expected in (["m"], ["m"], []):
        assert bodies(client, url) == expected
        emulator.clock.advance(seconds=5)
    assert bodies(client, dead) == ["m"]


# Long polls


def test_a_long_poll_of_the_test_lets_virtual_time_pass(emulator: Emulator) -> None:
    client, url = queue(emulator)
    began = time.monotonic()
    assert bodies(client, url, WaitTimeSeconds=20) == []
    assert emulator.clock.now() == START + timedelta(seconds=20)
    client.send_message(QueueUrl=url, MessageBody="late", DelaySeconds=7)
    assert bodies(client, url, WaitTimeSeconds=20) == ["late"]
    assert emulator.clock.now() == START + timedelta(seconds=27)
    assert time.monotonic() - began < 10


def test_a_queue_may_say_how_long_a_poll_is(emulator: Emulator) -> None:
    client, url = queue(emulator, ReceiveMessageWaitTimeSeconds="5")
    assert bodies(client, url) == []
    assert emulator.clock.now() == START + timedelta(seconds=5)
    assert bodies(client, url, WaitTimeSeconds=0) == []
    assert emulator.clock.now() == START + timedelta(seconds=5)


def test_what_others_send_meanwhile_ends_a_long_poll(emulator: Emulator) -> None:
    client, url = queue(emulator)
    send = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": url, "MessageBody": "from the machine"},
        "End": True,
    }
    emulator.start({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 4, "Next": "S"}, "S": send}})
    assert bodies(client, url, WaitTimeSeconds=20) == ["from the machine"]
    assert emulator.clock.now() == START + timedelta(seconds=4)


def test_without_polling_waits_a_long_poll_returns_at_once() -> None:
    with Emulator(polling_waits=False) as emulator:
        client, url = queue(emulator)
        assert bodies(client, url, WaitTimeSeconds=20) == []
        assert emulator.clock.now() == START


def test_a_long_poll_in_a_handler_takes_its_time(emulator: Emulator) -> None:
    _, url = queue(emulator)

    def handler(event: Any, context: Any) -> list[Any]:
        sqs = boto3.client("sqs")
        sqs.send_message(QueueUrl=url, MessageBody="m", DelaySeconds=3)
        seen: list[Any] = []
        for _ in range(2):
            seen += [bodies(sqs, url, WaitTimeSeconds=10), context.get_remaining_time_in_millis()]
        return seen

    run = emulator.run(task(emulator.lambda_function("f", handler, timeout_seconds=30)))
    assert run.output == [["m"], 27_000, [], 17_000]


def test_a_long_poll_in_a_handler_ends_when_something_is_sent_on_the_way(emulator: Emulator) -> None:
    _, url = queue(emulator)
    send = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": url, "MessageBody": "m"},
        "End": True,
    }
    emulator.start({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 4, "Next": "S"}, "S": send}})

    def handler(event: Any, context: Any) -> list[Any]:
        return [bodies(boto3.client("sqs"), url, WaitTimeSeconds=10), context.get_remaining_time_in_millis()]

    run = emulator.run(task(emulator.lambda_function("f", handler, timeout_seconds=30)))
    assert run.output == [["m"], 26_000]


def test_a_long_poll_that_outlasts_the_function_times_out(emulator: Emulator) -> None:
    _, url = queue(emulator)

    def handler(event: Any, context: Any) -> None:
        boto3.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)

    run = emulator.run(task(emulator.lambda_function("f", handler, timeout_seconds=5)))
    assert run.error == "Sandbox.Timedout"
    assert emulator.clock.now() == START + timedelta(seconds=5)


def test_a_group_that_is_in_flight_does_not_end_a_long_poll(emulator: Emulator) -> None:
    client = emulator.client("sqs")
    url = client.create_queue(QueueName="q.fifo", Attributes={"FifoQueue": "true", "VisibilityTimeout": "8"})[
        "QueueUrl"
    ]
    for text in ("first", "second"):
        client.send_message(QueueUrl=url, MessageBody=text, MessageGroupId="g", MessageDeduplicationId=text)
    assert bodies(client, url) == ["first"]
    assert bodies(client, url, WaitTimeSeconds=5) == []
    assert emulator.clock.now() == START + timedelta(seconds=5)
    assert bodies(client, url, WaitTimeSeconds=5) == ["first"]
    assert emulator.clock.now() == START + timedelta(seconds=8)


def test_a_worker_in_another_thread_waits_for_the_test(emulator: Emulator) -> None:
    client, url = queue(emulator)
    seen: list[str] = []
    worker = threading.Thread(target=lambda: seen.extend(bodies(client, url, WaitTimeSeconds=20)))
    worker.start()
    client.send_message(QueueUrl=url, MessageBody="m")
    worker.join(10)
    assert seen == ["m"]
    assert emulator.clock.now() == START


def test_a_wrong_number_of_seconds_is_refused(emulator: Emulator) -> None:
    client, url = queue(emulator)
    with pytest.raises(client.exceptions.ClientError, match="WaitTimeSeconds"):
        client.receive_message(QueueUrl=url, WaitTimeSeconds=21)


def test_closing_puts_motos_methods_back() -> None:
    before = Message.visible, Message.delayed, SQSBackend.receive_message
    with Emulator() as first, Emulator() as second:
        for emulator in (first, second):
            emulator.client("sqs").list_queues()
        assert (Message.visible, Message.delayed, SQSBackend.receive_message) != before
    assert (Message.visible, Message.delayed, SQSBackend.receive_message) == before
