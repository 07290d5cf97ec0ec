"""SQS to Lambda: a test, a handler or a state sends a message, and the mapped function gets it on the virtual clock.

Recorded on AWS: ``test_redrive_policy_with_failing_lambda``, ``test_failing_lambda_retries_after_visibility_timeout``,
``test_report_batch_item_failures*``, ``test_sqs_event_filter``, ``test_message_body_and_attributes_passed_correctly``.
"""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from emulator import Emulator, NotEmulatedError, StuckExecutionError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient

# Handlers sleep on the virtual clock:
# ruff: noqa: TID251

ACCOUNT = "us-east-1:123456789012"
QUEUE = f"arn:aws:sqs:{ACCOUNT}:"


class Works:
    """A function ``f`` that notes the batches it gets, and a queue ``jobs``."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.sqs: SQSClient = boto3.client("sqs")
        self.functions: LambdaClient = boto3.client("lambda")
        self.batches: list[tuple[float, list[str]]] = []
        """Seconds since the start, and the bodies."""
        self.records: list[Any] = []
        self.answer: Callable[[list[str]], Any] = lambda bodies: None
        emulator.lambda_function("f", self.handle)

    def handle(self, event: Any, context: Any) -> Any:
        bodies = [each["body"] for each in event["Records"]]
        self.batches.append((self.seconds(), bodies))
        self.records += event["Records"]
        return self.answer(bodies)

    def seconds(self) -> float:
        return (self.emulator.clock.now() - self.emulator.assembly.started).total_seconds()

    def queue(self, name: str = "jobs", **attributes: Any) -> str:
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in attributes.items()}
        return str(self.sqs.create_queue(QueueName=name, Attributes=texts)["QueueUrl"])  # type: ignore[arg-type]

    def map(self, name: str = "jobs", **settings: Any) -> str:
        made = self.functions.create_event_source_mapping(FunctionName="f", EventSourceArn=QUEUE + name, **settings)
        return made["UUID"]

    def count(self, url: str) -> int:
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(map(int, found.values()))

    def send(self, url: str, *bodies: str, **more: Any) -> None:
        """All in one request, so that they are there at once."""
        entries: Any = [{"Id": str(number), "MessageBody": body, **more} for number, body in enumerate(bodies)]
        self.sqs.send_message_batch(QueueUrl=url, Entries=entries)

    def bad(self, bodies: list[str]) -> None:
        if any(body.startswith("bad") for body in bodies):
            raise ValueError(bodies)


@pytest.fixture
def works(emulator: Emulator) -> Works:
    return Works(emulator)


def test_a_message_is_handled_and_deleted(works: Works) -> None:
    url = works.queue()
    works.map()
    attributes: Any = {"n": {"DataType": "Number", "StringValue": "6"}}
    works.sqs.send_message(QueueUrl=url, MessageBody="one", MessageAttributes=attributes)
    works.sqs.send_message(QueueUrl=url, MessageBody="two")
    assert works.batches == [(0, ["one"]), (0, ["two"])]
    assert works.count(url) == 0
    first, second = works.records
    number = {"stringValue": "6", "stringListValues": [], "binaryListValues": [], "dataType": "Number"}
    assert first["messageAttributes"] == {"n": number}
    assert list(first) == [
        *("messageId", "receiptHandle", "body", "attributes", "messageAttributes", "md5OfMessageAttributes"),
        *("md5OfBody", "eventSource", "eventSourceARN", "awsRegion"),
    ]
    assert "md5OfMessageAttributes" not in second
    assert (second["eventSource"], second["eventSourceARN"], second["awsRegion"]) == (
        "aws:sqs",
        QUEUE + "jobs",
        "us-east-1",
    )
    assert second["attributes"].keys() == {
        *("ApproximateReceiveCount", "SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp")
    }


def test_messages_that_were_there_before_are_handled(works: Works) -> None:
    url = works.queue()
    works.send(url, *"abc")
    works.map(BatchSize=2)
    assert works.batches == [(0, ["a", "b"]), (0, ["c"])]
    assert works.count(url) == 0


def test_a_failed_message_comes_back_after_the_queues_timeout_and_goes_to_the_dead_letters(works: Works) -> None:
    dead = works.queue("dead")
    redrive = {"deadLetterTargetArn": QUEUE + "dead", "maxReceiveCount": 2}
    url = works.queue(VisibilityTimeout="45", RedrivePolicy=redrive)
    works.map()
    works.answer = works.bad
    works.send(url, "bad")
    works.emulator.clock.advance(seconds=44)
    assert [at for at, _ in works.batches] == [0]
    coming = "2030-01-01T00:00:45Z: call of function f for queue jobs: a message appears"
    assert works.emulator.clock.next_text == coming
    works.emulator.clock.advance(minutes=5)
    assert [at for at, _ in works.batches] == [0, 45]
    assert [each["attributes"]["ApproximateReceiveCount"] for each in works.records] == ["1", "2"]
    assert len({each["messageId"] for each in works.records}) == 1
    assert works.count(url) == 0
    [message] = works.sqs.receive_message(QueueUrl=dead)["Messages"]
    assert (message["Body"], message["MessageId"]) == ("bad", works.records[0]["messageId"])


def test_delays_and_delivery_delays_count(works: Works) -> None:
    url = works.queue(DelaySeconds="5")
    works.map()
    works.sqs.send_message(QueueUrl=url, MessageBody="of the queue")
    works.sqs.send_message(QueueUrl=url, MessageBody="of the message", DelaySeconds=60)
    works.emulator.clock.advance(minutes=2)
    assert works.batches == [(5, ["of the queue"]), (60, ["of the message"])]


def test_a_window_gathers(works: Works) -> None:
    url = works.queue()
    works.map(BatchSize=3, MaximumBatchingWindowInSeconds=10)
    clock = works.emulator.clock
    for body in "abcd":
        works.send(url, body)
        clock.advance(seconds=2)
    assert works.batches == [(4, ["a", "b", "c"])]
    clock.advance(seconds=20)
    assert works.batches == [(4, ["a", "b", "c"]), (16, ["d"])]
    assert works.records[0]["md5OfMessageAttributes"] is None


def test_a_large_batch_is_received_in_several_requests(works: Works) -> None:
    url = works.queue()
    works.map(BatchSize=25, MaximumBatchingWindowInSeconds=1)
    for start in range(0, 60, 10):
        works.send(url, *map(str, range(start, start + 10)))
    works.emulator.clock.advance(seconds=1)
    assert [len(bodies) for _, bodies in works.batches] == [25, 25, 10]


def test_a_message_that_is_gathered_stays_hidden_long_enough(works: Works) -> None:
    """Recorded in the guide: window + timeout + 30 s, when the queue's timeout is shorter than the first two."""
    works.emulator.lambda_function("f", works.handle, timeout_seconds=20)
    url = works.queue(VisibilityTimeout="30")
    works.map(MaximumBatchingWindowInSeconds=15)
    works.answer = works.bad
    works.send(url, "bad")
    works.emulator.clock.advance(seconds=100)
    assert [at for at, _ in works.batches] == [15, 15 + 20 + 30 + 15]


