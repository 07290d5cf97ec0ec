"""Messages of topics: to functions and queues, filtered, bare, in order, and as dead letters."""

import json
import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator import Emulator

# Handlers sleep on the virtual clock:
# ruff: noqa: TID251

ARN = "arn:aws:{}:us-east-1:123456789012:{}"


class Shop:
    """A topic and a queue."""

    def __init__(self, emulator: Emulator, ending: str = "") -> None:
        self.emulator = emulator
        self.sns = boto3.client("sns")
        self.sqs = boto3.client("sqs")
        fifo = {"FifoTopic": "true"} if ending else {}
        self.topic = self.sns.create_topic(Name=f"orders{ending}", Attributes=fifo)["TopicArn"]
        self.ending = ending
        self.make_queue("told")

    def make_queue(self, name: str) -> str:
        attributes = {"FifoQueue": "true"} if self.ending else {}
        self.sqs.create_queue(QueueName=name + self.ending, Attributes=attributes)
        return ARN.format("sqs", name + self.ending)

    def subscribe(self, endpoint: str | None = None, **attributes: Any) -> str:
        endpoint = endpoint or ARN.format("sqs", f"told{self.ending}")
        texts = {name: each if isinstance(each, str) else json.dumps(each) for name, each in attributes.items()}
        made = self.sns.subscribe(
            TopicArn=self.topic,
            Protocol=endpoint.split(":")[2],
            Endpoint=endpoint,
            Attributes=texts,
            ReturnSubscriptionArn=True,
        )
        return str(made["SubscriptionArn"])

    def publish(self, message: str = "hello", **more: Any) -> str:
        return str(self.sns.publish(TopicArn=self.topic, Message=message, **more)["MessageId"])

    def messages(self, name: str = "told") -> list[dict[str, Any]]:
        url = self.sqs.get_queue_url(QueueName=name + self.ending)["QueueUrl"]
        found: list[Any] = []
        while messages := self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"]
        ).get("Messages"):
            found += messages
            for each in messages:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
        return found

    def bodies(self, name: str = "told") -> list[str]:
        return [each["Body"] for each in self.messages(name)]


@pytest.fixture
def shop(emulator: Emulator) -> Shop:
    return Shop(emulator)


@pytest.fixture
def fifo(emulator: Emulator) -> Shop:
    return Shop(emulator, ".fifo")


def text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


def number(value: str) -> dict[str, str]:
    return {"DataType": "Number", "StringValue": value}


def test_a_function_gets_a_record(shop: Shop) -> None:
    events: list[Any] = []
    function = shop.emulator.lambda_function("f", lambda event, context: events.append(event))
    subscription = shop.subscribe(function)
    message = shop.publish("hi", MessageAttributes={"kind": text("a")}, Subject="News")
    (record,) = events[0]["Records"]
    assert (record["EventSource"], record["EventVersion"]) == ("aws:sns", "1.0")
    assert record["EventSubscriptionArn"] == subscription
    assert list(record["Sns"]) == [
        "Type",
        "MessageId",
        "TopicArn",
        "Subject",
        "Message",
        "Timestamp",
        "SignatureVersion",
        "Signature",
        "SigningCertUrl",
        "UnsubscribeUrl",
        "MessageAttributes",
    ]
    told = record["Sns"]
    assert (told["MessageId"], told["Message"], told["Subject"]) == (message, "hi", "News")
    assert (told["Timestamp"], told["TopicArn"]) == ("2030-01-01T00:00:00.000Z", shop.topic)
    assert told["MessageAttributes"] == {"kind": {"Type": "String", "Value": "a"}}
    shop.publish("bye")
    told = events[1]["Records"][0]["Sns"]
    assert (told["Subject"], told["MessageAttributes"]) == (None, {})


