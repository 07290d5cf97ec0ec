"""What EventBridge Scheduler refuses of a schedule, and what of it would not work here."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from emulator.aws.members import check_constraints, check_members
from emulator.aws.names import service_model
from emulator.aws.refusals import AwsError
from emulator.eventbridge.schedules import SCHEDULER, InvalidSchedule, parse
from emulator.scheduler.targets import check_target
from emulator.scheduler.times import instant, zone_of
from emulator.world import World

DEFAULT_GROUP: Final = "default"
DEFAULTS: Final[Mapping[str, Mapping[str, str]]] = {
    "CreateSchedule": {"ActionAfterCompletion": "NONE"},
    "UpdateSchedule": {"State": "ENABLED"},
}
"""What AWS shows of a schedule whose request does not say it, and moto does not (recorded; API reference)."""
RETRY_POLICY: Final[Mapping[str, int]] = {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}
"""What AWS shows of a target's RetryPolicy, whole or in part, that is not given (API reference)."""
LONGEST_INPUT: Final = 262_144
"""Bytes of a target's Input (quotas of EventBridge Scheduler)."""


def completed(operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a Create- or UpdateSchedule with the defaults that moto does not fill in."""
    target = dict(body["Target"])
    target["RetryPolicy"] = {**RETRY_POLICY, **(target.get("RetryPolicy") or {})}
    return {**DEFAULTS[operation], **body, "Target": target}


class Window(NamedTuple):
    """A mode of a flexible time window: whether it wants a length, and how AWS says so."""

    wants: bool
    must: str


WINDOWS: Final[Mapping[Any, Window]] = {
    "OFF": Window(False, "not be provided"),
    "FLEXIBLE": Window(True, "be provided"),
}


def check_schedule(operation: str, members: Mapping[str, Any]) -> None:
    """Raises ``AwsError`` for a wrong expression, zone, window, dates or target of a Create- or UpdateSchedule.

    The expression's text is recorded; those of the window and of the dates were measured in September 2026
    (``cdk-preflight``, ``pf-scheduler-*``). Raises ``NotEmulatedError`` for a target that would not be called.
    """
    text = members.get("ScheduleExpression")
    if not isinstance(text, str):
        return
    try:
        parse(text, SCHEDULER)
    except InvalidSchedule:
        raise AwsError("ValidationException", f"Invalid Schedule Expression {text}.") from None
    zone_of(members)
    given = members.get("FlexibleTimeWindow")
    window: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    mode = WINDOWS.get(window.get("Mode"))
    if mode is not None and (window.get("MaximumWindowInMinutes") is not None) != mode.wants:
        told = f"MaximumWindowInMinutes must {mode.must} when FlexibleTimeWindowMode is set to {window['Mode']}."
        raise AwsError("ValidationException", told)
    start, end = (instant(members.get(name)) for name in ("StartDate", "EndDate"))
    if start is not None and end is not None and start >= end:
        raise AwsError("ValidationException", "The StartDate you specify must come before the EndDate.")
    if (size := len(str(members["Target"].get("Input") or "").encode())) > LONGEST_INPUT:
        told = f"The Input of the target has {size} bytes, which is more than {LONGEST_INPUT}."
        raise AwsError("ValidationException", told)
    check_target(f"{operation} {members.get('Name')}", members["Target"])


OF_TAGS: Final = ("ListTagsForResource", "TagResource", "UntagResource")
"""The calls about the tags of a group; a schedule has none, and its ARN breaks the pattern of theirs."""


def check_call(world: World, operation: str, members: Mapping[str, Any], region: str) -> None:
    """Raises ``AwsError`` for what AWS refuses of a call, ``NotEmulatedError`` for what would not work here."""
    if operation in DEFAULTS:
        check_members(service_model("scheduler"), operation, members)
        check_constraints(service_model("scheduler"), operation, members, own=())
        check_schedule(operation, members)
        if not _has_group(world, group := str(members.get("GroupName") or DEFAULT_GROUP), region):
            raise _no_group(group)
    elif operation == "CreateScheduleGroup" and _has_group(world, name := str(members.get("Name")), region):
        raise AwsError("ConflictException", f"Schedule group {name} already exists.", 409)
    elif operation == "DeleteScheduleGroup":
        if (name := str(members.get("Name"))) == DEFAULT_GROUP:
            raise AwsError("ValidationException", f"Schedule group {name} cannot be deleted.")
        if not _has_group(world, name, region):
            raise _no_group(name)
    elif operation in OF_TAGS:
        named = {"ResourceArn": str(members.get("ResourceArn"))}
        check_constraints(service_model("scheduler"), operation, named, own=())
        if not _has_group(world, name := named["ResourceArn"].rpartition("/")[2], region):
            raise _no_group(name)


def _has_group(world: World, name: str, region: str) -> bool:
    client = world.internal_client("scheduler", region=region)
    try:
        client.get_schedule_group(Name=name)
    except client.exceptions.ResourceNotFoundException:
        return False
    return True


def _no_group(name: str) -> AwsError:
    """In the words of GetScheduleGroup; moto fails."""
    return AwsError("ResourceNotFoundException", f"Schedule group {name} does not exist.", 404)
