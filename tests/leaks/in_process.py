"""Ways of this process: HTTP libraries, presigned URLs, sockets and names, AWS's other clients, moto."""

import asyncio
import http.client
import io
import socket
import threading
import urllib.request
from typing import Any

from tests.leaks.table import ANSWERED, HOST, METADATA, REFUSED, URL, run, way

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


@way(REFUSED, "dns")
def dnspython() -> None:
    import dns.resolver

    dns.resolver.resolve(HOST)


@way(REFUSED, "dns")
def dnspython_async() -> None:
    import dns.asyncresolver

    run(dns.asyncresolver.resolve(HOST, "A"))


@way(REFUSED, "aiodns")
def aiodns_query() -> None:
    import aiodns

    async def ask() -> None:
        resolver = aiodns.DNSResolver()
        await resolver.gethostbyname(HOST, socket.AF_INET)

    run(ask())


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
