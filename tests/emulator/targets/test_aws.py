"""Calls of service integrations against moto: results, errors and causes as AWS recorded them.

The names in comments are those of the recordings: AWS's histories of LocalStack's Step Functions tests
(``tests/aws/services/stepfunctions``, validated against AWS). The examples here are our own.
"""

import json
import re
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from asl.resources import parse_resource
from asl.values import Json
from emulator.answers import Answer
from emulator.aws.names import service_model
from emulator.errors import EmulatorError, NotEmulatedError
from emulator.integrations.check import KNOWN
from emulator.targets import aws
from tests.emulator.targets.conftest import EXECUTION, MACHINE, REQUEST_ID, Services

AT = datetime(2025, 1, 31, 12, tzinfo=UTC)
V1 = f"Request ID: {REQUEST_ID}; Proxy: null)"


def output(answer: Answer) -> Any:
    assert answer.output is not None, answer
    return json.loads(answer.output)


def without_metadata(answer: Answer) -> Any:
    """The result of an optimized call, without its metadata."""
    result = output(answer)
    metadata = result.pop("SdkHttpMetadata")
    assert metadata["HttpStatusCode"] == 200
    assert {name: [text] for name, text in metadata["HttpHeaders"].items()} == metadata["AllHttpHeaders"]
    assert result.pop("SdkResponseMetadata") == {"RequestId": REQUEST_ID}
    return result


# DynamoDB ----------------------------------------------------------------------------------------------------------


def test_dynamodb_optimized_adds_metadata(services: Services, table: str) -> None:
    """local_mocking ``test_dynamodb_put_get_item``."""
    item: Json = {"id": {"S": "1"}, "data": {"S": "x"}, "n": {"N": "5"}}
    put = output(services.run("dynamodb:putItem", {"TableName": table, "Item": item}, at=AT))
    assert list(put) == ["SdkHttpMetadata", "SdkResponseMetadata"]
    assert put["SdkHttpMetadata"]["HttpHeaders"] == {
        "Connection": "keep-alive",
        "Content-Length": "2",
        "Content-Type": "application/x-amz-json-1.0",
        "Date": "Fri, 31 Jan 2025 12:00:00 GMT",
        "Server": "Server",
        "x-amz-crc32": "2745614147",
        "x-amzn-RequestId": REQUEST_ID,
    }
    got = without_metadata(services.run("dynamodb:getItem", {"TableName": table, "Key": {"id": {"S": "1"}}}))
    assert list(got["Item"].items()) == [("data", {"S": "x"}), ("id", {"S": "1"}), ("n", {"N": "5"})]
    absent = services.run("dynamodb:getItem", {"TableName": table, "Key": {"id": {"S": "2"}}})
    assert without_metadata(absent) == {}


def test_dynamodb_update_returns_attributes(services: Services, table: str) -> None:
    """``test_base_integrations[DYNAMODB_PUT_UPDATE_GET_ITEM]``."""
    services.run("dynamodb:putItem", {"TableName": table, "Item": {"id": {"S": "1"}}})
    update: dict[str, Json] = {
        "TableName": table,
        "Key": {"id": {"S": "1"}},
        "UpdateExpression": "set Sum_1=:t",
        "ExpressionAttributeValues": {":t": {"N": "3"}},
        "ReturnValues": "UPDATED_NEW",
    }
    assert without_metadata(services.run("dynamodb:updateItem", update)) == {"Attributes": {"Sum_1": {"N": "3"}}}
    asked = services.run("dynamodb:updateItem", update | {"ReturnConsumedCapacity": "TOTAL"})
    assert "ConsumedCapacity" in without_metadata(asked)
    delete: Json = {"TableName": table, "Key": {"id": {"S": "1"}}}
    assert without_metadata(services.run("dynamodb:deleteItem", delete)) == {}


def test_dynamodb_sdk_has_no_metadata(services: Services, table: str) -> None:
    """aws_sdk ``test_dynamodb_put_get_item``, ``test_dynamodb_put_delete_item``."""
    item: Json = {"id": {"S": "1"}, "data": {"S": "x"}}
    key: Json = {"TableName": table, "Key": {"id": {"S": "1"}}}
    assert services.run("aws-sdk:dynamodb:putItem", {"TableName": table, "Item": item}) == Answer("{}")
    got = services.run("aws-sdk:dynamodb:getItem", key)
    assert got.output == '{"Item":{"id":{"S":"1"},"data":{"S":"x"}}}'
    assert services.run("aws-sdk:dynamodb:deleteItem", key) == Answer("{}")