def test_partial_failures_come_back_alone(works: Works) -> None:
    url = works.queue()
    works.map(FunctionResponseTypes=["ReportBatchItemFailures"])

    def answer(bodies: list[str]) -> Any:
        failed = [each["messageId"] for each in works.records[-len(bodies) :] if each["body"] == "bad"]
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}

    works.answer = answer
    works.send(url, "good", "bad", "fine")
    works.emulator.clock.advance(seconds=30)
    assert works.batches == [(0, ["good", "bad", "fine"]), (30, ["bad"])]
    assert works.count(url) == 1


@pytest.mark.parametrize(
    "answer",
    [None, {}, [], "", {"batchItemFailures": []}, {"batchItemFailures": None}, {"statusCode": 200}],
    ids=str,
)
def test_answers_that_mean_success(works: Works, answer: Any) -> None:
    url = works.queue()
    works.map(FunctionResponseTypes=["ReportBatchItemFailures"])
    works.answer = lambda bodies: answer
    works.send(url, "a")
    assert works.count(url) == 0


@pytest.mark.parametrize(
    "answer",
    [
        {"batchItemFailures": [{"itemIdentifier": "unknown"}]},
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"foo": "notvalid"}]},
        "no JSON",
    ],
    ids=str,
)
def test_answers_that_mean_that_all_failed(works: Works, answer: Any) -> None:
    url = works.queue()
    works.map(FunctionResponseTypes=["ReportBatchItemFailures"])
    works.answer = lambda bodies: answer
    works.send(url, "a", "b")
    assert works.count(url) == 2


def test_an_answer_is_ignored_without_the_setting(works: Works) -> None:
    url = works.queue()
    works.map()
    works.answer = lambda bodies: {"batchItemFailures": [{"itemIdentifier": "unknown"}]}
    works.send(url, "a")
    assert works.count(url) == 0


def filters(*patterns: Any) -> Any:
    return {"Filters": [{"Pattern": json.dumps(each)} for each in patterns]}


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ({"body": {"kind": ["order"]}}, '{"kind": "order"}', '{"kind": "note"}'),
        ({"body": {"count": [{"numeric": [">", 3]}]}}, '{"count": 4}', '{"count": 3}'),
        ({"body": ["plain"]}, "plain", "other"),
        ({"body": ["plain"]}, "plain", '{"plain": 1}'),
        ({"body": {"kind": ["order"]}}, '{"kind": "order"}', "no JSON"),
    ],
)
def test_a_message_that_no_filter_wants_is_deleted(works: Works, pattern: Any, matching: str, other: str) -> None:
    url = works.queue()
    works.map(FilterCriteria=filters({"eventSource": ["never"]}, pattern))
    works.send(url, matching, other)
    assert [bodies for _, bodies in works.batches] == [[matching]]
    assert works.count(url) == 0


