"""Faults: errors and delays for calls of services, as a state, a handler, boto3 and a report see them."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from asl.resources import INTEGRATION_PATTERNS
from emulator import Emulator, EmulatorError
from emulator.faults.errors import ServiceFault
from emulator.faults.told import ALLOW
from emulator.targets.integrations import optimized
from tests.emulator.flows import flow
from tests.needs import needs_node

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"
PUT = "arn:aws:states:::dynamodb:putItem"
SDK_PUT = "arn:aws:states:::aws-sdk:dynamodb:putItem"


def put(resource: str = PUT, table: str = "orders", **fields: Any) -> dict[str, Any]:
    parameters = {"TableName": table, "Item": {"id": {"S": "1"}}}
    return {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": "Next" not in fields, **fields}


def task(name: str, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": FUNCTION + name, "End": "Next" not in fields, **fields}


RETRY = [{"ErrorEquals": ["DynamoDB.ThrottlingException"], "IntervalSeconds": 2, "MaxAttempts": 3}]


def make_table(name: str = "orders") -> None:
    boto3.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.fixture
def table(emulator: Emulator) -> None:
    make_table()


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def once(service: str) -> Any:
    return boto3.client(service, config=Config(retries={"total_max_attempts": 1}))


# States


def test_a_state_retries_a_throttled_call(emulator: Emulator, table: None) -> None:
    fault = emulator.faults.fail("dynamodb:PutItem", "ThrottlingException", times=2)
    run = emulator.run(flow(Put=put(Retry=RETRY)))
    assert (run.status, run.states["Put"].attempts, run.elapsed) == ("SUCCEEDED", 3, timedelta(seconds=6))
    assert fault.count == 2
    assert fault.calls == (f"dynamodb:PutItem of state Put of execution {run.name}",) * 2


@pytest.mark.parametrize(
    ("resource", "error", "name", "cause"),
    [
        (
            PUT,
            "ProvisionedThroughputExceededException",
            "DynamoDB.ProvisionedThroughputExceededException",
            "API. (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ProvisionedThroughputExceededException; ",
        ),
        (
            SDK_PUT,
            "ProvisionedThroughputExceededException",
            "DynamoDb.ProvisionedThroughputExceededException",
            "UpdateTable API. (Service: DynamoDb, Status Code: 400, Request ID: ",
        ),
        (SDK_PUT, "InternalServerError", "DynamoDb.InternalServerErrorException", "Status Code: 500"),
        (PUT, "ServiceUnavailable", "DynamoDB.AmazonDynamoDBException", "Status Code: 503"),
        (SDK_PUT, "ServiceUnavailable", "DynamoDb.DynamoDbException", "Status Code: 503"),
    ],
)
def test_the_state_gets_step_functions_error_and_cause(
    emulator: Emulator, table: None, resource: str, error: str, name: str, cause: str
) -> None:
    emulator.faults.fail("dynamodb:PutItem", error)
    run = emulator.run(flow(Put=put(resource)))
    assert run.error == name
    assert cause in (run.cause or "")


@pytest.mark.parametrize(
    ("state", "call", "error", "name"),
    [
        (
            {
                "Resource": "arn:aws:states:::sqs:sendMessage",
                "Parameters": {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/q", "MessageBody": "x"},
            },
            "sqs:SendMessage",
            "RequestThrottled",
            "SQS.RequestThrottledException",
        ),
        (
            {
                "Resource": "arn:aws:states:::sns:publish",
                "Parameters": {"TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "Message": "x"},
            },
            "sns:Publish",
            "InternalErrorException",
            "SNS.InternalErrorException",
        ),
        (
            {"Resource": "arn:aws:states:::aws-sdk:s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"}},
            "s3:GetObject",
            "NoSuchKey",
            "S3.NoSuchKeyException",
        ),
        (
            {
                "Resource": "arn:aws:states:::states:startExecution",
                "Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:x"},
            },
            "states:startExecution",
            "ExecutionLimitExceeded",
            "StepFunctions.ExecutionLimitExceededException",
        ),
        (
            {"Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}},
            "lambda:Invoke",
            "TooManyRequestsException",
            "Lambda.TooManyRequestsException",
        ),
        ({"Resource": FUNCTION + "f"}, "lambda:invoke", "ServiceException", "Lambda.ServiceException"),
        ({"Resource": FUNCTION + "f"}, "lambda:Invoke", "SdkClientException", "Lambda.SdkClientException"),
        (
            {"Resource": "arn:aws:states:::aws-sdk:sfn:listStateMachines", "Parameters": {}},
            "sfn:listStateMachines",
            "ThrottlingException",
            "Sfn.SfnException",
        ),
    ],
)
def test_every_integration_has_its_error_name(
    emulator: Emulator, state: dict[str, Any], call: str, error: str, name: str
) -> None:
    emulator.lambda_function("f", lambda event, context: event)
    emulator.faults.fail(call, error)
    run = emulator.run(flow(Ask={"Type": "Task", "End": True, **state}))
    assert (run.status, run.error) == ("FAILED", name)


def test_the_cause_of_a_throttled_function_is_lambdas(emulator: Emulator) -> None:
    emulator.lambda_function("f", lambda event, context: event)
    emulator.faults.fail("lambda:Invoke", "TooManyRequestsException", resource="f")
    run = emulator.run(flow(Ask=task("f")))
    start = "Rate Exceeded. (Service: AWSLambda; Status Code: 429; Error Code: TooManyRequestsException; Request ID: "
    assert run.cause is not None
    assert run.cause.startswith(start)


# Functions


@pytest.mark.parametrize(
    ("error", "cause", "seconds"),
    [
        ("Runtime.ExitError", "Error: Runtime exited with error: signal: killed", 0),
        ("Sandbox.Timedout", "Error: Task timed out after 5.00 seconds", 5),
        ("Lambda.Unknown", "The cause could not be determined because Lambda did not return an error type.", 5),
        ("Function.ResponseSizeTooLarge", "exceeded maximum allowed payload size", 0),
    ],
)
@pytest.mark.parametrize("resource", [FUNCTION + "charge", "arn:aws:states:::lambda:invoke"])
def test_a_function_fails_itself(emulator: Emulator, resource: str, error: str, cause: str, seconds: int) -> None:
    called: list[Any] = []
    emulator.lambda_function("charge", lambda event, context: called.append(event), timeout_seconds=5)
    emulator.faults.fail("lambda:Invoke", error, times=1, resource="charge")
    fields = {} if ":::" not in resource else {"Parameters": {"FunctionName": "charge", "Payload": {}}}
    run = emulator.run(flow(Charge={"Type": "Task", "Resource": resource, "End": True, **fields}))
    assert (run.error, run.elapsed, called) == (error, timedelta(seconds=seconds), [])
    assert cause in (run.cause or "")
    answer = boto3.client("lambda").invoke(FunctionName="charge")
    assert ("FunctionError" in answer, len(called)) == (False, 1)


def test_boto3_sees_a_function_error(emulator: Emulator) -> None:
    emulator.lambda_function("charge", lambda event, context: event)
    emulator.faults.fail("lambda:Invoke", "Runtime.ExitError", function=None, resource="charge")
    answer = boto3.client("lambda").invoke(FunctionName="charge", Payload=b"{}")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert b'"errorType":"Runtime.ExitError"' in answer["Payload"].read()


def test_an_asynchronous_call_that_lambda_refuses_waits_in_its_queue(emulator: Emulator) -> None:
    called: list[Any] = []
    emulator.lambda_function("log", lambda event, context: called.append(emulator.clock.now()))
    boto3.client("lambda").invoke(FunctionName="log", InvocationType="Event")
    begun = emulator.clock.now()
    events = boto3.client("events")
    events.put_rule(Name="all", EventPattern='{"source": ["shop"]}')
    events.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": FUNCTION + "log"}])
    emulator.faults.fail("lambda:Invoke", "TooManyRequestsException", times=3, resource="log")
    events.put_events(Entries=[{"Source": "shop", "DetailType": "x", "Detail": "{}"}])
    emulator.clock.advance(minutes=1)
    assert [at - begun for at in called] == [timedelta(0), timedelta(seconds=7)]


def test_a_function_error_of_an_asynchronous_call_is_tried_again(emulator: Emulator) -> None:
    called: list[Any] = []
    emulator.lambda_function("log", lambda event, context: called.append(emulator.clock.now()))
    emulator.faults.fail("lambda:Invoke", "Runtime.ExitError", times=1)
    begun = emulator.clock.now()
    boto3.client("lambda").invoke(FunctionName="log", InvocationType="Event")
    emulator.clock.advance(minutes=5)
    assert [at - begun for at in called] == [timedelta(minutes=1)]


# Handlers and boto3


def test_boto3_in_a_handler_repeats_a_throttled_call_on_the_virtual_clock(emulator: Emulator, table: None) -> None:
    def handler(event: Any, context: Any) -> None:
        boto3.client("dynamodb").put_item(TableName="orders", Item={"id": {"S": "1"}})

    emulator.lambda_function("charge", handler)
    fault = emulator.faults.fail("dynamodb:PutItem", "ThrottlingException", times=2, function="charge")
    run = emulator.run(flow(Charge=task("charge")))
    assert (run.status, fault.count) == ("SUCCEEDED", 2)
    assert timedelta(milliseconds=100) < run.elapsed < timedelta(seconds=3)


def test_a_handler_meets_the_error_when_boto3_gives_up(emulator: Emulator, table: None) -> None:
    codes: list[str] = []

    def handler(event: Any, context: Any) -> None:
        try:
            once("dynamodb").put_item(TableName="orders", Item={"id": {"S": "1"}})
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])

    emulator.lambda_function("charge", handler)
    emulator.faults.fail("dynamodb:PutItem", "ProvisionedThroughputExceededException", function="charge")
    emulator.run(flow(Charge=task("charge"))).assert_succeeded()
    assert codes == ["ProvisionedThroughputExceededException"]


def test_a_tests_own_call_is_repeated_without_real_waits(emulator: Emulator, table: None) -> None:
    fault = emulator.faults.fail("dynamodb:PutItem", "InternalServerError", times=3)
    began, virtual = time.monotonic(), emulator.clock.now()
    client = boto3.client("dynamodb", config=Config(retries={"mode": "standard", "max_attempts": 5}))
    client.put_item(TableName="orders", Item={"id": {"S": "1"}})
    assert fault.count == 3
    assert emulator.clock.now() > virtual
    legacy = emulator.faults.fail("sqs:ListQueues", "ServiceUnavailable", times=3)
    boto3.client("sqs", config=Config(retries={"mode": "legacy"})).list_queues()
    assert legacy.count == 3
    assert time.monotonic() - began < 5


def test_one_seed_gives_one_history() -> None:
    def elapsed(seed: int) -> list[Any]:
        with Emulator(seed=seed) as emulator:
            make_table()
            emulator.lambda_function(
                "charge",
                lambda event, context: boto3.client("dynamodb").put_item(TableName="orders", Item={"id": {"S": "1"}}),
            )
            emulator.faults.fail("dynamodb:PutItem", "ThrottlingException", probability=0.5, function="charge")
            runs = [emulator.run(flow(Charge=task("charge")), name=f"run-{number}") for number in range(20)]
            return [run.elapsed for run in runs]

    first = elapsed(1)
    assert first == elapsed(1) != elapsed(2)
    assert 2 < sum(1 for each in first if each) < 18


@pytest.mark.parametrize(
    ("service", "call", "ask", "error", "status"),
    [
        ("dynamodb", "dynamodb:ListTables", lambda client: client.list_tables(), "InternalServerError", 500),
        ("sqs", "sqs:ListQueues", lambda client: client.list_queues(), "RequestThrottled", 403),
        ("sns", "sns:ListTopics", lambda client: client.list_topics(), "AuthorizationErrorException", 403),
        ("s3", "s3:ListBuckets", lambda client: client.list_buckets(), "SlowDown", 503),
        ("lambda", "lambda:ListFunctions", lambda client: client.list_functions(), "TooManyRequestsException", 429),
        ("events", "events:ListRules", lambda client: client.list_rules(), "InternalException", 500),
        ("stepfunctions", "states:ListActivities", lambda client: client.list_activities(), "ThrottlingException", 400),
        ("ec2", "ec2:DescribeVpcs", lambda client: client.describe_vpcs(), "RequestLimitExceeded", 503),
        ("cloudwatch", "cloudwatch:ListMetrics", lambda client: client.list_metrics(), "InternalServiceFault", 500),
        ("route53", "route53:ListHostedZones", lambda client: client.list_hosted_zones(), "Throttling", 400),
        ("kms", "kms:ListKeys", lambda client: client.list_keys(), "KMSInternalException", 500),
        ("batch", "batch:DescribeJobs", lambda client: client.describe_jobs(jobs=["1"]), "ServerException", 500),
    ],
)
def test_every_protocol_has_its_form_of_an_error(
    emulator: Emulator, service: str, call: str, ask: Any, error: str, status: int
) -> None:
    emulator.faults.fail(call, error, "as planned")
    with pytest.raises(ClientError) as raised:
        ask(once(service))
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    modelled = {"AuthorizationErrorException": "AuthorizationError", "InternalServiceFault": "InternalServiceError"}
    assert code(raised) == modelled.get(error, error)
    assert "as planned" in str(raised.value)
    named = (
        getattr(boto3.client(service).exceptions, error, None)
        if hasattr(boto3.client(service).exceptions, error)
        else None
    )
    assert named is None or type(raised.value) is named


def test_a_head_request_has_only_a_status(emulator: Emulator) -> None:
    emulator.faults.fail("s3:HeadObject", "SlowDown")
    with pytest.raises(ClientError) as raised:
        once("s3").head_object(Bucket="b", Key="k")
    assert code(raised) == "503"


def test_a_connection_breaks(emulator: Emulator, table: None) -> None:
    emulator.faults.time_out("dynamodb:ListTables", times=1)
    emulator.faults.disconnect("sqs:ListQueues", times=1)
    began = emulator.clock.now()
    with pytest.raises(ReadTimeoutError):
        once("dynamodb").list_tables()
    assert emulator.clock.now() - began == timedelta(seconds=60)
    with pytest.raises(EndpointConnectionError):
        once("sqs").list_queues()


def test_a_state_gets_the_error_of_the_sdk_when_a_connection_breaks(emulator: Emulator, table: None) -> None:
    emulator.faults.disconnect("dynamodb:PutItem", times=1)
    emulator.faults.time_out("dynamodb:PutItem", seconds=30, times=1)
    first, second = emulator.run(flow(Put=put())), emulator.run(flow(Put=put(SDK_PUT)))
    assert first.error == "DynamoDB.SdkClientException"
    assert (second.error, second.elapsed) == ("DynamoDb.SdkClientException", timedelta(seconds=30))


# Delays


def test_a_slow_service_meets_the_timeout_of_a_state(emulator: Emulator, table: None) -> None:
    emulator.faults.delay("dynamodb:*", seconds=3, state="Put")
    run = emulator.run(flow(Put=put(TimeoutSeconds=2)))
    assert run.error == "States.Timeout"
    assert emulator.run(flow(Put=put())).elapsed == timedelta(seconds=3)
    assert "Item" in boto3.client("dynamodb").get_item(TableName="orders", Key={"id": {"S": "1"}})


def test_a_slow_service_meets_the_timeout_of_a_function(emulator: Emulator, table: None) -> None:
    def handler(event: Any, context: Any) -> int:
        boto3.client("dynamodb").put_item(TableName="orders", Item={"id": {"S": "1"}})
        return int(context.get_remaining_time_in_millis())

    emulator.lambda_function("charge", handler, timeout_seconds=5)
    emulator.faults.delay("dynamodb", seconds=3, resource="orders", function="charge", times=1)
    emulator.faults.delay("dynamodb", seconds=6, resource="orders", function="charge", from_call=2)
    assert emulator.run(flow(Charge=task("charge"))).output == 2000
    assert emulator.run(flow(Charge=task("charge"))).error == "Sandbox.Timedout"


def test_a_tests_own_call_lets_time_pass(emulator: Emulator, table: None) -> None:
    emulator.faults.delay("dynamodb:ListTables", seconds=2.5)
    began = emulator.clock.now()
    boto3.client("dynamodb").list_tables()
    assert emulator.clock.now() - began == timedelta(seconds=2.5)


def test_a_slow_function_delays_a_delivery(emulator: Emulator) -> None:
    emulator.lambda_function("f", lambda event, context: event)
    emulator.faults.delay("lambda:Invoke", seconds=4)
    assert emulator.run(flow(Ask=task("f"))).elapsed == timedelta(seconds=4)


# Which calls


def test_a_fault_is_for_a_resource(emulator: Emulator, table: None) -> None:
    make_table("stock")
    emulator.faults.fail("dynamodb:PutItem", "ResourceNotFoundException", resource="stock")
    assert emulator.run(flow(Put=put())).status == "SUCCEEDED"
    assert emulator.run(flow(Put=put(table="stock"))).error == "DynamoDB.ResourceNotFoundException"
    client = boto3.client("dynamodb")
    client.put_item(TableName="orders", Item={"id": {"S": "1"}})
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.put_item(TableName="arn:aws:dynamodb:us-east-1:123456789012:table/stock", Item={"id": {"S": "1"}})


@pytest.mark.parametrize(
    "resource", ["q", "arn:aws:sqs:us-east-1:123456789012:q", "https://sqs.us-east-1.amazonaws.com/123456789012/q"]
)
def test_a_queue_is_named_by_its_name_arn_or_url(emulator: Emulator, resource: str) -> None:
    client = once("sqs")
    url, other = (client.create_queue(QueueName=name)["QueueUrl"] for name in ("q", "other"))
    emulator.faults.fail("sqs:SendMessage", "RequestThrottled", resource=resource)
    client.send_message(QueueUrl=other, MessageBody="q")
    with pytest.raises(ClientError):
        client.send_message(QueueUrl=url, MessageBody="x")


def test_a_bucket_is_a_resource_and_a_copy_is_not_a_put(emulator: Emulator) -> None:
    client = once("s3")
    client.create_bucket(Bucket="files")
    emulator.faults.fail("s3:CopyObject", "SlowDown", resource="files")
    client.put_object(Bucket="files", Key="a", Body=b"x")
    with pytest.raises(ClientError, match="SlowDown"):
        client.copy_object(Bucket="files", Key="b", CopySource="files/a")


def test_a_fault_is_for_a_state_and_what_its_function_calls(emulator: Emulator, table: None) -> None:
    def handler(event: Any, context: Any) -> None:
        once("dynamodb").put_item(TableName="orders", Item={"id": {"S": "1"}})

    emulator.lambda_function("charge", handler)
    emulator.faults.fail("dynamodb:PutItem", "ThrottlingException", state="Charge")
    run = emulator.run(flow(Put=put(Next="Charge"), Charge=task("charge", Next="Again"), Again=put()))
    assert run.path == ["Put", "Charge"]
    assert run.error == "ThrottlingException"


def test_a_fault_is_for_a_machine(emulator: Emulator, table: None) -> None:
    emulator.faults.fail("dynamodb:PutItem", "ThrottlingException", machine="Orders", state="Put")
    orders = emulator.state_machine(flow(Put=put()), name="Orders")
    others = emulator.state_machine(flow(Put=put()), name="Others")
    assert (emulator.run(orders).status, emulator.run(others).status) == ("FAILED", "SUCCEEDED")


def test_faults_follow_one_another(emulator: Emulator, table: None) -> None:
    emulator.faults.fail("dynamodb:PutItem", "ThrottlingException", times=1)
    emulator.faults.fail("dynamodb:PutItem", "InternalServerError", times=1)
    last = emulator.faults.fail("dynamodb:PutItem", "AccessDeniedException", from_call=2)
    client, codes = once("dynamodb"), []
    for _ in range(4):
        try:
            client.put_item(TableName="orders", Item={"id": {"S": "1"}})
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])
        else:
            codes.append("")
    assert codes == ["ThrottlingException", "InternalServerError", "", "AccessDeniedException"]
    last.stop()
    client.put_item(TableName="orders", Item={"id": {"S": "1"}})


@pytest.mark.parametrize(
    "call", ["dynamodb:put_item", "aws-sdk:dynamodb:putItem", "arn:aws:states:::dynamodb:putItem", "dynamodb:Put*", "*"]
)
def test_an_operation_has_many_names(emulator: Emulator, table: None, call: str) -> None:
    emulator.faults.fail(call, "ThrottlingException")
    assert emulator.run(flow(Put=put())).status == "FAILED"


# Batches


def test_some_entries_of_put_events_fail(emulator: Emulator) -> None:
    entry = {"Source": "shop", "DetailType": "x", "Detail": "{}"}
    emulator.faults.fail_entries("events:PutEvents", "ThrottlingException", "too fast", entries=[1], times=1)
    answer = boto3.client("events").put_events(Entries=[entry] * 3)
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][1] == {"ErrorCode": "ThrottlingException", "ErrorMessage": "too fast"}
    assert ["EventId" in each for each in answer["Entries"]] == [True, False, True]
    assert len(emulator.bus.entries) == 2


def test_a_state_fails_with_its_entries_and_sends_all_again(emulator: Emulator) -> None:
    emulator.faults.fail_entries("events:PutEvents", "InternalFailure", entries=[0], state="Tell")
    run = emulator.run(
        flow(
            Tell={
                "Type": "Task",
                "Resource": "arn:aws:states:::events:putEvents",
                "Parameters": {"Entries": [{"Source": "shop", "DetailType": "x", "Detail": {}}]},
                "End": True,
            }
        )
    )
    assert run.error == "EventBridge.FailedEntry"
    assert '"ErrorCode":"InternalFailure"' in (run.cause or "")


def test_some_items_of_a_batch_are_not_processed(emulator: Emulator, table: None) -> None:
    client = boto3.client("dynamodb")
    requests = [{"PutRequest": {"Item": {"id": {"S": str(number)}}}} for number in range(3)]
    emulator.faults.fail_entries("dynamodb:BatchWriteItem", entries=[0, 2], times=1)
    answer = client.batch_write_item(RequestItems={"orders": requests})
    assert answer["UnprocessedItems"] == {"orders": [requests[0], requests[2]]}
    assert client.scan(TableName="orders")["Count"] == 1
    emulator.faults.fail_entries("dynamodb:BatchGetItem", entries=[1], resource="orders")
    keys = [{"id": {"S": "1"}}, {"id": {"S": "0"}}]
    got = client.batch_get_item(RequestItems={"orders": {"Keys": keys}})
    assert got["UnprocessedKeys"]["orders"]["Keys"] == [keys[1]]
    assert got["Responses"]["orders"] == [{"id": {"S": "1"}}]


def test_some_messages_of_a_batch_fail(emulator: Emulator) -> None:
    client = boto3.client("sqs")
    url = client.create_queue(QueueName="q")["QueueUrl"]
    emulator.faults.fail_entries("sqs:SendMessageBatch", "InternalError", entries=[0])
    answer = client.send_message_batch(QueueUrl=url, Entries=[{"Id": name, "MessageBody": name} for name in ("a", "b")])
    assert [each["Id"] for each in answer["Successful"]] == ["b"]
    assert [(each["Id"], each["Code"], each["SenderFault"]) for each in answer["Failed"]] == [
        ("a", "InternalError", False)
    ]


def _streams() -> None:
    boto3.client("kinesis").create_stream(StreamName="clicks", ShardCount=1)
    boto3.client("s3").create_bucket(Bucket="files")
    for key in "abc":
        boto3.client("s3").put_object(Bucket="files", Key=key, Body=b"x")
    boto3.client("sqs").create_queue(QueueName="q")
    boto3.client("sns").create_topic(Name="news")
    boto3.client("events").put_rule(Name="rule", EventPattern='{"source": ["shop"]}')


QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/q"
TOPIC = "arn:aws:sns:us-east-1:123456789012:news"
RECORDS = [{"Data": b"x", "PartitionKey": "k"}] * 3
TARGETS = [{"Id": id_, "Arn": "arn:aws:sqs:us-east-1:123456789012:q"} for id_ in "abc"]
BATCHES: list[tuple[str, str, dict[str, Any], Any]] = [
    (
        "sns:PublishBatch",
        "InternalError",
        {"TopicArn": TOPIC, "PublishBatchRequestEntries": [{"Id": id_, "Message": id_} for id_ in "abc"]},
        lambda answer: ([each["Id"] for each in answer["Successful"]], [each["Id"] for each in answer["Failed"]]),
    ),
    (
        "s3:DeleteObjects",
        "InternalError",
        {"Bucket": "files", "Delete": {"Objects": [{"Key": key} for key in "abc"]}},
        lambda answer: (
            sorted(each["Key"] for each in answer.get("Deleted", ())),
            [each["Key"] for each in answer["Errors"]],
        ),
    ),
    (
        "kinesis:PutRecords",
        "ProvisionedThroughputExceededException",
        {"StreamName": "clicks", "Records": RECORDS},
        lambda answer: (
            [id_ for id_, each in zip("abc", answer["Records"], strict=True) if "SequenceNumber" in each],
            [id_ for id_, each in zip("abc", answer["Records"], strict=True) if "ErrorCode" in each],
        ),
    ),
    (
        "events:PutTargets",
        "ConcurrentModificationException",
        {"Rule": "rule", "Targets": TARGETS},
        lambda answer: (
            [each["Id"] for each in boto3.client("events").list_targets_by_rule(Rule="rule")["Targets"]],
            [each["TargetId"] for each in answer["FailedEntries"]],
        ),
    ),
    (
        "sqs:SendMessageBatch",
        "InternalError",
        {"QueueUrl": QUEUE, "Entries": [{"Id": id_, "MessageBody": id_} for id_ in "abc"]},
        lambda answer: (
            [each["Id"] for each in answer.get("Successful", ())],
            [each["Id"] for each in answer["Failed"]],
        ),
    ),
]


@pytest.mark.parametrize("failing", ["b", "ac", "abc"])
@pytest.mark.parametrize(("operation", "error", "request_", "read"), BATCHES, ids=[each[0] for each in BATCHES])
def test_some_entries_fail_and_the_others_are_done(
    emulator: Emulator, operation: str, error: str, request_: dict[str, Any], read: Any, failing: str
) -> None:
    _streams()
    service, _, name = operation.partition(":")
    emulator.faults.fail_entries(operation, error, "why & how", entries=["abc".index(each) for each in failing])
    client = boto3.client(service)
    answer = client._make_api_call(name, request_)
    assert read(answer) == ([each for each in "abc" if each not in failing], list(failing))
    assert error in str(answer)
    assert "why & how" in str(answer)
    if service == "s3":
        left = client.list_objects_v2(Bucket="files").get("Contents", [])
        assert [each["Key"] for each in left] == list(failing)


def test_targets_that_are_not_removed(emulator: Emulator) -> None:
    _streams()
    client = boto3.client("events")
    client.put_targets(Rule="rule", Targets=TARGETS)
    emulator.faults.fail_entries("events:RemoveTargets", "ConcurrentModificationException", entries=[1])
    answer = client.remove_targets(Rule="rule", Ids=["a", "b", "c"])
    assert [each["TargetId"] for each in answer["FailedEntries"]] == ["b"]
    assert [each["Id"] for each in client.list_targets_by_rule(Rule="rule")["Targets"]] == ["b"]


@pytest.mark.parametrize(
    ("resource", "parameters", "operation"),
    [
        (
            "sns:publishBatch",
            {"TopicArn": TOPIC, "PublishBatchRequestEntries": [{"Id": "a", "Message": "m"}]},
            "sns:PublishBatch",
        ),
        ("s3:deleteObjects", {"Bucket": "files", "Delete": {"Objects": [{"Key": "a"}]}}, "s3:DeleteObjects"),
    ],
)
def test_a_state_sees_the_entries_that_failed(
    emulator: Emulator, resource: str, parameters: dict[str, Any], operation: str
) -> None:
    _streams()
    emulator.faults.fail_entries(operation, "InternalError")
    state = {"Type": "Task", "Resource": f"arn:aws:states:::aws-sdk:{resource}", "Parameters": parameters, "End": True}
    output = emulator.run(flow(Do=state)).assert_succeeded().output
    failed = output.get("Failed") or output.get("Errors")
    assert failed[0]["Code"] == "InternalError"


# What is wrong is told


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        ("dynamo:PutItem", "ThrottlingException", r"boto3 has no service 'dynamo'\n    Did you mean \"dynamodb\""),
        ("dynamodb:PutItm", "ThrottlingException", r"dynamodb has no operation 'PutItm'\n    Did you mean \"PutItem\""),
        (
            "dynamodb:PutItem",
            "ThrotlingException",
            r"has no error 'ThrotlingException'\n    Did you mean 'ThrottlingException'",
        ),
        ("dynamodb:PutItem", "TransactionCanceledException", "it is an error of other operations of dynamodb"),
        ("lambda:Invoke", "Runtime.ExitEror", r"Did you mean 'Runtime.ExitError'"),
        ("lambda:GetFunction", "Runtime.ExitError", 'write "lambda:Invoke"'),
        ("http:invoke", "States.Http.Sockt", "Did you mean 'States.Http.Socket'"),
        ("apigateway:invoke", "States.Http.StatusCode.503", "apigateway:invoke has no error"),
        (5, "X", "call=5"),
        ("dynamodb:PutItem", None, "error=None is not text"),
    ],
)
def test_a_wrong_name_is_told_with_the_nearest(emulator: Emulator, call: Any, error: Any, text: str) -> None:
    with pytest.raises(EmulatorError, match=text):
        emulator.faults.fail(call, error)


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"times": 0}, "times=0"),
        ({"from_call": 0}, "from_call=0"),
        ({"probability": 2}, "probability=2"),
        ({"state": 5}, "state=5"),
        ({"status": 200}, "status=200"),
    ],
)
def test_a_wrong_argument_is_told(emulator: Emulator, more: dict[str, Any], text: str) -> None:
    with pytest.raises(EmulatorError, match=text):
        emulator.faults.fail("dynamodb:PutItem", "ThrottlingException", **more)


def test_any_error_can_be_planned_by_name(emulator: Emulator, table: None) -> None:
    emulator.faults.fail("dynamodb:PutItem", "FutureException", "why", status=418, check=False)
    with pytest.raises(ClientError) as raised:
        once("dynamodb").put_item(TableName="orders", Item={"id": {"S": "1"}})
    assert (code(raised), raised.value.response["ResponseMetadata"]["HTTPStatusCode"]) == ("FutureException", 418)


@pytest.mark.parametrize("error", ["DynamoDB.ThrottlingException", "DynamoDb.ThrottlingException"])
def test_the_name_in_step_functions_is_taken_as_well(emulator: Emulator, table: None, error: str) -> None:
    emulator.faults.fail("dynamodb:PutItem", error)
    assert emulator.run(flow(Put=put())).error == "DynamoDB.ThrottlingException"


def test_the_name_in_step_functions_has_an_ending_that_the_api_lacks(emulator: Emulator) -> None:
    boto3.client("sqs").create_queue(QueueName="q")
    emulator.faults.fail("sqs:ListQueues", "Sqs.RequestThrottledException", "slow")
    with pytest.raises(ClientError, match=r"\(RequestThrottled\).*slow"):
        once("sqs").list_queues()


NAMED = {
    f"{service}:{action}": integration
    for service, actions in INTEGRATION_PATTERNS.items()
    for action in actions
    if (integration := optimized(service, action)) is not None
}


@pytest.mark.parametrize("resource", NAMED)
def test_step_functions_name_of_an_error_is_the_same_error(resource: str) -> None:
    with Emulator(unused_faults="allow") as emulator:
        for prefix in (NAMED[resource].prefix, NAMED[resource].prefix.lower()):
            emulator.faults.fail(resource, f"{prefix}.ThrottlingException")
        told = [plan.act for plan in emulator.faults._acting.plans]
        assert [(act.name, act.code) for act in told if isinstance(act, ServiceFault)] == [
            ("ThrottlingException", "ThrottlingException")
        ] * 2
        with pytest.raises(EmulatorError, match=r"has no error 'Other\.ThrottlingException'"):
            emulator.faults.fail(resource, "Other.ThrottlingException")


def test_a_fault_that_was_never_used_fails_the_test() -> None:
    def plan(**more: Any) -> None:
        with Emulator(**more) as emulator:
            make_table()
            emulator.lambda_function("charge", lambda event, context: event)
            emulator.faults.fail("dynamodb:PutItem", "ThrottlingException", state="Refund")
            emulator.faults.fail("dynamodb:PutItem", "ThrottlingException", function="charge")
            emulator.faults.delay("dynamodb:PutItem", seconds=1, from_call=5)
            emulator.faults.fail("dynamodb:PutItem", "ThrottlingException", probability=0.0001)
            emulator.run(flow(Charge=put()))

    with pytest.raises(EmulatorError) as raised:
        plan()
    lines = str(raised.value).splitlines()
    assert len(lines) == 4
    assert "state='Refund') was never used; there is no state 'Refund'" in lines[0]
    assert lines[1].endswith(
        "function='charge') was never used: 1 call of dynamodb:PutItem came, none of them as it says"
    )
    assert lines[2].endswith("was never used; 1 such call was made, and it begins with number 5")
    assert "test_faults.py:" in lines[0]
    assert lines[3] == ALLOW
    plan(unused_faults="allow")


@pytest.mark.parametrize(
    ("times", "calls", "owed"), [(2, 1, "once of 2"), (3, 2, "2 times of 3"), (2, 2, ""), (None, 1, "")]
)
def test_a_fault_that_acts_on_fewer_calls_than_planned_fails_the_test(times: int | None, calls: int, owed: str) -> None:
    def plan(*, stops: bool = False, **more: Any) -> None:
        with Emulator(**more) as emulator:
            make_table()
            fault = emulator.faults.fail("dynamodb:PutItem", "ThrottlingException", times=times)
            for _ in range(calls):
                emulator.run(flow(Charge=put()))
            if stops:
                fault.stop()

    if owed:
        with pytest.raises(EmulatorError, match=rf"test_faults.py:\d+: .*acted {owed}: there were no more such calls"):
            plan()
    else:
        plan()
    plan(stops=True)
    plan(unused_faults="allow")


def test_the_resource_that_is_near_to_that_of_an_unused_fault_is_named() -> None:
    told = r"never used; such calls were made, but for other resources\. Did you mean resource='orders'\?"
    with pytest.raises(EmulatorError, match=told), Emulator() as emulator:  # noqa: PT012
        make_table()
        emulator.faults.fail("dynamodb:PutItem", "ThrottlingException", resource="ordrs")
        emulator.run(flow(Charge=put())).assert_succeeded()


def test_nothing_is_asked_while_nothing_is_planned(emulator: Emulator) -> None:
    assert emulator.assembly.requests.faults is None
    assert emulator.assembly.targets.faults is None
    assert emulator.assembly.functions.faults is None
    _ = emulator.faults
    assert emulator.assembly.requests.faults is None


def test_closing_puts_botocores_waits_back() -> None:
    import botocore.endpoint
    import botocore.retryhandler
    from botocore.retries import standard

    names = (
        (botocore.endpoint, "time"),
        (botocore.retryhandler, "random"),
        (standard.ExponentialBackoff, "delay_amount"),
    )
    before = [getattr(*each) for each in names]
    with Emulator(unused_faults="allow") as emulator:
        emulator.faults.fail("dynamodb:PutItem", "ThrottlingException")
        assert all(getattr(*each) is not old for each, old in zip(names, before, strict=True))
    assert [getattr(*each) for each in names] == before


NODE = """
    export const handler = async () => {
      const headers = { 'x-amz-target': 'DynamoDB_20120810.ListTables', 'content-type': 'application/x-amz-json-1.0' };
      const ask = async () => {
        const answer = await fetch(process.env.AWS_ENDPOINT_URL, { method: 'POST', headers, body: '{}' });
        return [answer.status, (await answer.json()).__type ?? 'tables'];
      };
      return [await ask(), await ask()];
    };"""


@needs_node
def test_a_handler_in_node_gets_the_error_and_waits(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "index.mjs").write_text(NODE, encoding="utf-8")
    emulator.lambda_function("work", "node:index.handler", code=tmp_path)
    emulator.faults.fail("dynamodb:ListTables", "ThrottlingException", times=1, function="work", state="Work")
    emulator.faults.delay("dynamodb:*", seconds=2, function="work")
    run = emulator.run(flow(Work=task("work")))
    assert run.output == [[400, "ThrottlingException"], [200, "tables"]]
    assert run.elapsed == timedelta(seconds=4)


def test_a_misspelt_name_is_told_where_it_is_planned_and_when_a_machine_starts(emulator: Emulator, table: None) -> None:
    emulator.lambda_function("charge", lambda event, context: event)
    with pytest.raises(EmulatorError, match=r"there is no function 'chrge'\n    Did you mean function='charge'"):
        emulator.faults.fail("dynamodb:PutItem", "ThrottlingException", function="chrge")
    emulator.faults.fail("dynamodb:PutItem", "ThrottlingException", state="Pot")
    with pytest.raises(
        EmulatorError, match=r"test_faults.py:\d+: faults.fail.*there is no state 'Pot'\n    Did you mean state='Put'"
    ):
        emulator.run(flow(Put=put()))


# HTTP APIs

CONNECTION = "Events.ConnectionResource"


def http_task(**more: Any) -> dict[str, Any]:
    connection = "arn:aws:events:us-east-1:123456789012:connection/shop/1"
    parameters = {"ApiEndpoint": "https://api.test/orders", "Method": "GET"}
    parameters["Authentication"] = {"ConnectionArn": connection}  # type: ignore[assignment]
    return {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "Parameters": parameters, "End": True, **more}


def api_task() -> dict[str, Any]:
    parameters = {"ApiEndpoint": "x.execute-api.us-east-1.amazonaws.com", "Method": "GET"}
    return {"Type": "Task", "Resource": "arn:aws:states:::apigateway:invoke", "Parameters": parameters, "End": True}


@pytest.mark.parametrize(
    ("state", "call", "error", "name"),
    [
        (http_task(), "http:invoke", "503", "States.Http.StatusCode.503"),
        (http_task(), "http:invoke", "States.Http.StatusCode.429", "States.Http.StatusCode.429"),
        (http_task(), "http:invoke", "States.Http.Socket", "States.Http.Socket"),
        (
            http_task(),
            "http:invoke",
            "Events.ConnectionResource.AccessDenied",
            "Events.ConnectionResource.AccessDenied",
        ),
        (api_task(), "apigateway:invoke", "403", "ApiGateway.403"),
    ],
)
def test_an_http_api_fails(emulator: Emulator, state: dict[str, Any], call: str, error: str, name: str) -> None:
    emulator.faults.fail(call, error, "the body")
    run = emulator.run(flow(Ask=state))
    assert (run.error, run.cause) == (name, "the body")


def test_an_http_api_is_named_by_its_host_and_gives_no_answer(emulator: Emulator) -> None:
    emulator.faults.time_out("http:invoke", resource="api.test", times=1)
    emulator.faults.disconnect("http:invoke", resource="shop", times=1)
    emulator.task("Ask").returns({"StatusCode": 200}, check=False)
    retry = [{"ErrorEquals": ["States.Http.Socket"], "IntervalSeconds": 1, "BackoffRate": 1}]
    run = emulator.run(flow(Ask=http_task(Retry=retry))).assert_succeeded()
    assert (run.states["Ask"].attempts, run.elapsed) == (3, timedelta(seconds=62))


@pytest.mark.parametrize("status", ["200", "101", "999", "States.Http.StatusCode.200"])
def test_a_status_that_fails_no_task_is_refused(emulator: Emulator, status: str) -> None:
    with pytest.raises(EmulatorError, match=r"test_faults.py:\d+: faults.fail\(...\): http:invoke: \d+ is no status"):
        emulator.faults.fail("http:invoke", status)


def test_what_is_wrong_with_a_fault_is_told_with_the_test_s_line(emulator: Emulator) -> None:
    with pytest.raises(EmulatorError, match=r"(?s)test_faults.py:\d+: faults.fail\(...\): .*'PutItm'.*PutItem"):
        emulator.faults.fail("dynamodb:PutItm", "ThrottlingException")
    with pytest.raises(EmulatorError, match=r"test_faults.py:\d+: faults.delay\(...\): seconds=0"):
        emulator.faults.delay("dynamodb:PutItem", seconds=0)
