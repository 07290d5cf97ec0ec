"""The guards as a whole: what they replace is listed and put back, and other hosts are left alone."""

import asyncio
import importlib
import multiprocessing
import os
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from emulator import Emulator, RealAwsBlockedError
from emulator.aws import guard
from emulator.aws.guard import children
from emulator.aws.guard.patches import Patch
from emulator.places import place_of
from emulator.private_names import PRIVATE_NAMES

ROWS: list[Patch] = [
    row
    for layer in sorted(set(guard.LAYERS.values()))
    for row in importlib.import_module(f"emulator.aws.guard.{layer}").PATCHES
]


class Site(BaseHTTPRequestHandler):
    """Answers every request, and keeps what was asked."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(f"{self.command} {self.path}")
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def site() -> Iterator[tuple[str, list[str]]]:
    """A site of the user's own on this machine, and what it was asked."""
    asked: list[str] = []
    server = HTTPServer(("127.0.0.1", 0), type("Site", (Site,), {"asked": asked}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.001})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/path", asked
    server.shutdown()
    thread.join()
    server.server_close()


# The tables


def test_each_layer_has_the_rows_of_its_modules() -> None:
    assert {row.module for row in ROWS} == set(guard.LAYERS)
    for module, layer in guard.LAYERS.items():
        rows = importlib.import_module(f"emulator.aws.guard.{layer}").PATCHES
        assert any(row.module == module for row in rows), module


def test_each_private_name_that_is_replaced_is_listed() -> None:
    listed = {row.full_name for row in PRIVATE_NAMES if row.use == "replaced"}
    for row in ROWS:
        name = ".".join(filter(None, (row.module, row.owner, row.name)))
        if any(part.startswith("_") and not part.endswith("__") for part in name.split(".")):
            assert name in listed


def held() -> dict[str, Any]:
    """What the owner of each name holds, of the modules that are loaded."""
    found = {}
    for row in ROWS:
        if module := sys.modules.get(row.module):
            owner = getattr(module, row.owner, None) if row.owner else module
            found[f"{row.module}.{row.owner}.{row.name}"] = vars(owner).get(row.name) if owner else None
    return found


def test_everything_is_put_back_in_whatever_order_emulators_close() -> None:
    for module in ("multiprocessing.forkserver", "requests", "http.client", "subprocess"):
        importlib.import_module(module)
    before, finders = held(), [*sys.meta_path]
    first, second = Emulator().__enter__(), Emulator().__enter__()
    assert all(value is not before[name] for name, value in held().items() if value is not None)
    first.close()
    assert held() != before
    second.close()
    assert held() == before
    assert sys.meta_path == finders


def test_what_a_test_replaces_meanwhile_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    original = socket.gethostbyname
    with Emulator():
        with monkeypatch.context() as patched:
            patched.setattr(socket, "gethostbyname", lambda _name: "10.0.0.1")
            assert socket.gethostbyname("sqs.us-east-1.amazonaws.com") == "10.0.0.1"
        with pytest.raises(RealAwsBlockedError):
            socket.gethostbyname("sqs.us-east-1.amazonaws.com")
        emulator = Emulator().__enter__()
        monkeypatch.setattr(socket, "gethostbyname", theirs := lambda _name: "10.0.0.2")
        emulator.close()
    assert socket.gethostbyname is theirs
    monkeypatch.undo()
    assert socket.gethostbyname("127.0.0.1") == "127.0.0.1"
    monkeypatch.setattr(socket, "gethostbyname", original)


def test_no_library_is_imported() -> None:
    code = """
import sys
from emulator import Emulator
libraries = ("asyncio", "http.client", "httpcore", "requests", "socket", "subprocess", "urllib3", "awscrt", "aiohttp")
before = {name for name in libraries if name in sys.modules}
with Emulator():
    assert {name for name in libraries if name in sys.modules} == before
    import urllib.request
    try:
        urllib.request.urlopen("https://sqs.us-east-1.amazonaws.com/")
    except Exception as error:
        assert type(error).__name__ == "RealAwsBlockedError", error
    else:
        raise SystemExit("it was sent")
"""
    subprocess.run([sys.executable, "-c", code], check=True)


# Other hosts


def test_a_host_of_the_users_own_is_reached(site: tuple[str, list[str]], emulator: Emulator) -> None:
    import requests

    url, asked = site
    with urllib.request.urlopen(url) as response:
        assert response.read() == b"ok"
    assert requests.get(url, timeout=5).text == "ok"
    httpx: Any = pytest.importorskip("httpx")
    assert httpx.get(url).text == "ok"
    with pytest.raises(OSError, match=r"refused|Errno"):
        socket.create_connection(("127.0.0.1", 1))
    assert socket.getaddrinfo("localhost", 80)
    assert asked == ["GET /path"] * 3
    assert emulator.blocked == []


