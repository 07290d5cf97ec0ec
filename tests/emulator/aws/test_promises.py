"""Calls that promise a later event: refused by name when they are made, wherever the request comes from."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders

from emulator import Emulator, EmulatorError, NotEmulatedError
from emulator.aws import names, promises
from emulator.aws.endpoint_prefixes import prefix_of
from emulator.aws.http import HttpRequest
from emulator.aws.interception import AwsRequest
from emulator.aws.promises.table import PROMISES
from emulator.http_requests import answer

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"
ROLE = "arn:aws:iam::123456789012:role/r"
TARGET = {"Arn": FUNCTION, "RoleArn": ROLE}
ALARM = {
    "AlarmName": "a",
    "EvaluationPeriods": 1,
    "ComparisonOperator": "GreaterThanThreshold",
    "AlarmActions": [FUNCTION],
}
JOB = {"jobName": "j", "jobQueue": "q", "jobDefinition": "d"}


def lifecycle(status: str) -> dict[str, Any]:
    rule = {"ID": "r", "Status": status, "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    return {"Bucket": "bucket", "LifecycleConfiguration": {"Rules": [rule]}}


def subscription(protocol: str, **attributes: str) -> dict[str, Any]:
    return {"TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "Protocol": protocol, "Attributes": attributes}


REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("batch", "submit_job", JOB),
    ("s3", "put_bucket_lifecycle_configuration", lifecycle("Enabled")),
    *(("sns", "subscribe", subscription(each)) for each in ("https", "http", "firehose", "email", "sms")),
    ("sns", "subscribe", subscription("sqs", ReplayPolicy="{}")),
    (
        "sns",
        "set_subscription_attributes",
        {"SubscriptionArn": "arn:aws:sns:us-east-1:123456789012:t:s", "AttributeName": "ReplayPolicy"}
        | {"AttributeValue": "{}"},
    ),
    (
        "dynamodb",
        "enable_kinesis_streaming_destination",
        {"TableName": "t", "StreamArn": "arn:aws:kinesis:us-east-1:123456789012:stream/s"},
    ),
    (
        "logs",
        "put_subscription_filter",
        {"logGroupName": "g", "filterName": "f", "filterPattern": "", "destinationArn": FUNCTION},
    ),
    ("logs", "put_retention_policy", {"logGroupName": "g", "retentionInDays": 1}),
    ("cloudwatch", "put_metric_alarm", ALARM),
    ("cognito-idp", "create_user_pool", {"PoolName": "p", "LambdaConfig": {"PreSignUp": FUNCTION}}),
    ("secretsmanager", "rotate_secret", {"SecretId": "s", "RotationLambdaARN": FUNCTION}),
    ("batch", "submit_job", {"jobName": "j", "jobQueue": "q", "jobDefinition": "d"}),
    ("glue", "start_job_run", {"JobName": "j"}),
    ("ecs", "run_task", {"taskDefinition": "t"}),
    ("athena", "start_query_execution", {"QueryString": "SELECT 1"}),
    ("codebuild", "start_build", {"projectName": "p"}),
    ("emr", "run_job_flow", {"Name": "c", "Instances": {}, "Steps": [{"Name": "s", "HadoopJarStep": {"Jar": "j"}}]}),
    ("kms", "schedule_key_deletion", {"KeyId": "k"}),
    ("rds-data", "execute_statement", {"resourceArn": QUEUE, "secretArn": QUEUE, "sql": "SELECT 1"}),
    ("iot", "create_topic_rule", {"ruleName": "r", "topicRulePayload": {"sql": "SELECT *", "actions": []}}),
    ("ses", "set_identity_notification_topic", {"Identity": "a@b.c", "NotificationType": "Bounce", "SnsTopic": "t"}),
]


@pytest.mark.parametrize(("service", "method", "arguments"), REFUSED, ids=[f"{s}.{m}" for s, m, _ in REFUSED])
def test_a_call_that_promises_a_later_event_is_refused_by_name(
    emulator: Emulator, service: str, method: str, arguments: dict[str, Any]
) -> None:
    client = boto3.client(service)
    name = f"{service}:{client.meta.method_to_api_mapping[method]}"
    with pytest.raises(NotEmulatedError, match=f"^{name} is not emulated: ") as refused:
        getattr(client, method)(**arguments)
    assert f"accepted_calls=['{name}']" in str(refused.value)


def test_what_promises_nothing_is_answered(emulator: Emulator) -> None:
    """Neighbours of the refused calls: the same operations without the promise, and others of the same services."""
    s3, sns, sqs = (boto3.client(name) for name in ("s3", "sns", "sqs"))
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="notification", Body=b"<x/>")
    s3.put_bucket_lifecycle_configuration(**lifecycle("Disabled"))
    topic, queue = sns.create_topic(Name="t")["TopicArn"], sqs.create_queue(QueueName="q")["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=QUEUE, Attributes={"RawMessageDelivery": "true"})
    sns.publish(TopicArn=topic, Message="hello")
    assert sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "hello"
    boto3.client("events").put_rule(Name="r", EventPattern='{"source": ["s"]}')
    boto3.client("scheduler").create_schedule_group(Name="g")
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName="g")
    assert [each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]] == ["g"]


def test_a_machines_task_is_refused_like_a_call(emulator: Emulator) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:cloudwatch:putMetricAlarm",
        "Parameters": ALARM,
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
        "End": True,
    }
    flow = {"StartAt": "A", "States": {"A": task, "Caught": {"Type": "Succeed"}}}
    with pytest.raises(NotEmulatedError, match=r"^cloudwatch:PutMetricAlarm is not emulated"):
        emulator.run(flow)


@pytest.mark.parametrize(
    ("service", "method", "path", "query", "headers", "body", "told"),
    [
        ("batch", "POST", "/v1/submitjob", "", {}, json.dumps(JOB).encode(), b'"__type": "NotEmulatedError"'),
        (
            "s3",
            "PUT",
            "/b",
            "lifecycle",
            {},
            b"<L><Rule><Status>Enabled</Status></Rule></L>",
            b"<Code>NotEmulatedError</Code>",
        ),
        (
            "sns",
            "POST",
            "/",
            "",
            {"content-type": "application/x-www-form-urlencoded"},
            b"Action=Subscribe&Protocol=https&TopicArn=t&Endpoint=https%3A%2F%2Fe",
            b"<Code>NotEmulatedError</Code>",
        ),
        (
            "sns",
            "GET",
            "/",
            "Action=Subscribe&Protocol=https&TopicArn=t&Endpoint=https%3A%2F%2Fe",
            {},
            b"",
            b"<Code>NotEmulatedError</Code>",
        ),
        (
            "sns",
            "POST",
            "/",
            "Action=Subscribe&Protocol=https&TopicArn=t&Endpoint=https%3A%2F%2Fe",
            {"content-type": "application/x-www-form-urlencoded"},
            b"",
            b"<Code>NotEmulatedError</Code>",
        ),
        (
            "sns",
            "POST",
            "/",
            "Action=Subscribe",
            {"content-type": "application/x-www-form-urlencoded"},
            b"Protocol=https&TopicArn=t&Endpoint=https%3A%2F%2Fe",
            b"<Code>NotEmulatedError</Code>",
        ),
        (
            "sns",
            "POST",
            "/",
            "",
            {"content-type": "APPLICATION/X-WWW-FORM-URLENCODED; charset=utf-8"},
            b"Action=Subscribe&Protocol=https&TopicArn=t&Endpoint=https%3A%2F%2Fe",
            b"<Code>NotEmulatedError</Code>",
        ),
        (
            "sns",
            "POST",
            "/",
            "",
            {},
            b"Action=Subscribe&Protocol=https&TopicArn=t&Endpoint=https%3A%2F%2Fe",
            b"NotEmulatedError",
        ),
        ("monitoring", "GET", "/", "Action=PutMetricAlarm&AlarmName=a", {}, b"", b"<Code>NotEmulatedError</Code>"),
        (
            "cloudformation",
            "GET",
            "/",
            "Action=CreateStack&StackName=s&TemplateBody="
            + quote('{"Resources": {"F": {"Type": "AWS::Lambda::Function"}}}'),
            {},
            b"",
            b"<Code>NotEmulatedError</Code>",
        ),
        (
            "monitoring",
            "POST",
            "/service/GraniteServiceVersion20100801/operation/PutMetricAlarm",
            "",
            {"smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor"},
            b"\xa1\x69AlarmName\x61a",
            b"NotEmulatedError",
        ),
        (
            "dynamodb",
            "POST",
            "/",
            "",
            {"x-amz-target": "DynamoDB_20120810.EnableKinesisStreamingDestination"},
            b'{"TableName": "t", "StreamArn": "s"}',
            b'"__type": "NotEmulatedError"',
        ),
    ],
    ids=[
        "rest-json",
        "rest-xml",
        "query",
        "query-get",
        "query-in-url",
        "query-action-in-url",
        "query-in-capitals",
        "query-untyped",
        "query-get-alarm",
        "query-get-stack",
        "cbor",
        "json",
    ],
)
@pytest.mark.emulator(allow_blocked=True)
def test_a_server_answers_in_the_clients_protocol(
    emulator: Emulator,
    service: str,
    method: str,
    path: str,
    query: str,
    headers: dict[str, str],
    body: bytes,
    told: bytes,
) -> None:
    scope = {"authorization": f"AWS4-HMAC-SHA256 Credential=k/20300101/us-east-1/{service}/aws4_request"}
    response = answer(emulator.assembly, HttpRequest(method, path, query, [*scope.items(), *headers.items()], body))
    assert response.status == 501
    assert told in response.body
    assert b"accepted_calls" in response.body
    assert [each.partition(" is not")[0] for each in emulator.blocked] != []
    emulator.blocked.clear()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_service_of_several_protocols_answers_a_query_in_the_url(emulator: Emulator, method: str) -> None:
    scope = ("authorization", "AWS4-HMAC-SHA256 Credential=k/20300101/us-east-1/monitoring/aws4_request")
    query = "Action=ListMetrics&Version=2010-08-01"
    response = answer(emulator.assembly, HttpRequest(method, "/", query, [scope], b""))
    assert (response.status, response.body.count(b"<ListMetricsResult>")) == (200, 1)


def test_a_test_accepts_calls_by_name() -> None:
    with Emulator(accepted_calls=["cloudwatch:PutMetricAlarm"]) as emulator:
        cloudwatch = emulator.client("cloudwatch")
        cloudwatch.put_metric_alarm(**ALARM)
        assert [each["AlarmName"] for each in cloudwatch.describe_alarms()["MetricAlarms"]] == ["a"]
        with pytest.raises(NotEmulatedError, match="batch:SubmitJob"):
            emulator.client("batch").submit_job(**JOB)


@pytest.mark.emulator(accepted_calls=["logs:PutRetentionPolicy"])
def test_the_marker_accepts_calls_too(emulator: Emulator) -> None:
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName="/orders")
    logs.put_retention_policy(logGroupName="/orders", retentionInDays=7)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            ["scheduler:CreateSchedul"],
            "'scheduler:CreateSchedul' is not a call .* Did you mean 'scheduler:CreateSchedule'?",
        ),
        (
            ["sqs:SendMessage"],
            "'sqs:SendMessage' is not a call that can be accepted .* emulator answers it",
        ),
        (["lambda:CreateFunctionUrlConfig"], "always refuses it"),
        (["no:Thing"], "is not a call that can be accepted by name"),
        ("scheduler:CreateSchedule", r"give a list: accepted_calls=\['scheduler:CreateSchedule'\]"),
    ],
)
def test_other_names_cannot_be_accepted(given: Any, message: str) -> None:
    with pytest.raises(EmulatorError, match=message):
        Emulator(accepted_calls=given)


@pytest.mark.parametrize("service", sorted(PROMISES))
def test_every_promise_is_an_operation_of_its_services_model(service: str) -> None:
    model = names.service_model(service)
    assert model.metadata["endpointPrefix"] == prefix_of(service)
    assert set(PROMISES[service]) <= set(model.operation_names)


def test_a_schedule_at_an_external_backend_is_its_own_but_for_the_bus() -> None:
    """An external backend has a scheduler; it cannot reach the targets of a bus's rules that are in this process."""

    def asked(service: str, target: str, body: Any) -> Callable[[], None]:
        headers = HTTPHeaders.from_dict({"X-Amz-Target": target})
        prepared = AWSPreparedRequest("POST", "https://x/", headers, json.dumps(body).encode(), False)
        return lambda: promises.check(AwsRequest(service, prepared), is_external=True)

    asked("logs", "Logs_20140328.PutRetentionPolicy", {"retentionInDays": 1})()
    with pytest.raises(NotEmulatedError, match="events:PutRule"):
        asked("events", "AWSEvents.PutRule", {"ScheduleExpression": "rate(1 hour)"})()


def test_a_disabled_rule_with_a_schedule_is_enabled_in_its_own_region() -> None:
    with Emulator(accepted_calls=["events:EnableRule"]) as emulator:
        events = emulator.client("events", region="eu-west-1")
        events.put_rule(Name="hourly", ScheduleExpression="rate(1 hour)", State="DISABLED")
        events.enable_rule(Name="hourly")
        assert events.describe_rule(Name="hourly")["State"] == "ENABLED"
