"""The API of event source mappings: what is answered, shown and refused.

Recorded on AWS: ``test_sqs_event_source_mapping``, ``test_dynamodb_event_source_mapping``,
``test_event_source_mapping_exceptions``, ``test_create_event_source_validation``,
``test_duplicate_event_source_mappings``.
"""

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from emulator import Emulator, NotEmulatedError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

ACCOUNT = "us-east-1:123456789012"
QUEUE = f"arn:aws:sqs:{ACCOUNT}:jobs"
FUNCTION = f"arn:aws:lambda:{ACCOUNT}:function:f"


@pytest.fixture
def functions(emulator: Emulator) -> "LambdaClient":
    for name in ("f", "g"):
        emulator.lambda_function(name, lambda event, _: None)
    boto3.client("sqs").create_queue(QueueName="jobs")
    client: LambdaClient = boto3.client("lambda", config=Config(parameter_validation=False))
    return client


def table_stream() -> str:
    tables: Any = boto3.client("dynamodb")
    made = tables.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    return str(made["TableDescription"]["LatestStreamArn"])


def shown(answer: Any) -> dict[str, Any]:
    assert answer["EventSourceMappingArn"].endswith(answer["UUID"])
    left_out = ("ResponseMetadata", "LastModified", "UUID", "EventSourceMappingArn")
    return {name: value for name, value in answer.items() if name not in left_out}


def test_what_a_mapping_of_a_queue_shows(functions: "LambdaClient") -> None:
    made = functions.create_event_source_mapping(FunctionName="f", EventSourceArn=QUEUE)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert shown(made) == {
        "BatchSize": 10,
        "EventSourceArn": QUEUE,
        "FunctionArn": FUNCTION,
        "FunctionResponseTypes": [],
        "MaximumBatchingWindowInSeconds": 0,
        "State": "Creating",
        "StateTransitionReason": "USER_INITIATED",
    }
    uuid = made["UUID"]
    assert functions.get_event_source_mapping(UUID=uuid)["State"] == "Enabled"
    scaled: Any = {"ScalingConfig": {"MaximumConcurrency": 5}, "BatchSize": 1, "FunctionName": "g"}
    updated = functions.update_event_source_mapping(UUID=uuid, **scaled)
    assert (updated["State"], updated["BatchSize"], updated["FunctionArn"]) == ("Updating", 1, FUNCTION[:-1] + "g")
    assert updated["ScalingConfig"] == {"MaximumConcurrency": 5}
    assert "ScalingConfig" not in functions.update_event_source_mapping(UUID=uuid, ScalingConfig={})
    assert functions.update_event_source_mapping(UUID=uuid, Enabled=False)["State"] == "Disabling"
    assert functions.get_event_source_mapping(UUID=uuid)["State"] == "Disabled"
    assert functions.update_event_source_mapping(UUID=uuid, Enabled=True)["State"] == "Enabling"
    assert functions.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    for call in (functions.get_event_source_mapping, functions.delete_event_source_mapping):
        with pytest.raises(ClientError, match=r"The resource you requested does not exist\."):
            call(UUID=uuid)


def test_what_a_mapping_of_a_stream_shows(functions: "LambdaClient") -> None:
    arn = table_stream()
    made = functions.create_event_source_mapping(
        FunctionName="f", EventSourceArn=arn, StartingPosition="LATEST", Enabled=False
    )
    assert shown(made) == {
        "BatchSize": 100,
        "BisectBatchOnFunctionError": False,
        "DestinationConfig": {"OnFailure": {}},
        "EventSourceArn": arn,
        "FunctionArn": FUNCTION,
        "FunctionResponseTypes": [],
        "LastProcessingResult": "No records processed",
        "MaximumBatchingWindowInSeconds": 0,
        "MaximumRecordAgeInSeconds": -1,
        "MaximumRetryAttempts": -1,
        "ParallelizationFactor": 1,
        "StartingPosition": "LATEST",
        "State": "Disabled",
        "StateTransitionReason": "User action",
        "TumblingWindowInSeconds": 0,
    }


