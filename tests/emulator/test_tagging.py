"""The Resource Groups Tagging API: what is tagged here and what is tagged in moto, in one answer."""

from typing import Any

import boto3
import pytest

from emulator import Emulator

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
BUCKET = "arn:aws:s3:::bucket"


@pytest.fixture
def tagging(emulator: Emulator) -> Any:
    """A client; the function ``f``, the machine ``m`` and a bucket are tagged through it."""
    emulator.lambda_function("f", lambda event, _: event)
    emulator.state_machine({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}, name="m")
    boto3.client("s3").create_bucket(Bucket="bucket")
    client = boto3.client("resourcegroupstaggingapi")
    answered = client.tag_resources(ResourceARNList=[FUNCTION, MACHINE, BUCKET], Tags={"team": "red"})
    assert answered["FailedResourcesMap"] == {}
    client.tag_resources(ResourceARNList=[FUNCTION], Tags={"tier": "one"})
    return client


def found(tagging: Any, **filters: Any) -> list[str]:
    return sorted(each["ResourceARN"] for each in tagging.get_resources(**filters)["ResourceTagMappingList"])


def test_tagged_resources_are_found_wherever_they_live(tagging: Any) -> None:
    assert found(tagging) == [FUNCTION, BUCKET, MACHINE]
    assert found(tagging, ResourceTypeFilters=["lambda:function"]) == [FUNCTION]
    assert found(tagging, ResourceTypeFilters=["states"]) == [MACHINE]
    assert found(tagging, TagFilters=[{"Key": "tier"}]) == [FUNCTION]
    assert found(tagging, TagFilters=[{"Key": "team", "Values": ["blue"]}]) == []
    assert found(tagging, ResourceARNList=[MACHINE]) == [MACHINE]
    assert tagging.get_tag_keys()["TagKeys"] == ["team", "tier"]
    assert tagging.get_tag_values(Key="tier")["TagValues"] == ["one"]


def test_tags_given_through_it_are_those_of_the_service(tagging: Any) -> None:
    assert boto3.client("lambda").list_tags(Resource=FUNCTION)["Tags"] == {"team": "red", "tier": "one"}
    tagging.untag_resources(ResourceARNList=[FUNCTION, MACHINE], TagKeys=["team"])
    assert boto3.client("stepfunctions").list_tags_for_resource(resourceArn=MACHINE)["tags"] == []
    assert found(tagging, TagFilters=[{"Key": "team"}]) == [BUCKET]


def test_a_resource_that_does_not_exist_is_told(tagging: Any) -> None:
    [(arn, why)] = tagging.tag_resources(ResourceARNList=[f"{FUNCTION}x"], Tags={"a": "b"})[
        "FailedResourcesMap"
    ].items()
    assert (arn, why["StatusCode"], why["ErrorMessage"]) == (f"{FUNCTION}x", 404, f"Function not found: {FUNCTION}x")