def test_inside_of_a_users_mock_aws_a_host_is_reached_too(site: tuple[str, list[str]], emulator: Emulator) -> None:
    import requests

    work: Any = mock_aws(lambda: requests.get(site[0], timeout=5).text)
    assert work() == "ok"
    assert emulator.blocked == []


def test_what_moto_would_send_by_itself_is_refused(site: tuple[str, list[str]]) -> None:
    url, asked = site
    emulator = Emulator(accepted_calls=["sns:Subscribe"]).__enter__()
    sns: Any = boto3.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]

    def work() -> None:
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url)
        sns.publish(TopicArn=topic, Message="x")

    with pytest.raises(RealAwsBlockedError, match=f"Blocked: POST {url}, which moto would send by itself"):
        work()
    assert asked == []
    assert len(emulator.blocked) == 1
    emulator.close()


@pytest.mark.parametrize("package", ["moto/moto_server/server.py", "company/helper.py"])
def test_lines_of_moto_on_the_stack_alone_refuse_nothing(
    package: str, site: tuple[str, list[str]], emulator: Emulator
) -> None:
    """A server of moto's that a test starts, and an installed function that is decorated with ``mock_aws``."""
    code = "def ask(): return socket.getaddrinfo('127.0.0.1', 80), urllib.request.urlopen(url).read()"
    names: dict[str, Any] = {"socket": socket, "urllib": urllib, "url": site[0]}
    exec(compile(code, f"/x/site-packages/{package}", "exec"), names)
    work: Any = mock_aws(names["ask"])
    assert work()[1] == b"ok"
    assert names["ask"]()[1] == b"ok"
    assert emulator.blocked == []


def test_motos_own_server_starts(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("flask")
    from moto.server import ThreadedMotoServer
    from werkzeug.serving import BaseWSGIServer

    monkeypatch.setattr(BaseWSGIServer, "serve_forever", BaseWSGIServer.server_close)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    assert server.get_host_and_port()[0] == "127.0.0.1"
    assert emulator.blocked == []


def test_in_a_users_mock_aws_what_moto_would_send_is_refused_too(site: tuple[str, list[str]]) -> None:
    def work() -> None:
        sns: Any = boto3.client("sns", region_name="us-east-1")
        topic = sns.create_topic(Name="t")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=site[0])
        sns.publish(TopicArn=topic, Message="x")

    inside: Any = mock_aws(work)
    told = "which moto would send by itself"
    with Emulator(accepted_calls=["sns:Subscribe"], allow_blocked=True), pytest.raises(RealAwsBlockedError, match=told):
        inside()
    assert site[1] == []


def test_an_emulator_that_python_closes_at_its_end_says_nothing() -> None:
    code = """
from emulator import Emulator
def opened():
    with Emulator() as emulator:
        yield emulator
kept = opened()
next(kept)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


# Errors that libraries do not hide


def test_the_error_is_seen_by_code_that_expects_a_network_that_is_down(emulator: Emulator) -> None:
    import requests

    def work() -> Any:
        try:
            return requests.get("https://sqs.us-east-1.amazonaws.com/", timeout=5).text
        except (OSError, requests.RequestException):
            return "the network is down"

    with pytest.raises(RealAwsBlockedError):
        work()
    with pytest.raises(RealAwsBlockedError):
        asyncio.run(asyncio.wait_for(asyncio.open_connection("sqs.us-east-1.amazonaws.com", 443), 5))
    assert len(emulator.blocked) == 2


def test_a_library_imported_later_is_guarded() -> None:
    code = """
from emulator import Emulator, RealAwsBlockedError
with Emulator() as emulator:
    import requests
    try:
        requests.get("https://sqs.us-east-1.amazonaws.com/")
    except RealAwsBlockedError:
        assert len(emulator.blocked) == 1
    else:
        raise SystemExit("it was sent")
"""
    subprocess.run([sys.executable, "-c", code], check=True)


# Child processes

SHOW = "import json, os; print(json.dumps({k: v for k, v in os.environ.items() if k.startswith('AWS_')}))"


def child_sees(env: dict[str, str] | None) -> dict[str, str]:
    import json

    done = subprocess.run([sys.executable, "-c", SHOW], env=env, capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("env", [None, {}, {"AWS_ENDPOINT_URL": "https://sqs.us-east-1.amazonaws.com"}], ids=str)
def test_a_child_process_is_led_to_a_closed_port(
    env: dict[str, str] | None, monkeypatch: pytest.MonkeyPatch, emulator: Emulator
) -> None:
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.2/")
    seen = child_sees(env)
    assert seen["AWS_ENDPOINT_URL"] == children.CLOSED
    assert (seen["AWS_ACCESS_KEY_ID"], seen["AWS_EC2_METADATA_DISABLED"]) == ("testing", "true")
    assert not {*seen} & {*children.FORBIDDEN}
    assert "AWS_ENDPOINT_URL" not in os.environ
    assert "127.0.0.1" not in str(boto3.client("sqs").meta.endpoint_url)
    assert emulator.blocked == []


EARLIER = """
import multiprocessing, os
from emulator import Emulator

