"""Clients made before the emulator, on a machine without credentials or with real ones: answered, and nothing shown."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.auth import AUTH_TYPE_MAPS
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials, RefreshableCredentials

from emulator import Emulator
from emulator.aws.interception import AwsRequest

REAL = "AKIAREALREALREALREAL"


@pytest.fixture(autouse=True)
def _bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.fixture
def shown() -> Iterator[list[str]]:
    """Everything that the requests of the emulator say about credentials."""
    seen: list[str] = []
    yield seen
    assert not any(REAL in text for text in seen)


def watch(emulator: Emulator, seen: list[str]) -> None:
    def look(request: AwsRequest) -> None:
        seen.append(f"{request.header('Authorization')} {request.header('X-Amz-Security-Token')}")

    emulator.assembly.requests.before.append(look)


CALLS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "json": ("dynamodb", lambda client: client.list_tables()),
    "query": ("sns", lambda client: client.list_topics()),
    "rest-json": ("lambda", lambda client: client.list_functions()),
    "rest-xml": ("s3", lambda client: client.list_buckets()),
    "ec2": ("ec2", lambda client: client.describe_key_pairs()),
    "smithy-rpc-v2-cbor": ("cloudwatch", lambda client: client.list_metrics()),
    "states": ("stepfunctions", lambda client: client.list_state_machines()),
    "events": ("events", lambda client: client.list_rules()),
    "sqs": ("sqs", lambda client: client.list_queues()),
    "sts": ("sts", lambda client: client.get_caller_identity()),
}
"""A call of each protocol, and of the services that are answered here."""


@pytest.mark.parametrize("name", CALLS)
def test_a_client_made_before_without_credentials_is_answered(name: str, shown: list[str]) -> None:
    service, call = CALLS[name]
    client = boto3.client(service, region_name="us-east-1")
    with Emulator() as emulator:
        watch(emulator, shown)
        assert call(client)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert shown
    assert client._request_signer._credentials is None


def test_a_resource_made_before_without_credentials_is_answered() -> None:
    table, bucket = (boto3.resource(name, region_name="us-east-1") for name in ("dynamodb", "s3"))
    with Emulator() as emulator:
        emulator.client("s3").create_bucket(Bucket="shop")
        bucket.Object("shop", "key").put(Body=b"content")
        assert list(table.tables.all()) == []
        assert emulator.client("s3").get_object(Bucket="shop", Key="key")["Body"].read() == b"content"


VERSIONS = sorted(name for name in AUTH_TYPE_MAPS if not any(kind in name for kind in ("query", "presign", "express")))
"""Of requests that are sent; S3 Express is below."""


@pytest.mark.parametrize("version", [*VERSIONS, pytest.param(UNSIGNED, id="unsigned")])
def test_every_kind_of_signature_needs_no_credentials(version: Any, shown: list[str]) -> None:
    client = boto3.client("sns", region_name="us-east-1", config=Config(signature_version=version))
    with Emulator() as emulator:
        watch(emulator, shown)
        assert client.list_topics()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_service_that_signs_with_a_bearer_token_alone_needs_none() -> None:
    """The emulator cannot answer it, and says so; the missing token is not what is wrong."""
    client = boto3.client("codecatalyst", region_name="us-west-2")
    with Emulator() as emulator:
        with pytest.raises(Exception, match="Blocked: codecatalyst"):
            client.list_spaces()
        assert len(emulator.blocked) == 1


def test_a_directory_bucket_needs_no_session() -> None:
    client = boto3.client("s3", region_name="us-east-1")
    with Emulator(), pytest.raises(client.exceptions.NoSuchBucket):  # moto has no directory buckets
        client.list_objects_v2(Bucket="shop--use1-az4--x-s3")


def of_url(url: str) -> str:
    query = parse_qs(urlsplit(url).query)
    assert "X-Amz-Security-Token" not in query
    return (query.get("X-Amz-Credential") or query["AWSAccessKeyId"])[0].partition("/")[0]


@pytest.mark.parametrize("version", ["s3v4", "s3"])
@pytest.mark.parametrize("key", [None, REAL])
def test_presigned_urls_are_worth_nothing_on_aws(version: str, key: str | None) -> None:
    config = Config(signature_version=version)
    client = boto3.client(
        "s3", region_name="us-east-1", config=config, aws_access_key_id=key, aws_secret_access_key=key
    )
    with Emulator():
        place = {"Bucket": "shop", "Key": "key"}
        assert of_url(client.generate_presigned_url("get_object", Params=place)) == "testing"
        fields = client.generate_presigned_post(**place)["fields"]
        assert (fields.get("x-amz-credential") or fields["AWSAccessKeyId"]).partition("/")[0] == "testing"


def test_urls_of_other_services_are_signed_with_fake_keys() -> None:
    sts = boto3.client("sts", region_name="us-east-1")
    rds = boto3.client("rds", region_name="us-east-1")
    with Emulator():
        assert of_url(sts.generate_presigned_url("get_caller_identity")) == "testing"
        token = rds.generate_db_auth_token("db.example.com", 5432, "shop")
        assert of_url(f"https://{token}") == "testing"


def refuse() -> Any:
    raise AssertionError("credentials were refreshed")


def expired() -> RefreshableCredentials:
    from datetime import UTC, datetime

    old = datetime(2020, 1, 1, tzinfo=UTC)
    return RefreshableCredentials(REAL, "real", "token", old, refuse, "sso")


REFRESHED: dict[str, Callable[[], Any]] = {
    "expired": expired,
    "deferred": lambda: DeferredRefreshableCredentials(refuse, "assume-role"),
    "assumed": lambda: DeferredRefreshableCredentials(
        AssumeRoleCredentialFetcher(refuse, expired(), "arn:aws:iam::1:role/r").fetch_credentials, "assume-role"
    ),
}


@pytest.mark.parametrize("kind", REFRESHED)
def test_credentials_are_not_refreshed(kind: str, shown: list[str]) -> None:
    session: Any = botocore.session.get_session()
    session._credentials = REFRESHED[kind]()
    before = session.create_client("sqs", region_name="us-east-1")
    with Emulator() as emulator:
        watch(emulator, shown)
        inside = session.create_client("sqs", region_name="us-east-1")
        for client in (before, inside):
            assert client.list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert session.get_credentials().access_key == "testing"
    assert len(shown) == 2


def test_real_keys_of_a_client_made_before_are_not_shown(monkeypatch: pytest.MonkeyPatch, shown: list[str]) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", REAL)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    monkeypatch.setenv("AWS_SESSION_TOKEN", REAL)
    session: Any = boto3.session.Session(region_name="us-east-1")
    client = session.client("sqs")
    with Emulator() as emulator:
        watch(emulator, shown)
        client.list_queues()
        session.client("sns").list_topics()
        assert session.get_credentials().access_key == "testing"
    assert shown == [shown[0], shown[1]]
    assert session.get_credentials().access_key == REAL


def test_a_profile_that_does_not_exist_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator() as emulator:
        emulator.client("sqs").create_queue(QueueName="q")
        named = boto3.session.Session(profile_name="ghost").client("sqs")
        monkeypatch.setenv("AWS_PROFILE", "ghost")
        boto3.DEFAULT_SESSION = None
        for client in (named, boto3.client("sqs"), boto3.resource("sqs").meta.client):
            assert len(client.list_queues()["QueueUrls"]) == 1


@pytest.mark.parametrize(
    "place", ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_ROLE_ARN"]
)
def test_no_other_place_is_searched(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(place, "http://169.254.170.2/credentials")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere")
    with Emulator() as emulator:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        client = boto3.session.Session(profile_name="ghost").client("sqs")
        assert "QueueUrls" not in client.list_queues()
        assert emulator.blocked == []


def test_handlers_made_at_import_need_neither_credentials_nor_region() -> None:
    """The module is imported by the emulator, which is open then."""
    code = """
import sys, types
from emulator import Emulator
with Emulator() as emulator:
    arn = emulator.lambda_function("f", "tests.fakes.aws_at_import:handler")
    emulator.client("sqs").create_queue(QueueName="q")
    flow = {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": arn, "End": True}}}
    assert emulator.run(flow).output == 1
with Emulator(region="us-east-1") as emulator:
    assert sys.modules["tests.fakes.aws_at_import"].handler({}, None) == 0
"""
    subprocess.run([sys.executable, "-c", code], check=True)