def test_a_fifo_queues_group_comes_in_order_also_after_a_failure(works: Works) -> None:
    url = works.queue("jobs.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    works.map("jobs.fifo", BatchSize=2)
    failing = ["a1"]

    def answer(bodies: list[str]) -> None:
        if failing and failing[0] in bodies:
            failing.pop()
            raise ValueError(bodies)

    works.answer = answer
    with works.emulator.hold():
        for body in ("a1", "a2", "a3", "b1"):
            works.sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=body[0])
    works.emulator.clock.advance(minutes=2)
    assert [(at, bodies) for at, bodies in works.batches] == [
        (0, ["a1", "a2"]),
        (0, ["b1"]),
        (30, ["a1", "a2"]),
        (30, ["a3"]),
    ]
    assert {"SequenceNumber", "MessageGroupId", "MessageDeduplicationId"} <= works.records[0]["attributes"].keys()


def test_a_fifo_receive_gives_one_group_after_the_other(works: Works) -> None:
    url = works.queue("jobs.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    for body in ("a1", "b1", "a2", "b2", "a3"):
        works.sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=body[0])
    works.map("jobs.fifo")
    assert [bodies for _, bodies in works.batches] == [["a1", "a2", "a3", "b1", "b2"]]


def test_a_fifo_message_that_is_sent_again_is_not_delivered_for_five_minutes(works: Works) -> None:
    """Recorded: ``test_fifo_deduplication_arrives_once_after_delete``; a purge forgets."""
    url = works.queue("jobs.fifo", FifoQueue="true")
    works.map("jobs.fifo")

    def send(body: str) -> None:
        works.sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g", MessageDeduplicationId="same")

    send("first")
    works.emulator.clock.advance(seconds=299)
    send("again")
    works.emulator.clock.advance(seconds=1)
    send("later")
    works.sqs.purge_queue(QueueUrl=url)
    send("after the purge")
    assert [bodies for _, bodies in works.batches] == [["first"], ["later"], ["after the purge"]]


def test_a_mapping_of_the_dead_letters_is_told_where_they_come_from(works: Works) -> None:
    works.queue("dead")
    works.emulator.lambda_function("bury", lambda event, _: buried.extend(event["Records"]))
    buried: list[Any] = []
    works.functions.create_event_source_mapping(FunctionName="bury", EventSourceArn=QUEUE + "dead")
    url = works.queue(RedrivePolicy={"deadLetterTargetArn": QUEUE + "dead", "maxReceiveCount": 1})
    works.map()
    works.answer = works.bad
    works.send(url, "bad")
    works.emulator.clock.advance(seconds=30)
    [record] = buried
    assert record["attributes"]["DeadLetterQueueSourceArn"] == QUEUE + "jobs"
    assert record["attributes"]["ApproximateReceiveCount"] == "2"


def test_no_more_batches_than_the_maximum_are_in_flight(works: Works) -> None:
    url = works.queue()
    works.map(BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    works.answer = lambda bodies: time.sleep(10)
    works.send(url, *"abcde")
    works.emulator.clock.advance(minutes=1)
    assert works.batches == [(0, ["a"]), (0, ["b"]), (10, ["c"]), (10, ["d"]), (20, ["e"])]
    assert {each["attributes"]["ApproximateReceiveCount"] for each in works.records} == {"1"}


def test_a_message_that_appears_again_while_it_is_handled_is_handled_twice(works: Works) -> None:
    works.emulator.lambda_function("f", works.handle, timeout_seconds=10)
    url = works.queue(VisibilityTimeout="10")
    works.map()
    works.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "4"})
    works.answer = lambda bodies: time.sleep(6)
    works.send(url, "slow")
    works.emulator.clock.advance(minutes=1)
    assert [at for at, _ in works.batches] == [0, 4]
    assert works.count(url) == 0


def test_a_disabled_mapping_reads_nothing_until_it_is_enabled(works: Works) -> None:
    url = works.queue()
    uuid = works.map(Enabled=False)
    works.send(url, "a")
    works.emulator.clock.advance(hours=1)
    assert works.batches == []
    works.functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    assert works.batches == [(3600, ["a"])]
    works.functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    works.send(url, "b")
    works.functions.delete_event_source_mapping(UUID=uuid)
    assert works.count(url) == 1


