"""Pages of lists, and the refusals of what asks for them wrongly (recorded on AWS)."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator import Emulator
from emulator.aws.refusals import AwsError
from emulator.stepfunctions.paging import page

TOO_MANY = (
    "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: "
    "Member must have value less than or equal to 1000"
)


def pages(items: list[int], **request: Any) -> list[list[int]]:
    """All pages, one after the other."""
    found, token = page(items, request)
    told = [found]
    while token is not None:
        found, token = page(items, {**request, "nextToken": token})
        told.append(found)
    return told


@pytest.mark.parametrize(
    ("count", "wanted", "lengths"),
    [
        (0, 10, [0]),
        (10, 10, [10]),
        (11, 10, [10, 1]),
        (150, 0, [100, 50]),
        (150, None, [100, 50]),
        (1500, 1000, [1000, 500]),
    ],
)
def test_every_item_is_on_one_page(count: int, wanted: int | None, lengths: list[int]) -> None:
    request = {} if wanted is None else {"maxResults": wanted}
    told = pages(list(range(count)), **request)
    assert [len(each) for each in told] == lengths
    assert [item for each in told for item in each] == list(range(count))


def test_more_than_a_thousand_are_refused() -> None:
    with pytest.raises(AwsError) as caught:
        page([], {"maxResults": 1001})
    assert (caught.value.code, caught.value.message) == ("ValidationException", TOO_MANY)


@pytest.mark.parametrize("token", ["no", "bm8=", "cGFnZTp4", "cGFnZTotMQ==", "é", "=", "cGFnZTo="])
def test_a_token_that_is_none_of_ours_is_refused(token: str) -> None:
    with pytest.raises(AwsError) as caught:
        page([1], {"nextToken": token})
    assert (caught.value.code, caught.value.message) == ("InvalidToken", "Invalid Token: 'Invalid token'")


@pytest.mark.parametrize("longest", [1024, 3096])
def test_a_token_that_is_too_long_is_refused(longest: int) -> None:
    token = "x" * (longest + 1)
    with pytest.raises(AwsError) as caught:
        page([1], {"nextToken": token}, longest_token=longest)
    assert caught.value.message == (
        f"1 validation error detected: Value '{token}' at 'nextToken' failed to satisfy constraint: "
        f"Member must have length less than or equal to {longest}"
    )


def test_paginators_go_through_every_list(emulator: Emulator) -> None:
    sfn = boto3.client("stepfunctions")
    loop = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    for number in range(12):
        emulator.state_machine(loop, name=f"m{number:02d}")
        sfn.create_activity(name=f"a{number:02d}")
    machine = emulator.state_machine(loop, name="m00")
    runs = [emulator.run(machine, name=f"x{number}") for number in range(12)]
    config: Any = {"PageSize": 5}
    machines = sfn.get_paginator("list_state_machines").paginate(PaginationConfig=config)
    assert [each["name"] for one in machines for each in one["stateMachines"]] == [f"m{n:02d}" for n in range(12)]
    activities = sfn.get_paginator("list_activities").paginate(PaginationConfig=config)
    assert [each["name"] for one in activities for each in one["activities"]] == [f"a{n:02d}" for n in range(12)]
    executions = sfn.get_paginator("list_executions").paginate(stateMachineArn=machine.arn, PaginationConfig=config)
    assert [each["name"] for one in executions for each in one["executions"]] == [f"x{n}" for n in reversed(range(12))]
    history = sfn.get_paginator("get_execution_history").paginate(
        executionArn=runs[0].arn, PaginationConfig={"PageSize": 3}
    )
    assert [event["id"] for one in history for event in one["events"]] == [1, 2, 3, 4]


@pytest.mark.parametrize("operation", ["list_state_machines", "list_activities"])
def test_boto3_meets_the_same_refusals(emulator: Emulator, operation: str) -> None:
    call = getattr(emulator.client("stepfunctions"), operation)
    with pytest.raises(ClientError) as caught:
        call(maxResults=1001)
    assert caught.value.response["Error"]["Message"] == TOO_MANY
    with pytest.raises(ClientError) as caught:
        call(nextToken="nonsense")
    assert caught.value.response["Error"]["Code"] == "InvalidToken"