def test_dynamodb_errors_of_both_integrations(services: Services) -> None:
    """``test_put_item_no_such_table``, ``test_dynamodb_put_item_no_such_table``."""
    put: Json = {"TableName": "nowhere", "Item": {"id": {"S": "1"}}}
    assert services.run("dynamodb:putItem", put) == Answer(
        error="DynamoDB.ResourceNotFoundException",
        cause="Requested resource not found (Service: AmazonDynamoDBv2; Status Code: 400; "
        f"Error Code: ResourceNotFoundException; {V1}",
    )
    assert services.run("aws-sdk:dynamodb:putItem", put) == Answer(
        error="DynamoDb.ResourceNotFoundException",
        cause=f"Requested resource not found (Service: DynamoDb, Status Code: 400, Request ID: {REQUEST_ID})",
    )


def test_an_error_that_the_model_lacks_has_the_services_general_name(services: Services, table: str) -> None:
    """``test_put_item_invalid_table_name``, ``test_dynamodb_invalid_param``."""
    item: Json = {"id": {"S": "1"}}
    pattern = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
    assert services.run("dynamodb:putItem", {"TableName": f"/{table}", "Item": item}) == Answer(
        error="DynamoDB.AmazonDynamoDBException",
        cause=f"1 validation error detected: Value '/{table}' at 'tableName' failed to satisfy constraint: {pattern} "
        f"(Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ValidationException; {V1}",
    )
    assert services.run("aws-sdk:dynamodb:putItem", {"TableName": table, "Item": None}) == Answer(
        error="DynamoDb.DynamoDbException",
        cause="1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null "
        f"(Service: DynamoDb, Status Code: 400, Request ID: {REQUEST_ID})",
    )
    two = services.run("aws-sdk:dynamodb:putItem", {"TableName": None, "Item": None})
    assert two.cause is not None
    assert two.cause.startswith("2 validation errors detected: Value null at 'tableName' failed to")


def test_a_failed_condition_has_its_own_name(services: Services, table: str) -> None:
    put: Json = {
        "TableName": table,
        "Item": {"id": {"S": "1"}},
        "ConditionExpression": "attribute_not_exists(id)",
    }
    assert services.run("dynamodb:putItem", put).error is None
    assert services.run("dynamodb:putItem", put).error == "DynamoDB.ConditionalCheckFailedException"


# SQS ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "sent"),
    [("text", "text"), ('"quoted"', '"quoted"'), ({"a": [1, None]}, '{"a":[1,null]}'), (True, "true"), (1.5, "1.5")],
)
def test_sqs_message_bodies(services: Services, queue: str, body: Json, sent: str) -> None:
    """``test_send_message``; a message of any JSON type is sent as text."""
    result = services.run("sqs:sendMessage", {"QueueUrl": queue, "MessageBody": body})
    assert list(without_metadata(result)) == ["MD5OfMessageBody", "MessageId"]
    assert output(result)["SdkHttpMetadata"]["HttpHeaders"]["Content-Length"] == "106"
    (message,) = output(services.run("aws-sdk:sqs:receiveMessage", {"QueueUrl": queue}))["Messages"]
    assert message["Body"] == sent


def test_sqs_message_attributes_keep_their_keys(services: Services, queue: str) -> None:
    """``test_send_message_attributes``."""
    attributes: Json = {"my_key": {"DataType": "String", "StringValue": "v"}}
    message: Json = {"QueueUrl": queue, "MessageBody": "x", "MessageAttributes": attributes}
    result = services.run("sqs:sendMessage", message)
    assert list(without_metadata(result)) == ["MD5OfMessageAttributes", "MD5OfMessageBody", "MessageId"]
    assert output(result)["SdkHttpMetadata"]["HttpHeaders"]["Content-Length"] == "166"
    received = services.client("sqs").receive_message(QueueUrl=queue, MessageAttributeNames=["All"])
    assert received["Messages"][0]["MessageAttributes"] == attributes


