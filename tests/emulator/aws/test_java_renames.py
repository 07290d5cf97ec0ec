"""Members and errors that the AWS SDK for Java names otherwise than the API; held against botocore's models."""

from typing import Any

import pytest

from asl.values import Json
from emulator.aws import names
from emulator.aws.java_renames import ADDED, ALSO, ERRORS, RENAMED, java, java_naming
from emulator.integrations.dialect import sdk_dialect
from emulator.integrations.parameters import read_parameters
from emulator.targets import shapes
from emulator.targets.failures import ServiceError, failed
from emulator.targets.integrations import sdk
from emulator.targets.shapes import Result


def request(service: str, operation: str, argument: Json) -> dict[str, Any]:
    """The arguments of boto3's call; nothing is refused."""
    shape = names.service_model(service).operation_model(operation).input_shape
    read = read_parameters(argument, shape, sdk_dialect(service, names.action(operation), service))
    assert (read.refusals, read.violations) == ([], [])
    return read.arguments


def refusals(service: str, operation: str, argument: Json) -> list[str]:
    shape = names.service_model(service).operation_model(operation).input_shape
    return read_parameters(argument, shape, sdk_dialect(service, names.action(operation), service)).refusals


def result(service: str, operation: str, response: dict[str, Any]) -> Json:
    shape = names.service_model(service).operation_model(operation).output_shape
    return shapes.write_response(response, shape, Result(java_naming(service), shapes.blob_text))


def test_the_tables_name_what_the_models_have() -> None:
    for table in (RENAMED, ALSO):
        for service, renamed in table.items():
            for shape, members in renamed.items():
                known: Any = names.service_model(service).shape_for(shape)
                assert set(members) <= known.members.keys(), (service, shape)
    for service, added in ADDED.items():
        assert all(names.service_model(service).shape_for(shape) for shape in added)
    assert set(ERRORS["elb"]) <= {each.name for each in names.service_model("elb").error_shapes}


@pytest.mark.parametrize(
    ("member", "name"),
    [
        ("Boolean", "BooleanValue"),
        ("Interface", "InterfaceValue"),
        ("float", "FloatValue"),
        ("ELSE", "ElseValue"),
        ("NULL", "NullValue"),
        ("Return", "ReturnValue"),
        ("Wait", "WaitValue"),
        ("NotifyAll", "NotifyAllValue"),
        ("toString", "ToStringValue"),
        ("tostring", "Tostring"),  # a method's name is taken in its own case alone, a keyword in any
        ("clone", "Clone"),
        ("Type", "Type"),
    ],
)
def test_value_is_added_to_what_java_could_not_call_so(member: str, name: str) -> None:
    """``DefaultNamingStrategy``: its keywords in any case, and the methods that each class has."""
    assert java(member) == name


def test_a_union_has_a_method_named_type() -> None:
    assert java("Type", union=True) == "TypeValue"
    assert "TypeValue" in java_naming("acm")(names.service_model("acm").shape_for("AcmCertificateMetadataFilter"))


@pytest.mark.parametrize("service", ["dynamodb", "dynamodbstreams"])
def test_null_of_dynamodb_is_nul(service: str) -> None:
    """Seen in the result of a query on AWS."""
    known = java_naming(service)(names.service_model(service).shape_for("AttributeValue"))
    assert known["Nul"] == "NULL"
    assert not known.keys() & {"Null", "NULL", "NullValue"}


def test_null_of_dynamodb_is_nul_both_ways() -> None:
    item = request("dynamodb", "PutItem", {"TableName": "t", "Item": {"a": {"Nul": True}}})["Item"]
    assert item == {"a": {"NULL": True}}
    assert result("dynamodb", "GetItem", {"Item": {"a": {"NULL": True}}}) == {"Item": {"a": {"Nul": True}}}
    wrong: Json = {"TableName": "t", "Item": {"a": {"Null": True}}}
    assert refusals("dynamodb", "PutItem", wrong) == ['The field "Null" is not supported by Step Functions']


