"""Nothing leaves: every way of ``ways`` in both sinks, and the same ways without an emulator, which all are seen."""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.leaks import ways
from tests.leaks.table import CLOSED_PORT, REFUSED, URL, WAYS, Way

ROOT = Path(__file__).parents[2]
NOT_SEEN_IN_THE_OPEN = {
    "http_client_through_a_tunnel": "the proxy is at a closed port of this machine",
    "requests_to_aws_through_a_local_proxy": "the proxy is at a closed port of this machine",
    "subprocess_with_other_keys": "there is no such profile",
}


@cache
def namespace_is_missing() -> str:
    """Why this machine has no network namespaces for this user; empty if it has."""
    if not shutil.which("unshare") or not shutil.which("ip"):
        return "needs `unshare` and `ip` (Linux)"
    done = subprocess.run(
        ["unshare", "-rn", "ip", "link", "set", "lo", "up"], capture_output=True, text=True, check=False
    )
    return f"this machine allows no network namespace: {done.stderr.strip()}" if done.returncode else ""


Results = dict[str, dict[str, Any]]
"""Way -> what became of it."""
Sink = Callable[..., Results]


@pytest.fixture(scope="session")
def sink(tmp_path_factory: pytest.TempPathFactory) -> Sink:
    """The results of a sink, which runs once, also with several workers of pytest-xdist."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder

    @cache
    def results(name: str, *more: str) -> Results:
        if name == "namespace" and (missing := namespace_is_missing()):
            pytest.skip(missing)
        before = ["unshare", "-rn"] if name == "namespace" else []
        with (folder / f"leaks-{'-'.join((name, *more))}").open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            if not (text := file.read()):
                command = [*before, sys.executable, "-m", "tests.leaks.sinks", name, *more]
                done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=240)
                assert done.returncode == 0, done.stderr
                text = done.stdout
                file.write(text)
        told = [json.loads(line) for line in text.splitlines() if line.startswith('{"way"')]
        return {each["way"]: each for each in told}

    return results


def found(way: Way, told: Results) -> dict[str, Any]:
    if not ways.is_there(way.needs):
        pytest.skip(f"{way.needs} is not installed")
    return told[way.name]


@pytest.mark.parametrize("name", ["audit", "namespace"])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_nothing_leaves(way: Way, name: str, sink: Sink) -> None:
    told = found(way, sink(name))
    assert (told["result"], told["seen"]) == (way.becomes, [])
    assert len(told["noted"]) == (1 if way.becomes == REFUSED else 0)


@pytest.mark.parametrize("way", [way for way in WAYS if way.becomes == REFUSED], ids=lambda way: way.name)
def test_a_refusal_names_the_line_of_the_caller(way: Way, sink: Sink) -> None:
    (text,) = found(way, sink("audit"))["noted"]
    assert text.startswith("Blocked: ")
    if way.name in ("node_worker", "node_worker_with_settings") or way.name.startswith("node_child"):
        return  # their code is no file
    where = r"/\S+/index\.mjs:" if way.needs == "node" else r"(\S+/)?tests/leaks/\w+\.py:\d+\)"
    assert re.search(rf"\(called at {where}", text)


BY_URL = ("urllib_request", "urllib3_pool_with_retries", "requests_get", "httpx_get", "httpx_async", "aiohttp_get")


@pytest.mark.parametrize("way", [way for way in WAYS if way.name in BY_URL], ids=lambda way: way.name)
def test_a_refusal_of_an_http_library_names_method_and_url(way: Way, sink: Sink) -> None:
    (text,) = found(way, sink("audit"))["noted"]
    assert text.startswith(f"Blocked: GET {URL} (called at")


@pytest.mark.parametrize(
    "way", [way for way in WAYS if way.becomes in (REFUSED, CLOSED_PORT)], ids=lambda way: way.name
)
def test_without_an_emulator_the_sink_sees_each_of_them(way: Way, sink: Sink) -> None:
    """So the ways do leave, and the sink does see."""
    if reason := NOT_SEEN_IN_THE_OPEN.get(way.name):
        pytest.skip(reason)
    told = found(way, sink("namespace", "open"))
    assert told["seen"] != [], told["result"]