def test_a_handler_sends_and_goes_on_before_the_other_begins(works: Works) -> None:
    url = works.queue()
    works.map()
    seen: list[str] = []

    def send(event: Any, context: Any) -> None:
        time.sleep(5)
        boto3.client("sqs").send_message(QueueUrl=url, MessageBody="x")
        seen.append(f"sent, handled: {len(works.batches)}")

    works.emulator.lambda_function("send", send)
    works.functions.invoke(FunctionName="send")
    works.emulator.clock.advance(seconds=10)
    assert seen == ["sent, handled: 0"]
    assert works.batches == [(5, ["x"])]


def test_a_state_waits_for_the_function_of_its_queue(works: Works) -> None:
    url = works.queue()
    works.map(BatchSize=1)

    def answer(bodies: list[str]) -> None:
        time.sleep(7)
        token = json.loads(bodies[0])["token"]
        boto3.client("stepfunctions").send_task_success(taskToken=token, output='{"done": true}')

    works.answer = answer
    ship = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}},
        "End": True,
    }
    run = works.emulator.run({"StartAt": "Ship", "States": {"Ship": ship}}, {})
    assert run.stopped_at is not None
    assert (run.output, run.stopped_at - run.started_at) == ({"done": True}, timedelta(seconds=7))


def test_a_run_does_not_wait_for_a_message_that_fails_for_ever(works: Works) -> None:
    url = works.queue()
    works.map()

    def answer(bodies: list[str]) -> None:
        raise ValueError("no")

    works.answer = answer
    ship = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": url, "MessageBody.$": "$$.Task.Token"},
        "End": True,
    }
    with pytest.raises(StuckExecutionError):
        works.emulator.run({"StartAt": "Ship", "States": {"Ship": ship}}, {})
    assert len(works.batches) == 21
    works.emulator.clock.advance(minutes=1)
    assert len(works.batches) == 23


def test_a_topic_and_a_rule_feed_a_mapped_queue(works: Works) -> None:
    works.queue()
    works.map()
    topics, events = boto3.client("sns"), boto3.client("events")
    topic = topics.create_topic(Name="t")["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=QUEUE + "jobs", Attributes={"RawMessageDelivery": "true"})
    topics.publish(TopicArn=topic, Message="of a topic")
    events.put_rule(Name="r", EventPattern='{"source": ["shop"]}')
    target = {"Id": "1", "Arn": QUEUE + "jobs", "Input": '"of a rule"'}
    events.put_targets(Rule="r", Targets=[target])
    events.put_events(Entries=[{"Source": "shop", "DetailType": "d", "Detail": "{}"}])
    assert [bodies for _, bodies in works.batches] == [["of a topic"], ['"of a rule"']]


def test_a_function_that_sends_to_its_own_queue_for_ever_is_told(works: Works) -> None:
    url = works.queue()
    works.map()
    works.answer = lambda bodies: boto3.client("sqs").send_message(QueueUrl=url, MessageBody="again") and None
    with pytest.raises(Exception, match="call of function f for queue jobs"):
        works.send(url, "first")


def test_messages_older_than_the_queue_keeps_them_are_gone(works: Works) -> None:
    url = works.queue(MessageRetentionPeriod="60")
    works.send(url, "old")
    works.emulator.clock.advance(seconds=61)
    works.send(url, "new")
    works.map()
    assert [bodies for _, bodies in works.batches] == [["new"]]


def test_a_throttled_function_gets_the_message_later(works: Works) -> None:
    works.functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    url = works.queue()
    works.map()
    works.send(url, "a")
    assert works.batches == []
    works.functions.delete_function_concurrency(FunctionName="f")
    works.emulator.clock.advance(seconds=30)
    assert works.batches == [(30, ["a"])]
    assert works.records[0]["attributes"]["ApproximateReceiveCount"] == "2"


def test_a_source_that_nothing_here_reads_is_refused(works: Works) -> None:
    with pytest.raises(NotEmulatedError, match="kafka"):
        works.functions.create_event_source_mapping(
            FunctionName="f",
            EventSourceArn=f"arn:aws:kafka:{ACCOUNT}:cluster/c/1",
            StartingPosition="LATEST",
        )
    with pytest.raises(NotEmulatedError, match=r"fix: name the stream: .*:stream/clicks$"):
        works.functions.create_event_source_mapping(
            FunctionName="f",
            EventSourceArn=f"arn:aws:kinesis:{ACCOUNT}:stream/clicks/consumer/c:1",
            StartingPosition="LATEST",
        )
    with Emulator(backend={"sqs": "http://localhost:1", "*": "moto"}) as emulator:
        emulator.lambda_function("f", works.handle)
        with pytest.raises(NotEmulatedError, match="http://localhost:1"):
            emulator.client("lambda").create_event_source_mapping(FunctionName="f", EventSourceArn=QUEUE + "q")
