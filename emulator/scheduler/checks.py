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
    check_target(f"{operation} {members.get('Name')}", members["Target"])


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
