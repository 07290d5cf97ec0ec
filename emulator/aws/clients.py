"""The emulator's own boto3 clients, from one session, which keeps the service models that it has read."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from emulator.aws.interception import INTERNAL_AGENT
from emulator.aws.loaded import FIRST_USE


@cache
def _session() -> boto3.session.Session:
    return boto3.session.Session(aws_access_key_id="testing", aws_secret_access_key="testing")


def make_client(service: str, region: str, *, internal: bool = False, retries: bool = True) -> Any:
    """A client of ``service``; a bucket's name is in the path, so that every endpoint finds it.

    The requests of an ``internal`` one are the emulator's own (``AwsRequest.is_internal``). Without ``retries`` a call
    that fails is not made again, after a wait in real time, by botocore.
    """
    config = Config(s3={"addressing_style": "path"}, proxies={})  # nor looks for proxies: handlers change variables
    if internal:  # sent again where it is needed: see ``emulator.aws.remote``
        config = config.merge(Config(user_agent_extra=INTERNAL_AGENT))
    if internal or not retries:
        config = config.merge(Config(retries={"total_max_attempts": 1, "mode": "standard"}))
    with FIRST_USE:
        client: Any = _session().client(service, region_name=region, config=config)
    return client
