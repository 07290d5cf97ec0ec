"""The Resource Groups Tagging API for what lives in this process: functions, state machines and activities.

moto finds tagged resources in its own services only. What is tagged here is added to its answers, on the last page, and
tags for it are given to its own service (service model ``resourcegroupstaggingapi``).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError

from emulator.aws.arns import Arn, is_arn
from emulator.world import World

SERVICES: Final = ("lambda", "states")
"""The services of ARNs of resources that live here."""


class Tagged(NamedTuple):
    """A resource with at least one tag."""

    arn: str
    tags: Mapping[str, str]


def answer(world: World, operation: str, content: Mapping[str, Any], region: str) -> dict[str, Any] | None:
    """The response to TagResources and UntagResources of something here; ``None`` when all of it is at the backend."""
    apply = _APPLY.get(operation)
    arns = [arn for arn in content.get("ResourceARNList") or () if isinstance(arn, str)]
    here = [arn for arn in arns if _is_here(arn)]
    if apply is None or not here:
        return None
    failed: dict[str, Any] = {}
    for arn in here:
        try:
            apply(world, arn, content, region)
        except ClientError as error:
            told = error.response
            failed[arn] = {
                "StatusCode": told["ResponseMetadata"]["HTTPStatusCode"],
                "ErrorCode": "InvalidParameterException",
                "ErrorMessage": told["Error"]["Message"],
            }
    rest = [arn for arn in arns if arn not in here]
    if rest:
        client = world.internal_client("resourcegroupstaggingapi", region=region)
        method = client.tag_resources if operation == "TagResources" else client.untag_resources
        failed |= method(**{**content, "ResourceARNList": rest})["FailedResourcesMap"]
    return {"FailedResourcesMap": failed}


def completed(
    world: World, operation: str, content: Mapping[str, Any], response: dict[str, Any], region: str
) -> dict[str, Any] | None:
    """moto's ``response`` with what is tagged here; ``None`` when there is nothing to add."""
    if operation not in ("GetResources", "GetTagKeys", "GetTagValues") or response.get("PaginationToken"):
        return None
    found = list(_tagged(world, region))
    if operation == "GetResources":
        added = [
            {"ResourceARN": each.arn, "Tags": [{"Key": key, "Value": value} for key, value in each.tags.items()]}
            for each in found
            if _is_asked_for(each, content)
        ]
        return {**response, "ResourceTagMappingList": [*response.get("ResourceTagMappingList", ()), *added]}
    if operation == "GetTagKeys":
        keys = {key for each in found for key in each.tags}
        return {**response, "TagKeys": sorted({*response.get("TagKeys", ()), *keys})}
    values = {each.tags[content["Key"]] for each in found if content.get("Key") in each.tags}
    return {**response, "TagValues": sorted({*response.get("TagValues", ()), *values})}


def _tagged(world: World, region: str) -> Iterator[Tagged]:
    functions = world.internal_client("lambda", region=region)
    for page in functions.get_paginator("list_functions").paginate():
        for each in page["Functions"]:
            yield from _if_any(each["FunctionArn"], functions.list_tags(Resource=each["FunctionArn"])["Tags"])
    states = world.internal_client("stepfunctions", region=region)
    for listing, member, arn in _LISTINGS:
        for page in states.get_paginator(listing).paginate():
            for each in page[member]:
                tags = states.list_tags_for_resource(resourceArn=each[arn])["tags"]
                yield from _if_any(each[arn], {tag["key"]: tag["value"] for tag in tags})


_LISTINGS: Final = (
    ("list_state_machines", "stateMachines", "stateMachineArn"),
    ("list_activities", "activities", "activityArn"),
)


def _if_any(arn: str, tags: Mapping[str, str]) -> Iterator[Tagged]:
    if tags:
        yield Tagged(arn, tags)


def _is_asked_for(resource: Tagged, content: Mapping[str, Any]) -> bool:
    """Whether GetResources' filters let the resource through; a filter without values asks for the key."""
    arns, types = content.get("ResourceARNList"), content.get("ResourceTypeFilters")
    arn = Arn.parse(resource.arn)
    if arns and resource.arn not in arns:
        return False
    if types and not {arn.service, f"{arn.service}:{arn.type}"} & set(types):
        return False
    return all(
        each["Key"] in resource.tags and (not each.get("Values") or resource.tags[each["Key"]] in each["Values"])
        for each in content.get("TagFilters") or ()
    )


def _is_here(arn: str) -> bool:
    return is_arn(arn) and Arn.parse(arn).service in SERVICES


def _tag(world: World, arn: str, content: Mapping[str, Any], region: str) -> None:
    tags = content["Tags"]
    if Arn.parse(arn).service == "lambda":
        world.internal_client("lambda", region=region).tag_resource(Resource=arn, Tags=tags)
        return
    listed = [{"key": key, "value": value} for key, value in tags.items()]
    world.internal_client("stepfunctions", region=region).tag_resource(resourceArn=arn, tags=listed)


def _untag(world: World, arn: str, content: Mapping[str, Any], region: str) -> None:
    if Arn.parse(arn).service == "lambda":
        world.internal_client("lambda", region=region).untag_resource(Resource=arn, TagKeys=content["TagKeys"])
        return
    client = world.internal_client("stepfunctions", region=region)
    client.untag_resource(resourceArn=arn, tagKeys=content["TagKeys"])


_APPLY: Final[Mapping[str, Callable[[World, str, Mapping[str, Any], str], None]]] = {
    "TagResources": _tag,
    "UntagResources": _untag,
}
