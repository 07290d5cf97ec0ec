"""About fifty ways to send something to AWS, and what has to become of each while an emulator is open.

``python -m tests.leaks.ways`` tries all of them and prints a line of JSON for each: its name and result. ``open`` tries
them without an emulator. ``step`` waits for a line of standard input after each. A result is
``refused`` (``RealAwsBlockedError``), ``answered``, ``closed port`` (a child process that was led there), or the error
that came instead. Nothing is sent even where a guard is missing: ``tests.leaks.sinks`` has the two places to run it.
"""

import asyncio
import http.client
import importlib.util
import io
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Callable, Coroutine
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final, NamedTuple

from emulator import Emulator, RealAwsBlockedError

HOST: Final = "sqs.eu-west-1.amazonaws.com"
URL: Final = f"https://{HOST}/?Action=ListQueues"
METADATA: Final = "169.254.169.254"
CLOSED: Final = "asl-emulator-does-not-answer-child-processes"
CHILD: Final = (
    "import boto3; boto3.client('sqs', 'eu-west-1', aws_access_key_id='x', aws_secret_access_key='x').list_queues()"
)
REFUSED, ANSWERED, CLOSED_PORT = "refused", "answered", "closed port"


class Way(NamedTuple):
    """One way: what it needs, what has to become of it, and the function that tries it."""

    name: str
    becomes: str
    needs: str
    go: Callable[[], Any]


WAYS: Final[list[Way]] = []


