"""Notifications of buckets and topics that other programs configure and cause, over HTTP."""

import json
import threading

from emulator import Emulator
from tests.emulator.server.served import Served, listening

QUEUE = "arn:aws:sqs:us-east-1:123456789012:told"


def test_a_bucket_and_a_topic_tell_a_queue() -> None:
    with listening(Emulator) as port:
        served = Served(port, threading.Event())
        s3, sns, sqs = (served.client(name) for name in ("s3", "sns", "sqs"))
        url = sqs.create_queue(QueueName="told")["QueueUrl"]
        topic = sns.create_topic(Name="t")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=QUEUE, Attributes={"RawMessageDelivery": "true"})
        s3.create_bucket(Bucket="shop")
        told = [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]
        s3.put_bucket_notification_configuration(
            Bucket="shop", NotificationConfiguration={"TopicConfigurations": told, "EventBridgeConfiguration": {}}
        )
        s3.put_object(Bucket="shop", Key="in/a.csv", Body=b"1")
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        told_of = [json.loads(each["Body"]) for each in found]
        assert [each["Event"] for each in told_of if "Event" in each] == ["s3:TestEvent"]
        [record] = [each["Records"][0] for each in told_of if "Records" in each]
        assert record["s3"]["object"]["key"] == "in/a.csv"
