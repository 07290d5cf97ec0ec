"""What calls a function or a machine by itself: mappings, schedules, pipes, notifications of buckets.

Each is made by its service's own request. So what the emulator refuses there is refused here, with the same words.
"""

from collections.abc import Mapping
from typing import Any, Final

from emulator.templates.members import fitted
from emulator.templates.sam import NOTIFICATION
from emulator.templates.stack import Made, Make, Properties, Resource, Stack


def mapping(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Lambda::EventSourceMapping``."""
    client = stack.assembly.client("lambda")
    made = client.create_event_source_mapping(**fitted(client, "create_event_source_mapping", properties.all()))
    return Made(made["UUID"], {"Id": made["UUID"], "EventSourceMappingArn": made.get("EventSourceMappingArn", "")})


def _named(service: str, operation: str, arn: str) -> Make:
    """Makes a resource with the request of the same members; its Ref is its name, ``arn`` the member with its ARN."""

    def make(stack: Stack, resource: Resource, properties: Properties) -> Made:
        request = properties.all()
        request.setdefault("Name", stack.physical_name(resource.logical_id))
        client = stack.assembly.client(service)
        made = getattr(client, operation)(**fitted(client, operation, request))
        others = {name: made[name] for name in ("CreationTime", "CurrentState", "LastModifiedTime") if name in made}
        return Made(request["Name"], {"Arn": made[arn], **others})

    return make


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
    s3 = stack.assembly.client("s3")
    kept = s3.get_bucket_notification_configuration(Bucket=bucket)
    kept.pop("ResponseMetadata", None)
    kept.setdefault("LambdaFunctionConfigurations", []).append(configuration)
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=kept)
    return Made(resource.logical_id)


MAKERS: Final[Mapping[str, Make]] = {
    "AWS::Lambda::EventSourceMapping": mapping,
    "AWS::Scheduler::Schedule": _named("scheduler", "create_schedule", "ScheduleArn"),
    "AWS::Scheduler::ScheduleGroup": _named("scheduler", "create_schedule_group", "ScheduleGroupArn"),
    "AWS::Pipes::Pipe": _named("pipes", "create_pipe", "Arn"),
    NOTIFICATION: notification,
}