def test_mappings_are_listed_by_function_and_source(functions: "LambdaClient") -> None:
    functions.publish_version(FunctionName="f")
    functions.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    of_alias = functions.create_event_source_mapping(FunctionName="f:live", EventSourceArn=QUEUE)
    assert of_alias["FunctionArn"] == f"{FUNCTION}:live"
    functions.create_event_source_mapping(FunctionName="g", EventSourceArn=QUEUE)

    def listed(**wanted: Any) -> int:
        return len(functions.list_event_source_mappings(**wanted)["EventSourceMappings"])

    assert (listed(), listed(FunctionName="g"), listed(FunctionName=f"{FUNCTION}:live")) == (2, 1, 1)
    assert (listed(EventSourceArn=QUEUE), listed(EventSourceArn=QUEUE + "x"), listed(FunctionName="f")) == (2, 0, 0)


STREAM = f"arn:aws:dynamodb:{ACCOUNT}:table/orders/stream/2030-01-01T00:00:00"
NONE_QUEUE = (
    "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
    "SQS Error Message: The specified queue does not exist."
)


@pytest.mark.parametrize(
    ("given", "code", "text"),
    [
        ({"EventSourceArn": None}, "InvalidParameterValueException", "Unrecognized event source."),
        ({"FunctionName": "none"}, "InvalidParameterValueException", "Function does not exist"),
        (
            {"DestinationConfig": {"OnFailure": {"Destination": QUEUE}}},
            "InvalidParameterValueException",
            "Unsupported DestinationConfig parameter for given event source mapping type.",
        ),
        (
            {"EventSourceArn": STREAM},
            "InvalidParameterValueException",
            (
                "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
                "Member must not be null."
            ),
        ),
        (
            {"EventSourceArn": STREAM, "StartingPosition": "invalid"},
            "ValidationException",
            (
                "1 validation error detected: Value 'invalid' at 'startingPosition' failed to satisfy constraint: "
                "Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]"
            ),
        ),
        (
            {"EventSourceArn": STREAM, "StartingPosition": "AT_TIMESTAMP"},
            "InvalidParameterValueException",
            f"Unsupported starting position for arn type: {STREAM}",
        ),
        (
            {"BatchSize": 11},
            "InvalidParameterValueException",
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        ),
        (
            {"BatchSize": 0},
            "ValidationException",
            (
                "1 validation error detected: Value '0' at 'batchSize' failed to satisfy constraint: "
                "Member must have value greater than or equal to 1"
            ),
        ),
        ({"EventSourceArn": QUEUE + "x"}, "InvalidParameterValueException", NONE_QUEUE),
        (
            {"EventSourceArn": STREAM + "x", "StartingPosition": "LATEST"},
            "InvalidParameterValueException",
            f"Stream not found: {STREAM}x",
        ),
        (
            {"EventSourceArn": QUEUE + ".fifo", "MaximumBatchingWindowInSeconds": 1},
            "InvalidParameterValueException",
            "Batching window is not supported for FIFO queues",
        ),
        *(
            ({"FilterCriteria": {"Filters": [{"Pattern": pattern}]}}, "InvalidParameterValueException", text)
            for text in ["Invalid filter pattern definition."]
            for pattern in (None, "text", '{"eventSource": "aws:sqs"}', '{"eventSource": []}')
        ),
        (
            {"FilterCriteria": {"Filters": [{"Pattern": '{"body": ["x"]}'}] * 6}},
            "InvalidParameterValueException",
            "FilterCriteria has 6 filters; a mapping has at most 5.",
        ),
    ],
)
def test_what_is_refused_in_aws_words(functions: "LambdaClient", given: Any, code: str, text: str) -> None:
    members = {"FunctionName": "f", "EventSourceArn": QUEUE, **given}
    with pytest.raises(ClientError) as caught:
        functions.create_event_source_mapping(**{name: value for name, value in members.items() if value is not None})
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (code, text)


def test_five_filters_are_taken(functions: "LambdaClient") -> None:
    filters: Any = {"Filters": [{"Pattern": '{"body": ["x"]}'}] * 5}
    made = functions.create_event_source_mapping(FunctionName="f", EventSourceArn=QUEUE, FilterCriteria=filters)
    assert made["FilterCriteria"] == filters