def test_a_queue_gets_an_envelope(shop: Shop) -> None:
    shop.subscribe()
    shop.publish("hi", Subject="News", MessageAttributes={"b": {"DataType": "Binary", "BinaryValue": b"\x01"}})
    shop.publish("bye")
    whole, plain = (json.loads(each) for each in shop.bodies())
    assert list(whole) == [
        "Type",
        "MessageId",
        "TopicArn",
        "Subject",
        "Message",
        "Timestamp",
        "SignatureVersion",
        "Signature",
        "SigningCertURL",
        "UnsubscribeURL",
        "MessageAttributes",
    ]
    assert whole["MessageAttributes"] == {"b": {"Type": "Binary", "Value": "AQ=="}}
    assert whole["SignatureVersion"] == "1"
    assert "Subject" not in plain
    assert "MessageAttributes" not in plain


def test_a_message_is_delivered_after_the_publisher_s_call(shop: Shop) -> None:
    told: list[str] = []
    shop.subscribe(shop.emulator.lambda_function("reader", lambda event, context: told.append("read")))

    def publish(event: Any, context: Any) -> None:
        boto3.client("sns").publish(TopicArn=shop.topic, Message="m")
        told.append("published")
        time.sleep(1)
        told.append("ended")

    function = shop.emulator.lambda_function("publisher", publish)
    shop.emulator.run({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": function, "End": True}}})
    assert told == ["published", "read", "ended"]


def test_a_state_publishes_to_a_function(shop: Shop) -> None:
    told: list[str] = []
    shop.subscribe(
        shop.emulator.lambda_function("f", lambda event, context: told.append(event["Records"][0]["Sns"]["Message"]))
    )
    publish = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sns:publish",
        "Parameters": {"TopicArn": shop.topic, "Message": {"order": 7}},
        "End": True,
    }
    assert shop.emulator.run({"StartAt": "A", "States": {"A": publish}}).status == "SUCCEEDED"
    assert told == ['{"order":7}']


def test_a_function_that_fails_is_called_again_by_lambda(shop: Shop) -> None:
    calls: list[float] = []

    def fail(event: Any, context: Any) -> None:
        calls.append(time.time())
        raise ValueError("no")

    shop.subscribe(shop.emulator.lambda_function("f", fail))
    shop.publish()
    shop.emulator.clock.advance(minutes=5)
    assert [at - calls[0] for at in calls] == [0, 60, 180]


def test_a_bare_message_has_attributes_of_its_own(shop: Shop) -> None:
    shop.subscribe(RawMessageDelivery="true")
    binary = {"DataType": "Binary", "BinaryValue": b"\x01"}
    shop.publish("hi", MessageAttributes={"kind": text("a"), "count": number("7"), "blob": binary})
    (message,) = shop.messages()
    assert message["Body"] == "hi"
    assert message["MessageAttributes"] == {
        "kind": {"DataType": "String", "StringValue": "a"},
        "count": {"DataType": "Number", "StringValue": "7"},
        "blob": {"DataType": "Binary", "BinaryValue": b"\x01"},
    }


def test_a_batch_delivers_each_entry(shop: Shop) -> None:
    shop.subscribe(RawMessageDelivery="true", FilterPolicy={"kind": ["a"]})
    entries: list[Any] = [
        {"Id": each, "Message": each, "MessageAttributes": {"kind": text(each)}} for each in ("a", "b")
    ]
    shop.sns.publish_batch(TopicArn=shop.topic, PublishBatchRequestEntries=entries)
    assert shop.bodies() == ["a"]


FILTERS: dict[str, tuple[Any, str, dict[str, Any], str, bool]] = {
    "one of": ({"k": ["a", "b"]}, "MessageAttributes", {"k": text("b")}, "", True),
    "none of": ({"k": ["a", "b"]}, "MessageAttributes", {"k": text("c")}, "", False),
    "missing": ({"k": ["a"]}, "MessageAttributes", {}, "", False),
    "numeric": ({"n": [{"numeric": [">", 1, "<=", 5]}]}, "MessageAttributes", {"n": number("5")}, "", True),
    "a text is no number": ({"n": [5]}, "MessageAttributes", {"n": text("5")}, "", False),
    "array": (
        {"k": [{"prefix": "x"}]},
        "MessageAttributes",
        {"k": {"DataType": "String.Array", "StringValue": '["a", "xy"]'}},
        "",
        True,
    ),
    "absent": ({"k": [{"exists": False}]}, "MessageAttributes", {}, "", True),
    "cidr": ({"ip": [{"cidr": "10.0.0.0/8"}]}, "MessageAttributes", {"ip": text("10.1.2.3")}, "", True),
    "suffix but": ({"k": [{"anything-but": {"suffix": ".tmp"}}]}, "MessageAttributes", {"k": text("a.tmp")}, "", False),
    "or": ({"$or": [{"a": ["1"]}, {"b": ["2"]}]}, "MessageAttributes", {"b": text("2")}, "", True),
    "binary": (
        {"b": [{"exists": True}]},
        "MessageAttributes",
        {"b": {"DataType": "Binary", "BinaryValue": b"1"}},
        "",
        False,
    ),
    "body": ({"order": {"total": [{"numeric": [">", 10]}]}}, "MessageBody", {}, '{"order": {"total": 11}}', True),
    "body not": ({"order": {"total": [{"numeric": [">", 10]}]}}, "MessageBody", {}, '{"order": {"total": 9}}', False),
    "body array": ({"items": {"sku": ["b"]}}, "MessageBody", {}, '{"items": [{"sku": "a"}, {"sku": "b"}]}', True),
    "no JSON": ({"order": [{"exists": False}]}, "MessageBody", {}, "hello", False),
}


@pytest.mark.parametrize(("policy", "scope", "attributes", "body", "passes"), FILTERS.values(), ids=FILTERS)
def test_a_filter_policy_chooses(
    shop: Shop, policy: Any, scope: str, attributes: dict[str, Any], body: str, *, passes: bool
) -> None:
    shop.subscribe(RawMessageDelivery="true", FilterPolicy=policy, FilterPolicyScope=scope)
    shop.publish(body or "m", MessageAttributes=attributes)
    assert bool(shop.bodies()) is passes


SUBSCRIBE = "Invalid parameter: Attributes Reason: "
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "operator": ({"k": [{"suffixx": "a"}]}, "FilterPolicy: Unrecognized match type suffixx"),
    "two operators": (
        {"k": [{"suffix": "a", "prefix": "b"}]},
        "FilterPolicy: Only one key allowed in match expression",
    ),
    "empty": ({"k": []}, "FilterPolicy: Empty arrays are not allowed"),
    "text": ({"k": "a"}, 'FilterPolicy: "k" must be an object or an array'),
    "exists": ({"k": [{"exists": "no"}]}, "FilterPolicy: exists match pattern must be either true or false."),
    "nested list": ({"k": [["a"]]}, "FilterPolicy: Match value must be String, number, true, false, or null"),
    "many keys": ({str(n): ["a"] for n in range(6)}, "FilterPolicy: Filter policy can not have more than 5 keys"),
    "complex": (
        {key: [str(n) for n in range(6)] for key in "abc"},
        "FilterPolicy: Filter policy is too complex",
    ),
    "nested": ({"k": {"l": ["a"]}}, "Filter policy scope MessageAttributes does not support nested filter policy"),
}


