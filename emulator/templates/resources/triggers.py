"""What calls a function or a machine by itself: mappings, schedules, pipes, archives, notifications of buckets.

Each is made by its service's own request. So what the emulator refuses there is refused here, with the same words.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from asl.values import instant_text
from emulator.templates.members import fitted
from emulator.templates.properties import Made, Properties, Resource
from emulator.templates.references import NOTIFICATION
from emulator.templates.stack import Make, Stack


def mapping(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Lambda::EventSourceMapping``."""
    client = stack.client("lambda")
    made = client.create_event_source_mapping(**fitted(client, "create_event_source_mapping", properties.all()))
    return Made(made["UUID"], {"Id": made["UUID"], "EventSourceMappingArn": made.get("EventSourceMappingArn", "")})


def schedule(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Scheduler::Schedule``."""
    name, made = _create(stack, resource, properties, "scheduler", "create_schedule")
    return Made(name, {"Arn": made["ScheduleArn"]})


def schedule_group(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Scheduler::ScheduleGroup``."""
    name, made = _create(stack, resource, properties, "scheduler", "create_schedule_group")
    found = stack.client("scheduler").get_schedule_group(Name=name)
    dates = {each: _text(found.get(each)) for each in ("CreationDate", "LastModificationDate")}
    return Made(name, {"Arn": made["ScheduleGroupArn"], "State": found.get("State", "ACTIVE"), **dates})


def pipe(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Pipes::Pipe``."""
    name, made = _create(stack, resource, properties, "pipes", "create_pipe")
    times = {each: _text(made.get(each)) for each in ("CreationTime", "LastModifiedTime")}
    state = {"CurrentState": properties.get("DesiredState") or "RUNNING", "StateReason": ""}  # it waits for the state
    return Made(name, {"Arn": made["Arn"], **state, **times})


def archive(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Events::Archive``; its SourceArn is a member of another name."""
    request = properties.chosen("ArchiveName", "Description", "RetentionDays")
    request.setdefault("ArchiveName", stack.physical_name(resource.logical_id, 48))
    request["EventSourceArn"] = properties.get("SourceArn")
    if (pattern := properties.get("EventPattern")) is not None:
        request["EventPattern"] = pattern if isinstance(pattern, str) else json.dumps(pattern)
    made = stack.client("events").create_archive(**request)
    return Made(request["ArchiveName"], {"Arn": made["ArchiveArn"], "ArchiveName": request["ArchiveName"]})


def _create(
    stack: Stack, resource: Resource, properties: Properties, service: str, operation: str
) -> tuple[str, dict[str, Any]]:
    """Make a resource with the request of the same members; its name, and the answer."""
    request = properties.all()
    request.setdefault("Name", stack.physical_name(resource.logical_id))
    client = stack.client(service)
    return request["Name"], getattr(client, operation)(**fitted(client, operation, request))


def _text(value: Any) -> str:
    """An attribute that is a time, as a text."""
    return instant_text(value.astimezone(UTC)) if isinstance(value, datetime) else str(value or "")


def notification(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """An event of a bucket, as a function of SAM has it: it is added to the bucket's other ones."""
    bucket, events = properties.get("Bucket"), properties.get("Events")
    configuration: dict[str, Any] = {
        "LambdaFunctionArn": properties.get("Function"),
        "Events": [events] if isinstance(events, str) else events,
    }
    rules = (properties.get("Filter") or {}).get("S3Key", {}).get("Rules")
    if rules:
        configuration["Filter"] = {"Key": {"FilterRules": rules}}
    s3 = stack.client("s3")
    kept = s3.get_bucket_notification_configuration(Bucket=bucket)
    kept.pop("ResponseMetadata", None)
    kept.setdefault("LambdaFunctionConfigurations", []).append(configuration)
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=kept)
    return Made(resource.logical_id)


MAKERS: Final[Mapping[str, Make]] = {
    "AWS::Lambda::EventSourceMapping": mapping,
    "AWS::Events::Archive": archive,
    "AWS::Scheduler::Schedule": schedule,
    "AWS::Scheduler::ScheduleGroup": schedule_group,
    "AWS::Pipes::Pipe": pipe,
    NOTIFICATION: notification,
}
