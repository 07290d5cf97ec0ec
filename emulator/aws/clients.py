"""boto3 clients of our own making, from one session: what it has read of the services' models it keeps."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config


@cache
def _session() -> boto3.session.Session:
    return boto3.session.Session(aws_access_key_id="testing", aws_secret_access_key="testing")


def make_client(service: str, region: str) -> Any:
    """A client of ``service``; buckets are named in paths, so that every endpoint finds them."""
    config = Config(s3={"addressing_style": "path"})
    client: Any = _session().client(service, region_name=region, config=config)
    return client
