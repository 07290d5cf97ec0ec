"""Responses to a client: as plain data, and as botocore's own HTTP session returns them."""

from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from botocore.awsrequest import AWSResponse


class HttpResponse(NamedTuple):
    """A response to a client, as plain data."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Raw(BytesIO):
    """The body, with the method by which botocore reads a connection."""

    def stream(self, **_: Any) -> Any:
        while content := self.read():
            yield content


def aws_response(url: str, status: int, headers: Mapping[str, str], body: bytes) -> "AWSResponse":
    """The response to a request for ``url``."""
    from botocore.awsrequest import AWSResponse  # plain responses do not need botocore
    from botocore.compat import HTTPHeaders

    shown = HTTPHeaders.from_dict(dict(headers))
    return AWSResponse(url, status, shown, _Raw(body))
