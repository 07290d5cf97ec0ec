"""Requests that promise an event which nothing would bring: what a request's members, and what there is, say of it.

``emulator.aws.promises`` has the operations; some promise only with certain members, or at an external backend.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from emulator.aws import promises
from emulator.aws.interception import AwsRequest
from emulator.aws.promises.conditions import schedules
from emulator.aws.promises.table import PROMISES
from emulator.world import World


def refuse_promises(world: World, request: AwsRequest, accepted_calls: frozenset[str]) -> None:
    """Raise ``NotEmulatedError`` for a request that promises an event which nothing would bring."""
    if request.service in promises.SERVICES and not request.is_internal:
        is_external = world.remote(request.service) is not None
        read: dict[str, Callable[[Mapping[str, Any]], str | None]] = {
            "cloudformation": partial(_lost_resources, world),
            "events:EnableRule": partial(_lost_schedule, world, request.region),
            "events:PutRule": partial(_lost_rule, world),
            "scheduler:CreateSchedule": partial(_lost_call, world),
            "scheduler:UpdateSchedule": partial(_lost_call, world),
        }
        promises.check(request, accepted_calls, is_external=is_external, read=read)


def _lost_resources(world: World, members: Mapping[str, Any]) -> str | None:
    """What a template asks for that would not be made."""
    from emulator.cloudformation import lost

    s3 = world.internal_client("s3")
    return lost(members, lambda bucket, key: s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def _lost_schedule(world: World, region: str, members: Mapping[str, Any]) -> str | None:
    """What a rule of an external backend promises once it is enabled: the events of its schedule.

    A rule in this process sends them (``emulator.eventbridge.timed_rules``).
    """
    from botocore.exceptions import BotoCoreError, ClientError

    if world.remote("events") is None:
        return None
    named = {name: members[name] for name in ("Name", "EventBusName") if members.get(name)}
    try:
        rule = world.internal_client("events", region=region).describe_rule(**named)
    except (BotoCoreError, ClientError):  # EnableRule itself is refused
        return None
    return PROMISES["events"]["EnableRule"].lost if rule.get("ScheduleExpression") else None


def _lost_rule(world: World, members: Mapping[str, Any]) -> str | None:
    if world.remote("events") is None or not schedules(members):
        return None
    return PROMISES["events"]["PutRule"].lost


def _lost_call(world: World, members: Mapping[str, Any]) -> str | None:
    """What a schedule of an external backend promises: a call of something in this process."""
    if world.remote("scheduler") is None or members.get("State") == "DISABLED":
        return None
    from emulator.scheduler.targets import is_here

    arn = str((members.get("Target") or {}).get("Arn"))
    return f"{arn} is in this process, which the backend cannot reach" if is_here(world, arn) else None