def test_a_pair_has_one_mapping(functions: "LambdaClient") -> None:
    uuid = functions.create_event_source_mapping(FunctionName="f", EventSourceArn=QUEUE)["UUID"]
    with pytest.raises(ClientError) as caught:
        functions.create_event_source_mapping(FunctionName=FUNCTION, EventSourceArn=QUEUE)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    assert caught.value.response["Error"]["Message"] == (
        f'An event source mapping with SQS arn (" {QUEUE} ") and function (" f ") already exists. '
        f"Please update or delete the existing mapping with UUID {uuid}"
    )
    stream = table_stream()
    settings: Any = {"FunctionName": "f", "EventSourceArn": stream, "StartingPosition": "LATEST"}
    uuid = functions.create_event_source_mapping(**settings)["UUID"]
    with pytest.raises(ClientError, match="provided mapping already exists. Please update or delete .* " + uuid):
        functions.create_event_source_mapping(**settings)


def test_a_queue_that_shows_messages_again_too_soon_is_refused(functions: "LambdaClient", emulator: Emulator) -> None:
    emulator.lambda_function("slow", lambda event, _: None, timeout_seconds=60)
    text = "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds"
    with pytest.raises(ClientError, match=text):
        functions.create_event_source_mapping(FunctionName="slow", EventSourceArn=QUEUE)


@pytest.mark.parametrize(
    "given",
    [
        {"TumblingWindowInSeconds": 30},
        {"MetricsConfig": {"Metrics": ["EventCount"]}},
        {"SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["x:1"]}}, "EventSourceArn": None},
    ],
    ids=str,
)
def test_what_would_not_follow_is_refused_by_name(functions: "LambdaClient", given: Any) -> None:
    members = {"FunctionName": "f", "EventSourceArn": QUEUE, **given}
    with pytest.raises(NotEmulatedError, match=next(iter(given))):
        functions.create_event_source_mapping(**{name: value for name, value in members.items() if value is not None})


def test_a_mapping_has_tags(functions: "LambdaClient") -> None:
    made = functions.create_event_source_mapping(FunctionName="f", EventSourceArn=QUEUE, Tags={"a": "1"})
    arn = made["EventSourceMappingArn"]
    functions.tag_resource(Resource=arn, Tags={"b": "2"})
    functions.untag_resource(Resource=arn, TagKeys=["a"])
    assert functions.list_tags(Resource=arn)["Tags"] == {"b": "2"}
    with pytest.raises(ClientError, match="Event source mapping not found"):
        functions.list_tags(Resource=arn[:-1] + "x")


def test_a_mapping_of_a_deleted_function_stays(functions: "LambdaClient") -> None:
    uuid = functions.create_event_source_mapping(FunctionName="f", EventSourceArn=QUEUE)["UUID"]
    functions.delete_function(FunctionName="f")
    assert functions.get_event_source_mapping(UUID=uuid)["FunctionArn"] == FUNCTION


def test_a_source_of_another_region_is_refused(functions: "LambdaClient") -> None:
    boto3.client("sqs", region_name="eu-west-1").create_queue(QueueName="jobs")
    with pytest.raises(ClientError, match="another region") as told:
        functions.create_event_source_mapping(
            FunctionName="f", EventSourceArn="arn:aws:sqs:eu-west-1:123456789012:jobs"
        )
    assert told.value.response["Error"]["Code"] == "InvalidParameterValueException"
    assert functions.list_event_source_mappings()["EventSourceMappings"] == []


def test_a_change_of_the_function_is_checked_as_a_new_mapping_is(emulator: Emulator, functions: "LambdaClient") -> None:
    made = functions.create_event_source_mapping(FunctionName="f", EventSourceArn=QUEUE)
    functions.create_event_source_mapping(FunctionName="g", EventSourceArn=QUEUE)
    emulator.lambda_function("slow", lambda event, _: None, timeout_seconds=60)
    with pytest.raises(ClientError, match="Queue visibility timeout: 30 seconds is less than"):
        functions.update_event_source_mapping(UUID=made["UUID"], FunctionName="slow")
    with pytest.raises(ClientError, match="already exists") as told:
        functions.update_event_source_mapping(UUID=made["UUID"], FunctionName="g")
    assert told.value.response["Error"]["Code"] == "ResourceConflictException"
    functions.update_event_source_mapping(UUID=made["UUID"], FunctionName="f", BatchSize=2)
    assert functions.get_event_source_mapping(UUID=made["UUID"])["FunctionArn"] == FUNCTION
