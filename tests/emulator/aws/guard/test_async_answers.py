"""aiohttp: presigned URLs of emulated buckets are answered, and everything else to AWS is refused."""

import asyncio
from io import BytesIO
from typing import Any

import boto3
import pytest

from emulator import Emulator, RealAwsBlockedError

aiohttp: Any = pytest.importorskip("aiohttp", reason="aiohttp is not installed")

PIECES = [b"abc\r\n\r\n", b"0\r\n\r\n", b"def"]
LARGE = b"x" * 300_000


async def pieces() -> Any:
    for piece in PIECES:
        yield piece


def test_objects_are_put_and_got() -> None:
    async def work(s3: Any) -> None:
        def url(operation: str, key: str) -> str:
            return str(s3.generate_presigned_url(operation, Params={"Bucket": "shop", "Key": key}))

        async with aiohttp.ClientSession() as session:
            async with session.put(url("put_object", "large"), data=BytesIO(LARGE)) as put:
                assert put.status == 200
            async with session.put(url("put_object", "pieces"), data=pieces(), expect100=True) as put:
                assert put.status == 200
            for key, content in (("large", LARGE), ("pieces", b"".join(PIECES))):
                async with session.get(url("get_object", key)) as got:
                    assert await got.read() == content
            async with session.head(url("head_object", "large")) as head:
                assert (head.status, head.headers["Content-Length"]) == (200, str(len(LARGE)))
            async with session.get(url("get_object", "nothing")) as missing:
                assert missing.status == 404

    with Emulator() as emulator:
        client: Any = boto3.client("s3")
        client.create_bucket(Bucket="shop")
        asyncio.run(work(client))
        assert emulator.blocked == []


@pytest.mark.parametrize("url", ["https://other.s3.amazonaws.com/key", "https://sqs.us-east-1.amazonaws.com/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_everything_else_is_refused(url: str, method: str) -> None:
    async def work() -> None:
        async with aiohttp.ClientSession() as session:
            await session.request(method, url, data=b"content" if method == "POST" else None)

    with Emulator(allow_blocked=True) as emulator:
        with pytest.raises(RealAwsBlockedError, match=f"Blocked: {method} {url}"):
            asyncio.run(work())
        assert len(emulator.blocked) == 1
