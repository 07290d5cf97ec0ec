"""Notifications of buckets: who is told of what, in S3's words, after the call."""

import json
import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator import Emulator

# Handlers sleep on the virtual clock:
# ruff: noqa: TID251

QUEUE = "arn:aws:sqs:us-east-1:123456789012:told"


class Shop:
    """A bucket, and a queue that is told of everything."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.s3 = boto3.client("s3")
        self.sqs = boto3.client("sqs")
        self.s3.create_bucket(Bucket="shop")
        self.queue = self.sqs.create_queue(QueueName="told")["QueueUrl"]

    def configure(self, **configuration: Any) -> None:
        self.s3.put_bucket_notification_configuration(Bucket="shop", NotificationConfiguration=configuration)

    def tell_queue(self, *events: str, **more: Any) -> None:
        self.configure(QueueConfigurations=[{"Id": "all", "QueueArn": QUEUE, "Events": list(events), **more}])
        self.texts()  # the first message

    def texts(self) -> list[str]:
        found: list[str] = []
        while messages := self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            found += [each["Body"] for each in messages]
            for each in messages:
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=each["ReceiptHandle"])
        return found

    def records(self) -> list[dict[str, Any]]:
        return [each for text in self.texts() for each in json.loads(text)["Records"]]

    def told(self) -> list[tuple[str, str]]:
        return [(each["eventName"], each["s3"]["object"]["key"]) for each in self.records()]


@pytest.fixture
def shop(emulator: Emulator) -> Shop:
    return Shop(emulator)


ALL = ("s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*", "s3:ObjectAcl:Put", "s3:ObjectRestore:*")


def test_a_record_is_as_s3_writes_it(shop: Shop) -> None:
    shop.tell_queue("s3:ObjectCreated:*")
    shop.s3.put_object(Bucket="shop", Key="in/a b@c.txt", Body=b"hello")
    (record,) = shop.records()
    assert list(record) == [
        "eventVersion",
        "eventSource",
        "awsRegion",
        "eventTime",
        "eventName",
        "userIdentity",
        "requestParameters",
        "responseElements",
        "s3",
    ]
    assert (record["eventVersion"], record["eventSource"], record["awsRegion"]) == ("2.1", "aws:s3", "us-east-1")
    assert (record["eventTime"], record["eventName"]) == ("2030-01-01T00:00:00.000Z", "ObjectCreated:Put")
    bucket, told = record["s3"]["bucket"], record["s3"]["object"]
    assert (record["s3"]["configurationId"], bucket["name"], bucket["arn"]) == ("all", "shop", "arn:aws:s3:::shop")
    assert list(told) == ["key", "size", "eTag", "sequencer"]
    assert (told["key"], told["size"], told["eTag"]) == ("in/a+b%40c.txt", 5, "5d41402abc4b2a76b9719d911017c592")


def test_each_way_to_change_an_object_has_its_event(shop: Shop) -> None:
    s3 = shop.s3
    shop.tell_queue(*ALL)
    s3.put_object(Bucket="shop", Key="a", Body=b"1")
    s3.copy_object(Bucket="shop", Key="b", CopySource={"Bucket": "shop", "Key": "a"})
    upload = s3.create_multipart_upload(Bucket="shop", Key="c")["UploadId"]
    part = s3.upload_part(Bucket="shop", Key="c", UploadId=upload, PartNumber=1, Body=b"2")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket="shop", Key="c", UploadId=upload, MultipartUpload=parts)
    s3.put_object_tagging(Bucket="shop", Key="a", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    s3.delete_object_tagging(Bucket="shop", Key="a")
    s3.put_object_acl(Bucket="shop", Key="a", ACL="public-read")
    s3.put_object_acl(Bucket="shop", Key="a", ACL="public-read")
    s3.delete_object(Bucket="shop", Key="a")
    s3.delete_objects(Bucket="shop", Delete={"Objects": [{"Key": "b"}, {"Key": "never"}], "Quiet": True})
    records = shop.records()
    assert [(each["eventName"], each["s3"]["object"]["key"]) for each in records] == [
        ("ObjectCreated:Put", "a"),
        ("ObjectCreated:Copy", "b"),
        ("ObjectCreated:CompleteMultipartUpload", "c"),
        ("ObjectTagging:Put", "a"),
        ("ObjectTagging:Delete", "a"),
        ("ObjectAcl:Put", "a"),  # once: the second call changed nothing
        ("ObjectRemoved:Delete", "a"),
        ("ObjectRemoved:Delete", "b"),
        ("ObjectRemoved:Delete", "never"),
    ]
    assert records[2]["s3"]["object"]["eTag"].endswith("-1")
    assert (records[3]["eventVersion"], list(records[3]["s3"]["object"])) == ("2.3", ["key", "eTag"])
    assert list(records[6]["s3"]["object"]) == ["key", "sequencer"]
    assert records[6]["s3"]["object"]["sequencer"] > records[0]["s3"]["object"]["sequencer"]


def test_versions_are_named(shop: Shop) -> None:
    shop.s3.put_bucket_versioning(Bucket="shop", VersioningConfiguration={"Status": "Enabled"})
    shop.tell_queue(*ALL)
    version = shop.s3.put_object(Bucket="shop", Key="a", Body=b"1")["VersionId"]
    marker = shop.s3.delete_object(Bucket="shop", Key="a")["VersionId"]
    shop.s3.delete_object(Bucket="shop", Key="a", VersionId=version)
    made, marked, removed = shop.records()
    assert made["s3"]["object"]["versionId"] == version
    assert (marked["eventName"], marked["s3"]["object"]["versionId"]) == ("ObjectRemoved:DeleteMarkerCreated", marker)
    assert marked["s3"]["object"]["eTag"] == "d41d8cd98f00b204e9800998ecf8427e"
    assert (removed["eventName"], removed["s3"]["object"]["versionId"]) == ("ObjectRemoved:Delete", version)


def test_a_restored_object_is_told_of_twice(shop: Shop) -> None:
    shop.tell_queue("s3:ObjectRestore:*")
    shop.s3.put_object(Bucket="shop", Key="old", Body=b"1", StorageClass="GLACIER")
    shop.s3.restore_object(Bucket="shop", Key="old", RestoreRequest={"Days": 2})
    posted, completed = shop.records()
    assert (posted["eventName"], completed["eventName"]) == ("ObjectRestore:Post", "ObjectRestore:Completed")
    restored = completed["glacierEventData"]["restoreEventData"]
    assert restored == {
        "lifecycleRestorationExpiryTime": "2030-01-03T00:00:00.000Z",
        "lifecycleRestoreStorageClass": "GLACIER",
    }


def test_a_form_of_a_browser_makes_an_object(shop: Shop) -> None:
    import requests

    shop.tell_queue("s3:ObjectCreated:Post")
    form = shop.s3.generate_presigned_post("shop", "up/${filename}")
    requests.post(form["url"], data=form["fields"], files={"file": ("cat.png", b"meow")}, timeout=5)
    assert shop.told() == [("ObjectCreated:Post", "up/cat.png")]


def test_prefix_and_suffix_choose(shop: Shop) -> None:
    rules = [{"Name": "Prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".csv"}]
    shop.tell_queue("s3:ObjectCreated:*", Filter={"Key": {"FilterRules": rules}})
    for key in ("in/a.csv", "in/a.txt", "out/a.csv"):
        shop.s3.put_object(Bucket="shop", Key=key, Body=b"")
    assert shop.told() == [("ObjectCreated:Put", "in/a.csv")]
    (kept,) = shop.s3.get_bucket_notification_configuration(Bucket="shop")["QueueConfigurations"]
    assert kept["Filter"]["Key"]["FilterRules"] == [
        {"Name": "Prefix", "Value": "in/"},
        {"Name": "Suffix", "Value": ".csv"},
    ]


def test_queues_and_topics_get_a_first_message(shop: Shop) -> None:
    sns = boto3.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=QUEUE)
    shop.configure(
        QueueConfigurations=[{"QueueArn": QUEUE, "Events": ["s3:ObjectCreated:Put"]}],
        TopicConfigurations=[{"TopicArn": topic, "Events": ["s3:ObjectRemoved:*"]}],
    )
    first = [json.loads(each) for each in shop.texts()]
    (envelope,) = [each for each in first if "Message" in each]
    (plain,) = [each for each in first if "Event" in each]
    assert envelope["Subject"] == "Amazon S3 Notification"
    for message in (json.loads(envelope["Message"]), plain):
        assert list(message) == ["Service", "Event", "Time", "Bucket", "RequestId", "HostId"]
        assert (message["Service"], message["Event"], message["Bucket"]) == ("Amazon S3", "s3:TestEvent", "shop")
    shop.s3.delete_object(Bucket="shop", Key="k")
    (envelope,) = [json.loads(each) for each in shop.texts()]
    assert envelope["Subject"] == "Amazon S3 Notification"
    assert json.loads(envelope["Message"])["Records"][0]["eventName"] == "ObjectRemoved:Delete"


def test_a_function_is_called_after_the_writer_whoever_writes(shop: Shop) -> None:
    told: list[str] = []
    reader = shop.emulator.lambda_function(
        "reader", lambda event, context: told.append(f"read {event['Records'][0]['s3']['object']['key']}")
    )

    def write(event: Any, context: Any) -> None:
        boto3.client("s3").put_object(Bucket="shop", Key="by-handler", Body=b"")
        told.append("the writer goes on")
        time.sleep(1)
        told.append("the writer ends")

    shop.configure(LambdaFunctionConfigurations=[{"LambdaFunctionArn": reader, "Events": ["s3:ObjectCreated:*"]}])
    machine = {
        "StartAt": "Write",
        "States": {
            "Write": {"Type": "Task", "Resource": shop.emulator.lambda_function("writer", write), "Next": "Put"},
            "Put": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:s3:putObject",
                "Parameters": {"Bucket": "shop", "Key": "by-state", "Body": "x"},
                "End": True,
            },
        },
    }
    assert shop.emulator.run(machine).status == "SUCCEEDED"
    shop.s3.put_object(Bucket="shop", Key="by-test", Body=b"")
    assert told == ["the writer goes on", "read by-handler", "the writer ends", "read by-state", "read by-test"]


def test_a_function_that_fails_is_called_again(shop: Shop) -> None:
    calls: list[float] = []

    def fail(event: Any, context: Any) -> None:
        calls.append(time.time())
        raise ValueError("no")

    arn = shop.emulator.lambda_function("f", fail)
    shop.configure(LambdaFunctionConfigurations=[{"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}])
    shop.s3.put_object(Bucket="shop", Key="k", Body=b"")
    shop.emulator.clock.advance(minutes=5)
    assert [at - calls[0] for at in calls] == [0, 60, 180]


def test_eventbridge_gets_every_change(shop: Shop) -> None:
    events = boto3.client("events")
    machine = shop.emulator.state_machine({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}, name="m")
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": ["shop"]}}}
    events.put_rule(Name="r", EventPattern=json.dumps(pattern))
    events.put_targets(
        Rule="r", Targets=[{"Id": "1", "Arn": machine.arn, "RoleArn": "arn:aws:iam::123456789012:role/r"}]
    )
    shop.configure(EventBridgeConfiguration={})
    shop.s3.put_object(Bucket="shop", Key="in/a b", Body=b"hello")
    shop.s3.delete_object(Bucket="shop", Key="in/a b")
    made, deleted = sorted((each.input for each in shop.emulator.executions), key=lambda event: event["detail-type"])
    assert {name: made[name] for name in ("version", "detail-type", "source", "account", "time", "region")} == {
        "version": "0",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "123456789012",
        "time": "2030-01-01T00:00:00Z",
        "region": "us-east-1",
    }
    assert made["resources"] == ["arn:aws:s3:::shop"]
    assert list(made["detail"]["object"]) == ["key", "size", "etag", "sequencer"]
    assert (made["detail"]["object"]["key"], made["detail"]["reason"]) == ("in/a b", "PutObject")
    assert (made["detail"]["requester"], made["detail"]["bucket"]) == ("123456789012", {"name": "shop"})
    assert deleted["detail-type"] == "Object Deleted"
    assert (deleted["detail"]["reason"], deleted["detail"]["deletion-type"]) == ("DeleteObject", "Permanently Deleted")
    assert list(deleted["detail"]["object"]) == ["key", "sequencer"]


def test_an_empty_configuration_tells_nobody(shop: Shop) -> None:
    shop.tell_queue("s3:ObjectCreated:*")
    shop.configure()
    shop.s3.put_object(Bucket="shop", Key="k", Body=b"")
    assert shop.texts() == []
    kept = shop.s3.get_bucket_notification_configuration(Bucket="shop")
    assert "QueueConfigurations" not in kept


def test_a_bucket_that_is_made_again_has_no_configuration(shop: Shop) -> None:
    shop.tell_queue("s3:ObjectCreated:*")
    shop.s3.delete_bucket(Bucket="shop")
    shop.s3.create_bucket(Bucket="shop")
    shop.s3.put_object(Bucket="shop", Key="k", Body=b"")
    assert shop.texts() == []


def queue_of(arn: str, *events: str, **more: Any) -> dict[str, Any]:
    return {"QueueArn": arn, "Events": events or ["s3:ObjectCreated:*"], **more}


def prefixed(prefix: str) -> dict[str, Any]:
    return {"Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}}}


OVERLAP = "Configurations overlap. Configurations on the same bucket cannot share a common event type."
WRONG = "Unable to validate the following destination configurations"
REFUSED: dict[str, tuple[list[dict[str, Any]], str, dict[str, str]]] = {
    "no ARN": (
        [queue_of("told")],
        "The ARN could not be parsed",
        {"ArgumentName": "Queue", "ArgumentValue": "told"},
    ),
    "a queue that is not there": (
        [queue_of(QUEUE + "-not")],
        WRONG,
        {"ArgumentName1": QUEUE + "-not", "ArgumentValue1": "The destination queue does not exist"},
    ),
    "two rules of one kind": (
        [
            queue_of(
                QUEUE, Filter={"Key": {"FilterRules": [{"Name": "Suffix", "Value": each} for each in (".a", ".b")]}}
            )
        ],
        "Cannot specify more than one suffix rule in a filter.",
        {},
    ),
    "two of one Id": (
        [queue_of(QUEUE, Id="x"), queue_of(QUEUE, "s3:ObjectRemoved:*", Id="x")],
        "Same ID used for multiple configurations. IDs must be unique.",
        {},
    ),
    "one event for two": ([queue_of(QUEUE), queue_of(QUEUE, "s3:ObjectCreated:Put")], OVERLAP, {}),
    "one prefix in another": ([queue_of(QUEUE, **prefixed("in/")), queue_of(QUEUE, **prefixed("in/x"))], OVERLAP, {}),
}


@pytest.mark.parametrize(("queues", "message", "details"), REFUSED.values(), ids=REFUSED)
def test_what_s3_refuses_is_refused_in_its_words(
    shop: Shop, queues: list[dict[str, Any]], message: str, details: dict[str, str]
) -> None:
    with pytest.raises(ClientError) as refused:
        shop.configure(QueueConfigurations=queues)
    error: dict[str, Any] = dict(refused.value.response["Error"])
    assert (error["Code"], error["Message"]) == ("InvalidArgument", message)
    assert {name: error[name] for name in details} == details


def test_a_function_that_is_not_there_may_not_be_invoked(shop: Shop) -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:none"
    with pytest.raises(ClientError, match=WRONG) as refused:
        shop.configure(LambdaFunctionConfigurations=[{"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}])
    error: dict[str, Any] = dict(refused.value.response["Error"])
    assert error["ArgumentValue1"] == f"Not authorized to invoke function [{arn}]"


def test_what_differs_in_prefix_or_event_may_stand_side_by_side(shop: Shop) -> None:
    shop.configure(
        QueueConfigurations=[
            queue_of(QUEUE, **prefixed("in/")),
            queue_of(QUEUE, **prefixed("out/")),
            queue_of(QUEUE, "s3:ObjectRemoved:*"),
        ]
    )
    shop.texts()
    shop.s3.put_object(Bucket="shop", Key="out/k", Body=b"")
    assert shop.told() == [("ObjectCreated:Put", "out/k")]


def test_the_check_of_destinations_can_be_skipped(shop: Shop) -> None:
    shop.s3.put_bucket_notification_configuration(
        Bucket="shop",
        NotificationConfiguration={"QueueConfigurations": [queue_of(QUEUE + "-not")]},
        SkipDestinationValidation=True,
    )
    shop.s3.put_object(Bucket="shop", Key="k", Body=b"")
    assert shop.emulator.assembly.functions.failed == [
        f"a notification of S3 did not arrive: there is no queue {QUEUE}-not"
    ]


def test_a_missing_bucket_is_said_to_be_missing(shop: Shop) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        shop.s3.put_bucket_notification_configuration(Bucket="other", NotificationConfiguration={})


def test_a_handler_that_writes_where_it_reads_has_an_end(shop: Shop) -> None:
    def again(event: Any, context: Any) -> None:
        boto3.client("s3").put_object(Bucket="shop", Key="k", Body=b"")

    arn = shop.emulator.lambda_function("f", again)
    shop.configure(LambdaFunctionConfigurations=[{"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}])
    with pytest.raises(Exception, match="notification of bucket shop"):
        shop.s3.put_object(Bucket="shop", Key="k", Body=b"")