def see(results):
    results.put(os.environ.get("AWS_ENDPOINT_URL"))

def child():
    context = multiprocessing.get_context("forkserver")
    results = context.SimpleQueue()
    process = context.Process(target=see, args=(results,))
    process.start()
    found = results.get()
    process.join()
    return found

if __name__ == "__main__":
    seen = [child()]
    with Emulator():
        seen.append(child())
    print(*seen, child())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork server")
def test_a_fork_server_that_was_started_earlier_is_ended(tmp_path: Path) -> None:
    file = tmp_path / "earlier.py"
    file.write_text(EARLIER)
    bare = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run([sys.executable, str(file)], env=bare, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["None", children.CLOSED, "None"]


def test_an_endpoint_of_the_users_own_stays(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = {"AWS_ENDPOINT_URL": "http://localhost:4566", "AWS_ACCESS_KEY_ID": "111111111111"}
    seen = child_sees(mine)
    assert mine.items() <= seen.items()
    assert seen["AWS_EC2_METADATA_DISABLED"] == "true"
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:4566")
    assert child_sees(None)["AWS_ENDPOINT_URL"] == "http://localhost:4566"
    assert emulator.blocked == []


def test_an_endpoint_of_one_service_stays_unless_it_is_aws(emulator: Emulator) -> None:
    both = {
        "AWS_ENDPOINT_URL_S3": "http://localhost:9000",
        "AWS_ENDPOINT_URL_SQS": "https://sqs.us-east-1.amazonaws.com",
    }
    seen = child_sees(both)
    assert (seen["AWS_ENDPOINT_URL_S3"], seen.get("AWS_ENDPOINT_URL_SQS")) == ("http://localhost:9000", None)
    assert seen["AWS_ENDPOINT_URL"] == children.CLOSED
    assert emulator.is_open


def test_afterwards_a_child_sees_what_it_saw_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/")
    before = child_sees(None)
    with Emulator():
        assert child_sees(None) != before
    assert child_sees(None) == before


# Forked children

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")


def put(bucket: str) -> None:
    boto3.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x")


def in_a_fork(work: Any) -> str:
    """What a forked child says, which swallows its errors."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = str(work())
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading) as file:
        return file.read()


@needs_fork
def test_a_write_of_a_forked_child_is_refused_and_the_parent_is_told(emulator: Emulator) -> None:
    boto3.client("s3").create_bucket(Bucket="shop")
    said = in_a_fork(lambda: put("shop"))
    assert said.startswith("RealAwsBlockedError: Blocked: s3:PUT /k in a forked child of the process in which the emu")
    assert "fix: use a thread" in said
    assert f"(called at {place_of(__file__, '')}" in said
    assert [f"RealAwsBlockedError: {text}" for text in emulator.blocked] == [said]
    emulator.blocked.clear()


@needs_fork
def test_what_a_forked_child_sends_to_aws_is_told_too(emulator: Emulator) -> None:
    said = in_a_fork(lambda: socket.gethostbyname("sqs.us-east-1.amazonaws.com"))
    assert [f"RealAwsBlockedError: {text}" for text in emulator.blocked] == [said]
    emulator.blocked.clear()


@needs_fork
def test_an_emulator_that_a_forked_child_opens_is_its_own(emulator: Emulator) -> None:
    def work() -> int:
        with Emulator():
            boto3.client("s3").create_bucket(Bucket="own")
            put("own")
            return len(boto3.client("s3").list_buckets()["Buckets"])

    assert in_a_fork(work) == "1"
    assert emulator.blocked == []
    assert emulator.client("s3").list_buckets()["Buckets"] == []


def put_several() -> None:
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        assert list(pool.map(put, ["shop"] * 3)) == []


@needs_fork
def test_an_error_that_a_pool_hands_back_is_told_by_itself(emulator: Emulator) -> None:
    """So the test does not fail once more at its end."""
    with pytest.raises(RealAwsBlockedError, match="in a forked child"):
        put_several()
    assert len(emulator.blocked) == 3
    assert emulator.blocked.take_untold() == []


@needs_fork
def test_no_file_is_left(emulator: Emulator) -> None:
    in_a_fork(lambda: put("shop"))
    assert len(emulator.blocked) == 1
    emulator.blocked.clear()
    folder = Path(os.environ.get("TMPDIR", "/tmp"))
    assert [*folder.glob(f"asl-emulator-{os.getpid()}-*")] == []
