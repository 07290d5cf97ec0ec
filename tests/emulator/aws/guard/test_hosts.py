"""What is AWS's, and what is not."""

import gzip
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import botocore
import pytest

from emulator.aws.guard.hosts import SUFFIXES, is_aws
from emulator.lambda_.nodejs.process import GUARD
from tests.needs import needs_node

DATA = Path(botocore.__file__).parent / "data"

AWS = (
    "s3.amazonaws.com",
    "SQS.EU-West-1.AmazonAWS.com.",
    "sqs.cn-north-1.amazonaws.com.cn",
    "dynamodb.us-gov-west-1.amazonaws.com",
    "lambda.eusc-de-east-1.amazonaws.eu",
    "states.us-iso-east-1.c2s.ic.gov",
    "states.us-isob-east-1.sc2s.sgov.gov",
    "bucket.s3.dualstack.us-east-1.amazonaws.com",
    "lambda.us-east-1.api.aws",
    "abc.lambda-url.us-east-1.on.aws",
    "db.xyz.us-east-1.rds.amazonaws.com",
    "s3\u3002amazonaws\u3002com",
    "\uff53\uff13.amazonaws.com",
    b"s3.amazonaws.com",
    "169.254.169.254",
    "2852039166",
    "0xA9FEA9FE",
    "0251.0376.0251.0376",
    "0xa9.254.43518",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "[fd00:ec2::254]",
    "fd00:ec2::23%eth0",
    "FD00:0EC2:0:0::254",
    "169.254.170.2",
    "169.254.170.23",
    "169.254.169.253",
    "fd00:ec2::253",
    "169.254.169.123",
    "fd00:ec2::123",
    "shop.auth.us-east-1.amazoncognito.com",
    "shop.awsapps.com",
)
NOT_AWS = (
    "",
    "localhost",
    "127.0.0.1",
    "::1",
    "example.com",
    "amazonaws.com.example.com",
    "notamazonaws.com",
    "s3.localhost.localstack.cloud",
    "d111111abcdef8.cloudfront.net",
    "shop.us-east-1.elasticbeanstalk.com",
    "a1234567890abcdef.awsglobalaccelerator.com",
    "abc.us-east-1.awsapprunner.com",
    "main.abc.amplifyapp.com",
    "notawsapps.com",
    "169.254.1.1",
    "fd00:ec2::1",
    "08",
    "1.2.3.4.5",
    "999.1.1.1",
    "not:an:address",
    None,
    80,
)


@pytest.mark.parametrize("host", AWS, ids=str)
def test_a_host_of_aws_in_every_notation(host: Any) -> None:
    assert is_aws(host)


@pytest.mark.parametrize("host", NOT_AWS, ids=repr)
def test_every_other_host_is_the_users_business(host: Any) -> None:
    assert not is_aws(host)


@needs_node
def test_nodejs_knows_the_same_hosts() -> None:
    hosts = [host for host in (*AWS, *NOT_AWS) if isinstance(host, str)]
    code = f"console.log(JSON.stringify({json.dumps(hosts)}.map(require({json.dumps(str(GUARD))}).isAws)))"
    done = subprocess.run(["node", "-e", code], capture_output=True, text=True, check=True)
    told = dict(zip(hosts, json.loads(done.stdout), strict=True))
    assert told == {host: is_aws(host) for host in hosts}
    assert [suffix for suffix in SUFFIXES if f"'{suffix}'" not in GUARD.read_text()] == []


def test_the_suffixes_are_those_of_every_partition_in_botocores_data() -> None:
    partitions = json.loads((DATA / "partitions.json").read_text())["partitions"]
    suffixes = {each["outputs"][name] for each in partitions for name in ("dnsSuffix", "dualStackDnsSuffix")}
    for each in json.loads((DATA / "endpoints.json").read_text())["partitions"]:
        suffixes |= {each["dnsSuffix"], *(variant["dnsSuffix"] for variant in each["defaults"]["variants"])}
    assert len(suffixes) > 10
    assert [suffix for suffix in sorted(suffixes) if not is_aws(f"states.region.{suffix}")] == []


def test_so_is_every_host_that_a_service_names_by_itself() -> None:
    hosts = set()
    for file in DATA.glob("*/*/endpoint-rule-set-1.json.gz"):
        text = gzip.decompress(file.read_bytes()).decode()
        hosts |= {found.rpartition("}")[2].lstrip(".-") for found in re.findall(r'"https?://([^"/:]+)', text)}
    named = {host for host in hosts if "." in host and "#" not in host}
    assert len(named) > 10
    assert [host for host in sorted(named) if not is_aws(host)] == []
