"""The host of a client does not decide what is done: S3's buckets in hosts, FIPS, dual-stack and VPC endpoints."""

from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.regions import EndpointResolver

from emulator import Emulator
from emulator.aws.plain_urls import S3Host, plain_url, s3_host

KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
NAMES = ["abcd", "localhost-files", "www-papers"]
KEYS_OF_OBJECTS = ["/led", "a//b", "a/b c", "folder/", "ü?&=%2F"]
VIRTUAL: Any = Config(s3={"addressing_style": "virtual"})


def client_of(service: str, **given: Any) -> Any:
    make: Any = boto3.client
    return make(service, **{"region_name": "us-east-1", **KEYS, **given})


CLIENTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "path": {"config": Config(s3={"addressing_style": "path"})},
    "custom endpoint": {"endpoint_url": "http://s3.local.test:9000", "config": VIRTUAL},
    "another name": {"endpoint_url": "http://minio.test", "config": VIRTUAL},
    "localstack": {"endpoint_url": "http://s3.localhost.localstack.cloud:4566", "config": VIRTUAL},
    "localhost": {"endpoint_url": "http://s3.localhost:4566", "config": VIRTUAL},
    "localhost, without s3": {"endpoint_url": "http://localhost:4566", "config": VIRTUAL},
    "an address": {"endpoint_url": "http://127.0.0.1:4566"},
    "VPC endpoint": {"endpoint_url": "https://bucket.vpce-0a1b-xyz.s3.us-east-1.vpce.amazonaws.com"},
    "VPC endpoint, virtual": {
        "endpoint_url": "https://bucket.vpce-0a1b-xyz.s3.us-east-1.vpce.amazonaws.com",
        "config": VIRTUAL,
    },
    "FIPS": {"config": Config(use_fips_endpoint=True)},
    "dual-stack": {"config": Config(use_dualstack_endpoint=True)},
    "FIPS and dual-stack": {"config": Config(use_fips_endpoint=True, use_dualstack_endpoint=True)},
    "accelerated": {"config": Config(s3={"use_accelerate_endpoint": True})},
    "without TLS": {"use_ssl": False},
    "European Sovereign Cloud": {"region_name": "eusc-de-east-1"},
    "China": {"region_name": "cn-north-1"},
    "isolated": {"region_name": "us-iso-east-1"},
}


@pytest.mark.parametrize("given", CLIENTS.values(), ids=CLIENTS)
def test_a_bucket_by_every_host_is_the_same_bucket(given: dict[str, Any]) -> None:
    region = given.get("region_name", "us-east-1")
    with Emulator(region=region) as emulator:
        client = client_of("s3", **given)
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        for bucket in NAMES:
            client.create_bucket(Bucket=bucket, **where)
            client.put_object(Bucket=bucket, Key="empty", Body=b"")
        for key in KEYS_OF_OBJECTS:
            client.put_object(Bucket=NAMES[0], Key=key, Body=key.encode())
            assert client.get_object(Bucket=NAMES[0], Key=key)["Body"].read() == key.encode()
        client.delete_object(Bucket=NAMES[0], Key="empty")
        ours = emulator.client("s3")
        assert [each["Name"] for each in ours.list_buckets()["Buckets"]] == NAMES
        for asked in (ours, client):
            assert [o["Key"] for o in asked.list_objects_v2(Bucket=NAMES[0])["Contents"]] == KEYS_OF_OBJECTS
            assert [o["Key"] for o in asked.list_objects_v2(Bucket=NAMES[1])["Contents"]] == ["empty"]


def test_what_is_not_there_is_not_made_by_writing_into_it(emulator: Emulator) -> None:
    client = client_of("s3", endpoint_url="http://s3.test", config=VIRTUAL)
    with pytest.raises(ClientError, match="NoSuchBucket"):
        client.put_object(Bucket="abcd", Key="marker", Body=b"")
    assert emulator.client("s3").list_buckets()["Buckets"] == []


def test_an_access_point_is_its_bucket(emulator: Emulator) -> None:
    emulator.client("s3").create_bucket(Bucket="abcd")
    client_of("s3control").create_access_point(AccountId="123456789012", Name="point", Bucket="abcd")
    arn = "arn:aws:s3:us-east-1:123456789012:accesspoint/point"
    for config in (Config(), Config(use_fips_endpoint=True), Config(use_dualstack_endpoint=True)):
        client = client_of("s3", config=config)
        client.put_object(Bucket=arn, Key="a/k", Body=b"v")
        assert client.get_object(Bucket=arn, Key="a/k")["Body"].read() == b"v"
    assert [each["Key"] for each in emulator.client("s3").list_objects_v2(Bucket="abcd")["Contents"]] == ["a/k"]


def test_an_unsigned_client_finds_the_bucket_of_its_region() -> None:
    with Emulator(region="cn-north-1") as emulator:
        ours = emulator.client("s3")
        ours.create_bucket(Bucket="abcd", CreateBucketConfiguration={"LocationConstraint": "cn-north-1"})
        ours.put_object(Bucket="abcd", Key="k", Body=b"v", ACL="public-read")
        client = client_of("s3", region_name="cn-north-1", config=Config(signature_version=UNSIGNED))
        assert client.get_object(Bucket="abcd", Key="k")["Body"].read() == b"v"


