"""Peers that are servers: what MiniStack and LocalStack take for the same executions."""

import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks import peer_machines
from benchmarks.measure import Effort
from benchmarks.peer_machines import SMALLEST, Times
from scripts.backends import Server


def measure(server: Server, effort: Effort) -> tuple[str, Times]:
    """The version of a server, installed if it has to be, and its times; raises ``UnavailableError``."""
    if server.missing() is not None:
        server.install()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        began = perf_counter()
        with server.running(Path(folder)) as url:
            client = _client(url)
            peer_machines.run(client, SMALLEST)
            whole = perf_counter() - began
            return server.version(), {**peer_machines.measured(client, effort), "process": [whole]}


def _client(url: str) -> Any:
    import boto3
    from botocore.config import Config

    patience = Config(
        connect_timeout=5, read_timeout=peer_machines.PATIENCE_SECONDS, retries={"total_max_attempts": 1}, proxies={}
    )
    return boto3.client(
        "stepfunctions",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=patience,
    )
