"""What this process keeps or mends of what moto stores: archives, tags, policies, pages, dates, connections.

``Kept.answer`` answers requests that moto would answer otherwise than AWS was recorded to do; ``Kept.answered`` adds
what moto's answers lack. An external backend answers all of them itself.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from emulator.aws.interception import AwsRequest
from emulator.eventbridge import archives, connections, tags
from emulator.eventbridge.archives import Archives, Replayed
from emulator.eventbridge.connections import Connections
from emulator.eventbridge.pages import page
from emulator.eventbridge.patterns import Pattern
from emulator.eventbridge.permissions import put_permission
from emulator.eventbridge.tags import MADE, Tags
from emulator.world import World


class Kept:
    """The archives and tags of one emulator, and its answers about buses and rules."""

    def __init__(self, world: World, compile_pattern: Callable[[str], Pattern], replayed: Replayed) -> None:
        self._world = world
        self.archives = Archives(world, compile_pattern, replayed)
        self.connections = Connections()
        self._tags = Tags()

    def answer(self, request: AwsRequest, body: dict[str, Any], bus: str) -> dict[str, Any] | None:
        """The answer to a request about what exists; ``None`` when moto has to give it. Raises ``AwsError``."""
        operation, region = request.operation, request.region
        if operation in archives.OPERATIONS:
            return self.archives.answer(operation, body, region)
        if operation in tags.OPERATIONS:
            return self._tags.answer(operation, body)
        if operation in connections.OPERATIONS:
            self.connections.check(operation, body, region)
        if operation == "PutPermission":
            return put_permission(self._world, body, bus, region)
        if operation == "ListTargetsByRule":  # moto's pages begin again when two targets have one ARN
            client = self._world.internal_client("events", region=region)
            return page("Targets", client.list_targets_by_rule(Rule=body["Rule"], EventBusName=bus)["Targets"], body)
        if operation == "PutRule" and body.get("Tags") and self._has_rule(body["Name"], bus, region):
            kept = {name: value for name, value in body.items() if name != "Tags"}
            request.prepared.body = json.dumps(kept).encode()
        return None

    def answered(self, request: AwsRequest, body: Mapping[str, Any], bus: str, content: bytes) -> bytes:
        """The content of moto's answer to a request that it has carried out, with what it lacks."""
        operation, region = request.operation, request.region
        if operation in connections.OPERATIONS:
            return self.connections.answered(operation, body, region, content)
        if operation in ("DeleteRule", "DeleteEventBus"):
            self._tags.deleted(operation, bus, body, region)
        if operation in MADE and body.get("Tags"):
            self._tags.add(json.loads(content)[MADE[operation]], body["Tags"])
        if operation == "CreateEventBus" and body.get("Description"):
            return json.dumps({**json.loads(content), "Description": body["Description"]}).encode()
        return self._with_dates(content, region) if operation == "ListEventBuses" else content

    def _has_rule(self, name: str, bus: str, region: str) -> bool:
        client = self._world.internal_client("events", region=region)
        try:
            client.describe_rule(Name=name, EventBusName=bus)
        except client.exceptions.ResourceNotFoundException:
            return False
        return True

    def _with_dates(self, content: bytes, region: str) -> bytes:
        """A list of buses with their times and descriptions."""
        client, answer = self._world.internal_client("events", region=region), json.loads(content)
        for bus in answer["EventBuses"]:
            described = client.describe_event_bus(Name=bus["Name"])
            bus |= {name: described[name].timestamp() for name in ("CreationTime", "LastModifiedTime")}
            bus |= {name: described[name] for name in ("Description",) if name in described}
        return json.dumps(answer).encode()
