"""Names of services, actions, parameters and errors, against the developer guide's lists and botocore's models."""

import pytest
from botocore.loaders import Loader

from emulator.aws import names
from emulator.aws.java_renames import java


@pytest.mark.parametrize(
    ("member", "name"),
    [
        ("TableName", "TableName"),
        ("cluster", "Cluster"),
        ("SNSTopicArn", "SnsTopicArn"),  # AWS's sample sfn-textract-callback
        ("DBInstanceIdentifier", "DbInstanceIdentifier"),
        ("ETag", "ETag"),  # recorded: test_s3_get_object
        ("ChecksumCRC32", "ChecksumCRC32"),  # recorded: test_s3_put_object
        ("ACL", "Acl"),
        ("MD5OfBody", "Md5OfBody"),
        ("equals", "EqualsValue"),
        ("Default", "DefaultValue"),
    ],
)
def test_a_parameter_is_named_as_java_names_it(member: str, name: str) -> None:
    assert java(member) == name


def test_an_optimized_integration_keeps_the_names_of_the_api() -> None:
    assert names.verbatim("MD5OfMessageBody") == "MD5OfMessageBody"  # recorded: test_send_message


@pytest.mark.parametrize(
    ("service_id", "prefix"),
    [
        ("DynamoDB", "DynamoDb"),
        ("SFN", "Sfn"),
        ("EventBridge", "EventBridge"),
        ("CloudWatch Logs", "CloudWatchLogs"),
        ("Database Migration Service", "DatabaseMigration"),
        ("SESv2", "SesV2"),
        ("CloudHSM V2", "CloudHsmV2"),
        ("WAFV2", "Wafv2"),
        ("IoTSiteWise", "IoTSiteWise"),
        ("IoT Wireless", "IotWireless"),
        ("b2bi", "B2Bi"),
        ("FSx", "FSx"),
        ("SupportAuthZ", "SupportAuthz"),
        ("SageMaker A2I Runtime", "SageMakerA2IRuntime"),
        ("Route 53 Domains", "Route53Domains"),
    ],
)
def test_an_error_prefix_is_the_name_of_javas_client(service_id: str, prefix: str) -> None:
    """Developer guide, list of AWS SDK service integrations and their exception prefixes."""
    assert names.service_prefix(service_id) == prefix


@pytest.mark.parametrize(
    ("shape", "name"),
    [
        ("ResourceNotFoundException", "ResourceNotFoundException"),
        ("NoSuchKey", "NoSuchKeyException"),
        ("DBInstanceNotFoundFault", "DbInstanceNotFoundException"),
        ("KMSInvalidStateException", "KmsInvalidStateException"),
        ("DynamoDBException", "DefaultDynamoDbException"),  # the name of all others
    ],
)
def test_an_error_shape_becomes_an_exception(shape: str, name: str) -> None:
    assert names.exception_name(shape, "DynamoDb") == name


@pytest.mark.parametrize(
    ("service", "boto3_name"),
    [
        ("dynamodb", "dynamodb"),
        ("sfn", "stepfunctions"),
        ("eventbridge", "events"),
        ("cloudwatchlogs", "logs"),
        ("applicationautoscaling", "application-autoscaling"),
        ("bedrockruntime", "bedrock-runtime"),
        ("config", "config"),
        ("directory", "ds"),
    ],
)
def test_a_service_leads_to_boto3s_name(service: str, boto3_name: str) -> None:
    assert names.services()[service] == boto3_name


def test_every_irregular_service_has_the_service_id_that_its_name_comes_from() -> None:
    irregular = {service: name for service, name in names.IRREGULAR.items() if name in names.services().values()}
    derived = {names.service_prefix(names.service_model(name).service_id).lower() for name in irregular.values()}
    assert derived == set(irregular)
    assert len(names.IRREGULAR) == 23


def test_every_service_of_botocore_can_be_named() -> None:
    assert set(names.services().values()) == set(Loader().list_available_services("service-2"))


def test_an_action_is_its_operation_in_camel_case() -> None:
    model = names.service_model("rds")
    operation = names.operation(model, "describeDBInstances")
    assert operation is not None
    assert operation.name == "DescribeDBInstances"
    assert names.operation(model, "DescribeDBInstances") is None


@pytest.mark.parametrize(
    ("member", "name"),
    [("vCPUHour", "vcpuHour"), ("kMSKeyArn", "kmsKeyArn"), ("eTag", "eTag"), ("name", "name"), ("DBName", "dbName")],
)
def test_a_member_with_a_small_first_letter_has_its_acronym_in_lower_case(member: str, name: str) -> None:
    """Java's ``unCapitalize`` lowers the first letter and the capitals after it, up to the next word."""
    assert names.camel(member) == name
