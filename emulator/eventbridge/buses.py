"""The bus that a request names: by its name, or by its ARN, which has a region and an account.

A request reaches the buses of its own region; events come to another region only by a rule whose target is a bus there.
A bus of another account is reached with that account's permission, which does not exist here.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from emulator.aws.arns import Arn, is_arn
from emulator.aws.refusals import AwsError
from emulator.aws.regions import partition_of

DEFAULT_BUS: Final = "default"
PREFIX: Final = "event-bus/"
"""What the resource of a bus's ARN begins with."""

PATTERN: Final = r"(arn:aws[\w-]*:events:[a-z]+-[a-z]+-[\w-]+:[0-9]{12}:event-bus\/)?[/\.\-_A-Za-z0-9]+"
"""The constraint of ``EventBusNameOrArn`` in the service model."""
_VALID: Final = re.compile(PATTERN)

NAMED_BY: Final[Mapping[str, str]] = {
    "DescribeEventBus": "Name",
    "DeleteEventBus": "Name",
    "UpdateEventBus": "Name",
    "CreateEventBus": "",
}
"""Operation -> the member that names a bus, where it is not ``EventBusName``; empty when it names none that exists."""


class BusName(NamedTuple):
    """A bus: its name and its region."""

    name: str
    region: str

    def __str__(self) -> str:
        return f"{self.name} in {self.region}"


def named_bus(body: Mapping[str, Any], operation: str) -> str | None:
    """The name or ARN of the bus that a request is about, if it names one."""
    member = NAMED_BY.get(operation, "EventBusName")
    value = body.get(member) if member else None
    return value if isinstance(value, str) else None


def check_bus(text: str, operation: str, region: str, account: str | None, place: str = "eventBusName") -> BusName:
    """The bus that a request to ``region`` names by ``text``; any ``account`` is right when it is ``None``.

    Raises ``AwsError`` for a value that the model refuses, for another region, and for another account. AWS's texts for
    the last two are not recorded.
    """
    if not _VALID.fullmatch(text):
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value '{text}' at '{place}' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {PATTERN}",
        )
    if not is_arn(text):
        return BusName(text, region)
    arn = Arn.parse(text)
    if (arn.region, arn.partition) != (region, partition_of(region)):
        raise AwsError("ValidationException", "Cross-region API call is not allowed.")
    if account is not None and arn.account != account:
        raise AwsError(
            "AccessDeniedException",
            f"User: arn:{arn.partition}:iam::{account}:user/emulator is not authorized to perform: events:{operation} "
            f"on resource: {text} because no resource-based policy allows the events:{operation} action",
        )
    return BusName(arn.name.removeprefix(PREFIX), region)