def test_waiting_for_a_token_makes_the_same_call(services: Services, queue: str) -> None:
    """``test_sqs_wait_for_task_token_call_chain``: TaskSubmitted holds the result of the call."""
    body: Json = {"Message": "m", "TaskToken": "t"}
    result = services.run("sqs:sendMessage.waitForTaskToken", {"QueueUrl": queue, "MessageBody": body})
    assert "MessageId" in output(result)
    (message,) = services.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"]) == body


def test_sqs_errors(services: Services, queue: str) -> None:
    """``test_send_message_empty_body``, ``test_send_message_no_such_queue``."""
    assert services.run("sqs:sendMessage", {"QueueUrl": queue, "MessageBody": None}) == Answer(
        error="SQS.AmazonSQSException",
        cause="The request must contain the parameter MessageBody. (Service: AmazonSQS; Status Code: 400; "
        f"Error Code: MissingParameter; {V1}",
    )
    for url in ("no-such-queue", "http://no-such-queue", "http://no-such-queue/"):
        assert services.run("sqs:sendMessage", {"QueueUrl": url, "MessageBody": "x"}) == Answer(
            error="SQS.SdkClientException",
            cause="Unable to execute HTTP request: no-such-queue: Name or service not known",
        )
    gone = services.run("aws-sdk:sqs:sendMessage", {"QueueUrl": f"{queue}-gone", "MessageBody": "x"})
    assert gone.error == "Sqs.QueueDoesNotExistException"


# SNS ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("message", ["text", {"a": 1}, 1, False, ["a"]])
def test_sns_takes_any_message(services: Services, topic: str, message: Json) -> None:
    """``test_publish_base``: the answer is XML of 294 bytes."""
    result = services.run("sns:publish", {"TopicArn": topic, "Message": message}, at=AT)
    assert list(without_metadata(result)) == ["MessageId"]
    assert output(result)["SdkHttpMetadata"]["HttpHeaders"] == {
        "connection": "keep-alive",
        "Content-Length": "294",
        "Content-Type": "text/xml",
        "Date": "Fri, 31 Jan 2025 12:00:00 GMT",
        "x-amzn-RequestId": REQUEST_ID,
    }


def test_a_topic_in_order_numbers_its_messages(services: Services) -> None:
    """``test_fifo_message_attribute``: the answer is 58 bytes longer for it."""
    topic = services.client("sns").create_topic(Name="news.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    message: Json = {
        "TopicArn": topic,
        "Message": {"a": 1},
        "MessageGroupId": "g",
        "MessageDeduplicationId": "d",
    }
    result = output(services.run("sns:publish", message, at=AT))
    assert list(result) == ["MessageId", "SdkHttpMetadata", "SdkResponseMetadata", "SequenceNumber"]
    assert len(result["SequenceNumber"]) == 20
    assert result["SdkHttpMetadata"]["HttpHeaders"]["Content-Length"] == "352"


# EventBridge -------------------------------------------------------------------------------------------------------


@pytest.fixture
def delivered(services: Services, queue: str) -> Any:
    """A function that returns the events in the queue."""
    events = services.client("events")
    events.put_rule(Name="all", EventPattern='{"source": [{"prefix": ""}]}')
    arn = services.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    events.put_targets(Rule="all", Targets=[{"Id": "queue", "Arn": arn["Attributes"]["QueueArn"]}])

    def receive() -> list[Any]:
        answer = services.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    return receive


def test_events_name_the_machine_and_the_execution(services: Services, delivered: Any) -> None:
    """``test_put_events_base``."""
    entries: Json = [
        {"Source": "shop", "DetailType": "Sold", "Detail": {"n": 1}},
        {"Source": "shop", "DetailType": "Sold", "Detail": '{"n": 2}', "Resources": ["mine"]},
    ]
    result = output(services.run("events:putEvents", {"Entries": entries}))
    assert result["FailedEntryCount"] == 0
    assert [list(entry) for entry in result["Entries"]] == [["EventId"], ["EventId"]]
    assert list(result) == ["Entries", "FailedEntryCount"]
    by_number = {event["detail"]["n"]: event["resources"] for event in delivered()}
    assert by_number == {1: [MACHINE, EXECUTION], 2: ["mine", MACHINE, EXECUTION]}


