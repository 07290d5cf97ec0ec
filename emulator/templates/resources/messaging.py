"""Queues, topics and their subscriptions; buses, rules and connections."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from emulator.templates.properties import Made, Properties, Resource
from emulator.templates.stack import Make, Stack

_QUEUE: Final = (
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "DelaySeconds",
    "FifoQueue",
    "FifoThroughputLimit",
    "KmsMasterKeyId",
    "KmsDataKeyReusePeriodSeconds",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
)
OUTSIDE: Final = ("email", "email-json", "sms", "application", "firehose")
"""Protocols whose messages go to people and devices: nothing in the application gets them."""
_TOPIC: Final = (
    "ContentBasedDeduplication",
    "DisplayName",
    "FifoThroughputScope",
    "FifoTopic",
    "KmsMasterKeyId",
    "SignatureVersion",
)


def queue(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::SQS::Queue``: its Ref is the URL."""
    sqs, attributes = stack.client("sqs"), _texts(properties.chosen(*_QUEUE))
    ending = ".fifo" if attributes.get("FifoQueue") == "true" else ""
    name = properties.get("QueueName") or stack.physical_name(resource.logical_id, 80 - len(ending)) + ending
    if not ending:
        attributes.pop("FifoQueue", None)
    url = sqs.create_queue(QueueName=name, Attributes=attributes, tags=_tags(properties))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return Made(url, {"Arn": arn, "QueueName": name, "QueueUrl": url})


def topic(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::SNS::Topic``: its Ref is the ARN."""
    sns, attributes = stack.client("sns"), _texts(properties.chosen(*_TOPIC))
    ending = ".fifo" if attributes.get("FifoTopic") == "true" else ""
    name = properties.get("TopicName") or stack.physical_name(resource.logical_id, 256 - len(ending)) + ending
    tags = [{"Key": key, "Value": value} for key, value in _tags(properties).items()]
    arn = sns.create_topic(Name=name, Attributes=attributes, Tags=tags)["TopicArn"]
    for each in properties.get("Subscription") or ():
        stack.made_in_part.add(resource.logical_id)  # if anything of it is not emulated, that is a subscription
        _subscribe(stack, resource.logical_id, {"TopicArn": arn, **each})
    return Made(arn, {"TopicArn": arn, "TopicName": name})


def subscription(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::SNS::Subscription``."""
    names = ("TopicArn", "Protocol", "Endpoint", "RawMessageDelivery", "FilterPolicy", "FilterPolicyScope")
    arn = _subscribe(stack, resource.logical_id, properties.chosen(*names, "RedrivePolicy"))
    return Made(arn, {"Arn": arn})


def _subscribe(stack: Stack, logical_id: str, wanted: Mapping[str, Any]) -> str:
    if wanted["Protocol"] in OUTSIDE:
        stack.not_emulated.setdefault(f"AWS::SNS::Subscription ({wanted['Protocol']})", []).append(logical_id)
        return f"{wanted['TopicArn']}:{stack.random_text(logical_id, 12)}"
    given = ("RawMessageDelivery", "FilterPolicy", "FilterPolicyScope", "RedrivePolicy")
    attributes = _texts({name: wanted[name] for name in given if name in wanted})
    made = stack.client("sns").subscribe(
        TopicArn=wanted["TopicArn"], Protocol=wanted["Protocol"], Endpoint=wanted["Endpoint"], Attributes=attributes
    )
    return str(made["SubscriptionArn"])


def bus(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Events::EventBus``."""
    request = properties.chosen("Name", "Description")
    request.setdefault("Name", stack.physical_name(resource.logical_id))
    arn = stack.client("events").create_event_bus(**request)["EventBusArn"]
    return Made(request["Name"], {"Arn": arn, "Name": request["Name"], "Policy": ""})


def connection(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Events::Connection``, which tasks with ``http:invoke`` use."""
    request = properties.chosen("Name", "Description", "AuthorizationType", "AuthParameters")
    request |= properties.chosen("InvocationConnectivityParameters", "KmsKeyIdentifier")
    request.setdefault("Name", stack.physical_name(resource.logical_id, 64))
    events = stack.client("events")
    arn = events.create_connection(**request)["ConnectionArn"]
    secret = events.describe_connection(Name=request["Name"])["SecretArn"]
    return Made(request["Name"], {"Arn": arn, "ArnForPolicy": arn.rpartition("/")[0], "SecretArn": secret})


def rule(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Events::Rule`` with its targets."""
    events = stack.client("events")
    request = properties.chosen("Name", "Description", "EventBusName", "ScheduleExpression", "State")
    request.setdefault("Name", stack.physical_name(resource.logical_id))
    if (enabled := properties.get("Enabled")) is not None:  # SAM's
        request["State"] = "ENABLED" if str(enabled).lower() == "true" else "DISABLED"
    pattern = properties.get("EventPattern")
    if pattern is not None:
        request["EventPattern"] = pattern if isinstance(pattern, str) else json.dumps(pattern)
    arn = events.put_rule(**request)["RuleArn"]
    where = {name: request[name] for name in ("EventBusName",) if name in request}
    for target in properties.get("Targets") or ():
        put_request = {"Rule": request["Name"], "Targets": [_target(target)], **where}
        put = stack.part(resource, partial(events.put_targets, **put_request)) or {"FailedEntries": ()}
        for failed in put["FailedEntries"]:
            raise stack.document.error(failed["ErrorMessage"], resource.pointer)
    name = request["Name"]
    return Made(f"{request['EventBusName']}|{name}" if request.get("EventBusName") else name, {"Arn": arn})


def _target(target: Mapping[str, Any]) -> dict[str, Any]:
    made = dict(target)
    if isinstance(made.get("Input"), Mapping | list):
        made["Input"] = json.dumps(made["Input"])
    return made


def _tags(properties: Properties) -> dict[str, str]:
    tags = properties.get("Tags") or []
    return {each["Key"]: str(each["Value"]) for each in tags} if isinstance(tags, list) else dict(tags)


def _texts(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Attributes as the services take them: all values are texts."""
    return {
        name: json.dumps(value) if isinstance(value, bool | Mapping | list) else str(value)
        for name, value in attributes.items()
    }


MAKERS: Final[Mapping[str, Make]] = {
    "AWS::SQS::Queue": queue,
    "AWS::SNS::Topic": topic,
    "AWS::SNS::Subscription": subscription,
    "AWS::Events::Connection": connection,
    "AWS::Events::EventBus": bus,
    "AWS::Events::Rule": rule,
}
