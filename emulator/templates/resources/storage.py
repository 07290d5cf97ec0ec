"""Tables and buckets. The members are those of the services' own requests, which have the same names."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from asl.problems import did_you_mean
from emulator.aws.regions import partition_of
from emulator.templates.members import fitted
from emulator.templates.properties import Made, Properties, Resource
from emulator.templates.stack import Make, Stack

_TABLE: Final = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "LocalSecondaryIndexes")
_CAPACITY: Final = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}


def table(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::DynamoDB::Table``."""
    request = properties.chosen(*_TABLE, "BillingMode", "ProvisionedThroughput", "Tags", "TableClass")
    stream = properties.get("StreamSpecification")
    if stream is not None:
        request["StreamSpecification"] = {"StreamEnabled": True, **stream}
    return _create(stack, resource, properties, request)


def global_table(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::DynamoDB::GlobalTable``: the table of the stack's own region."""
    request = properties.chosen(*_TABLE, "BillingMode")
    for index in request.get("GlobalSecondaryIndexes") or ():
        for name in ("WriteProvisionedThroughputSettings", "WriteOnDemandThroughputSettings"):
            index.pop(name, None)
    stream = properties.get("StreamSpecification")
    if stream is not None:
        request["StreamSpecification"] = {"StreamEnabled": True, **stream}
    made = _create(stack, resource, properties, request)
    digits = stack.random_text(f"{resource.logical_id}/id", 32, "0123456789abcdef")
    return Made(made.ref, {**made.attributes, "TableId": str(UUID(digits))})


def simple_table(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Serverless::SimpleTable``: the key is ``id``, a text, unless PrimaryKey says otherwise."""
    key = properties.get("PrimaryKey") or {}
    name, type_ = key.get("Name", "id"), {"Number": "N", "Binary": "B"}.get(key.get("Type", ""), "S")
    request: dict[str, Any] = {
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": type_}],
        "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}],
    }
    if tags := properties.get("Tags"):
        request["Tags"] = [{"Key": name, "Value": value} for name, value in tags.items()]
    throughput = properties.get("ProvisionedThroughput")
    request |= {"ProvisionedThroughput": throughput} if throughput else {"BillingMode": "PAY_PER_REQUEST"}
    return _create(stack, resource, properties, request)


def _create(stack: Stack, resource: Resource, properties: Properties, request: dict[str, Any]) -> Made:
    name = properties.get("TableName") or stack.physical_name(resource.logical_id, 255)
    if request.get("BillingMode") != "PAY_PER_REQUEST":
        request.setdefault("ProvisionedThroughput", _CAPACITY)
    if "KeySchema" not in request:
        text = f"{resource.logical_id} ({resource.type}) has no KeySchema"
        raise stack.document.error(text, resource.pointer, did_you_mean("KeySchema", resource.properties))
    client = stack.client("dynamodb")
    request = fitted(client, "create_table", {"TableName": name, **request})
    made = client.create_table(**request)["TableDescription"]
    if (expires := properties.get("TimeToLiveSpecification")) is not None:
        wanted = fitted(client, "update_time_to_live", {"TableName": name, "TimeToLiveSpecification": expires})
        if wanted["TimeToLiveSpecification"].get("Enabled"):
            stack.part(resource, lambda: client.update_time_to_live(**wanted))
    attributes = {"Arn": made["TableArn"]}
    if "LatestStreamArn" in made:
        attributes["StreamArn"] = made["LatestStreamArn"]
    return Made(name, attributes)


def bucket(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::S3::Bucket``."""
    s3, name = stack.client("s3"), properties.get("BucketName")
    name = name or stack.physical_name(resource.logical_id, 63).lower()
    where = {} if stack.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": stack.region}}
    s3.create_bucket(Bucket=name, **where)
    if (versioning := properties.get("VersioningConfiguration")) is not None:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=versioning)
    if (wanted := properties.get("NotificationConfiguration")) is not None:
        request = {"Bucket": name, "NotificationConfiguration": _notifications(wanted)}
        stack.part(resource, lambda: s3.put_bucket_notification_configuration(**request))
    if tags := properties.get("Tags"):
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
    domain = f"{name}.s3.amazonaws.com"
    return Made(
        name,
        {
            "Arn": f"arn:{partition_of(stack.region)}:s3:::{name}",
            "DomainName": domain,
            "DualStackDomainName": f"{name}.s3.dualstack.{stack.region}.amazonaws.com",
            "RegionalDomainName": f"{name}.s3.{stack.region}.amazonaws.com",
            "WebsiteURL": f"http://{name}.s3-website-{stack.region}.amazonaws.com",
        },
    )


_NOTIFIED: Final = {"Lambda": "Function", "Queue": "Queue", "Topic": "Topic"}
"""Whom a bucket notifies -> the member that names it in a template."""


def _notifications(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """A template's NotificationConfiguration as S3's request has it."""
    found: dict[str, Any] = {}
    for kind, member in _NOTIFIED.items():
        name = "LambdaFunction" if kind == "Lambda" else kind
        for each in wanted.get(f"{kind}Configurations") or ():
            configuration: dict[str, Any] = {f"{name}Arn": each[member], "Events": [each["Event"]]}
            rules = ((each.get("Filter") or {}).get("S3Key") or {}).get("Rules")
            if rules:
                configuration["Filter"] = {"Key": {"FilterRules": rules}}
            found.setdefault(f"{name}Configurations", []).append(configuration)
    if (wanted.get("EventBridgeConfiguration") or {}).get("EventBridgeEnabled", "EventBridgeConfiguration" in wanted):
        found["EventBridgeConfiguration"] = {}
    return found


def stream(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Kinesis::Stream``."""
    client = stack.client("kinesis")
    request = properties.chosen("ShardCount", "StreamModeDetails", "Tags")
    name = properties.get("Name") or stack.physical_name(resource.logical_id, 128)
    client.create_stream(**fitted(client, "create_stream", {"StreamName": name, "ShardCount": 1, **request}))
    return Made(name, {"Arn": stack.arn("kinesis", f"stream/{name}")})


MAKERS: Final[Mapping[str, Make]] = {
    "AWS::DynamoDB::GlobalTable": global_table,
    "AWS::DynamoDB::Table": table,
    "AWS::Kinesis::Stream": stream,
    "AWS::Serverless::SimpleTable": simple_table,
    "AWS::S3::Bucket": bucket,
}