def test_sdk_events_are_put_as_they_are(services: Services, delivered: Any) -> None:
    entry: Json = {"Source": "shop", "DetailType": "Sold", "Detail": "{}", "Time": "2025-01-31T12:00:00Z"}
    assert output(services.run("aws-sdk:eventbridge:putEvents", {"Entries": [entry]}))["FailedEntryCount"] == 0
    (event,) = delivered()
    assert event["resources"] == []
    assert event["time"] == "2025-01-31T12:00:00Z"


def test_one_bad_entry_fails_the_task_and_the_others_are_sent(services: Services, delivered: Any) -> None:
    """``test_put_events_no_source``: the cause is the response."""
    entries: Json = [
        {"DetailType": "Sold", "Detail": {"n": 1}},
        {"Source": "shop", "DetailType": "Sold", "Detail": {"n": 2}},
    ]
    answer = services.run("events:putEvents", {"Entries": entries})
    assert answer.error == "EventBridge.FailedEntry"
    cause = json.loads(answer.cause or "")
    assert cause["FailedEntryCount"] == 1
    assert cause["Entries"][0] == {
        "ErrorCode": "InvalidArgument",
        "ErrorMessage": "Parameter Source is not valid. Reason: Source is a required argument.",
    }
    assert list(cause["Entries"][1]) == ["EventId"]
    assert [event["detail"] for event in delivered()] == [{"n": 2}]


def test_a_detail_that_is_no_object_fails_the_entry(services: Services) -> None:
    """``test_put_events_malformed_detail``."""
    entry: Json = {"Source": "shop", "DetailType": "Sold", "Detail": '"text"'}
    failed = {
        "Entries": [{"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}],
        "FailedEntryCount": 1,
    }
    answer = services.run("events:putEvents", {"Entries": [entry]})
    assert (answer.error, json.loads(answer.cause or "")) == ("EventBridge.FailedEntry", failed)
    assert output(services.run("aws-sdk:eventbridge:putEvents", {"Entries": [entry]})) == failed


def test_no_entries_are_refused_by_the_service(services: Services) -> None:
    answer = services.run("events:putEvents", {"Entries": []})
    assert answer.error == "EventBridge.EventBridgeException"
    assert (answer.cause or "").startswith("1 validation error detected: Value '[]' at 'entries' failed to satisfy")


# S3 ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "content"),
    [("text", '"text"'), (["a", "b"], '["a","b"]'), ({"a": 1}, '{"a":1}'), (False, "false"), (0, "0")],
)
def test_s3_object_holds_the_json_of_its_body(services: Services, body: Json, content: str) -> None:
    """``test_s3_put_object``, ``test_s3_get_object``."""
    services.client("s3").create_bucket(Bucket="a-bucket")
    put = output(services.run("aws-sdk:s3:putObject", {"Bucket": "a-bucket", "Key": "k", "Body": body}))
    assert list(put) == ["ChecksumCRC32", "ChecksumType", "ETag", "ServerSideEncryption"]
    got = output(services.run("aws-sdk:s3:getObject", {"Bucket": "a-bucket", "Key": "k"}))
    assert list(got) == [
        "AcceptRanges",
        "ContentLength",
        "ContentType",
        "ETag",
        "LastModified",
        "Metadata",
        "ServerSideEncryption",
        "Body",
    ]
    assert (got["Body"], got["ContentLength"]) == (content, len(content))
    assert got["ContentType"] == "text/plain; charset=UTF-8"
    assert got["LastModified"].endswith("Z")


def test_s3_copies_by_the_names_of_the_sdk_for_java(services: Services) -> None:
    client = services.client("s3")
    client.create_bucket(Bucket="a-bucket")
    client.put_object(Bucket="a-bucket", Key="from here", Body=b"x")
    to = {"DestinationBucket": "a-bucket", "DestinationKey": "to"}
    answer = services.run("aws-sdk:s3:copyObject", {**to, "SourceBucket": "a-bucket", "SourceKey": "from here"})
    assert "CopyObjectResult" in output(answer)
    assert client.get_object(Bucket="a-bucket", Key="to")["Body"].read() == b"x"
    copy = parse_resource("arn:aws:states:::aws-sdk:s3:copyObject")
    assert copy is not None
    both = KNOWN.refuse(copy, {**to, "SourceBucket": "a-bucket", "CopySource": "a-bucket/from here"})
    assert "The field 'CopySource' must not be used with" in str(both)


def test_s3_errors_carry_a_second_request_id(services: Services) -> None:
    """Developer guide: ``S3.NoSuchKeyException`` for the code ``NoSuchKey``."""
    services.client("s3").create_bucket(Bucket="a-bucket")
    answer = services.run("aws-sdk:s3:getObject", {"Bucket": "a-bucket", "Key": "none"})
    assert answer.error == "S3.NoSuchKeyException"
    expected = f"(Service: S3, Status Code: 404, Request ID: {REQUEST_ID}, Extended Request ID: "
    assert expected in (answer.cause or "")
    head = services.run("aws-sdk:s3:headObject", {"Bucket": "a-bucket", "Key": "none"})
    assert head.error == "S3.NoSuchKeyException"
    other = services.run("aws-sdk:s3:getObject", {"Bucket": "b-bucket", "Key": "none"})
    assert other.error == "S3.NoSuchBucketException"


# Other services ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "argument", "error"),
    [
        ("headBucket", {"Bucket": "nowhere-at-all"}, "S3.NoSuchBucketException"),
        ("headObject", {"Bucket": "here", "Key": "nothing"}, "S3.NoSuchKeyException"),
    ],
)
def test_an_answer_without_a_body_has_a_cause_without_a_message(
    services: Services, action: str, argument: Json, error: str
) -> None:
    """An AWS run of ``s3:headBucket``: the parenthesis twice, and the attempts between."""
    services.client("s3").create_bucket(Bucket="here")
    answer = services.run(f"aws-sdk:s3:{action}", argument)
    told = rf"\(Service: S3, Status Code: 404, Request ID: {REQUEST_ID}, Extended Request ID: \S+\)"
    assert answer.error == error
    assert re.fullmatch(rf"{told} \(SDK Attempt Count: 1\) {told}", str(answer.cause))


