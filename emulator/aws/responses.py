"""A response as botocore's own HTTP session gives it."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders


class _Raw(BytesIO):
    """The body, read as botocore reads a connection's."""

    def stream(self, **_: Any) -> Any:
        while content := self.read():
            yield content


def aws_response(url: str, status: int, headers: Mapping[str, str], body: bytes) -> AWSResponse:
    """The response to a request for ``url``."""
    shown = HTTPHeaders.from_dict(dict(headers))
    return AWSResponse(url, status, shown, _Raw(body))
