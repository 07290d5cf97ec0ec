"""Tags of state machines and activities."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from emulator.aws.refusals import AwsError
from emulator.execution import StateMachine
from emulator.stepfunctions.checks import constraint
from emulator.stepfunctions.find import find_tagged
from emulator.stepfunctions.offers import Activity
from emulator.stepfunctions.service import Request, Response, StepFunctions

MOST_TAGS: Final = 50
"""The most tags of a resource (developer guide, quotas)."""


def list_tags_for_resource(service: StepFunctions, request: Request, region: str) -> Response:
    """ListTagsForResource."""
    tags = find_tagged(service, request["resourceArn"], region).tags
    return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}


def tag_resource(service: StepFunctions, request: Request, region: str) -> Response:
    """TagResource."""
    tagged = find_tagged(service, request["resourceArn"], region)
    _set_tags(service, tagged, {**tagged.tags, **read_tags(request["tags"])})
    return {}


def untag_resource(service: StepFunctions, request: Request, region: str) -> Response:
    """UntagResource."""
    tagged = find_tagged(service, request["resourceArn"], region)
    kept = {key: value for key, value in tagged.tags.items() if key not in request["tagKeys"]}
    _set_tags(service, tagged, kept)
    return {}


def read_tags(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The ``tags`` of a request as key -> value."""
    read: dict[str, str] = {}
    for number, tag in enumerate(tags, 1):
        if tag.get("key") is None:  # the service model does not require it
            raise constraint(None, f"tags.{number}.member.key", "Member must not be null")
        read[tag["key"]] = tag.get("value") or ""
    check_number(read)
    return read


def check_number(tags: Mapping[str, str]) -> None:
    """Raises ``TooManyTags`` (the text is the service model's)."""
    if len(tags) > MOST_TAGS:
        raise AwsError("TooManyTags", "You've exceeded the number of tags allowed for a resource.")


def _set_tags(service: StepFunctions, tagged: StateMachine | Activity, tags: Mapping[str, str]) -> None:
    check_number(tags)
    if isinstance(tagged, StateMachine):
        service.store.machines.put(replace(tagged, tags=tags))
    else:
        service.store.activities.put(replace(tagged, tags=tags))
