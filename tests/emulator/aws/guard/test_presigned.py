"""Presigned URLs and forms of an emulated bucket, by every HTTP library, as boto3 would answer them."""

import asyncio
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

from emulator import Emulator, RealAwsBlockedError
from emulator.places import place_of

Answer: TypeAlias = "tuple[int, bytes]"
KEY = "a folder/é+?.txt"


def by_urllib(method: str, url: str, body: bytes | None = None) -> Answer:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=body, method=method)) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def by_http_client(method: str, url: str, body: bytes | None = None) -> Answer:
    parts = urlsplit(url)
    connection = http.client.HTTPSConnection(parts.netloc)
    connection.connect()
    connection.request(method, f"{parts.path}?{parts.query}", body=body)
    response = connection.getresponse()
    return response.status, response.read()


def by_http_client_in_pieces(method: str, url: str, body: bytes | None = None) -> Answer:
    parts = urlsplit(url)
    connection = http.client.HTTPSConnection(parts.netloc)
    if body is None:
        return by_http_client(method, url)
    pieces = iter([body[:2], body[2:]])
    connection.request(method, f"{parts.path}?{parts.query}", body=pieces, encode_chunked=True)
    response = connection.getresponse()
    return response.status, response.read()


def by_urllib3(method: str, url: str, body: bytes | None = None) -> Answer:
    import urllib3

    response = urllib3.PoolManager().request(method, url, body=body)
    return response.status, response.data


def by_requests(method: str, url: str, body: bytes | None = None) -> Answer:
    import requests

    response = requests.request(method, url, data=body, timeout=5)
    return response.status_code, response.content


def by_httpx(method: str, url: str, body: bytes | None = None) -> Answer:
    httpx: Any = pytest.importorskip("httpx")
    response = httpx.request(method, url, content=body)
    return response.status_code, response.content


def by_httpx_async(method: str, url: str, body: bytes | None = None) -> Answer:
    httpx: Any = pytest.importorskip("httpx")

    async def ask() -> Answer:
        async with httpx.AsyncClient() as client:
            response = await client.request(method, url, content=body)
            return response.status_code, response.content

    return asyncio.run(ask())


LIBRARIES = [by_urllib, by_http_client, by_http_client_in_pieces, by_urllib3, by_requests, by_httpx, by_httpx_async]


@pytest.fixture(params=LIBRARIES, ids=lambda each: each.__name__)
def ask(request: pytest.FixtureRequest) -> Callable[..., Answer]:
    function: Callable[..., Answer] = request.param
    return function


@pytest.fixture(params=[("us-east-1", "path"), ("eu-central-1", "virtual")], ids=str)
def s3(request: pytest.FixtureRequest, emulator: Emulator) -> Any:
    region, style = request.param
    client: Any = boto3.client("s3", region_name=region, config=Config(s3={"addressing_style": style}))
    there = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    client.create_bucket(Bucket="shop", **there)
    assert emulator.blocked == []
    return client


def test_a_presigned_url_is_answered_as_boto3_is(emulator: Emulator, s3: Any, ask: Callable[..., Answer]) -> None:
    def url(operation: str, **more: Any) -> str:
        signed: str = s3.generate_presigned_url(operation, Params={"Bucket": "shop", **more})
        return signed

    assert ask("PUT", url("put_object", Key=KEY), b"content")[0] == 200
    assert s3.get_object(Bucket="shop", Key=KEY)["Body"].read() == b"content"
    assert ask("GET", url("get_object", Key=KEY)) == (200, b"content")
    assert ask("HEAD", url("head_object", Key=KEY)) == (200, b"")
    status, text = ask("GET", url("get_object", Key="nothing"))
    assert (status, b"<Code>NoSuchKey</Code>" in text) == (404, True)
    status, text = ask("GET", url("list_objects_v2"))
    assert (status, b"<KeyCount>1</KeyCount>" in text) == (200, True)
    assert ask("DELETE", url("delete_object", Key=KEY)) == (204, b"")
    assert "Contents" not in s3.list_objects_v2(Bucket="shop")
    assert emulator.blocked == []


def test_a_url_that_the_emulator_signed_for_a_bucket_that_is_gone(s3: Any, ask: Callable[..., Answer]) -> None:
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "gone", "Key": "k"})
    status, text = ask("GET", url)
    assert (status, b"<Code>NoSuchBucket</Code>" in text) == (404, True)


def test_a_presigned_form(emulator: Emulator, s3: Any) -> None:
    import requests

    form = s3.generate_presigned_post("shop", "photo.png")
    answer = requests.post(form["url"], data=form["fields"], files={"file": b"png"}, timeout=5)
    assert answer.status_code == 204
    assert s3.get_object(Bucket="shop", Key="photo.png")["Body"].read() == b"png"
    assert emulator.blocked == []


def test_headers_of_the_response(s3: Any) -> None:
    import requests

    s3.put_object(Bucket="shop", Key="k", Body=b"0123456789", ContentType="text/csv", Metadata={"a": "b"})
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "shop", "Key": "k"})
    answer = requests.get(url, headers={"Range": "bytes=2-4"}, timeout=5)
    assert (answer.status_code, answer.content) == (206, b"234")
    assert answer.headers["Content-Type"] == "text/csv"
    assert answer.headers["x-amz-meta-a"] == "b"
    assert answer.headers["ETag"] == s3.head_object(Bucket="shop", Key="k")["ETag"]


def test_a_public_object_of_an_emulated_bucket(s3: Any, ask: Callable[..., Answer]) -> None:
    s3.put_object(Bucket="shop", Key="logo", Body=b"png", ACL="public-read")
    s3.put_object(Bucket="shop", Key="secret", Body=b"no")
    assert ask("GET", "https://shop.s3.amazonaws.com/logo") == (200, b"png")
    assert ask("GET", "https://s3.eu-central-1.amazonaws.com/shop/secret")[0] == 403


@pytest.mark.parametrize(
    "url",
    [
        "https://landsat-pds.s3.us-west-2.amazonaws.com/scene.txt",
        "https://s3.amazonaws.com/landsat-pds/scene.txt",
        "https://shop.s3.amazonaws.com.cn.example.amazonaws.com/k",
        "https://shop.s3-website-us-east-1.amazonaws.com/k",
        "https://dynamodb.us-east-1.amazonaws.com/",
        "https://abc.execute-api.us-east-1.amazonaws.com/prod",
        "https://abc.lambda-url.us-east-1.on.aws/",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
def test_everything_else_is_refused_with_method_url_and_line(
    url: str, emulator: Emulator, ask: Callable[..., Answer]
) -> None:
    emulator.client("s3").create_bucket(Bucket="shop")
    with pytest.raises(RealAwsBlockedError) as caught:
        ask("DELETE", url)
    shown = url.replace("http:", "https:") if "http_client" in ask.__name__ else url
    assert f"Blocked: DELETE {shown}" in str(caught.value)
    assert f"(called at {place_of(__file__, '')}" in str(caught.value)
    assert emulator.blocked == [str(caught.value)]


def test_what_a_test_mocks_itself_is_the_tests(emulator: Emulator) -> None:
    """``responses`` and its like are above the pool."""
    import requests
    import responses

    with responses.RequestsMock() as mocked:
        mocked.get("https://sqs.us-east-1.amazonaws.com/", body="mine")
        assert requests.get("https://sqs.us-east-1.amazonaws.com/", timeout=5).text == "mine"
    assert emulator.blocked == []