@pytest.mark.parametrize(("policy", "text"), REFUSED.values(), ids=REFUSED)
def test_what_sns_refuses_in_a_policy_is_refused_in_its_words(shop: Shop, policy: Any, text: str) -> None:
    with pytest.raises(ClientError) as refused:
        shop.subscribe(FilterPolicy=policy)
    assert refused.value.response["Error"]["Message"] == SUBSCRIBE + text
    assert shop.sns.list_subscriptions()["Subscriptions"] == [], "nothing is left of a refused subscription"
    arn = shop.subscribe()
    with pytest.raises(ClientError) as refused:
        shop.sns.set_subscription_attributes(
            SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue=json.dumps(policy)
        )
    assert refused.value.response["Error"]["Message"] == f"Invalid parameter: {text}"


def test_a_wrong_scope_is_refused(shop: Shop) -> None:
    with pytest.raises(ClientError, match=r"FilterPolicyScope: Invalid value \[Random\]. Please use either"):
        shop.subscribe(FilterPolicyScope="Random")


def test_a_second_subscription_of_an_endpoint_is_the_first_or_refused(shop: Shop) -> None:
    arn = shop.subscribe(RawMessageDelivery="true")
    assert shop.subscribe(RawMessageDelivery="true") == arn
    with pytest.raises(ClientError, match="Subscription already exists with different attributes"):
        shop.subscribe()


