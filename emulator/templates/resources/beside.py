"""Resources that Terraform has and CloudFormation has not: each is one request of its service."""

import json
from collections.abc import Mapping
from typing import Any, Final

from emulator.errors import NotEmulatedError
from emulator.templates.properties import Made, Properties, Resource
from emulator.templates.stack import Make, Stack


def events_target(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``aws_cloudwatch_event_target``: one target of a rule."""
    target: dict[str, Any] = dict(properties.get("Target"))
    rule = str(properties.get("Rule")).rpartition("|")[2]  # the Ref of a rule of a bus of one's own has the bus before
    bus = properties.get("EventBusName")
    put = stack.client("events").put_targets(Rule=rule, EventBusName=bus, Targets=[target])
    for failed in put["FailedEntries"]:
        raise stack.document.error(f"{resource.logical_id}: {failed['ErrorMessage']}", resource.pointer)
    return Made(f"{rule}-{target['Id']}")


def table_item(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``aws_dynamodb_table_item``: an item, in DynamoDB's JSON."""
    item = json.loads(properties.get("Item"))
    stack.client("dynamodb").put_item(TableName=properties.get("TableName"), Item=item)
    return Made(resource.logical_id)


def s3_object(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``aws_s3_object``: from a file or a text."""
    asset = properties.get("Asset")
    file = None if asset is None else stack.document.asset(str(asset))
    if asset is not None and (file is None or not file.is_file()):
        raise NotEmulatedError("the file of the object is not here")
    body = str(properties.get("Content", "")).encode() if file is None else file.read_bytes()
    key = properties.get("Key")
    stack.client("s3").put_object(Bucket=properties.get("Bucket"), Key=key, Body=body)
    return Made(key)


def secret_value(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``aws_secretsmanager_secret_version``: the secret's value."""
    secret, text = properties.get("SecretId"), properties.get("SecretString")
    if text is not None:
        stack.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=text)
    return Made(secret)


def bucket_versioning(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``aws_s3_bucket_versioning``: whether a bucket keeps versions."""
    bucket, status = properties.get("Bucket"), properties.get("Status")
    if status is not None:
        stack.client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
    return Made(bucket)


def queue_attributes(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``aws_sqs_queue_redrive_policy`` and ``aws_sqs_queue_redrive_allow_policy``: attributes of a queue."""
    url, attributes = properties.get("QueueUrl"), properties.chosen("RedrivePolicy", "RedriveAllowPolicy")
    texts = {name: each if isinstance(each, str) else json.dumps(each) for name, each in attributes.items()}
    stack.client("sqs").set_queue_attributes(QueueUrl=url, Attributes=texts)
    return Made(url)


MAKERS: Final[Mapping[str, Make]] = {
    "Terraform::Events::Target": events_target,
    "Terraform::DynamoDB::Item": table_item,
    "Terraform::S3::Object": s3_object,
    "Terraform::S3::Versioning": bucket_versioning,
    "Terraform::SQS::Attributes": queue_attributes,
    "Terraform::SecretsManager::Value": secret_value,
}
