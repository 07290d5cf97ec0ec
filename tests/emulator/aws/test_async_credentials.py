"""aiobotocore's clients made before the emulator: as boto3's, without credentials or with real ones."""

import asyncio
import os
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from emulator import Emulator, RealAwsBlockedError

session: Any = pytest.importorskip("aiobotocore.session", reason="aiobotocore is not installed")

REAL = {"aws_access_key_id": "AKIAREALREALREALREAL", "aws_secret_access_key": "secret"}


@pytest.fixture(autouse=True)
def _bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def client(service: str, **given: Any) -> Any:
    return session.get_session().create_client(service, region_name="us-east-1", **given)


def of_url(url: str) -> str:
    query = parse_qs(urlsplit(url).query)
    return (query.get("X-Amz-Credential") or query["AWSAccessKeyId"])[0].partition("/")[0]


def test_a_client_without_credentials_is_answered_in_every_later_emulator() -> None:
    async def work() -> None:
        async with client("s3") as s3, client("sqs") as sqs, client("stepfunctions") as sfn, client("sns") as sns:
            for _ in range(2):
                with Emulator():
                    await s3.create_bucket(Bucket="shop")
                    await sqs.create_queue(QueueName="q")
                    await sns.list_topics()
                    assert (await sfn.list_state_machines())["stateMachines"] == []

    asyncio.run(work())


def test_a_service_that_signs_with_a_bearer_token_needs_none() -> None:
    async def work() -> None:
        async with client("codecatalyst") as catalyst:
            with Emulator(), pytest.raises(RealAwsBlockedError, match="Blocked: codecatalyst"):
                await catalyst.list_spaces()

    asyncio.run(work())


@pytest.mark.parametrize("keys", [{}, REAL], ids=["none", "real"])
def test_presigned_urls_are_worth_nothing_on_aws(keys: dict[str, str]) -> None:
    place = {"Bucket": "shop", "Key": "key"}

    async def work() -> None:
        async with client("s3", **keys) as s3:
            with Emulator():
                assert of_url(await s3.generate_presigned_url("get_object", Params=place)) == "testing"
                fields = (await s3.generate_presigned_post(**place))["fields"]
                assert fields["AWSAccessKeyId"] == "testing"

    asyncio.run(work())


def test_a_session_finds_fake_credentials_and_uses_those_that_sts_gave_out() -> None:
    async def work() -> None:
        async with client("sts") as sts:
            role = {"RoleArn": "arn:aws:iam::444455556666:role/x", "RoleSessionName": "name"}
            keys = (await sts.assume_role(**role))["Credentials"]
            given = {"aws_access_key_id": keys["AccessKeyId"], "aws_secret_access_key": keys["SecretAccessKey"]}
            async with client("sts", **given, aws_session_token=keys["SessionToken"]) as other:
                assert (await other.get_caller_identity())["Account"] == "444455556666"

    with Emulator():
        asyncio.run(work())