def way(becomes: str, needs: str = "") -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Add a function to the table. ``needs``: the module without which it is skipped."""

    def add(go: Callable[[], Any]) -> Callable[[], Any]:
        WAYS.append(Way(go.__name__, becomes, needs, go))
        return go

    return add


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


# HTTP libraries


@way(REFUSED)
def urllib_request() -> None:
    urllib.request.urlopen(URL, timeout=5)


@way(REFUSED)
def urllib_request_of_metadata() -> None:
    urllib.request.urlopen(f"http://{METADATA}/latest/meta-data/", timeout=5)


@way(REFUSED)
def urllib_request_through_a_proxy() -> None:
    proxy = urllib.request.ProxyHandler({"http": f"http://{HOST}:3128", "https": f"http://{HOST}:3128"})
    urllib.request.build_opener(proxy).open("http://example.com/", timeout=5)


@way(REFUSED)
def urllib_request_swallowed() -> None:
    try:
        urllib.request.urlopen(URL, timeout=5)
    except OSError:
        return


@way(REFUSED)
def http_client() -> None:
    connection = http.client.HTTPSConnection(HOST, timeout=5)
    connection.request("POST", "/", body=iter([b"a", b"b"]), encode_chunked=True)
    connection.getresponse()


@way(REFUSED)
def http_client_in_steps() -> None:
    connection = http.client.HTTPConnection(HOST, timeout=5)
    connection.connect()
    connection.putrequest("GET", "/")
    connection.endheaders()
    connection.getresponse()


@way(REFUSED)
def http_client_through_a_tunnel() -> None:
    connection = http.client.HTTPSConnection("127.0.0.1", 1, timeout=5)
    connection.set_tunnel(HOST)
    connection.request("GET", "/")
    connection.getresponse()


@way(REFUSED, "urllib3")
def urllib3_pool_with_retries() -> None:
    import urllib3

    urllib3.PoolManager(retries=urllib3.Retry(3, backoff_factor=0.01)).request("GET", URL)


@way(REFUSED, "urllib3")
def urllib3_connection() -> None:
    import urllib3.connection

    connection = urllib3.connection.HTTPSConnection(HOST, timeout=5)
    connection.connect()


@way(REFUSED, "requests")
def requests_get() -> None:
    import requests

    requests.get(URL, timeout=5)


@way(REFUSED, "requests")
def requests_through_a_proxy() -> None:
    import requests

    requests.get("http://example.com/", proxies={"http": f"http://{HOST}:3128"}, timeout=5)


@way(REFUSED, "requests")
def requests_to_aws_through_a_local_proxy() -> None:
    import requests

    requests.get(f"http://{HOST}/", proxies={"http": "http://127.0.0.1:1"}, timeout=5)


@way(REFUSED, "httpx")
def httpx_get() -> None:
    import httpx

    httpx.get(URL, timeout=5)


@way(REFUSED, "httpx")
def httpx_async() -> None:
    import httpx

    async def get() -> None:
        async with httpx.AsyncClient() as client:
            await client.get(URL)

    run(get())


@way(REFUSED, "httpcore")
def httpcore_pool() -> None:
    import httpcore

    with httpcore.ConnectionPool() as pool:
        pool.request("GET", URL)


@way(REFUSED, "aiohttp")
def aiohttp_get() -> None:
    import aiohttp

    async def get() -> None:
        async with aiohttp.ClientSession() as session:
            await session.get(URL)

    run(get())


@way(REFUSED, "aiohttp")
def aiohttp_of_metadata() -> None:
    import aiohttp

    async def get() -> None:
        async with aiohttp.ClientSession() as session:
            await session.put(f"http://{METADATA}/latest/api/token")

    run(get())


# Presigned URLs


def presigned() -> str:
    import boto3

    s3: Any = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="leaks")
    s3.put_object(Bucket="leaks", Key="k", Body=b"content")
    return str(s3.generate_presigned_url("get_object", Params={"Bucket": "leaks", "Key": "k"}))


@way(ANSWERED, "requests")
def presigned_with_requests() -> None:
    import requests

    assert requests.get(presigned(), timeout=5).content == b"content"


@way(ANSWERED, "httpx")
def presigned_with_httpx() -> None:
    import httpx

    assert httpx.get(presigned()).content == b"content"


@way(ANSWERED)
def presigned_with_urllib() -> None:
    with urllib.request.urlopen(presigned(), timeout=5) as response:
        assert response.read() == b"content"


@way(REFUSED, "requests")
def a_bucket_of_somebody_else() -> None:
    import requests

    requests.get("https://somebody-elses-data.s3.us-west-2.amazonaws.com/file.csv", timeout=5)


# Sockets and names


@way(REFUSED)
def getaddrinfo() -> None:
    socket.getaddrinfo(HOST, 443)


@way(REFUSED)
def getaddrinfo_of_bytes_in_capitals() -> None:
    socket.getaddrinfo(host=f"{HOST.upper()}.".encode(), port=443)


@way(REFUSED)
def gethostbyname() -> None:
    socket.gethostbyname(HOST)


@way(REFUSED)
def gethostbyname_ex() -> None:
    socket.gethostbyname_ex(HOST)


@way(REFUSED)
def getfqdn() -> None:
    socket.getfqdn(HOST)


@way(REFUSED)
def create_connection() -> None:
    socket.create_connection((HOST, 443), timeout=5)


@way(REFUSED)
def connect_to_a_name() -> None:
    with socket.socket() as each:
        each.settimeout(5)
        each.connect((HOST, 443))


@way(REFUSED)
def connect_to_a_number() -> None:
    with socket.socket() as each:
        each.settimeout(5)
        each.connect(("2852039166", 80))


@way(REFUSED)
def connect_ex_to_container_credentials() -> None:
    with socket.socket() as each:
        each.settimeout(5)
        each.connect_ex(("169.254.170.2", 80))


@way(REFUSED)
def connect_to_a_mapped_address() -> None:
    with socket.socket(socket.AF_INET6) as each:
        each.settimeout(5)
        each.connect((f"::ffff:{METADATA}", 80))


@way(REFUSED)
def datagrams() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as each:
        each.sendto(b"x", (METADATA, 53))


@way(REFUSED)
def datagrams_by_sendmsg() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as each:
        each.sendmsg([b"x"], [], 0, (METADATA, 53))


@way(REFUSED)
def asyncio_open_connection() -> None:
    run(asyncio.open_connection(HOST, 443))


@way(REFUSED)
def asyncio_sock_connect() -> None:
    async def connect() -> None:
        with socket.socket() as each:
            each.setblocking(False)
            await asyncio.get_running_loop().sock_connect(each, (METADATA, 80))

    run(connect())


@way(REFUSED)
def asyncio_datagrams() -> None:
    async def connect() -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=(METADATA, 53))
        transport.sendto(b"x")

    run(connect())


@way(REFUSED, "uvloop")
def uvloop_open_connection() -> None:
    import uvloop

    uvloop.run(asyncio.open_connection(HOST, 443))


@way(REFUSED)
def in_a_thread() -> None:
    raised: list[BaseException] = []

    def work() -> None:
        try:
            socket.create_connection((HOST, 443), timeout=5)
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    raise raised[0]


# AWS's other clients, and moto


@way(ANSWERED, "aiobotocore")
def aiobotocore_client() -> None:
    from aiobotocore.session import get_session

    async def ask() -> None:
        async with get_session().create_client("sqs", region_name="eu-west-1") as client:
            await client.list_queues()

    run(ask())


@way(ANSWERED, "awscrt")
def transfers_by_awscrt() -> None:
    import boto3
    from boto3.s3.transfer import TransferConfig

    presigned()
    s3: Any = boto3.client("s3", region_name="us-east-1")
    s3.upload_fileobj(io.BytesIO(b"x"), "leaks", "k", Config=TransferConfig(preferred_transfer_client="crt"))


@way(REFUSED, "awscrt")
def awscrt_connection() -> None:
    import awscrt.http

    awscrt.http.HttpClientConnection.new(HOST, 443).result(5)


@way(REFUSED)
def a_subscriber_of_moto() -> None:
    """moto itself posts to the subscribers of a topic."""
    import boto3

    sns: Any = boto3.client("sns", region_name="us-east-1")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint="http://subscriber.example.com/")
    sns.publish(TopicArn=topic, Message="x")


# Child processes


def told(done: "subprocess.CompletedProcess[str]") -> str:
    return CLOSED_PORT if CLOSED in done.stderr + done.stdout else f"{done.stdout}{done.stderr}"[-300:]


@way(CLOSED_PORT)
def subprocess_run() -> str:
    return told(subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=False))


@way(CLOSED_PORT)
def subprocess_without_an_environment() -> str:
    bare = {"PATH": os.environ["PATH"]}
    return told(subprocess.run([sys.executable, "-c", CHILD], env=bare, capture_output=True, text=True, check=False))


@way(CLOSED_PORT)
def subprocess_with_other_keys() -> str:
    env = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "mine",
        "AWS_PROFILE": "prod",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    }
    return told(subprocess.run([sys.executable, "-c", CHILD], env=env, capture_output=True, text=True, check=False))


@way(CLOSED_PORT)
def subprocess_of_a_shell() -> str:
    command = f'{sys.executable} -c "{CHILD}"'
    return told(subprocess.run(command, shell=True, capture_output=True, text=True, check=False))


@way(CLOSED_PORT)
def os_system() -> str:
    return in_a_file(lambda file: os.system(f'{sys.executable} -c "{CHILD}" 2>{file}'))


@way(CLOSED_PORT)
def os_popen() -> str:
    with os.popen(f'{sys.executable} -c "{CHILD}" 2>&1') as output:
        return CLOSED_PORT if CLOSED in output.read() else "another error"


@way(CLOSED_PORT)
def os_posix_spawn() -> str:
    def go(file: str) -> None:
        program = f"import sys; sys.stderr = open({file!r}, 'w'); {CHILD}"
        os.waitpid(os.posix_spawn(sys.executable, [sys.executable, "-c", program], {"PATH": os.environ["PATH"]}), 0)

    return in_a_file(go)


@way(CLOSED_PORT)
def os_spawnv() -> str:
    def go(file: str) -> None:
        program = f"import sys; sys.stderr = open({file!r}, 'w'); {CHILD}"
        os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", program])

    return in_a_file(go)


@way(CLOSED_PORT)
def fork_and_execve() -> str:
    def go(file: str) -> None:
        program = f"import sys; sys.stderr = open({file!r}, 'w'); {CHILD}"
        child = os.fork()
        if child == 0:
            os.execve(sys.executable, [sys.executable, "-c", program], {"PATH": os.environ["PATH"]})
        os.waitpid(child, 0)

    return in_a_file(go)


@way(CLOSED_PORT)
def asyncio_subprocess() -> str:
    async def go() -> str:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", CHILD, stderr=asyncio.subprocess.PIPE)
        _, errors = await process.communicate()
        return CLOSED_PORT if CLOSED in errors.decode() else errors.decode()[-300:]

    return str(run(go()))


def in_a_child(results: Any) -> None:
    """What the child of multiprocessing does."""
    import boto3

    try:
        boto3.client("sqs", region_name="eu-west-1").list_queues()
        results.put("it was answered")
    except RealAwsBlockedError:
        results.put(REFUSED)
    except Exception as error:
        results.put(CLOSED_PORT if CLOSED in str(error) else str(error))


def by(method: str) -> str:
    context: Any = multiprocessing.get_context(method)
    results = context.SimpleQueue()
    process = context.Process(target=in_a_child, args=(results,))
    process.start()
    result: str = results.get()
    process.join()
    if result == REFUSED:
        raise RealAwsBlockedError
    return result


@way(CLOSED_PORT)
def multiprocessing_spawn() -> str:
    return by("spawn")


@way(CLOSED_PORT)
def multiprocessing_forkserver() -> str:
    return by("forkserver")


@way(REFUSED)
def multiprocessing_fork() -> str:
    return by("fork")


def in_a_file(go: Callable[[str], object]) -> str:
    """What the child says in a file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "said")
        go(str(file))
        return CLOSED_PORT if CLOSED in file.read_text() else file.read_text()[-300:]


# All of them


def is_there(needs: str) -> bool:
    return not needs or importlib.util.find_spec(needs) is not None


def attempt(each: Way) -> str:
    try:
        result = each.go()
    except RealAwsBlockedError:
        return REFUSED
    except BaseException as error:
        return f"{type(error).__name__}: {error}"[:300]
    return result if isinstance(result, str) else ANSWERED


SETTINGS: Final[dict[str, Any]] = {"allow_blocked": True, "accepted_calls": ["sns:Subscribe"]}


def main(seen: Callable[[], list[str]] = list) -> None:
    """Try every way, each in an emulator of its own; ``seen`` says what a sink has seen of it."""
    for each in WAYS:
        if is_there(each.needs):
            with nullcontext(None) if "open" in sys.argv else Emulator(**SETTINGS) as emulator:
                result = attempt(each)
                noted = [] if emulator is None else emulator.blocked
            told = {"way": each.name, "result": result, "noted": noted, "seen": seen()}
            print(json.dumps(told), flush=True)  # noqa: T201
            if "step" in sys.argv:
                sys.stdin.readline()


if __name__ == "__main__":
    main()
