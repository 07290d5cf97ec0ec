"""What an external backend answers with status 200 and AWS never would: no task succeeds with it, no KeyError shows."""

import gzip
import json
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders

from emulator import BackendError, Emulator
from emulator.aws.foreign_answers import ALWAYS, why_foreign
from emulator.aws.interception import AwsRequest
from tests.fakes.endpoint import Script

KEY = {"TableName": "orders", "Key": {"id": {"S": "7"}}}
QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/orders"
ENTRY: Any = {"Source": "shop", "DetailType": "placed", "Detail": "{}"}
TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "dynamodb": ("arn:aws:states:::dynamodb:getItem", KEY),
    "dynamodb of the SDK": ("arn:aws:states:::aws-sdk:dynamodb:query", {"TableName": "orders"}),
    "sqs": ("arn:aws:states:::sqs:sendMessage", {"QueueUrl": QUEUE, "MessageBody": "m"}),
    "sns": ("arn:aws:states:::sns:publish", {"TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "Message": "m"}),
    "s3": ("arn:aws:states:::aws-sdk:s3:getObject", {"Bucket": "papers", "Key": "k"}),
    "s3 lists": ("arn:aws:states:::aws-sdk:s3:listObjectsV2", {"Bucket": "papers"}),
    "s3 puts": ("arn:aws:states:::aws-sdk:s3:putObject", {"Bucket": "papers", "Key": "k", "Body": "b"}),
    "events": ("arn:aws:states:::events:putEvents", {"Entries": [{**ENTRY, "Detail": {"a": 1}}]}),
    "ec2": ("arn:aws:states:::aws-sdk:ec2:describeRegions", {}),
    "kms": ("arn:aws:states:::aws-sdk:kms:listKeys", {}),
    "batch": ("arn:aws:states:::aws-sdk:batch:listJobs", {"JobQueue": "q"}),
}
ANSWERS: dict[str, tuple[dict[str, str], bytes]] = {
    "a page": ({"Content-Type": "text/html"}, b"<!DOCTYPE html>\n<html><body>Welcome</body></html>"),
    "a page without its type": ({}, b"<html>It works!</html>"),
    "an empty object": ({"Content-Type": "application/json"}, b"{}"),
    "an empty object without a type": ({}, b"{}"),
    "another object": ({"Content-Type": "application/json"}, b'{"status": "ok"}'),
    "nothing": ({}, b""),
    "a word": ({"Content-Type": "text/plain"}, b"OK"),
    "an array": ({"Content-Type": "application/json"}, b"[]"),
    "null": ({"Content-Type": "application/json"}, b"null"),
    "cut": ({"Content-Type": "application/json"}, b'{"Item": {"id": {"S": "7'),
    "no gzip": ({"Content-Encoding": "gzip"}, b"no gzip"),
}


@pytest.mark.parametrize("task", TASKS)
def test_a_task_does_not_succeed_with_an_answer_that_is_not_of_aws(script: Script, task: str) -> None:
    script.is_aws = False
    resource, parameters = TASKS[task]
    state = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}
    caught = {**state, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]}
    flow = {"StartAt": "A", "States": {"A": caught, "Caught": {"Type": "Succeed"}}}
    service = task.partition(" ")[0]
    for name, answer in ANSWERS.items():
        script.answer = (200, *answer)
        with Emulator(backend={service: script.url}) as emulator:
            with pytest.raises(BackendError) as raised:
                emulator.run(flow)
            assert {each.status for each in emulator.assembly.service.store.executions.list()} <= {"ABORTED"}, name
        assert str(raised.value).startswith(f"{service}:"), name
        assert f" at {script.url}: it answered 200 with " in str(raised.value), name


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            "a page",
            "a web page: <!DOCTYPE html> <html><body>Welcome</body></html>\n    fix: check",
        ),
        ("an empty object", "a JSON object without a member of the operation and without a request id of AWS: {}\n"),
        ("nothing", "an empty body: an empty body\n"),
        ("a word", "no JSON: OK\n"),
        ("cut", 'no JSON: {"Item": {"id": {"S": "7\n'),
        ("no gzip", "a body that is not gzip, as its header says: no gzip\n"),
    ],
)
def test_the_message_names_the_call_the_url_and_what_came(script: Script, answer: str, said: str) -> None:
    script.is_aws = False
    script.answer = (200, *ANSWERS[answer])
    with Emulator(backend=script.url), pytest.raises(BackendError) as raised:
        boto3.client("dynamodb").get_item(**KEY)
    assert str(raised.value).startswith(f"dynamodb:GetItem at {script.url}: it answered 200 with {said}")


def test_of_a_long_answer_the_message_shows_200_characters(script: Script) -> None:
    script.answer = (200, {}, b"x" * 5000)
    with Emulator(backend=script.url), pytest.raises(BackendError, match=f"no JSON: {'x' * 200}\\.\\.\\.\n"):
        boto3.client("dynamodb").get_item(**KEY)