@pytest.mark.parametrize(
    ("operation", "more"), [("CopyObject", {}), ("UploadPartCopy", {"PartNumber": 1, "UploadId": "u"})]
)
def test_a_copy_has_a_destination_and_a_source(operation: str, more: dict[str, Json]) -> None:
    source = {"SourceBucket": "s", "SourceKey": "k 1", "SourceVersionId": "v"}
    new = request("s3", operation, {"DestinationBucket": "b", "DestinationKey": "d", **source, **more})
    assert (new["Bucket"], new["Key"]) == ("b", "d")
    assert new["CopySource"] == {"Bucket": "s", "Key": "k 1", "VersionId": "v"}
    old = request("s3", operation, {"Bucket": "b", "Key": "d", "CopySource": "s/k", **more})
    assert (old["Bucket"], old["Key"], old["CopySource"]) == ("b", "d", "s/k")


def test_the_names_of_other_requests_stay() -> None:
    assert request("s3", "PutObject", {"Bucket": "b", "Key": "k"})["Bucket"] == "b"
    assert refusals("s3", "PutObject", {"DestinationBucket": "b", "Bucket": "b", "Key": "k"}) == [
        'The field "DestinationBucket" is not supported by Step Functions'
    ]


def test_lists_have_the_plural() -> None:
    assert request("cloudformation", "ListStacks", {"StackStatusFilters": ["x"]}) == {"StackStatusFilter": ["x"]}
    permission: Json = {"TopicArn": "t", "Label": "l", "AwsAccountIds": ["1"], "ActionNames": ["Publish"]}
    assert request("sns", "AddPermission", permission) == {
        "TopicArn": "t",
        "Label": "l",
        "AWSAccountId": ["1"],
        "ActionName": ["Publish"],
    }


def test_ec2_has_no_dry_run_and_names_of_its_own_in_results() -> None:
    assert refusals("ec2", "DescribeInstances", {"DryRun": True}) == [
        'The field "DryRun" is not supported by Step Functions'
    ]
    images = result("ec2", "DescribeImages", {"Images": [{"Public": True}]})
    assert images == {"Images": [{"PublicLaunchPermissions": True}]}
    assert result("ec2", "DescribeFpgaImages", {"FpgaImages": [{"Public": True}]}) == {
        "FpgaImages": [{"IsPublic": True}]
    }
    assert result("ec2", "CreateRoute", {"Return": True}) == {"ReturnValue": True}


def test_the_platform_of_elastic_beanstalk_has_a_builder_of_its_own() -> None:
    made = result("elasticbeanstalk", "CreatePlatformVersion", {"Builder": {"ARN": "a"}})
    assert made == {"PlatformBuilder": {"Arn": "a"}}


@pytest.mark.parametrize(
    ("service", "shape", "error"),
    [
        ("elasticloadbalancing", "AccessPointNotFoundException", "ElasticLoadBalancing.LoadBalancerNotFoundException"),
        ("elasticloadbalancing", "InvalidEndPointException", "ElasticLoadBalancing.InvalidInstanceException"),
        ("rds", "DBInstanceNotFoundFault", "Rds.DbInstanceNotFoundException"),
        ("sqs", "QueueDoesNotExist", "Sqs.QueueDoesNotExistException"),
        ("lambda", "EC2AccessDeniedException", "Lambda.Ec2AccessDeniedException"),
        ("dynamodb", None, "DynamoDb.DynamoDbException"),
    ],
)
def test_an_error_has_its_name_in_java(service: str, shape: str | None, error: str) -> None:
    """Names measured with TestState in September 2026; renamed shapes of the SDK."""
    boto3_name = names.services()[service]
    service_id = names.service_model(boto3_name).service_id
    integration = sdk(service, "any", boto3_name=boto3_name, service_id=service_id)
    assert failed(ServiceError("Any", "m", shape=shape), integration, "id").error == error