def test_what_a_queue_cannot_take_is_a_dead_letter(shop: Shop) -> None:
    dead = shop.make_queue("dead")
    shop.subscribe(ARN.format("sqs", "gone"), RedrivePolicy={"deadLetterTargetArn": dead})
    shop.publish("lost")
    (body,) = shop.bodies("dead")
    assert json.loads(body)["Message"] == "lost"


def test_a_bare_dead_letter_keeps_its_attributes(shop: Shop) -> None:
    dead = shop.make_queue("dead")
    policy = {"deadLetterTargetArn": dead}
    shop.subscribe(ARN.format("sqs", "gone"), RawMessageDelivery="true", RedrivePolicy=policy)
    shop.publish("lost", MessageAttributes={"kind": text("a")})
    (message,) = shop.messages("dead")
    assert (message["Body"], message["MessageAttributes"]["kind"]["StringValue"]) == ("lost", "a")


def test_a_function_that_is_gone_leaves_a_dead_letter_as_a_queue_gets_it(shop: Shop) -> None:
    dead = shop.make_queue("dead")
    shop.subscribe(ARN.format("lambda", "function:gone"), RedrivePolicy={"deadLetterTargetArn": dead})
    shop.publish("lost")
    (body,) = shop.bodies("dead")
    assert "SigningCertURL" in json.loads(body)
    assert len(shop.emulator.assembly.functions.failed) == 1


def test_a_fifo_topic_keeps_order_and_tells_no_message_twice(fifo: Shop) -> None:
    fifo.subscribe()
    for each in ("1", "2", "2", "3"):
        fifo.publish(each, MessageGroupId="g", MessageDeduplicationId=each)
    messages = fifo.messages()
    envelopes = [json.loads(each["Body"]) for each in messages]
    assert [each["Message"] for each in envelopes] == ["1", "2", "3"]
    assert list(envelopes[0]) == [
        "Type",
        "MessageId",
        "SequenceNumber",
        "TopicArn",
        "Message",
        "Timestamp",
        "UnsubscribeURL",
    ]
    numbers = [each["SequenceNumber"] for each in envelopes]
    assert numbers == sorted(set(numbers))
    assert messages[0]["Attributes"]["MessageGroupId"] == "g"


def test_a_fifo_topic_may_know_messages_again_in_their_group_only(fifo: Shop) -> None:
    fifo.sqs.create_queue(QueueName="plain")
    fifo.subscribe(ARN.format("sqs", "plain"), RawMessageDelivery="true")
    for scope, groups in (("Topic", "ab"), ("MessageGroup", "cd")):
        fifo.sns.set_topic_attributes(TopicArn=fifo.topic, AttributeName="FifoThroughputScope", AttributeValue=scope)
        for group in groups:
            fifo.publish(group, MessageGroupId=group, MessageDeduplicationId=scope)
    url = fifo.sqs.get_queue_url(QueueName="plain")["QueueUrl"]
    got = fifo.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [each["Body"] for each in got] == ["a", "c", "d"]


def test_a_fifo_topic_delivers_to_a_standard_queue(fifo: Shop) -> None:
    fifo.sqs.create_queue(QueueName="plain")
    fifo.subscribe(ARN.format("sqs", "plain"), RawMessageDelivery="true")
    for _ in range(2):
        fifo.publish("m", MessageGroupId="g", MessageDeduplicationId="d")
    url = fifo.sqs.get_queue_url(QueueName="plain")["QueueUrl"]
    assert [each["Body"] for each in fifo.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]] == [
        "m"
    ]
    fifo.emulator.clock.advance(minutes=6)
    fifo.publish("m", MessageGroupId="g", MessageDeduplicationId="d")
    assert len(fifo.sqs.receive_message(QueueUrl=url)["Messages"]) == 1