@pytest.mark.parametrize(
    "headers",
    [{"x-amzn-RequestId": "1"}, {"Content-Type": "application/x-amz-json-1.0"}, {"X-Amz-Crc32": "2745614147"}],
)
def test_get_item_of_a_key_that_is_not_there_answers_an_empty_object(script: Script, headers: dict[str, str]) -> None:
    script.is_aws = False
    script.answer = (200, headers, b"{}")
    with Emulator(backend=script.url):
        assert "Item" not in boto3.client("dynamodb").get_item(**KEY)


@pytest.mark.parametrize(
    "content", [b'{"Item": {"id": {"S": "7"}}}', gzip.compress(mtime=0, data=b'{"Item": {"id": {"S": "7"}}}')]
)
def test_an_answer_with_a_member_of_the_operation_needs_no_header(script: Script, content: bytes) -> None:
    script.is_aws = False
    script.answer = (200, {"Content-Encoding": "gzip"} if content[:1] != b"{" else {}, content)
    with Emulator(backend=script.url):
        assert boto3.client("dynamodb").get_item(**KEY)["Item"] == {"id": {"S": "7"}}


def test_a_page_in_a_bucket_is_an_object(script: Script) -> None:
    script.answer = (200, {"ETag": '"1"', "Content-Type": "text/html"}, b"<html></html>")
    with Emulator(backend=script.url):
        assert boto3.client("s3").get_object(Bucket="papers", Key="index.html")["Body"].read() == b"<html></html>"


@pytest.mark.parametrize(("service", "operation"), ALWAYS)
def test_what_is_always_in_an_answer_is_a_member_of_the_model(service: str, operation: str) -> None:
    from emulator.aws.names import service_model

    output = service_model(service).operation_model(operation).output_shape
    assert output is not None
    assert set(ALWAYS[service, operation]) <= set(output.members)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({}, "a JSON object without Entries: {}"),
        ({"Entries": {}}, "a JSON object in which Entries is not a list"),
        ({"Entries": []}, "not one entry for each of 1"),
        ({"Entries": ["x"]}, "a body in which Entries[0] is a text, not an object"),
    ],
)
def test_the_emulators_own_put_events_knows_no_key_error(script: Script, answer: Any, said: str) -> None:
    lists: dict[str, list[str]] = {"EventBuses": [], "Rules": [], "QueueUrls": []}

    def answered() -> Any:
        operation = script.seen[-1][2].get("X-Amz-Target", "").rpartition(".")[2]
        return 200, {}, json.dumps(answer if operation == "PutEvents" else lists).encode()

    script.answer = answered
    with Emulator(backend=script.url), pytest.raises(BackendError) as raised:
        boto3.client("events").put_events(Entries=[ENTRY])
    assert str(raised.value).startswith(f"events:PutEvents at {script.url}: it answered")
    assert said in str(raised.value)


JSON = {"Content-Type": "application/x-amz-json-1.0"}


@pytest.mark.parametrize("task", ["getItem", "putItem", "updateItem", "deleteItem"])
@pytest.mark.parametrize("headers", [JSON, {**JSON, "x-amzn-RequestId": "1"}])
def test_where_aws_answers_an_object_an_empty_body_is_none(script: Script, task: str, headers: dict[str, str]) -> None:
    script.is_aws = False
    script.answer = (200, headers, b"")
    parameters = {"TableName": "orders", "Item" if task == "putItem" else "Key": {"id": {"S": "7"}}}
    state = {"Type": "Task", "Resource": f"arn:aws:states:::dynamodb:{task}", "Parameters": parameters, "End": True}
    flow = {"StartAt": "A", "States": {"A": state}}
    with Emulator(backend=script.url, allow_blocked=True) as emulator, pytest.raises(BackendError) as raised:
        emulator.run(flow)
    operation = f"{task[0].upper()}{task[1:]}"
    assert f"dynamodb:{operation} at {script.url}: it answered 200 with an empty body" in str(raised.value)


@pytest.mark.parametrize("headers", [JSON, {"x-amzn-RequestId": "1"}])
def test_where_aws_answers_nothing_an_empty_body_is_right(script: Script, headers: dict[str, str]) -> None:
    script.is_aws = False
    script.answer = (200, headers, b"")
    with Emulator(backend=script.url):
        boto3.client("sqs").purge_queue(QueueUrl=QUEUE)
        boto3.client("kms").disable_key(KeyId="k")