def test_an_answer_without_a_body_that_is_not_404_has_the_services_general_name() -> None:
    """The only error of the operation is about what is not there."""
    error = ClientError(
        {"Error": {"Code": "403", "Message": "Forbidden"}, "ResponseMetadata": {"HTTPStatusCode": 403}},  # type: ignore[typeddict-item]
        "HeadBucket",
    )
    answer = run(Answering(error, service="s3"), "aws-sdk:s3:headBucket", {"Bucket": "b"})
    assert answer.error == "S3.S3Exception"
    assert str(answer.cause).startswith("(Service: S3, Status Code: 403, ")


@pytest.mark.parametrize(
    ("action", "status", "text", "begins"),
    [
        ("getObject", 304, "Not Modified", "(Service: S3, Status Code: 304, "),  # made up by boto3
        ("getObject", 404, "gone", "gone (Service: S3, Status Code: 404, "),  # the service's own
    ],
)
def test_a_message_that_boto3_makes_up_is_none(action: str, status: int, text: str, begins: str) -> None:
    response: Any = {"Error": {"Code": str(status), "Message": text}, "ResponseMetadata": {"HTTPStatusCode": status}}
    client = Answering(ClientError(response, "GetObject"), service="s3")
    answer = run(client, f"aws-sdk:s3:{action}", {"Bucket": "b", "Key": "k"})
    assert str(answer.cause).startswith(begins)


def test_a_secret_name_that_is_not_allowed(services: Services) -> None:
    """``test_invalid_secret_name``."""
    answer = services.run("aws-sdk:secretsmanager:createSecret", {"Name": "My Secret", "SecretString": "x"})
    assert answer == Answer(
        error="SecretsManager.SecretsManagerException",
        cause="Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: "
        f"-/_+=.@! (Service: SecretsManager, Status Code: 400, Request ID: {REQUEST_ID})",
    )


def test_tokens_that_the_sdk_fills_in_are_the_request_id(services: Services) -> None:
    made = output(services.run("aws-sdk:secretsmanager:createSecret", {"Name": "key", "SecretString": "x"}))
    assert list(made) == ["Arn", "Name", "VersionId"]
    assert made["VersionId"] == REQUEST_ID
    got = output(services.run("aws-sdk:secretsmanager:getSecretValue", {"SecretId": "key"}))
    assert got["SecretString"] == "x"


