"""A bus's policy: what PutPermission makes of it.

The same StatementId replaces a statement, another one adds one, even of the same principal; a Policy replaces all
(recorded on AWS). moto keeps one statement of a principal and adds a Policy, so it is given the whole policy anew.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from asl.values import Json
from emulator.aws.arns import Arn
from emulator.world import World

MEMBERS: Final = ("Action", "Principal", "StatementId")
"""What a request without a Policy needs; moto refuses one that lacks some."""
STATEMENT: Final = frozenset({"Sid", "Effect", "Principal", "Action", "Resource"})
"""The members of a statement that moto needs."""


def put_permission(world: World, body: Mapping[str, Any], bus: str, region: str) -> dict[str, Any] | None:
    """The answer to PutPermission of a bus that exists; ``None`` when moto has to refuse the request."""
    client = world.internal_client("events", region=region)
    if body.get("Policy"):
        statements = _statements(body["Policy"])
    elif _is_whole(body):
        described = client.describe_event_bus(Name=bus)
        kept = [each for each in _statements(described.get("Policy")) or () if each["Sid"] != body["StatementId"]]
        statements = [*kept, _statement(body, described["Arn"])]
    else:
        return None
    if statements is None:
        return None
    client.remove_permission(EventBusName=bus, RemoveAllPermissions=True)
    if statements:
        client.put_permission(EventBusName=bus, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    return {}


def _is_whole(body: Mapping[str, Any]) -> bool:
    """Whether moto would take the request: all members, the one action, and a condition only for every principal."""
    is_known = body.get("Action") == "events:PutEvents" and all(body.get(name) for name in MEMBERS)
    return is_known and (not body.get("Condition") or body["Principal"] == "*")


def _statements(policy: str | None) -> Sequence[dict[str, Any]] | None:
    """The statements of a policy; ``None`` for a text that moto cannot keep."""
    try:
        statements = json.loads(policy or '{"Statement": []}')["Statement"]
        return statements if all(set(each) >= STATEMENT for each in statements) else None
    except (ValueError, KeyError, TypeError):
        return None


def _statement(body: Mapping[str, Any], arn: str) -> dict[str, Json]:
    principal, condition = body["Principal"], body.get("Condition")
    account = f"arn:{Arn.parse(arn).partition}:iam::{principal}:root"
    statement: dict[str, Json] = {
        "Sid": body["StatementId"],
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {"AWS": account},
        "Action": body["Action"],
        "Resource": arn,
    }
    if condition:
        statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    return statement