def test_each_protocol_has_its_text(shop: Shop) -> None:
    texts: list[str] = []
    shop.subscribe(RawMessageDelivery="true")
    shop.subscribe(
        shop.emulator.lambda_function("f", lambda event, context: texts.append(event["Records"][0]["Sns"]["Message"]))
    )
    shop.publish(json.dumps({"default": "d", "sqs": "q"}), MessageStructure="json")
    assert (shop.bodies(), texts) == (["q"], ["d"])


def test_a_mapping_reads_what_topics_and_buckets_tell_a_queue(shop: Shop) -> None:
    texts: list[str] = []
    shop.emulator.lambda_function(
        "reader", lambda event, context: texts.extend(each["body"] for each in event["Records"])
    )
    queue = ARN.format("sqs", "told")
    boto3.client("lambda").create_event_source_mapping(FunctionName="reader", EventSourceArn=queue)
    shop.subscribe(RawMessageDelivery="true")
    shop.publish("by a topic")
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="shop")
    told = [{"QueueArn": queue, "Events": ["s3:ObjectCreated:*"]}]
    s3.put_bucket_notification_configuration(Bucket="shop", NotificationConfiguration={"QueueConfigurations": told})
    s3.put_object(Bucket="shop", Key="k", Body=b"")
    first, test_event, record = texts
    assert first == "by a topic"
    assert json.loads(test_event)["Event"] == "s3:TestEvent"
    assert json.loads(record)["Records"][0]["s3"]["object"]["key"] == "k"


def test_a_message_of_a_batch_that_publish_would_refuse_has_failed(emulator: Emulator) -> None:
    shop = Shop(emulator)
    shop.subscribe(RawMessageDelivery="true")
    entries: list[Any] = [
        {"Id": "good", "Message": '{"default": "d"}', "MessageStructure": "json"},
        {"Id": "empty", "Message": ""},
        {"Id": "subject", "Message": "m", "Subject": "a\nb"},
        *(
            {"Id": f"json{number}", "Message": text, "MessageStructure": "json"}
            for number, text in enumerate(("x", "[1]", '{"a": "b"}', '{"default": 1}'))
        ),
    ]
    answer = shop.sns.publish_batch(TopicArn=shop.topic, PublishBatchRequestEntries=entries)
    assert [each["Id"] for each in answer["Successful"]] == ["good"]
    told = {each["Id"]: each["Message"] for each in answer["Failed"]}
    default = "Invalid parameter: Message Structure - No default entry in JSON message body"
    assert told == {
        "empty": "Invalid parameter: Empty message",
        "subject": "Invalid parameter: Subject",
        "json0": "Invalid parameter: Message Structure - JSON message body failed to parse",
        "json1": default,
        "json2": default,
        "json3": default,
    }
    assert {(each["Code"], each["SenderFault"]) for each in answer["Failed"]} == {("InvalidParameter", True)}
    assert [each["Body"] for each in shop.messages()] == ["d"]
    with pytest.raises(ClientError, match="BatchEntryIdsNotDistinct"):
        shop.sns.publish_batch(TopicArn=shop.topic, PublishBatchRequestEntries=[entries[1], entries[1]])


def test_a_function_gets_no_bare_messages_and_none_of_fifo_topics(emulator: Emulator) -> None:
    emulator.lambda_function("f", lambda event, _: None)
    function = ARN.format("lambda", "f")
    text = "Delivery protocol [lambda] does not support raw message delivery."
    shop = Shop(emulator)
    with pytest.raises(ClientError) as told:
        shop.subscribe(function, RawMessageDelivery="true")
    assert told.value.response["Error"]["Message"] == f"Invalid parameter: Attributes Reason: {text}"
    arn = shop.subscribe(function, RawMessageDelivery="false")
    with pytest.raises(ClientError, match="does not support raw message delivery"):
        shop.sns.set_subscription_attributes(
            SubscriptionArn=arn, AttributeName="RawMessageDelivery", AttributeValue="true"
        )
    queue = shop.subscribe()
    shop.sns.set_subscription_attributes(
        SubscriptionArn=queue, AttributeName="RawMessageDelivery", AttributeValue="true"
    )
    with pytest.raises(ClientError, match="FIFO"):
        Shop(emulator, ".fifo").subscribe(function)
