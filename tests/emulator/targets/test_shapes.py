"""Parameters to boto3's arguments and back, on botocore's own shapes; no client, no backend."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest

from asl.values import Json
from emulator.aws import names
from emulator.aws.java_renames import java_naming
from emulator.integrations.dialect import Dialect, optimized_dialect, sdk_dialect
from emulator.integrations.optimized import optimized_action
from emulator.integrations.parameters import Request, blob_of_base64, blob_of_json, read_parameters
from emulator.targets import shapes
from emulator.targets.shapes import Result

OPTIMIZED = Dialect(names.verbatim_naming, blobs_in_base64=True, any_json=frozenset({"Entries.Detail"}))


def read(service: str, operation: str, argument: Json, dialect: Dialect | None = None) -> Request:
    model = names.service_model(service).operation_model(operation)
    return read_parameters(argument, model.input_shape, dialect or sdk_dialect(service, operation, service))


def write(service: str, operation: str, response: dict[str, Any], result: Result) -> Json:
    model = names.service_model(service).operation_model(operation)
    return shapes.write_response(response, model.output_shape, result)


def test_members_are_renamed_at_every_level_and_the_users_own_keys_are_not() -> None:
    argument: Json = {
        "Cluster": "c",
        "TaskDefinition": "t",
        "Overrides": {"ContainerOverrides": [{"Name": "app", "Environment": [{"Name": "Name", "Value": "v"}]}]},
        "Tags": [{"Key": "Team", "Value": "x"}],
    }
    assert read("ecs", "RunTask", argument).arguments == {
        "cluster": "c",
        "taskDefinition": "t",
        "overrides": {"containerOverrides": [{"name": "app", "environment": [{"name": "Name", "value": "v"}]}]},
        "tags": [{"key": "Team", "value": "x"}],
    }
    item = read("dynamodb", "PutItem", {"TableName": "things", "Item": {"table_name": {"M": {"s": {"S": "1"}}}}})
    assert item.arguments["Item"] == {"table_name": {"M": {"s": {"S": "1"}}}}


def test_values_are_read_by_type() -> None:
    argument: Json = {
        "MetricName": "m",
        "Namespace": "n",
        "Period": 60.0,  # what JSONata makes of 60
        "StartTime": "2025-01-31T12:00:00Z",
        "EndTime": "2025-01-31T13:00:00.500+01:00",
        "Statistics": ["Sum"],
    }
    arguments = read("cloudwatch", "GetMetricStatistics", argument).arguments
    assert arguments["Period"] == 60
    assert isinstance(arguments["Period"], int)
    assert arguments["StartTime"] == datetime(2025, 1, 31, 12, tzinfo=UTC)
    assert arguments["EndTime"] == datetime(2025, 1, 31, 12, 0, 0, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ({"QueueUrl": 1, "MessageBody": "x"}, "The value for the field 'QueueUrl' must be a STRING"),
        ({"QueueUrl": "q", "MessageBody": {"a": 1}}, "The value for the field 'MessageBody' must be a STRING"),
        (
            {"QueueUrl": "q", "MessageBody": "x", "DelaySeconds": "5"},
            "The value for the field 'DelaySeconds' must be a NUMBER",
        ),
        (
            {"QueueUrl": "q", "MessageBody": "x", "DelaySeconds": True},
            "The value for the field 'DelaySeconds' must be a NUMBER",
        ),
        (
            {"QueueUrl": "q", "MessageBody": "x", "MessageAttributes": []},
            "The value of the field 'MessageAttributes' has an invalid format",
        ),
        (
            {"QueueUrl": "q", "MessageBody": "x", "MessageAttributes": {"a": {"Datatype": "String", "DataType": "x"}}},
            'The field "Datatype" is not supported by Step Functions',
        ),
        ({"QueueUrl": "q"}, "The field 'MessageBody' is required but was missing"),
        (
            {"QueueUrl": "q", "MessageBody": "x", "QueueURL": "q"},
            'The field "QueueURL" is not supported by Step Functions',
        ),
        ([], "The parameters must be an object, not []"),
    ],
)
def test_parameters_that_do_not_fit_are_refused_in_awss_words(argument: Json, says: str) -> None:
    """A user's execution: ``[The value for the field 'S' must be a STRING]``; a recorded one: an invalid format."""
    assert read("sqs", "SendMessage", argument).refusals == [says]


def test_the_text_of_a_boolean_is_one() -> None:
    """AWS's samples have ``"BOOL": "true"`` for DynamoDB; what AWS says about other texts is not known."""
    item: Json = {"TableName": "t", "Item": {"a": {"BOOL": "true"}, "b": {"BOOL": "false"}, "c": {"BOOL": True}}}
    assert read("dynamodb", "PutItem", item, OPTIMIZED).arguments["Item"] == {
        "a": {"BOOL": True},
        "b": {"BOOL": False},
        "c": {"BOOL": True},
    }
    assert read("dynamodb", "PutItem", {"TableName": "t", "Item": {"a": {"BOOL": "yes"}}}, OPTIMIZED).refusals == [
        "The value for the field 'BOOL' must be a BOOLEAN"
    ]


