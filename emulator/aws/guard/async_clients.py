"""aiobotocore, and with it aioboto3: its clients are answered.

aiobotocore's clients send through one method, as botocore's do. What it reads of a response is a coroutine where
botocore's is a value.
"""

from typing import Any, Final

from emulator.aws.guard.asking import ask
from emulator.aws.guard.patches import Patch
from emulator.aws.interception import AwsRequest


class _Raw:
    """A response as aiobotocore reads it from aiohttp."""

    def __init__(self, url: str, status: int, headers: Any, body: bytes) -> None:
        from asyncio import StreamReader

        self.url = url
        self.status = status
        self.headers = headers
        self.content = StreamReader()
        self.content.feed_data(body)
        self.content.feed_eof()

    async def read(self) -> bytes:
        """The rest of the body."""
        return await self.content.read()

    def at_eof(self) -> bool:
        """Whether all of it was read."""
        return self.content.at_eof()

    def close(self) -> None:
        """There is nothing to free."""

    release = close

    async def __aenter__(self) -> "_Raw":
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.close()


def _send(_original: Any) -> Any:
    async def send(self: Any, request: Any) -> Any:
        import inspect

        from aiobotocore.awsrequest import AioAWSResponse
        from botocore.awsrequest import AWSPreparedRequest

        body = request.body
        if hasattr(body, "read"):
            body = body.read()
            body = await body if inspect.isawaitable(body) else body
        sent = AWSPreparedRequest(request.method, request.url, request.headers, body, request.stream_output)
        answered = ask(AwsRequest(self._endpoint_prefix, sent, endpoint=str(self.host)))
        raw = _Raw(request.url, answered.status_code, answered.headers, answered.content)
        return AioAWSResponse(request.url, answered.status_code, answered.headers, raw)

    return send


PATCHES: Final = (Patch("aiobotocore.endpoint", "AioEndpoint", "_send", _send),)
