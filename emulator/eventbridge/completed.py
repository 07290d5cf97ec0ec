"""What moto's answers about buses lack: their times and descriptions (recorded on AWS)."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from emulator.world import World

Completion: TypeAlias = Callable[[World, Mapping[str, Any], dict[str, Any], str], None]
"""Adds to an answer: the request's members, the answer, the region."""


def completed(world: World, operation: str, body: Mapping[str, Any], content: bytes, region: str) -> bytes:
    """The content of moto's answer to a request, with what it lacks."""
    completion = COMPLETIONS.get(operation)
    if completion is None:
        return content
    answer = json.loads(content)
    completion(world, body, answer, region)
    return json.dumps(answer).encode()


def _created(world: World, body: Mapping[str, Any], answer: dict[str, Any], region: str) -> None:
    if body.get("Description"):
        answer["Description"] = body["Description"]


def _listed(world: World, body: Mapping[str, Any], answer: dict[str, Any], region: str) -> None:
    client = world.internal_client("events", region=region)
    for bus in answer["EventBuses"]:
        described = client.describe_event_bus(Name=bus["Name"])
        for name in ("CreationTime", "LastModifiedTime"):
            bus[name] = described[name].timestamp()
        if "Description" in described:
            bus["Description"] = described["Description"]


COMPLETIONS: Final[Mapping[str, Completion]] = {"CreateEventBus": _created, "ListEventBuses": _listed}
"""Operation -> what is added to its answer."""