WRONG: dict[str, tuple[str, dict[str, Any], bytes, str]] = {
    "a text for a map": ("dynamodb.get_item", KEY, b'{"Item": "x"}', "Item is a text, not an object"),
    "a list for a map": ("dynamodb.get_item", KEY, b'{"Item": []}', "Item is a list, not an object"),
    "a number for a text": (
        "dynamodb.get_item",
        KEY,
        b'{"Item": {"id": {"S": 7}}}',
        "Item.id.S is a number, not a text",
    ),
    "a text for a list": (
        "dynamodb.list_tables",
        {},
        b'{"TableNames": "abc"}',
        "a JSON object in which TableNames is not a list",
    ),
    "a text for a number": (
        "dynamodb.scan",
        {"TableName": "t"},
        b'{"Count": "1", "Items": []}',
        "Count is a text, not a number",
    ),
    "a message": (
        "sqs.receive_message",
        {"QueueUrl": QUEUE},
        b'{"Messages": ["x"]}',
        "Messages[0] is a text, not an object",
    ),
    "a body": (
        "sqs.receive_message",
        {"QueueUrl": QUEUE},
        b'{"Messages": [{"Body": 1}]}',
        "Messages[0].Body is a number",
    ),
    "an object in another service": ("kms.list_keys", {}, b'{"Keys": {"a": 1}}', "Keys is an object, not a list"),
    "a time": (
        "kms.describe_key",
        {"KeyId": "k"},
        b'{"KeyMetadata": {"KeyId": "k", "CreationDate": "soon"}}',
        "cannot read as DescribeKeyResponse (ValueError: ",
    ),
    "REST": ("batch.list_jobs", {"jobQueue": "q"}, b'{"jobSummaryList": "x"}', "jobSummaryList is a text, not a list"),
    "REST, no object": ("batch.list_jobs", {"jobQueue": "q"}, b"[]", "the whole is a list, not an object"),
    "XML of REST": (
        "s3.list_objects_v2",
        {"Bucket": "papers"},
        b"<ListBucketResult><KeyCount>many</KeyCount></ListBucketResult>",
        "cannot read as ListObjectsV2Output (ValueError: ",
    ),
    "a query": (
        "iam.list_users",
        {},
        b"<ListUsersResponse><ListUsersResult><IsTruncated/><Users><member><CreateDate>x</CreateDate></member></Users></ListUsersResult></ListUsersResponse>",
        "cannot read as ListUsersResponse (ValueError: ",
    ),
    "ec2": (
        "ec2.describe_volumes",
        {},
        b"<DescribeVolumesResponse><volumeSet><item><size>big</size></item></volumeSet></DescribeVolumesResponse>",
        "cannot read as DescribeVolumesResult (ValueError: ",
    ),
    "another prefix": ("cloudwatch.list_metrics", {}, b'{"Metrics": "x"}', "Metrics is a text, not a list"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_member_of_another_type_is_named(script: Script, case: str) -> None:
    call, parameters, content, said = WRONG[case]
    client, _, method = call.partition(".")
    script.answer = (200, {}, content)
    with Emulator(backend=script.url, allow_blocked=True), pytest.raises(BackendError) as raised:
        getattr(boto3.client(client), method)(**parameters)
    assert f" at {script.url}: it answered 200 with " in str(raised.value)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xa1\x67Metrics\x61x", "a body in which Metrics is a text, not a list"),
        (b"hello", "a body that botocore cannot read as ListMetricsOutput ("),
        (b"\xa1\x67Metrics\x80", None),
    ],
)
def test_a_member_of_another_type_is_named_in_cbor(content: bytes, said: str | None) -> None:
    url = "https://monitoring.us-east-1.amazonaws.com/service/GraniteServiceVersion20100801/operation/ListMetrics"
    headers = HTTPHeaders.from_dict({"smithy-protocol": "rpc-v2-cbor"})
    request = AwsRequest("monitoring", AWSPreparedRequest("POST", url, headers, b"", False))
    why = why_foreign(request, {"smithy-protocol": "rpc-v2-cbor"}, content)
    assert why == said if said is None else why is not None and why.startswith(said)


def test_in_a_task_a_member_of_another_type_is_named_with_the_call(script: Script) -> None:
    script.answer = (200, JSON, b'{"Item": "x"}')
    state = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "Parameters": KEY, "End": True}
    with Emulator(backend=script.url, allow_blocked=True) as emulator, pytest.raises(BackendError) as raised:
        emulator.run({"StartAt": "A", "States": {"A": state}})
    assert f"dynamodb:GetItem at {script.url}: it answered 200 with a body in which Item is a text" in str(raised.value)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("service", ["dynamodb", "sqs", "events", "sns"])
def test_a_redirect_is_named(script: Script, status: int, service: str) -> None:
    script.answer = (status, {"Location": "https://login.example.com/"}, b"")
    calls = {"dynamodb": "list_tables", "sqs": "list_queues", "events": "list_event_buses", "sns": "list_topics"}
    with Emulator(backend=script.url), pytest.raises(BackendError) as raised:
        getattr(boto3.client(service), calls[service])()
    assert f"it sends the request on ({status} to https://login.example.com/), as no AWS service does" in str(
        raised.value
    )


def test_an_error_that_is_not_of_aws_is_named(script: Script) -> None:
    script.answer = (404, {"Content-Type": "text/plain"}, b"404 page not found")
    with Emulator(backend=script.url), pytest.raises(BackendError) as raised:
        boto3.client("dynamodb").get_item(**KEY)
    assert "it answered 404 with no JSON object, as errors of AWS are: 404 page not found" in str(raised.value)


def test_an_answer_that_is_cut_is_a_broken_connection(script: Script) -> None:
    script.answer = (200, {"Content-Length": "100", "Connection": "close"}, b'{"Item"')
    with Emulator(backend=script.url), pytest.raises(BackendError, match="the connection broke: "):
        boto3.client("dynamodb").get_item(**KEY)
