"""Tags of buses and rules, by their ARN.

moto finds a resource by the last part of its ARN, so that rules of one name on two buses share their tags. The tags are
kept here instead. Those that PutRule has for a rule that exists are ignored (API reference).
"""

from collections.abc import Mapping
from typing import Any, Final

from emulator.eventbridge.buses import DEFAULT_BUS

OPERATIONS: Final = ("ListTagsForResource", "TagResource", "UntagResource")
MADE: Final[Mapping[str, str]] = {"CreateEventBus": "EventBusArn", "PutRule": "RuleArn"}
"""Operation that may bring tags -> the member of its answer with the ARN."""


class Tags:
    """The tags of the buses and rules of one emulator."""

    def __init__(self) -> None:
        self._tags: dict[str, dict[str, str]] = {}

    def answer(self, operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to one of ``OPERATIONS`` for a resource that exists."""
        arn = body["ResourceARN"]
        if operation == "ListTagsForResource":
            return {"Tags": [{"Key": key, "Value": value} for key, value in self._tags.get(arn, {}).items()]}
        if operation == "TagResource":
            self.add(arn, body["Tags"])
        else:
            kept = self._tags.get(arn, {})
            self._tags[arn] = {key: value for key, value in kept.items() if key not in body["TagKeys"]}
        return {}

    def add(self, arn: str, tags: list[Mapping[str, str]]) -> None:
        """Tag a resource."""
        self._tags.setdefault(arn, {}).update({tag["Key"]: tag["Value"] for tag in tags})

    def deleted(self, operation: str, bus: str, body: Mapping[str, Any], region: str) -> None:
        """Forget the tags of what was deleted: a rule, or a bus with its rules."""
        name = str(body["Name"]).rpartition("/")[2]
        if operation == "DeleteRule":
            ends = (f":rule/{name}" if bus == DEFAULT_BUS else f":rule/{bus}/{name}",)
            gone = [arn for arn in self._tags if arn.endswith(ends)]
        else:
            gone = [arn for arn in self._tags if arn.endswith(f":event-bus/{name}") or f":rule/{name}/" in arn]
        for arn in gone:
            if f":events:{region}:" in arn:
                del self._tags[arn]
