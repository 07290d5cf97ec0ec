"""What calls a function or a machine by itself: mappings, schedules, pipes, notifications of buckets.

Each is made by its service's own request. So what the emulator refuses there is refused here, with the same words.
"""

from collections.abc import Mapping
from typing import Any, Final

from emulator.templates.sam import NOTIFICATION
from emulator.templates.stack import Made, Make, Properties, Resource, Stack


def mapping(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Lambda::EventSourceMapping``."""
    made = stack.assembly.client("lambda").create_event_source_mapping(**properties.all())
    return Made(made["UUID"], {"Id": made["UUID"], "EventSourceMappingArn": made.get("EventSourceMappingArn", "")})


def schedule(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Scheduler::Schedule``."""
    request = properties.all()
    request.setdefault("Name", stack.physical_name(resource.logical_id))
    arn = stack.assembly.client("scheduler").create_schedule(**request)["ScheduleArn"]
    return Made(request["Name"], {"Arn": arn})


def schedule_group(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Scheduler::ScheduleGroup``."""
    request = properties.all()
    request.setdefault("Name", stack.physical_name(resource.logical_id))
    arn = stack.assembly.client("scheduler").create_schedule_group(**request)["ScheduleGroupArn"]
    return Made(request["Name"], {"Arn": arn})


def pipe(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Pipes::Pipe``."""
    request = properties.all()
    request.setdefault("Name", stack.physical_name(resource.logical_id))
    arn = stack.assembly.client("pipes").create_pipe(**request)["Arn"]
    return Made(request["Name"], {"Arn": arn})


def notification(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """An event of a bucket, as a function of SAM has it."""
    bucket, events = properties.get("Bucket"), properties.get("Events")
    configuration: dict[str, Any] = {
        "LambdaFunctionArn": properties.get("Function"),
        "Events": [events] if isinstance(events, str) else events,
    }
    rules = (properties.get("Filter") or {}).get("S3Key", {}).get("Rules")
    if rules:
        configuration["Filter"] = {"Key": {"FilterRules": rules}}
    stack.assembly.client("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": [configuration]}
    )
    return Made(resource.logical_id)


MAKERS: Final[Mapping[str, Make]] = {
    "AWS::Lambda::EventSourceMapping": mapping,
    "AWS::Scheduler::Schedule": schedule,
    "AWS::Scheduler::ScheduleGroup": schedule_group,
    "AWS::Pipes::Pipe": pipe,
    NOTIFICATION: notification,
}