def test_members_in_lower_case_come_and_go_in_pascal_case(services: Services) -> None:
    tags: Json = [{"Key": "team", "Value": "x"}]
    made = output(services.run("aws-sdk:ecs:createCluster", {"ClusterName": "c", "Tags": tags}))
    assert made["Cluster"]["ClusterName"] == "c"
    assert made["Cluster"]["Tags"] == tags


class Answering:
    """A client whose every method answers or raises what it was given."""

    def __init__(self, answer: object, *, service: str = "stepfunctions") -> None:
        self.meta = SimpleNamespace(service_model=service_model(service))
        self.asked: dict[str, Any] = {}
        self._answer = answer

    def __getattr__(self, _name: str) -> Any:
        def method(**arguments: Any) -> object:
            self.asked = arguments
            if isinstance(self._answer, Exception):
                raise self._answer
            return self._answer

        return method


def run_sfn(action: str, argument: Json, client: Answering) -> Answer:
    return run(client, f"aws-sdk:sfn:{action}", argument)


def run(client: Answering, resource: str, argument: Json) -> Answer:
    parsed = parse_resource(f"arn:aws:states:::{resource}")
    assert parsed is not None
    return aws.call(
        parsed,
        argument,
        client=lambda _name: client,
        execution_arn=EXECUTION,
        state_machine_arn=MACHINE,
        request_id=REQUEST_ID,
    )


def test_input_of_another_execution_may_be_an_object() -> None:
    """``test_sfn_start_execution_implicit_json_serialisation``."""
    client = Answering({"executionArn": "arn", "startDate": datetime(2025, 1, 31, 12, 0, 0, 1000, tzinfo=UTC)})
    answer = run_sfn("startExecution", {"StateMachineArn": "m", "Input": {"key": "value"}}, client)
    assert answer.output == '{"ExecutionArn":"arn","StartDate":"2025-01-31T12:00:00.001Z"}'
    assert client.asked == {"stateMachineArn": "m", "input": '{"key":"value"}'}


def test_newer_recordings_count_the_attempts() -> None:
    """``test_sfn_send_task_outcome_with_no_such_token``."""
    response: Any = {
        "Error": {"Code": "InvalidToken", "Message": "Invalid Token: 'Invalid token'"},
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }
    client = Answering(ClientError(response, "SendTaskSuccess"))
    assert run_sfn("sendTaskSuccess", {"TaskToken": "none", "Output": "{}"}, client) == Answer(
        error="Sfn.InvalidTokenException",
        cause=f"Invalid Token: 'Invalid token' (Service: Sfn, Status Code: 400, Request ID: {REQUEST_ID}) "
        "(SDK Attempt Count: 1)",
    )


def test_a_service_out_of_reach_is_an_error_of_the_client() -> None:
    client = Answering(EndpointConnectionError(endpoint_url="http://localhost:1"))
    answer = run_sfn("listStateMachines", {}, client)
    assert answer.error == "Sfn.SdkClientException"
    assert answer.cause == (
        'Unable to execute HTTP request: Could not connect to the endpoint URL: "http://localhost:1"'
    )


def test_what_the_backend_lacks_or_breaks_at_is_said() -> None:
    for missing in (
        NotImplementedError("no such action"),
        ModuleNotFoundError("No module named 'x'"),
        ClientError({"ResponseMetadata": {"HTTPStatusCode": 501}}, "ListStateMachines"),  # type: ignore[typeddict-item]
    ):
        with pytest.raises(
            NotEmulatedError, match=r"does not have .*listStateMachines.*`python -m emulator.supported` lists what"
        ):
            run_sfn("listStateMachines", {}, Answering(missing))
    with pytest.raises(EmulatorError, match=r"failed at .*listStateMachines.*KeyError\('x'\)"):
        run_sfn("listStateMachines", {}, Answering(KeyError("x")))
    with pytest.raises(EmulatorError, match=r"^mine$"):
        run_sfn("listStateMachines", {}, Answering(EmulatorError("mine")))


