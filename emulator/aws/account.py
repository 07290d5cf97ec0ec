"""The emulator's account number, and its replacement in requests to an external backend with another account.

Definitions and tests name queues, topics and buses with their account. On AWS it is the caller's; in the emulator it is
``ACCOUNT_ID``; an external backend has one for each access key. A request that names the emulator's account must find
the same resources at the backend.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from emulator.aws.regions import partition_of

ACCOUNT_ID: Final = "123456789012"

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "sqs": ("QueueUrl", "SourceArn", "DestinationArn"),
    "events": ("EventBusName", "Name", "TargetArn", "Arn"),
}
"""Endpoint prefix -> the members that may be ARNs or URLs in the account; ``Arn`` is a target's."""
_STAYS: Final = (":states:", ":lambda:")
"""In the ARNs of the emulator's own resources, which keep its account."""


def role_arn(region: str, name: str = "emulator") -> str:
    """The ARN of a role, in the partition of ``region``; the default is that of machines created without one."""
    return f"arn:{partition_of(region)}:iam::{ACCOUNT_ID}:role/{name}"


def at_home(service: str, operation: str, body: bytes, account: Callable[[], str]) -> bytes:
    """A request's body with the backend's ``account()`` in place of the emulator's."""
    if service not in _NAMES or ACCOUNT_ID.encode() not in body:
        return body
    try:
        content = json.loads(body)
    except ValueError:
        return body
    places: list[dict[str, Any]] = [content, *content.get("Targets", ())]
    if operation == "PutEvents":
        places += content.get("Entries", ())
    for place in places:
        for name in _NAMES[service]:
            value = place.get(name)
            if isinstance(value, str) and ACCOUNT_ID in value and not any(kind in value for kind in _STAYS):
                place[name] = value.replace(ACCOUNT_ID, account())
    return json.dumps(content).encode()
