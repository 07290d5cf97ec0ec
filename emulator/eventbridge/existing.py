"""Requests about a rule, a target or a bus that is not there, or that is one too many, in AWS's recorded words.

moto has other texts for some of them, and accepts any number of targets.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from emulator.aws.arns import Arn, is_arn
from emulator.aws.refusals import AwsError
from emulator.eventbridge.buses import DEFAULT_BUS, PREFIX
from emulator.world import World

NAMED_BY: Final[Mapping[str, str]] = {
    "DescribeRule": "Name",
    "DisableRule": "Name",
    "EnableRule": "Name",
    "ListTargetsByRule": "Rule",
    "PutTargets": "Rule",
    "RemoveTargets": "Rule",
}
"""Operation -> the member with the name of a rule that must be there. DeleteRule succeeds without it."""
TAGGING: Final = ("ListTagsForResource", "TagResource", "UntagResource")
MOST_TARGETS: Final = 5
"""The most targets of a rule (recorded: seven are refused; quotas of EventBridge)."""
_RULE: Final = "rule/"


def check_existing(world: World, operation: str, body: Mapping[str, Any], bus: str, region: str) -> None:
    """Raises ``AwsError``; a bus of ``bus``'s name that is not there is told by the backend."""
    if operation in NAMED_BY:
        name = body[NAMED_BY[operation]]
        _check_rule(world, name, bus, region)
        if operation == "PutTargets":
            _check_count(world, name, bus, body["Targets"], region)
    elif operation in TAGGING:
        _check_tagged(world, body["ResourceARN"], region)
    elif operation == "PutPermission":
        _bus(world, bus, region)
    elif operation == "RemovePermission" and not body.get("RemoveAllPermissions"):
        _check_statement(world, body.get("StatementId"), bus, region)


def _check_rule(world: World, name: str, bus: str, region: str) -> None:
    client = world.internal_client("events", region=region)
    try:
        client.describe_rule(Name=name, EventBusName=bus)
    except client.exceptions.ResourceNotFoundException as error:
        if str(error.response["Error"]["Message"]).startswith("Rule "):
            raise _missing(f"Rule {name} does not exist on EventBus {bus}.") from None
        raise _missing(f"Event bus {bus} does not exist.") from None


def _check_count(world: World, rule: str, bus: str, targets: Any, region: str) -> None:
    client = world.internal_client("events", region=region)
    there = client.list_targets_by_rule(Rule=rule, EventBusName=bus)["Targets"]
    if len({target["Id"] for target in (*there, *targets)}) > MOST_TARGETS:
        raise AwsError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")


def _check_tagged(world: World, text: str, region: str) -> None:
    resource = Arn.parse(text).name if is_arn(text) else ""
    if resource.startswith(PREFIX):
        _bus(world, resource.removeprefix(PREFIX), region)
    elif resource.startswith(_RULE):
        bus, _, name = resource.removeprefix(_RULE).rpartition("/")
        _check_rule(world, name, bus or DEFAULT_BUS, region)


def _check_statement(world: World, sid: object, bus: str, region: str) -> None:
    policy = json.loads(_bus(world, bus, region).get("Policy") or "{}")
    if all(statement.get("Sid") != sid for statement in policy.get("Statement", ())):
        raise _missing("Statement with the provided id does not exist.")


def check_bus_exists(world: World, name: str, region: str) -> None:
    """Raises ``AwsError`` in the words of DescribeEventBus."""
    _bus(world, name, region)


def _bus(world: World, name: str, region: str) -> Mapping[str, Any]:
    client = world.internal_client("events", region=region)
    try:
        found: Mapping[str, Any] = client.describe_event_bus(Name=name)
    except client.exceptions.ResourceNotFoundException:
        raise _missing(f"Event bus {name} does not exist.") from None
    return found


def _missing(message: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message)