def test_a_wrong_value_is_named_by_its_last_member() -> None:
    item: Json = {"TableName": "t", "Item": {"a.b": {"S": {"x": 1}}, "c": {"L": [{"N": 5}]}}}
    assert read("dynamodb", "PutItem", item).refusals == [
        "The value for the field 'S' must be a STRING",
        "The value for the field 'N' must be a STRING",
    ]


def test_an_operation_without_parameters_takes_none() -> None:
    assert read_parameters({}, None, OPTIMIZED) == Request()
    refused = read_parameters({"Name": "x"}, None, OPTIMIZED)
    assert refused.refusals == ['The field "Name" is not supported by Step Functions']


@pytest.mark.parametrize(
    ("argument", "violation"),
    [
        (
            {"TableName": "things", "Item": None},  # recorded: test_dynamodb_invalid_param
            "Value null at 'item' failed to satisfy constraint: Member must not be null",
        ),
        (
            {"TableName": "", "Item": {}},
            "Value '' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
    ],
)
def test_null_or_short_is_left_to_the_service_to_refuse(argument: Json, violation: str) -> None:
    request = read("dynamodb", "PutItem", argument)
    assert request.refusals == []
    assert request.violations == [violation]


def test_nested_members_are_placed_as_the_service_counts() -> None:
    request = read("dynamodb", "BatchGetItem", {"RequestItems": {"things": {"Keys": None}}})
    assert request.violations == [
        "Value null at 'requestItems.things.member.keys' failed to satisfy constraint: Member must not be null"
    ]
    tags: Json = {"ResourceArn": "arn", "Tags": [{"Key": "a", "Value": "b"}, {"Value": "b"}]}
    assert read("dynamodb", "TagResource", tags).violations == [
        "Value null at 'tags.2.member.key' failed to satisfy constraint: Member must not be null"
    ]


def test_null_is_not_sent() -> None:
    request = read("stepfunctions", "StartExecution", {"StateMachineArn": "arn", "Input": None})
    assert request == Request(arguments={"stateMachineArn": "arn"})  # recorded: test_sfn_start_execution


def test_an_idempotency_token_may_be_left_out_unless_it_is_required() -> None:
    """Measured: Step Functions does not fill in a required one, as the SDKs do."""
    assert read("secretsmanager", "CreateSecret", {"Name": "n"}) == Request(arguments={"Name": "n"})
    experiment: Json = {"ExperimentTemplateId": "x"}
    assert read("fis", "StartExperiment", experiment).refusals == [
        "The field 'ClientToken' is required but was missing"
    ]


def test_a_text_is_an_attribute_value_of_dynamodb_in_the_optimized_integration_alone() -> None:
    """A sample that AWS publishes writes ``"taskComplete": "false"`` and reads ``$.Item.taskComplete.S``."""
    action = optimized_action("dynamodb", "putItem")
    assert action is not None
    item: Json = {"TableName": "t", "Item": {"id": "1", "tags": {"L": ["x"]}}}
    read_item = read("dynamodb", "PutItem", item, optimized_dialect(action)).arguments["Item"]
    assert read_item == {"id": {"S": "1"}, "tags": {"L": [{"S": "x"}]}}
    assert read("dynamodb", "PutItem", item).refusals == [
        "The value of the field 'id' has an invalid format",
        "The value of the field 'L' has an invalid format",
    ]


def test_only_one_member_of_a_union_may_be_set() -> None:
    content: Json = {"Text": "t", "Image": {"Format": "png", "Source": {"Bytes": "x"}}}
    message: Json = {"Role": "user", "Content": [content]}
    both = read("bedrock-runtime", "Converse", {"ModelId": "m", "Messages": [message]})
    (refusal,) = both.refusals
    assert refusal == "Only one of the members of 'Messages.Content' may be set, not Text, Image"


def test_a_document_is_passed_as_it_is() -> None:
    schema: Json = {"type": "object", "properties": {"Name": {"type": "string"}}}
    tool: Json = {"ToolSpec": {"Name": "t", "InputSchema": {"Json": schema}}}
    arguments = read("bedrock-runtime", "Converse", {"ModelId": "m", "ToolConfig": {"Tools": [tool]}}).arguments
    assert arguments["toolConfig"]["tools"][0]["toolSpec"]["inputSchema"]["json"] == schema


def test_json_text_is_written_for_the_members_that_take_it() -> None:
    entries: Json = {"Entries": [{"Detail": {"a": [1, 1.5]}}, {"Detail": '{"a": 2}'}]}
    read_entries = read("events", "PutEvents", entries, OPTIMIZED).arguments["Entries"]
    assert [entry["Detail"] for entry in read_entries] == ['{"a":[1,1.5]}', '{"a": 2}']


def test_samples_of_aws_rely_on_objects_as_text_in_sdk_calls() -> None:
    """serverless-patterns: the detail of an event, the input of a schedule's target."""
    entry: Json = {"Entries": [{"Detail": {"a": 1}}]}
    sent = read_parameters(entry, _input("events", "PutEvents"), sdk_dialect("eventbridge", "putEvents", "events"))
    assert sent.arguments == {"Entries": [{"Detail": '{"a":1}'}]}
    target: Json = {"Target": {"Arn": "a", "RoleArn": "r", "Input": {"n": 1}}}
    dialect = sdk_dialect("scheduler", "createSchedule", "scheduler")
    schedule = read_parameters(target, _input("scheduler", "CreateSchedule"), dialect)
    assert schedule.arguments["Target"]["Input"] == '{"n":1}'


def _input(service: str, operation: str) -> Any:
    return names.service_model(service).operation_model(operation).input_shape


def test_a_java_word_may_be_spelled_with_and_without_value() -> None:
    for name in ("PackageValue", "Package"):
        arguments = read(
            "codeartifact", "DescribePackage", {"Domain": "do", "Repository": "re", "Format": "npm", name: "p"}
        )
        assert arguments == Request(arguments={"domain": "do", "repository": "re", "format": "npm", "package": "p"})


def test_blobs_are_json_text_in_an_sdk_call_and_base64_in_an_optimized_one() -> None:
    assert blob_of_json("text data") == b'"text data"'  # recorded: test_s3_put_object[str]
    assert blob_of_json(["List", "Data"]) == b'["List","Data"]'
    assert blob_of_base64("aGk=") == b"hi"
    item: Json = {"TableName": "things", "Item": {"id": {"B": "not base64"}}}
    assert read("dynamodb", "PutItem", item, OPTIMIZED).refusals == ["The value of the field 'B' has an invalid format"]


def test_a_response_is_renamed_sorted_and_its_body_last() -> None:
    """Order and names as recorded: ``test_s3_get_object``."""
    response = {
        "Body": BytesIO(b"text data"),
        "ETag": '"x"',
        "AcceptRanges": "bytes",
        "LastModified": datetime(2025, 1, 31, 12, 0, 0, tzinfo=UTC),
        "Metadata": {},
        "ResponseMetadata": {"HTTPStatusCode": 200},
    }
    result = write("s3", "GetObject", response, Result(java_naming("s3"), shapes.blob_text))
    assert isinstance(result, dict)
    assert list(result.items()) == [
        ("AcceptRanges", "bytes"),
        ("ETag", '"x"'),
        ("LastModified", "2025-01-31T12:00:00Z"),
        ("Metadata", {}),
        ("Body", "text data"),
    ]


def test_an_items_attributes_are_sorted_by_the_optimized_integration_only() -> None:
    """Recorded: both ``test_dynamodb_put_get_item``."""
    item = {"Item": {"id": {"S": "1"}, "data": {"S": "x"}}}
    kept = write("dynamodb", "GetItem", item, Result(java_naming("dynamodb"), shapes.blob_text))
    ordered = write("dynamodb", "GetItem", item, Result(names.verbatim_naming, shapes.base64_text, sorts_maps=True))
    assert isinstance(kept, dict)
    assert isinstance(ordered, dict)
    assert [*kept["Item"]] == ["id", "data"]  # type: ignore[misc]
    assert [*ordered["Item"]] == ["data", "id"]  # type: ignore[misc]


def test_bytes_that_are_no_text_come_out_in_base64() -> None:
    assert shapes.blob_text(b"byte array data") == "byte array data"
    assert shapes.blob_text("already text") == "already text"
    assert shapes.blob_text(b"\xff\x00") == "/wA="
    assert shapes.base64_text("hi") == "aGk="


def test_what_boto3_has_parsed_is_text_again() -> None:
    role = {"Role": {"AssumeRolePolicyDocument": {"Version": "2012-10-17"}}}
    iam = write("iam", "GetRole", role, Result(java_naming("iam"), shapes.blob_text, url_encodes_documents=True))
    assert iam == {"Role": {"AssumeRolePolicyDocument": "%7B%22Version%22%3A%222012-10-17%22%7D"}}
    template: dict[str, Any] = {"TemplateBody": {"Resources": {}}}
    stack = write("cloudformation", "GetTemplate", template, Result(java_naming("cloudformation"), shapes.blob_text))
    assert stack == {"TemplateBody": '{"Resources":{}}'}


def test_numbers_that_json_cannot_hold_are_text() -> None:
    metric = {"Datapoints": [{"Sum": float("nan")}, {"Sum": float("-inf")}, {"Sum": 1.0}]}
    result = write("cloudwatch", "GetMetricStatistics", metric, Result(java_naming("cloudwatch"), shapes.blob_text))
    assert result == {"Datapoints": [{"Sum": "NaN"}, {"Sum": "-Infinity"}, {"Sum": 1.0}]}