@pytest.mark.parametrize(
    ("host", "endpoint", "named"),
    [
        ("s3.amazonaws.com", "", S3Host()),
        ("papers.s3.amazonaws.com", "", S3Host("papers")),
        ("my.papers.s3-eu-west-1.amazonaws.com", "", S3Host("my.papers", "eu-west-1")),
        ("papers.s3-fips.dualstack.us-gov-west-1.amazonaws.com", "", S3Host("papers", "us-gov-west-1")),
        ("papers.s3-accelerate.dualstack.amazonaws.com", "", S3Host("papers")),
        ("papers.s3.us-iso-east-1.c2s.ic.gov", "", S3Host("papers", "us-iso-east-1")),
        ("papers.s3.eusc-de-east-1.amazonaws.eu", "", S3Host("papers", "eusc-de-east-1")),
        ("papers.bucket.vpce-1-a.s3.eu-west-1.vpce.amazonaws.com", "", S3Host("papers", "eu-west-1")),
        ("vpce-1-a.s3.eu-west-1.vpce.amazonaws.com", "", S3Host("", "eu-west-1")),
        (
            "p-123456789012.accesspoint.vpce-1-a.s3.eu-west-1.vpce.amazonaws.com",
            "",
            S3Host("", "eu-west-1", "p-123456789012.s3-accesspoint"),
        ),
        ("papers.minio.test", "http://minio.test:9000", S3Host("papers")),
        ("minio.test", "http://minio.test:9000", S3Host()),
        ("papers.s3.minio.test", "", S3Host("papers")),
    ],
)
def test_what_the_host_of_s3_says(host: str, endpoint: str, named: S3Host) -> None:
    assert s3_host(host, endpoint) == named


CALLS: dict[str, str] = {
    "sqs": "list_queues",
    "sns": "list_topics",
    "dynamodb": "list_tables",
    "kms": "list_keys",
    "secretsmanager": "list_secrets",
    "stepfunctions": "list_state_machines",
    "events": "list_rules",
    "lambda": "list_functions",
    "iam": "list_users",
    "sts": "get_caller_identity",
    "logs": "describe_log_groups",
    "ec2": "describe_vpcs",
    "ecr": "describe_repositories",
    "emr": "list_clusters",
    "ses": "list_identities",
}


@pytest.mark.parametrize(
    "given",
    [
        {"config": Config(use_fips_endpoint=True)},
        {"config": Config(use_fips_endpoint=True, use_dualstack_endpoint=True)},
        {"endpoint_url": "https://vpce-0a1b-xyz.SERVICE.us-east-1.vpce.amazonaws.com"},
    ],
    ids=["FIPS", "FIPS and dual-stack", "VPC endpoint"],
)
def test_services_are_answered_by_every_kind_of_endpoint(emulator: Emulator, given: dict[str, Any]) -> None:
    for service, call in CALLS.items():
        named = {name: v.replace("SERVICE", service) if isinstance(v, str) else v for name, v in given.items()}
        client = client_of(service, **named)
        assert getattr(client, call)()["ResponseMetadata"]["HTTPStatusCode"] == 200, service


def test_fips_in_the_environment(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    client = client_of("sqs")
    client.create_queue(QueueName="q")
    monkeypatch.delenv("AWS_USE_FIPS_ENDPOINT")
    assert len(emulator.client("sqs").list_queues()["QueueUrls"]) == 1


def test_account_of_s3_control_in_every_kind_of_endpoint(emulator: Emulator) -> None:
    emulator.client("s3").create_bucket(Bucket="abcd")
    for given in ({}, {"config": Config(use_fips_endpoint=True)}, {"endpoint_url": "http://localhost:4566"}):
        client = client_of("s3control", **given)
        assert client.list_access_points(AccountId="123456789012")["AccessPointList"] == []


def test_requests_to_plain_endpoints_are_unchanged_and_all_others_reach_the_same_service() -> None:
    """Over the services that botocore and moto have: moto finds the same by each host."""
    from moto.backend_index import backend_url_patterns

    def service_of(url: str) -> str | None:
        return next((name for name, pattern in backend_url_patterns if pattern.match(url)), None)

    known = Loader().load_data("endpoints")
    resolver = EndpointResolver(known)
    seen = 0
    for prefix in sorted({each for partition in known["partitions"] for each in partition["services"]}):
        host = (resolver.construct_endpoint(prefix, "us-west-2") or {}).get("hostname", "")
        wanted = service_of(f"https://{host}/")
        if prefix in ("s3", "s3-control") or wanted is None or prefix not in host:  # docdb is at rds
            continue
        seen += 1
        url = f"https://{host}/a?b=c"
        assert plain_url(url, prefix, "us-west-2") == url
        for other in (
            f"{prefix}-fips.us-west-2.amazonaws.com",
            f"fips.{prefix}.us-west-2.amazonaws.com",
            f"{prefix}-fips.us-west-2.api.aws",
            f"{prefix}.us-west-2.api.aws",
            f"vpce-0a1b-xyz.{prefix}.us-west-2.vpce.amazonaws.com",
            "localhost:4566",
        ):
            plain = plain_url(f"https://{other}/a?b=c", prefix, "us-west-2")
            assert (service_of(plain), plain.rpartition("/")[2]) == (wanted, "a?b=c"), (prefix, other)
    assert seen > 80