def test_parameters_that_do_not_fit_are_a_runtime_error() -> None:
    """The frame is recorded: ``test_invoke_with_headers[singleStringHeader]``."""
    start = parse_resource("arn:aws:states:::aws-sdk:sfn:startExecution")
    assert start is not None
    assert KNOWN.refuse(start, {"StatemachineArn": "m", "Name": 1}) == (
        'The Parameters \'{"StatemachineArn":"m","Name":1}\' could not be used to start the Task: '
        '[The field "StatemachineArn" is not supported by Step Functions, '
        "The value for the field 'Name' must be a STRING, "
        "The field 'StateMachineArn' is required but was missing]"
    )
    assert KNOWN.refuse(start, {"StateMachineArn": "m"}) is None


def test_what_only_botocore_refuses_is_a_runtime_error_too(services: Services) -> None:
    answer = services.run("aws-sdk:s3:getObject", {"Bucket": "two words", "Key": "k"})
    assert answer.error == "States.Runtime"
    assert 'Invalid bucket name "two words"' in (answer.cause or "")


def test_user_data_is_in_base64_once() -> None:
    """boto3 encodes it, and the SDK for Java expects the caller to."""
    client = Answering({}, service="ec2")
    run(client, "aws-sdk:ec2:runInstances", {"MinCount": 1, "MaxCount": 1, "UserData": "ZWNobyBoaQ=="})
    assert client.asked["UserData"] == b"echo hi"
    run(client, "aws-sdk:ec2:runInstances", {"MinCount": 1, "MaxCount": 1, "UserData": "echo hi"})
    assert client.asked["UserData"] == "echo hi"


# What can be answered ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "resource",
    [
        "sqs:sendMessage",
        "sqs:sendMessage.waitForTaskToken",
        "sns:publish",
        "dynamodb:getItem",
        "dynamodb:putItem",
        "dynamodb:updateItem",
        "dynamodb:deleteItem",
        "events:putEvents",
        "aws-sdk:dynamodb:transactWriteItems",
        "aws-sdk:rds:describeDBInstances",
        "aws-sdk:sfn:startExecution",
        "aws-sdk:sqs:sendMessage.waitForTaskToken",
    ],
)
def test_supported(resource: str) -> None:
    parsed = parse_resource(f"arn:aws:states:::{resource}")
    assert parsed is not None
    assert aws.supports(parsed) is None


@pytest.mark.parametrize(
    ("resource", "says"),
    [
        ("arn:aws:states:::aws-sdk:dynamodb:getItm", 'no action "getItm". Did you mean "getItem"?'),
        ("arn:aws:states:::aws-sdk:dynamodb:GetItem", 'Did you mean "getItem"?'),
        ("arn:aws:states:::aws-sdk:dinamodb:getItem", 'Did you mean "dynamodb"?'),
        ("arn:aws:states:::aws-sdk:stepfunctions:startExecution", 'has no service "stepfunctions"'),
        ("arn:aws:states:::aws-sdk:stepfunctions:startExecution", 'Did you mean "sfn"?'),
        ("arn:aws:states:::aws-sdk:cognito-idp:listUsers", 'Did you mean "cognitoidentityprovider"?'),
        ("arn:aws:states:::aws-sdk:nothinglikeit:get", "`python -m emulator.supported` lists what is emulated."),
        ("arn:aws:states:::aws-sdk:bedrockruntime:converseStream", "streams events"),
        ("arn:aws:states:::aws-sdk:sts:assumeRole", "Credentials field"),
        ("arn:aws:states:::eks:call", "is not emulated. `python -m emulator.supported` lists what is emulated."),
        ("arn:aws:lambda:us-east-1:123456789012:function:f", "a Lambda handler or an activity worker answers it"),
    ],
)
def test_not_supported_says_what_to_do(resource: str, says: str) -> None:
    parsed = parse_resource(resource)
    assert parsed is not None
    reason = aws.supports(parsed)
    assert reason is not None
    assert says in reason
    with pytest.raises(NotEmulatedError):
        aws.call(
            parsed,
            {},
            client=pytest.fail,
            execution_arn=EXECUTION,
            state_machine_arn=MACHINE,
            request_id=REQUEST_ID,
        )


def test_importing_the_module_does_not_import_boto3() -> None:
    import subprocess
    import sys

    code = (
        "import sys, emulator.targets.aws;"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'boto3', 'botocore', 'moto'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
